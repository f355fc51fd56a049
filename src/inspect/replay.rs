//! Sends a delivery again as the page asks for it: to any target, with other
//! headers or another body, signed again; or shows what would be sent.
//!
//! The request is made where `events replay` makes it. A target that is not
//! this machine must be confirmed.

use super::answer::Refused;
use crate::forward::Forwarder;
use crate::hook::attempt::Attempt;
use crate::hook::headers::{Head, Headers};
use crate::hook::target::{PathMode, Target};
use crate::hook::time::Timestamp;
use crate::job::judge::Judge;
use crate::job::replay::{self, Changes, Prepared, Resign};
use crate::journal::Entry;
use crate::ui::record::{AttemptRecord, HeaderRecord, headers};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use serde_json::Value;
use std::sync::Arc;

/// What the page asks for.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Asked {
    /// The target, as `--to` takes it.
    pub(super) to: String,
    #[serde(default)]
    path_mode: PathWord,
    #[serde(default)]
    resign: bool,
    headers: Option<Vec<Field>>,
    body: Option<String>,
    body_base64: Option<String>,
    /// Unix seconds or RFC 3339.
    timestamp: Option<Value>,
    /// Show it and send nothing.
    #[serde(default)]
    pub(super) preview: bool,
    /// The target may be another machine.
    #[serde(default)]
    confirm: bool,
}

/// `keep` or `fixed`.
#[derive(Clone, Copy, Debug, Default, Deserialize, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum PathWord {
    #[default]
    Keep,
    Fixed,
}

impl PathWord {
    /// The mode of a word.
    pub(super) fn parse(word: &str) -> Result<Self, Refused> {
        match word {
            "keep" => Ok(Self::Keep),
            "fixed" => Ok(Self::Fixed),
            _ => Err(Refused::bad("`path_mode` is one of keep, fixed")),
        }
    }
}

impl From<PathWord> for PathMode {
    fn from(word: PathWord) -> Self {
        match word {
            PathWord::Keep => Self::Keep,
            PathWord::Fixed => Self::Fixed,
        }
    }
}

impl From<PathMode> for PathWord {
    fn from(mode: PathMode) -> Self {
        match mode {
            PathMode::Keep => Self::Keep,
            PathMode::Fixed => Self::Fixed,
        }
    }
}

#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Field {
    name: String,
    value: Option<String>,
    value_base64: Option<String>,
}

/// A target as a person types it.
pub(super) fn target(text: &str) -> Result<Target, Refused> {
    Target::parse(text, None).map_err(|error| {
        Refused::new(400, "bad_target", error.to_string())
            .hint("write a port such as 3000, localhost:3000/path, or a whole URL")
    })
}

/// The forwarder for prepared requests, which have the whole path in their target.
pub(super) fn forwarder() -> Forwarder {
    Forwarder::plain(PathMode::Fixed)
}

impl Asked {
    /// The request that would be sent.
    pub(super) fn prepare(self, entry: &Entry, judge: &Judge) -> Result<Prepared, Refused> {
        let to = target(&self.to)?;
        if !to.is_loopback() && !self.preview && !self.confirm {
            let message = format!("`{}` is not this machine", to.origin());
            return Err(
                Refused::new(409, "not_loopback", message).hint("confirm that it is to be sent there")
            );
        }
        let resign = match (self.resign, self.timestamp) {
            (true, at) => Some((resign(entry, judge)?, moment(at)?)),
            (false, None) => None,
            (false, Some(_)) => {
                return Err(Refused::bad("a timestamp is only used where it is signed again"));
            }
        };
        let changes = Changes {
            headers: self.headers.map(|fields| fields.into_iter().map(Field::pair).collect()).transpose()?,
            body: one_of("body", self.body, self.body_base64)?.map(Bytes::from),
            resign,
        };
        replay::prepare(entry.listed.seq, &entry.delivery, changes, &to, self.path_mode.into()).map_err(
            |error| {
                let why = std::error::Error::source(&error)
                    .map_or_else(String::new, |source| format!(": {source}"));
                Refused::new(422, "cannot_write", format!("{error}{why}"))
            },
        )
    }
}

impl Field {
    fn pair(self) -> Result<(String, Vec<u8>), Refused> {
        let value = one_of("value", self.value, self.value_base64)?.unwrap_or_default();
        Ok((self.name, value))
    }
}

/// Bytes that are given as text or in base64.
fn one_of(name: &str, text: Option<String>, base64: Option<String>) -> Result<Option<Vec<u8>>, Refused> {
    match (text, base64) {
        (Some(_), Some(_)) => Err(Refused::bad(format!("give `{name}` or `{name}_base64`, not both"))),
        (text, None) => Ok(text.map(String::into_bytes)),
        (None, Some(base64)) => STANDARD
            .decode(base64)
            .map(Some)
            .map_err(|error| Refused::bad(format!("`{name}_base64` is not base64: {error}"))),
    }
}

