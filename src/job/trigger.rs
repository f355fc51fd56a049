//! Sends signed deliveries to a target as their vendor would.
//!
//! Builds each request anew (fresh ids and times unless they are pinned), signs
//! it through the provider's profile, and tries it by the vendor's own
//! timetable where asked. A retry carries the same bytes as the first try.

pub mod handshake;

use crate::clock;
use crate::forward::Forwarder;
use crate::hook::attempt::{Attempt, Outcome};
use crate::hook::delivery::Message;
use crate::hook::headers::{Head, HeadError, Headers};
use crate::hook::provider::Provider;
use crate::hook::sample::{self, EditError, Sample};
use crate::hook::schedule::{self, Schedule};
use crate::hook::signature::{Keys, SignError};
use crate::hook::target::{PathMode, Target, TargetError};
use crate::hook::time::Timestamp;
use crate::job::report::{Attempted, Event, Next, Report};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How many deliveries may be under way at once when a rate is asked for.
const IN_FLIGHT: usize = 64;

/// Where the payload comes from.
#[derive(Clone, Debug)]
pub enum Payload {
    /// A sample of the provider, with values changed.
    Sample {
        /// The sample.
        sample: &'static Sample,
        /// Pointers and their new values.
        edits: Vec<(String, String)>,
    },
    /// The user's own bytes, with the headers the vendor would send for the event.
    Given {
        /// The bytes, sent as they are.
        body: Bytes,
        /// The sample of the event, for the headers its vendor sends with it.
        sample: Option<&'static Sample>,
    },
}

/// What is sent, to whom and how often.
#[derive(Clone, Debug)]
pub struct Plan {
    /// Whose scheme signs.
    pub provider: Arc<Provider>,
    /// The keys; `None` sends unsigned.
    pub keys: Option<Arc<Keys>>,
    /// The event's name.
    pub event: String,
    /// The payload.
    pub payload: Payload,
    /// Where to.
    pub target: Target,
    /// Headers added or replaced.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The delivery's id; fresh for each when `None`.
    pub id: Option<String>,
    /// The moment of signing; now when `None`.
    pub at: Option<Timestamp>,
    /// The public part of a key pair, for schemes that send one.
    pub public_key: Option<String>,
    /// How many.
    pub count: u64,
    /// The time between two; one after another when `None`.
    pub interval: Option<Duration>,
    /// When a failed one is tried again.
    pub schedule: Schedule,
}

/// A payload, its headers and its method, before it is signed.
type Unsigned = (Bytes, Vec<(String, Vec<u8>)>, &'static str);

/// A delivery that cannot be built.
#[derive(Debug, thiserror::Error)]
pub enum TriggerError {
    /// A value of the sample cannot be changed.
    #[error(transparent)]
    Edit(#[from] EditError),
    /// It cannot be signed.
    #[error("cannot sign the payload")]
    Sign(#[from] SignError),
    /// A header cannot be sent.
    #[error("the request cannot be written")]
    Head(#[from] HeadError),
    /// Path and query cannot be sent.
    #[error("the request cannot be written")]
    Target(#[from] TargetError),
}

/// How many went out and how they fared.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Sent {
    /// Deliveries sent.
    pub deliveries: u64,
    /// Of these, taken by the target (2xx) in the end.
    pub taken: u64,
    /// Of these, answered otherwise in the end.
    pub refused: u64,
    /// Of these, never answered.
    pub unanswered: u64,
}

impl Plan {
    /// Builds the request: its head and its body.
    ///
    /// # Errors
    /// When the sample cannot be edited, signed or written.
    pub fn build(&self, now: Timestamp, id: &str) -> Result<(Head, Bytes), TriggerError> {
        let at = self.at.unwrap_or(now);
        let (body, mut headers, method) = self.unsigned(at, id)?;
        let target = self.target.request_target("/", PathMode::Fixed);
        let Some(keys) = &self.keys else { return self.finish(method, &target, headers, body) };
        let known =
            Headers::from_pairs(headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())));
        let url = self.target.url_for("/", PathMode::Fixed);
        let message = Message { method, target: &target, headers: &known, body: &body, url: Some(&url) };
        let signed = self.provider.sign(keys, &message, at, Some(id), self.public_key.as_deref())?;
        headers.extend(signed.headers);
        let body = signed.body.map_or(body, Bytes::from);
        self.finish(method, signed.target.as_deref().unwrap_or(&target), headers, body)
    }

    fn unsigned(&self, at: Timestamp, id: &str) -> Result<Unsigned, TriggerError> {
        let (body, sample, content_type): (Bytes, _, _) = match &self.payload {
            Payload::Sample { sample, edits } => {
                let mut body = sample.fresh(at, id);
                for (pointer, value) in edits {
                    body = sample::set_pointer(&body, pointer, value)?;
                }
                (body.into(), Some(*sample), sample.content_type.clone())
            }
            Payload::Given { body, sample: Some(sample) } => {
                (body.clone(), Some(*sample), sample.content_type_for(body, &self.provider))
            }
            Payload::Given { body, sample: None } => {
                (body.clone(), None, Sample::content_type_of(body, &self.provider))
            }
        };
        let mut headers = vec![("Content-Type".to_owned(), content_type.into_bytes())];
        if let Some(sample) = sample {
            let vendors = sample.headers(at, id).into_iter();
            headers.extend(vendors.map(|(name, value)| (name, value.into_bytes())));
        }
        Ok((body, headers, sample.map_or("POST", |sample| &sample.method)))
    }

    /// Puts the user's own headers in place and the head together.
    fn finish(
        &self,
        method: &str,
        target: &str,
        mut headers: Vec<(String, Vec<u8>)>,
        body: Bytes,
    ) -> Result<(Head, Bytes), TriggerError> {
        for (name, value) in &self.headers {
            headers.retain(|(known, _)| !known.eq_ignore_ascii_case(name));
            headers.push((name.clone(), value.clone()));
        }
        headers.insert(0, ("Host".to_owned(), self.target.authority().as_bytes().to_vec()));
        headers.push(("Content-Length".to_owned(), body.len().to_string().into_bytes()));
        let head = Head::build(
            method,
            target,
            headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())),
        )?;
        Ok((head, body))
    }
}

