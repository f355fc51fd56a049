//! Findings that are known and accepted.
//!
//! A JSON file, sorted, to be kept with the code: one entry a finding, with a
//! comment that says why it is accepted. An entry names the case and what was
//! wrong, so another mistake in the same case is new. Does not touch files.

use crate::hook::check::{Finding, Outcome, Suite};
use crate::job::check::Report;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The version of the file's form.
const VERSION: u8 = 1;

/// What stands at the top of a new file.
const COMMENT: &str = "Findings of `hookctl check` that are accepted. Say in each comment why; \
                       `--update-baseline` keeps the comments and drops what was mended.";

/// Why a text is not a baseline.
#[derive(Debug, thiserror::Error)]
pub enum BaselineError {
    /// It cannot be read as what it should be.
    #[error("it is not a baseline: {0}")]
    Form(#[from] serde_json::Error),
    /// It was written by a later hookctl.
    #[error("it has version {0}, and this hookctl reads version {VERSION}")]
    Version(u8),
}

/// Findings that are accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Baseline {
    v: u8,
    #[serde(default)]
    comment: String,
    findings: Vec<Known>,
}

/// A finding that is accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Known {
    fingerprint: String,
    #[serde(default)]
    comment: String,
}

/// What tells a finding from others, the same in every run: the case, what was
/// wrong, and the file where the source shows it, such as
/// `no-signature:server_error`. The line is left out: it moves.
pub fn fingerprint(finding: &Finding) -> String {
    let code = finding.symptom.map_or("failed", |symptom| symptom.as_str());
    let place = finding.place.as_ref().map(|place| format!(":{}", place.file)).unwrap_or_default();
    format!("{}:{code}{place}", finding.case.id)
}

impl Known {
    /// Case and symptom; see [`fingerprint`].
    pub fn fingerprint(&self) -> &str {
        &self.fingerprint
    }

    /// Why it is accepted; may be empty.
    pub fn comment(&self) -> &str {
        &self.comment
    }

    fn case(&self) -> &str {
        self.fingerprint.split_once(':').map_or(&self.fingerprint, |(case, _)| case)
    }
}

impl Default for Baseline {
    fn default() -> Self {
        Self { v: VERSION, comment: COMMENT.to_owned(), findings: Vec::new() }
    }
}

impl Baseline {
    /// Reads a file's text.
    ///
    /// # Errors
    /// When it is no JSON, holds what no baseline has, or is of a later version.
    pub fn read(text: &str) -> Result<Self, BaselineError> {
        let baseline: Self = serde_json::from_str(text)?;
        if baseline.v == VERSION { Ok(baseline) } else { Err(BaselineError::Version(baseline.v)) }
    }

    /// The file's text.
    pub fn text(&self) -> String {
        serde_json::to_string_pretty(self).unwrap_or_default() + "\n"
    }

    /// How many findings are accepted.
    pub fn len(&self) -> usize {
        self.findings.len()
    }

    /// Whether none is.
    pub fn is_empty(&self) -> bool {
        self.findings.is_empty()
    }

    /// The entry that accepts a finding.
    pub fn accepts(&self, finding: &Finding) -> Option<&Known> {
        let fingerprint = fingerprint(finding);
        self.findings.iter().find(|known| known.fingerprint == fingerprint)
    }

    /// Entries that this run shows to be of no use: the case was run and went
    /// otherwise, or there is no such case.
    pub fn stale(&self, report: &Report) -> Vec<&Known> {
        self.findings.iter().filter(|known| !known.may_stay(report)).collect()
    }

    /// The findings of this run, with the comments of those that were known.
    /// Entries of cases that were not run stay as they are.
    #[must_use]
    pub fn updated(&self, report: &Report) -> Self {
        let kept = self.findings.iter().filter(|known| known.may_stay(report));
        let mut findings: BTreeMap<String, String> =
            kept.map(|known| (known.fingerprint.clone(), known.comment.clone())).collect();
        for finding in report.findings.iter().filter(|finding| finding.failed()) {
            findings.entry(fingerprint(finding)).or_default();
        }
        let known = |(fingerprint, comment)| Known { fingerprint, comment };
        Self { findings: findings.into_iter().map(known).collect(), ..self.clone() }
    }
}

