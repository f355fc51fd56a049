//! Whether a forged delivery is answered by what is in it.

use super::super::runner::{Runner, Step};
use super::super::verdict::Verdict;
use crate::hook::check::{Case, Change, Symptom};

/// Two forged deliveries, one with JSON in it and one without: who verifies first
/// cannot know the difference.
pub(super) async fn alike(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let change = |last| case.change.iter().copied().chain(last).collect::<Vec<_>>();
    let forged = [change(None), change(Some(Change::NotJson))];
    let mut trials = Vec::new();
    for changes in forged {
        let request = runner.make(&changes)?;
        let trial = runner.send(&request).await?;
        let verdict = Verdict::of(case.expect, &trial);
        if verdict.failed() {
            return Ok(verdict);
        }
        trials.push(trial);
    }
    let status = |at: usize| trials.get(at).and_then(|trial| trial.outcome.status()).unwrap_or_default();
    let (json, other) = (status(0), status(1));
    if json == other {
        return Ok(Verdict::pass(format!("answered {json} to both"), trials.last()));
    }
    let reason = format!("answered {json} to a forged delivery of JSON, and {other} to one that is no JSON");
    Ok(Verdict::fail(Symptom::ReadFirst, reason, trials.last()))
}
