//! From a table of settings to a [`Provider`]: the schema, with every mistake
//! named by file, line and field.
//!
//! # Fields
//! `base` takes over another provider's scheme. `kind`, `hash` and `encode` say what the signature is; `secret`,
//! `secret_prefix` and `secret_without_prefix` how the secret becomes a key, `public_prefix` what stands before the
//! public half of a pair; `header` or `at` where the signature
//! is; `value` and `list` how it is written; `content` what it covers; `each` that every element of an array is
//! signed; `id`, `timestamp`, `ts_format` and `tolerance` what goes with it; `extra` which headers are sent along;
//! `signed_headers` how the headers are signed that the sender lists; `url_escape` which letters of a query the
//! vendor escapes before it signs the URL, `url_decode` of which letters it decodes the escapes, `url_port` that it
//! signs the URL with or without the port of its scheme; `body_escape` that it may sign the body with escapes where
//! letters are sent; `claims` what a JSON Web Token holds. `event`, `delivery`, `subject` and `dedup` say where the facts are; `detect` what must hold for a
//! delivery to be recognised, `unsigned` what one without signature looks like, `supersedes` whose signature it
//! makes needless; `handshake` what is answered. `deadline`, `retry`, `unchecked`, `ack`, `docs`, `conf` and `note`
//! tell about the vendor and are never taken over from a base, save `docs` and `ack`; nor is `vector`, messages
//! with a known verdict. `pitfalls` are what people get wrong with the scheme.

mod fields;

pub(super) use fields::check_fields;

use super::error::ProfileError;
use super::listed;
use super::reader::Reader;
use super::table::{Setting, Table};
use super::vector::vectors;
use super::{Confidence, Kind, Origin, Place, Provider, Retry, SecretForm, TimeForm, TimePlace};
use crate::hook::digest::HashName;
use crate::hook::encoding::Encoding;
use crate::hook::headers::is_token;
use crate::hook::json::{Path, PathSet};
use crate::hook::signature::covered::NamesPlace;
use crate::hook::signature::value::Value;
use crate::hook::template::{Source, Template};
use std::sync::Arc;
use std::time::Duration;

/// Every field of a provider's table, in the order of showing.
pub(super) const FIELDS: &[&str] = &[
    "base",
    "kind",
    "hash",
    "encode",
    "header",
    "at",
    "each",
    "value",
    "list",
    "content",
    "secret",
    "secret_prefix",
    "secret_without_prefix",
    "public_prefix",
    "id",
    "timestamp",
    "ts_format",
    "tolerance",
    "extra",
    "signed_headers",
    "url_escape",
    "url_decode",
    "url_port",
    "body_escape",
    "claims",
    "event",
    "delivery",
    "subject",
    "dedup",
    "detect",
    "unsigned",
    "supersedes",
    "handshake",
    "deadline",
    "retry",
    "unchecked",
    "ack",
    "docs",
    "conf",
    "note",
    "pitfalls",
    "vector",
];

/// Where user and password are, unless a profile says otherwise (RFC 7617).
pub(super) const BASIC_HEADER: &str = "Authorization";

/// What tells about one vendor and says nothing about another that uses its scheme.
pub(super) const OWN: &[&str] =
    &["detect", "unsigned", "supersedes", "deadline", "retry", "unchecked", "conf", "note", "vector", "base"];

const KINDS: [(&str, Kind); 9] = [
    ("hmac", Kind::Hmac),
    ("hash", Kind::Hash),
    ("token", Kind::Token),
    ("basic", Kind::Basic),
    ("jwt-hs", Kind::JwtHs),
    ("jwt-es256", Kind::JwtEs256),
    ("ed25519", Kind::Ed25519),
    ("ecdsa-p256", Kind::EcdsaP256),
    ("rsa-sha256", Kind::RsaSha256),
];

/// The words for the kinds of signature, in the order of the documentation.
pub fn kinds() -> impl Iterator<Item = &'static str> {
    KINDS.iter().map(|(word, _)| *word)
}

const HASHES: [(&str, HashName); 3] =
    [("sha1", HashName::Sha1), ("sha256", HashName::Sha256), ("sha512", HashName::Sha512)];
const ENCODINGS: [(&str, Encoding); 3] =
    [("hex", Encoding::Hex), ("base64", Encoding::Base64), ("base64url", Encoding::Base64Url)];
