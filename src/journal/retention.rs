//! What is let go of when a journal is over its limits: the oldest first, what
//! no target lacks before what one does, and never what still waits.
//!
//! Works in bites between commits, so that no append waits for long; a commit
//! of many deliveries makes room for them itself, because pages that become
//! free in it are written once, with what is new, and not twice. Never reads
//! the clock: age is counted back from the newest delivery.

use super::options::Retention;
use super::{signed, unsigned};
use crate::hook::time::Timestamp;
use rusqlite::{Connection, TransactionBehavior};
use std::ops::RangeInclusive;

/// The most deliveries of one bite.
const BITE: i64 = 128;

/// A commit of fewer deliveries leaves the work to the bites: it would write the
/// page of the oldest each time, for the sake of one delivery on it.
const WORTH_ROOM: u64 = 16;

/// The most pages given back to the file system in one bite.
const VACUUM_BITE: i64 = 256;

/// How many appends pass between two looks at age and size.
const CHECK_EVERY: u64 = 256;

/// The newest deliveries: they may be on their way to a target, which the tables do not say.
const IN_FLIGHT: u64 = 1_024;

/// Keeps a journal within its limits.
#[derive(Debug)]
pub(super) struct Sweeper {
    limits: Retention,
    count: u64,
    /// SQLite's number for "another process changed the file" as of the last count.
    data_version: i64,
    newest: Timestamp,
    since_check: u64,
    working: bool,
    /// The last look found nothing that may go although too much is there.
    stuck: bool,
}

/// Which deliveries may go, in the order of the rounds.
#[derive(Clone, Copy, Debug)]
enum Round {
    /// No target lacks them, and they are not new.
    Delivered,
    /// A target lacks them, but nothing waits any more.
    Undelivered,
    /// The new ones that no target lacks.
    New,
}

const ROUNDS: [Round; 3] = [Round::Delivered, Round::Undelivered, Round::New];

impl Sweeper {
    pub(super) fn new(limits: Retention) -> Self {
        Self {
            limits,
            count: 0,
            data_version: -1,
            newest: Timestamp::default(),
            since_check: 0,
            working: true,
            stuck: false,
        }
    }

    /// Learns what a journal that was just opened holds, and looks at it once.
    pub(super) fn start(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.count_again(connection)?;
        let newest = "SELECT coalesce((SELECT received_us FROM deliveries ORDER BY seq DESC LIMIT 1), 0)";
        self.newest = Timestamp::from_micros(connection.query_row(newest, [], |row| row.get(0))?);
        self.working = true;
        self.stuck = false;
        Ok(())
    }

    /// Lets go of as many old deliveries as are about to be stored, within their
    /// transaction, when there is no room for them; how many went.
    pub(super) fn make_room(
        &mut self,
        transaction: &Connection,
        new: usize,
        last_seq: u64,
    ) -> rusqlite::Result<u64> {
        let new = u64::try_from(new).unwrap_or(u64::MAX);
        if new < WORTH_ROOM || self.count.saturating_add(new) <= self.limits.max_deliveries {
            return Ok(0);
        }
        if self.changed_by_others(transaction)? {
            self.count_again(transaction)?;
        }
        let over = self.count.saturating_add(new).saturating_sub(self.limits.max_deliveries);
        let any_age = Timestamp::from_micros(i64::MIN);
        let excess = Excess { deliveries: over.min(new), bytes: 0, before: any_age };
        delete_rows(transaction, &self.candidates(transaction, Round::Delivered, last_seq, &excess)?)
    }

    /// Deliveries were stored, the newest received at `newest`, and others let go of for them.
    pub(super) fn added(&mut self, deliveries: usize, gone: u64, newest: Timestamp) {
        let deliveries = u64::try_from(deliveries).unwrap_or(u64::MAX);
        self.count = self.count.saturating_add(deliveries).saturating_sub(gone);
        self.since_check = self.since_check.saturating_add(deliveries);
        self.newest = newest;
        // A little more than the limit, or every delivery would have to make room for itself.
        let slack = self.limits.max_deliveries / 50;
        let over = self.count > self.limits.max_deliveries.saturating_add(slack);
        // Where everything waits, looking again after every commit would find nothing.
        if (over && !self.stuck) || self.since_check >= CHECK_EVERY {
            self.working = true;
        }
    }

