//! The proof that a delivery is in the journal: what an acknowledgement consumes.

use crate::hook::delivery::Checked;
use std::sync::Arc;

/// A delivery that is stored. Only `Journal::append` makes one, after the
/// commit that holds it (and `Counter::append`, where nothing is kept).
#[derive(Debug)]
#[must_use = "a stored delivery is there to be answered"]
pub struct Stored {
    seq: u64,
    duplicate_of: Option<u64>,
    same_body: Option<bool>,
    checked: Arc<Checked>,
}

impl Stored {
    pub(super) fn new(
        seq: u64,
        duplicate_of: Option<u64>,
        same_body: Option<bool>,
        checked: Arc<Checked>,
    ) -> Self {
        Self { seq, duplicate_of, same_body, checked }
    }

    /// Its number.
    pub fn seq(&self) -> u64 {
        self.seq
    }

    /// The number of the delivery that it repeats.
    pub fn duplicate_of(&self) -> Option<u64> {
        self.duplicate_of
    }

    /// Whether a repeat has the body of what it repeats; `None` where that is not kept.
    pub fn same_body(&self) -> Option<bool> {
        self.same_body
    }

    /// The delivery.
    pub fn checked(&self) -> &Arc<Checked> {
        &self.checked
    }

    /// Number, repeated number and delivery: the proof is used up.
    pub fn into_parts(self) -> (u64, Option<u64>, Arc<Checked>) {
        (self.seq, self.duplicate_of, self.checked)
    }
}
