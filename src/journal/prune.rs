//! Letting go of deliveries because somebody asked for it.
//!
//! Works in short transactions, so that a listener on the same journal hardly
//! notices. What a target lacks is kept unless it is forced.

use super::error::WriteError;
use super::{index, retention, unsigned};
use crate::hook::time::Timestamp;
use rusqlite::{Connection, named_params};
use std::time::Duration;

/// The most deliveries of one transaction.
const BITE: i64 = 256;

/// How many pages one transaction gives back.
const VACUUM_BITE: i64 = 1_024;

/// Between two transactions, so that a waiting listener gets its turn.
const PAUSE: Duration = Duration::from_millis(2);

/// Which deliveries are to go: those that meet every condition given; none without a condition.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PruneOptions {
    /// Received before this moment.
    pub before: Option<Timestamp>,
    /// Not among this many newest.
    pub keep: Option<u64>,
    /// Also those that a target lacks.
    pub force: bool,
    /// Only say what would go.
    pub dry_run: bool,
}

/// What went, or would go.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Pruned {
    /// How many deliveries.
    pub deliveries: u64,
    /// How many bytes their bodies had.
    pub bytes: u64,
    /// How many stayed because a target lacks them.
    pub kept_undelivered: u64,
}

/// `:owed` is what a delivery in the outbox must be for the row to count: 0 no, 1 yes, 2 either.
const CONDITION: &str = "received_us < :before
    AND seq <= coalesce((SELECT seq FROM deliveries ORDER BY seq DESC LIMIT 1 OFFSET :keep), 0)
    AND (:owed = 2 OR EXISTS (SELECT 1 FROM outbox WHERE outbox.seq = deliveries.seq) = :owed)";

/// Prunes, and shrinks the file.
pub(super) fn prune(connection: &mut Connection, options: &PruneOptions) -> Result<Pruned, WriteError> {
    if options.before.is_none() && options.keep.is_none() {
        return Ok(Pruned::default());
    }
    // Deliveries that arrive meanwhile must not push others out of the newest.
    let newest =
        connection.query_row("SELECT coalesce(max(seq), 0) FROM deliveries", [], |row| row.get(0))?;
    let mut pruned = count(connection, options)?;
    if options.dry_run {
        return Ok(pruned);
    }
    let bound = boundary(connection, options, newest)?;
    pruned.deliveries = 0;
    pruned.bytes = 0;
    loop {
        let (seqs, bytes) = bite(connection, options, bound)?;
        if seqs.is_empty() {
            break;
        }
        pruned.deliveries += retention::delete(connection, &seqs)?;
        pruned.bytes += bytes;
        std::thread::sleep(PAUSE);
    }
    while index::trim(connection)? {
        std::thread::sleep(PAUSE);
    }
    shrink(connection)?;
    Ok(pruned)
}

fn owed(options: &PruneOptions) -> i64 {
    if options.force { 2 } else { 0 }
}

fn before(options: &PruneOptions) -> i64 {
    options.before.map_or(i64::MAX, Timestamp::micros)
}

fn keep(options: &PruneOptions) -> i64 {
    options.keep.map_or(0, |keep| i64::try_from(keep).unwrap_or(i64::MAX))
}

fn count(connection: &Connection, options: &PruneOptions) -> rusqlite::Result<Pruned> {
    let sql = format!("SELECT count(*), coalesce(sum(body_bytes), 0) FROM deliveries WHERE {CONDITION}");
    let mut statement = connection.prepare(&sql)?;
    let mut ask = |owed: i64| {
        statement.query_row(
            named_params! { ":before": before(options), ":keep": keep(options), ":owed": owed },
            |row| Ok((unsigned(row.get(0)?), unsigned(row.get(1)?))),
        )
    };
    let (deliveries, bytes) = ask(owed(options))?;
    let kept_undelivered = if options.force { 0 } else { ask(1)?.0 };
    Ok(Pruned { deliveries, bytes, kept_undelivered })
}

/// The greatest number that may go, settled once.
fn boundary(connection: &Connection, options: &PruneOptions, newest: i64) -> rusqlite::Result<i64> {
    let sql = "SELECT coalesce(
        (SELECT seq FROM deliveries WHERE seq <= ?1 ORDER BY seq DESC LIMIT 1 OFFSET ?2), 0)";
    connection.query_row(sql, [newest, keep(options)], |row| row.get(0))
}

fn bite(connection: &Connection, options: &PruneOptions, bound: i64) -> rusqlite::Result<(Vec<i64>, u64)> {
    let mut statement = connection.prepare_cached(
        "SELECT seq, body_bytes FROM deliveries
          WHERE received_us < ?1 AND seq <= ?2
            AND (?3 = 2 OR NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.seq = deliveries.seq))
          ORDER BY seq LIMIT ?4",
    )?;
    let mut rows = statement.query([before(options), bound, owed(options), BITE])?;
    let (mut seqs, mut bytes) = (Vec::new(), 0);
    while let Some(row) = rows.next()? {
        seqs.push(row.get(0)?);
        bytes += unsigned(row.get(1)?);
    }
    Ok((seqs, bytes))
}

/// Gives free pages back to the file system, a piece at a time.
fn shrink(connection: &Connection) -> rusqlite::Result<()> {
    let free = || connection.pragma_query_value(None, "freelist_count", |row| row.get::<_, i64>(0));
    let mut left = free()?;
    while left > 0 {
        retention::vacuum(connection, VACUUM_BITE)?;
        std::thread::sleep(PAUSE);
        let now = free()?;
        if now >= left {
            // A listener frees as much as is given back: it will need the pages again.
            break;
        }
        left = now;
    }
    // While others read, the log stays beside the file and shrinks it later.
    connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(()))
}
