//! What comes back out of a journal.

use super::error::ReadError;
use super::outbox::OutboxRow;
use super::unsigned;
use crate::hook::attempt::{Answer, Attempt, Failure, FailureKind, Outcome, Sent};
use crate::hook::delivery::{Checked, Delivery, Facts};
use crate::hook::headers::{Head, Headers};
use crate::hook::time::Timestamp;
use crate::hook::verdict::{Code, Verdict};
use bytes::Bytes;
use rusqlite::Row;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

/// How much of a target's answer is kept.
pub const MAX_KEPT_ANSWER: usize = 256 << 10;

/// What a list shows of a delivery: everything but its header fields and body.
#[derive(Clone, Debug)]
pub struct Listed {
    /// Its number.
    pub seq: u64,
    /// When the whole request had been read.
    pub received: Timestamp,
    /// Who connected.
    pub peer: SocketAddr,
    /// Such as `POST`.
    pub method: String,
    /// The request target as written: path and query.
    pub target: String,
    /// What verification found.
    pub verdict: Verdict,
    /// What the body says.
    pub facts: Facts,
    /// The number of the delivery that it repeats.
    pub duplicate_of: Option<u64>,
    /// Whether it has the body of the delivery that it repeats; `None` where that is not known.
    pub same_body: Option<bool>,
    /// How long the body is.
    pub body_bytes: u64,
    /// What the sender was told; `None` when the listener ended before that.
    pub answer: Option<Answered>,
    /// The newest attempt.
    pub last_attempt: Option<LastAttempt>,
    /// The newest attempt that failed, where something is owed and the newest of all did not fail.
    pub last_failed: Option<LastAttempt>,
    /// What is owed to targets; empty when none lacks it.
    pub outbox: Vec<OutboxRow>,
    /// What a person wrote beside it; empty where it was marked without words.
    pub mark: Option<String>,
}

/// What the sender was told.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answered {
    /// The status.
    pub status: u16,
    /// Who decided it, as `AnsweredBy::as_str` names it.
    pub by: String,
    /// From the last byte of the request to the answer.
    pub took: Duration,
}

/// The newest attempt of a delivery, without the answer's head and body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LastAttempt {
    /// How many there are with it.
    pub count: u64,
    /// The URL that was called.
    pub target: String,
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// The kind of failure, where there was none.
    pub failure: Option<FailureKind>,
    /// How long it took.
    pub duration: Duration,
}

impl LastAttempt {
    /// Whether the target took the delivery.
    pub fn taken(&self) -> bool {
        self.status.is_some_and(|status| (200..300).contains(&status))
    }
}

/// A delivery, whole.
#[derive(Clone, Debug)]
pub struct Entry {
    /// What a list shows of it.
    pub listed: Listed,
    /// The request as it arrived.
    pub delivery: Delivery,
    /// The attempts in the order they were recorded.
    pub attempts: Vec<KeptAttempt>,
    /// What the vendor's API says of its interview, where that was fetched.
    pub interview: Option<KeptInterview>,
}

/// What a vendor's API said of an interview.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct KeptInterview {
    /// The vendor's object, as JSON.
    pub object: Bytes,
    /// When it was fetched.
    pub fetched: Timestamp,
}

/// An attempt as it was kept.
#[derive(Clone, Debug)]
pub struct KeptAttempt {
    /// The attempt; an answer's body may be cut.
    pub attempt: Attempt,
    /// How long the answer's body was.
    pub body_bytes: u64,
}

impl KeptAttempt {
    /// What is kept of an attempt. A long body is copied, so that the rest of it need not wait for the disk.
    pub(super) fn new(attempt: &Attempt) -> Self {
        let mut attempt = attempt.clone();
        let mut body_bytes = 0;
        if let Outcome::Answered(answer) = &mut attempt.outcome {
            body_bytes = answer.body.len() as u64;
            if let Some((kept, [_, ..])) = answer.body.split_at_checked(MAX_KEPT_ANSWER) {
                answer.body = Bytes::copy_from_slice(kept);
            }
        }
        Self { attempt, body_bytes }
    }

    /// How long the kept body is.
    pub(super) fn kept_bytes(&self) -> usize {
        match &self.attempt.outcome {
            Outcome::Answered(answer) => answer.body.len(),
            Outcome::Failed(_) => 0,
        }
    }

    /// How much the kept request holds.
    pub(super) fn sent_bytes(&self) -> usize {
        let body = |body: &Option<Bytes>| body.as_ref().map_or(0, Bytes::len);
        self.attempt.sent.as_ref().map_or(0, |sent| sent.head.len().saturating_add(body(&sent.body)))
    }

    /// Whether only the beginning of the answer's body was kept.
    pub fn truncated(&self) -> bool {
        self.body_bytes > self.kept_bytes() as u64
    }
}

impl Entry {
    /// The delivery with its verdict and facts, as it was when it was stored; owed to nobody.
    pub fn checked(&self) -> Checked {
        Checked {
            delivery: self.delivery.clone(),
            verdict: self.listed.verdict.clone(),
            facts: self.listed.facts.clone(),
            outbox: Arc::from([]),
        }
    }
}

