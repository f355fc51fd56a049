//! The commands that ask a vendor, with the real program against a vendor that
//! answers by a script: the requests they make, what they say, how they end.

mod capacity;
mod enrich;
mod export;
mod interviews;
mod link;
mod reconcile;
mod sandbox;
mod studies;

use crate::harness::script::{Act, Script, json};
use crate::harness::{Home, Ran};
use serde_json::{Value, json};

pub(crate) const KEY: &str = "uj_live_fake0000000000000000000000a1b2";
pub(crate) const STUDY: &str = "e5f6a7b8-1234-56cd-ef78-222222222222";
pub(crate) const INTERVIEW: &str = "a1b2c3d4-5678-90ab-cdef-111111111111";
const SECRET: &str = "whsec_5b69ff6a12af94c6e3901a061180ca73";

/// A vendor that answers so, and a home to ask from.
struct Asked {
    home: Home,
    script: Script,
}

impl Asked {
    fn of(acts: impl IntoIterator<Item = Act>) -> Self {
        Self { home: Home::default(), script: Script::new(acts) }
    }

    fn base(&self) -> String {
        format!("{}/api/v1", self.script.base())
    }

    fn run(&self, args: &[&str]) -> Ran {
        self.run_with(args, &[])
    }

    fn run_with(&self, args: &[&str], more: &[(&str, &str)]) -> Ran {
        let base = self.base();
        let mut variables = vec![("USERJOURNEYS_API_KEY", KEY), ("USERJOURNEYS_BASE_URL", base.as_str())];
        variables.extend(more);
        self.home.run_with(args, b"", &variables)
    }

    /// The request lines below the base URL.
    fn lines(&self) -> Vec<String> {
        self.script.lines().iter().map(|line| line.replace("/api/v1", "")).collect()
    }
}

/// A study as the vendor documents it.
pub(crate) fn study(id: &str, name: &str) -> Value {
    json!({
        "id": id, "object": "study", "name": name, "status": "active",
        "interview_link": "https://app.userjourneys.ai/i/xK9mR2pQ", "accepting_responses": true,
        "supported_languages": ["en", "es"],
        "limits": {"monthly": {"limit": 200, "used": 45}, "weekly": {"limit": 50, "used": 12}},
        "created_at": "2026-03-01T00:00:00.000Z",
    })
}

pub(crate) fn with(mut object: Value, changes: &[(&str, Value)]) -> Value {
    for (name, value) in changes {
        object[*name] = value.clone();
    }
    object
}

/// An interview as the vendor lists it.
pub(crate) fn interview(id: &str) -> Value {
    json!({
        "id": id, "object": "interview", "study_id": STUDY, "status": "completed",
        "reference_id": "user_12345", "respondent_email": null, "language": "en",
        "quality_score": "insightful", "duration_secs": 580,
        "headline": "User loves the onboarding but struggles with payment",
        "summary": "The respondent had a positive first impression of the product...",
        "started_at": "2026-03-11T14:20:00.000Z", "completed_at": "2026-03-11T14:30:00.456Z",
        "created_at": "2026-03-11T14:20:00.000Z",
    })
}

/// The same with what only the detail has.
pub(crate) fn whole(id: &str) -> Value {
    with(
        interview(id),
        &[
            (
                "transcript",
                json!([
                    {"role": "interviewer", "text": "What was hard?", "timestamp": "2026-03-11T14:21:00.000Z"},
                    {"role": "respondent", "text": "=PAYMENT(1)", "timestamp": "2026-03-11T14:22:00.000Z"},
                ]),
            ),
            ("answers", json!([{"question": "What almost stopped you?", "answer": "The price"}])),
        ],
    )
}

pub(crate) fn list(items: &[Value], has_more: bool) -> Act {
    json(200, &json!({"object": "list", "data": items, "has_more": has_more}).to_string())
}

pub(crate) fn one(item: &Value) -> Act {
    json(200, &item.to_string())
}

pub(crate) fn refusal(status: u16) -> Act {
    json(status, r#"{"error":{"type":"invalid_request_error","message":"no such thing"}}"#)
}
