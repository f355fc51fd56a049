//! What can be done with a delivery from the page.

use super::answer::{Answer, Refused, record};
use super::desk::Desk;
use super::detail::entry;
use super::query::Query;
use super::replay::{Asked, PathWord, ReplayedRecord, preview, sent, target};
use super::{code as written, replay};
use crate::hook::attempt::Attempt;
use crate::hook::target::PathMode;
use crate::job::replay::{Changes, prepare};
use crate::journal::{Deletion, Entry, Guest, MAX_MARK, WriteError};
use axum::extract::{Path, RawQuery, State};
use bytes::Bytes;
use serde::{Deserialize, Serialize};
use std::sync::Arc;
use tokio::sync::oneshot;

/// Where to send when nobody says.
const USUAL_TARGET: &str = "3000";

/// `GET /api/deliveries/N/code`: what a replay to `to` would send.
pub(super) async fn code(
    State(desk): State<Arc<Desk>>,
    Path(seq): Path<u64>,
    RawQuery(query): RawQuery,
) -> Answer {
    let mut query = Query::read(query.as_deref());
    let form = written::form(&query.take("as").unwrap_or_else(|| "curl".to_owned()))?;
    let named = query.take("path_mode").map(|word| PathWord::parse(&word)).transpose()?;
    let (to, path_mode) = match query.take("to") {
        Some(to) => (to, PathMode::Keep),
        None => usual_way(&desk),
    };
    query.end()?;
    let entry = entry(&desk, seq).await?;
    let path_mode = named.map_or(path_mode, PathMode::from);
    record(&written::write(form, seq, &unchanged(&desk, &entry, &to, path_mode)?)?)
}

/// Where the listener of this process sends deliveries, and how.
fn usual_way(desk: &Desk) -> (String, PathMode) {
    let to = desk.targets.first().cloned().unwrap_or_else(|| USUAL_TARGET.to_owned());
    (to, desk.path_mode)
}

/// The request of a delivery for a target, with nothing changed.
fn unchanged(desk: &Desk, entry: &Entry, to: &str, path_mode: PathMode) -> Result<replay::Sent, Refused> {
    let prepared = prepare(entry.listed.seq, &entry.delivery, Changes::default(), &target(to)?, path_mode);
    sent(&prepared.map_err(|error| Refused::failed(&error))?, &desk.forwarder)
}

/// `POST /api/deliveries/N/replay`.
pub(super) async fn replay(State(desk): State<Arc<Desk>>, Path(seq): Path<u64>, body: Bytes) -> Answer {
    let asked: Asked = read(&body)?;
    let entry = entry(&desk, seq).await?;
    let (to, only_shown) = (asked.to.clone(), asked.preview);
    let prepared = asked.prepare(&entry, &desk.judge)?;
    if only_shown {
        return record(&preview(
            &sent(&prepared, &desk.forwarder)?,
            &unchanged(&desk, &entry, &to, PathMode::Keep)?,
        ));
    }
    // A page that goes away meanwhile must not undo what the target has got: it is kept in any case.
    let (tell, told) = oneshot::channel();
    let (sender, came) = (Arc::clone(&desk), entry.delivery.clone());
    desk.spawn(async move {
        let attempt = prepared.send(&sender.forwarder, &came).await;
        let kept = keep(&sender, seq, &attempt).await;
        drop(tell.send((attempt, kept.err().map(|refused| refused.message.into_owned()))));
    });
    let (attempt, not_kept) = told.await.map_err(|error| Refused::failed(&error))?;
    record(&ReplayedRecord::new(&entry, &attempt, not_kept))
}

/// Records an attempt in the journal, as `events replay` does.
async fn keep(desk: &Desk, seq: u64, attempt: &Attempt) -> Result<(), Refused> {
    let attempt = attempt.clone();
    write(desk, seq, move |guest| guest.record_attempt(seq, &attempt)).await
}

/// Does something to a delivery of the journal, beside whoever owns it.
async fn write<T: Send + 'static>(
    desk: &Desk,
    seq: u64,
    change: impl FnOnce(&mut Guest) -> Result<T, WriteError> + Send + 'static,
) -> Result<T, Refused> {
    let path = desk.readers.path().to_owned();
    let watch = Arc::clone(&desk.watch);
    let writing = tokio::task::spawn_blocking(move || {
        let done = change(&mut Guest::open(&path)?)?;
        watch.changed(seq);
        Ok(done)
    });
    writing.await.unwrap_or_else(|error| Err(Refused::failed(&error)))
}

/// What the page asks for, as JSON.
fn read<'a, T: Deserialize<'a>>(body: &'a [u8]) -> Result<T, Refused> {
    serde_json::from_slice(body)
        .map_err(|error| Refused::bad(format!("the body of the request cannot be read: {error}")))
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct MarkAsked {
    /// Nothing takes the mark away; an empty text is a mark without words.
    mark: Option<String>,
}

#[derive(Serialize)]
struct MarkedRecord {
    v: u8,
    r#type: &'static str,
    seq: u64,
    mark: Option<String>,
}

/// `POST /api/deliveries/N/mark`.
pub(super) async fn mark(State(desk): State<Arc<Desk>>, Path(seq): Path<u64>, body: Bytes) -> Answer {
    let MarkAsked { mark } = read(&body)?;
    if mark.as_ref().is_some_and(|text| text.chars().count() > MAX_MARK) {
        return Err(Refused::bad(format!("a mark has at most {MAX_MARK} characters")));
    }
    let text = mark.clone();
    if !write(&desk, seq, move |guest| guest.mark(seq, text.as_deref())).await? {
        return Err(Refused::missing(seq));
    }
    record(&MarkedRecord { v: 1, r#type: "marked", seq, mark })
}

#[derive(Default, Deserialize)]
#[serde(deny_unknown_fields)]
struct DeleteAsked {
    /// Also one that a target still lacks.
    #[serde(default)]
    force: bool,
}

#[derive(Serialize)]
struct DeletedRecord {
    v: u8,
    r#type: &'static str,
    seq: u64,
}

/// `DELETE /api/deliveries/N`.
pub(super) async fn delete(State(desk): State<Arc<Desk>>, Path(seq): Path<u64>, body: Bytes) -> Answer {
    let DeleteAsked { force } = if body.is_empty() { DeleteAsked::default() } else { read(&body)? };
    match write(&desk, seq, move |guest| guest.delete(seq, force)).await? {
        Deletion::Deleted => record(&DeletedRecord { v: 1, r#type: "deleted", seq }),
        Deletion::Missing => Err(Refused::missing(seq)),
        Deletion::Undelivered => {
            let message = format!("a target still lacks delivery {seq}");
            Err(Refused::new(409, "undelivered", message).hint("replay it first, or delete it all the same"))
        }
    }
}
