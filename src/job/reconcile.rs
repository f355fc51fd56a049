//! Compares the vendor's completed interviews with the journal: whose webhook never arrived?
//!
//! A webhook has arrived when a delivery of its id verified, or nobody could
//! check it; one whose signature does not hold may be anybody's. What is made
//! here in its place says so: its verdict is `synthesized` and it has no signature.

use crate::hook::delivery::{Checked, Delivery};
use crate::hook::headers::{Head, HeadError};
use crate::hook::provider::Provider;
use crate::hook::time::Timestamp;
use crate::hook::verdict::{Code, Verdict};
use crate::journal::{Filter, Order, ReadError, Reader};
use crate::vendor::{Interview, Study};
use serde_json::{Map, Value, json};
use std::collections::HashMap;
use std::net::{Ipv4Addr, SocketAddr};
use std::sync::Arc;

/// The event that is looked for.
pub const EVENT: &str = "interview.completed";

/// The header that says who made a delivery.
pub const MARK: &str = "X-Hookctl-Synthesized";

/// Deliveries read at a time.
const PAGE: usize = 500;

/// What is in the journal of an interview; the better the later.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Arrived {
    /// Nothing.
    Not,
    /// Only a delivery whose signature does not hold.
    Refused,
    /// hookctl made it, here or in an earlier run.
    Synthesized,
    /// Its webhook.
    Arrived,
}

/// What the journal holds of the webhooks of a provider.
#[derive(Debug, Default)]
pub struct Arrivals {
    found: HashMap<String, Arrived>,
    /// When the oldest delivery came, where older ones may be gone.
    pub begins: Option<Timestamp>,
}

impl Arrivals {
    /// Goes through the journal.
    ///
    /// # Errors
    /// When it cannot be read.
    pub fn of(reader: &Reader, provider: &str) -> Result<Self, ReadError> {
        let mut this = Self::default();
        let stats = reader.stats()?;
        this.begins = match (stats.seqs, stats.received) {
            (Some((first, _)), Some((oldest, _))) if first > 1 => Some(oldest),
            _ => None,
        };
        let mut filter = Filter {
            events: vec![EVENT.to_owned()],
            provider: Some(provider.to_owned()),
            order: Order::OldestFirst,
            limit: PAGE,
            ..Filter::default()
        };
        loop {
            let page = reader.list(&filter)?;
            for listed in &page.items {
                if let Some(id) = &listed.facts.delivery_id {
                    this.note(id, listed.verdict.code);
                }
            }
            match page.next {
                Some(next) => filter.after = Some(next),
                None => return Ok(this),
            }
        }
    }

    fn note(&mut self, id: &str, code: Code) {
        let arrived = match code {
            Code::Synthesized => Arrived::Synthesized,
            Code::Verified => Arrived::Arrived,
            code if code.judged() => Arrived::Refused,
            _ => Arrived::Arrived,
        };
        let known = self.found.entry(id.to_owned()).or_insert(Arrived::Not);
        *known = arrived.max(*known);
    }

    /// What is there of an interview.
    pub fn of_interview(&self, id: &str) -> Arrived {
        self.found.get(id).copied().unwrap_or(Arrived::Not)
    }
}

/// The delivery that would have come, as far as the API tells of it.
///
/// # Errors
/// Never, for a head of constants; the type says so instead of a panic.
pub fn synthesized(
    interview: &Interview,
    study: &Study,
    provider: &Provider,
    now: Timestamp,
) -> Result<Checked, HeadError> {
    let body = serde_json::to_vec(&payload(interview, study, now)).unwrap_or_default();
    let head = Head::build(
        "POST",
        "/",
        [
            ("Host", "hookctl.invalid"),
            ("Content-Type", "application/json"),
            ("X-Webhook-Event", EVENT),
            (MARK, "interviews reconcile"),
            ("Content-Length", body.len().to_string().as_str()),
        ],
    )?;
    let peer = SocketAddr::from((Ipv4Addr::LOCALHOST, 0));
    let delivery = Delivery { received: now, peer, head, body: body.into() };
    let facts = provider.facts(&delivery.message(None));
    let reason = "made by `interviews reconcile` from the vendor's API: its webhook never arrived";
    let verdict = Verdict::of(provider.id(), Code::Synthesized, reason);
    Ok(Checked { delivery, verdict, facts, outbox: Arc::from([]) })
}

