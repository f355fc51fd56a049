//! The statements that put deliveries, answers and attempts into the tables.

use super::queue::SettledAnswer;
use super::record::KeptAttempt;
use super::{outbox, signed};
use crate::hook::attempt::Outcome;
use crate::hook::delivery::Checked;
use crate::hook::headers::MAX_FIELDS;
use crate::hook::time::Timestamp;
use rusqlite::{CachedStatement, Connection, MAIN_DB, blob::ZeroBlob, params};
use std::time::Duration;

/// A duration as the tables keep it.
fn micros(duration: Duration) -> i64 {
    i64::try_from(duration.as_micros()).unwrap_or(i64::MAX)
}

fn size(length: usize) -> i64 {
    i64::try_from(length).unwrap_or(i64::MAX)
}

/// A body over this length is written in place. SQLite would copy it twice before
/// it comes to the first page: once when it is bound, once into the row.
const WRITTEN_IN_PLACE: usize = 256 << 10;

/// Why an attempt was made, which says what it changes of what is owed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Occasion {
    /// The delivery has just come. A failure leaves it undelivered.
    Arrival,
    /// It waited in the outbox, and whoever tried it settles it there.
    Outbox,
    /// A replay, whose target may be any: a failure owes nothing, and a success settles what was owed.
    Replay,
}

/// Stores deliveries: its statements serve for a whole commit.
pub(super) struct Deliveries<'c> {
    connection: &'c Connection,
    row: CachedStatement<'c>,
    content: CachedStatement<'c>,
}

impl<'c> Deliveries<'c> {
    pub(super) fn new(connection: &'c Connection) -> rusqlite::Result<Self> {
        let row = connection.prepare_cached(
            "INSERT INTO deliveries(seq, received_us, peer, provider, code, reason, event, delivery_id,
                                    subject, dedup_key, duplicate_of, body_bytes, status, answered_by, took_us,
                                    same_body)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
        )?;
        let content = connection
            .prepare_cached("INSERT INTO contents(seq, version, head, body) VALUES (?1, ?2, ?3, ?4)")?;
        Ok(Self { connection, row, content })
    }

    /// Stores a delivery under its number, with its answer where that is
    /// settled, and what is owed to its targets. Says whether a repeat has the
    /// body of what it repeats.
    pub(super) fn insert(
        &mut self,
        seq: i64,
        duplicate_of: Option<i64>,
        checked: &Checked,
        answer: Option<&SettledAnswer>,
    ) -> rusqlite::Result<Option<bool>> {
        let same_body = duplicate_of.and_then(|first| self.has_body(first, &checked.delivery.body));
        let (delivery, verdict, facts) = (&checked.delivery, &checked.verdict, &checked.facts);
        self.row.execute(params![
            seq,
            delivery.received.micros(),
            delivery.peer.to_string(),
            verdict.provider.as_deref(),
            verdict.code.as_str(),
            &*verdict.reason,
            facts.event.as_deref(),
            facts.delivery_id.as_deref(),
            facts.subject.as_deref(),
            facts.dedup_key.as_deref(),
            duplicate_of,
            size(delivery.body.len()),
            answer.map(|answer| answer.status),
            answer.map(|answer| answer.answered_by),
            answer.map(|answer| micros(answer.begun.elapsed())),
            same_body,
        ])?;
        let head = &delivery.head;
        self.insert_content(seq, head.version(), head.as_bytes(), &delivery.body)?;
        for target in checked.outbox.iter() {
            outbox::enqueue(self.connection, seq, target, delivery.received)?;
        }
        Ok(same_body)
    }

    /// Whether this is the body of delivery `seq`, in pieces; `None` where that cannot be read.
    /// Asked of repeats alone, so nothing is kept or made of bodies for it.
    fn has_body(&self, seq: i64, body: &[u8]) -> Option<bool> {
        let kept = self.connection.blob_open(MAIN_DB, "contents", "body", seq, true).ok()?;
        if kept.len() != body.len() {
            return Some(false);
        }
        let mut piece = [0; 16 << 10];
        let mut at = 0;
        for part in body.chunks(piece.len()) {
            let piece = piece.get_mut(..part.len())?;
            kept.read_at_exact(piece, at).ok()?;
            if piece != part {
                return Some(false);
            }
            at += part.len();
        }
        Some(true)
    }

    fn insert_content(&mut self, seq: i64, version: u8, head: &[u8], body: &[u8]) -> rusqlite::Result<()> {
        let in_place = (body.len() > WRITTEN_IN_PLACE).then_some(body.len() as u64);
        let Some(length) = in_place else {
            return self.content.execute(params![seq, version, head, body]).map(drop);
        };
        self.content.execute(params![seq, version, head, ZeroBlob(length)])?;
        let mut room = self.connection.blob_open(MAIN_DB, "contents", "body", seq, false)?;
        room.write_at(body, 0)?;
        room.close()
    }
}

