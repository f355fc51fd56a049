//! Samples for providers that have none, and of the user's own payloads.

use super::wanted::{Wanted, insert};
use super::{Sample, edit, samples};
use crate::hook::delivery::Message;
use crate::hook::form;
use crate::hook::headers::Headers;
use crate::hook::json::Path;
use crate::hook::jsontext;
use crate::hook::provider::{Place, Provider, TimeForm, TimePlace};
use crate::hook::template::Source;
use crate::hook::time::Timestamp;
use serde_json::Value;

const JSON: &str = "application/json";
const FORM: &str = "application/x-www-form-urlencoded";
/// An event that no vendor has.
const EVENT: &str = "example.created";
/// What ids are made of: in the place of one, so that it can be found again.
const ID: &str = "example_id";

impl Sample {
    /// A sample of a provider that has none: what its profile looks at, and an
    /// id and a time of its own.
    pub fn generic(provider: &Provider) -> Self {
        let mut wanted = Wanted::of(provider, EVENT, Timestamp::default(), ID);
        let is_form = !wanted.form.is_empty() || matches!(provider.place(), Place::Form(_));
        let mut body = std::mem::take(&mut wanted.body);
        let mut places = Vec::new();
        if is_form {
            body = form::set(&body, "id", ID.as_bytes());
            places.push(("id".to_owned(), "{id}".to_owned()));
        } else {
            let mut json = serde_json::from_slice(&body).unwrap_or(Value::Null);
            insert(&mut json, "id", ID.into(), false);
            insert(&mut json, "created_at", "2026-01-01T00:00:00Z".into(), false);
            insert(
                &mut json,
                "data",
                serde_json::json!({ "text": "an example of a delivery", "url": "https://example.com/" }),
                false,
            );
            body = json.to_string().into_bytes();
            let made = [("id", "{id}"), ("created_at", "{seconds}")];
            places.extend(made.map(|(key, template)| (format!("/{key}"), template.to_owned())));
        }
        places.extend(profile_places(provider, &body));
        let headers = wanted.headers.into_iter();
        let headers =
            headers.map(|(name, value)| (name, if value == ID { "{id}".to_owned() } else { value }));
        Self {
            provider: provider.id().to_string(),
            name: EVENT.to_owned(),
            event: EVENT.to_owned(),
            title: "a made-up event".to_owned(),
            method: "POST".to_owned(),
            content_type: (if is_form { FORM } else { JSON }).to_owned(),
            invented: true,
            headers: headers.collect(),
            fresh: places,
            body,
        }
    }

    /// A sample of the user's own payload. Its ids and times are made fresh
    /// where the provider's profile, or its sample of the same event, says that
    /// there are any; all other bytes are sent as they are.
    pub fn of_payload(body: Vec<u8>, provider: &Provider) -> Self {
        let (event, like) = Self::like(&body, provider);
        let content_type = like.content_type_for(&body, provider);
        let mut fresh: Vec<_> = like
            .fresh
            .iter()
            .filter(|(pointer, _)| edit::value_at(&body, pointer).is_ok())
            .cloned()
            .collect();
        fresh.extend(profile_places(provider, &body));
        let event = event.unwrap_or_else(|| like.event.clone());
        Self {
            name: event.clone(),
            title: "your own payload".to_owned(),
            invented: false,
            event,
            content_type,
            body,
            fresh,
            ..like
        }
    }

    /// The event that a payload tells of, and the provider's sample that is the most like it.
    fn like(body: &[u8], provider: &Provider) -> (Option<String>, Self) {
        let none = Headers::default();
        let message = Message { method: "POST", target: "/", headers: &none, body, url: None };
        let event = provider.facts(&message).event;
        let known = samples(provider.id());
        let alike = known.iter().find(|sample| Some(&sample.event) == event.as_ref()).or(known.first());
        let like = alike.cloned().unwrap_or_else(|| Self::generic(provider));
        (event, like)
    }

    /// The value of Content-Type that the provider sends with such a payload.
    pub fn content_type_of(body: &[u8], provider: &Provider) -> String {
        Self::like(body, provider).1.content_type_for(body, provider)
    }

    /// The same where this sample is the most like it.
    pub fn content_type_for(&self, body: &[u8], provider: &Provider) -> String {
        let fits = self.content_type.starts_with(JSON) || matches!(provider.place(), Place::Form(_));
        if !fits && jsontext::check(body).is_ok() { JSON.to_owned() } else { self.content_type.clone() }
    }

