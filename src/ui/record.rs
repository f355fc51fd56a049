//! The records of the JSON output: one schema for `listen`, `events`, `verify`.
//!
//! One object a line. Every top-level record starts with `"v":1` and `"type"`.
//! Names are `snake_case`; times are RFC 3339 in UTC with milliseconds;
//! durations are numbers of milliseconds named `…_ms`; bytes that are UTF-8
//! are a string, others are base64 in a sibling named `…_base64`. A fact that
//! is not known is `null`; content that was not asked for is left out. Header
//! values are as they came, credentials of the sender included: the records
//! are the user's own journal. A signing secret never is in one. Fields may be
//! added; a change of meaning raises `v`.
//!
//! | type | when | more |
//! |---|---|---|
//! | `ready` | first, the listener accepts connections | [`ReadyRecord`] |
//! | `delivery` | a delivery was stored and answered | [`DeliveryRecord`] |
//! | `duplicate` | the same, when it repeats an earlier one (`duplicate_of`, `same_body`) | [`DeliveryRecord`] |
//! | `attempt` | each attempt to pass a delivery on; one before the answer follows its delivery, whose `attempts` hold it too | [`AttemptRecord`] |
//! | `rejected` | a connection or request was turned away | [`RejectedRecord`] |
//! | `diagnosis` | the mistake behind a delivery that did not verify, by its `seq` | [`DiagnosedRecord`](super::explanation::DiagnosedRecord) |
//! | `summary` | last | [`SummaryRecord`] |
//! | `study`, `capacity`, `link` | what a vendor says of a study | [`StudyRecord`], [`CapacityRecord`], [`LinkRecord`] |
//! | `interview` | an interview; from `listen --enrich` with the `seq` of its delivery | [`InterviewRecord`] |
//! | `missing` | an interview whose webhook never arrived | [`MissingRecord`] |
//! | `case` | what a case of `check` found; its `summary` is last | [`CaseRecord`](super::check::json::CaseRecord), [`CheckedRecord`](super::check::json::CheckedRecord) |
//! | `listed_case` | a case of `check --list` | [`ListedCaseRecord`](super::check::list::ListedCaseRecord) |
//! | `verdict` | what `verify` found, also inside a delivery | [`VerdictRecord`] |
//!
//! Does not write: `stream` does.

use super::explanation::{DiagnosisRecord, TriedRecord, tried_records};
use crate::forward;
use crate::hook::attempt::{Attempt, Outcome};
use crate::hook::delivery::{Checked, Delivery, Facts};
use crate::hook::detect::{Evidence, Recognised};
use crate::hook::explain::Explanation;
use crate::hook::headers::Headers;
use crate::hook::verdict::Verdict;
use crate::job::report::{Attempted, Delivered, Next};
use crate::journal::{Entry, KeptAttempt};
use base64::display::Base64Display;
use base64::engine::general_purpose::STANDARD;
use serde::{Serialize, Serializer};
use std::time::Duration;

mod life;
mod vendor;

pub use life::{ReadyRecord, RejectedRecord, SecretRecord, SummaryRecord};
pub use vendor::{
    CapacityRecord, InterviewRecord, LinkRecord, MissingRecord, Reconciled, ReconciledRecord, StudyRecord,
};

/// The version of the schema.
pub const VERSION: u8 = 1;

/// A duration as records write it: milliseconds, to the microsecond.
pub fn milliseconds(duration: Duration) -> f64 {
    // Exact up to 285 years.
    duration.as_micros() as f64 / 1_000.0
}

/// Bytes that are written as base64.
#[derive(Clone, Copy, Debug)]
struct Encoded<'a>(&'a [u8]);

impl Serialize for Encoded<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(&Base64Display::new(self.0, &STANDARD))
    }
}

/// Bytes as text where they are UTF-8, else as base64: exactly one is set.
fn text_or_base64(bytes: &[u8]) -> (Option<&str>, Option<Encoded<'_>>) {
    match std::str::from_utf8(bytes) {
        Ok(text) => (Some(text), None),
        Err(_) => (None, Some(Encoded(bytes))),
    }
}