/// The moment to sign as of: now, where none is named.
fn moment(named: Option<Value>) -> Result<Timestamp, Refused> {
    let text = match named {
        None => return Ok(crate::clock::now()),
        Some(Value::String(text)) => text,
        Some(Value::Number(number)) => number.to_string(),
        Some(_) => return Err(Refused::bad("`timestamp` is neither a number nor a text")),
    };
    Timestamp::parse(&text).map_err(Refused::bad)
}

/// Who signs a delivery again.
fn resign(entry: &Entry, judge: &Judge) -> Result<Resign, Refused> {
    let id = entry.listed.verdict.provider.as_deref().or(judge.named().map(|named| &**named.id()));
    let id = id.ok_or_else(|| {
        Refused::new(409, "no_provider", "nobody knows whose scheme it would be signed with")
            .hint("start the inspector with `--provider ID`")
    })?;
    let judged = judge.provider(id).map_err(|error| Refused::new(409, "no_provider", error.to_string()))?;
    let keys = judged.keys.as_ref().map_err(|(code, reason)| {
        Refused::new(409, code.as_str(), reason.clone()).hint("start the inspector with `--secret-file FILE`")
    })?;
    if !keys.can_sign() {
        let message = "the signing secret is the public key, which verifies and does not sign";
        return Err(Refused::new(409, "no_private_key", message));
    }
    Ok(Resign { provider: Arc::clone(&judged.provider), keys: Arc::new(keys.clone()) })
}

/// What would be sent.
#[derive(Debug, Serialize)]
pub(super) struct PreviewRecord<'a> {
    v: u8,
    r#type: &'static str,
    url: String,
    /// The request line and the header lines; bytes that are no text are replaced.
    head: String,
    headers: Vec<HeaderRecord<'a>>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body: Option<&'a str>,
    #[serde(skip_serializing_if = "Option::is_none")]
    body_base64: Option<String>,
    changed: Changed,
}

/// What differs from the delivery as it would be sent unchanged.
#[derive(Clone, Copy, Debug, Serialize)]
struct Changed {
    headers: bool,
    body: bool,
}

/// A request as a target would get it.
#[derive(Clone, Debug)]
pub(super) struct Sent {
    /// The head, as it goes onto the wire.
    pub(super) head: Head,
    /// The body.
    pub(super) body: Bytes,
    /// Where to.
    pub(super) target: Target,
}

/// The bytes that a target would get.
pub(super) fn sent(prepared: &Prepared, forwarder: &Forwarder) -> Result<Sent, Refused> {
    let refused = || Refused::new(422, "cannot_write", "the request line cannot be written for the target");
    let Prepared { head, body, target } = prepared;
    let bytes = forwarder.head_for(target, head, body.len()).ok_or_else(refused)?;
    let head = Head::parse(bytes).map_err(|_unreadable| refused())?;
    Ok(Sent { head, body: body.clone(), target: target.clone() })
}

/// The record of a request beside the delivery as it came.
pub(super) fn preview<'a>(sent: &'a Sent, unchanged: &Sent) -> PreviewRecord<'a> {
    let text = std::str::from_utf8(&sent.body).ok();
    PreviewRecord {
        v: 1,
        r#type: "preview",
        url: format!("{}{}", sent.target.origin(), sent.head.target()),
        head: String::from_utf8_lossy(sent.head.as_bytes()).into_owned(),
        headers: headers(sent.head.headers()),
        body: text,
        body_base64: text.is_none().then(|| STANDARD.encode(&sent.body)),
        changed: Changed {
            headers: fields(sent.head.headers()) != fields(unchanged.head.headers())
                || sent.head.target() != unchanged.head.target(),
            body: sent.body != unchanged.body,
        },
    }
}

fn fields(headers: &Headers) -> Vec<(&str, &[u8])> {
    headers.iter().map(|field| (field.name, field.value)).collect()
}

/// How sending it went.
#[derive(Clone, Debug, Serialize)]
pub(super) struct ReplayedRecord<'a> {
    v: u8,
    r#type: &'static str,
    attempt: AttemptRecord<'a>,
    /// Why the journal does not hold the attempt, where it does not.
    #[serde(skip_serializing_if = "Option::is_none")]
    not_kept: Option<String>,
}

impl<'a> ReplayedRecord<'a> {
    /// The record of an attempt.
    pub(super) fn new(entry: &'a Entry, attempt: &'a Attempt, not_kept: Option<String>) -> Self {
        let event = entry.listed.facts.event.as_deref();
        let attempt = AttemptRecord::new(Some(entry.listed.seq), event, attempt, None);
        Self { v: 1, r#type: "replayed", attempt, not_kept }
    }
}
