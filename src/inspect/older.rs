//! Sees what changes about deliveries that are no longer among the newest: a
//! target takes one at last, somebody replays, marks or deletes one.
//!
//! What is owed and what is marked is compared. Who changes something through
//! this inspector says which delivery. A commit that neither explains, such as
//! a replay in another process, is told as a change of no known delivery.

use crate::journal::{Beside, Filter, Listed, ReadError, Reader};
use std::collections::BTreeSet;
use std::time::{Duration, Instant};

/// Rows of each kind that are compared.
const COMPARED: usize = 2_000;

/// Deliveries that are told one by one at a time.
const MOST: usize = 200;

/// A change of no known delivery is told at most this often.
const REST: Duration = Duration::from_secs(1);

/// Whoever asks waits no longer for an answer, in microseconds.
const ANSWERED_WITHIN: i64 = 60_000_000;

/// What is known of the older deliveries.
#[derive(Debug, Default)]
pub(super) struct Older {
    beside: Beside,
    /// Those that were not answered yet when they left the newest.
    open: BTreeSet<u64>,
    /// Since when something has changed of which nobody knows where.
    unsure: Option<Instant>,
}

impl Older {
    pub(super) fn begin(reader: &Reader) -> Result<Self, ReadError> {
        Ok(Self { beside: reader.beside(COMPARED)?, ..Self::default() })
    }

    /// One that leaves the newest without an answer.
    pub(super) fn leave(&mut self, seq: u64) {
        self.open.insert(seq);
        if self.open.len() > MOST {
            self.open.pop_first();
        }
    }

    /// Something changed, and nobody knows where.
    pub(super) fn doubt(&mut self) {
        self.unsure.get_or_insert_with(Instant::now);
    }

    /// Whether it is time to tell that something changed.
    pub(super) fn told(&mut self) -> bool {
        self.unsure.take_if(|since| since.elapsed() >= REST).is_some()
    }

    /// Those before `below` that changed, each with what it is by now; `named` are
    /// known to have. `explained`: what was committed is seen elsewhere already.
    pub(super) fn look(
        &mut self,
        reader: &Reader,
        below: u64,
        named: &BTreeSet<u64>,
        explained: bool,
        newest: Option<&Listed>,
    ) -> Result<Vec<(u64, Option<Listed>)>, ReadError> {
        let now = reader.beside(COMPARED)?;
        let kept = (now.indexed, now.oldest) == (self.beside.indexed, self.beside.oldest);
        let mut changed = self.beside_changed(&now);
        self.beside = now;
        changed.extend(named);
        let mut found = self.answered(reader, newest)?;
        changed.retain(|seq| *seq < below && !found.iter().any(|(told, _)| told == seq));
        if below > 0 && kept && !explained && changed.is_empty() && found.is_empty() && named.is_empty() {
            self.doubt();
        }
        if changed.len() > MOST {
            self.doubt();
        }
        for seq in changed.into_iter().rev().take(MOST) {
            found.push((seq, one(reader, seq)?));
        }
        Ok(found)
    }

    /// Those beside which something else stands than before.
    fn beside_changed(&self, now: &Beside) -> BTreeSet<u64> {
        let from = self.beside.from.max(now.from);
        let (before, after) = (self.beside.words.range(from..), now.words.range(from..));
        let gone = before.filter(|(seq, words)| now.words.get(seq) != Some(words));
        let came = after.filter(|(seq, words)| self.beside.words.get(seq) != Some(words));
        gone.chain(came).map(|(seq, _)| *seq).collect()
    }

    /// Those that have their answer now. Nobody waits for ever.
    fn answered(
        &mut self,
        reader: &Reader,
        newest: Option<&Listed>,
    ) -> Result<Vec<(u64, Option<Listed>)>, ReadError> {
        let mut found = Vec::new();
        for seq in self.open.clone() {
            let listed = one(reader, seq)?;
            let age = newest.zip(listed.as_ref()).map_or(0, |(newest, listed)| {
                newest.received.micros().saturating_sub(listed.received.micros())
            });
            if listed.as_ref().is_none_or(|listed| listed.answer.is_some()) {
                self.open.remove(&seq);
                found.push((seq, listed));
            } else if age > ANSWERED_WITHIN {
                self.open.remove(&seq);
            }
        }
        Ok(found)
    }
}

fn one(reader: &Reader, seq: u64) -> Result<Option<Listed>, ReadError> {
    let filter = Filter { seqs: Some(seq..=seq), limit: 1, ..Filter::default() };
    Ok(reader.list(&filter)?.items.pop())
}
