//! Listed deliveries for the tests of this room.

use crate::hook::delivery::Facts;
use crate::hook::verdict::{Code, Verdict};
use crate::job::report::{AnswerPolicy, Ready};
use crate::journal::{Answered, Entry, KeptAttempt, LastAttempt, Listed};
use crate::ui::fixture::{AT, answered, attempt, checked};
use std::sync::Arc;
use std::time::Duration;

/// A verified delivery of this number, a second after the one before.
pub(in crate::ui::view) fn listed(seq: u64) -> Listed {
    Listed {
        seq,
        received: AT.plus(Duration::from_secs(seq)),
        peer: "127.0.0.1:51234".parse().unwrap(),
        method: "POST".to_owned(),
        target: "/hooks?team=7".to_owned(),
        verdict: Verdict::of(&Arc::from("koji"), Code::Verified, "ok"),
        facts: Facts {
            event: Some("interview.completed".to_owned()),
            delivery_id: Some(format!("int_{seq}")),
            subject: Some("Onboarding Feedback".to_owned()),
            dedup_key: None,
        },
        duplicate_of: None,
        same_body: None,
        body_bytes: 45,
        answer: Some(Answered { status: 200, by: "target".to_owned(), took: Duration::from_micros(12_345) }),
        last_attempt: Some(LastAttempt {
            count: 1,
            target: "http://localhost:3000/hooks".to_owned(),
            status: Some(200),
            failure: None,
            duration: Duration::from_millis(12),
        }),
        last_failed: None,
        outbox: Vec::new(),
        mark: None,
    }
}

/// The same, whole, with a body and an attempt.
pub(in crate::ui::view) fn entry(seq: u64) -> Entry {
    let delivery = checked(Code::Verified, "ok").delivery;
    let attempt = attempt("http://localhost:3000/hooks", answered(200));
    Entry {
        listed: listed(seq),
        delivery,
        attempts: vec![KeptAttempt { attempt, body_bytes: 2 }],
        interview: None,
    }
}

/// What a listener at a terminal starts with.
pub(in crate::ui::view) fn ready(targets: &[&str]) -> Arc<Ready> {
    Arc::new(Ready {
        address: "127.0.0.1:4400".parse().unwrap(),
        url: "http://127.0.0.1:4400".to_owned(),
        answer: if targets.is_empty() { AnswerPolicy::Strict } else { AnswerPolicy::Mirror },
        retries: true,
        targets: targets.iter().map(|target| (*target).to_owned()).collect(),
        provider: None,
        secrets: Vec::new(),
        journal: Some("/home/ada/journal.db".to_owned()),
        named_journal: String::new(),
        inspector: None,
    })
}
