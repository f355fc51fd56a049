//! Tests of the samples.

use super::*;
use crate::hook::delivery::Message;
use crate::hook::headers::Headers;
use crate::hook::provider::Catalogue;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::collections::HashSet;

const NOW: Timestamp = Timestamp::from_micros(1_790_000_000_123_456);

fn all() -> impl Iterator<Item = &'static Sample> {
    providers().flat_map(samples)
}

#[test]
fn the_published_examples_are_the_published_bytes() {
    // Signatures computed elsewhere over the examples of the vendors' guides, printed compact.
    let signature = |secret: &str, body: &[u8]| {
        let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
        mac.update(body);
        hex::encode(mac.finalize().into_bytes())
    };
    let koji = find("koji", "interview.completed").unwrap();
    assert!(!koji.invented);
    assert_eq!(
        signature("koji_test_secret", &koji.body),
        "09a3f2ef81538cef3bf0f63dc768d2feb78c90e2e37cca854b4ccebbe0841c18"
    );
    let uj = find("userjourneys", "interview.completed").unwrap();
    assert!(!uj.invented);
    assert_eq!(
        signature("whsec_5b69ff6a12af94c6e3901a061180ca73", &uj.body),
        "e044f1a2650339ae50abef6f9a560998be06e73e0c7968f597bedd19b59d5413"
    );
    assert_eq!(uj.headers(NOW, "x"), [("X-Webhook-Event".to_owned(), "interview.completed".to_owned())]);
}

#[test]
fn every_event_of_both_research_vendors_has_a_sample() {
    let koji: Vec<&str> = events("koji").collect();
    assert_eq!(
        koji,
        [
            "interview.completed",
            "interview.completed:structured",
            "interview.analysis_ready",
            "interview.quality_scored",
            "interview.failed_quality_gate",
            "study.published",
            "report.generated",
            "webhook.test",
        ]
    );
    assert_eq!(events("userjourneys").collect::<Vec<_>>(), ["interview.completed"]);
    for sample in samples("koji").iter().skip(1) {
        assert!(sample.invented, "{} has no published example", sample.name);
    }
    for name in ["interview.completed:structured", "interview.analysis_ready"] {
        let body: serde_json::Value = serde_json::from_slice(&find("koji", name).unwrap().body).unwrap();
        let answers = body["data"]["structured_answers"].as_array().unwrap();
        let kinds: HashSet<&str> = answers.iter().map(|answer| answer["type"].as_str().unwrap()).collect();
        let six = ["open_ended", "scale", "single_choice", "multiple_choice", "ranking", "yes_no"];
        assert_eq!(kinds, HashSet::from(six), "{name}");
    }
}

#[test]
fn every_sample_can_be_sent_and_made_fresh() {
    for sample in all() {
        let what = format!("{} {}", sample.provider, sample.name);
        let fresh = sample.fresh(NOW, "0199-fresh-id");
        assert_ne!(fresh, sample.body, "{what}");
        assert_eq!(fresh, sample.fresh(NOW, "0199-fresh-id"), "{what}: same input, same bytes");
        let fields = sample.headers(NOW, "0199-fresh-id");
        let later = NOW.plus(std::time::Duration::from_secs(100));
        let told_apart =
            sample.fresh(later, "other-id") != fresh || sample.headers(later, "other-id") != fields;
        assert!(told_apart, "{what}: another event has other bytes");
        for (name, value) in &fields {
            assert!(!value.contains('{') && !value.is_empty() && value.is_ascii(), "{what}: {name}: {value}");
        }
        let pairs = fields.iter().map(|(name, value)| (name.as_str(), value.as_str()));
        assert!(Headers::parse_block(Headers::from_pairs(pairs).block().to_vec()).is_ok(), "{what}");
        assert!(!sample.title.is_empty() && !sample.title.ends_with('.'), "{what}");
        if sample.content_type.starts_with("application/json") {
            serde_json::from_slice::<serde_json::Value>(&fresh).unwrap();
            assert!(!String::from_utf8(fresh).unwrap().contains("{\"unix"), "{what}");
        }
    }
}

#[test]
fn every_place_that_is_made_fresh_exists_and_changes() {
    for sample in all() {
        let seed = Seed { now: NOW, id: "0199-fresh-id", event: &sample.event };
        for (place, template) in &sample.fresh {
            let what = format!("{} {} {place}", sample.provider, sample.name);
            let filled = fresh::fill(template, seed);
            assert!(!filled.contains('{'), "{what}: {filled}");
            let changed = if sample.content_type.starts_with("application/json") {
                fresh::in_json(&sample.body, place, &filled).unwrap()
            } else {
                fresh::in_form(&sample.body, place, &filled)
            };
            assert_ne!(changed, sample.body, "{what}");
        }
    }
}