/// One header field; `value` or `value_base64`.
#[derive(Clone, Debug, Serialize)]
pub struct HeaderRecord<'a> {
    name: &'a str,
    #[serde(skip_serializing_if = "Option::is_none")]
    value: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    value_base64: Option<Encoded<'a>>,
}

/// Header fields in their order, repeats kept.
pub fn headers(headers: &Headers) -> Vec<HeaderRecord<'_>> {
    headers
        .iter()
        .map(|field| {
            let (value, value_base64) = text_or_base64(field.value);
            HeaderRecord { name: field.name, value, value_base64 }
        })
        .collect()
}

/// What verification found: the whole output of `verify`, and a part of a delivery.
#[derive(Clone, Debug, Serialize)]
pub struct VerdictRecord<'a> {
    v: u8,
    r#type: &'static str,
    verified: bool,
    provider: Option<&'a str>,
    code: &'static str,
    reason: &'a str,
    event: Option<&'a str>,
    delivery: Option<&'a str>,
    /// How the provider was recognised, when it was not named.
    #[serde(skip_serializing_if = "Option::is_none")]
    recognised: Option<RecognisedRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    diagnosis: Option<DiagnosisRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    tried: Option<Vec<TriedRecord<'a>>>,
}

/// How sure it is who sent a delivery, by what, and who else it may have been.
#[derive(Clone, Debug, Serialize)]
struct RecognisedRecord<'a> {
    /// `certain`, `likely`, `unsure` or `unknown`.
    sureness: &'static str,
    /// Any of `header`, `shape`, `second_header`, `body` and `signature`.
    by: Vec<&'static str>,
    rivals: Vec<&'a str>,
}

impl<'a> From<&'a Recognised> for RecognisedRecord<'a> {
    fn from(recognised: &'a Recognised) -> Self {
        Self {
            sureness: recognised.sureness.as_str(),
            by: recognised.by.iter().map(Evidence::as_str).collect(),
            rivals: recognised.rivals.iter().map(AsRef::as_ref).collect(),
        }
    }
}

impl<'a> VerdictRecord<'a> {
    /// With the mistake behind it, and with everything that was tried where that was asked for.
    #[must_use]
    pub fn with_explanation(mut self, explanation: &'a Explanation, whole: bool) -> Self {
        self.diagnosis = explanation.found.as_ref().map(DiagnosisRecord::from);
        self.tried = whole.then(|| tried_records(explanation));
        self
    }

    /// The record of a verdict and of what the body says.
    pub fn new(verdict: &'a Verdict, facts: &'a Facts) -> Self {
        Self {
            v: VERSION,
            r#type: "verdict",
            verified: verdict.verified(),
            provider: verdict.provider.as_deref(),
            code: verdict.code.as_str(),
            reason: &verdict.reason,
            event: facts.event.as_deref(),
            delivery: facts.delivery_id.as_deref(),
            recognised: verdict.recognised.as_ref().map(RecognisedRecord::from),
            diagnosis: None,
            tried: None,
        }
    }
}

/// What the sender got.
#[derive(Clone, Debug, Serialize)]
pub struct AnswerRecord<'a> {
    /// The status.
    pub status: u16,
    /// Who decided it: `policy`, `handshake`, `target`, `gateway`, `storage`.
    pub by: &'a str,
    /// From the last byte of the request to the answer.
    pub took_ms: f64,
}

/// What happens after an attempt.
#[derive(Clone, Debug, Serialize)]
pub struct NextRecord {
    /// `delivered`, `retry`, `dead` or `nothing`.
    pub action: &'static str,
    /// When, for `retry`.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub at: Option<String>,
}

