//! A provider: a sender of webhooks, described by a table of settings.
//!
//! Everything that signs, verifies, recognises or answers reads the compiled
//! form in here; nothing outside this folder reads the tables.

mod catalogue;
mod error;
mod handshake;
mod kind;
mod listed;
mod profile;
mod reader;
mod starter;
mod table;
mod vector;

pub use catalogue::Catalogue;
pub use error::{ProfileError, UnknownProvider};
pub(in crate::hook) use handshake::Challenge;
pub use handshake::Handshake;
pub use kind::Kind;
pub use profile::kinds;
pub use starter::starter;
pub use vector::Vector;

use super::condition::Condition;
use super::digest::HashName;
use super::encoding::Encoding;
use super::json::{Path, PathSet};
use super::signature::covered::SignedHeaders;
use super::signature::value::Value;
use super::template::{Filter, Part, Source, Template};
use std::sync::Arc;
use std::time::Duration;
use table::Table;

/// How a signing secret becomes a key.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum SecretForm {
    /// Its bytes as they are.
    #[default]
    Utf8,
    /// What its base64 says.
    Base64,
    /// What its hex says.
    Hex,
    /// Its SHA-1 digest.
    Sha1,
    /// Its text in Unicode's compatibility decomposition.
    Nfkd,
    /// A public key in base64 of DER.
    SpkiBase64,
}

impl SecretForm {
    /// The name as profiles write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Utf8 => "utf8",
            Self::Base64 => "base64",
            Self::Hex => "hex",
            Self::Sha1 => "sha1",
            Self::Nfkd => "nfkd",
            Self::SpkiBase64 => "spki-base64",
        }
    }
}

/// Where the signature is.
#[derive(Clone, Debug, PartialEq)]
pub enum Place {
    /// In a header; several names are several secrets' places.
    Headers(Vec<Box<str>>),
    /// In the JSON body.
    Json(Path),
    /// In a field of the form body.
    Form(Box<str>),
    /// In a query parameter.
    Query(Box<str>),
}

/// Where the timestamp is.
#[derive(Clone, Debug, PartialEq)]
pub enum TimePlace {
    /// Inside the signature's value, at `{ts}`.
    Value,
    /// Anywhere else.
    Source(Source),
}

/// How the timestamp is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum TimeForm {
    /// Seconds since 1970.
    #[default]
    Unix,
    /// Milliseconds since 1970.
    UnixMillis,
    /// RFC 3339.
    Rfc3339,
    /// The date form of HTTP.
    HttpDate,
}

impl TimeForm {
    /// The name as profiles write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unix => "unix",
            Self::UnixMillis => "unix_ms",
            Self::Rfc3339 => "rfc3339",
            Self::HttpDate => "http-date",
        }
    }
}

/// When a provider sends a failed delivery again.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Retry {
    /// These long after the first failure.
    After(Vec<Duration>),
    /// In the provider's words.
    Words(String),
}

/// How sure the description of a scheme is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Confidence {
    /// The vendor's documentation or its own library.
    Published,
    /// The vendor's documentation as quoted by others.
    Quoted,
    /// Somebody else's write-up.
    Secondary,
}

impl Confidence {
    /// The confidence for a person.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Published => "the vendor's documentation or library",
            Self::Quoted => "the vendor's documentation as quoted by others",
            Self::Secondary => "a secondary write-up",
        }
    }
}

/// How much of the body a signature covers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Cover {
    /// All of it.
    Body,
    /// A checksum of it, which another body can be given.
    Checksum,
    /// Some of its fields; the rest could be anybody's.
    Fields,
    /// Nothing.
    Nothing,
}

/// Where a provider's description comes from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Origin {
    /// Compiled in.
    Builtin,
    /// The user's file, as the caller named it.
    File(Arc<str>),
}

impl std::fmt::Display for Origin {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Builtin => f.write_str("built in"),
            Self::File(file) => f.write_str(file),
        }
    }
}

