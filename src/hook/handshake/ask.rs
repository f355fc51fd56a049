//! Asks what a provider asks: builds the requests of a handshake, and what the
//! vendor wants to hear.
//!
//! What the profile's `when` and answer demand is put into the request with
//! fresh values; the expected answer is the one that this profile would give
//! itself. Sends nothing.

use super::draft::Draft;
use super::{Refusal, answers_beside};
use crate::hook::condition::Condition;
use crate::hook::delivery::Message;
use crate::hook::headers::Headers;
use crate::hook::provider::{Challenge, Handshake, Provider};
use crate::hook::secret::Secret;
use crate::hook::signature::{KeyError, Keys, SignError};
use crate::hook::template::{Source, Template};
use crate::hook::time::Timestamp;
use std::fmt;

/// Which request of a handshake.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// The vendor's own.
    Genuine,
    /// The same with a signature of something else.
    Forged,
    /// The first delivery after it, signed with the secret that it brought.
    Delivery,
    /// The same, signed with another secret.
    ForgedDelivery,
}

impl Step {
    /// The stable text form, as in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Genuine => "genuine",
            Self::Forged => "forged",
            Self::Delivery => "delivery",
            Self::ForgedDelivery => "forged_delivery",
        }
    }
}

/// One request and what the vendor wants to hear. It may hold a verify token:
/// only its headers' names and its path are for showing.
pub struct Ask {
    /// Which request it is.
    pub step: Step,
    /// The method.
    pub method: String,
    /// Path and query.
    pub target: String,
    /// The headers, the signature's included; no Host and no Content-Length.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
    /// What to answer.
    pub expected: Expected,
}

impl fmt::Debug for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Ask").field("step", &self.step).field("method", &self.method).finish_non_exhaustive()
    }
}

/// What a vendor wants to hear.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expected {
    /// The statuses.
    pub status: Statuses,
    /// Headers with their values.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The bodies of which one must be there.
    pub body: Bodies,
}

/// The statuses that a vendor takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Statuses {
    /// This one, or the other where there is one.
    Exactly(u16, Option<u16>),
    /// Any 2xx.
    Success,
    /// Any 4xx.
    Refusal,
}

/// The bodies that a vendor takes.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Bodies {
    /// Any: nobody reads it.
    Any,
    /// None.
    Empty,
    /// One of these; the first is the usual one.
    OneOf(Vec<Vec<u8>>),
}

/// What the requests of a handshake are made with.
#[derive(Clone, Copy, Debug)]
pub struct Making<'a> {
    /// The keys that sign, and whose last secret is the verify token.
    pub keys: Option<&'a Keys>,
    /// The moment of signing.
    pub at: Timestamp,
    /// The id of the request, for schemes that sign one.
    pub id: &'a str,
    /// What challenges and secrets are made of: at least 16 hex digits, new each time.
    pub fresh: &'a str,
    /// Scheme and authority of the endpoint, such as `http://localhost:3000`.
    pub origin: &'a str,
    /// Path and query of the endpoint.
    pub target: &'a str,
    /// Whether what the vendor signs is signed.
    pub signed: bool,
}