impl From<Next> for NextRecord {
    fn from(next: Next) -> Self {
        let (action, at) = match next {
            Next::Delivered => ("delivered", None),
            Next::RetryAt(at) => ("retry", Some(at.rfc3339_millis())),
            Next::Dead => ("dead", None),
            Next::Nothing => ("nothing", None),
        };
        Self { action, at }
    }
}

/// Why a target gave no answer.
#[derive(Clone, Debug, Serialize)]
pub struct FailureRecord<'a> {
    kind: &'static str,
    detail: &'a str,
}

/// One try to pass a delivery to a target.
#[derive(Clone, Debug, Serialize)]
pub struct AttemptRecord<'a> {
    v: u8,
    r#type: &'static str,
    seq: Option<u64>,
    event: Option<&'a str>,
    target: &'a str,
    number: u32,
    started: String,
    took_ms: f64,
    delivered: bool,
    status: Option<u16>,
    failure: Option<FailureRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<HeaderRecord<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<Encoded<'a>>,
    /// What was sent, where the delivery it belongs to is at hand.
    #[serde(skip_serializing_if = "Option::is_none")]
    request: Option<RequestRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<NextRecord>,
}

/// What an attempt sent.
#[derive(Clone, Debug, Serialize)]
struct RequestRecord<'a> {
    /// The head, as it went onto the wire.
    head: String,
    /// Whether head or body are not those of the delivery.
    changed: bool,
    /// The body, where it is not the delivery's.
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<Encoded<'a>>,
}

impl<'a> RequestRecord<'a> {
    /// `None` for an attempt whose request could not be written.
    fn new(attempt: &'a Attempt, came: &Delivery) -> Option<Self> {
        let sent = attempt.sent.as_ref();
        let body = sent.and_then(|sent| sent.body.as_ref());
        let (body, body_base64) = body.map_or((None, None), |body| text_or_base64(body));
        let head = forward::head_of(attempt, came)?;
        let head = String::from_utf8_lossy(&head).into_owned();
        Some(Self { head, changed: sent.is_some(), body, body_base64 })
    }
}

impl<'a> AttemptRecord<'a> {
    /// The record of an attempt for the delivery of this number.
    pub fn new(seq: Option<u64>, event: Option<&'a str>, attempt: &'a Attempt, next: Option<Next>) -> Self {
        let (answer, failure) = match &attempt.outcome {
            Outcome::Answered(answer) => (Some(answer), None),
            Outcome::Failed(failure) => {
                (None, Some(FailureRecord { kind: failure.kind.as_str(), detail: &failure.detail }))
            }
        };
        let (body, body_base64) = answer.map_or((None, None), |answer| text_or_base64(&answer.body));
        Self {
            v: VERSION,
            r#type: "attempt",
            seq,
            event,
            target: &attempt.target,
            number: attempt.number,
            started: attempt.started.rfc3339_millis(),
            took_ms: milliseconds(attempt.duration),
            delivered: attempt.outcome.delivered(),
            status: attempt.outcome.status(),
            failure,
            headers: answer.map(|answer| headers(&answer.headers)),
            body,
            body_base64,
            request: None,
            next: next.map(NextRecord::from),
        }
    }

    /// With what was sent for the delivery that came.
    #[must_use]
    pub fn with_request(mut self, attempt: &'a Attempt, came: &Delivery) -> Self {
        self.request = RequestRecord::new(attempt, came);
        self
    }
}

impl<'a> From<&'a Attempted> for AttemptRecord<'a> {
    fn from(attempted: &'a Attempted) -> Self {
        Self::new(Some(attempted.seq), attempted.event.as_deref(), &attempted.attempt, Some(attempted.next))
    }
}