/// The columns that `listed` reads, in its order.
pub(super) const LISTED_COLUMNS: &str = "d.seq, d.received_us, d.peer, d.provider, d.code, d.reason, \
     d.event, d.delivery_id, d.subject, d.dedup_key, d.duplicate_of, d.body_bytes, d.status, d.answered_by, d.took_us, d.same_body";

fn duration(micros: i64) -> Duration {
    Duration::from_micros(unsigned(micros))
}

/// Reads a row of `deliveries`; what other tables say is filled in by the reader.
pub(super) fn listed(row: &Row<'_>) -> Result<Listed, ReadError> {
    let seq = unsigned(row.get(0)?);
    let damaged = |part| ReadError::Damaged { seq, part };
    let peer: String = row.get(2)?;
    let provider: Option<String> = row.get(3)?;
    let code: String = row.get(4)?;
    let answer = match (row.get(12)?, row.get(13)?, row.get::<_, Option<i64>>(14)?) {
        (Some(status), Some(by), Some(took)) => Some(Answered { status, by, took: duration(took) }),
        _ => None,
    };
    Ok(Listed {
        seq,
        received: Timestamp::from_micros(row.get(1)?),
        peer: peer.parse().map_err(|_unreadable| damaged("peer"))?,
        method: String::new(),
        target: String::new(),
        verdict: Verdict {
            provider: provider.map(Arc::from),
            code: Code::parse(&code).ok_or_else(|| damaged("verdict"))?,
            reason: row.get::<_, String>(5)?.into(),
            recognised: None,
        },
        facts: Facts {
            event: row.get(6)?,
            delivery_id: row.get(7)?,
            subject: row.get(8)?,
            dedup_key: row.get(9)?,
        },
        duplicate_of: row.get::<_, Option<i64>>(10)?.map(unsigned),
        same_body: row.get(15)?,
        body_bytes: unsigned(row.get(11)?),
        answer,
        last_attempt: None,
        last_failed: None,
        outbox: Vec::new(),
        mark: None,
    })
}

/// Puts a delivery together from its row and its contents.
pub(super) fn delivery(
    listed: &Listed,
    version: u8,
    head: Vec<u8>,
    body: Bytes,
) -> Result<Delivery, ReadError> {
    let head =
        Head::parse(head).map_err(|_unreadable| ReadError::Damaged { seq: listed.seq, part: "head" })?;
    Ok(Delivery { received: listed.received, peer: listed.peer, head: head.with_version(version), body })
}

/// The columns that `last_attempt` reads, in its order.
pub(super) const LAST_ATTEMPT_COLUMNS: &str = "ordinal, target, status, failure, took_us";

/// Reads the newest row of `attempts`.
pub(super) fn last_attempt(row: &Row<'_>) -> rusqlite::Result<LastAttempt> {
    Ok(LastAttempt {
        count: unsigned(row.get(0)?),
        target: row.get(1)?,
        status: row.get(2)?,
        failure: row.get::<_, Option<String>>(3)?.as_deref().and_then(FailureKind::parse),
        duration: duration(row.get(4)?),
    })
}

/// The columns that `kept_attempt` reads, in its order.
pub(super) const ATTEMPT_COLUMNS: &str = "target, number, started_us, took_us, status, failure, detail, body_bytes, head, body, sent_head, sent_body";

/// Reads a row of `attempts`.
pub(super) fn kept_attempt(seq: u64, row: &Row<'_>) -> Result<KeptAttempt, ReadError> {
    let damaged = || ReadError::Damaged { seq, part: "attempt" };
    let outcome = match (row.get(4)?, row.get::<_, Option<String>>(5)?) {
        (Some(status), _) => Outcome::Answered(Answer {
            status,
            headers: Headers::parse_block(row.get::<_, Vec<u8>>(8)?).map_err(|_unreadable| damaged())?,
            body: Bytes::from(row.get::<_, Vec<u8>>(9)?),
        }),
        (None, Some(kind)) => Outcome::Failed(Failure {
            kind: FailureKind::parse(&kind).ok_or_else(damaged)?,
            detail: row.get::<_, Option<String>>(6)?.unwrap_or_default(),
        }),
        (None, None) => return Err(damaged()),
    };
    Ok(KeptAttempt {
        attempt: Attempt {
            target: row.get(0)?,
            number: row.get(1)?,
            started: Timestamp::from_micros(row.get(2)?),
            duration: duration(row.get(3)?),
            outcome,
            sent: match row.get::<_, Option<Vec<u8>>>(10)? {
                Some(head) => Some(Sent {
                    head: head.into(),
                    body: row.get::<_, Option<Vec<u8>>>(11)?.map(Bytes::from),
                }),
                None => None,
            },
        },
        body_bytes: unsigned(row.get::<_, Option<i64>>(7)?.unwrap_or(0)),
    })
}
