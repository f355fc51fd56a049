//! What a delivery says happened, read through its provider's profile.
//!
//! Reads the body once. Says nothing rather than something wrong: a body that
//! is not JSON has no facts from JSON.

use super::delivery::{Facts, Message};
use super::digest::HashName;
use super::encoding::Encoding;
use super::handshake::Reply;
use super::json::elements;
use super::provider::Provider;
use super::signature::Keys;
use super::signature::scope::Scope;
use super::template::{Lookup as _, Source};

/// The longest fact in bytes: facts are shown in lines and kept in an index.
const LONGEST: usize = 512;

impl Provider {
    /// The event's name, the delivery's id, the subject, and the key under
    /// which a second arrival is a duplicate.
    pub fn facts(&self, message: &Message<'_>) -> Facts {
        let element = self.each.as_ref().map(|path| elements(message.body, path, 1).unwrap_or_default());
        let json = match &element {
            Some(element) => element.first().map_or(&b""[..], |element| element.as_bytes()),
            None => message.body,
        };
        self.facts_in(&Scope::new(message).within(json).with_paths(&self.paths))
    }

    /// The facts of a message, and its answer when it is a handshake; its body is read once for both.
    pub fn read(&self, keys: Option<&Keys>, message: &Message<'_>) -> (Facts, Option<Reply>) {
        if self.each.is_some() {
            return (self.facts(message), self.handshake(keys, message));
        }
        let scope = Scope::new(message).with_paths(&self.paths);
        let facts = self.facts_in(&scope);
        (facts, self.handshake_in(scope, keys))
    }

    fn facts_in(&self, scope: &Scope<'_>) -> Facts {
        let event = first(scope, &self.event);
        let delivery_id = first(scope, &self.delivery);
        let key = match (&event, &delivery_id) {
            _ if !self.dedup.is_empty() => self.own_key(scope),
            (_, None) => None,
            (Some(event), Some(id)) => Some(format!("{event}:{id}")),
            (None, Some(id)) => Some(id.clone()),
        };
        Facts {
            subject: first(scope, &self.subject),
            dedup_key: Some(match key {
                Some(key) => format!("{}:{}", self.id, shortened(key)),
                None => format!("{}:{}", self.id, digest(scope.message.body)),
            }),
            event: event.map(clipped),
            delivery_id: delivery_id.map(clipped),
        }
    }

    /// The first of the profile's own keys of which every part is there.
    fn own_key(&self, scope: &Scope<'_>) -> Option<String> {
        let key = self.dedup.iter().find_map(|template| template.render_complete(scope))?;
        Some(String::from_utf8_lossy(&key).into_owned())
    }
}

impl Facts {
    /// The facts of a delivery whose provider is unknown: only that the same
    /// body is the same delivery.
    pub fn of_unknown(message: &Message<'_>) -> Self {
        Self { dedup_key: Some(digest(message.body)), ..Self::default() }
    }
}

fn first(scope: &Scope<'_>, sources: &[Source]) -> Option<String> {
    let text = |source| scope.lookup(source).filter(|text| !text.is_empty());
    let text = sources.iter().find_map(text)?;
    Some(String::from_utf8_lossy(&text).into_owned())
}

fn digest(body: &[u8]) -> String {
    format!("sha256:{}", Encoding::Hex.encode(HashName::Sha256.digest(body).as_bytes()))
}

/// A key that is too long is replaced by its digest, so that two long keys stay different.
fn shortened(key: String) -> String {
    if key.len() <= LONGEST { key } else { digest(key.as_bytes()) }
}

