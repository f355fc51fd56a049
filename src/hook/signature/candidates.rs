//! Reads the signatures that a message carries: where they may be, how they are
//! written, and what is wrong with those that are not.
//!
//! Judges nothing; every value counts, and a bad one does not spoil a good one.

use super::asymmetric::signature_bytes;
use super::scope::Scope;
use super::value::Written;
use super::verify::{MOST_SIGNATURES, MOST_VALUES, Outcome, fail};
use crate::hook::digest::Tag;
use crate::hook::encoding::Encoding;
use crate::hook::provider::{Place, Provider, TimePlace};
use crate::hook::template::{Lookup as _, Source};
use crate::hook::verdict::Code;
use smallvec::{SmallVec, smallvec};
use std::borrow::Cow;

/// A signature that was read, with the time written beside it.
pub(super) struct Candidate<'v> {
    pub(super) signature: Decoded,
    pub(super) timestamp: Option<&'v [u8]>,
    pub(super) names: Option<&'v [u8]>,
}

/// A signature's bytes.
pub(super) enum Decoded {
    /// A digest, to be compared.
    Tag(Tag),
    /// What a public key judges.
    Bytes(Vec<u8>),
}

/// Mostly there is one, and then nothing is allocated.
pub(super) type Candidates<'v> = SmallVec<[Candidate<'v>; 1]>;

impl Provider {
    /// The written values that may hold the signature.
    pub(super) fn values<'m>(&'m self, scope: &'m Scope<'m>) -> Outcome<SmallVec<[Cow<'m, [u8]>; 1]>> {
        let source = match &self.place {
            Place::Headers(names) => {
                let all = names.iter().flat_map(|name| scope.message.headers.all(name));
                let values: SmallVec<_> = all.take(MOST_VALUES).map(Cow::Borrowed).collect();
                return if values.is_empty() {
                    fail(Code::NoHeader, format!("there is no {} header", listed(names)))
                } else {
                    Ok(values)
                };
            }
            Place::Json(path) => Source::Json(path.clone()),
            Place::Form(name) => Source::Form(name.clone()),
            Place::Query(name) => Source::Query(name.clone()),
        };
        match scope.lookup(&source) {
            // Owned, because the source is not kept.
            Some(value) => Ok(smallvec![Cow::Owned(value.into_owned())]),
            None => absent(&source, "the signature"),
        }
    }

    /// The signatures in these values, decoded.
    pub(super) fn candidates<'v>(&self, values: &'v [Cow<'_, [u8]>]) -> Outcome<Candidates<'v>> {
        let mut candidates = Candidates::new();
        let mut failure = None;
        for value in values {
            match self.read_value(value, &mut candidates) {
                Ok(()) => {}
                Err(found) => failure = failure.or(Some(found)),
            }
        }
        match failure {
            Some(failure) if candidates.is_empty() => Err(failure),
            _ => Ok(candidates),
        }
    }

    fn read_value<'v>(&self, value: &'v [u8], candidates: &mut Candidates<'v>) -> Outcome<()> {
        let written = self.written_in(value)?;
        if self.timestamp == Some(TimePlace::Value) && written.timestamp.is_none() {
            let (place, prefix) = (self.place_title(), self.value.prefix(&Source::Ts));
            return fail(Code::Malformed, format!("{place} holds no timestamp (`{prefix}...`)"));
        }
        let before = candidates.len();
        let most = if self.kind.has_key_pair() { MOST_SIGNATURES.saturating_sub(before) } else { usize::MAX };
        candidates.extend(written.signatures.iter().take(most).filter_map(|signature| {
            let signature = self.decoded(signature)?;
            Some(Candidate { signature, timestamp: written.timestamp, names: written.names })
        }));
        if candidates.len() > before || most == 0 {
            return Ok(());
        }
        let found = written.signatures.first().map_or(0, |signature| signature.len());
        fail(Code::BadEncoding, format!("{} ({found} characters)", self.wrongly_written()))
    }

    /// What a value holds, where it is written the way of the scheme.
    pub(super) fn written_in<'v>(&self, value: &'v [u8]) -> Outcome<Written<'v>> {
        let place = || self.place_title();
        if value.trim_ascii().is_empty() {
            return fail(Code::Malformed, format!("{} is empty", place()));
        }
        let written = self.value.read(value);
        if !written.signatures.is_empty() {
            return Ok(written);
        }
        let prefix = self.value.prefix(&Source::Sig);
        if prefix.is_empty() {
            fail(Code::Malformed, format!("{} is not written the way the scheme writes it", place()))
        } else {
            fail(Code::WrongPrefix, format!("{} holds no signature that begins with `{prefix}`", place()))
        }
    }

    fn decoded(&self, signature: &[u8]) -> Option<Decoded> {
        if self.kind.has_key_pair() {
            let bytes = self.encode.decode(signature)?;
            return signature_bytes(self.kind).contains(&bytes.len()).then_some(Decoded::Bytes(bytes));
        }
        self.encode.decode_tag(signature, self.hash.bytes()).map(Decoded::Tag)
    }

    fn wrongly_written(&self) -> String {
        let (place, encode, bytes) = (self.place_title(), self.encode, self.hash.bytes());
        let word = if encode == Encoding::Hex { "hexadecimal" } else { encode.as_str() };
        if self.kind.has_key_pair() {
            format!("the signature in {place} is not {word} of an {} signature", self.kind.title())
        } else if encode == Encoding::Hex {
            format!("the signature in {place} is not {} hexadecimal digits", encode.length(bytes))
        } else {
            format!("the signature in {place} is not {word} of {bytes} bytes")
        }
    }

    pub(super) fn place_title(&self) -> Cow<'_, str> {
        match &self.place {
            Place::Headers(names) => Cow::Owned(listed(names)),
            Place::Json(path) => Cow::Owned(format!("`{}` in the body", path.as_str())),
            Place::Form(name) => Cow::Owned(format!("`{name}` in the form")),
            Place::Query(name) => Cow::Owned(format!("`{name}` in the query")),
        }
    }
}

/// Nothing is there where `what` should be.
pub(super) fn absent<T>(source: &Source, what: &str) -> Outcome<T> {
    let place = match source {
        Source::Header(name) => format!("`{name}` header"),
        Source::Json(path) => format!("`{}` in the body", path.as_str()),
        Source::Form(name) => format!("`{name}` in the form"),
        Source::Query(name) => format!("`{name}` in the query"),
        other => format!("`{other}`"),
    };
    fail(Code::NoHeader, format!("there is no {place} with {what}"))
}

fn listed(names: &[Box<str>]) -> String {
    let names: Vec<String> = names.iter().map(|name| format!("`{name}`")).collect();
    names.join(" or ")
}