/// A sender of webhooks and its signature scheme, ready to be used.
#[derive(Clone, Debug)]
pub struct Provider {
    pub(in crate::hook) id: Arc<str>,
    pub(in crate::hook) origin: Origin,
    pub(in crate::hook) kind: Kind,
    pub(in crate::hook) hash: HashName,
    pub(in crate::hook) encode: Encoding,
    pub(in crate::hook) secret: SecretForm,
    pub(in crate::hook) secret_prefix: Box<str>,
    pub(in crate::hook) secret_without_prefix: SecretForm,
    pub(in crate::hook) public_prefix: Box<str>,
    pub(in crate::hook) place: Place,
    pub(in crate::hook) each: Option<Path>,
    pub(in crate::hook) value: Value,
    pub(in crate::hook) content: Template,
    pub(in crate::hook) claims: Vec<(Box<str>, Template)>,
    pub(in crate::hook) id_source: Option<Source>,
    pub(in crate::hook) timestamp: Option<TimePlace>,
    pub(in crate::hook) time_form: TimeForm,
    pub(in crate::hook) tolerance: Option<Duration>,
    pub(in crate::hook) extra: Vec<(Box<str>, Template)>,
    pub(in crate::hook) signed_headers: Option<SignedHeaders>,
    pub(in crate::hook) url_escape: Vec<(char, Box<str>)>,
    pub(in crate::hook) url_decode: Box<str>,
    pub(in crate::hook) url_port: bool,
    pub(in crate::hook) body_escape: bool,
    pub(in crate::hook) event: Vec<Source>,
    pub(in crate::hook) delivery: Vec<Source>,
    pub(in crate::hook) subject: Vec<Source>,
    pub(in crate::hook) dedup: Vec<Template>,
    pub(in crate::hook) handshakes: Vec<Handshake>,
    /// What facts and handshakes look for in the body, to be found in one pass.
    pub(in crate::hook) paths: PathSet,
    pub(in crate::hook) detect: Vec<Condition>,
    pub(in crate::hook) unsigned: Vec<Condition>,
    pub(in crate::hook) supersedes: Vec<Box<str>>,
    deadline: Option<Duration>,
    retry: Option<Retry>,
    checked: bool,
    ack: Option<Box<str>>,
    docs: Option<Box<str>>,
    note: Option<Box<str>>,
    pitfalls: Vec<Box<str>>,
    vectors: Vec<Vector>,
    confidence: Option<Confidence>,
    table: Arc<Table>,
}

impl Provider {
    /// The id, such as `koji`.
    pub fn id(&self) -> &Arc<str> {
        &self.id
    }

    /// Where the description comes from.
    pub fn origin(&self) -> &Origin {
        &self.origin
    }

    /// The kind of signature.
    pub fn kind(&self) -> Kind {
        self.kind
    }

    /// The hash function.
    pub fn hash(&self) -> HashName {
        self.hash
    }

    /// How the signature is written.
    pub fn encode(&self) -> Encoding {
        self.encode
    }

    /// How the secret becomes a key.
    pub fn secret_form(&self) -> SecretForm {
        self.secret
    }

    /// The scheme in a few words, such as `HMAC-SHA-256 hex`.
    pub fn algorithm(&self) -> String {
        match self.kind {
            Kind::Hmac => format!("HMAC-{} {}", self.hash.title(), self.encode.as_str()),
            Kind::Hash => format!("plain {} {}", self.hash.title(), self.encode.as_str()),
            Kind::JwtHs if self.hash == HashName::Sha512 => "JWT HS512".to_owned(),
            Kind::Ed25519 | Kind::EcdsaP256 | Kind::RsaSha256 => {
                format!("{} {}", self.kind.title(), self.encode.as_str())
            }
            kind => kind.title().to_owned(),
        }
    }

    /// Where the signature is.
    pub fn place(&self) -> &Place {
        &self.place
    }

    /// The names of the headers that carry the signature; empty when it is elsewhere.
    pub fn signature_headers(&self) -> &[Box<str>] {
        match &self.place {
            Place::Headers(names) => names,
            _ => &[],
        }
    }

    /// The accepted distance between the signed time and now; `None` when the
    /// vendor sets none.
    pub fn tolerance(&self) -> Option<Duration> {
        self.tolerance
    }

    /// Whether a signed timestamp exists, so that an old delivery sent again
    /// can be told from a new one.
    pub fn replay_detectable(&self) -> bool {
        if self.kind.is_token() {
            // What is judged is when the token was made.
            return self.tolerance.is_some();
        }
        match &self.timestamp {
            None => false,
            Some(TimePlace::Value) => self.content.uses(&Source::Ts),
            Some(TimePlace::Source(source)) => {
                self.content.uses(&Source::Ts)
                    || self.content.uses(source)
                    || (matches!(source, Source::Json(_)) && self.content.uses(&Source::Body))
                    || self.always_signs(source)
            }
        }
    }

