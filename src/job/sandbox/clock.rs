//! The sandbox's clock: runs at a chosen speed, jumps when told to, and wakes
//! whoever waits for a moment that a jump has reached. Never runs backwards.

use crate::hook::time::Timestamp;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// A clock of the sandbox's own. Share it in an `Arc`.
#[derive(Debug)]
pub struct Clock {
    hands: Mutex<Hands>,
    moved: watch::Sender<u64>,
}

/// Where the clock stood at a moment of real time, and how fast it goes since.
#[derive(Clone, Copy, Debug)]
struct Hands {
    real: Instant,
    shown: Timestamp,
    speed: f64,
}

impl Hands {
    fn at(&self, real: Instant) -> Timestamp {
        let passed = real.saturating_duration_since(self.real).as_secs_f64() * self.speed;
        self.shown.plus(Duration::try_from_secs_f64(passed).unwrap_or(Duration::MAX))
    }
}

/// The longest single sleep: the real clock of a laptop may stand still in between.
const LONGEST_SLEEP: Duration = Duration::from_secs(60);
/// The shortest, so that rounding never makes a busy loop.
const SHORTEST_SLEEP: Duration = Duration::from_micros(500);

impl Clock {
    /// A clock that shows `start` and goes `speed` times as fast as real time;
    /// 0 stands still until it is advanced.
    pub fn new(start: Timestamp, speed: f64) -> Self {
        let hands = Hands { real: Instant::now(), shown: start, speed: speed.max(0.0) };
        Self { hands: Mutex::new(hands), moved: watch::Sender::new(0) }
    }

    /// What the clock shows.
    pub fn now(&self) -> Timestamp {
        self.hands().at(Instant::now())
    }

    /// How many times faster than real time it goes.
    pub fn speed(&self) -> f64 {
        self.hands().speed
    }

    /// Jumps ahead, and wakes everybody who waits; gives what it shows then.
    pub fn advance(&self, by: Duration) -> Timestamp {
        let mut hands = self.hands.lock().unwrap_or_else(PoisonError::into_inner);
        let real = Instant::now();
        let shown = hands.at(real).plus(by);
        *hands = Hands { real, shown, speed: hands.speed };
        drop(hands);
        self.moved.send_modify(|count| *count = count.wrapping_add(1));
        shown
    }

    /// Waits until the clock shows `moment`; at once when it does already.
    pub async fn until(&self, moment: Timestamp) {
        let mut moved = self.moved.subscribe();
        loop {
            // Seen before the clock is read, so that no jump is missed in between.
            moved.borrow_and_update();
            let Some(left) = self.real_time_until(moment) else { return };
            tokio::select! {
                () = tokio::time::sleep(left) => {}
                // The sender is `self`, so this fails never.
                _ = moved.changed() => {}
            }
        }
    }

    /// How long to sleep before looking again; `None` once the moment is there.
    fn real_time_until(&self, moment: Timestamp) -> Option<Duration> {
        let hands = self.hands();
        let left = moment.since(hands.at(Instant::now()));
        if left.is_zero() {
            return None;
        }
        let real = Duration::try_from_secs_f64(left.as_secs_f64() / hands.speed).unwrap_or(LONGEST_SLEEP);
        Some(real.clamp(SHORTEST_SLEEP, LONGEST_SLEEP))
    }

    fn hands(&self) -> Hands {
        *self.hands.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    const START: Timestamp = Timestamp::from_seconds(1_773_239_520);

    #[tokio::test]
    async fn a_jump_wakes_whoever_waits_for_a_moment_it_reaches_and_nobody_else() {
        let clock = Arc::new(Clock::new(START, 0.0));
        let waiting = |seconds| {
            let clock = Arc::clone(&clock);
            tokio::spawn(async move { clock.until(START.plus(Duration::from_secs(seconds))).await })
        };
        let (near, far) = (waiting(30), waiting(1_800));
        tokio::task::yield_now().await;
        assert_eq!(clock.now(), START);
        clock.advance(Duration::from_secs(29));
        tokio::task::yield_now().await;
        assert!(!near.is_finished());
        assert_eq!(clock.advance(Duration::from_secs(1)), START.plus(Duration::from_secs(30)));
        near.await.unwrap();
        assert!(!far.is_finished());
        clock.advance(Duration::from_secs(86_400));
        far.await.unwrap();
        clock.until(START).await;
    }

    #[tokio::test]
    async fn a_fast_clock_reaches_an_hour_by_itself() {
        let clock = Clock::new(START, 1_000_000.0);
        clock.until(START.plus(Duration::from_secs(3_600))).await;
        assert!(clock.now() >= START.plus(Duration::from_secs(3_600)));
    }
}
