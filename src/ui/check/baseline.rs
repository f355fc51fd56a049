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
