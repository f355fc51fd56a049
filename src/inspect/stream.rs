//! New and changed deliveries as they come, as an event stream (`text/event-stream`).
//!
//! It begins after the delivery that the page has seen last. Who was away for
//! long, or does not keep up, is told what was left out, and reads the list.

use super::answer::{Refused, content, written};
use super::desk::Desk;
use super::door::refusal;
use super::query::Query;
use super::watch::{Listener, News, WATCHED};
use crate::hook::headers::Head;
use crate::journal::{Filter, Listed, Order};
use crate::serve::{self, Body, Pieces, Response};
use crate::ui::listing::ListedRecord;
use http::{HeaderValue, header};
use serde::Serialize;
use std::fmt::Write as _;
use std::sync::Arc;
use std::time::Duration;
use tokio::sync::broadcast::error::{RecvError, TryRecvError};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::timeout;

/// Streams at once.
pub(super) const STREAMS: usize = 64;

/// Pieces that wait for a reader, and the bytes after which a piece is full.
const ROOM: usize = 16;
const PIECE: usize = 32 << 10;

/// How long a stream may be silent, and how long a reader may take nothing.
const SILENT: Duration = Duration::from_secs(15);
const STALLED: Duration = Duration::from_secs(30);

#[derive(Serialize)]
struct SkippedRecord {
    from: u64,
    to: u64,
    count: u64,
}

#[derive(Serialize)]
struct DeletedRecord {
    seq: u64,
}

/// `GET /api/stream`.
pub(super) async fn answer(desk: &Desk, head: &Head) -> Response {
    match open(desk, head).await {
        Ok(response) => response,
        Err(refused) => refusal(refused).await,
    }
}

