//! Carries the tries out: each is one verification of something changed.

use super::{Case, Diagnosis, Mistake, Tried, TriedOutcome, most_work};
use crate::hook::delivery::Message;
use crate::hook::headers::Headers;
use crate::hook::provider::{Cover, Place, Provider};
use crate::hook::secret::Secret;
use crate::hook::signature::Keys;
use crate::hook::template::Source;
use crate::hook::verdict::Code;
use std::borrow::Cow;
use std::collections::HashSet;
use std::time::Duration;

/// What a try costs beside hashing the body: making keys, reading headers.
const LEAST_COST: usize = 4 << 10;

/// What it costs a scheme to read a byte of a form or a JSON text, where others hash it.
const READ: usize = 24;

/// What is to be tried.
#[derive(Clone, Debug)]
pub(super) struct Idea {
    pub(super) mistake: Mistake,
    /// A noun phrase that completes "the signature holds for ...".
    pub(super) what: Cow<'static, str>,
    /// What mends it, where that is not what mends this mistake elsewhere.
    mend: Option<&'static str>,
}

impl Idea {
    /// The same with a mend of its own.
    pub(super) fn mended_by(self, mend: &'static str) -> Self {
        Self { mend: Some(mend), ..self }
    }
}

pub(super) fn idea(mistake: Mistake, what: impl Into<Cow<'static, str>>) -> Idea {
    Idea { mistake, what: what.into(), mend: None }
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
    /// The work that was done, and what there is of it, in bytes hashed.
    spent: usize,
    most: usize,
    /// What verifying costs for each byte of the body.
    a_byte: usize,
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
            most: most_work(case.message.body.len()),
            a_byte: if reads_body(case.provider) { READ } else { 1 },
            found: None,
            tried: Vec::new(),
        };
        attempts.is_new(case.message.body);
        attempts
    }

    pub(super) fn into_explanation(self) -> super::Explanation {
        super::Explanation { found: self.found, tried: self.tried, work: self.spent }
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

    /// Takes so much work from what there is; false, and nothing taken, where that is not enough.
    pub(super) fn afford(&mut self, work: usize) -> bool {
        let spent = self.spent.saturating_add(work);
        let affords = spent <= self.most;
        if affords {
            self.spent = spent;
        }
        affords
    }

    /// Makes another body and tries it, where there is work left for making it.
    pub(super) fn rewritten_holds(
        &mut self,
        idea: Idea,
        work: usize,
        rewrite: impl FnOnce(&[u8]) -> Option<Vec<u8>>,
    ) -> bool {
        if !self.afford(work) {
            self.skip(idea);
            return false;
        }
        rewrite(self.message().body).is_some_and(|body| self.body_holds(idea, &body))
    }

    /// Notes what there is not enough work for.
    pub(super) fn skip(&mut self, idea: Idea) {
        self.tried.push(Tried { mistake: idea.mistake, what: idea.what, outcome: TriedOutcome::TooMuch });
    }

    fn attempt(
        &mut self,
        idea: Idea,
        message: &Message<'_>,
        verify: impl FnOnce(&Self, &Message<'_>) -> bool,
    ) -> bool {
        let body = message.body.len().saturating_mul(self.a_byte);
        let cost = body.saturating_add(LEAST_COST).saturating_mul(self.case.secrets.len().max(1));
        if !self.afford(cost) {
            self.skip(idea);
            return false;
        }
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
                mend: Cow::Borrowed(idea.mend.unwrap_or(idea.mistake.mend())),
            });
        }
        verified
    }
}

/// Whether a scheme signs what it reads in the body, and not its bytes.
fn reads_body(provider: &Provider) -> bool {
    provider.content.uses(&Source::Params) || provider.cover() == Cover::Fields
}

/// Whether the signature holds, whatever its time: that is another question.
fn holds(case: &Case<'_>, provider: &Provider, keys: &Keys, message: &Message<'_>) -> bool {
    provider.verify(keys, message, case.now, Some(Duration::MAX)).verified()
}