    /// Something that had to stay may go now.
    pub(super) fn something_was_delivered(&mut self) {
        self.working |= self.stuck;
    }

    /// Whether a bite is to be taken, even when nothing else happens.
    pub(super) fn due(&self) -> bool {
        self.working
    }

    /// The same, and takes it as done: `bite` says whether there is another.
    pub(super) fn take_due(&mut self) -> bool {
        std::mem::take(&mut self.working)
    }

    /// Lets go of a few deliveries, or finds that nothing is to be done.
    pub(super) fn bite(&mut self, connection: &mut Connection, last_seq: u64) -> rusqlite::Result<()> {
        self.since_check = 0;
        if self.changed_by_others(connection)? {
            self.count_again(connection)?;
        }
        let excess = Excess {
            deliveries: self.count.saturating_sub(self.limits.max_deliveries),
            bytes: used_bytes(connection)?.saturating_sub(self.limits.max_bytes),
            before: self.newest.minus(self.limits.max_age),
        };
        let mut victims = Vec::new();
        for round in ROUNDS {
            if victims.is_empty() {
                victims = self.candidates(connection, round, last_seq, &excess)?;
            }
        }
        self.stuck = victims.is_empty() && (excess.deliveries > 0 || excess.bytes > 0);
        if victims.is_empty() {
            return give_back(connection, self.limits.max_bytes).map(|more| self.working = more);
        }
        self.count = self.count.saturating_sub(delete(connection, &victims)?);
        self.working = true;
        Ok(())
    }

    fn changed_by_others(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        let version = connection.pragma_query_value(None, "data_version", |row| row.get(0))?;
        Ok(std::mem::replace(&mut self.data_version, version) != version)
    }

    fn count_again(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        self.changed_by_others(connection)?;
        self.count = unsigned(connection.query_row("SELECT count(*) FROM deliveries", [], |row| row.get(0))?);
        Ok(())
    }

    /// The oldest deliveries of a round, as many as are too many in one way or another.
    fn candidates(
        &self,
        connection: &Connection,
        round: Round,
        last_seq: u64,
        excess: &Excess,
    ) -> rusqlite::Result<Vec<i64>> {
        let in_flight = IN_FLIGHT.min(self.limits.max_deliveries / 2);
        let (sql, up_to) = match round {
            Round::Delivered => (DELIVERED, last_seq.saturating_sub(in_flight)),
            Round::Undelivered => (UNDELIVERED, last_seq),
            Round::New => (DELIVERED, last_seq.saturating_sub(1)),
        };
        let mut statement = connection.prepare_cached(sql)?;
        let mut rows = statement.query([signed(up_to), BITE])?;
        let (mut found, mut taken, mut bytes) = (Vec::new(), 0, 0_u64);
        while let Some(row) = rows.next()? {
            let received = Timestamp::from_micros(row.get(1)?);
            if taken >= excess.deliveries && bytes >= excess.bytes && received >= excess.before {
                break;
            }
            found.push(row.get(0)?);
            taken += 1;
            bytes = bytes.saturating_add(unsigned(row.get(2)?));
        }
        Ok(found)
    }
}

/// What is too much.
#[derive(Clone, Copy, Debug)]
struct Excess {
    deliveries: u64,
    bytes: u64,
    /// Received before this moment is too old.
    before: Timestamp,
}

const DELIVERED: &str = "SELECT seq, received_us, body_bytes FROM deliveries
     WHERE seq <= ?1 AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.seq = deliveries.seq)
     ORDER BY seq LIMIT ?2";

const UNDELIVERED: &str = "SELECT seq, received_us, body_bytes FROM deliveries
     WHERE seq <= ?1 AND seq IN (SELECT seq FROM outbox)
       AND NOT EXISTS (SELECT 1 FROM outbox WHERE outbox.seq = deliveries.seq AND state = 'pending')
     ORDER BY seq LIMIT ?2";

