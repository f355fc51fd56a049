//! The table of connections: who is connected, who has a request in hand, and
//! who goes first when there is no room. It closes nothing itself: it tells the
//! connection's own task.

use super::pace::{Pace, gives_way};
use std::collections::HashMap;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::Notify;

/// Set in `in_hand` once the connection must go; no request can begin after it.
const EVICTED: u32 = 1 << 31;

/// One connection.
#[derive(Debug)]
pub(super) struct Seat {
    number: u64,
    pub(super) peer: SocketAddr,
    /// The address that the peer connected to.
    pub(super) local: SocketAddr,
    /// Wakes the connection's task when it is evicted or the server stops.
    pub(super) control: Notify,
    /// Requests with the handler, and whether the seat is evicted.
    in_hand: AtomicU32,
    /// Since when no request is in hand, in microseconds of the server's life.
    waiting_since: AtomicU64,
    /// Bytes of requests that are not whole, counted against the budget.
    pub(super) held: AtomicUsize,
    /// How fast they came.
    pace: Mutex<Option<Pace>>,
}

impl Seat {
    pub(super) fn new(number: u64, [peer, local]: [SocketAddr; 2], now: u64) -> Self {
        Self {
            number,
            peer,
            local,
            control: Notify::new(),
            in_hand: AtomicU32::new(0),
            waiting_since: AtomicU64::new(now),
            held: AtomicUsize::new(0),
            pace: Mutex::default(),
        }
    }

    /// A whole request goes to the handler; false when the connection is being closed.
    pub(super) fn begin(&self) -> bool {
        let more = |count: u32| (count & EVICTED == 0).then_some(count + 1);
        self.in_hand.fetch_update(Ordering::AcqRel, Ordering::Relaxed, more).is_ok()
    }

    /// The handler answered.
    pub(super) fn finish(&self, now: u64) {
        self.waiting_since.store(now, Ordering::Relaxed);
        // In one order with `tell_waiting`, or somebody waits for nothing.
        self.in_hand.fetch_sub(1, Ordering::SeqCst);
    }

    /// Since when no request is in hand, in microseconds of the server's life.
    pub(super) fn waiting_since(&self) -> u64 {
        self.waiting_since.load(Ordering::Relaxed)
    }

    pub(super) fn has_request_in_hand(&self) -> bool {
        self.in_hand.load(Ordering::SeqCst) & !EVICTED > 0
    }

    pub(super) fn is_evicted(&self) -> bool {
        self.in_hand.load(Ordering::Acquire) & EVICTED != 0
    }

    /// So many bytes more are held; the pace is that of what is held together.
    pub(super) fn holds_more(&self, bytes: usize, window: Duration, now: Instant) {
        let mut pace = self.pace.lock().unwrap_or_else(PoisonError::into_inner);
        if self.held.fetch_add(bytes, Ordering::Relaxed) == 0 {
            *pace = Some(Pace::new(window, now));
        }
        if let Some(pace) = pace.as_mut() {
            pace.came(bytes, now);
        }
    }

    pub(super) fn holds_less(&self, bytes: usize) {
        self.held.fetch_sub(bytes, Ordering::Relaxed);
    }

    fn rate(&self, now: Instant) -> Option<u64> {
        self.pace.lock().unwrap_or_else(PoisonError::into_inner).and_then(|pace| pace.rate(now))
    }

    /// Whether it holds bytes that an eviction would free.
    fn holds_a_part(&self) -> bool {
        self.held.load(Ordering::Relaxed) > 0 && !self.has_request_in_hand()
    }

    fn evict(&self) -> bool {
        self.in_hand.compare_exchange(0, EVICTED, Ordering::AcqRel, Ordering::Relaxed).is_ok()
    }
}

/// All connections.
#[derive(Debug)]
pub(super) struct Seats {
    taken: Mutex<HashMap<u64, Arc<Seat>>>,
    next: AtomicU64,
    limit: usize,
    /// Somebody waits for a seat: tell `freed`.
    pub(super) saturated: AtomicBool,
    pub(super) freed: Notify,
}

