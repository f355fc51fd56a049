//! The baselines alone: what this machine does, and whether it is quiet enough.

use crate::Failure;
use crate::bench::Bench;
use crate::disk;
use crate::express::Express;
use crate::report::{Report, Series};

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let bare = bench.bare()?;
    let target = bench.target()?;
    let forwarder = bench.forwarder(&target)?;
    let express = Express::install(bench.scratch());
    if let Err(error) = &express {
        report.note(&format!("Express is skipped: {error}"))?;
    }
    let handler = express.as_ref().ok().map(|express| express.start(&target)).transpose()?;
    let mut rows = vec![(&bare, 64), (&bare, 1)];
    for connections in [1, 16, 32] {
        rows.extend([(&target, connections), (&forwarder, connections)]);
    }
    rows.extend(handler.as_ref().map(|handler| (handler, 32)));
    let mut series: Vec<Series> = rows
        .iter()
        .map(|(server, connections)| Series::new(&format!("{}, {connections} conn.", server.name)))
        .collect();
    let (mut sync, mut commit) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        sync.push(disk::fdatasync_us(bench.scratch())?);
        commit.push(disk::commit_us(bench.scratch())?);
        for ((server, connections), series) in rows.iter().zip(&mut series) {
            series.loads.push(bench.load(server, *connections)?);
        }
    }
    report.figure("disk", "fdatasync p50 µs", sync, None)?;
    report.figure("disk", "SQLite commit p50 µs", commit, None)?;
    for series in &series {
        series.describe(report)?;
        let busy = series.each(|load| load.generator_busy * 100.0);
        report.figure(&series.subject, "generator, % of its threads", busy, None)?;
    }
    Ok(())
}
