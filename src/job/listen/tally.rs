//! Counts what a listener sees, and knows when it has seen enough.

use crate::hook::attempt::Attempt;
use crate::hook::verdict::Verdict;
use crate::job::report::Summary;
use std::ops::RangeInclusive;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;
use tokio::sync::Notify;

/// Counters of one run.
#[derive(Debug, Default)]
pub(super) struct Tally {
    received: AtomicU64,
    verified: AtomicU64,
    failed: AtomicU64,
    unjudged: AtomicU64,
    forwarded: AtomicU64,
    forward_failed: AtomicU64,
    duplicates: AtomicU64,
    rejected: AtomicU64,
    not_kept: AtomicU64,
    matched: AtomicU64,
    counted: AtomicU64,
    filtered: AtomicU64,
    filter_failed: AtomicU64,
    until_failed: AtomicU64,
    unexpected: AtomicU64,
    enough: Notify,
}

fn add(counter: &AtomicU64) -> u64 {
    counter.fetch_add(1, Ordering::Relaxed) + 1
}

impl Tally {
    pub(super) fn received(&self, verdict: &Verdict, duplicate: bool) {
        add(&self.received);
        let counter = match (verdict.verified(), verdict.code.judged()) {
            (true, _) => &self.verified,
            (false, true) => &self.failed,
            (false, false) => &self.unjudged,
        };
        add(counter);
        if duplicate {
            add(&self.duplicates);
        }
    }

    pub(super) fn attempted(&self, attempt: &Attempt, expected: Option<&RangeInclusive<u16>>) {
        add(if attempt.outcome.delivered() { &self.forwarded } else { &self.forward_failed });
        if expected
            .is_some_and(|range| !attempt.outcome.status().is_some_and(|status| range.contains(&status)))
        {
            add(&self.unexpected);
        }
    }

    pub(super) fn rejected(&self) {
        add(&self.rejected);
    }

    pub(super) fn not_kept(&self) {
        add(&self.not_kept);
    }

    /// Counts a delivery that matched the filters.
    pub(super) fn matched(&self) {
        add(&self.matched);
    }

    /// Counts one of these that is an event and no repeat, and gives its number.
    pub(super) fn counted(&self) -> u64 {
        add(&self.counted)
    }

    /// Counts a delivery that the filters left out.
    pub(super) fn filtered(&self) {
        add(&self.filtered);
    }

    /// Counts a delivery on which `--filter` failed, and gives its number.
    pub(super) fn filter_failed(&self) -> u64 {
        add(&self.filter_failed)
    }

    /// Counts a delivery on which `--until` failed, and gives its number.
    pub(super) fn until_failed(&self) -> u64 {
        add(&self.until_failed)
    }

    /// The listener has seen what it was to wait for.
    pub(super) fn enough(&self) {
        self.enough.notify_one();
    }

    /// Resolves once there was enough.
    pub(super) async fn until_enough(&self) {
        self.enough.notified().await;
    }

    /// Attempts answered otherwise than `--expect-status` says.
    pub(super) fn unexpected(&self) -> u64 {
        self.unexpected.load(Ordering::Relaxed)
    }

    pub(super) fn summary(&self, waiting: u64, ran: Duration) -> Summary {
        let read = |counter: &AtomicU64| counter.load(Ordering::Relaxed);
        Summary {
            received: read(&self.received),
            verified: read(&self.verified),
            failed: read(&self.failed),
            unjudged: read(&self.unjudged),
            forwarded: read(&self.forwarded),
            forward_failed: read(&self.forward_failed),
            waiting,
            duplicates: read(&self.duplicates),
            rejected: read(&self.rejected),
            not_kept: read(&self.not_kept),
            matched: read(&self.matched),
            filtered: read(&self.filtered),
            filter_errors: read(&self.filter_failed) + read(&self.until_failed),
            ran,
        }
    }
}
