//! Where deliveries are kept: the journal, or only counted with `--no-journal`.

use crate::hook::attempt::Attempt;
use crate::hook::delivery::Checked;
use crate::hook::time::Timestamp;
use crate::job::report::AnsweredBy;
use crate::journal::{Counter, Journal, Occasion, Reader, SettledAnswer, Stored, WriteError};
use bytes::Bytes;
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;

/// Where deliveries are kept.
pub enum Ledger {
    /// On disk.
    Journal(Journal),
    /// Nowhere: they are numbered and forgotten.
    Counter(Counter),
}

impl Ledger {
    /// The journal's file.
    pub fn path(&self) -> Option<&Path> {
        match self {
            Self::Journal(journal) => Some(journal.path()),
            Self::Counter(_) => None,
        }
    }

    /// Keeps a delivery, with its answer where that is settled; resolves when it is on disk.
    pub(super) async fn append(
        &self,
        checked: Arc<Checked>,
        answer: Option<SettledAnswer>,
    ) -> Result<Stored, WriteError> {
        match (self, answer) {
            (Self::Journal(journal), Some(answer)) => journal.append_answered(checked, answer).await,
            (Self::Journal(journal), None) => journal.append(checked).await,
            (Self::Counter(counter), _) => Ok(counter.append(checked)),
        }
    }

    /// Keeps what the sender was told.
    pub(super) fn record_answer(
        &self,
        seq: u64,
        status: u16,
        by: AnsweredBy,
        took: Duration,
    ) -> Result<(), WriteError> {
        match self {
            Self::Journal(journal) => journal.record_answer(seq, status, by.as_str(), took),
            Self::Counter(_) => Ok(()),
        }
    }

    /// Keeps an attempt.
    pub(super) fn record_attempt(
        &self,
        seq: u64,
        attempt: &Attempt,
        occasion: Occasion,
    ) -> Result<(), WriteError> {
        match self {
            Self::Journal(journal) => journal.record_attempt(seq, attempt, occasion),
            Self::Counter(_) => Ok(()),
        }
    }

    /// Keeps what the vendor says of a delivery's interview.
    pub(super) fn record_interview(
        &self,
        seq: u64,
        object: Bytes,
        fetched: Timestamp,
    ) -> Result<(), WriteError> {
        match self {
            Self::Journal(journal) => journal.record_interview(seq, object, fetched),
            Self::Counter(_) => Ok(()),
        }
    }

    /// How many deliveries wait for a target; `None` when that cannot be read.
    pub(super) fn waiting(&self) -> Option<u64> {
        match self {
            Self::Journal(journal) => {
                let stats = journal.read(Reader::stats).ok()?;
                Some(stats.targets.iter().map(|target| target.pending).sum())
            }
            Self::Counter(_) => Some(0),
        }
    }

    /// Flushes and closes.
    pub(super) async fn close(&self) -> Result<(), WriteError> {
        match self {
            Self::Journal(journal) => journal.close().await,
            Self::Counter(_) => Ok(()),
        }
    }
}