impl Known {
    /// Whether the run found it again, or did not look.
    fn may_stay(&self, report: &Report) -> bool {
        let mut of_case = report.findings.iter().filter(|finding| finding.case.id == self.case()).peekable();
        if of_case.peek().is_none() {
            return Suite::builtin().get(self.case()).is_some();
        }
        of_case.any(|finding| match finding.outcome {
            Outcome::Pass => false,
            Outcome::Skip => true,
            Outcome::Fail => fingerprint(finding) == self.fingerprint,
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::check::{Place, Symptom};

    fn finding(id: &str, outcome: Outcome, symptom: Option<Symptom>) -> Finding {
        Finding { symptom, ..Finding::new(Suite::builtin().get(id).unwrap(), outcome, "answered") }
    }

    fn report(findings: Vec<Finding>) -> Report {
        Report { findings, ..Report::default() }
    }

    fn prints(baseline: &Baseline) -> Vec<(&str, &str)> {
        baseline.findings.iter().map(|known| (known.fingerprint(), known.comment())).collect()
    }

    const FILE: &str = r#"{"v": 1, "comment": "ours", "findings": [
        {"fingerprint": "no-signature:server_error", "comment": "soon"},
        {"fingerprint": "good-delivery:too_late"},
        {"fingerprint": "gone:believed"},
        {"fingerprint": "hang-up:died", "comment": "not run"}]}"#;

    #[test]
    fn another_mistake_in_the_same_case_is_new() {
        let baseline = Baseline::read(FILE).unwrap();
        let with = |symptom| finding("no-signature", Outcome::Fail, Some(symptom));
        assert_eq!(baseline.accepts(&with(Symptom::ServerError)).unwrap().comment(), "soon");
        assert!(baseline.accepts(&with(Symptom::Believed)).is_none());
        let place = |line| Some(Place { file: "a.js".to_owned(), line });
        let lint = |line| Finding { place: place(line), ..with(Symptom::Believed) };
        assert_eq!(fingerprint(&lint(1)), "no-signature:believed:a.js");
        assert_eq!(fingerprint(&lint(1)), fingerprint(&lint(9)), "a line moves");
    }

    #[test]
    fn entries_of_cases_that_were_not_run_stay() {
        let baseline = Baseline::read(FILE).unwrap();
        let run = report(vec![
            finding("good-delivery", Outcome::Pass, None),
            finding("no-signature", Outcome::Fail, Some(Symptom::ServerError)),
            finding("hang-up", Outcome::Skip, None),
        ]);
        let stale: Vec<_> = baseline.stale(&run).into_iter().map(Known::fingerprint).collect();
        assert_eq!(stale, ["good-delivery:too_late", "gone:believed"]);
        let updated = baseline.updated(&run);
        assert_eq!(prints(&updated), [("hang-up:died", "not run"), ("no-signature:server_error", "soon")]);
        assert_eq!(updated.comment, "ours");
        assert_eq!(Baseline::read(&updated.text()).unwrap(), updated);

        let one = report(vec![finding("no-signature", Outcome::Fail, Some(Symptom::Believed))]);
        let updated = baseline.updated(&one);
        let expected =
            [("good-delivery:too_late", ""), ("hang-up:died", "not run"), ("no-signature:believed", "")];
        assert_eq!(prints(&updated), expected, "a run of one case drops only what it shows");
    }

    #[test]
    fn what_is_no_baseline_is_refused() {
        for (text, why) in [
            ("", "it is not a baseline: EOF"),
            ("[]", "it is not a baseline: "),
            (r#"{"v": 1}"#, "it is not a baseline: missing field `findings`"),
            (r#"{"v": 1, "findings": [], "extra": 1}"#, "it is not a baseline: unknown field `extra`"),
            (r#"{"v": 2, "findings": []}"#, "it has version 2, and this hookctl reads version 1"),
        ] {
            let error = Baseline::read(text).unwrap_err().to_string();
            assert!(error.starts_with(why), "{error}");
        }
        assert!(Baseline::read(r#"{"v": 1, "findings": []}"#).unwrap().is_empty());
    }
}
