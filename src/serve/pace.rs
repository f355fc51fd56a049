//! How fast the bytes of a connection come, and who is so slow that they give
//! way when memory is short. Pure: it is told the time, and evicts nobody.

use std::time::{Duration, Instant};

/// What a sender is taken to send in a second before it has shown it.
const PRESUMED: u64 = 64 << 10;

/// Whoever sends so much in a second never gives way: a body of the largest size
/// comes within its time at this rate.
const HEALTHY: u64 = 1 << 20;

/// Only who is so many times as slow gives way. Equals must not push each other
/// out in turn, or none of them ever gets through.
const SLOWER: u64 = 4;

/// The bytes of this window of time and the one before. What came earlier says
/// nothing about now: a burst must not buy the right to drip for long.
#[derive(Clone, Copy, Debug)]
pub(super) struct Pace {
    window: Duration,
    /// When the window before this one began; while there is none, this one.
    begun: Instant,
    turned: Instant,
    before: usize,
    now: usize,
}

impl Pace {
    pub(super) fn new(window: Duration, now: Instant) -> Self {
        let window = window.max(Duration::from_millis(1));
        Self { window, begun: now, turned: now, before: 0, now: 0 }
    }

    /// So many bytes came.
    pub(super) fn came(&mut self, bytes: usize, now: Instant) {
        self.turn(now);
        self.now = self.now.saturating_add(bytes);
    }

    /// Bytes a second; nothing is said of whoever only just began.
    pub(super) fn rate(mut self, now: Instant) -> Option<u64> {
        self.turn(now);
        let age = now.saturating_duration_since(self.begun);
        let micros = u64::try_from(age.as_micros()).unwrap_or(u64::MAX).max(1);
        let bytes = self.before.saturating_add(self.now) as u64;
        (age >= self.window).then(|| bytes.saturating_mul(1_000_000) / micros)
    }

    /// Begins a new window where this one is over.
    fn turn(&mut self, now: Instant) {
        let over = now.saturating_duration_since(self.turned);
        if over < self.window {
            return;
        }
        if over < self.window * 2 {
            self.begun = self.turned;
            self.before = std::mem::take(&mut self.now);
            self.turned += self.window;
        } else {
            // Nothing came in the whole window before this one.
            self.begun = now.checked_sub(self.window).unwrap_or(self.turned);
            self.turned = now;
            (self.before, self.now) = (0, 0);
        }
    }
}

/// Which of the `others` gives way to a connection of this rate: the slowest, if
/// it is much slower and not healthy. Nobody otherwise; nor does whoever only
/// just began.
pub(super) fn gives_way(grower: Option<u64>, others: &[Option<u64>]) -> Option<usize> {
    let judged = others.iter().enumerate().filter_map(|(index, rate)| Some((rate.as_ref()?, index)));
    let (slowest, index) = judged.min()?;
    let bar = grower.unwrap_or(PRESUMED).min(HEALTHY * SLOWER);
    (slowest.saturating_mul(SLOWER) <= bar).then_some(index)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_slowest_gives_way_and_equals_and_newborns_do_not() {
        let mib = |count: u64| Some(count << 20);
        assert_eq!(gives_way(mib(50), &[mib(9), Some(100), Some(90), None]), Some(2));
        assert_eq!(gives_way(mib(50), &[mib(50), mib(49), mib(20)]), None, "healthy ones stay");
        assert_eq!(gives_way(Some(9000), &[Some(9001), Some(5000)]), None, "equals stay");
        assert_eq!(gives_way(Some(10), &[Some(9000)]), None, "it is the slowest itself");
        assert_eq!(gives_way(mib(50), &[None, None]), None, "newborns are not judged");
        assert_eq!(gives_way(None, &[Some(40_000), Some(1_000)]), Some(1), "a newborn may be honest");
        assert_eq!(gives_way(None, &[Some(40_000), None]), None);
        assert_eq!(gives_way(None, &[]), None);
    }

    #[test]
    fn a_burst_is_forgotten_and_a_steady_stream_is_not() {
        let second = Duration::from_secs(1);
        let start = Instant::now();
        let (mut burst, mut steady) = (Pace::new(second, start), Pace::new(second, start));
        burst.came(8 << 20, start);
        assert_eq!(burst.rate(start + second / 2), None, "it only just began");
        for tenth in 0..50 {
            let now = start + second / 10 * tenth;
            steady.came(100_000, now);
            burst.came(1, now);
        }
        let now = start + second * 5;
        assert!(burst.rate(now).unwrap() < 100, "{burst:?}");
        assert!((900_000..=1_100_000).contains(&steady.rate(now).unwrap()), "{steady:?}");
        assert_eq!(steady.rate(now + second * 3), Some(0), "it stopped");
    }
}
