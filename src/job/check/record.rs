//! What is remembered of a run for the cases about all answers.

use super::runner::Trial;
use crate::hook::check::{Leaks, Symptom};

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Record {
    leaks: Leaks,
    /// The first answer of each kind that told too much, and what it told.
    leaked: Vec<(Symptom, String, Trial)>,
    /// How many answers came.
    pub(super) answers: u64,
    /// The slowest answer to a good delivery, or one that never came.
    pub(super) slowest: Option<Trial>,
    /// The first good delivery that was answered 2xx but not 200.
    pub(super) not_200: Option<Trial>,
    /// How many good deliveries were accepted.
    pub(super) accepted: u64,
    /// How many requests in all got no answer in time.
    pub(super) silences: u32,
    /// How many of them since the last answer.
    pub(super) in_a_row: u32,
}

impl Record {
    pub(super) fn new(leaks: Leaks) -> Self {
        Self {
            leaks,
            leaked: Vec::new(),
            answers: 0,
            slowest: None,
            not_200: None,
            accepted: 0,
            silences: 0,
            in_a_row: 0,
        }
    }

    /// Takes note of how any request went.
    pub(super) fn note(&mut self, trial: &Trial) {
        let Some(answer) = trial.answer() else { return };
        self.answers = self.answers.saturating_add(1);
        self.in_a_row = 0;
        for leak in self.leaks.of_request(&trial.request, answer) {
            if !self.leaked.iter().any(|(symptom, ..)| *symptom == leak.symptom) {
                self.leaked.push((leak.symptom, leak.excerpt, trial.clone()));
            }
        }
    }

    /// Takes note of a request that a handler should have answered in time.
    pub(super) fn note_silence(&mut self, trial: &Trial) {
        if trial.is_silence() {
            self.silences = self.silences.saturating_add(1);
            self.in_a_row = self.in_a_row.saturating_add(1);
        }
    }

    /// Takes note of how a good delivery went, beside [`Self::note`].
    pub(super) fn note_good(&mut self, trial: &Trial) {
        let status = trial.outcome.status();
        if trial.outcome.delivered() {
            self.accepted = self.accepted.saturating_add(1);
            if status != Some(200) && self.not_200.is_none() {
                self.not_200 = Some(trial.clone());
            }
        }
        let slower = |known: &Trial| trial.took > known.took;
        if (trial.outcome.delivered() || trial.is_silence()) && self.slowest.as_ref().is_none_or(slower) {
            self.slowest = Some(trial.clone());
        }
    }

    /// The first answer that told this, and the words.
    pub(super) fn leak(&self, symptom: Symptom) -> Option<(&str, &Trial)> {
        let found = self.leaked.iter().find(|(known, ..)| *known == symptom);
        found.map(|(_, excerpt, trial)| (excerpt.as_str(), trial))
    }
}