/// Sends everything and says each attempt.
///
/// # Errors
/// When a delivery cannot be built; what was sent before stays sent.
pub async fn run(
    plan: Arc<Plan>,
    forwarder: Arc<Forwarder>,
    report: Arc<dyn Report>,
) -> Result<Sent, TriggerError> {
    let mut sent = Sent::default();
    let mut under_way = JoinSet::new();
    let mut ticks = plan.interval.map(tokio::time::interval);
    let most = if ticks.is_some() { IN_FLIGHT } else { 1 };
    for number in 1..=plan.count {
        if let Some(ticks) = &mut ticks {
            ticks.tick().await;
        }
        while under_way.len() >= most {
            note(&mut sent, under_way.join_next().await);
        }
        let id = plan.id.clone().unwrap_or_else(clock::fresh_id);
        let (head, body) = plan.build(clock::now(), &id)?;
        let target = with_signature(&plan.target, head.target())?;
        let (plan, forwarder, report) = (Arc::clone(&plan), Arc::clone(&forwarder), Arc::clone(&report));
        under_way.spawn(async move {
            deliver(&plan, &forwarder, report.as_ref(), number, &target, &head, &body).await
        });
    }
    while let Some(ended) = under_way.join_next().await {
        note(&mut sent, Some(ended));
    }
    Ok(sent)
}

/// The same target with path and query as they were built: some schemes put
/// the signature, and handshakes their question, into the query.
fn with_signature(target: &Target, built: &str) -> Result<Target, TargetError> {
    Target::parse(&format!("{}{built}", target.origin()), None)
}

fn note(sent: &mut Sent, ended: Option<Result<Outcome, tokio::task::JoinError>>) {
    let Some(ended) = ended else { return };
    sent.deliveries += 1;
    match ended {
        Ok(outcome) if outcome.delivered() => sent.taken += 1,
        Ok(Outcome::Answered(_)) => sent.refused += 1,
        Ok(Outcome::Failed(_)) | Err(_) => sent.unanswered += 1,
    }
}

/// Tries one delivery until it is taken or the timetable ends.
async fn deliver(
    plan: &Plan,
    forwarder: &Forwarder,
    report: &dyn Report,
    number: u64,
    target: &Target,
    head: &Head,
    body: &Bytes,
) -> Outcome {
    let mut first_failure = None;
    let mut tries = 0;
    loop {
        tries += 1;
        let attempt = forwarder.attempt(target, head, body, tries).await;
        let ended = attempt.started.plus(attempt.duration);
        let first_failure = *first_failure.get_or_insert(ended);
        let next = next(plan, &attempt, first_failure, tries);
        let outcome = attempt.outcome.clone();
        report.report(&Event::Attempt(Arc::new(Attempted {
            seq: number,
            event: Some(plan.event.clone()),
            attempt,
            next,
            again: Vec::new(),
        })));
        let Next::RetryAt(due) = next else { return outcome };
        tokio::time::sleep(due.since(clock::now())).await;
    }
}

fn next(plan: &Plan, attempt: &Attempt, first_failure: Timestamp, tries: u32) -> Next {
    if attempt.outcome.delivered() || !plan.schedule.tries_again_after(&attempt.outcome) {
        return Next::Nothing;
    }
    let now = clock::now();
    let asked = match &attempt.outcome {
        Outcome::Answered(answer) => schedule::retry_after(&answer.headers, now),
        Outcome::Failed(_) => None,
    };
    // A vendor's timetable has no jitter of its own.
    plan.schedule.next(first_failure, tries, now, asked, 0.5).map_or(Next::Nothing, Next::RetryAt)
}
