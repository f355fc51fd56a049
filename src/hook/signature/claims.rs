//! Schemes that send a JSON Web Token: the claims say what is covered.
//!
//! The profile says which algorithm it must be; the token's own word for it is
//! compared with that and decides nothing. No claim is read before a signature
//! held. `exp` and `nbf` count to the second wherever they stand, `iat` within
//! the tolerance where there is one.

use super::asymmetric::Gather;
use super::jwt::{self, Claims, JwtError, Token};
use super::key::{Key, Keys};
use super::scope::Scope;
use super::sign::{SignError, Signed};
use super::verify::{Failure, MOST_SIGNATURES, Outcome, fail};
use crate::hook::delivery::Message;
use crate::hook::digest::{HashName, Sink as _, Tag};
use crate::hook::provider::{Kind, Provider};
use crate::hook::quantity::span;
use crate::hook::time::Timestamp;
use crate::hook::verdict::Code;
use serde_json::{Map, Value};
use std::time::Duration;
use subtle::Choice;

/// As much of a stranger's word as a sentence repeats: a thumbprint, or the id of a key.
const LONGEST_WORD: usize = 64;

impl Provider {
    /// The algorithm that a token must name.
    fn token_algorithm(&self) -> &'static str {
        match (self.kind, self.hash) {
            (Kind::JwtEs256, _) => "ES256",
            (_, HashName::Sha512) => "HS512",
            _ => "HS256",
        }
    }

    /// Verifies the token: its signature, then its time, then its claims.
    pub(super) fn verify_claims(
        &self,
        keys: &Keys,
        message: &Message<'_>,
        now: Timestamp,
        tolerance: Option<Duration>,
    ) -> Outcome<&'static str> {
        let scope = Scope::new(message);
        let values = self.values(&scope)?;
        let mut failure = None;
        let mut left = MOST_SIGNATURES;
        for value in &values {
            let written = match self.written_in(value) {
                Ok(written) => written,
                Err(found) => {
                    failure = failure.or(Some(found));
                    continue;
                }
            };
            for text in written.signatures.iter().take(left) {
                left -= 1;
                match self.verify_one(keys, text, &scope, now, tolerance) {
                    Ok(reason) => return Ok(reason),
                    // What a holding signature covers says more than a signature that does not hold.
                    Err((true, found)) => failure = Some(found),
                    Err((false, found)) => failure = failure.or(Some(found)),
                }
            }
        }
        failure.map_or_else(|| fail(Code::Mismatch, "there is no token that holds"), Err)
    }

    /// Verifies one token; a failure comes with whether the signature held.
    fn verify_one(
        &self,
        keys: &Keys,
        text: &[u8],
        scope: &Scope<'_>,
        now: Timestamp,
        tolerance: Option<Duration>,
    ) -> Result<&'static str, (bool, Failure)> {
        let token = jwt::read(text).map_err(|error| (false, self.no_token(error)))?;
        let holds = keys.iter().fold(Choice::from(0), |holds, key| holds | self.token_holds(key, &token));
        if !bool::from(holds) {
            return Err((false, self.why_not(keys, &token)));
        }
        self.judge_claims(&token, scope, now, tolerance).map_err(|failure| (true, failure))
    }

    fn no_token(&self, error: JwtError) -> Failure {
        let code = if error == JwtError::BadSignature { Code::BadEncoding } else { Code::Malformed };
        Failure(code, format!("{} is no JSON Web Token: {error}", self.place_title()).into())
    }

    fn token_holds(&self, key: &Key, token: &Token<'_>) -> Choice {
        if let Some(pair) = key.pair() {
            let mut content = Gather::new(self.kind, 0);
            content.write(token.signed());
            return Choice::from(u8::from(pair.verifies(&content.finish(), token.signature())));
        }
        let mut mac = key.mac();
        mac.write(token.signed());
        Tag::from_bytes(token.signature()).map_or(Choice::from(0), |tag| tag.same(&mac.finish()))
    }

    /// Why a signature does not hold, as far as the token says it itself.
    fn why_not(&self, keys: &Keys, token: &Token<'_>) -> Failure {
        let wanted = self.token_algorithm();
        let header = match token.header() {
            Err(error) => return self.no_token(error),
            Ok(header) => header,
        };
        if header.alg != wanted {
            return self.other_algorithm(&header.alg);
        }
        let mut reason = "the token is well formed, but its signature is not of this secret".to_owned();
        if self.kind.has_key_pair() {
            reason = "the token is well formed, but it was not signed with this key".to_owned();
            if let Some(kid) = header.kid {
                let ours = keys.first().and_then(Key::pair).map(super::asymmetric::Pair::kid);
                let ours = ours.unwrap_or_default();
                reason = format!("{reason}: it names `{}`, and this one is `{}`", short(&kid), short(&ours));
            }
        }
        Failure(Code::Mismatch, reason.into())
    }

    fn other_algorithm(&self, alg: &str) -> Failure {
        let (alg, wanted) = (short(alg), self.token_algorithm());
        let reason =
            format!("the token says that it is signed with `{alg}`, and the scheme takes {wanted} alone");
        Failure(Code::Malformed, reason.into())
    }

    /// Judges what a token says whose signature holds.
    fn judge_claims(
        &self,
        token: &Token<'_>,
        scope: &Scope<'_>,
        now: Timestamp,
        tolerance: Option<Duration>,
    ) -> Outcome<&'static str> {
        let header = token.header().map_err(|error| self.no_token(error))?;
        if header.alg != self.token_algorithm() {
            return Err(self.other_algorithm(&header.alg));
        }
        let claims = token.claims().map_err(|error| self.no_token(error))?;
        for (name, template) in &self.claims {
            let mut wanted = Vec::new();
            template.render(scope, &mut wanted);
            if !claims.has(name) {
                return fail(Code::Malformed, format!("the token holds, but it has no claim `{name}`"));
            }
            if !claims.says(name, &wanted) {
                let reason = format!("the token holds, but its claim `{name}` is not that of this delivery");
                return fail(Code::Mismatch, reason);
            }
        }
        self.judge_moments(&claims, now, tolerance)
    }

    fn judge_moments(
        &self,
        claims: &Claims,
        now: Timestamp,
        tolerance: Option<Duration>,
    ) -> Outcome<&'static str> {
        let moment = |name| {
            let read = claims.moment(name);
            read.or_else(|error| fail(Code::Malformed, format!("the token holds, but {error}")))
        };
        let (made, begins, ends) = (moment("iat")?, moment("nbf")?, moment("exp")?);
        let now = Timestamp::from_seconds(now.seconds());
        if let Some(ends) = ends.filter(|ends| *ends <= now) {
            return fail(Code::TooOld, format!("the token expired {} ago", span(now.since(ends))));
        }
        if let Some(begins) = begins.filter(|begins| *begins > now) {
            return fail(Code::InFuture, format!("the token begins to hold in {}", span(begins.since(now))));
        }
        match (made, tolerance) {
            (Some(made), Some(tolerance)) => judge_age(made, now, tolerance),
            (None, Some(_)) if self.tolerance().is_some() => {
                fail(Code::Malformed, "the token holds, but it does not say when it was made (`iat`)")
            }
            _ if ends.is_some() => Ok("the token holds and has not expired"),
            _ => Ok("the token holds; its age was not judged, so a replay cannot be detected"),
        }
    }

    /// Signs the claims of a message; `kid` names the key where the scheme has key pairs.
    pub(super) fn sign_claims(
        &self,
        keys: &Keys,
        message: &Message<'_>,
        at: Timestamp,
        kid: Option<&str>,
    ) -> Result<Signed, SignError> {
        let tokens =
            keys.iter().map(|key| self.token(key, message, at, kid)).collect::<Result<Vec<_>, _>>()?;
        let value = self.value.write(&tokens, |_| None);
        Ok(Signed { headers: self.named(vec![value]), ..Signed::default() })
    }

    fn token(
        &self,
        key: &Key,
        message: &Message<'_>,
        at: Timestamp,
        kid: Option<&str>,
    ) -> Result<String, SignError> {
        let mut header = Map::new();
        header.insert("alg".to_owned(), self.token_algorithm().into());
        if let Some(pair) = key.pair() {
            header.insert("kid".to_owned(), kid.map_or_else(|| pair.kid(), str::to_owned).into());
        }
        header.insert("typ".to_owned(), "JWT".into());
        let signed = jwt::write(&header, &self.claims_of(message, at));
        let signature = match key.pair() {
            Some(pair) => {
                let mut content = Gather::new(self.kind, 0);
                content.write(signed.as_bytes());
                pair.sign(&content.finish()).map_err(|error| self.not_signed(error))?
            }
            None => {
                let mut mac = key.mac();
                mac.write(signed.as_bytes());
                mac.finish().as_bytes().to_vec()
            }
        };
        Ok(jwt::finish(&signed, &signature))
    }

    fn claims_of(&self, message: &Message<'_>, at: Timestamp) -> Map<String, Value> {
        let mut claims = Map::new();
        if self.tolerance().is_some() {
            claims.insert("iat".to_owned(), at.seconds().into());
        }
        let scope = Scope::new(message);
        for (name, template) in &self.claims {
            let mut text = Vec::new();
            template.render(&scope, &mut text);
            claims.insert(name.to_string(), String::from_utf8_lossy(&text).into());
        }
        claims
    }
}

fn judge_age(made: Timestamp, now: Timestamp, tolerance: Duration) -> Outcome<&'static str> {
    let limit = span(tolerance);
    if now.since(made) > tolerance {
        let age = span(now.since(made));
        return fail(Code::TooOld, format!("the token was made {age} ago; the tolerance is {limit}"));
    }
    if made.since(now) > tolerance {
        let ahead = span(made.since(now));
        return fail(
            Code::InFuture,
            format!("the token was made {ahead} in the future; the tolerance is {limit}"),
        );
    }
    Ok("the token holds and was made within the tolerance")
}

fn short(word: &str) -> String {
    word.chars().take(LONGEST_WORD).collect()
}
