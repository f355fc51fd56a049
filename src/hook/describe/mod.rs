//! A provider's scheme in words: what a person needs to implement it, and what
//! goes wrong when they do.
//!
//! Everything is read off the profile, so a user's own provider is described
//! like a built-in one and no sentence can disagree with what is verified.
//! Makes no layout and prints nothing.

mod handshake;
mod key;
mod pitfalls;
mod replay;
mod rivals;
mod scheme;
mod specimen;
mod words;

pub use rivals::Rivals;
pub use specimen::{Specimen, Verifier, specimen};

use super::provider::Provider;
use super::template::Source;
use serde_json::{Map, Value};
use std::sync::Arc;

/// A provider's scheme in words: plain text, with code between backticks.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Description {
    /// What is signed, how, and where the signature is: one paragraph.
    pub scheme: String,
    /// How the signing secret becomes the key.
    pub key: String,
    /// What is known about the age of a delivery.
    pub replay: String,
    /// Where the event's type is, the first found counts.
    pub event: Vec<String>,
    /// Where the delivery's id is.
    pub delivery: Vec<String>,
    /// Where that is what it is about.
    pub subject: Vec<String>,
    /// What the provider asks before it delivers, and the answers.
    pub handshakes: Vec<String>,
    /// Other providers that use the same header, and what tells them apart.
    pub rivals: Vec<Rivals>,
    /// What people get wrong.
    pub pitfalls: Vec<String>,
}

/// Describes a provider among `others`, which may hold the provider itself.
pub fn describe(provider: &Provider, others: &[Arc<Provider>]) -> Description {
    Description {
        scheme: scheme::scheme(provider),
        key: key::key(provider),
        replay: replay::replay(provider),
        event: places(provider, &provider.event),
        delivery: places(provider, &provider.delivery),
        subject: places(provider, &provider.subject),
        handshakes: provider.handshakes.iter().map(|asked| handshake::handshake(provider, asked)).collect(),
        rivals: rivals::rivals(provider, others),
        pitfalls: pitfalls::pitfalls(provider, others),
    }
}

fn places(provider: &Provider, sources: &[Source]) -> Vec<String> {
    sources.iter().map(|place| words::source(provider, place)).collect()
}

/// The settings of a provider as JSON values, those of its base included.
pub fn settings(provider: &Provider) -> Map<String, Value> {
    let text: String = provider.settings().map(|(name, value)| format!("{name} = {value}\n")).collect();
    // The catalogue wrote it, so it reads back; were it not so, showing less is no reason to fail.
    toml::from_str(&text).unwrap_or_default()
}

#[cfg(test)]
mod tests;
