//! The same delivery again: because the answer was lost, because the handler
//! failed, or at the same time.

use super::super::runner::{Runner, Step, Trial, bytes_of};
use super::super::verdict::Verdict;
use super::counted::moves_by;
use super::poison;
use crate::clock;
use crate::hook::attempt::Outcome;
use crate::hook::check::{Case, Request, Symptom};
use crate::outbound::wire::{Act, Finish};
use std::sync::Arc;

/// How many come at the same time.
pub(super) const AT_ONCE: usize = 10;

/// The same twice: both are answered as the case says.
pub(super) async fn duplicate(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let trials = twice(runner).await?;
    Ok(Verdict::of_all(case.expect, &trials, |number| {
        if number == 0 { "to the first".to_owned() } else { "to the second".to_owned() }
    }))
}

async fn twice(runner: &mut Runner<'_>) -> Step<Vec<Trial>> {
    let request = runner.make(&[])?;
    Ok(vec![runner.send(&request).await?, runner.send(&request).await?])
}

/// The same twice and another: two are counted. The other one is there so that a
/// second count of the first cannot come unseen behind the last look.
pub(super) async fn duplicate_counted(runner: &mut Runner<'_>) -> Step<Verdict> {
    moves_by(runner, 2, async |runner: &mut Runner<'_>| {
        let mut trials = twice(runner).await?;
        trials.push(runner.send_good().await?);
        Ok(trials)
    })
    .await
}

/// The same ten times at once: all are answered as the case says.
pub(super) async fn at_once(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let trials = ten(runner).await?;
    Ok(Verdict::of_all(case.expect, &trials, |_| format!("to one of {AT_ONCE} at once")))
}

/// The same ten times at once and another: two are counted.
pub(super) async fn at_once_counted(runner: &mut Runner<'_>) -> Step<Verdict> {
    moves_by(runner, 2, async |runner: &mut Runner<'_>| {
        let mut trials = ten(runner).await?;
        trials.push(runner.send_good().await?);
        Ok(trials)
    })
    .await
}

async fn ten(runner: &mut Runner<'_>) -> Step<Vec<Trial>> {
    let request = runner.make(&[])?;
    runner.send_at_once(&vec![request; AT_ONCE]).await
}

/// Hangs up before the answer, and sends the delivery again.
pub(super) async fn lost_answer(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let trials = lost(runner).await?;
    let verdict = Verdict::of_all(case.expect, &trials, |_| "to the delivery that came again".to_owned());
    if verdict.failed() || runner.gauge.off().is_some() {
        return Ok(verdict);
    }
    moves_by(runner, 2, async |runner: &mut Runner<'_>| {
        let mut trials = lost(runner).await?;
        trials.push(runner.send_good().await?);
        Ok(trials)
    })
    .await
}

async fn lost(runner: &mut Runner<'_>) -> Step<Vec<Trial>> {
    let request = runner.make(&[])?;
    let acts = vec![Act::Say(bytes_of(&request))];
    runner.speak(&request, acts, Finish::HangUp, 0, runner.plan.deadline).await?;
    Ok(vec![runner.send(&request).await?])
}

/// Has the handler fail by itself at what it cannot handle, and sends what it can
/// handle with the same id: that one is not a repeat.
pub(super) async fn own_failure(runner: &mut Runner<'_>) -> Step<Verdict> {
    for number in 0..poison::KINDS {
        let id = runner.fresh_id();
        let Some(bad) = poison::request(runner, number, &id)? else { continue };
        let good = runner.make_with(&id, clock::now(), &[])?;
        if !same_delivery(runner, &bad, &good) {
            continue;
        }
        let before = runner.gauge.read().await;
        let failed = runner.send(&bad).await?;
        match &failed.outcome {
            Outcome::Answered(_) if failed.outcome.delivered() => continue,
            Outcome::Answered(_) => {}
            Outcome::Failed(_) => return Ok(Verdict::of(crate::hook::check::Expect::Answered, &failed)),
        }
        let trial = runner.send(&good).await?;
        let verdict = Verdict::of(crate::hook::check::Expect::Accepted, &trial);
        if verdict.failed() {
            return Ok(Verdict { reason: format!("{} to what came again", verdict.reason), ..verdict });
        }
        let Some(moved) = runner.gauge.moved(before, 1).await else { break };
        if moved >= 1 {
            return Ok(Verdict::pass("did what it had failed at when it came again", Some(&trial)));
        }
        let status = failed.outcome.status().unwrap_or_default();
        let reason = format!(
            "answered {status} to a delivery it could not handle, and took the same delivery for a repeat when it could"
        );
        return Ok(Verdict::fail(Symptom::NotCounted, reason, Some(&trial)));
    }
    Ok(match runner.gauge.off() {
        Some(off) => Verdict::skip(off.to_owned()),
        None => Verdict::pass("had no failure of its own at anything it was sent", None),
    })
}

/// Whether the provider tells both by the same key.
pub(super) fn same_delivery(runner: &Runner<'_>, one: &Arc<Request>, other: &Arc<Request>) -> bool {
    runner.facts(one).dedup_key == runner.facts(other).dedup_key
}
