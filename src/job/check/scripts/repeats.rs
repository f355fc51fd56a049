//! The same delivery again: because the answer was lost, because the handler
//! failed, or at the same time.

use super::super::runner::{Runner, Step, Trial, bytes_of};
use super::super::verdict::Verdict;
use super::counted::{moves_by, not_read, passed};
use super::poison;
use crate::clock;
use crate::hook::attempt::Outcome;
use crate::hook::check::{Case, Expect, Request, Script, Symptom};
use crate::outbound::wire::{Act, Finish};
use std::sync::Arc;
use std::time::Duration;

/// How many come at the same time.
pub(super) const AT_ONCE: usize = 10;

/// The same twice: both are answered as the case says.
pub(super) async fn duplicate(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    again(runner, case, Script::DuplicateCounted, 2).await
}

/// The same twice and another: two are counted.
pub(super) async fn duplicate_counted(runner: &mut Runner<'_>) -> Step<Verdict> {
    again_counted(runner, Script::DuplicateCounted, 2).await
}

/// The same ten times at once: all are answered as the case says.
pub(super) async fn at_once(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    again(runner, case, Script::DuplicateAtOnceCounted, AT_ONCE).await
}

/// The same ten times at once and another: two are counted.
pub(super) async fn at_once_counted(runner: &mut Runner<'_>) -> Step<Verdict> {
    again_counted(runner, Script::DuplicateAtOnceCounted, AT_ONCE).await
}

/// Judges the answers. Where a counter is read, the case about it is judged by the
/// same deliveries when it moved as it must; else that case sends its own.
async fn again(runner: &mut Runner<'_>, case: &Case, counted: Script, times: usize) -> Step<Verdict> {
    let before = runner.gauge.read().await;
    let trials = same(runner, times).await?;
    let verdict = Verdict::of_all(case.expect, &trials, |number| match (times, number) {
        (2, 0) => "to the first".to_owned(),
        (2, _) => "to the second".to_owned(),
        _ => format!("to one of {times} at once"),
    });
    if before.is_some() && !verdict.failed() {
        runner.send_good().await?;
        if runner.gauge.moved(before, 2).await == Some(2) {
            runner.counted_rightly.push((counted, passed(2, trials.first())));
        }
    }
    Ok(verdict)
}

/// The other one is there so that a second count of the first cannot come unseen
/// behind the last look.
async fn again_counted(runner: &mut Runner<'_>, script: Script, times: usize) -> Step<Verdict> {
    if let Some((_, verdict)) = runner.counted_rightly.iter().find(|(known, _)| *known == script) {
        return Ok(verdict.clone());
    }
    let not_read = not_read(runner);
    moves_by(
        runner,
        2,
        |_| not_read.clone(),
        async |runner: &mut Runner<'_>| {
            let mut trials = same(runner, times).await?;
            trials.push(runner.send_good().await?);
            Ok(trials)
        },
    )
    .await
}

/// The same twice, one after the other, or more often, at once.
async fn same(runner: &mut Runner<'_>, times: usize) -> Step<Vec<Trial>> {
    let request = runner.make(&[])?;
    if times > 2 {
        return runner.send_at_once(&vec![request; times]).await;
    }
    Ok(vec![runner.send(&request).await?, runner.send(&request).await?])
}

/// How long a handler may take until it has begun with a delivery, where it does not answer before:
/// it must come to the one whose answer is lost before the same comes again.
const BEGINNING: Duration = Duration::from_millis(60);

/// Hangs up without heeding the answer, and sends the delivery again; then another, if it is measured.
pub(super) async fn lost_answer(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let judge = |trials: &[Trial]| {
        Verdict::of_all(case.expect, trials, |_| "to the delivery that came again".to_owned())
    };
    moves_by(runner, 2, judge, async |runner: &mut Runner<'_>| {
        let request = runner.make(&[])?;
        let acts = vec![Act::Say(bytes_of(&request))];
        let lost = runner.speak(&request, acts, Finish::Wait, 1, BEGINNING).await?;
        runner.pace.prescribe(lost.iter().filter(|lost| lost.is_silence()).map(|lost| lost.took).sum());
        let trial = runner.send(&request).await?;
        if runner.gauge.off().is_none() {
            runner.send_good().await?;
        }
        Ok(vec![trial])
    })
    .await
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
            Outcome::Failed(_) => return Ok(Verdict::of(Expect::Answered, &failed)),
        }
        let trial = runner.send(&good).await?;
        let verdict = Verdict::of(Expect::Accepted, &trial);
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