const SECRETS: [(&str, SecretForm); 6] = [
    ("utf8", SecretForm::Utf8),
    ("base64", SecretForm::Base64),
    ("hex", SecretForm::Hex),
    ("sha1", SecretForm::Sha1),
    ("nfkd", SecretForm::Nfkd),
    ("spki-base64", SecretForm::SpkiBase64),
];
const TIMES: [(&str, TimeForm); 4] = [
    ("unix", TimeForm::Unix),
    ("unix_ms", TimeForm::UnixMillis),
    ("rfc3339", TimeForm::Rfc3339),
    ("http-date", TimeForm::HttpDate),
];
const CONFIDENCES: [(&str, Confidence); 3] =
    [("P", Confidence::Published), ("Q", Confidence::Quoted), ("S", Confidence::Secondary)];

/// A day: no vendor's tolerance or deadline is longer.
const LONGEST_SECONDS: i64 = 86_400;

/// Compiles a table that holds its base's fields already.
pub(super) fn compile(table: &Arc<Table>, origin: Origin) -> Result<Provider, ProfileError> {
    let read = Reader::of_table(table, FIELDS)?;
    read.text("base")?;
    let kind = read.choice("kind", &KINDS)?.unwrap_or_default();
    let handshakes = super::handshake::read(&read)?;
    let (event, delivery, subject) =
        (read.sources("event")?, read.sources("delivery")?, read.sources("subject")?);
    let dedup = read.templates("dedup")?;
    let secret = read.choice("secret", &SECRETS)?.unwrap_or_default();
    let provider = Provider {
        id: (*table.id).into(),
        origin,
        kind,
        hash: read.choice("hash", &HASHES)?.unwrap_or_default(),
        encode: read.choice("encode", &ENCODINGS)?.unwrap_or_default(),
        secret,
        secret_prefix: read.text("secret_prefix")?.unwrap_or_default().into(),
        secret_without_prefix: read.choice("secret_without_prefix", &SECRETS)?.unwrap_or(secret),
        public_prefix: read.text("public_prefix")?.unwrap_or_default().into(),
        place: place(&read, kind)?,
        each: path(&read, "each")?,
        value: value(&read, kind)?,
        content: read.template("content")?.unwrap_or_else(body),
        claims: claims(&read)?,
        id_source: read.source("id")?,
        timestamp: timestamp(&read)?,
        time_form: read.choice("ts_format", &TIMES)?.unwrap_or_default(),
        tolerance: read.number("tolerance", LONGEST_SECONDS)?.map(Duration::from_secs),
        extra: headers(&read, "extra")?,
        signed_headers: listed::signed_headers(&read)?,
        url_escape: url_escape(&read)?,
        url_decode: read.text("url_decode")?.unwrap_or_default().into(),
        url_port: read.flag("url_port")?,
        body_escape: read.flag("body_escape")?,
        paths: PathSet::new(json_paths(
            [&event, &delivery, &subject]
                .into_iter()
                .flatten()
                .chain(dedup.iter().flat_map(Template::sources))
                .chain(handshakes.iter().flat_map(|handshake| handshake.when.sources())),
        )),
        event,
        delivery,
        subject,
        dedup,
        handshakes,
        detect: read.conditions("detect")?,
        unsigned: read.conditions("unsigned")?,
        supersedes: read.texts("supersedes")?.into_iter().map(|(id, _)| id.into()).collect(),
        deadline: read.number("deadline", LONGEST_SECONDS)?.map(Duration::from_secs),
        retry: retry(&read)?,
        checked: !read.flag("unchecked")?,
        ack: read.text("ack")?.map(Into::into),
        docs: read.text("docs")?.map(Into::into),
        note: read.text("note")?.map(Into::into),
        pitfalls: read.texts("pitfalls")?.into_iter().map(|(text, _)| text.into()).collect(),
        vectors: vectors(&read)?,
        confidence: read.choice("conf", &CONFIDENCES)?,
        table: Arc::clone(table),
    };
    check(&read, &provider)?;
    Ok(provider)
}

fn body() -> Template {
    Template::parse("{body}").expect("the default content is a template")
}

fn json_paths<'s>(sources: impl Iterator<Item = &'s Source>) -> impl Iterator<Item = &'s Path> {
    sources.filter_map(|source| match source {
        Source::Json(path) => Some(path),
        _ => None,
    })
}

