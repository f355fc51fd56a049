//! Waits until the target answers at all.

use super::CheckError;
use super::runner::Runner;
use crate::hook::attempt::{Failure, FailureKind};
use crate::hook::check::words_of;
use crate::hook::target::PathMode;
use crate::outbound::wire::{Act, Finish, Speech};
use std::time::Duration;
use tokio::time::Instant;

/// The time between two tries.
const TRY: Duration = Duration::from_millis(100);

/// Asks with a HEAD until anything comes back: any status, or a connection that
/// is closed, or what is no HTTP.
///
/// # Errors
/// When nothing does for as long as the plan says.
pub(super) async fn until_answers(runner: &Runner<'_>) -> Result<(), CheckError> {
    let started = Instant::now();
    loop {
        let Err(failure) = ask(runner).await else { return Ok(()) };
        if started.elapsed() >= runner.plan.wait {
            let url = runner.plan.workshop.target.to_string();
            return Err(CheckError::Silent { url, detail: words(&failure) });
        }
        tokio::time::sleep(TRY).await;
    }
}

fn words(failure: &Failure) -> String {
    match failure.kind {
        FailureKind::Refused => "nothing listens there".to_owned(),
        FailureKind::Timeout => format!("it takes connections, and {}", words_of(failure)),
        _ => failure.detail.clone(),
    }
}

async fn ask(runner: &Runner<'_>) -> Result<(), Failure> {
    let target = &runner.plan.workshop.target;
    let path = target.request_target("/", PathMode::Fixed);
    let head = format!("HEAD {path} HTTP/1.1\r\nHost: {}\r\n\r\n", target.authority());
    let heard = runner
        .wire
        .speak(&Speech {
            origin: target.origin(),
            method: "HEAD",
            acts: vec![Act::Say(head.into())],
            finish: Finish::Wait,
            answers: 1,
            timeout: runner.plan.deadline,
        })
        .await;
    match heard.failure {
        None => Ok(()),
        Some(failure) if matches!(failure.kind, FailureKind::Reset | FailureKind::Garbage) => Ok(()),
        Some(failure) => Err(failure),
    }
}
