//! A journal that keeps nothing (`--no-journal`): it numbers and marks repeats.

use super::duplicates::Duplicates;
use super::stored::Stored;
use crate::hook::delivery::Checked;
use std::sync::{Arc, Mutex, PoisonError};

/// Numbers deliveries from 1 and keeps none of them.
#[derive(Debug, Default)]
pub struct Counter(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    last: u64,
    duplicates: Duplicates,
}

impl Counter {
    /// Gives a delivery its number.
    pub fn append(&self, checked: Arc<Checked>) -> Stored {
        let mut state = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        state.last += 1;
        let seq = state.last;
        let duplicate_of = state.duplicates.mark(&checked, seq);
        state.duplicates.settle();
        drop(state);
        Stored::new(seq, duplicate_of, None, checked)
    }
}
