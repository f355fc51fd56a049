//! Asks an endpoint what its provider asks before it delivers, and compares
//! the answers with what the provider wants to hear.

use crate::clock;
use crate::forward::Forwarder;
use crate::hook::attempt::{Attempt, Outcome};
use crate::hook::handshake::{Ask, AskError, Findings, Making, Step, compare};
use crate::hook::headers::{Head, HeadError};
use crate::hook::provider::{Handshake, Provider};
use crate::hook::signature::Keys;
use crate::hook::target::{PathMode, Target, TargetError};
use crate::hook::time::Timestamp;
use bytes::Bytes;
use std::sync::Arc;

/// What is asked, and of whom.
#[derive(Clone, Debug)]
pub struct Questions {
    /// Whose handshakes.
    pub provider: Arc<Provider>,
    /// The keys that sign, and whose last secret is the verify token.
    pub keys: Option<Keys>,
    /// The endpoint.
    pub target: Target,
    /// Headers added or replaced.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The id of each request; fresh ones when `None`.
    pub id: Option<String>,
    /// The moment of signing; now when `None`.
    pub at: Option<Timestamp>,
    /// Whether what the vendor signs is signed.
    pub signed: bool,
}

/// One request that was sent, and what was found.
#[derive(Clone, Debug)]
pub struct Asked {
    /// The handshake's name.
    pub name: String,
    /// Whether the vendor publishes no form of it: an endpoint may well refuse it.
    pub guessed: bool,
    /// Which of its requests.
    pub step: Step,
    /// The method.
    pub method: String,
    /// How it went. Its target is without the query, which may hold a verify token.
    pub attempt: Attempt,
    /// What differs from what the vendor wants to hear; nothing when there is no answer.
    pub findings: Findings,
}

impl Asked {
    /// Whether the vendor would be content.
    pub fn passed(&self) -> bool {
        matches!(self.attempt.outcome, Outcome::Answered(_)) && self.findings.wrong.is_empty()
    }
}

/// A handshake that cannot be asked.
#[derive(Debug, thiserror::Error)]
pub enum QuestionError {
    /// Its requests cannot be made.
    #[error(transparent)]
    Ask(#[from] AskError),
    /// A header cannot be sent.
    #[error("the request cannot be written")]
    Head(#[from] HeadError),
    /// Path and query cannot be sent.
    #[error("the request cannot be written")]
    Target(#[from] TargetError),
}

impl Questions {
    /// The requests of one handshake, made with fresh values.
    ///
    /// # Errors
    /// When something is missing that they are made with.
    pub fn asks(&self, handshake: &Handshake) -> Result<Vec<Ask>, AskError> {
        let id = self.id.clone().unwrap_or_else(clock::fresh_id);
        let fresh = clock::fresh_id().replace('-', "");
        let target = self.target.request_target("/", PathMode::Fixed);
        self.provider.ask(
            handshake,
            &Making {
                keys: self.keys.as_ref(),
                at: self.at.unwrap_or_else(clock::now),
                id: &id,
                fresh: &fresh,
                origin: self.target.origin(),
                target: &target,
                signed: self.signed,
            },
        )
    }

    /// The head of a request, with the user's own headers in place.
    pub(in crate::job) fn head(&self, ask: &Ask) -> Result<Head, HeadError> {
        let mut headers = ask.headers.clone();
        for (name, value) in &self.headers {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.clone(), value.clone()));
        }
        headers.insert(0, ("Host".to_owned(), self.target.authority().as_bytes().to_vec()));
        if !matches!(ask.method.as_str(), "GET" | "HEAD") {
            headers.push(("Content-Length".to_owned(), ask.body.len().to_string().into_bytes()));
        }
        let headers = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
        Head::build(&ask.method, &ask.target, headers)
    }

    /// Sends one request and compares its answer.
    ///
    /// # Errors
    /// When it cannot be written.
    pub async fn send(
        &self,
        forwarder: &Forwarder,
        handshake: &Handshake,
        ask: &Ask,
    ) -> Result<Asked, QuestionError> {
        let head = self.head(ask)?;
        let target = super::with_signature(&self.target, &ask.target)?;
        let body = Bytes::copy_from_slice(&ask.body);
        let mut attempt = forwarder.attempt(&target, &head, &body, 1).await;
        if let Some((shown, _query)) = attempt.target.split_once('?') {
            attempt.target = shown.to_owned();
        }
        let findings = match &attempt.outcome {
            Outcome::Answered(answer) => compare(ask, answer),
            Outcome::Failed(_) => Findings::default(),
        };
        let (name, method) = (handshake.name().to_owned(), ask.method.clone());
        Ok(Asked { name, guessed: handshake.is_guessed(), step: ask.step, method, attempt, findings })
    }
}
