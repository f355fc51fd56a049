//! Waits until the target answers, or at least takes connections.

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

/// What is asked with: some take a POST and leave everything else without an answer.
const METHODS: [&str; 2] = ["HEAD", "POST"];

/// Asks until anything comes back: any status, or a connection that is closed, or what
/// is no HTTP. Gives why there is nothing to check when the target takes connections
/// and does not answer: it may answer a good delivery and nothing else.
///
/// # Errors
/// When nothing takes a connection for as long as the plan says.
pub(super) async fn until_answers(runner: &Runner<'_>) -> Result<Option<CheckError>, CheckError> {
    let started = Instant::now();
    loop {
        let Err(failure) = ask(runner).await else { return Ok(None) };
        if started.elapsed() >= runner.plan.wait {
            let url = runner.plan.workshop.target.to_string();
            let silent = CheckError::Silent { url, detail: words(&failure) };
            return if failure.kind == FailureKind::Timeout { Ok(Some(silent)) } else { Err(silent) };
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

/// Asks with each method until one is answered, or it is no use.
async fn ask(runner: &Runner<'_>) -> Result<(), Failure> {
    let mut answered = Ok(());
    for method in METHODS {
        answered = ask_with(method, runner).await;
        if !matches!(&answered, Err(failure) if failure.kind == FailureKind::Timeout) {
            break;
        }
    }
    answered
}

async fn ask_with(method: &str, runner: &Runner<'_>) -> Result<(), Failure> {
    let target = &runner.plan.workshop.target;
    let path = target.request_target("/", PathMode::Fixed);
    // Of a HEAD some servers take a length for the beginning of a body.
    let length = if method == "POST" { "Content-Length: 0\r\n" } else { "" };
    let head = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\n{length}\r\n", target.authority());
    let heard = runner
        .wire
        .speak(&Speech {
            origin: target.origin(),
            method,
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