/// A delivery: the request, what was found out about it, and what became of it.
#[derive(Clone, Debug, Serialize)]
pub struct DeliveryRecord<'a> {
    v: u8,
    r#type: &'static str,
    seq: Option<u64>,
    received: String,
    peer: String,
    method: &'a str,
    path: &'a str,
    provider: Option<&'a str>,
    event: Option<&'a str>,
    delivery: Option<&'a str>,
    subject: Option<&'a str>,
    verdict: VerdictRecord<'a>,
    answer: Option<AnswerRecord<'a>>,
    duplicate_of: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    same_body: Option<bool>,
    size: usize,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Vec<HeaderRecord<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<Encoded<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    attempts: Option<Vec<AttemptRecord<'a>>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    not_forwarded: Option<&'a str>,
}

impl<'a> DeliveryRecord<'a> {
    /// The facts alone, as a list shows them. The other parts are added with
    /// the methods below.
    pub fn new(seq: Option<u64>, checked: &'a Checked) -> Self {
        let (delivery, facts) = (&checked.delivery, &checked.facts);
        Self {
            v: VERSION,
            r#type: "delivery",
            seq,
            received: delivery.received.rfc3339_millis(),
            peer: delivery.peer.to_string(),
            method: delivery.head.method(),
            path: delivery.head.target(),
            provider: checked.verdict.provider.as_deref(),
            event: facts.event.as_deref(),
            delivery: facts.delivery_id.as_deref(),
            subject: facts.subject.as_deref(),
            verdict: VerdictRecord::new(&checked.verdict, facts),
            answer: None,
            duplicate_of: None,
            same_body: None,
            size: delivery.body.len(),
            headers: None,
            body: None,
            body_base64: None,
            attempts: None,
            not_forwarded: None,
        }
    }

    /// With its headers and its body.
    #[must_use]
    pub fn with_content(mut self, checked: &'a Checked) -> Self {
        self.headers = Some(headers(checked.delivery.head.headers()));
        (self.body, self.body_base64) = text_or_base64(&checked.delivery.body);
        self
    }

    /// With what the sender got.
    #[must_use]
    pub fn with_answer(mut self, answer: Option<AnswerRecord<'a>>) -> Self {
        self.answer = answer;
        self
    }

    /// Marked as a repeat of an earlier delivery, with the same body or not; `None` changes nothing.
    #[must_use]
    pub fn with_duplicate_of(mut self, earlier: Option<u64>, same_body: Option<bool>) -> Self {
        if earlier.is_some() {
            self.duplicate_of = earlier;
            self.same_body = same_body;
            self.r#type = "duplicate";
        }
        self
    }

    /// With the attempts to pass it on.
    #[must_use]
    pub fn with_attempts(mut self, attempts: impl IntoIterator<Item = &'a Attempt>) -> Self {
        let (seq, event) = (self.seq, self.event);
        self.attempts =
            Some(attempts.into_iter().map(|attempt| AttemptRecord::new(seq, event, attempt, None)).collect());
        self
    }

    /// With the attempts that the journal keeps, and what each of them sent.
    #[must_use]
    pub fn with_kept_attempts(mut self, entry: &'a Entry) -> Self {
        let (seq, event) = (self.seq, self.event);
        let record = |kept: &'a KeptAttempt| {
            AttemptRecord::new(seq, event, &kept.attempt, None).with_request(&kept.attempt, &entry.delivery)
        };
        self.attempts = Some(entry.attempts.iter().map(record).collect());
        self
    }

    /// With why it was not forwarded.
    #[must_use]
    pub fn with_not_forwarded(mut self, reason: Option<&'a str>) -> Self {
        self.not_forwarded = reason;
        self
    }
}

impl<'a> From<&'a Delivered> for DeliveryRecord<'a> {
    fn from(delivered: &'a Delivered) -> Self {
        let answer = AnswerRecord {
            status: delivered.status,
            by: delivered.answered_by.as_str(),
            took_ms: milliseconds(delivered.took),
        };
        Self::new(delivered.seq, &delivered.checked)
            .with_content(&delivered.checked)
            .with_answer(Some(answer))
            .with_duplicate_of(delivered.duplicate_of, delivered.same_body)
            .with_attempts(&delivered.attempts)
            .with_not_forwarded(delivered.not_forwarded)
    }
}
