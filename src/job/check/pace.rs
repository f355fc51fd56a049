//! How many requests, how fast, and how long the cases themselves wait.

use std::time::Duration;
use tokio::time::Instant;

/// Counts requests and keeps their distance.
#[derive(Debug)]
pub(super) struct Pace {
    most: u64,
    interval: Option<Duration>,
    next: Option<Instant>,
    sent: u64,
    waited: Duration,
}

/// No more requests may be sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Exhausted;

impl Pace {
    pub(super) fn new(most: u64, interval: Option<Duration>) -> Self {
        Self { most, interval, next: None, sent: 0, waited: Duration::ZERO }
    }

    /// Waits until `count` requests may be sent, and counts them.
    pub(super) async fn turn(&mut self, count: u32) -> Result<(), Exhausted> {
        let sent = self.sent.saturating_add(u64::from(count));
        if sent > self.most {
            return Err(Exhausted);
        }
        self.sent = sent;
        if let Some(due) = self.due(Instant::now(), count) {
            tokio::time::sleep_until(due).await;
        }
        Ok(())
    }

    /// When `count` requests that want to go now may go; `None` for at once.
    fn due(&mut self, now: Instant, count: u32) -> Option<Instant> {
        let interval = self.interval?;
        let due = self.next.filter(|next| *next > now);
        self.next = due.unwrap_or(now).checked_add(interval.saturating_mul(count));
        due
    }

    /// Takes note of a wait that a case prescribes.
    pub(super) fn prescribe(&mut self, wait: Duration) {
        self.waited = self.waited.saturating_add(wait);
    }

    pub(super) fn sent(&self) -> u64 {
        self.sent
    }

    pub(super) fn most(&self) -> u64 {
        self.most
    }

    pub(super) fn waited(&self) -> Duration {
        self.waited
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn no_more_requests_than_allowed() {
        let mut pace = Pace::new(12, None);
        pace.turn(11).await.unwrap();
        assert_eq!(pace.turn(2).await, Err(Exhausted));
        pace.turn(1).await.unwrap();
        assert_eq!(pace.turn(1).await, Err(Exhausted));
        assert_eq!(pace.sent(), 12);
    }

    #[test]
    fn requests_keep_their_distance() {
        let now = Instant::now();
        let after = |tenths: u64| now + Duration::from_millis(100 * tenths);
        let mut pace = Pace::new(99, Some(Duration::from_millis(200)));
        assert_eq!(pace.due(now, 1), None);
        assert_eq!(pace.due(now, 10), Some(after(2)));
        assert_eq!(pace.due(after(3), 1), Some(after(22)));
        assert_eq!(pace.due(after(30), 1), None);
        assert_eq!(Pace::new(9, None).due(now, 1), None);
    }
}
