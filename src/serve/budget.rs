//! Counts the bytes of requests that are not answered yet, over all connections.
//! It only counts: what happens when there is no room is decided by `shared`.

use super::seats::Seat;
use std::future::Future;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Bytes are counted in steps, so that a body in one-byte pieces costs no more than another.
const STEP: usize = 16 << 10;

/// The bytes that may be held at once.
#[derive(Debug)]
pub(super) struct Budget {
    used: AtomicUsize,
    /// What of it belongs to requests that are whole, and soon given back.
    whole: AtomicUsize,
    given_back: Arc<Notify>,
    limit: usize,
    /// Over how long the pace of a connection is taken.
    window: Duration,
}

impl Budget {
    pub(super) fn new(limit: usize, window: Duration) -> Self {
        Self {
            used: AtomicUsize::new(0),
            whole: AtomicUsize::new(0),
            given_back: Arc::default(),
            limit,
            window,
        }
    }

    /// Counts `bytes`, unless that is more than there may be.
    fn take(&self, bytes: usize) -> bool {
        let fits = |used: usize| used.checked_add(bytes).filter(|sum| *sum <= self.limit);
        self.used.fetch_update(Ordering::Relaxed, Ordering::Relaxed, fits).is_ok()
    }

    fn give_back(&self, bytes: usize) {
        self.used.fetch_sub(bytes, Ordering::Relaxed);
    }

    /// The bytes of requests that are whole and not answered yet.
    pub(super) fn held_by_whole(&self) -> usize {
        self.whole.load(Ordering::Relaxed)
    }

    /// Done when a whole request has given its bytes back; listens from now on.
    pub(super) fn freed(self: &Arc<Self>) -> impl Future<Output = ()> + use<> {
        let mut freed = Box::pin(Arc::clone(&self.given_back).notified_owned());
        freed.as_mut().enable();
        freed
    }

    #[cfg(test)]
    pub(super) fn used(&self) -> usize {
        self.used.load(Ordering::Relaxed)
    }
}

/// The bytes of one request, given back when dropped.
#[derive(Debug)]
pub(super) struct Reservation {
    budget: Arc<Budget>,
    /// Who can be evicted to get the bytes back; nobody once the request is whole.
    seat: Option<Arc<Seat>>,
    free: usize,
    held: usize,
    taken: usize,
}

impl Reservation {
    /// A reservation whose first `free` bytes are not counted.
    pub(super) fn new(budget: Arc<Budget>, seat: Arc<Seat>, free: usize) -> Self {
        Self { budget, seat: Some(seat), free, held: 0, taken: 0 }
    }

    /// The bytes that must be taken from the budget so that `more` can be held.
    pub(super) fn missing(&self, more: usize) -> usize {
        let held = self.held.saturating_add(more);
        if held <= self.free { 0 } else { held.next_multiple_of(STEP).saturating_sub(self.taken) }
    }

    /// Holds `more` bytes; false when the budget has no room for them.
    pub(super) fn grow(&mut self, more: usize) -> bool {
        let missing = self.missing(more);
        if missing > 0 {
            if !self.budget.take(missing) {
                return false;
            }
            self.taken += missing;
            match &self.seat {
                Some(seat) => seat.holds_more(missing, self.budget.window, Instant::now()),
                None => drop(self.budget.whole.fetch_add(missing, Ordering::Relaxed)),
            }
        }
        self.held += more;
        true
    }

    /// Holds as many bytes as `total`, or more if it held more before.
    pub(super) fn grow_to(&mut self, total: usize) -> bool {
        self.grow(total.saturating_sub(self.held))
    }

    /// Whether anything must be given back.
    pub(super) fn is_counted(&self) -> bool {
        self.taken > 0
    }

    /// The request is whole: its bytes belong to whoever handles it, not to the connection.
    pub(super) fn leave_seat(&mut self) {
        if let Some(seat) = self.seat.take() {
            seat.holds_less(self.taken);
            self.budget.whole.fetch_add(self.taken, Ordering::Relaxed);
        }
    }

    /// Holds nothing any more.
    pub(super) fn clear(&mut self) {
        self.held = 0;
        if self.taken > 0 {
            self.budget.give_back(self.taken);
            match &self.seat {
                Some(seat) => seat.holds_less(self.taken),
                None => {
                    self.budget.whole.fetch_sub(self.taken, Ordering::Relaxed);
                    self.budget.given_back.notify_waiters();
                }
            }
            self.taken = 0;
        }
    }
}

impl Drop for Reservation {
    fn drop(&mut self) {
        self.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seat() -> Arc<Seat> {
        Arc::new(Seat::new(1, [([127, 0, 0, 1], 9).into(); 2], 0))
    }

    #[test]
    fn small_requests_are_free_and_all_is_given_back() {
        let budget = Arc::new(Budget::new(64 << 10, Duration::from_secs(1)));
        let mut small = Reservation::new(Arc::clone(&budget), seat(), 8 << 10);
        assert!(small.grow(8 << 10));
        assert_eq!(budget.used(), 0);
        let mut large = Reservation::new(Arc::clone(&budget), seat(), 0);
        assert!((0..(64 << 10)).all(|_| large.grow(1)));
        assert!(!large.grow(1) && !small.grow(1));
        drop(large);
        assert!(small.grow(1));
        drop(small);
        assert_eq!(budget.used(), 0);
    }

    #[test]
    fn a_whole_request_is_counted_and_no_longer_the_connections() {
        let budget = Arc::new(Budget::new(64 << 10, Duration::from_secs(1)));
        let seat = seat();
        let mut whole = Reservation::new(Arc::clone(&budget), Arc::clone(&seat), 0);
        assert!(whole.grow(20_000) && whole.grow_to(10_000) && whole.grow_to(32 << 10));
        assert_eq!(seat.held.load(Ordering::Relaxed), 32 << 10);
        whole.leave_seat();
        assert_eq!((seat.held.load(Ordering::Relaxed), budget.used()), (0, 32 << 10));
        drop(whole);
        assert_eq!((seat.held.load(Ordering::Relaxed), budget.used()), (0, 0));
    }
}
