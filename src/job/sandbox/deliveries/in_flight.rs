//! Which requests are under way, and how much of their deadline the clock's jumps
//! have used up. Real time counts against a deadline elsewhere, in the client.

use std::collections::BTreeMap;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::watch;
use tokio::time::Instant;

/// The requests under way.
#[derive(Debug, Default)]
pub(super) struct InFlight {
    inner: Mutex<Inner>,
    changed: watch::Sender<u64>,
}

#[derive(Debug, Default)]
struct Inner {
    next: u64,
    /// How far the clock has been moved by hand since the start.
    jumped: Duration,
    requests: BTreeMap<u64, Request>,
}

#[derive(Clone, Copy, Debug)]
struct Request {
    /// How far the clock was moved when its time began.
    since: Duration,
    /// How long it has; `None` while it has not begun.
    deadline: Option<Duration>,
}

impl Request {
    /// At which jump of the clock it runs out of time.
    fn end(self) -> Option<Duration> {
        Some(self.since.saturating_add(self.deadline?))
    }
}

/// Keeps a request counted until dropped.
pub(super) struct Ticket<'a> {
    all: &'a InFlight,
    number: u64,
}

impl InFlight {
    /// Counts a request that is about to begin; jumps of the clock count against its deadline from here on.
    pub(super) fn number(&self) -> u64 {
        self.change(|inner| {
            inner.next += 1;
            inner.requests.insert(inner.next, Request { since: inner.jumped, deadline: None });
            inner.next
        })
    }

    /// Takes the number over: it is given back when the ticket is dropped.
    pub(super) fn ticket(&self, number: u64) -> Ticket<'_> {
        Ticket { all: self, number }
    }

    /// Notes that the clock was moved.
    pub(super) fn jump(&self, by: Duration) {
        self.change(|inner| inner.jumped = inner.jumped.saturating_add(by));
    }

    /// How far the clock must be moved until the first of all deadlines is over.
    pub(super) fn first_deadline(&self) -> Option<Duration> {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let first = inner.requests.values().filter_map(|request| request.end()).min()?;
        Some(first.saturating_sub(inner.jumped))
    }

    /// Waits until nothing is under way, or `patience` is over and nothing is whose deadline is.
    pub(super) async fn settle(&self, patience: Duration) {
        let until = Instant::now() + patience;
        let mut changes = self.changed.subscribe();
        loop {
            changes.borrow_and_update();
            let (busy, overdue) = self.state();
            if !busy || (!overdue && Instant::now() >= until) {
                return;
            }
            // Fails never: the sender is `self`.
            let change = async { changes.changed().await.unwrap_or_default() };
            if overdue {
                change.await;
            } else {
                drop(tokio::time::timeout_at(until, change).await);
            }
        }
    }

    /// Whether anything is under way, and whether the time of any of it is over.
    fn state(&self) -> (bool, bool) {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        // One that has not begun yet is about to, and is waited for like one that is overdue.
        let overdue = |request: &Request| request.end().is_none_or(|end| end <= inner.jumped);
        (!inner.requests.is_empty(), inner.requests.values().any(overdue))
    }

    fn overdue(&self, number: u64) -> bool {
        let inner = self.inner.lock().unwrap_or_else(PoisonError::into_inner);
        let end = inner.requests.get(&number).and_then(|request| request.end());
        end.is_none_or(|end| end <= inner.jumped)
    }

    fn change<T>(&self, change: impl FnOnce(&mut Inner) -> T) -> T {
        let changed = change(&mut self.inner.lock().unwrap_or_else(PoisonError::into_inner));
        self.changed.send_modify(|count| *count = count.wrapping_add(1));
        changed
    }
}

impl Ticket<'_> {
    /// Gives the request its deadline and waits until jumps of the clock have used it up.
    pub(super) async fn out_of_time(&self, deadline: Duration) {
        let mut changes = self.all.changed.subscribe();
        self.all.change(|inner| {
            if let Some(request) = inner.requests.get_mut(&self.number) {
                request.deadline = Some(deadline);
            }
        });
        loop {
            changes.borrow_and_update();
            if self.all.overdue(self.number) {
                return;
            }
            if changes.changed().await.is_err() {
                return;
            }
        }
    }
}

impl Drop for Ticket<'_> {
    fn drop(&mut self) {
        self.all.change(|inner| inner.requests.remove(&self.number));
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DEADLINE: Duration = Duration::from_secs(10);

    #[tokio::test]
    async fn jumps_use_the_deadline_up_and_settling_waits_for_what_is_overdue() {
        let all = InFlight::default();
        all.settle(Duration::MAX / 4).await;
        let ticket = all.ticket(all.number());
        assert_eq!(all.first_deadline(), None, "it has not begun");
        let ended = async {
            ticket.out_of_time(DEADLINE).await;
            drop(ticket);
        };
        let moved = async {
            while all.first_deadline() != Some(DEADLINE) {
                tokio::task::yield_now().await;
            }
            all.jump(Duration::from_secs(9));
            all.settle(Duration::ZERO).await;
            assert_eq!(all.first_deadline(), Some(Duration::from_secs(1)));
            all.jump(Duration::from_secs(1));
            all.settle(Duration::ZERO).await;
            assert_eq!(all.first_deadline(), None);
        };
        tokio::join!(ended, moved);
    }
}