/// Why a handshake cannot be asked.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum AskError {
    /// The vendor signs it, and there is no secret.
    #[error("the vendor signs this handshake, and there is no signing secret")]
    NoSecret,
    /// It carries a verify token, and there is none.
    #[error("this handshake carries a verify token, and there is none")]
    NoToken,
    /// The answer cannot be known.
    #[error("the answer cannot be foretold: {0}")]
    NoAnswer(#[from] Refusal),
    /// It cannot be signed.
    #[error("cannot sign the request")]
    Sign(#[from] SignError),
    /// The secret that the handshake brings makes no key.
    #[error("cannot use a secret made for the handshake")]
    Key(#[from] KeyError),
    /// The profile asks for what no request can have.
    #[error("the profile's handshake does not fit together: {0}")]
    Inconsistent(String),
}

impl Provider {
    /// The requests of a handshake: the vendor's own, its forged copy where the
    /// vendor sends one, and what follows where the handshake brings a secret.
    ///
    /// # Errors
    /// When something is missing that the requests are made with, or the
    /// profile does not fit together.
    pub fn ask(&self, handshake: &Handshake, with: &Making<'_>) -> Result<Vec<Ask>, AskError> {
        let mut asks = vec![self.genuine(handshake, with)?];
        if let Some(status) = handshake.forged.filter(|_| with.signed) {
            asks.extend(self.forged(handshake, status, with)?);
        }
        if let Some(body) = &handshake.then {
            asks.extend(self.deliveries(handshake, body, with)?);
        }
        Ok(asks)
    }

    fn genuine(&self, handshake: &Handshake, with: &Making<'_>) -> Result<Ask, AskError> {
        let mut draft = draft(handshake, with)?;
        if handshake.is_signed() && with.signed {
            let keys = with.keys.ok_or(AskError::NoSecret)?;
            draft.sign(self, keys, with, None)?;
        }
        let expected = self.expected(handshake, &draft, with)?;
        Ok(draft.ask(Step::Genuine, expected))
    }

    /// The signature of other bytes. None where the signature is in the body,
    /// which would then be another one.
    fn forged(&self, handshake: &Handshake, status: u16, with: &Making<'_>) -> Result<Option<Ask>, AskError> {
        let keys = with.keys.ok_or(AskError::NoSecret)?;
        let mut draft = draft(handshake, with)?;
        let other = [&draft.body, b" ".as_slice()].concat();
        let before = draft.body.clone();
        draft.sign(self, keys, with, Some(&other))?;
        if draft.body != before {
            return Ok(None);
        }
        let body = if handshake.bare { Bodies::Empty } else { Bodies::Any };
        let status = Statuses::Exactly(status, None);
        Ok(Some(draft.ask(Step::Forged, Expected { status, headers: Vec::new(), body })))
    }

    /// One delivery that is signed with the secret that the handshake brought,
    /// and one that is not.
    fn deliveries(&self, handshake: &Handshake, body: &str, with: &Making<'_>) -> Result<Vec<Ask>, AskError> {
        let brought = fresh(handshake.challenge, with.fresh);
        let other: String = brought.chars().rev().chain(['0']).collect();
        let one = |secret: String, step, status| -> Result<Ask, AskError> {
            let secret = Secret::new(secret).map_err(|_empty| AskError::NoSecret)?;
            let keys = self.keys(&[secret])?;
            let mut draft = Draft::new(with);
            draft.method = "POST".to_owned();
            draft.body = body.as_bytes().to_vec();
            draft.typed();
            draft.sign(self, &keys, with, None)?;
            Ok(draft.ask(step, Expected { status, headers: Vec::new(), body: Bodies::Any }))
        };
        Ok(vec![
            one(brought, Step::Delivery, Statuses::Success)?,
            one(other, Step::ForgedDelivery, Statuses::Refusal)?,
        ])
    }

    /// What this profile itself would answer.
    fn expected(
        &self,
        handshake: &Handshake,
        draft: &Draft,
        with: &Making<'_>,
    ) -> Result<Expected, AskError> {
        let headers = Headers::from_pairs(draft.headers.iter().map(|(name, value)| (name.as_str(), value)));
        let target = draft.target();
        let message = Message {
            method: &draft.method,
            target: &target,
            headers: &headers,
            body: &draft.body,
            url: None,
        };
        let reply = self.handshake(with.keys, &message).filter(|reply| reply.name == *handshake.name);
        let reply = reply.ok_or_else(|| {
            AskError::Inconsistent(format!("`when` does not recognise the request of `{}`", handshake.name))
        })?;
        if let Some(refusal) = reply.refused {
            return Err(match refusal {
                Refusal::NoSecret => AskError::NoSecret,
                refusal => refusal.into(),
            });
        }
        let mut bodies = vec![reply.body];
        bodies.extend(answers_beside(self, handshake, with.keys, &message));
        let body = match bodies.first() {
            Some(first) if !first.is_empty() => Bodies::OneOf(bodies),
            _ if handshake.bare => Bodies::Empty,
            _ => Bodies::Any,
        };
        let status = Statuses::Exactly(reply.status, handshake.also_status);
        Ok(Expected { status, headers: reply.headers, body })
    }
}

/// The request without its signature.
fn draft(handshake: &Handshake, with: &Making<'_>) -> Result<Draft, AskError> {
    let mut draft = Draft::new(with);
    draft.query_from(&handshake.query);
    draft.body = handshake.payload.as_deref().unwrap_or_default().as_bytes().to_vec();
    let (source, value) = wanted(handshake);
    let fresh = fresh(handshake.challenge, with.fresh);
    match value {
        Some(value) => draft.set(source, value.as_bytes(), handshake.payload.is_some())?,
        None => draft.set(source, fresh.as_bytes(), false)?,
    }
    for source in repeated(handshake).filter(|other| *other != source) {
        draft.set(source, fresh.as_bytes(), false)?;
    }
    if let Some(source) = &handshake.check {
        let token = with.keys.and_then(|keys| keys.iter().last()).ok_or(AskError::NoToken)?;
        draft.set(source, token.secret(), false)?;
    }
    draft.method = method(handshake);
    draft.typed();
    Ok(draft)
}

/// The first of the alternatives by which the request is recognised.
fn wanted(handshake: &Handshake) -> (&Source, Option<&str>) {
    Condition::first(&handshake.when).unwrap_or((&Source::Method, None))
}

/// What the answer repeats, and the secret that is brought.
fn repeated(handshake: &Handshake) -> impl Iterator<Item = &Source> {
    let headers = handshake.headers.iter().flat_map(|(_, template)| Template::sources(template));
    let all = handshake.body.sources().chain(headers).chain(&handshake.capture);
    all.filter(|source| {
        matches!(source, Source::Header(_) | Source::Json(_) | Source::Form(_) | Source::Query(_))
    })
}

/// As the profile says; else GET for what is asked in the query, and POST.
fn method(handshake: &Handshake) -> String {
    if let Some(method) = &handshake.method {
        return method.to_string();
    }
    match wanted(handshake) {
        (Source::Method, Some(method)) => method.to_owned(),
        (Source::Query(_), _) => "GET".to_owned(),
        _ => "POST".to_owned(),
    }
}

fn fresh(challenge: Challenge, digits: &str) -> String {
    match challenge {
        Challenge::Hex => digits.to_owned(),
        Challenge::Number => {
            let number = u32::from_str_radix(&digits.chars().rev().take(7).collect::<String>(), 16);
            (1_000_000_000 + u64::from(number.unwrap_or_default())).to_string()
        }
    }
}
