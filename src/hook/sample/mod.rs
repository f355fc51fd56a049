//! Sample payloads of the providers' events, as data.
//!
//! The bytes of a sample are what a vendor would send: compact JSON, or what
//! else it sends, with the fields it puts in the head beside the signature.
//! Where a vendor publishes no example of an event the payload is marked as
//! invented. Signing is not done here.

pub mod edit;
mod fresh;

pub use edit::{EditError, set_pointer};

use crate::hook::time::Timestamp;
use fresh::Seed;
use serde::Deserialize;
use serde_json::value::RawValue;
use std::sync::OnceLock;

/// One sample.
#[derive(Clone, Debug)]
pub struct Sample {
    /// The provider, or the first of those that send the same.
    pub provider: String,
    /// What `trigger` takes: the event's name, or `event:variant` for a second sample of it.
    pub name: String,
    /// The event's name.
    pub event: String,
    /// What happened, for a list of samples.
    pub title: String,
    /// Such as `POST`.
    pub method: String,
    /// The value of Content-Type.
    pub content_type: String,
    /// Whether the vendor publishes no example and the payload is a guess.
    pub invented: bool,
    /// The body as bytes, with the ids and times of the vendor's example.
    pub body: Vec<u8>,
    headers: Vec<(String, String)>,
    fresh: Vec<(String, String)>,
}

/// Why there is no sample.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SampleError {
    /// The provider has samples, but none of this event.
    #[error("`{provider}` has no sample of the event `{event}`{}", match nearest { Some(nearest) => format!("; did you mean `{nearest}`?"), None => String::new() })]
    UnknownEvent {
        /// The provider.
        provider: String,
        /// As asked for.
        event: String,
        /// The most similar event there is.
        nearest: Option<String>,
    },
    /// There is no sample of this provider at all.
    #[error("there are no sample payloads of `{provider}`; give your own with `--data FILE`")]
    NoSamples {
        /// The provider.
        provider: String,
    },
}

impl Sample {
    /// The fields a vendor sends beside Content-Type and the signature, for an
    /// event with this id at this moment.
    pub fn headers(&self, now: Timestamp, id: &str) -> Vec<(String, String)> {
        let seed = Seed { now, id, event: &self.event };
        self.headers.iter().map(|(name, value)| (name.clone(), fresh::fill(value, seed))).collect()
    }

    /// The body as an event of its own: its ids made from `id`, its times from
    /// `now`, everything else byte for byte. The same input gives the same bytes.
    pub fn fresh(&self, now: Timestamp, id: &str) -> Vec<u8> {
        let seed = Seed { now, id, event: &self.event };
        let form = self.content_type.starts_with("application/x-www-form-urlencoded");
        self.fresh.iter().fold(self.body.clone(), |body, (place, template)| {
            let filled = fresh::fill(template, seed);
            if form {
                fresh::in_form(&body, place, &filled)
            } else {
                // A test holds that every place of every sample exists.
                fresh::in_json(&body, place, &filled).unwrap_or(body)
            }
        })
    }
}

/// Providers that send the same payloads, and the file of these.
struct Family {
    providers: &'static [&'static str],
    text: &'static str,
    samples: OnceLock<Vec<Sample>>,
}

macro_rules! families {
    ($($file:literal: $($provider:literal),+;)+) => {
        [$(Family {
            providers: &[$($provider),+],
            text: include_str!(concat!("samples/", $file, ".json")),
            samples: OnceLock::new(),
        }),+]
    };
}

static FAMILIES: [Family; FAMILY_COUNT] = families! {
    "koji": "koji";
    "userjourneys": "userjourneys";
    "stripe": "stripe";
    "github": "github", "github-sha1";
    "gitlab": "gitlab", "gitlab-token";
    "bitbucket": "bitbucket";
    "slack": "slack";
    "shopify": "shopify";
    "standard-webhooks": "standard-webhooks", "standard-webhooks-v1a", "svix";
    "clerk": "clerk";
    "resend": "resend";
    "openai": "openai";
    "twilio": "twilio";
    "sendgrid": "sendgrid";
    "mailgun": "mailgun";
    "postmark": "postmark";
    "discord": "discord";
    "zoom": "zoom";
    "square": "square";
    "paddle": "paddle";
    "lemonsqueezy": "lemonsqueezy";
    "typeform": "typeform";
    "calendly": "calendly";
    "calcom": "calcom";
    "hubspot": "hubspot-v3", "hubspot-v2", "hubspot-v1";
    "intercom": "intercom";
    "linear": "linear";
    "notion": "notion";
    "sentry": "sentry";
    "pagerduty": "pagerduty";
    "vercel": "vercel";
    "razorpay": "razorpay";
    "paystack": "paystack";
};

const FAMILY_COUNT: usize = 33;

/// Every sample of every provider.
pub fn all() -> impl Iterator<Item = &'static Sample> {
    FAMILIES.iter().filter_map(|family| family.providers.first()).flat_map(|provider| samples(provider))
}

