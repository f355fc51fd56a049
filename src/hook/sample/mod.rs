//! Sample payloads of the providers' events, as data.
//!
//! The bytes of a sample are what a vendor would send: compact JSON, or what
//! else it sends, with the fields it puts in the head beside the signature.
//! Where a vendor publishes no example of an event the payload is marked as
//! invented. Signing is not done here.

pub mod edit;
mod fresh;
mod generic;
pub(in crate::hook) mod wanted;

pub use edit::{EditError, set_pointer};
pub(in crate::hook) use generic::pointer;

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
mod tests;
