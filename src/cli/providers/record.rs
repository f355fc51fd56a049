//! The JSON records of a provider: in short for the list, with its words and a
//! signed sample for one.

use super::next;
use crate::config::secrets::variable_of;
use crate::hook::describe::{Description, Specimen, Verifier, settings};
use crate::hook::provider::{Confidence, Provider, Retry};
use serde::Serialize;
use serde_json::{Map, Value};

/// A provider in short.
#[derive(Serialize)]
pub(super) struct ProviderRecord<'a> {
    v: u8,
    r#type: &'static str,
    id: &'a str,
    kind: &'static str,
    algorithm: String,
    /// Always true: kept for scripts that ask.
    supported: bool,
    signature_headers: Vec<&'a str>,
    tolerance_seconds: Option<u64>,
    replay_detectable: bool,
    deadline_seconds: Option<u64>,
    docs: Option<&'a str>,
    note: Option<&'a str>,
    origin: String,
    settings: Map<String, Value>,
}

impl<'a> ProviderRecord<'a> {
    pub(super) fn new(provider: &'a Provider) -> Self {
        Self {
            v: 1,
            r#type: "provider",
            id: provider.id(),
            kind: provider.kind().as_str(),
            algorithm: provider.algorithm(),
            supported: true,
            signature_headers: provider.signature_headers().iter().map(AsRef::as_ref).collect(),
            tolerance_seconds: provider.tolerance().map(|time| time.as_secs()),
            replay_detectable: provider.replay_detectable(),
            deadline_seconds: provider.deadline().map(|time| time.as_secs()),
            docs: provider.docs(),
            note: provider.note(),
            origin: provider.origin().to_string(),
            settings: settings(provider),
        }
    }
}

/// A provider whole: what `providers show` tells.
#[derive(Serialize)]
pub(super) struct WholeRecord<'a> {
    #[serde(flatten)]
    provider: ProviderRecord<'a>,
    scheme: &'a str,
    key: &'a str,
    replay: &'a str,
    retry: Option<RetryRecord<'a>>,
    handshakes: &'a [String],
    shares_header_with: Vec<RivalRecord<'a>>,
    pitfalls: &'a [String],
    /// How sure the description is.
    confidence: Option<&'static str>,
    /// The environment variable that the signing secret is looked for in.
    variable: String,
    sample: Option<SampleRecord<'a>>,
    next: Vec<String>,
}

/// When a failed delivery is sent again.
#[derive(Serialize)]
#[serde(rename_all = "snake_case")]
enum RetryRecord<'a> {
    AfterSeconds(Vec<u64>),
    Words(&'a str),
}

/// Another provider with the same header.
#[derive(Serialize)]
struct RivalRecord<'a> {
    id: &'a str,
    told_by: Option<&'a str>,
}

/// A signed request and the invented secret that it was signed with.
#[derive(Serialize)]
struct SampleRecord<'a> {
    method: &'a str,
    url: &'a str,
    headers: Vec<HeaderRecord<'a>>,
    body: String,
    /// The secret, or the public key, that it verifies with.
    #[serde(skip_serializing_if = "Option::is_none")]
    secret: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    public_key: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    webhook_id: Option<&'a str>,
    timestamp: String,
}

/// A header in records, as everywhere else.
#[derive(Serialize)]
struct HeaderRecord<'a> {
    name: &'a str,
    value: String,
}

impl<'a> WholeRecord<'a> {
    pub(super) fn new(
        provider: &'a Provider,
        described: &'a Description,
        specimen: Option<&'a Specimen>,
    ) -> Self {
        let rivals = described.rivals.iter().flat_map(|group| {
            group.ids.iter().map(|id| RivalRecord { id, told_by: group.told_by.as_deref() })
        });
        Self {
            provider: ProviderRecord::new(provider),
            scheme: &described.scheme,
            key: &described.key,
            replay: &described.replay,
            retry: provider.retry().map(|retry| match retry {
                Retry::After(times) => {
                    RetryRecord::AfterSeconds(times.iter().map(std::time::Duration::as_secs).collect())
                }
                Retry::Words(words) => RetryRecord::Words(words),
            }),
            handshakes: &described.handshakes,
            shares_header_with: rivals.collect(),
            pitfalls: &described.pitfalls,
            confidence: provider.confidence().map(Confidence::title),
            variable: variable_of(provider.id()),
            sample: specimen.map(SampleRecord::from),
            next: next::commands(provider),
        }
    }
}

impl<'a> From<&'a Specimen> for SampleRecord<'a> {
    fn from(specimen: &'a Specimen) -> Self {
        let header = |(name, value): &'a (String, Vec<u8>)| HeaderRecord {
            name,
            value: String::from_utf8_lossy(value).into_owned(),
        };
        let (secret, public_key) = match &specimen.verifies_with {
            Verifier::Secret(secret) => (Some(secret.as_str()), None),
            Verifier::PublicKey(key) => (None, Some(key.as_str())),
        };
        Self {
            method: specimen.method,
            url: &specimen.url,
            headers: specimen.headers.iter().map(header).collect(),
            body: String::from_utf8_lossy(&specimen.body).into_owned(),
            secret,
            public_key,
            webhook_id: specimen.webhook_id,
            timestamp: specimen.at.rfc3339_millis(),
        }
    }
}
