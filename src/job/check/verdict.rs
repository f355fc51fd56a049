//! How a case went, on its way to a finding.

use super::runner::Trial;
use crate::hook::check::{Case, Expect, Finding, Outcome, Symptom, judge};
use std::sync::Arc;

/// How a case went.
#[derive(Clone, Debug)]
pub(super) struct Verdict {
    pub(super) outcome: Outcome,
    pub(super) symptom: Option<Symptom>,
    pub(super) reason: String,
    pub(super) trial: Option<Trial>,
}

impl Verdict {
    /// As a good handler does it.
    pub(super) fn pass(reason: impl Into<String>, trial: Option<&Trial>) -> Self {
        Self { outcome: Outcome::Pass, symptom: None, reason: reason.into(), trial: trial.cloned() }
    }

    /// Otherwise.
    pub(super) fn fail(symptom: Symptom, reason: impl Into<String>, trial: Option<&Trial>) -> Self {
        Self { outcome: Outcome::Fail, symptom: Some(symptom), reason: reason.into(), trial: trial.cloned() }
    }

    /// Not run, or not to its end.
    pub(super) fn skip(reason: impl Into<String>) -> Self {
        Self { outcome: Outcome::Skip, symptom: None, reason: reason.into(), trial: None }
    }

    /// Judged by one answer.
    pub(super) fn of(expect: Expect, trial: &Trial) -> Self {
        match judge(expect, &trial.outcome) {
            Ok(()) => {
                let reason = match trial.outcome.status() {
                    Some(status) => format!("answered {status}"),
                    None => "closed the connection".to_owned(),
                };
                Self::pass(reason, Some(trial))
            }
            Err((symptom, reason)) => Self::fail(symptom, reason, Some(trial)),
        }
    }

    /// Judged by several: the first that is wrong, else the last. `what` names the
    /// answer that was wrong by its number, counted from 0.
    pub(super) fn of_all(expect: Expect, trials: &[Trial], what: impl Fn(usize) -> String) -> Self {
        let mut last = Self::skip("nothing was sent");
        for (number, trial) in trials.iter().enumerate() {
            last = Self::of(expect, trial);
            if last.failed() {
                last.reason = format!("{} {}", last.reason, what(number));
                return last;
            }
        }
        last
    }

    pub(super) fn failed(&self) -> bool {
        self.outcome == Outcome::Fail
    }

    /// The finding, with the request that shows it.
    pub(super) fn finding(self, case: &'static Case) -> Finding {
        Finding {
            symptom: self.symptom,
            request: self.trial.as_ref().map(|trial| Arc::clone(&trial.request)),
            seen: self.trial.as_ref().map(Trial::seen),
            ..Finding::new(case, self.outcome, self.reason)
        }
    }
}
