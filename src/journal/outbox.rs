//! What is still owed to targets.
//!
//! A row stands for one delivery that one target has not taken: it waits
//! (`pending`), was given up (`dead`), or failed in front of a sender who was
//! told so (`missed`). A target that took it has no row. Decides nothing about
//! schedules: the forwarder says when a try is due.

use super::{signed, unsigned};
use crate::hook::time::Timestamp;
use rusqlite::{Connection, Row, params};
use std::borrow::Cow;

/// What became of a try at a delivery that waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Settlement {
    /// The target took it.
    Delivered,
    /// It failed, and is to be tried again.
    Retry {
        /// When it failed.
        failed: Timestamp,
        /// When it is due again.
        due: Timestamp,
    },
    /// It is given up: a dead letter.
    Dead,
}

/// A delivery that waits for a target.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pending {
    /// The delivery.
    pub seq: u64,
    /// The tries made.
    pub tries: u32,
    /// When the next one is due; of a fresh delivery, when it was received.
    pub due: Timestamp,
    /// When a try failed first.
    pub first_failed: Option<Timestamp>,
}

/// Why a target does not have a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum OutboxState {
    /// It will be tried, or tried again.
    Pending,
    /// It was given up.
    Dead,
    /// The sender was told that the target did not take it.
    Missed,
}

impl OutboxState {
    /// The word used in the file and in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pending => "pending",
            Self::Dead => "dead",
            Self::Missed => "missed",
        }
    }

    /// The state of a word.
    pub fn parse(text: &str) -> Option<Self> {
        [Self::Pending, Self::Dead, Self::Missed].into_iter().find(|state| state.as_str() == text)
    }
}

/// What is owed to one target of a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OutboxRow {
    /// The target, as it was named.
    pub target: String,
    /// Why it does not have the delivery.
    pub state: OutboxState,
    /// The tries made.
    pub tries: u32,
    /// When the next one is due, while it waits.
    pub due: Timestamp,
    /// When a try failed first.
    pub first_failed: Option<Timestamp>,
}

impl OutboxRow {
    /// Whether a URL that was called is that of the target, or below it.
    pub fn is_of(&self, called: &str) -> bool {
        same_target(&self.target, called)
    }
}

/// Puts a new delivery into the outbox of a target.
pub(super) fn enqueue(
    connection: &Connection,
    seq: i64,
    target: &str,
    due: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR IGNORE INTO outbox(seq, target, state, tries, due_us) VALUES (?1, ?2, 'pending', 0, ?3)",
        )?
        .execute(params![seq, target, due.micros()])?;
    Ok(())
}

/// Notes how a try at a waiting delivery went.
pub(super) fn settle(
    connection: &Connection,
    seq: i64,
    target: &str,
    settlement: Settlement,
) -> rusqlite::Result<()> {
    let changed = match settlement {
        Settlement::Delivered => connection
            .prepare_cached("DELETE FROM outbox WHERE seq = ?1 AND target = ?2")?
            .execute(params![seq, target])?,
        Settlement::Retry { failed, due } => connection
            .prepare_cached(
                "UPDATE outbox SET state = 'pending', tries = tries + 1, due_us = ?3,
                        first_failed_us = coalesce(first_failed_us, ?4)
                  WHERE seq = ?1 AND target = ?2",
            )?
            .execute(params![seq, target, due.micros(), failed.micros()])?,
        Settlement::Dead => connection
            .prepare_cached(
                "UPDATE outbox SET state = 'dead', tries = tries + 1 WHERE seq = ?1 AND target = ?2",
            )?
            .execute(params![seq, target])?,
    };
    // Nothing to change: the delivery was pruned, which is no one's mistake.
    let _: usize = changed;
    Ok(())
}

/// Notes that a target did not take a delivery, unless the outbox minds this delivery already.
pub(super) fn miss(connection: &Connection, seq: i64, target: &str, at: Timestamp) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT INTO outbox(seq, target, state, tries, due_us, first_failed_us)
             SELECT ?1, ?2, 'missed', 1, ?3, ?3
              WHERE EXISTS (SELECT 1 FROM deliveries WHERE seq = ?1)
                AND NOT EXISTS (SELECT 1 FROM outbox WHERE seq = ?1 AND state IN ('pending', 'dead'))
             ON CONFLICT(seq, target) DO UPDATE SET tries = tries + 1",
        )?
        .execute(params![seq, target, at.micros()])?;
    Ok(())
}