/// A data file.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct File<'a> {
    /// Sent with every sample of the file.
    #[serde(default)]
    headers: Vec<(String, String)>,
    #[serde(borrow)]
    samples: Vec<Entry<'a>>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Entry<'a> {
    event: String,
    variant: Option<String>,
    title: String,
    #[serde(default)]
    invented: bool,
    method: Option<String>,
    content_type: Option<String>,
    #[serde(default)]
    headers: Vec<(String, String)>,
    /// JSON, sent without white space.
    #[serde(borrow)]
    body: Option<&'a RawValue>,
    /// Anything else, sent as it is.
    text: Option<String>,
    /// What follows the JSON, such as a line ending.
    #[serde(default)]
    tail: String,
    /// Pointers (or names of form fields) and the templates of their values.
    #[serde(default)]
    fresh: Vec<(String, String)>,
}

impl Entry<'_> {
    fn into_sample(self, provider: &str, common: &[(String, String)]) -> Sample {
        let mut body = match (self.body, self.text) {
            (Some(json), _) => compact(json.get()),
            (None, text) => text.unwrap_or_default().into_bytes(),
        };
        body.extend_from_slice(self.tail.as_bytes());
        Sample {
            provider: provider.to_owned(),
            name: match self.variant {
                Some(variant) => format!("{}:{variant}", self.event),
                None => self.event.clone(),
            },
            event: self.event,
            title: self.title,
            method: self.method.unwrap_or_else(|| "POST".to_owned()),
            content_type: self.content_type.unwrap_or_else(|| "application/json".to_owned()),
            invented: self.invented,
            body,
            headers: common.iter().cloned().chain(self.headers).collect(),
            fresh: self.fresh,
        }
    }
}

/// JSON text without the white space between its parts; every other byte stays.
fn compact(json: &str) -> Vec<u8> {
    let (mut in_string, mut escaped) = (false, false);
    let keep = |byte: &u8| {
        if in_string {
            in_string = escaped || *byte != b'"';
            escaped = !escaped && *byte == b'\\';
            return true;
        }
        in_string = *byte == b'"';
        !byte.is_ascii_whitespace()
    };
    json.bytes().filter(keep).collect()
}

impl Family {
    fn samples(&self) -> &[Sample] {
        self.samples.get_or_init(|| {
            let file: File<'_> = serde_json::from_str(self.text)
                .expect("the data files are part of the program and a test reads each");
            let provider = self.providers.first().copied().unwrap_or_default();
            file.samples.into_iter().map(|entry| entry.into_sample(provider, &file.headers)).collect()
        })
    }
}

/// The providers with samples.
pub fn providers() -> impl Iterator<Item = &'static str> {
    FAMILIES.iter().flat_map(|family| family.providers.iter().copied())
}

/// The samples of a provider; none for one that has none.
pub fn samples(provider: &str) -> &'static [Sample] {
    let family = FAMILIES.iter().find(|family| family.providers.contains(&provider));
    family.map_or(&[], Family::samples)
}

/// The names of a provider's samples: its events, and variants of them.
pub fn events(provider: &str) -> impl Iterator<Item = &'static str> {
    samples(provider).iter().map(|sample| sample.name.as_str())
}

/// The sample of this name.
///
/// # Errors
/// Names the nearest event when there is none of this name.
pub fn find(provider: &str, event: &str) -> Result<&'static Sample, SampleError> {
    let all = samples(provider);
    if all.is_empty() {
        return Err(SampleError::NoSamples { provider: provider.to_owned() });
    }
    all.iter().find(|sample| sample.name == event).ok_or_else(|| {
        let likeness =
            |name: &str| strsim::jaro_winkler(&name.to_ascii_lowercase(), &event.to_ascii_lowercase());
        let nearest = all
            .iter()
            .map(|sample| (likeness(&sample.name), &sample.name))
            .max_by(|(one, _), (other, _)| one.total_cmp(other))
            .filter(|(likeness, _)| *likeness > 0.6)
            .map(|(_, name)| name.clone());
        SampleError::UnknownEvent { provider: provider.to_owned(), event: event.to_owned(), nearest }
    })
}

#[cfg(test)]
mod tests {
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
            let kinds: HashSet<&str> =
                answers.iter().map(|answer| answer["type"].as_str().unwrap()).collect();
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
                assert!(
                    !value.contains('{') && !value.is_empty() && value.is_ascii(),
                    "{what}: {name}: {value}"
                );
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
        assert_eq!(
            find("nobody", "x").unwrap_err(),
            SampleError::NoSamples { provider: "nobody".to_owned() }
        );
    }

    #[test]
    fn compact_json_keeps_everything_but_white_space() {
        assert_eq!(
            compact("{ \"a b\" : \"c \\\" d\\\\\" ,\n\t\"e\": [1.0, 1e5 ] }"),
            br#"{"a b":"c \" d\\","e":[1.0,1e5]}"#
        );
    }
}
