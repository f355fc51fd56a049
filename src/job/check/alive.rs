//! Whether the handler is still there, and still right.

use super::runner::{Runner, Step};
use super::verdict::Verdict;
use crate::hook::attempt::FailureKind;
use crate::hook::check::{Expect, Symptom};
use std::time::Duration;
use tokio::time::Instant;

/// How long a process may take to end after its last connection is gone.
const ENDING: Duration = Duration::from_millis(300);
/// The time between two knocks.
const KNOCK: Duration = Duration::from_millis(20);

/// What a good delivery found.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum After {
    /// It was accepted.
    Right,
    /// It was not: a sentence with its subject.
    Wrong(String),
    /// Nothing listens.
    Gone,
}

/// Sends a good delivery.
pub(super) async fn look(runner: &mut Runner<'_>) -> Step<After> {
    let trial = runner.send_good().await?;
    let verdict = Verdict::of(Expect::Accepted, &trial);
    if !verdict.failed() {
        return Ok(After::Right);
    }
    if trial.is_refused() || (verdict.symptom == Some(Symptom::Closed) && ends_within(runner, ENDING).await) {
        return Ok(After::Gone);
    }
    Ok(After::Wrong(format!("the next good delivery: {}", verdict.reason)))
}

/// Whether the process is about to end: its connections break before nobody listens.
pub(super) async fn ends_within(runner: &Runner<'_>, time: Duration) -> bool {
    let started = Instant::now();
    while started.elapsed() < time {
        if knock(runner).await == After::Gone {
            return true;
        }
        tokio::time::sleep(KNOCK).await;
    }
    false
}

/// Only looks whether anything listens.
pub(super) async fn knock(runner: &Runner<'_>) -> After {
    match runner.wire.knock(runner.plan.workshop.target.origin()).await {
        Err(failure) if failure.kind == FailureKind::Refused => After::Gone,
        _ => After::Right,
    }
}

/// Waits whether something listens again.
pub(super) async fn comes_back(runner: &Runner<'_>, patience: Duration) -> bool {
    let started = Instant::now();
    loop {
        if knock(runner).await != After::Gone {
            return true;
        }
        if started.elapsed() >= patience {
            return false;
        }
        tokio::time::sleep(KNOCK).await;
    }
}