    /// Whether the source is a header that every list of signed headers must hold.
    fn always_signs(&self, source: &Source) -> bool {
        let Source::Header(name) = source else { return false };
        let covered = self.signed_headers.as_ref().filter(|_| self.content.uses(&Source::SignedHeaders));
        covered.is_some_and(|covered| covered.always_signs(name))
    }

    /// How much of the body the signature covers.
    pub fn cover(&self) -> Cover {
        let cover = |part: &Part| match part {
            Part::Placeholder(Source::Body | Source::Params, filters) => {
                Some(if filters.contains(&Filter::Crc32) { Cover::Checksum } else { Cover::Body })
            }
            Part::Placeholder(Source::Form(_) | Source::Json(_), _) => Some(Cover::Fields),
            _ => None,
        };
        // What covers most comes first in the order of the type.
        self.signed().flat_map(Template::parts).filter_map(cover).min().unwrap_or(Cover::Nothing)
    }

    /// What the signature covers.
    fn signed(&self) -> impl Iterator<Item = &Template> {
        let content = (!self.kind.is_token() && self.kind.signs()).then_some(&self.content);
        let claims = self.claims.iter().filter(|_| self.kind.is_token()).map(|(_, claim)| claim);
        content.into_iter().chain(claims)
    }

    fn signed_sources(&self) -> impl Iterator<Item = &Source> {
        self.signed().flat_map(Template::sources)
    }

    /// Whether the signature covers the URL or a part of it.
    pub fn signs_url(&self) -> bool {
        let of_url = |source: &Source| {
            matches!(source, Source::Url | Source::Params | Source::Path | Source::Target | Source::Query(_))
        };
        self.signed_sources().any(of_url)
    }

    /// Whether the signature covers the id that the vendor gave the webhook,
    /// which must be known on both sides because it is not sent.
    pub fn signs_webhook_id(&self) -> bool {
        self.signed_sources().any(|source| *source == Source::WebhookId)
    }

    /// How many signatures one delivery may carry: `None` for any number.
    pub fn signatures_at_most(&self) -> Option<usize> {
        match &self.place {
            _ if self.value.is_list() => None,
            Place::Headers(names) => Some(names.len()),
            _ => Some(1),
        }
    }

    /// How long the vendor waits for the answer, where that is confirmed.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline.filter(|_| self.checked)
    }

    /// How long the vendor waits as far as anybody says. For choosing a
    /// default; not to be shown as a fact.
    pub fn assumed_deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// When the vendor sends a failed delivery again, where that is confirmed.
    pub fn retry(&self) -> Option<&Retry> {
        self.retry.as_ref().filter(|_| self.checked)
    }

    /// The body that the vendor wants as an answer, where it wants one.
    pub fn ack(&self) -> Option<&str> {
        self.ack.as_deref()
    }

    /// The page that describes the scheme.
    pub fn docs(&self) -> Option<&str> {
        self.docs.as_deref()
    }

    /// What one should know about the scheme.
    pub fn note(&self) -> Option<&str> {
        self.note.as_deref()
    }

    /// What people get wrong with the scheme, a sentence each.
    pub fn pitfalls(&self) -> &[Box<str>] {
        &self.pitfalls
    }

    /// Messages with a known verdict, to try the profile out with.
    pub fn vectors(&self) -> &[Vector] {
        &self.vectors
    }

    /// The requests that ask whether the endpoint is there, in the order of the profile.
    pub fn handshakes(&self) -> &[Handshake] {
        &self.handshakes
    }

    /// How sure the description is.
    pub fn confidence(&self) -> Option<Confidence> {
        self.confidence
    }

    /// Every field of the profile with its value as TOML, those of its base
    /// included, in the order of the schema. Unconfirmed facts are left out.
    pub fn settings(&self) -> impl Iterator<Item = (&'static str, String)> {
        profile::shown(self.checked).filter_map(|name| Some((name, self.as_toml(name)?)))
    }

    /// The value of one field of [`Provider::settings`].
    pub fn setting(&self, name: &str) -> Option<String> {
        profile::shown(self.checked).find(|known| *known == name).and_then(|name| self.as_toml(name))
    }

    fn as_toml(&self, name: &str) -> Option<String> {
        self.table.field(name).map(|field| field.setting.to_toml())
    }
}