async fn open(desk: &Desk, head: &Head) -> Result<Response, Refused> {
    let after = seen(head)?;
    let full = || Refused::new(503, "too_many_streams", "too many pages are open").hint("close some of them");
    let place = Arc::clone(&desk.streams).try_acquire_owned().map_err(|_full| full())?;
    let watch = Arc::clone(&desk.watch);
    let listening = tokio::task::spawn_blocking(move || watch.listen());
    let listener = listening.await.map_err(|error| Refused::failed(&error))??;
    let missed = match after {
        Some(after) => missed(desk, after).await?,
        None => Missed { last: listener.newest(), ..Missed::default() },
    };
    let (pieces, stream) = serve::stream(ROOM);
    let mut teller = Teller { listener, pieces, last: missed.last, _place: place };
    desk.spawn(async move {
        if teller.send(beginning(&missed)).await {
            teller.tell().await;
        }
    });
    let mut response =
        Response::from_http(content(200, "text/event-stream", axum::body::Body::empty())).await;
    response
        .headers
        .push((header::HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no")));
    response.body = Body::Stream(stream);
    Ok(response)
}

/// The delivery that the page has seen last: from the query, or from the field
/// that a browser sends when it connects again.
fn seen(head: &Head) -> Result<Option<u64>, Refused> {
    let mut query = Query::read(head.target().split_once('?').map(|(_, query)| query));
    let named = query.number("after")?;
    query.end()?;
    let last = head.headers().get("last-event-id").and_then(|value| std::str::from_utf8(value).ok());
    Ok(last.and_then(|text| text.trim().parse().ok()).or(named))
}

/// What came since the page looked last.
#[derive(Default)]
struct Missed {
    skipped: Option<(u64, u64)>,
    items: Vec<Listed>,
    last: u64,
}

async fn missed(desk: &Desk, after: u64) -> Result<Missed, Refused> {
    let read = desk.readers.with(move |reader| {
        // One more than is told shows whether there are more.
        let filter = Filter { order: Order::NewestFirst, limit: WATCHED + 1, ..Filter::default() };
        let items = reader.list(&filter)?.items;
        Ok(items.into_iter().filter(|listed| listed.seq > after).collect::<Vec<_>>())
    });
    let mut items = read.await?;
    let mut skipped = None;
    if items.len() > WATCHED {
        items.truncate(WATCHED);
        skipped = items.last().map(|oldest| (after.saturating_add(1), oldest.seq.saturating_sub(1)));
    }
    let last = items.first().map_or(after, |newest| newest.seq);
    items.reverse();
    Ok(Missed { skipped, items, last })
}

fn beginning(missed: &Missed) -> String {
    // The first bytes show that the stream is there.
    let mut text = "retry: 1000\n: hookctl\n\n".to_owned();
    if let Some((from, to)) = missed.skipped {
        put_skipped(&mut text, from, to);
    }
    for listed in &missed.items {
        if let Ok(record) = written(&ListedRecord::new(listed)) {
            put(&mut text, Some(listed.seq), "delivery", &record);
        }
    }
    text
}

fn put(text: &mut String, id: Option<u64>, event: &str, data: &str) {
    if let Some(id) = id {
        let _ = writeln!(text, "id: {id}");
    }
    let _ = write!(text, "event: {event}\ndata: {data}\n\n");
}

fn put_skipped(text: &mut String, from: u64, to: u64) {
    let record = SkippedRecord { from, to, count: to.saturating_sub(from).saturating_add(1) };
    if let Ok(record) = written(&record) {
        put(text, Some(to), "skipped", &record);
    }
}

/// Tells one page.
struct Teller {
    listener: Listener,
    pieces: Pieces,
    /// The newest delivery that this page knows of.
    last: u64,
    /// Held as long as the stream lasts.
    _place: OwnedSemaphorePermit,
}

impl Teller {
    async fn tell(&mut self) {
        loop {
            let mut text = String::new();
            tokio::select! {
                () = self.pieces.closed() => return,
                () = tokio::time::sleep(SILENT) => text.push_str(":\n\n"),
                heard = self.listener.news.recv() => match heard {
                    Ok(news) => self.put(&mut text, &news),
                    Err(RecvError::Lagged(count)) => self.put_lag(&mut text, count),
                    Err(RecvError::Closed) => return,
                },
            }
            self.gather(&mut text);
            if !text.is_empty() && !self.send(text).await {
                return;
            }
        }
    }

    /// Adds what is there already.
    fn gather(&mut self, text: &mut String) {
        while text.len() < PIECE {
            match self.listener.news.try_recv() {
                Ok(news) => self.put(text, &news),
                Err(TryRecvError::Lagged(count)) => self.put_lag(text, count),
                Err(TryRecvError::Empty | TryRecvError::Closed) => return,
            }
        }
    }

    fn put(&mut self, text: &mut String, news: &News) {
        match news {
            // It was told at the beginning, or is part of what was left out.
            News::Delivery(seq, _) | News::Skipped(_, seq) if *seq <= self.last => {}
            News::Delivery(seq, record) => {
                self.last = *seq;
                put(text, Some(*seq), "delivery", record);
            }
            News::Skipped(from, to) => {
                put_skipped(text, (*from).max(self.last + 1), *to);
                self.last = *to;
            }
            // None is left out, so it is none to go on from.
            News::Other(newest) => {
                let record = SkippedRecord { from: *newest, to: *newest, count: 0 };
                if let Ok(record) = written(&record) {
                    put(text, None, "skipped", &record);
                }
            }
            News::Changed(record) => put(text, None, "changed", record),
            News::Deleted(seq) => {
                if let Ok(record) = written(&DeletedRecord { seq: *seq }) {
                    put(text, None, "deleted", &record);
                }
            }
        }
    }

    /// News were lost: everything up to now is to be read again.
    fn put_lag(&mut self, text: &mut String, count: u64) {
        let newest = self.listener.newest().max(self.last);
        let from = self.last.saturating_add(1).min(newest);
        let record = SkippedRecord { from, to: newest, count: count.max(newest - self.last) };
        self.last = newest;
        if let Ok(record) = written(&record) {
            put(text, Some(newest), "skipped", &record);
        }
    }

    /// Whether the page took it.
    async fn send(&self, text: String) -> bool {
        matches!(timeout(STALLED, self.pieces.send(text)).await, Ok(Ok(())))
    }
}

/// Room for the streams of one inspector.
pub(super) fn room() -> Arc<Semaphore> {
    Arc::new(Semaphore::new(STREAMS))
}
