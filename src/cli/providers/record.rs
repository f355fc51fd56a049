//! The JSON record of a provider.

use crate::hook::provider::Provider;
use serde::Serialize;
use serde_json::{Map, Value};

/// The JSON record of a provider.
#[derive(Serialize)]
pub(super) struct ProviderRecord<'a> {
    v: u8,
    r#type: &'static str,
    id: &'a str,
    kind: String,
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
            kind: provider.kind().as_str().to_owned(),
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

/// The settings of a provider as JSON values.
pub(super) fn settings(provider: &Provider) -> Map<String, Value> {
    let text: String =
        provider.settings().iter().map(|(name, value)| format!("{name} = {value}\n")).collect();
    // The catalogue wrote it, so it reads back; were it not so, showing less is no reason to fail.
    toml::from_str(&text).unwrap_or_default()
}
