//! Receiving: hookctl against hyper with nothing around it, 64 connections.

use crate::Failure;
use crate::bench::Bench;
use crate::disk;
use crate::generator::Load;
use crate::listen::{Journal, Listen, refuse_forgery, wal_index};
use crate::report::{Goal, Report, Series};

const CONNECTIONS: usize = 64;
/// The disk the durable goal speaks of.
const DISK_US: std::ops::RangeInclusive<f64> = 100.0..=200.0;

/// Verified, nothing kept.
pub(crate) fn verified(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let listen = Listen { journal: Journal::None, forward: None };
    let hookctl = bench.hookctl.start_listen("hookctl", &listen)?;
    refuse_forgery(&hookctl)?;
    let bare = bench.bare()?;
    let (mut limit, mut own) = (Series::new("bare hyper"), Series::new("hookctl"));
    for _ in 0..bench.rounds {
        limit.loads.push(bench.load(&bare, CONNECTIONS)?);
        own.loads.push(bench.load(&hookctl, CONNECTIONS)?);
    }
    limit.describe(report)?;
    own.describe(report)?;
    let rate = own.with(&limit, |own, limit| own.rate() / limit.rate());
    report.figure("hookctl : bare hyper", "deliveries a second", rate, Some(Goal::AtLeast(0.75)))?;
    let cpu = own.with(&limit, |own, limit| own.cpu() / limit.cpu());
    report.figure("hookctl : bare hyper", "CPU a delivery", cpu, Some(Goal::AtMost(1.6)))
}

/// How many deliveries share a commit, when the journal's WAL index tells.
fn describe_commits(own: &Series, report: &mut Report) -> Result<(), Failure> {
    if own.loads.iter().any(|load| load.commits.is_none_or(|commits| commits == 0)) {
        return report.note("commits are not counted: the journal has no WAL index that could be read");
    }
    let commits = |load: &Load| load.commits.map_or(0.0, f64::from);
    let rate = own.each(|load| commits(load) / load.seconds);
    report.figure(&own.subject, "commits a second", rate, None)?;
    let batch = own.each(|load| load.delivered as f64 / commits(load));
    report.figure(&own.subject, "deliveries a commit", batch, None)
}

/// Verified, and answered after a commit with `synchronous=FULL`.
pub(crate) fn durable(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(bench.scratch())?;
    let journal = folder.path().join("journal");
    let listen = Listen { journal: Journal::At(&journal), forward: None };
    let hookctl = bench.hookctl.start_listen("hookctl", &listen)?;
    refuse_forgery(&hookctl)?;
    let bare = bench.bare()?;
    let (mut limit, mut own) = (Series::new("bare hyper"), Series::new("hookctl"));
    let mut sync = Vec::new();
    for _ in 0..bench.rounds {
        sync.push(disk::fdatasync_us(folder.path())?);
        limit.loads.push(bench.load(&bare, CONNECTIONS)?);
        own.loads.push(bench.load_journalled(&hookctl, CONNECTIONS, Some(wal_index(&journal)))?);
    }
    let typical = crate::report::median(&sync);
    report.figure("disk", "fdatasync p50 µs", sync, None)?;
    if !DISK_US.contains(&typical) {
        report.note("the goal speaks of a disk whose fdatasync takes 100 to 200 µs; this one is another")?;
    }
    limit.describe(report)?;
    own.describe(report)?;
    describe_commits(&own, report)?;
    let rate = own.with(&limit, |own, limit| own.rate() / limit.rate());
    report.figure("hookctl : bare hyper", "deliveries a second", rate, Some(Goal::AtLeast(0.40)))
}
