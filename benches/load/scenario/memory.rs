//! Resident memory of a listener: idle, and after 50,000 deliveries.

use crate::Failure;
use crate::bench::Bench;
use crate::listen::{Journal, Listen};
use crate::machine;
use crate::report::{Goal, Report, Series};
use std::time::Duration;

const CONNECTIONS: usize = 64;
const DELIVERIES: u64 = 50_000;
/// How long a listener is left alone before it counts as idle.
const SETTLE: Duration = Duration::from_millis(500);
const IDLE_MIB: f64 = 12.0;
const AFTER_MIB: f64 = 24.0;

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    for subject in ["hookctl", "hookctl without a journal"] {
        let (mut idle, mut after, mut peak) = (Vec::new(), Vec::new(), Vec::new());
        let mut series = Series::new(subject);
        for _ in 0..bench.rounds {
            let folder = tempfile::tempdir_in(bench.scratch())?;
            let file = folder.path().join("journal");
            let journal = if subject == "hookctl" { Journal::At(&file) } else { Journal::None };
            let hookctl = bench.hookctl.start_listen(subject, &Listen { journal, forward: None })?;
            std::thread::sleep(SETTLE);
            idle.push(machine::memory(hookctl.process())?.now);
            series.loads.push(bench.deliver(&hookctl, CONNECTIONS, DELIVERIES)?);
            std::thread::sleep(SETTLE);
            let memory = machine::memory(hookctl.process())?;
            after.push(memory.now);
            peak.push(memory.peak);
        }
        series.describe(report)?;
        report.figure(subject, "idle MiB", idle, Some(Goal::AtMost(IDLE_MIB)))?;
        report.figure(subject, "MiB after 50,000 deliveries", after, Some(Goal::AtMost(AFTER_MIB)))?;
        report.figure(subject, "highest MiB", peak, None)?;
    }
    Ok(())
}