fn path(read: &Reader<'_>, name: &str) -> Result<Option<Path>, ProfileError> {
    let Some(text) = read.text(name)? else { return Ok(None) };
    let path = Path::parse(text);
    path.map(Some).ok_or_else(|| read.error(name, format!("`{text}` is not a path such as `data.items`")))
}

fn names(read: &Reader<'_>) -> Result<Vec<Box<str>>, ProfileError> {
    let names = read.texts("header")?;
    for (name, spot) in &names {
        check_header_name(name).map_err(|message| spot.error("header", message))?;
    }
    Ok(names.into_iter().map(|(name, _)| name.into()).collect())
}

fn place(read: &Reader<'_>, kind: Kind) -> Result<Place, ProfileError> {
    let names = names(read)?;
    match (read.source("at")?, names.is_empty()) {
        (Some(_), false) => {
            Err(read.error("at", "a signature is either in a `header` or `at` another place"))
        }
        (Some(Source::Json(path)), true) => Ok(Place::Json(path)),
        (Some(Source::Form(name)), true) => Ok(Place::Form(name)),
        (Some(Source::Query(name)), true) => Ok(Place::Query(name)),
        (Some(_), true) => Err(read.error("at", "must be json:PATH, form:NAME or query:NAME")),
        (None, true) if kind == Kind::Basic => Ok(Place::Headers(vec![BASIC_HEADER.into()])),
        (None, true) => Err(read.error("header", "is missing: where is the signature?")),
        (None, false) => Ok(Place::Headers(names)),
    }
}

/// RFC 9110, 5.1: a field name is a token.
pub(super) fn check_header_name(name: &str) -> Result<(), String> {
    if is_token(name.as_bytes()) {
        return Ok(());
    }
    Err(format!("`{name}` is not a header name"))
}

fn value(read: &Reader<'_>, kind: Kind) -> Result<Value, ProfileError> {
    let list = read.text("list")?;
    if list == Some("") {
        return Err(read.error("list", "must not be empty"));
    }
    let default = if kind == Kind::Token { "{secret}" } else { "{sig}" };
    let value = Value::parse(read.text("value")?.unwrap_or(default), list)
        .map_err(|error| read.error("value", error.to_string()))?;
    let (wanted, word) =
        if kind == Kind::Token { (Source::Secret, "{secret}") } else { (Source::Sig, "{sig}") };
    if !value.holds(&wanted) {
        return Err(read.error("value", format!("has no {word}")));
    }
    let readable = |source: &&Source| {
        !matches!(
            source,
            Source::Sig | Source::Secret | Source::Ts | Source::Id | Source::PublicKey | Source::SignedNames
        )
    };
    if let Some(source) = value.sources().find(readable) {
        return Err(read.error("value", format!("cannot hold {{{source}}}")));
    }
    Ok(value)
}

fn timestamp(read: &Reader<'_>) -> Result<Option<TimePlace>, ProfileError> {
    if read.text("timestamp")? == Some("sig") {
        return Ok(Some(TimePlace::Value));
    }
    match read.source("timestamp")? {
        None => Ok(None),
        Some(source @ (Source::Header(_) | Source::Json(_))) => Ok(Some(TimePlace::Source(source))),
        Some(_) => Err(read.error("timestamp", "must be sig, header:NAME or json:PATH")),
    }
}

pub(super) fn headers(read: &Reader<'_>, name: &str) -> Result<Vec<(Box<str>, Template)>, ProfileError> {
    let header = |(header, text, spot): (&str, &str, &super::table::Place)| {
        check_header_name(header).map_err(|message| spot.error(name, message))?;
        let template = Template::parse(text).map_err(|error| spot.error(name, error.to_string()))?;
        Ok((header.into(), template))
    };
    read.pairs(name)?.into_iter().map(header).collect()
}

fn url_escape(read: &Reader<'_>) -> Result<Vec<(char, Box<str>)>, ProfileError> {
    let letter = |(letter, text, spot): (&str, &str, &super::table::Place)| {
        let mut letters = letter.chars();
        match (letters.next(), letters.next()) {
            (Some(letter), None) => Ok((letter, text.into())),
            _ => Err(spot.error("url_escape", format!("`{letter}` is not one letter"))),
        }
    };
    read.pairs("url_escape")?.into_iter().map(letter).collect()
}

