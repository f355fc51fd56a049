//! Koji's rate limit: so many calls a key in a sliding minute. Pure; the moment
//! comes in. It is real time, not the sandbox's: clients wait in real time.

use std::collections::{HashMap, VecDeque};
use std::sync::{Mutex, PoisonError};

const WINDOW_MICROS: i64 = 60_000_000;
/// Keys that are remembered; callers without a good key share one.
const MOST_KEYS: usize = 256;

/// What a call is told about the limit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Standing {
    /// Calls a window.
    pub(super) limit: u32,
    /// Calls left in this one.
    pub(super) remaining: u32,
    /// When the oldest call leaves the window, in Unix seconds.
    pub(super) reset: i64,
    /// Whether this call is within the limit.
    pub(super) allowed: bool,
}

/// The calls of the last minute, by key.
#[derive(Debug, Default)]
pub(super) struct Rates(Mutex<HashMap<String, VecDeque<i64>>>);

impl Rates {
    /// Counts a call at `now`, in microseconds.
    pub(super) fn take(&self, key: &str, limit: u32, now: i64) -> Standing {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if all.len() >= MOST_KEYS && !all.contains_key(key) {
            all.clear();
        }
        let calls = all.entry(key.to_owned()).or_default();
        while calls.front().is_some_and(|call| *call <= now - WINDOW_MICROS) {
            calls.pop_front();
        }
        let most = usize::try_from(limit).unwrap_or(usize::MAX);
        // A refused call does not count: otherwise a client that asks too often is never let in again.
        let allowed = calls.len() < most;
        if allowed {
            calls.push_back(now);
        }
        let oldest = calls.front().copied().unwrap_or(now);
        Standing {
            limit,
            remaining: u32::try_from(most - calls.len().min(most)).unwrap_or(u32::MAX),
            // Rounded up, so that whoever waits until then is let in.
            reset: (oldest + WINDOW_MICROS).div_euclid(1_000_000) + 1,
            allowed,
        }
    }

    /// Forgets every call.
    pub(super) fn clear(&self) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: i64 = 1_773_239_520_000_000;
    const SECOND: i64 = 1_000_000;

    #[test]
    fn the_window_slides() {
        let rates = Rates::default();
        for number in 0..3 {
            let standing = rates.take("a", 3, START + number * 10 * SECOND);
            assert_eq!((standing.remaining, standing.allowed), (2 - u32::try_from(number).unwrap(), true));
        }
        let refused = rates.take("a", 3, START + 59 * SECOND);
        assert_eq!((refused.remaining, refused.allowed, refused.limit), (0, false, 3));
        assert!(rates.take("b", 3, START + 59 * SECOND).allowed);
        // Whoever waits for the reset is let in, once: the second call leaves the window later.
        assert!(rates.take("a", 3, refused.reset * SECOND).allowed);
        assert!(!rates.take("a", 3, refused.reset * SECOND).allowed);
    }
}