#[test]
fn a_fresh_interview_keeps_its_times_in_order() {
    let body = find("userjourneys", "interview.completed")
        .unwrap()
        .fresh(NOW, "a1b2c3d4-5678-90ab-cdef-333333333333");
    let value: serde_json::Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(value["data"]["interview_id"], "a1b2c3d4-5678-90ab-cdef-333333333333");
    let times = [&value["data"]["started_at"], &value["data"]["completed_at"], &value["timestamp"]];
    assert!(times.is_sorted_by_key(|time| time.as_str().unwrap()), "{times:?}");
    assert_eq!(value["timestamp"], NOW.rfc3339_millis());
    assert_eq!(body.len(), 517, "nothing else changed");
}

#[test]
fn the_body_names_the_event_where_the_provider_does() {
    for (provider, pointer) in [
        ("koji", "/type"),
        ("userjourneys", "/event"),
        ("stripe", "/type"),
        ("standard-webhooks", "/type"),
        ("clerk", "/type"),
        ("resend", "/type"),
        ("openai", "/type"),
        ("sendgrid", "/0/event"),
        ("mailgun", "/event-data/event"),
        ("postmark", "/RecordType"),
        ("zoom", "/event"),
        ("square", "/type"),
        ("paddle", "/event_type"),
        ("lemonsqueezy", "/meta/event_name"),
        ("typeform", "/event_type"),
        ("calendly", "/event"),
        ("calcom", "/triggerEvent"),
        ("hubspot-v3", "/0/subscriptionType"),
        ("intercom", "/topic"),
        ("linear", "/type"),
        ("pagerduty", "/event/event_type"),
        ("vercel", "/type"),
        ("razorpay", "/event"),
        ("paystack", "/event"),
    ] {
        assert!(!samples(provider).is_empty(), "{provider}");
        for sample in samples(provider) {
            assert_eq!(
                edit::value_at(&sample.body, pointer).unwrap(),
                edit::quoted(&sample.event),
                "{provider}"
            );
        }
    }
}

#[test]
fn the_providers_own_description_reads_the_event_and_tells_fresh_events_apart() {
    // What these carry is a handshake or has no place for a name.
    let nameless =
        ["url_verification", "verification_token", "PING", "INTERACTION_PING", "endpoint.url_validation"];
    let catalogue = Catalogue::builtin();
    for id in providers() {
        let provider = catalogue.get(id).unwrap();
        for sample in samples(id) {
            let facts = |seed: &str| {
                let body = sample.fresh(NOW, seed);
                let headers = Headers::from_pairs(sample.headers(NOW, seed));
                let message = Message {
                    method: &sample.method,
                    target: "/",
                    headers: &headers,
                    body: &body,
                    url: None,
                };
                provider.facts(&message)
            };
            let one = facts("one");
            if !nameless.contains(&sample.event.as_str()) && id != "twilio" {
                assert_eq!(one.event.as_deref(), Some(sample.event.as_str()), "{id} {}", sample.name);
            }
            assert_eq!(one, facts("one"), "{id} {}", sample.name);
            // Koji's ping has no id; only its moment tells two apart.
            if sample.event != "webhook.test" && sample.event != "app/uninstalled" {
                assert_ne!(one.dedup_key, facts("two").dedup_key, "{id} {}", sample.name);
            }
        }
    }
}

#[test]
fn names_are_unique_and_an_unknown_one_suggests_its_neighbour() {
    let mut seen = HashSet::new();
    assert!(providers().all(|provider| seen.insert(provider)));
    for provider in providers() {
        let mut seen = HashSet::new();
        assert!(events(provider).all(|event| seen.insert(event)), "{provider}");
        for event in events(provider) {
            assert_eq!(find(provider, event).unwrap().name, event);
        }
    }
    let error = |provider: &str, event: &str| find(provider, event).unwrap_err().to_string();
    assert_eq!(
        error("koji", "interview.complete"),
        "`koji` has no sample of the event `interview.complete`; did you mean `interview.completed`?"
    );
    assert_eq!(error("github", "zzz"), "`github` has no sample of the event `zzz`");
    assert_eq!(find("nobody", "x").unwrap_err(), SampleError::NoSamples { provider: "nobody".to_owned() });
}

#[test]
fn compact_json_keeps_everything_but_white_space() {
    assert_eq!(
        compact("{ \"a b\" : \"c \\\" d\\\\\" ,\n\t\"e\": [1.0, 1e5 ] }"),
        br#"{"a b":"c \" d\\","e":[1.0,1e5]}"#
    );
}
