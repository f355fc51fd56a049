//! Deliveries for the tests of this room.

use super::page::Page;
use super::style::Look;
use crate::hook::attempt::{Answer, Attempt, Failure, FailureKind, Outcome};
use crate::hook::delivery::{Checked, Delivery, Facts};
use crate::hook::headers::{Head, Headers};
use crate::hook::time::Timestamp;
use crate::hook::verdict::{Code, Verdict};
use crate::job::report::{AnsweredBy, Delivered};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// The moment of every fixture.
pub(super) const AT: Timestamp = Timestamp::from_micros(1_773_239_527_123_456);

/// The time of day that lines begin with, in whatever zone the test runs.
pub(super) fn clock() -> String {
    AT.local_time_of_day()
}

/// What a page says, without the time of day.
pub(super) fn said(look: Look, fill: impl FnOnce(&mut Page)) -> String {
    let mut page = Page::new(look);
    fill(&mut page);
    page.as_str().replace(&clock(), "TIME")
}

pub(super) fn attempt(target: &str, outcome: Outcome) -> Attempt {
    Attempt {
        target: target.to_owned(),
        number: 1,
        started: AT,
        duration: Duration::from_millis(12),
        outcome,
        sent: None,
    }
}

pub(super) fn answered(status: u16) -> Outcome {
    let headers = Headers::from_pairs([("Content-Type", "text/plain")]);
    Outcome::Answered(Answer { status, headers, body: Bytes::from_static(b"ok") })
}

pub(super) fn failed(kind: FailureKind, detail: &str) -> Outcome {
    Outcome::Failed(Failure { kind, detail: detail.to_owned() })
}

pub(super) fn checked(code: Code, reason: &'static str) -> Checked {
    let head = Head::build(
        "POST",
        "/hooks?team=7",
        [
            ("Host", &b"localhost:4400"[..]),
            ("X-Koji-Signature", b"sha256=0123456789abcdef0123456789abcdef0123456789abcdef0123456789abcdef"),
            ("Content-Type", b"application/json"),
            ("X-Odd", b"\xff\xfe"),
            ("X-Odd", b"two"),
        ],
    )
    .unwrap();
    Checked {
        delivery: Delivery {
            received: AT,
            peer: "127.0.0.1:51234".parse().unwrap(),
            head,
            body: Bytes::from_static(br#"{"event":"interview.completed","score":1.10}"#),
        },
        verdict: Verdict::of(&Arc::from("koji"), code, reason),
        facts: Facts {
            event: Some("interview.completed".to_owned()),
            delivery_id: Some("int_1".to_owned()),
            subject: Some("Onboarding Feedback".to_owned()),
            dedup_key: None,
        },
        outbox: Arc::from([]),
    }
}

pub(super) fn delivered(checked: Checked, attempts: Vec<Attempt>) -> Delivered {
    let verified = checked.verdict.verified();
    Delivered {
        seq: Some(12),
        checked: Arc::new(checked),
        duplicate_of: None,
        same_body: None,
        status: if verified { 200 } else { 401 },
        answered_by: AnsweredBy::Policy,
        took: Duration::from_micros(12_345),
        attempts,
        not_forwarded: None,
    }
}
