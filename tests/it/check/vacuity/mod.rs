//! No case is vacuous: for every one there is a handler that fails it with the
//! right symptom, by one fault, and the same handler without the fault passes it.

mod authenticity;
mod delivery;
mod fidelity;
mod protocol;
mod robustness;
mod source;

use super::handler::{Fault, Seen};
use super::kit::{Kit, Manner, all, found, these};
use hookctl::hook::check::{Outcome, Suite, Symptom};
use std::collections::BTreeSet;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

/// A case and what fails it.
pub(super) struct Row {
    case: &'static str,
    /// Whose deliveries show it.
    provider: &'static str,
    faults: &'static [Fault],
    symptom: Symptom,
    /// What else must be run, for cases about all answers.
    with: &'static [&'static str],
    /// What the handler has that passes; nothing unless the case needs something to happen.
    good: &'static [Fault],
    deadline: Duration,
    /// Whether it stands behind TLS and offers HTTP/2.
    tls: bool,
}

/// What most rows are.
const PLAIN: Row = Row {
    case: "",
    provider: "koji",
    faults: &[],
    symptom: Symptom::Believed,
    with: &[],
    good: &[],
    deadline: Duration::from_secs(10),
    tls: false,
};

/// Whether it is signed as it should be.
fn good(seen: &Seen<'_>) -> bool {
    seen.verified()
}

fn rows() -> impl Iterator<Item = &'static Row> {
    [authenticity::ROWS, fidelity::ROWS, protocol::ROWS, delivery::ROWS, robustness::ROWS]
        .into_iter()
        .flatten()
}

impl Row {
    /// Why the row does not show what it should; nothing when it does.
    fn wrong(&self) -> Vec<String> {
        if Suite::builtin().get(self.case).is_none() {
            return vec![format!("{}: there is no such case", self.case)];
        }
        let kit = Kit::new(self.provider);
        let ids: Vec<&str> = ["good-delivery", self.case].iter().chain(self.with).copied().collect();
        let manner = Manner { deadline: self.deadline, tls: self.tls, ..Manner::default() };
        let mut wrong = Vec::new();
        for (faults, outcome, symptom) in
            [(self.good, Outcome::Pass, None), (self.faults, Outcome::Fail, Some(self.symptom))]
        {
            let report = match kit.check(faults, these(&ids), manner) {
                Ok(report) => report,
                Err(error) => return vec![format!("{}: {error:?}", self.case)],
            };
            let finding = found(&report, self.case);
            if (finding.outcome, finding.symptom) != (outcome, symptom) {
                let (found, reason) = (finding.outcome.as_str(), &finding.reason);
                let symptom = finding.symptom.map_or("", Symptom::as_str);
                let wanted = outcome.as_str();
                wrong.push(format!("{}: {found} {symptom} where it should {wanted}: {reason}", self.case));
            }
        }
        wrong
    }
}

/// Does this with each of these, a few at a time: nearly all of it is waiting.
fn each<T: Sync>(all: &[T], work: impl Fn(&T) -> Vec<String> + Sync) -> Vec<String> {
    let (next, wrong) = (AtomicUsize::new(0), Mutex::new(Vec::new()));
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                while let Some(one) = all.get(next.fetch_add(1, Ordering::Relaxed)) {
                    let found = work(one);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

#[test]
fn every_case_is_failed_by_one_fault_and_passed_without_it() {
    let rows: Vec<&Row> = rows().collect();
    let mut wrong = each(&rows, |row| row.wrong());
    wrong.extend(source::TEXTS.iter().filter_map(source::Text::wrong));
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_case_has_a_row_and_every_row_a_case() {
    let texts = source::TEXTS.iter().map(|text| text.case);
    let shown: BTreeSet<&str> = rows().map(|row| row.case).chain(texts).collect();
    let suite: BTreeSet<&str> = Suite::builtin().cases().iter().map(|case| case.id.as_str()).collect();
    let vacuous: Vec<_> = suite.difference(&shown).collect();
    let unknown: Vec<_> = shown.difference(&suite).collect();
    assert!(vacuous.is_empty(), "nothing fails these cases: {vacuous:?}");
    assert!(unknown.is_empty(), "there are no such cases: {unknown:?}");
}

/// The providers between whom every fact holds of somebody.
const PROVIDERS: [&str; 10] = [
    "koji",
    "userjourneys",
    "stripe",
    "standard-webhooks",
    "slack",
    "github",
    "gitlab-token",
    "discord",
    "twilio",
    "netlify",
];

#[test]
fn a_good_handler_of_any_provider_passes_everything() {
    let wrong = each(&PROVIDERS, |provider| {
        let report = Kit::new(provider).check(&[], all(), Manner::default()).unwrap();
        let failed = report.findings.iter().filter(|finding| finding.outcome == Outcome::Fail);
        let mut wrong: Vec<_> =
            failed.map(|finding| format!("{provider}: {}: {}", finding.case.id, finding.reason)).collect();
        if report.requests > 200 {
            wrong.push(format!("{provider}: {} requests", report.requests));
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
