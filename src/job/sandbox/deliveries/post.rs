//! One signed request to a webhook, and what came back, as the history keeps it.

use super::in_flight::Ticket;
use crate::hook::attempt::{Answer, Failure, FailureKind};
use crate::hook::delivery::Message;
use crate::hook::headers::{Head, Headers};
use crate::hook::provider::Catalogue;
use crate::hook::sample;
use crate::hook::secret::Secret;
use crate::hook::target::{PathMode, Target};
use crate::hook::time::Timestamp;
use crate::job::sandbox::faults;
use crate::job::sandbox::history::{Attempt, Delivery, Kind};
use crate::job::sandbox::state::registrations::Registration;
use crate::job::sandbox::world::World;
use crate::outbound::exact::ExactRequest;
use bytes::Bytes;
use std::time::Instant;

/// How much of an answer the history keeps.
const KEPT_ANSWER: usize = 2_000;

/// Posts a delivery's bytes, signed with the registration's secret; `kind` says why, with the number of the try.
pub(super) async fn post(
    world: &World,
    registration: &Registration,
    delivery: &Delivery,
    (kind, number): (Kind, u32),
    ticket: Option<&Ticket<'_>>,
) -> Attempt {
    let fate = world.options.delivering.faults.fate(delivery.id.unsigned_abs(), number.max(1));
    let corrupted = fate.corrupted.filter(|_| kind != Kind::Ping);
    let at = world.clock.now();
    let begun = Instant::now();
    let outcome = match prepared(registration, delivery, at, corrupted) {
        Err(detail) => Err(Failure { kind: FailureKind::Invalid, detail }),
        Ok(prepared) => exchange(world, &prepared, ticket).await,
    };
    let duration_us = i64::try_from(begun.elapsed().as_micros()).unwrap_or(i64::MAX);
    let (status, failure, answer) = match outcome {
        Ok(answer) => (Some(answer.status), None, beginning(&answer.body)),
        Err(failure) => (None, Some(failure), String::new()),
    };
    Attempt {
        number,
        at,
        url: registration.url.clone(),
        kind,
        fault: corrupted.map(|_| "corrupted".to_owned()),
        status,
        detail: failure.as_ref().map(|failure| failure.detail.clone()),
        failure: failure.map(|failure| failure.kind.as_str().to_owned()),
        duration_us,
        answer,
    }
}

/// The attempt of a delivery whose webhook is gone.
pub(super) fn removed(delivery: &Delivery, (kind, number): (Kind, u32), at: Timestamp) -> Attempt {
    Attempt {
        number,
        at,
        url: delivery.url.clone(),
        kind,
        fault: None,
        status: None,
        failure: Some("removed".to_owned()),
        detail: Some("the webhook is not registered any more".to_owned()),
        duration_us: 0,
        answer: String::new(),
    }
}

/// How an attempt went, in a few words.
pub(super) fn in_words(attempt: &Attempt) -> String {
    match (attempt.status, &attempt.detail) {
        (Some(status), _) => format!("it answered {status}"),
        (None, Some(detail)) => detail.clone(),
        (None, None) => "it gave no answer".to_owned(),
    }
}

fn beginning(body: &[u8]) -> String {
    let body = body.get(..KEPT_ANSWER).unwrap_or(body);
    String::from_utf8_lossy(body).into_owned()
}

/// A request that can be sent.
struct Prepared {
    target: Target,
    head: Bytes,
    body: Bytes,
}

fn prepared(
    registration: &Registration,
    delivery: &Delivery,
    at: Timestamp,
    corrupted: Option<u64>,
) -> Result<Prepared, String> {
    let target = Target::parse(&registration.url, None).map_err(|error| error.to_string())?;
    let path = target.request_target("/", PathMode::Fixed);
    let mut headers = vec![("Host".to_owned(), target.authority().as_bytes().to_vec())];
    headers.extend(signed(registration, delivery, at, &path)?);
    headers.push(("Content-Length".to_owned(), delivery.body.len().to_string().into_bytes()));
    let pairs = headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    let head = Head::build("POST", &path, pairs).map_err(|error| error.to_string())?;
    // Signed first: what arrives does not fit its signature.
    let body = match corrupted {
        Some(pick) => faults::corrupt(&delivery.body, pick),
        None => delivery.body.clone(),
    };
    Ok(Prepared { target, head: head.as_bytes().clone(), body: body.into() })
}

/// The fields that the vendor sends with the event, its signature the last.
fn signed(
    registration: &Registration,
    delivery: &Delivery,
    at: Timestamp,
    path: &str,
) -> Result<Vec<(String, Vec<u8>)>, String> {
    let provider = Catalogue::builtin().get(&registration.provider).map_err(|error| error.to_string())?;
    let secret = Secret::new(registration.signing_secret.as_str()).map_err(|error| error.to_string())?;
    let keys = provider.keys(&[secret]).map_err(|error| error.to_string())?;
    let mut headers = vec![("Content-Type".to_owned(), b"application/json".to_vec())];
    if let Ok(sample) = sample::find(&registration.provider, &delivery.event) {
        let own = sample.headers(at, &delivery.id.to_string()).into_iter();
        headers.extend(own.map(|(name, value)| (name, value.into_bytes())));
    }
    let known = Headers::from_pairs(headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())));
    let url = Some(registration.url.as_str());
    let message = Message { method: "POST", target: path, headers: &known, body: &delivery.body, url };
    let signed = provider.sign(&keys, &message, at, None, None).map_err(|error| error.to_string())?;
    headers.extend(signed.headers);
    Ok(headers)
}

async fn exchange(
    world: &World,
    prepared: &Prepared,
    ticket: Option<&Ticket<'_>>,
) -> Result<Answer, Failure> {
    let deadline = super::work::DEADLINE;
    let request = ExactRequest {
        origin: prepared.target.origin(),
        method: "POST",
        head: prepared.head.clone(),
        body: prepared.body.clone(),
        timeout: Some(deadline),
    };
    let sent = world.deliveries.client.send(&request);
    let Some(ticket) = ticket else { return sent.await };
    tokio::select! {
        answered = sent => answered,
        () = ticket.out_of_time(deadline) => Err(Failure {
            kind: FailureKind::Timeout,
            detail: format!("no whole answer within {deadline:?}"),
        }),
    }
}
