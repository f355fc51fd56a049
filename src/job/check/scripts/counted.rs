//! What was done, by the application's own counter.

use super::super::runner::{Runner, Step, Trial};
use super::super::verdict::Verdict;
use crate::hook::check::Symptom;

/// Sends something, judges the answers and, where that is measured, compares the
/// counter with what it must have moved by. What differs is sent again: what was
/// accepted earlier may have been counted late. Once that has shown that repeats
/// are counted, one look is enough.
pub(super) async fn moves_by(
    runner: &mut Runner<'_>,
    expected: i64,
    judge: impl Fn(&[Trial]) -> Verdict,
    mut act: impl AsyncFnMut(&mut Runner<'_>) -> Step<Vec<Trial>>,
) -> Step<Verdict> {
    let mut verdict = Verdict::skip("nothing was measured");
    for again in [false, true] {
        let before = runner.gauge.read().await;
        let trials = act(runner).await?;
        let judged = judge(&trials);
        if judged.failed() {
            return Ok(judged);
        }
        let Some(moved) = runner.gauge.moved(before, expected).await else { return Ok(judged) };
        if moved == expected {
            return Ok(passed(moved, trials.first()));
        }
        let symptom = if moved > expected { Symptom::CountedTwice } else { Symptom::NotCounted };
        let reason = format!("moved the counter by {moved}, and must move it by {expected}");
        verdict = Verdict::fail(symptom, reason, trials.first());
        if symptom == Symptom::CountedTwice {
            if runner.gauge.doubles {
                break;
            }
            runner.gauge.doubles = again;
        }
    }
    Ok(verdict)
}

pub(super) fn passed(moved: i64, trial: Option<&Trial>) -> Verdict {
    Verdict::pass(format!("moved the counter by {moved}"), trial)
}

/// For cases that are about the counter alone.
pub(super) fn not_read(runner: &Runner<'_>) -> Verdict {
    Verdict::skip(runner.gauge.off().unwrap_or("the counter could not be read").to_owned())
}
