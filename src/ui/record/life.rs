//! The records of a listener's life: how it starts, whom it turns away, what it saw.
//! The rules of the schema are in the module above.

use super::{VERSION, milliseconds};
use crate::job::report::{Ready, Rejected, Summary};
use serde::Serialize;

/// Where a provider's secret came from; never the secret.
#[derive(Clone, Debug, Serialize)]
pub struct SecretRecord<'a> {
    provider: Option<&'a str>,
    origin: &'a str,
}

/// What a listener starts with.
#[derive(Clone, Debug, Serialize)]
pub struct ReadyRecord<'a> {
    v: u8,
    r#type: &'static str,
    url: &'a str,
    address: String,
    answer: &'static str,
    targets: &'a [String],
    provider: Option<&'a str>,
    secrets: Vec<SecretRecord<'a>>,
    journal: Option<&'a str>,
    inspector: Option<&'a str>,
}

impl<'a> From<&'a Ready> for ReadyRecord<'a> {
    fn from(ready: &'a Ready) -> Self {
        Self {
            v: VERSION,
            r#type: "ready",
            url: &ready.url,
            address: ready.address.to_string(),
            answer: ready.answer.as_str(),
            targets: &ready.targets,
            provider: ready.provider.as_deref(),
            secrets: ready
                .secrets
                .iter()
                .map(|secret| SecretRecord { provider: secret.provider.as_deref(), origin: &secret.origin })
                .collect(),
            journal: ready.journal.as_deref(),
            inspector: ready.inspector.as_deref(),
        }
    }
}

/// A connection or request turned away before it was a delivery.
#[derive(Clone, Debug, Serialize)]
pub struct RejectedRecord<'a> {
    v: u8,
    r#type: &'static str,
    at: String,
    peer: String,
    status: Option<u16>,
    code: &'static str,
    reason: &'a str,
}

impl<'a> From<&'a Rejected> for RejectedRecord<'a> {
    fn from(rejected: &'a Rejected) -> Self {
        Self {
            v: VERSION,
            r#type: "rejected",
            at: rejected.at.rfc3339_millis(),
            peer: rejected.peer.to_string(),
            status: rejected.status,
            code: rejected.code,
            reason: &rejected.reason,
        }
    }
}

/// What a listener saw in its life.
#[derive(Clone, Debug, Serialize)]
pub struct SummaryRecord {
    v: u8,
    r#type: &'static str,
    received: u64,
    verified: u64,
    failed: u64,
    unjudged: u64,
    forwarded: u64,
    forward_failed: u64,
    waiting: u64,
    duplicates: u64,
    rejected: u64,
    not_kept: u64,
    matched: u64,
    filtered: u64,
    filter_errors: u64,
    ran_ms: f64,
}

impl From<&Summary> for SummaryRecord {
    fn from(summary: &Summary) -> Self {
        Self {
            v: VERSION,
            r#type: "summary",
            received: summary.received,
            verified: summary.verified,
            failed: summary.failed,
            unjudged: summary.unjudged,
            forwarded: summary.forwarded,
            forward_failed: summary.forward_failed,
            waiting: summary.waiting,
            duplicates: summary.duplicates,
            rejected: summary.rejected,
            not_kept: summary.not_kept,
            matched: summary.matched,
            filtered: summary.filtered,
            filter_errors: summary.filter_errors,
            ran_ms: milliseconds(summary.ran),
        }
    }
}
