//! What `trigger --handshake` says: each request, and what is wrong with its answer.

use super::delivery::tried;
use super::page::Page;
use super::record::{VERSION, milliseconds};
use super::style::{Mark, Role};
use crate::hook::attempt::Outcome;
use crate::hook::handshake::{Finding, Step};
use crate::job::trigger::handshake::Asked;
use serde::Serialize;

/// Where what is wrong begins.
const INDENT: usize = 4;

/// One request of a handshake and how it was answered.
#[derive(Clone, Debug, Serialize)]
pub struct HandshakeRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    /// The handshake's name.
    name: &'a str,
    /// Whether the vendor publishes no form of it: what was sent and what is wanted is a guess then.
    guessed: bool,
    /// `genuine`, `forged`, `delivery` or `forged_delivery`.
    step: &'static str,
    method: &'a str,
    /// Without the query.
    target: &'a str,
    passed: bool,
    status: Option<u16>,
    #[serde(skip_serializing_if = "Option::is_none")]
    failure: Option<FailureRecord<'a>>,
    duration_ms: f64,
    /// What makes the vendor refuse the endpoint.
    wrong: Vec<FindingRecord<'a>>,
    /// What it overlooks.
    advice: Vec<FindingRecord<'a>>,
}

#[derive(Clone, Debug, Serialize)]
struct FailureRecord<'a> {
    kind: &'static str,
    detail: &'a str,
}

#[derive(Clone, Debug, Serialize)]
struct FindingRecord<'a> {
    code: &'static str,
    text: &'a str,
}

impl<'a> HandshakeRecord<'a> {
    /// The record of one request.
    pub fn new(provider: &'a str, asked: &'a Asked) -> Self {
        let failure = match &asked.attempt.outcome {
            Outcome::Answered(_) => None,
            Outcome::Failed(failure) => {
                Some(FailureRecord { kind: failure.kind.as_str(), detail: &failure.detail })
            }
        };
        Self {
            v: VERSION,
            r#type: "handshake",
            provider,
            name: &asked.name,
            guessed: asked.guessed,
            step: asked.step.as_str(),
            method: &asked.method,
            target: &asked.attempt.target,
            passed: asked.passed(),
            status: asked.attempt.outcome.status(),
            failure,
            duration_ms: milliseconds(asked.attempt.duration),
            wrong: records(&asked.findings.wrong),
            advice: records(&asked.findings.advice),
        }
    }
}

fn records<'f>(findings: &'f [Finding]) -> Vec<FindingRecord<'f>> {
    let record = |finding: &'f Finding| FindingRecord { code: finding.flaw.as_str(), text: &finding.text };
    findings.iter().map(record).collect()
}

/// One request: a sign, what it was, how it was answered, and below it what is wrong.
pub fn asked(page: &mut Page, asked: &Asked) {
    let (role, mark) = if asked.passed() { (Role::Verified, Mark::Yes) } else { (Role::Failed, Mark::No) };
    page.mark(role, mark).space(1).put(Role::Strong, &asked.name);
    page.put(
        Role::Plain,
        match asked.step {
            Step::Genuine => "",
            Step::Forged => ", wrongly signed",
            Step::Delivery => ", then a delivery",
            Step::ForgedDelivery => ", then a wrongly signed delivery",
        },
    );
    if asked.guessed {
        page.put(Role::Dim, ", a guess: its form is not published");
    }
    page.space(2).mark(Role::Dim, Mark::Arrow).space(1);
    page.put(Role::Plain, &asked.method).space(1);
    tried(page, &asked.attempt, false);
    page.end_line();
    if let Outcome::Failed(failure) = &asked.attempt.outcome {
        page.space(INDENT).put(Role::Plain, &failure.detail).end_line();
    }
    for finding in &asked.findings.wrong {
        page.space(INDENT).put(Role::Plain, &finding.text).end_line();
    }
    for finding in &asked.findings.advice {
        page.space(INDENT).put(Role::Dim, "note: ").put(Role::Plain, &finding.text).end_line();
    }
}
