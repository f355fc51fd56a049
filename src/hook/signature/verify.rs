//! Verifies a message under a provider's scheme and names the rule that failed.
//!
//! - Every value of every header that may carry the signature is a candidate,
//!   up to eight: an added header can neither spoil a delivery whose
//!   signature holds nor help one whose signature does not. Headers that go
//!   along (id, timestamp) count once, the first of their name, and what is
//!   judged is what is hashed.
//! - Signatures are compared as decoded bytes, all candidates against all
//!   keys, in constant time; the forms of a URL one after the other, until one holds.
//! - The time is judged after the signature, because an unsigned time says nothing.

use super::MOST_ELEMENTS;
use super::asymmetric::{Content, Gather};
use super::candidates::{Candidate, Decoded, absent};
use super::covered::{ListError, NamesPlace};
use super::key::{Key, Keys};
use super::scope::Scope;
use super::{escape, params, url};
use crate::hook::delivery::Message;
use crate::hook::digest::{Digester, Tag};
use crate::hook::json::{Path, elements};
use crate::hook::provider::{Cover, Kind, Provider, TimePlace};
use crate::hook::quantity::span;
use crate::hook::template::{Lookup as _, Source};
use crate::hook::time::Timestamp;
use crate::hook::verdict::{Code, Verdict};
use smallvec::{SmallVec, smallvec};
use std::borrow::Cow;
use std::time::Duration;
use subtle::Choice;

/// More values than any sender writes; each may cost a pass over the body.
pub(super) const MOST_VALUES: usize = 8;

/// More signatures than any sender writes; each of a key pair costs a tenth of a millisecond.
pub(super) const MOST_SIGNATURES: usize = 16;