    /// Whether the body is JSON.
    pub fn is_json(&self) -> bool {
        jsontext::check(&self.body).is_ok()
    }
}

/// Where the profile finds the delivery's id and its time in this body.
fn profile_places(provider: &Provider, body: &[u8]) -> Vec<(String, String)> {
    let mut places = Vec::new();
    for source in &provider.delivery {
        match source {
            Source::Json(path) => {
                let pointer = pointer(path);
                let Ok(now) = edit::value_at(body, &pointer) else { continue };
                let template = id_template(now);
                places.extend(template.map(|template| (pointer, template.to_owned())));
            }
            Source::Form(name) if form::find(body, name).is_some() => {
                places.push((name.to_string(), "{id}".to_owned()));
            }
            _ => {}
        }
    }
    if let Some(TimePlace::Source(Source::Json(path))) = &provider.timestamp {
        let template = match provider.time_form {
            TimeForm::Unix => "{unix}",
            TimeForm::UnixMillis => "{unix_ms}",
            TimeForm::Rfc3339 | TimeForm::HttpDate => "{millis}",
        };
        places.push((pointer(path), template.to_owned()));
    }
    places
}

/// What makes a fresh id of the form that stands there.
fn id_template(now: &str) -> Option<&'static str> {
    let text = now.trim_matches('"');
    match now.as_bytes().first()? {
        b'"' if uuid::Uuid::parse_str(text).is_ok() => Some("{uuid}"),
        b'"' => Some("{id}"),
        b'0'..=b'9' => Some("{number}"),
        _ => None,
    }
}

/// The same place as a JSON pointer.
pub(in crate::hook) fn pointer(path: &Path) -> String {
    let keys = path.as_str().split('.');
    keys.map(|key| format!("/{}", key.replace('~', "~0").replace('/', "~1"))).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::provider::Catalogue;

    const AT: Timestamp = Timestamp::from_seconds(1_780_000_000);

    #[test]
    fn a_generic_sample_has_a_fresh_id_for_every_provider() {
        for provider in Catalogue::builtin().all() {
            let sample = Sample::generic(&provider);
            let (one, other) = (sample.fresh(AT, "one"), sample.fresh(AT, "two"));
            assert_ne!(one, other, "{}: {}", provider.id(), String::from_utf8_lossy(&one));
            assert_eq!(one, sample.fresh(AT, "one"), "{}", provider.id());
            assert_eq!(sample.is_json(), sample.content_type == JSON, "{}", provider.id());
        }
    }

    #[test]
    fn an_own_payload_keeps_its_bytes_but_for_its_id() {
        let koji = Catalogue::builtin().get("koji").unwrap();
        let body = br#"{ "type":"interview.completed", "data":{"interview_id":"abc", "mine":1.10}}"#;
        let sample = Sample::of_payload(body.to_vec(), &koji);
        assert_eq!(sample.event, "interview.completed");
        let fresh = String::from_utf8(sample.fresh(AT, "one")).unwrap();
        assert_ne!(fresh.as_bytes(), body);
        let at = fresh.find(r#""interview_id":""#).unwrap();
        assert!(
            fresh.starts_with(r#"{ "type":"interview.completed", "data":{"interview_id":""#),
            "{at}: {fresh}"
        );
        assert!(fresh.ends_with(r#"", "mine":1.10}}"#), "{fresh}");
        let text = Sample::of_payload(b"no json".to_vec(), &koji);
        assert_eq!((text.content_type.as_str(), text.is_json()), (JSON, false));
        assert_eq!(text.fresh(AT, "one"), b"no json");
    }

    #[test]
    fn a_payload_goes_out_as_what_its_provider_sends() {
        for (provider, body, content_type) in [
            ("koji", "{}", JSON),
            ("koji", "no json", JSON),
            ("slack", r#"{"type":"event_callback"}"#, JSON),
            ("twilio", "a=1", FORM),
            ("twilio", "{}", JSON),
            ("braintree", "{}", FORM),
        ] {
            let provider = Catalogue::builtin().get(provider).unwrap();
            let found = Sample::content_type_of(body.as_bytes(), &provider);
            assert!(found.starts_with(content_type), "{} {body}: {found}", provider.id());
        }
    }
}
