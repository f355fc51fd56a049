//! One record a case, and a summary.
//!
//! The records of type `case` and `summary` of `hookctl check --json`; what is
//! not known is `null`.

use super::about::{About, Shown, Totals};
use crate::hook::check::{Language, Symptom};
use crate::job::check::Report;
use crate::ui::record::{VERSION, milliseconds};
use serde::Serialize;

/// What a case found.
#[derive(Clone, Debug, Serialize)]
pub struct CaseRecord<'a> {
    v: u8,
    r#type: &'static str,
    id: &'a str,
    group: &'static str,
    severity: &'static str,
    outcome: &'static str,
    code: Option<&'static str>,
    title: &'a str,
    reason: &'a str,
    why: &'a str,
    mend: &'a str,
    curl: Option<&'a str>,
    again: Option<&'a str>,
    status: Option<u16>,
    took_ms: Option<f64>,
    excerpt: Option<&'a str>,
    place: Option<PlaceRecord<'a>>,
    known: bool,
}

/// A line of the handler's source.
#[derive(Clone, Debug, Serialize)]
struct PlaceRecord<'a> {
    file: &'a str,
    line: u32,
}

impl<'a> From<&'a Shown<'a>> for CaseRecord<'a> {
    fn from(shown: &'a Shown<'a>) -> Self {
        let finding = shown.finding;
        let place = finding.place.as_ref().map(|place| PlaceRecord { file: &place.file, line: place.line });
        Self {
            v: VERSION,
            r#type: "case",
            id: &finding.case.id,
            group: finding.case.group.as_str(),
            severity: shown.severity.as_str(),
            outcome: finding.outcome.as_str(),
            code: finding.symptom.map(Symptom::as_str),
            title: &finding.case.title,
            reason: &shown.reason,
            why: &finding.case.why,
            mend: &shown.mend,
            curl: shown.curl.as_deref(),
            again: shown.again.as_deref(),
            status: finding.seen.as_ref().and_then(|seen| seen.status),
            took_ms: finding.seen.as_ref().map(|seen| milliseconds(seen.took)),
            excerpt: Some(shown.excerpt.as_str()).filter(|excerpt| !excerpt.is_empty()),
            place,
            known: shown.known.is_some(),
        }
    }
}

/// The last record of a run.
#[derive(Clone, Debug, Serialize)]
pub struct CheckedRecord {
    v: u8,
    r#type: &'static str,
    target: String,
    provider: String,
    cases: u64,
    passed: u64,
    skipped: u64,
    known: u64,
    must: u64,
    should: u64,
    note: u64,
    fail_on: &'static str,
    failed: bool,
    died: bool,
    requests: u64,
    took_ms: f64,
    waited_ms: f64,
    language: Option<&'static str>,
    seed: u64,
    stale: Vec<String>,
}

impl CheckedRecord {
    /// The summary of a report.
    pub fn new(report: &Report, about: &About<'_>) -> Self {
        let totals = Totals::of_report(report, about);
        let stale = about.baseline.map(|baseline| baseline.stale(report)).unwrap_or_default();
        Self {
            v: VERSION,
            r#type: "summary",
            target: about.target.to_string(),
            provider: about.provider.id().to_string(),
            cases: totals.cases(),
            passed: totals.passed,
            skipped: totals.skipped,
            known: totals.known,
            must: totals.must,
            should: totals.should,
            note: totals.note,
            fail_on: about.fail_on.as_str(),
            failed: totals.fails(about.fail_on),
            died: report.died,
            requests: report.requests,
            took_ms: milliseconds(report.took),
            waited_ms: milliseconds(report.waited),
            language: report.language.map(Language::as_str),
            seed: report.seed,
            stale: stale.iter().map(|known| known.fingerprint().to_owned()).collect(),
        }
    }
}
