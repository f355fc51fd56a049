//! How a listener ends: who hears of it, and how long what is under way may take.
//!
//! There is one patience for everything, counted from the moment of the stop,
//! so that a target that hangs holds nobody longer than the drain, wherever the
//! attempt came from. Ends nothing itself.

use crate::hook::attempt::{Failure, FailureKind};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;

/// What is left of the drain for telling senders and writing down what became of them.
const LAST_WORDS: u32 = 5;

/// How a listener ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Manner {
    /// What waits for a target waits for the next run.
    Halt,
    /// What waits and is due is passed on first.
    Finish,
}

#[derive(Clone, Copy, Debug)]
struct Begun {
    since: Instant,
    manner: Manner,
}

/// The end of one listener. Clones share it.
#[derive(Clone, Debug)]
pub(super) struct Ending {
    begun: Arc<watch::Sender<Option<Begun>>>,
    patience: Duration,
}

impl Ending {
    /// An end that has not begun; `drain` is what requests in hand may take after it.
    pub(super) fn new(drain: Duration) -> Self {
        Self { begun: Arc::new(watch::channel(None).0), patience: drain - drain / LAST_WORDS }
    }

    /// The listener ends.
    pub(super) fn begin(&self, manner: Manner) {
        self.begun.send_replace(Some(Begun { since: Instant::now(), manner }));
    }

    /// Whether nothing further is to be begun.
    pub(super) fn is_halted(&self) -> bool {
        self.begun
            .borrow()
            .is_some_and(|begun| begun.manner == Manner::Halt || begun.since.elapsed() >= self.patience)
    }

    /// Resolves when the listener ends.
    pub(super) async fn begun(&self) {
        // The sender lives as long as `self`, so this cannot fail.
        drop(self.begun.subscribe().wait_for(Option::is_some).await);
    }

    /// Resolves when an attempt that is still under way must be given up, with how it then failed.
    pub(super) async fn gives_up(&self) -> Failure {
        self.over().await;
        let detail = "no whole answer before hookctl stopped".to_owned();
        Failure { kind: FailureKind::Timeout, detail }
    }

    /// Resolves when what is still under way must be given up.
    pub(super) async fn over(&self) {
        let mut begun = self.begun.subscribe();
        if let Ok(begun) = begun.wait_for(Option::is_some).await.map(|begun| *begun)
            && let Some(Begun { since, .. }) = begun
        {
            tokio::time::sleep_until((since + self.patience).into()).await;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn who_finishes_works_on_and_who_halts_does_not_and_both_are_over_within_the_drain() {
        for (manner, halted) in [(Manner::Halt, true), (Manner::Finish, false)] {
            let ending = Ending::new(Duration::from_millis(50));
            assert!(!ending.is_halted());
            ending.begin(manner);
            ending.begun().await;
            assert_eq!(ending.is_halted(), halted);
            ending.over().await;
        }
    }
}