/// The rule that failed, with its reason.
pub(super) struct Failure(pub(super) Code, pub(super) Cow<'static, str>);

pub(super) type Outcome<T> = Result<T, Failure>;

pub(super) fn fail<T>(code: Code, reason: impl Into<Cow<'static, str>>) -> Outcome<T> {
    Err(Failure(code, reason.into()))
}

impl Provider {
    /// Verifies a message. `tolerance` replaces the profile's own when given;
    /// the distance itself is still accepted, in both directions.
    pub fn verify(
        &self,
        keys: &Keys,
        message: &Message<'_>,
        now: Timestamp,
        tolerance: Option<Duration>,
    ) -> Verdict {
        if keys.provider() != self.id() {
            let reason = format!("the keys are those of `{}`", keys.provider());
            return Verdict::of(self.id(), Code::BadSecret, reason);
        }
        if self.signs_webhook_id() && keys.webhook_id().is_none() {
            let reason = "the scheme signs the id that the vendor gave the webhook, and it is not known";
            return Verdict::of(self.id(), Code::NoWebhookId, reason);
        }
        let tolerance = tolerance.or(self.tolerance());
        let outcome = match (self.kind, &self.each) {
            (Kind::Token, _) => self.verify_token(keys, message),
            (Kind::Basic, _) => self.verify_basic(keys, message),
            (kind, _) if kind.is_token() => self.verify_claims(keys, message, now, tolerance),
            (_, Some(path)) => self.verify_elements(keys, message, path),
            (_, None) => self.verify_body(keys, message, now, tolerance),
        };
        match outcome {
            Ok(reason) => Verdict::of(self.id(), Code::Verified, self.with_cover(reason)),
            Err(Failure(code, reason)) => Verdict::of(self.id(), code, reason),
        }
    }

    /// What holds, and how much of the body that is worth where it is not all of it.
    fn with_cover(&self, reason: &'static str) -> Cow<'static, str> {
        let less = match self.cover() {
            Cover::Fields => "of the body it covers only some fields",
            Cover::Checksum => "of the body it covers a checksum, which another body can be given",
            Cover::Nothing if self.kind.is_token() => "it does not cover the body",
            Cover::Body | Cover::Nothing => return reason.into(),
        };
        format!("{reason}; {less}").into()
    }

    /// Verifies the signature of a message, also with its body as the vendor
    /// would have escaped it where the profile says so.
    fn verify_body(
        &self,
        keys: &Keys,
        message: &Message<'_>,
        now: Timestamp,
        tolerance: Option<Duration>,
    ) -> Outcome<&'static str> {
        let outcome = self.verify_signature(keys, message, message.body, now, tolerance);
        if !self.body_escape || !matches!(outcome, Err(Failure(Code::Mismatch, _))) {
            return outcome;
        }
        let Some(body) = escape::escaped(message.body) else { return outcome };
        let escaped = Message { body: &body, ..*message };
        match self.verify_signature(keys, &escaped, &body, now, tolerance) {
            Err(Failure(Code::Mismatch, _)) => outcome,
            other => other,
        }
    }

    /// Verifies one signature; `json` is where its paths start.
    fn verify_signature(
        &self,
        keys: &Keys,
        message: &Message<'_>,
        json: &[u8],
        now: Timestamp,
        tolerance: Option<Duration>,
    ) -> Outcome<&'static str> {
        let outer = Scope::new(message).within(json);
        let values = self.values(&outer)?;
        let candidates = self.candidates(&values)?;
        // A time that is only part of the signed body is read once the body is known to be signed.
        let signs_time = self.content.uses(&Source::Ts);
        let timestamp = if signs_time { self.timestamp_beside(&outer)? } else { None };
        let id = self.id_beside(&outer)?;
        let names = self.names_beside(&outer)?;
        let urls = self.urls(message)?;
        let mut failure = None;
        for (at, candidate) in candidates.iter().enumerate() {
            let alike = |other: &&Candidate<'_>| {
                other.timestamp == candidate.timestamp && other.names == candidate.names
            };
            if candidates.iter().take(at).any(|earlier| alike(&earlier)) {
                continue;
            }
            let time = candidate.timestamp.or(timestamp.as_deref());
            let names = candidate.names.or(names.as_deref());
            if let Err(found) = self.check_names(names, message) {
                failure = failure.or(Some(found));
                continue;
            }
            // Which form of the URL was signed is no secret; the rest costs only what does not hold.
            let holds = urls.iter().any(|url| {
                let under = |key| Scope {
                    timestamp: time,
                    id: id.as_deref(),
                    url: url.as_deref(),
                    webhook_id: keys.webhook_id(),
                    key: Some(key),
                    names,
                    covered: self.signed_headers.as_ref(),
                    ..Scope::new(message).within(json)
                };
                let matches = keys
                    .iter()
                    .map(|key| self.any_matches(key, &under(key), candidates.iter().filter(alike)));
                bool::from(matches.fold(Choice::from(0), |all, one| all | one))
            });
            if holds {
                let later = if signs_time { None } else { self.timestamp_beside(&outer)? };
                return self.judge_time(time.or(later.as_deref()), now, tolerance);
            }
        }
        let mismatch = "the signature is well formed, but it is not that of these bytes and this secret";
        Err(failure.unwrap_or(Failure(Code::Mismatch, mismatch.into())))
    }

    /// Whether one of the candidates is the signature of a message under a key.
    fn any_matches<'c>(
        &self,
        key: &Key,
        scope: &Scope<'_>,
        candidates: impl Iterator<Item = &'c Candidate<'c>>,
    ) -> Choice {
        let signatures = candidates.map(|candidate| &candidate.signature);
        if let Some(pair) = key.pair() {
            let content = self.gathered(scope);
            let verifies = |decoded: &Decoded| match decoded {
                Decoded::Bytes(bytes) => pair.verifies(&content, bytes),
                Decoded::Tag(_) => false,
            };
            return Choice::from(u8::from(signatures.into_iter().any(verifies)));
        }
        let tag = self.tag(key, scope);
        signatures.fold(Choice::from(0), |matches, decoded| match decoded {
            Decoded::Tag(other) => matches | tag.same(other),
            Decoded::Bytes(_) => matches,
        })
    }

    /// What a key pair signs.
    pub(super) fn gathered(&self, scope: &Scope<'_>) -> Content {
        // Whatever stands beside the body is short.
        let mut gather = Gather::new(self.kind, scope.message.body.len() + 128);
        self.content.render(scope, &mut gather);
        gather.finish()
    }

    /// Every element of an array must carry its own signature.
    fn verify_elements(&self, keys: &Keys, message: &Message<'_>, path: &Path) -> Outcome<&'static str> {
        let Some(items) = elements(message.body, path, MOST_ELEMENTS) else {
            let path = path.as_str();
            return fail(Code::Malformed, format!("the body has no array `{path}` of signed elements"));
        };
        if items.is_empty() {
            return fail(Code::NoHeader, format!("`{}` is empty: nothing is signed", path.as_str()));
        }
        let mut verified = Ok("");
        for item in items {
            let now = Timestamp::default();
            verified = Ok(self.verify_signature(keys, message, item.as_bytes(), now, None)?);
        }
        verified
    }

    /// The timestamp, where it is not inside the value.
    pub(super) fn timestamp_beside<'s>(&self, scope: &'s Scope<'_>) -> Outcome<Option<Cow<'s, [u8]>>> {
        match &self.timestamp {
            None | Some(TimePlace::Value) => Ok(None),
            Some(TimePlace::Source(source)) => match scope.lookup(source) {
                Some(text) => Ok(Some(text)),
                None => absent(source, "the timestamp"),
            },
        }
    }

    pub(super) fn id_beside<'s>(&self, scope: &'s Scope<'_>) -> Outcome<Option<Cow<'s, [u8]>>> {
        match &self.id_source {
            None => Ok(None),
            Some(source) => match scope.lookup(source) {
                Some(id) => Ok(Some(id)),
                None => absent(source, "the delivery's id"),
            },
        }
    }

    /// The list of signed headers, where it is not inside the value.
    pub(super) fn names_beside<'s>(&self, scope: &'s Scope<'_>) -> Outcome<Option<Cow<'s, [u8]>>> {
        match self.signed_headers.as_ref().map(|covered| &covered.names) {
            None | Some(NamesPlace::Value) => Ok(None),
            Some(NamesPlace::Header(name)) => match scope.message.headers.get(name) {
                Some(list) => Ok(Some(Cow::Borrowed(list))),
                None => fail(Code::NoHeader, format!("there is no `{name}` header with the signed headers")),
            },
        }
    }

    pub(super) fn check_names(&self, names: Option<&[u8]>, message: &Message<'_>) -> Outcome<()> {
        let Some(covered) = &self.signed_headers else { return Ok(()) };
        let Some(names) = names else {
            return fail(Code::Malformed, format!("{} lists no signed headers", self.place_title()));
        };
        covered.check(names, message.headers).or_else(|error| {
            let code = if matches!(error, ListError::Missing(_)) { Code::NoHeader } else { Code::Malformed };
            fail(code, error.reason())
        })
    }

    /// The URLs that may have been signed; one `None` where no URL is.
    fn urls<'m>(&self, message: &Message<'m>) -> Outcome<SmallVec<[Option<Cow<'m, str>>; 2]>> {
        let params = self.content.uses(&Source::Params);
        if !params && !self.content.uses(&Source::Url) {
            return Ok(smallvec![None]);
        }
        let url = url::url_of(message);
        if params {
            let checked = params::check(&url, message.body);
            checked.or_else(|error| fail(Code::Mismatch, error.to_string()))?;
        }
        Ok(url::forms(self, url).into_iter().map(Some).collect())
    }

    /// The signature of a message, as bytes.
    pub(super) fn tag(&self, key: &Key, scope: &Scope<'_>) -> Tag {
        if self.kind == Kind::Hash {
            let mut hash = Digester::new(self.hash);
            self.content.render(scope, &mut hash);
            return hash.finish();
        }
        let mut mac = key.mac();
        self.content.render(scope, &mut mac);
        mac.finish()
    }

    /// Judges the signed time of a message whose signature holds.
    fn judge_time(
        &self,
        written: Option<&[u8]>,
        now: Timestamp,
        tolerance: Option<Duration>,
    ) -> Outcome<&'static str> {
        if !self.replay_detectable() {
            return Ok("the signature holds; the scheme signs no time, so a replay cannot be detected");
        }
        let Some(signed) = written.and_then(|text| self.time_form.read(text)) else {
            let form = self.time_form.as_str();
            return fail(Code::Malformed, format!("the signature holds, but the timestamp is not {form}"));
        };
        let Some(tolerance) = tolerance else {
            return Ok(
                "the signature holds; the vendor sets no tolerance for its time, so its age was not judged",
            );
        };
        let now = self.time_form.round(now);
        if now.since(signed) > tolerance {
            let age = span(now.since(signed));
            return fail(Code::TooOld, format!("signed {age} ago; the tolerance is {}", span(tolerance)));
        }
        if signed.since(now) > tolerance {
            let ahead = span(signed.since(now));
            let limit = span(tolerance);
            return fail(Code::InFuture, format!("signed {ahead} in the future; the tolerance is {limit}"));
        }
        Ok("the signature holds and its time is within the tolerance")
    }
}