/// Bytes of the file that hold something.
pub(super) fn used_bytes(connection: &Connection) -> rusqlite::Result<u64> {
    let (pages, free, size) = pages(connection)?;
    Ok(unsigned(pages.saturating_sub(free).saturating_mul(size)))
}

fn pages(connection: &Connection) -> rusqlite::Result<(i64, i64, i64)> {
    let pragma = |name: &str| connection.pragma_query_value(None, name, |row| row.get(0));
    Ok((pragma("page_count")?, pragma("freelist_count")?, pragma("page_size")?))
}

/// Gives a bite of free pages back when the file is larger than it may be; whether there is more.
fn give_back(connection: &Connection, max_bytes: u64) -> rusqlite::Result<bool> {
    let (count, free, size) = pages(connection)?;
    if free == 0 || unsigned(count.saturating_mul(size)) <= max_bytes {
        return Ok(false);
    }
    vacuum(connection, VACUUM_BITE)?;
    Ok(free > VACUUM_BITE)
}

/// Moves pages to the end of the file and cuts them off.
pub(super) fn vacuum(connection: &Connection, pages: i64) -> rusqlite::Result<()> {
    // The pragma works one page a row, so the rows must be fetched.
    let mut statement = connection.prepare(&format!("PRAGMA incremental_vacuum({pages})"))?;
    let mut rows = statement.query([])?;
    while rows.next()?.is_some() {}
    Ok(())
}

/// Deletes deliveries with all that belongs to them, in one transaction; how many there were.
pub(super) fn delete(connection: &mut Connection, seqs: &[i64]) -> rusqlite::Result<u64> {
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    keep_last_seq(&transaction)?;
    let deleted = delete_rows(&transaction, seqs)?;
    transaction.commit()?;
    Ok(deleted)
}

/// A number is never given out twice, not even when the newest delivery goes.
pub(super) fn keep_last_seq(connection: &Connection) -> rusqlite::Result<()> {
    connection.execute(
        "UPDATE journal SET last_seq = max(last_seq, (SELECT coalesce(max(seq), 0) FROM deliveries))",
        [],
    )?;
    Ok(())
}

/// Deletes deliveries with all that belongs to them, within a transaction of
/// the caller's. What the index says of them stays until their whole segment is
/// gone: it leads to nothing.
pub(super) fn delete_rows(connection: &Connection, seqs: &[i64]) -> rusqlite::Result<u64> {
    let mut deleted = 0;
    for run in runs(seqs) {
        let range = [*run.start(), *run.end()];
        deleted += connection
            .prepare_cached("DELETE FROM deliveries WHERE seq BETWEEN ?1 AND ?2")?
            .execute(range)?;
        for sql in [
            "DELETE FROM contents WHERE seq BETWEEN ?1 AND ?2",
            "DELETE FROM attempts WHERE seq BETWEEN ?1 AND ?2",
            "DELETE FROM outbox WHERE seq BETWEEN ?1 AND ?2",
            "DELETE FROM interviews WHERE seq BETWEEN ?1 AND ?2",
            "DELETE FROM marks WHERE seq BETWEEN ?1 AND ?2",
        ] {
            connection.prepare_cached(sql)?.execute(range)?;
        }
    }
    Ok(u64::try_from(deleted).unwrap_or(u64::MAX))
}

/// Ascending numbers as ranges without gaps: one statement deletes a range.
fn runs(seqs: &[i64]) -> Vec<RangeInclusive<i64>> {
    let mut runs: Vec<RangeInclusive<i64>> = Vec::new();
    for seq in seqs {
        match runs.last_mut() {
            Some(run) if run.end().checked_add(1) == Some(*seq) => *run = *run.start()..=*seq,
            _ => runs.push(*seq..=*seq),
        }
    }
    runs
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn neighbours_become_one_range() {
        assert_eq!(runs(&[]), []);
        assert_eq!(runs(&[1, 2, 3, 5, 7, 8]), [1..=3, 5..=5, 7..=8]);
        assert_eq!(runs(&[i64::MAX]), [i64::MAX..=i64::MAX]);
    }
}
