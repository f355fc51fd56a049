//! Cases about the answers to all the others.

use super::super::alive::{self, After};
use super::super::runner::{Runner, Step};
use super::super::verdict::Verdict;
use crate::hook::check::Symptom;
use std::time::Duration;

/// How the handler was when everything was sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::job::check) enum End {
    /// It takes good deliveries, as far as is known.
    Right,
    /// It never took one.
    Unaccepted,
    /// Its process ended and was not there again.
    Died,
}

/// Whether good deliveries were answered within the vendor's deadline.
pub(super) fn deadline(runner: &Runner<'_>) -> Verdict {
    let Some(slowest) = &runner.record.slowest else {
        return Verdict::skip("no good delivery was accepted");
    };
    let deadline = runner.plan.deadline;
    if slowest.is_silence() {
        let reason = format!("did not answer a good delivery within {}", spoken(slowest.took));
        return Verdict::fail(Symptom::TooLate, reason, Some(slowest));
    }
    let reason = format!("took {} for the slowest answer", spoken(slowest.took));
    if slowest.took > deadline {
        let reason = format!("{reason}, and the vendor waits {}", spoken(deadline));
        return Verdict::fail(Symptom::TooLate, reason, Some(slowest));
    }
    Verdict::pass(reason, Some(slowest))
}

/// A length of time for a person.
fn spoken(time: Duration) -> String {
    if time < Duration::from_secs(1) {
        format!("{} ms", time.as_millis())
    } else {
        format!("{:.1} s", time.as_secs_f64())
    }
}

/// Whether good deliveries were answered with exactly 200.
pub(super) fn exactly_200(runner: &Runner<'_>) -> Verdict {
    if let Some(other) = &runner.record.not_200 {
        let status = other.outcome.status().unwrap_or_default();
        let reason = format!("answered a good delivery {status}, and the vendor asks for 200");
        return Verdict::fail(Symptom::WrongStatus, reason, Some(other));
    }
    match runner.record.accepted {
        0 => Verdict::skip("no good delivery was accepted"),
        accepted => Verdict::pass(format!("answered 200 to {accepted} good deliveries"), None),
    }
}

/// Whether what was accepted was counted.
pub(super) fn counted(runner: &Runner<'_>) -> Verdict {
    weighed(runner, &runner.gauge.missing, Symptom::NotCounted, "accepted deliveries and did not count them")
}

/// Whether what was forged changed nothing.
pub(super) fn unchanged(runner: &Runner<'_>) -> Verdict {
    weighed(runner, &runner.gauge.changed, Symptom::CountedForged, "counted forged deliveries")
}

fn weighed(runner: &Runner<'_>, found: &[(&str, i64)], symptom: Symptom, what: &str) -> Verdict {
    if !found.is_empty() {
        let sum = found.iter().fold(0_i64, |sum, (_, count)| sum.saturating_add(*count));
        let cases: Vec<_> = found.iter().take(5).map(|(case, _)| format!("`{case}`")).collect();
        let more = if found.len() > cases.len() { ", ..." } else { "" };
        return Verdict::fail(symptom, format!("{what}: {sum} (at {}{more})", cases.join(", ")), None);
    }
    match runner.gauge.off() {
        Some(off) => Verdict::skip(off.to_owned()),
        None if runner.gauge.weighed == 0 => Verdict::skip("nothing was measured"),
        None => Verdict::pass(format!("held in {} measurements", runner.gauge.weighed), None),
    }
}

/// Whether any answer told this.
pub(super) fn leaks(runner: &Runner<'_>, symptom: Symptom) -> Verdict {
    match runner.record.leak(symptom) {
        Some((excerpt, trial)) => {
            let status = trial.outcome.status().unwrap_or_default();
            Verdict::fail(symptom, format!("answered {status} with {excerpt}"), Some(trial))
        }
        None if runner.record.answers == 0 => Verdict::skip("nothing was answered"),
        None => Verdict::pass(format!("held in {} answers", runner.record.answers), None),
    }
}

/// Whether the handler was still there after everything.
pub(super) async fn alive(runner: &mut Runner<'_>, end: End) -> Step<Verdict> {
    let after = match end {
        End::Died => After::Gone,
        End::Unaccepted => alive::knock(runner).await,
        End::Right => alive::look(runner).await?,
    };
    Ok(match after {
        After::Right if end == End::Unaccepted => Verdict::pass("still listens after everything", None),
        After::Right => Verdict::pass("still takes a good delivery after everything", None),
        After::Wrong(reason) => {
            Verdict::fail(Symptom::WrongAfterwards, format!("is not right any more; {reason}"), None)
        }
        After::Gone => Verdict::fail(Symptom::Died, "does not listen any more", None),
    })
}