/// The members that the vendor's webhook has, in its order.
fn payload(interview: &Interview, study: &Study, now: Timestamp) -> Value {
    let raw = |name: &str| interview.raw.get(name).cloned().unwrap_or(Value::Null);
    let mut data = Map::new();
    data.insert("interview_id".to_owned(), json!(interview.id));
    data.insert("study_id".to_owned(), json!(interview.study_id.as_deref().unwrap_or(&study.id)));
    data.insert("study_name".to_owned(), json!(study.name));
    data.insert("interview_link".to_owned(), json!(study.interview_link));
    for name in [
        "status",
        "started_at",
        "completed_at",
        "duration_secs",
        "quality_score",
        "language",
        "reference_id",
        "respondent_email",
        "respondent_id",
    ] {
        data.insert(name.to_owned(), raw(name));
    }
    json!({"event": EVENT, "timestamp": now.rfc3339_millis(), "data": data})
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::provider::Catalogue;
    use crate::vendor::Item as _;

    #[test]
    fn the_best_of_several_deliveries_counts_and_a_forged_one_is_no_arrival() {
        let mut arrivals = Arrivals::default();
        for (id, codes, arrived) in [
            ("a", &[Code::Verified][..], Arrived::Arrived),
            ("b", &[Code::Mismatch], Arrived::Refused),
            ("c", &[Code::NoSecret], Arrived::Arrived),
            ("d", &[Code::Synthesized], Arrived::Synthesized),
            ("e", &[Code::Mismatch, Code::Synthesized, Code::Verified], Arrived::Arrived),
            ("f", &[Code::Verified, Code::Mismatch], Arrived::Arrived),
            ("g", &[Code::Synthesized, Code::NoHeader], Arrived::Synthesized),
            ("h", &[], Arrived::Not),
        ] {
            codes.iter().for_each(|code| arrivals.note(id, *code));
            assert_eq!(arrivals.of_interview(id), arrived, "{id}");
        }
    }

    #[test]
    fn what_is_made_has_every_member_of_the_webhook_and_says_that_it_was_made() {
        let study = Study::read(json!({
            "id": "s1", "name": "Onboarding Feedback", "interview_link": "https://app.userjourneys.ai/i/x",
        }))
        .unwrap();
        let interview = Interview::read(json!({
            "id": "i1", "study_id": "s1", "status": "completed", "started_at": "2026-03-11T14:20:00.000Z",
            "completed_at": "2026-03-11T14:30:00.456Z", "duration_secs": 580, "quality_score": "insightful",
            "language": "en", "reference_id": "user_1", "respondent_email": null, "headline": "not in it",
        }))
        .unwrap();
        let provider = Catalogue::builtin().get("userjourneys").unwrap();
        let now = Timestamp::parse("2026-03-11T14:32:00.123Z").unwrap();
        let checked = synthesized(&interview, &study, &provider, now).unwrap();
        let body: Value = serde_json::from_slice(&checked.delivery.body).unwrap();
        assert_eq!(
            body,
            json!({"event": "interview.completed", "timestamp": "2026-03-11T14:32:00.123Z", "data": {
                "interview_id": "i1", "study_id": "s1", "study_name": "Onboarding Feedback",
                "interview_link": "https://app.userjourneys.ai/i/x", "status": "completed",
                "started_at": "2026-03-11T14:20:00.000Z", "completed_at": "2026-03-11T14:30:00.456Z",
                "duration_secs": 580, "quality_score": "insightful", "language": "en",
                "reference_id": "user_1", "respondent_email": null, "respondent_id": null,
            }})
        );
        assert!(!checked.verdict.verified() && checked.verdict.code == Code::Synthesized);
        assert_eq!(checked.facts.delivery_id.as_deref(), Some("i1"));
        assert_eq!(checked.facts.event.as_deref(), Some(EVENT));
        let headers = checked.delivery.head.headers();
        assert!(headers.get(MARK).is_some() && headers.get("X-Webhook-Signature").is_none());
    }
}