impl Seats {
    pub(super) fn new(limit: usize) -> Self {
        Self {
            taken: Mutex::default(),
            next: AtomicU64::new(0),
            limit: limit.max(1),
            saturated: AtomicBool::new(false),
            freed: Notify::new(),
        }
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Seat>>> {
        self.taken.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// A seat for a newcomer, while there is one; `ends` are who connected and what to.
    pub(super) fn take(&self, ends: [SocketAddr; 2], now: u64) -> Option<Arc<Seat>> {
        let mut taken = self.lock();
        if taken.len() >= self.limit {
            return None;
        }
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let seat = Arc::new(Seat::new(number, ends, now));
        taken.insert(number, Arc::clone(&seat));
        Some(seat)
    }

    /// The connection is gone.
    pub(super) fn leave(&self, seat: &Seat) {
        self.lock().remove(&seat.number);
        self.tell_waiting();
    }

    /// A seat became free or evictable.
    pub(super) fn tell_waiting(&self) {
        if self.saturated.load(Ordering::SeqCst) {
            self.freed.notify_one();
        }
    }

    /// Evicts the connection that has been without a request in hand the longest.
    pub(super) fn evict_idlest(&self) -> Option<Arc<Seat>> {
        self.evict(|taken| {
            taken
                .values()
                .filter(|seat| !seat.has_request_in_hand())
                .min_by_key(|seat| (seat.waiting_since(), seat.number))
                .map(Arc::clone)
        })
    }

    /// Evicts the connection whose part of a request comes so slowly that it
    /// gives way to `grower`, if there is one.
    pub(super) fn evict_slower(&self, grower: &Seat, now: Instant) -> Option<Arc<Seat>> {
        self.evict(|taken| {
            let holders = taken.values().filter(|seat| seat.number != grower.number && seat.holds_a_part());
            let (seats, rates): (Vec<_>, Vec<_>) = holders.map(|seat| (seat, seat.rate(now))).unzip();
            let slowest = gives_way(grower.rate(now), &rates)?;
            seats.get(slowest).copied().map(Arc::clone)
        })
    }

    /// Evicts whom `choose` says. Its seat is free at once; its task follows.
    fn evict(&self, choose: impl Fn(&HashMap<u64, Arc<Seat>>) -> Option<Arc<Seat>>) -> Option<Arc<Seat>> {
        let mut taken = self.lock();
        loop {
            let chosen = choose(&taken)?;
            // It may have got its request whole since we looked; then it stays.
            if chosen.evict() {
                taken.remove(&chosen.number);
                chosen.control.notify_one();
                return Some(chosen);
            }
        }
    }

    /// Wakes every connection, to look whether the server stops.
    pub(super) fn wake_all(&self) {
        for seat in self.lock().values() {
            seat.control.notify_one();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_longest_without_a_request_goes_first_and_the_busy_stay() {
        let seats = Seats::new(3);
        let peer = [([127, 0, 0, 1], 9).into(); 2];
        let [first, second, third] = [10, 20, 30].map(|now| seats.take(peer, now).unwrap());
        assert!(seats.take(peer, 40).is_none());
        assert!(first.begin());
        first.finish(50);
        assert!(second.begin());
        let gone = seats.evict_idlest().unwrap();
        assert!(Arc::ptr_eq(&gone, &third) && gone.is_evicted() && !gone.begin());
        assert!(Arc::ptr_eq(&seats.evict_idlest().unwrap(), &first));
        assert!(seats.evict_idlest().is_none(), "the second has a request in hand");
        assert!(seats.take(peer, 60).is_some());
    }

    #[test]
    fn who_holds_a_part_and_stopped_gives_way_to_who_sends() {
        let seats = Seats::new(4);
        let peer = [([127, 0, 0, 1], 9).into(); 2];
        let [drip, busy, idle, grower] = [0; 4].map(|now| seats.take(peer, now).unwrap());
        let (start, window) = (Instant::now(), Duration::from_secs(1));
        for seat in [&drip, &busy, &grower] {
            seat.holds_more(1 << 20, window, start);
        }
        assert!(busy.begin());
        grower.holds_more(8 << 20, window, start + window);
        assert!(seats.evict_slower(&grower, start).is_none(), "all of them only just began");
        let later = start + window * 8;
        grower.holds_more(8 << 20, window, later);
        assert!(Arc::ptr_eq(&seats.evict_slower(&grower, later).unwrap(), &drip));
        assert!(seats.evict_slower(&grower, later).is_none(), "one has a request in hand, one holds nothing");
        assert!(!idle.is_evicted() && !grower.is_evicted() && !busy.is_evicted());
    }
}