/// Notes what the sender was answered.
pub(super) fn answer(
    connection: &Connection,
    seq: i64,
    status: u16,
    answered_by: &str,
    took: Duration,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached("UPDATE deliveries SET status = ?2, answered_by = ?3, took_us = ?4 WHERE seq = ?1")?
        .execute(params![seq, status, answered_by, micros(took)])?;
    Ok(())
}

/// Stores what the vendor says of the interview; without the delivery, nothing.
pub(super) fn interview(
    connection: &Connection,
    seq: i64,
    object: &[u8],
    fetched: Timestamp,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO interviews(seq, fetched_us, object)
             SELECT ?1, ?2, ?3 WHERE EXISTS (SELECT 1 FROM deliveries WHERE seq = ?1)",
        )?
        .execute(params![seq, fetched.micros(), object])?;
    Ok(())
}

/// Stores an attempt with a delivery; without the delivery, nothing.
pub(super) fn attempt(
    connection: &Connection,
    seq: i64,
    kept: &KeptAttempt,
    occasion: Occasion,
) -> rusqlite::Result<()> {
    let attempt = &kept.attempt;
    let (mut status, mut failure, mut detail) = (None, None, None);
    let (mut body_bytes, mut head, mut body) = (None, None, None);
    match &attempt.outcome {
        Outcome::Answered(answer) => {
            // More fields than a head may have could not be read back.
            let lines: Vec<u8> =
                answer.headers.iter().take(MAX_FIELDS).flat_map(|field| field.line).copied().collect();
            status = Some(answer.status);
            head = Some(lines);
            body_bytes = Some(signed(kept.body_bytes));
            body = Some(&answer.body[..]);
        }
        Outcome::Failed(reason) => {
            failure = Some(reason.kind.as_str());
            detail = Some(reason.detail.as_str());
        }
    }
    let (sent_head, sent_body) = match &attempt.sent {
        Some(sent) => (Some(&sent.head[..]), sent.body.as_deref()),
        None => (None, None),
    };
    let changed = connection
        .prepare_cached(
            "INSERT INTO attempts(seq, ordinal, target, number, started_us, took_us, status, failure, detail,
                                  body_bytes, head, body, sent_head, sent_body)
             SELECT ?1, (SELECT coalesce(max(ordinal), 0) + 1 FROM attempts WHERE seq = ?1),
                    ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13
              WHERE EXISTS (SELECT 1 FROM deliveries WHERE seq = ?1)",
        )?
        .execute(params![
            seq,
            attempt.target,
            attempt.number,
            attempt.started.micros(),
            micros(attempt.duration),
            status,
            failure,
            detail,
            body_bytes,
            head,
            body,
            sent_head,
            sent_body,
        ])?;
    match (changed, attempt.outcome.delivered(), occasion) {
        (0, ..) | (_, _, Occasion::Outbox) | (_, false, Occasion::Replay) => Ok(()),
        (_, true, _) => outbox::hit(connection, seq, &attempt.target, occasion == Occasion::Replay),
        (_, false, Occasion::Arrival) => outbox::miss(connection, seq, &attempt.target, attempt.started),
    }
}