/// A fact that is too long is cut; what was cut is still in the body.
fn clipped(mut text: String) -> String {
    text.truncate(text.floor_char_boundary(LONGEST));
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::headers::Headers;
    use crate::hook::provider::Catalogue;

    fn facts(provider: &str, headers: &[(&str, &str)], body: &str) -> Facts {
        let headers = Headers::from_pairs(headers.iter().copied());
        let message =
            Message { method: "POST", target: "/", headers: &headers, body: body.as_bytes(), url: None };
        Catalogue::builtin().get(provider).unwrap().facts(&message)
    }

    fn key(body: &str) -> String {
        facts("koji", &[], body).dedup_key.unwrap()
    }

    #[test]
    fn koji_events_of_one_interview_have_keys_of_their_own() {
        let completed = r#"{"type":"interview.completed","timestamp":"1","data":{"interview_id":"i1","study_id":"s","study_title":"Trial"}}"#;
        let facts = facts("koji", &[], completed);
        assert_eq!(facts.event.as_deref(), Some("interview.completed"));
        assert_eq!(facts.delivery_id.as_deref(), Some("i1"));
        assert_eq!(facts.subject.as_deref(), Some("Trial"));
        assert_eq!(facts.dedup_key.as_deref(), Some("koji:interview.completed:i1"));
        let ready = completed.replace("completed", "analysis_ready");
        assert_eq!(key(&ready), "koji:interview.analysis_ready:i1");
        let again = completed.replace("\"1\"", "\"2\"");
        assert_eq!(key(&again), key(completed), "a retry is the same delivery");
    }

    #[test]
    fn koji_reports_and_studies_are_told_apart_by_time() {
        let report = r#"{"type":"report.generated","timestamp":"1","data":{"report_id":"r","study_id":"s"}}"#;
        assert_eq!(key(report), "koji:report.generated:r:1");
        assert_ne!(key(report), key(&report.replace("\"1\"", "\"2\"")));
        let study = r#"{"type":"study.published","timestamp":"1","data":{"study_id":"s"}}"#;
        assert_eq!(key(study), "koji:study.published:s:1");
    }

    #[test]
    fn without_ids_the_body_is_the_key() {
        assert!(key("").starts_with("koji:sha256:e3b0c442"));
        assert_ne!(key("{}"), key("{ }"));
        assert!(key(r#"{"type":"","data":{"interview_id":"i"}}"#).starts_with("koji:sha256:"));
        assert!(key("not json").starts_with("koji:sha256:"));
    }

    #[test]
    fn facts_come_from_headers_forms_and_elements_too() {
        let github = facts("github", &[("x-github-event", "push"), ("X-GitHub-Delivery", "d")], "{}");
        assert_eq!(github.event.as_deref(), Some("push"));
        assert_eq!(github.dedup_key.as_deref(), Some("github:push:d"));
        let twilio = facts("twilio", &[], "MessageSid=SM1&Body=x");
        assert_eq!(twilio.delivery_id.as_deref(), Some("SM1"));
        let adyen = facts(
            "adyen-standard",
            &[],
            r#"{"notificationItems":[{"NotificationRequestItem":{"eventCode":"AUTHORISATION","pspReference":"p"}}]}"#,
        );
        assert_eq!(adyen.dedup_key.as_deref(), Some("adyen-standard:AUTHORISATION:p"));
        let two = facts("adyen-standard", &[], r#"{"notificationItems":[{"a":1},{"b":2}]}"#);
        assert!(two.dedup_key.unwrap().starts_with("adyen-standard:sha256:"));
    }

    #[test]
    fn older_userjourneys_payloads_are_understood() {
        let body = r#"{"event":"interview.completed","data":{"interview_id":"i","experiment_name":"Old"}}"#;
        let facts = facts("userjourneys", &[], body);
        assert_eq!(facts.subject.as_deref(), Some("Old"));
        assert_eq!(facts.dedup_key.as_deref(), Some("userjourneys:interview.completed:i"));
    }

    #[test]
    fn long_facts_are_bounded_and_stay_different() {
        let body = |end| format!(r#"{{"type":"{}{end}","data":{{"interview_id":"i"}}}}"#, "é".repeat(10_000));
        let (one, two) = (facts("koji", &[], &body("1")), facts("koji", &[], &body("2")));
        assert!(one.event.unwrap().len() <= LONGEST);
        assert!(one.dedup_key.as_ref().unwrap().len() < 100);
        assert_ne!(one.dedup_key, two.dedup_key);
    }
}