/// Notes that a target took a delivery, by a replay or in front of the sender.
/// What waits is settled by a replay, and else left to the forwarder, whose attempt it may be.
pub(super) fn hit(connection: &Connection, seq: i64, called: &str, replayed: bool) -> rusqlite::Result<()> {
    let mut statement = connection
        .prepare_cached("SELECT target FROM outbox WHERE seq = ?1 AND (?2 OR state <> 'pending')")?;
    let targets: Vec<String> =
        statement.query_map(params![seq, replayed], |row| row.get(0))?.collect::<rusqlite::Result<_>>()?;
    for target in targets.iter().filter(|target| same_target(target, called)) {
        settle(connection, seq, target, Settlement::Delivered)?;
    }
    Ok(())
}

/// Whether a URL that was called belongs to a target as it was named: the
/// target itself, or below it (the delivery's own path is appended to it).
fn same_target(target: &str, called: &str) -> bool {
    let (target, called) = (with_one_name(target), with_one_name(called));
    called.strip_prefix(&*target).is_some_and(|rest| {
        rest.is_empty() || target.ends_with('/') || rest.starts_with('/') || rest.starts_with('?')
    })
}

/// A URL in which this machine has one name, however it was written.
fn with_one_name(url: &str) -> Cow<'_, str> {
    let renamed = url.split_once("://").and_then(|(scheme, rest)| {
        let after = rest.strip_prefix("127.0.0.1").or_else(|| rest.strip_prefix("[::1]"))?;
        (after.is_empty() || after.starts_with([':', '/', '?']))
            .then(|| format!("{scheme}://localhost{after}"))
    });
    renamed.map_or(Cow::Borrowed(url), Cow::Owned)
}

/// What waits for a target after a number, oldest first.
pub(super) fn pending(
    connection: &Connection,
    target: &str,
    after_seq: u64,
    limit: usize,
) -> rusqlite::Result<Vec<Pending>> {
    connection
        .prepare_cached(
            "SELECT seq, tries, due_us, first_failed_us FROM outbox
              WHERE target = ?1 AND seq > ?2 AND state = 'pending' ORDER BY seq LIMIT ?3",
        )?
        .query_map(params![target, signed(after_seq), i64::try_from(limit).unwrap_or(i64::MAX)], |row| {
            Ok(Pending {
                seq: unsigned(row.get(0)?),
                tries: row.get(1)?,
                due: Timestamp::from_micros(row.get(2)?),
                first_failed: row.get::<_, Option<i64>>(3)?.map(Timestamp::from_micros),
            })
        })?
        .collect()
}

/// What is owed of a delivery.
pub(super) fn of_delivery(connection: &Connection, seq: i64) -> rusqlite::Result<Vec<OutboxRow>> {
    connection
        .prepare_cached(
            "SELECT target, state, tries, due_us, first_failed_us FROM outbox WHERE seq = ?1 ORDER BY target",
        )?
        .query_map([seq], row_of)?
        .collect()
}

fn row_of(row: &Row<'_>) -> rusqlite::Result<OutboxRow> {
    let state: String = row.get(1)?;
    Ok(OutboxRow {
        target: row.get(0)?,
        // The table's own check allows no other word.
        state: OutboxState::parse(&state).unwrap_or(OutboxState::Dead),
        tries: row.get(2)?,
        due: Timestamp::from_micros(row.get(3)?),
        first_failed: row.get::<_, Option<i64>>(4)?.map(Timestamp::from_micros),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_called_url_belongs_to_its_target_and_to_no_neighbour() {
        let yes = [
            ("http://localhost:3000", "http://localhost:3000"),
            ("http://localhost:3000", "http://localhost:3000/webhooks?x=1"),
            ("http://localhost:3000/", "http://localhost:3000/webhooks"),
            ("http://localhost:3000", "http://localhost:3000?x"),
            ("http://localhost:3000", "http://127.0.0.1:3000/webhooks"),
            ("http://[::1]:3000/hook", "http://localhost:3000/hook"),
            ("http://127.0.0.1", "http://[::1]"),
        ];
        let no = [
            ("http://localhost:300", "http://localhost:3000/webhooks"),
            ("http://localhost:3000/hook", "http://localhost:3000/hooks"),
            ("http://localhost:3000/hook", "http://localhost:3000/"),
            ("http://localhost:3000", "http://127.0.0.1:3001/"),
            ("http://localhost:3000", "https://127.0.0.1:3000/"),
            ("http://localhost", "http://127.0.0.1.example/"),
        ];
        assert!(yes.iter().all(|(target, called)| same_target(target, called)));
        assert!(no.iter().all(|(target, called)| !same_target(target, called)));
    }

    #[test]
    fn every_state_reads_back() {
        for state in [OutboxState::Pending, OutboxState::Dead, OutboxState::Missed] {
            assert_eq!(OutboxState::parse(state.as_str()), Some(state));
        }
    }
}
