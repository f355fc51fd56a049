//! Carries the tries out: each is one verification of something changed.

use super::{Case, Diagnosis, MOST_WORK, Mistake, Tried, TriedOutcome};
use crate::hook::delivery::Message;
use crate::hook::headers::Headers;
use crate::hook::provider::{Place, Provider};
use crate::hook::secret::Secret;
use crate::hook::signature::Keys;
use crate::hook::verdict::Code;
use std::borrow::Cow;
use std::collections::HashSet;
use std::time::Duration;

/// What a try costs beside hashing the body: making keys, reading headers.
const LEAST_COST: usize = 4 << 10;

/// What is to be tried.
#[derive(Clone, Debug)]
pub(super) struct Idea {
    pub(super) mistake: Mistake,
    /// A noun phrase that completes "the signature holds for ...".
    pub(super) what: Cow<'static, str>,
}

pub(super) fn idea(mistake: Mistake, what: impl Into<Cow<'static, str>>) -> Idea {
    Idea { mistake, what: what.into() }
}

/// The same scheme with something changed.
pub(super) fn changed(provider: &Provider, change: impl FnOnce(&mut Provider)) -> Provider {
    let mut provider = provider.clone();
    change(&mut provider);
    provider
}

/// The tries for one case. Each function gives true once something was found,
/// and nothing is tried after that.
pub(super) struct Attempts<'a> {
    pub(super) case: &'a Case<'a>,
    keys: Option<Keys>,
    /// The headers with the signature as the scheme writes it, where it came spelled otherwise.
    respelled: Option<Headers>,
    /// Bodies that were tried, by length and checksum: most ways of writing a body give the same one.
    bodies: HashSet<(usize, u32)>,
    spent: usize,
    found: Option<Diagnosis>,
    tried: Vec<Tried>,
}

impl<'a> Attempts<'a> {
    pub(super) fn new(case: &'a Case<'a>) -> Self {
        let mut attempts = Self {
            case,
            keys: case.provider.keys(case.secrets).ok(),
            respelled: None,
            bodies: HashSet::new(),
            spent: 0,
            found: None,
            tried: Vec::new(),
        };
        attempts.is_new(case.message.body);
        attempts
    }

    pub(super) fn into_explanation(self) -> super::Explanation {
        super::Explanation { found: self.found, tried: self.tried }
    }

    /// The message that the changes start from.
    pub(super) fn message(&self) -> Message<'a> {
        self.case.message
    }

    /// From here on, the signature is read as if it had been written like this.
    pub(super) fn respell(&mut self, headers: Headers) {
        self.respelled = Some(headers);
    }

    /// Whether there is a signature of the scheme's form at all: without one,
    /// nothing that is changed elsewhere can make it hold.
    pub(super) fn has_signature(&self) -> bool {
        let formed = self.case.verdict.code == Code::Mismatch;
        let read_later = !matches!(self.case.provider.place, Place::Headers(_));
        formed || read_later || self.respelled.is_some() || self.is_of_known_time()
    }

    /// Malformed may be the time alone, beside a signature that holds.
    fn is_of_known_time(&self) -> bool {
        self.case.verdict.code == Code::Malformed && self.case.provider.timestamp.is_some()
    }

    /// Whether this body was not tried yet.
    pub(super) fn is_new(&mut self, body: &[u8]) -> bool {
        self.bodies.insert((body.len(), crc32fast::hash(body)))
    }

    /// Another message under the same scheme and secrets.
    pub(super) fn message_holds(&mut self, idea: Idea, message: &Message<'_>) -> bool {
        self.attempt(idea, message, |attempts, message| {
            attempts
                .keys
                .as_ref()
                .is_some_and(|keys| holds(attempts.case, attempts.case.provider, keys, message))
        })
    }

    /// Another body.
    pub(super) fn body_holds(&mut self, idea: Idea, body: &[u8]) -> bool {
        if !self.is_new(body) {
            return false;
        }
        let message = Message { body, ..self.message() };
        self.message_holds(idea, &message)
    }

    /// Other headers.
    pub(super) fn headers_hold(&mut self, idea: Idea, headers: &Headers) -> bool {
        let message = Message { headers, ..self.message() };
        self.message_holds(idea, &message)
    }

    /// Another scheme with the same secrets.
    pub(super) fn scheme_holds(&mut self, idea: Idea, provider: &Provider) -> bool {
        self.secrets_hold(idea, provider, self.case.secrets)
    }

    /// Another scheme on other headers.
    pub(super) fn scheme_holds_on(&mut self, idea: Idea, provider: &Provider, headers: &Headers) -> bool {
        let message = Message { headers, ..self.message() };
        let secrets = self.case.secrets;
        self.attempt(idea, &message, |attempts, message| {
            provider.keys(secrets).is_ok_and(|keys| holds(attempts.case, provider, &keys, message))
        })
    }

    /// Other secrets, or the same ones read in another way.
    pub(super) fn secrets_hold(&mut self, idea: Idea, provider: &Provider, secrets: &[Secret]) -> bool {
        let message = self.message();
        self.attempt(idea, &message, |attempts, message| {
            provider.keys(secrets).is_ok_and(|keys| holds(attempts.case, provider, &keys, message))
        })
    }

    /// Says that something is the case without having verified it.
    pub(super) fn say(&mut self, mistake: Mistake, sentence: String) -> bool {
        let what = Cow::Owned(sentence.clone());
        self.tried.push(Tried { mistake, what, outcome: TriedOutcome::Holds });
        self.found = Some(Diagnosis { mistake, sentence, mend: Cow::Borrowed(mistake.mend()) });
        true
    }

    /// Notes what the body is too large for.
    pub(super) fn skip(&mut self, idea: Idea) {
        self.tried.push(Tried { mistake: idea.mistake, what: idea.what, outcome: TriedOutcome::TooMuch });
    }

    fn attempt(
        &mut self,
        idea: Idea,
        message: &Message<'_>,
        verify: impl FnOnce(&Self, &Message<'_>) -> bool,
    ) -> bool {
        let cost =
            message.body.len().saturating_add(LEAST_COST).saturating_mul(self.case.secrets.len().max(1));
        if self.spent.saturating_add(cost) > MOST_WORK {
            self.skip(idea);
            return false;
        }
        self.spent += cost;
        let unchanged = std::ptr::eq(message.headers, self.case.message.headers);
        let verified = match &self.respelled {
            Some(headers) if unchanged => verify(self, &Message { headers, ..*message }),
            _ => verify(self, message),
        };
        let outcome = if verified { TriedOutcome::Holds } else { TriedOutcome::No };
        self.tried.push(Tried { mistake: idea.mistake, what: idea.what.clone(), outcome });
        if verified {
            let lead = idea.mistake.area().lead();
            self.found = Some(Diagnosis {
                mistake: idea.mistake,
                sentence: format!("the signature holds {lead} {}", idea.what),
                mend: Cow::Borrowed(idea.mistake.mend()),
            });
        }
        verified
    }
}

/// Whether the signature holds, whatever its time: that is another question.
fn holds(case: &Case<'_>, provider: &Provider, keys: &Keys, message: &Message<'_>) -> bool {
    provider.verify(keys, message, case.now, Some(Duration::MAX)).verified()
}
