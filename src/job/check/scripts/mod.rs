//! How the cases go about it: one function a script.

mod about;

use super::runner::{Runner, Step};
use super::verdict::Verdict;
use crate::hook::check::{Case, Expect, Script};

/// Runs a case that sends something.
pub(super) async fn run(runner: &mut Runner<'_>, case: &'static Case) -> Step<Verdict> {
    match case.script {
        Script::Send => send(runner, case).await,
        _ => Ok(Verdict::skip("this case cannot be run yet")),
    }
}

/// Judges a case about the answers to all the others; `died` when the process
/// ended and was not there again.
pub(super) async fn about(runner: &mut Runner<'_>, case: &'static Case, died: bool) -> Step<Verdict> {
    match case.script {
        Script::Alive => about::alive(runner, died).await,
        _ => Ok(Verdict::skip("this case cannot be run yet")),
    }
}

/// A good delivery with the case's changes.
async fn send(runner: &mut Runner<'_>, case: &'static Case) -> Step<Verdict> {
    let request = runner.make(&case.change)?;
    let trial = runner.send(&request).await?;
    if case.expect == Expect::Accepted {
        runner.record.note_good(&trial);
    }
    Ok(Verdict::of(case.expect, &trial))
}
