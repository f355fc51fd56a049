//! Different deliveries in an unexpected order, or at once.

use super::super::runner::{Runner, Step, Trial};
use super::super::verdict::Verdict;
use super::counted::moves_by;
use super::repeats::{AT_ONCE, same_delivery};
use crate::clock;
use crate::hook::check::{Case, Request};
use crate::hook::provider::Provider;
use crate::hook::sample::Sample;
use std::sync::Arc;
use std::time::Duration;

/// How much earlier the earlier one happened, where the scheme's tolerance does not want less.
const EARLIER: Duration = Duration::from_secs(30);

/// Well within what a handler takes as just signed: Paddle's tolerance is 5 s.
fn earlier(provider: &Provider) -> Duration {
    provider.tolerance().map_or(EARLIER, |tolerance| EARLIER.min(tolerance / 2))
}

/// A later event before an earlier one: both are taken, and counted.
pub(super) async fn out_of_order(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    both(runner, case, async |runner: &mut Runner<'_>| {
        let (now, first, second) = (clock::now(), runner.fresh_id(), runner.fresh_id());
        let before = now.minus(earlier(&runner.plan.workshop.provider));
        let (earlier, later) = match pair(runner)? {
            Some((one, other)) => {
                let earlier = runner.make_of(&one, &first, before, &[])?;
                (earlier, runner.make_of(&other, &first, now, &[])?)
            }
            None => {
                let earlier = runner.make_with(&first, before, &[])?;
                (earlier, runner.make_with(&second, now, &[])?)
            }
        };
        send_both(runner, &later, &earlier).await
    })
    .await
}

/// Two events about one object: both are taken, and counted.
pub(super) async fn two_events(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    if pair(runner)?.is_none() {
        return Ok(Verdict::skip("the provider's samples have no two events about one object"));
    }
    both(runner, case, async |runner: &mut Runner<'_>| {
        let (id, now) = (runner.fresh_id(), clock::now());
        let Some((one, other)) = pair(runner)? else { return Ok(Vec::new()) };
        let (one, other) = (runner.make_of(&one, &id, now, &[])?, runner.make_of(&other, &id, now, &[])?);
        send_both(runner, &one, &other).await
    })
    .await
}

/// Both are answered as the case says and, where that is measured, both are counted.
async fn both(
    runner: &mut Runner<'_>,
    case: &Case,
    act: impl AsyncFnMut(&mut Runner<'_>) -> Step<Vec<Trial>>,
) -> Step<Verdict> {
    let judge = |trials: &[Trial]| {
        Verdict::of_all(case.expect, trials, |number| {
            if number == 0 { "to the first".to_owned() } else { "to the second".to_owned() }
        })
    };
    moves_by(runner, 2, judge, act).await
}

async fn send_both(runner: &mut Runner<'_>, one: &Arc<Request>, other: &Arc<Request>) -> Step<Vec<Trial>> {
    let trials = vec![runner.send(one).await?, runner.send(other).await?];
    for trial in &trials {
        runner.record.note_good(trial);
    }
    Ok(trials)
}

/// Two samples that name the same object and are not the same delivery.
fn pair(runner: &Runner<'_>) -> Step<Option<(Sample, Sample)>> {
    let mut samples = runner.plan.samples.iter();
    let Some(one) = samples.next() else { return Ok(None) };
    let now = clock::now();
    let first = runner.make_of(one, "pair", now, &[])?;
    let Some(object) = runner.facts(&first).delivery_id else { return Ok(None) };
    for other in samples.filter(|other| other.event != one.event) {
        let second = runner.make_of(other, "pair", now, &[])?;
        let same_object = runner.facts(&second).delivery_id.as_ref() == Some(&object);
        if same_object && !same_delivery(runner, &first, &second) {
            return Ok(Some((one.clone(), other.clone())));
        }
    }
    Ok(None)
}

/// Ten different deliveries at once.
pub(super) async fn at_once(runner: &mut Runner<'_>, case: &'static Case) -> Step<Verdict> {
    let before = runner.gauge.read().await;
    let requests = (0..AT_ONCE).map(|_| runner.make(&[])).collect::<Step<Vec<_>>>()?;
    let trials = runner.send_at_once(&requests).await?;
    for trial in &trials {
        runner.record.note_good(trial);
    }
    let verdict = Verdict::of_all(case.expect, &trials, |_| format!("to one of {AT_ONCE} at once"));
    if !verdict.failed() {
        let expected = i64::try_from(AT_ONCE).unwrap_or(i64::MAX);
        if let Some(moved) = runner.gauge.moved(before, expected).await.filter(|moved| *moved < expected) {
            runner.gauge.missing.push((&case.id, expected.saturating_sub(moved)));
        }
    }
    Ok(verdict)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::provider::Catalogue;

    #[test]
    fn an_earlier_event_is_still_signed_within_every_tolerance() {
        for provider in Catalogue::builtin().all() {
            let tolerance = provider.tolerance().unwrap_or(Duration::MAX);
            assert!(earlier(&provider) < tolerance, "{}", provider.id());
        }
    }
}
