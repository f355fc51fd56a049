//! How much may wait for the disk, in pieces and in bytes.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// A bound on pieces and bytes that wait; a single piece may exceed the bytes.
#[derive(Debug)]
pub(super) struct Budget {
    most_pieces: usize,
    most_bytes: usize,
    pieces: AtomicUsize,
    bytes: AtomicUsize,
}

/// The right of one piece to wait; gives it back when dropped.
#[derive(Debug)]
pub(super) struct Permit {
    budget: Arc<Budget>,
    bytes: usize,
}

impl Budget {
    pub(super) fn new(most_pieces: usize, most_bytes: usize) -> Arc<Self> {
        Arc::new(Self { most_pieces, most_bytes, pieces: AtomicUsize::new(0), bytes: AtomicUsize::new(0) })
    }

    /// A permit for a piece of this size, unless too much waits already.
    pub(super) fn take(self: &Arc<Self>, bytes: usize) -> Option<Permit> {
        let pieces = self.pieces.fetch_add(1, Ordering::AcqRel);
        let before = self.bytes.fetch_add(bytes, Ordering::AcqRel);
        let permit = Permit { budget: Arc::clone(self), bytes };
        let fits = pieces == 0 || before.saturating_add(bytes) <= self.most_bytes;
        (pieces < self.most_pieces && fits).then_some(permit)
    }
}

impl Permit {
    /// What the piece counts for.
    pub(super) fn bytes(&self) -> usize {
        self.bytes
    }
}

impl Drop for Permit {
    fn drop(&mut self) {
        self.budget.bytes.fetch_sub(self.bytes, Ordering::AcqRel);
        self.budget.pieces.fetch_sub(1, Ordering::AcqRel);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pieces_and_bytes_are_bounded_and_come_back() {
        let budget = Budget::new(2, 10);
        let first = budget.take(6).unwrap();
        assert!(budget.take(5).is_none(), "11 bytes of 10");
        let second = budget.take(4).unwrap();
        assert!(budget.take(0).is_none(), "a third piece of 2");
        drop((first, second));
        assert!(budget.take(1_000).is_some(), "one alone may be larger");
        assert!(budget.take(10).is_some());
    }
}
