//! What can be done with a delivery from the page.

use super::answer::{Answer, Refused, record};
use super::desk::Desk;
use super::detail::entry;
use super::query::Query;
use super::replay::{Asked, ReplayedRecord, preview, sent, target};
use super::{code as written, replay};
use crate::hook::attempt::Attempt;
use crate::hook::target::PathMode;
use crate::job::replay::{Changes, prepare};
use crate::journal::{Entry, Guest, WriteError};
use axum::extract::{Path, RawQuery, State};
use bytes::Bytes;
use std::sync::Arc;

/// Where to send when nobody says.
const USUAL_TARGET: &str = "3000";

fn later() -> Answer {
    Err(Refused::new(501, "not_yet", "this is not there yet"))
}

/// `GET /api/deliveries/N/code`: what a replay to `to` would send.
pub(super) async fn code(
    State(desk): State<Arc<Desk>>,
    Path(seq): Path<u64>,
    RawQuery(query): RawQuery,
) -> Answer {
    let mut query = Query::read(query.as_deref());
    let form = written::form(&query.take("as").unwrap_or_else(|| "curl".to_owned()))?;
    let to = query.take("to").or_else(|| desk.targets.first().cloned());
    query.end()?;
    let entry = entry(&desk, seq).await?;
    record(&written::write(form, seq, &unchanged(&desk, &entry, to.as_deref().unwrap_or(USUAL_TARGET))?)?)
}

/// The request of a delivery for a target, with nothing changed.
fn unchanged(desk: &Desk, entry: &Entry, to: &str) -> Result<replay::Sent, Refused> {
    let prepared =
        prepare(entry.listed.seq, &entry.delivery, Changes::default(), &target(to)?, PathMode::Keep);
    sent(&prepared.map_err(|error| Refused::failed(&error))?, &desk.forwarder)
}

/// `POST /api/deliveries/N/replay`.
pub(super) async fn replay(State(desk): State<Arc<Desk>>, Path(seq): Path<u64>, body: Bytes) -> Answer {
    let asked = Asked::read(&body)?;
    let entry = entry(&desk, seq).await?;
    let (to, only_shown) = (asked.to.clone(), asked.preview);
    let prepared = asked.prepare(&entry, &desk.judge)?;
    if only_shown {
        return record(&preview(&sent(&prepared, &desk.forwarder)?, &unchanged(&desk, &entry, &to)?));
    }
    // A page that goes away meanwhile must not undo what the target has got: it is kept in any case.
    let attempted = tokio::spawn(async move {
        let attempt = desk.forwarder.attempt(&prepared.target, &prepared.head, &prepared.body, 1).await;
        let kept = keep(&desk, seq, &attempt).await;
        (attempt, kept.err().map(|refused| refused.message.into_owned()))
    });
    let (attempt, not_kept) = attempted.await.map_err(|error| Refused::failed(&error))?;
    record(&ReplayedRecord::new(&entry, &attempt, not_kept))
}

/// Records an attempt in the journal, as `events replay` does.
async fn keep(desk: &Desk, seq: u64, attempt: &Attempt) -> Result<(), Refused> {
    let attempt = attempt.clone();
    write(desk, move |guest| guest.record_attempt(seq, &attempt)).await
}

/// Does something to the journal, beside whoever owns it.
async fn write<T: Send + 'static>(
    desk: &Desk,
    change: impl FnOnce(&mut Guest) -> Result<T, WriteError> + Send + 'static,
) -> Result<T, Refused> {
    let path = desk.readers.path().to_owned();
    let writing = tokio::task::spawn_blocking(move || Ok(change(&mut Guest::open(&path)?)?));
    writing.await.unwrap_or_else(|error| Err(Refused::failed(&error)))
}

/// `POST /api/deliveries/N/mark`.
pub(super) async fn mark(State(_desk): State<Arc<Desk>>, Path(_seq): Path<u64>, _body: Bytes) -> Answer {
    later()
}

/// `DELETE /api/deliveries/N`.
pub(super) async fn delete(State(_desk): State<Arc<Desk>>, Path(_seq): Path<u64>, _body: Bytes) -> Answer {
    later()
}

/// `GET /api/overview`.
pub(super) async fn overview(State(_desk): State<Arc<Desk>>, RawQuery(_query): RawQuery) -> Answer {
    later()
}