fn claims(read: &Reader<'_>) -> Result<Vec<(Box<str>, Template)>, ProfileError> {
    let claim = |(name, text, spot): (&str, &str, &super::table::Place)| {
        let template = Template::parse(text).map_err(|error| spot.error("claims", error.to_string()))?;
        Ok((name.into(), template))
    };
    read.pairs("claims")?.into_iter().map(claim).collect()
}

fn retry(read: &Reader<'_>) -> Result<Option<Retry>, ProfileError> {
    let Some(field) = read.field("retry") else { return Ok(None) };
    let seconds = |(item, spot): &(Setting, super::table::Place)| match item {
        Setting::Number(number) => u64::try_from(*number)
            .map(Duration::from_secs)
            .map_err(|_negative| spot.error("retry", format!("{number} is not a number of seconds"))),
        other => Err(spot.error("retry", format!("must be numbers of seconds, not {}", other.kind()))),
    };
    match &field.setting {
        Setting::Text(words) => Ok(Some(Retry::Words(words.to_string()))),
        Setting::List(items) => Ok(Some(Retry::After(items.iter().map(seconds).collect::<Result<_, _>>()?))),
        other => {
            let found = other.kind();
            Err(read.error("retry", format!("must be text or an array of seconds, not {found}")))
        }
    }
}

/// What no single field can say about itself.
fn check(read: &Reader<'_>, provider: &Provider) -> Result<(), ProfileError> {
    let signs = provider.kind.signs() && !provider.kind.is_token();
    let uses = |source| provider.content.uses(&source);
    if signs && provider.content.parts().is_empty() {
        return Err(read.error("content", "is empty: a signature of nothing proves nothing"));
    }
    if provider.kind == Kind::Hash && !uses(Source::Secret) {
        return Err(read.error("content", "has no {secret}: anybody can compute a plain hash"));
    }
    if provider.kind == Kind::JwtHs && provider.hash == HashName::Sha1 {
        return Err(read.error("hash", "is sha1: a JSON Web Token has HS256 (sha256) or HS512 (sha512)"));
    }
    if provider.kind.has_key_pair() && uses_shared_secret(provider) {
        return Err(read.error("kind", "has a key pair: there is no secret for `secret` and `hmac` to use"));
    }
    if uses(Source::Sig) {
        return Err(read.error("content", "cannot hold {sig}"));
    }
    if uses(Source::Ts) && provider.timestamp.is_none() {
        return Err(read.error("content", "holds {ts}, but there is no `timestamp`"));
    }
    if uses(Source::Id) && provider.id_source.is_none() {
        return Err(read.error("content", "holds {id}, but there is no `id`"));
    }
    if (uses(Source::SignedHeaders) || uses(Source::SignedNames)) && provider.signed_headers.is_none() {
        return Err(read.error("content", "holds signed headers, but there is no `signed_headers`"));
    }
    let listed_in_value = provider.signed_headers.as_ref().is_some_and(|it| it.names == NamesPlace::Value);
    if listed_in_value && !provider.value.holds(&Source::SignedNames) {
        return Err(
            read.error("signed_headers", "are listed in the value, but `value` has no {signed_names}")
        );
    }
    if provider.timestamp == Some(TimePlace::Value) && !provider.value.holds(&Source::Ts) {
        return Err(read.error("timestamp", "is sig, but `value` has no {ts}"));
    }
    if signs && provider.tolerance.is_some() && provider.timestamp.is_none() {
        return Err(read.error("tolerance", "needs a `timestamp`"));
    }
    if provider.each.is_some() && !matches!(provider.place, Place::Json(_)) {
        return Err(read.error("each", "needs `at = \"json:PATH\"` inside the element"));
    }
    Ok(())
}

fn uses_shared_secret(provider: &Provider) -> bool {
    let answers = provider.handshakes.iter();
    let in_answer = |answer: &super::Handshake| {
        answer.check.is_some()
            || answer.body.needs_key()
            || answer.headers.iter().any(|(_, text)| text.needs_key())
    };
    let claims = provider.claims.iter().any(|(_, claim)| claim.needs_key());
    provider.content.needs_key() || claims || answers.into_iter().any(in_answer)
}

/// The names of the fields that are shown, in their order.
pub(super) fn shown(checked: bool) -> impl Iterator<Item = &'static str> {
    // Vectors are for trying the profile out and say nothing about it.
    let kept = move |name: &&str| {
        *name != "vector" && (checked || !matches!(*name, "deadline" | "retry" | "unchecked"))
    };
    FIELDS.iter().copied().filter(kept)
}
