//! A handshake of a profile: the request that a provider sends to find out
//! whether the endpoint answers, and what it wants to hear.
//!
//! `when` recognises the request; `check` is what it must know; `status`,
//! `content_type`, `headers` and `body` are the answer; `capture` is a signing
//! secret that it brings. What the vendor's own request looks like beyond what
//! `when` and the answer demand is said by `method`, `query`, `payload`,
//! `challenge` and `signed`; what else it takes as an answer by `also_status`
//! and `also`; that the answer must have no body by `bare`. `forged` is the
//! status that it wants for the same request with a wrong signature, and
//! `then` the first delivery after the handshake, signed with the secret that
//! was brought. `guessed` says that the vendor publishes no form of it, so that
//! an endpoint may refuse it.

use super::error::ProfileError;
use super::profile::headers;
use super::reader::Reader;
use crate::hook::condition::Condition;
use crate::hook::template::{Source, Template};

pub(super) const FIELDS: [&str; 20] = [
    "name",
    "when",
    "check",
    "status",
    "content_type",
    "headers",
    "body",
    "capture",
    "note",
    "method",
    "query",
    "payload",
    "challenge",
    "signed",
    "also_status",
    "also",
    "bare",
    "forged",
    "then",
    "guessed",
];

const CHALLENGES: [(&str, Challenge); 2] = [("hex", Challenge::Hex), ("number", Challenge::Number)];

/// How a fresh challenge is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub(in crate::hook) enum Challenge {
    /// 32 hex digits.
    #[default]
    Hex,
    /// Ten digits.
    Number,
}

/// A request that a provider sends to find out whether the endpoint answers.
#[derive(Clone, Debug)]
pub struct Handshake {
    pub(in crate::hook) name: Box<str>,
    pub(in crate::hook) when: Condition,
    pub(in crate::hook) check: Option<Source>,
    pub(in crate::hook) status: u16,
    pub(in crate::hook) headers: Vec<(Box<str>, Template)>,
    pub(in crate::hook) body: Template,
    pub(in crate::hook) capture: Option<Source>,
    pub(in crate::hook) method: Option<Box<str>>,
    pub(in crate::hook) query: Box<str>,
    pub(in crate::hook) payload: Option<Box<str>>,
    pub(in crate::hook) challenge: Challenge,
    pub(in crate::hook) signed: bool,
    pub(in crate::hook) also_status: Option<u16>,
    pub(in crate::hook) also: Vec<Template>,
    pub(in crate::hook) bare: bool,
    pub(in crate::hook) forged: Option<u16>,
    pub(in crate::hook) then: Option<Box<str>>,
    pub(in crate::hook) guessed: bool,
}

impl Handshake {
    /// What it is called, such as `url verification`.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// Whether the vendor signs the request.
    pub fn is_signed(&self) -> bool {
        self.signed || self.forged.is_some()
    }

    /// Whether the vendor publishes no form of it: an endpoint may well refuse it.
    pub fn is_guessed(&self) -> bool {
        self.guessed
    }

    /// Whether asking it takes the signing secret: to sign it (unless `signed`
    /// is false), as the verify token, or to know the answer.
    pub fn needs_secret(&self, signed: bool) -> bool {
        let answers = self.headers.iter().map(|(_, template)| template).chain([&self.body]);
        (signed && self.is_signed()) || self.check.is_some() || answers.into_iter().any(Template::needs_key)
    }
}

/// The handshakes of a profile.
pub(super) fn read(read: &Reader<'_>) -> Result<Vec<Handshake>, ProfileError> {
    read.tables("handshake", &FIELDS)?.iter().map(handshake).collect()
}

fn handshake(read: &Reader<'_>) -> Result<Handshake, ProfileError> {
    let when = read.condition("when")?.ok_or_else(|| read.error("when", "is missing"))?;
    let mut answer = headers(read, "headers")?;
    if let Some(text) = read.text("content_type")? {
        let template =
            Template::parse(text).map_err(|error| read.error("content_type", error.to_string()))?;
        answer.insert(0, ("Content-Type".into(), template));
    }
    Ok(Handshake {
        name: read.text("name")?.unwrap_or("handshake").into(),
        when,
        check: check(read)?,
        status: status(read, "status")?.unwrap_or(200),
        headers: answer,
        body: read.template("body")?.unwrap_or_default(),
        capture: read.source("capture")?,
        method: method(read)?,
        query: query(read)?,
        payload: read.text("payload")?.map(Into::into),
        challenge: read.choice("challenge", &CHALLENGES)?.unwrap_or_default(),
        signed: read.flag("signed")?,
        also_status: status(read, "also_status")?,
        also: read.templates("also")?,
        bare: read.flag("bare")?,
        forged: status(read, "forged")?,
        then: read.text("then")?.map(Into::into),
        guessed: read.flag("guessed")?,
    })
}

fn check(read: &Reader<'_>) -> Result<Option<Source>, ProfileError> {
    let Some(text) = read.text("check")? else { return Ok(None) };
    match text.strip_suffix("=secret").map(Source::parse) {
        Some(Ok(source)) => Ok(Some(source)),
        Some(Err(error)) => Err(read.error("check", error.to_string())),
        None => Err(read.error("check", "must be SOURCE=secret")),
    }
}

fn status(read: &Reader<'_>, name: &str) -> Result<Option<u16>, ProfileError> {
    let Some(number) = read.number(name, 599)? else { return Ok(None) };
    match u16::try_from(number) {
        Ok(status) if status >= 200 => Ok(Some(status)),
        _ => Err(read.error(name, "must be between 200 and 599")),
    }
}

fn method(read: &Reader<'_>) -> Result<Option<Box<str>>, ProfileError> {
    let Some(method) = read.text("method")? else { return Ok(None) };
    if !method.is_empty() && method.bytes().all(|byte| byte.is_ascii_uppercase()) {
        return Ok(Some(method.into()));
    }
    Err(read.error("method", "must be a method in capital letters, such as GET"))
}

fn query(read: &Reader<'_>) -> Result<Box<str>, ProfileError> {
    let query = read.text("query")?.unwrap_or_default();
    if query.bytes().all(|byte| byte.is_ascii_graphic() && byte != b'#') {
        return Ok(query.into());
    }
    Err(read.error("query", "must be a query as a URL has it, such as mode=subscribe"))
}
