//! Forwarding: hookctl against a minimal forwarder and a hand-written handler.

use crate::Failure;
use crate::bench::Bench;
use crate::disk;
use crate::express::Express;
use crate::generator::Load;
use crate::listen::{Journal, Listen, refuse_forgery, wal_index};
use crate::report::{Goal, Report, Series};

/// How much p50 forwarding adds, with and without a journal.
pub(crate) fn added(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(bench.scratch())?;
    let target = bench.target()?;
    let forwarder = bench.forwarder(&target)?;
    let keeper = bench.keeper(&target, folder.path())?;
    let plain = Listen { journal: Journal::None, forward: Some(&target) };
    let plain = bench.hookctl.start_listen("hookctl", &plain)?;
    let journal = folder.path().join("journal");
    let durable = Listen { journal: Journal::At(&journal), forward: Some(&target) };
    let durable = bench.hookctl.start_listen("hookctl with a journal", &durable)?;
    refuse_forgery(&plain)?;
    refuse_forgery(&durable)?;
    for connections in [1, 16] {
        let named = |name: &str| Series::new(&format!("{name}, {connections} conn."));
        let mut direct = named("target alone");
        let mut limit = named("minimal forwarder");
        let mut least = named("minimal forwarder that keeps");
        let mut own = named("hookctl");
        let mut kept = named("hookctl with a journal");
        let mut commit = Vec::new();
        for _ in 0..bench.rounds {
            commit.push(disk::commit_us(folder.path())?);
            direct.loads.push(bench.load(&target, connections)?);
            limit.loads.push(bench.load(&forwarder, connections)?);
            own.loads.push(bench.load(&plain, connections)?);
            least.loads.push(bench.load(&keeper, connections)?);
            kept.loads.push(bench.load_journalled(&durable, connections, Some(wal_index(&journal)))?);
        }
        for series in [&direct, &limit, &own, &least, &kept] {
            series.describe(report)?;
        }
        report.figure("disk", "SQLite commit p50 µs", commit.clone(), None)?;
        let beyond = |load: &Load, direct: &Load| load.p50_us - direct.p50_us;
        let by_limit = limit.with(&direct, beyond);
        let by_own = own.with(&direct, beyond);
        let by_least = least.with(&direct, beyond);
        let by_kept = kept.with(&direct, beyond);
        let all = [(&limit, &by_limit), (&own, &by_own), (&least, &by_least), (&kept, &by_kept)];
        for (series, added) in all {
            report.figure(&series.subject, "added p50 µs", added.clone(), None)?;
        }
        let ratio = by_own.iter().zip(&by_limit).map(|(own, limit)| own / limit).collect();
        let goal = Some(Goal::AtMost(1.3));
        report.figure(&format!("hookctl : minimal, {connections} conn."), "added p50", ratio, goal)?;
        // The goal with a journal: 1.3 times the minimal forwarder and one commit.
        let allowed: Vec<_> =
            by_limit.iter().zip(&commit).map(|(limit, commit)| 1.3 * limit + commit).collect();
        // What the least that keeps a body would need, for the goal to be read by.
        let ratio = by_least.iter().zip(&allowed).map(|(least, allowed)| least / allowed).collect();
        report.figure(
            &format!("minimal that keeps : allowed, {connections} conn."),
            "added p50",
            ratio,
            None,
        )?;
        let ratio = by_kept.iter().zip(&by_least).map(|(kept, least)| kept / least).collect();
        report.figure(
            &format!("with a journal : minimal that keeps, {connections} conn."),
            "added p50",
            ratio,
            None,
        )?;
        let ratio = by_kept.iter().zip(&allowed).map(|(kept, allowed)| kept / allowed).collect();
        let subject = format!("with a journal : allowed, {connections} conn.");
        report.figure(&subject, "added p50", ratio, Some(Goal::AtMost(1.0)))?;
    }
    Ok(())
}

/// What a forwarded delivery costs, and how many more there are than with Express.
pub(crate) fn express(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    const CONNECTIONS: usize = 32;
    let target = bench.target()?;
    let forwarder = bench.forwarder(&target)?;
    let listen = Listen { journal: Journal::None, forward: Some(&target) };
    let hookctl = bench.hookctl.start_listen("hookctl", &listen)?;
    refuse_forgery(&hookctl)?;
    let express = match Express::install(bench.scratch()) {
        Ok(express) => Some(express),
        Err(error) => {
            report.note(&format!("Express is skipped: {error}"))?;
            None
        }
    };
    let handler = express.as_ref().map(|express| express.start(&target)).transpose()?;
    handler.as_ref().map_or(Ok(()), refuse_forgery)?;
    let (mut limit, mut own) = (Series::new("minimal forwarder"), Series::new("hookctl"));
    let mut written = Series::new("Express handler");
    for _ in 0..bench.rounds {
        limit.loads.push(bench.load(&forwarder, CONNECTIONS)?);
        own.loads.push(bench.load(&hookctl, CONNECTIONS)?);
        if let Some(handler) = &handler {
            written.loads.push(bench.load(handler, CONNECTIONS)?);
        }
    }
    limit.describe(report)?;
    own.describe(report)?;
    if let Some(express) = &express {
        report.note(&express.versions)?;
        written.describe(report)?;
    }
    report.figure("hookctl", "CPU µs a delivery", own.each(Load::cpu), Some(Goal::AtMost(40.0)))?;
    let rate = own.with(&limit, |own, limit| own.rate() / limit.rate());
    report.figure("hookctl : minimal forwarder", "deliveries a second", rate, None)?;
    if !written.loads.is_empty() {
        let rate = own.with(&written, |own, written| own.rate() / written.rate());
        report.figure("hookctl : Express handler", "deliveries a second", rate, Some(Goal::AtLeast(20.0)))?;
    }
    Ok(())
}
