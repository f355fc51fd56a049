//! Reads a body whole. Copies each frame: a kept frame would pin the whole read
//! buffer it was cut from, thousands of bytes for each byte of a trickled body.
//! Ignores trailers. Never gives a part of a body for the whole.

use super::budget::Reservation;
use super::limits::{Limits, Progress};
use super::seats::Seat;
use super::shared::Shared;
use super::wire::SharedWire;
use super::{Refusal, limits};
use crate::buffer::Buffer;
use bytes::Bytes;
use hyper::body::{Body, Frame, Incoming};
use std::error::Error;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Instant;
use tokio::time::Sleep;

/// Who says that a body is late.
pub(super) enum Clock {
    /// The watch of the HTTP/1 connection.
    Connection(SharedWire),
    /// A timer of its own: the streams of an HTTP/2 connection share a task with nobody.
    Stream { progress: Progress, sleep: Pin<Box<Sleep>> },
}

impl Clock {
    pub(super) fn stream(limits: &Limits) -> Self {
        let progress = Progress::new(Instant::now());
        let sleep = Box::pin(tokio::time::sleep_until(limits.body_deadline(&progress).into()));
        Self::Stream { progress, sleep }
    }

    fn received(&mut self, count: usize) {
        if let Self::Stream { progress, .. } = self {
            progress.last = Instant::now();
            progress.received += count as u64;
        }
    }

    fn is_late(&mut self, context: &mut Context<'_>, limits: &Limits) -> bool {
        match self {
            Self::Connection(wire) => wire.lock().body_late,
            Self::Stream { progress, sleep } => {
                while sleep.as_mut().poll(context).is_ready() {
                    let deadline = limits.body_deadline(progress);
                    if deadline <= Instant::now() {
                        return true;
                    }
                    sleep.as_mut().reset(deadline.into());
                }
                false
            }
        }
    }
}

enum Next {
    Frame(Frame<Bytes>),
    End,
    Late,
    Broken(hyper::Error),
}

async fn next(body: &mut Incoming, clock: &mut Clock, limits: &Limits) -> Next {
    poll_fn(|context| match Pin::new(&mut *body).poll_frame(context) {
        Poll::Ready(Some(Ok(frame))) => Poll::Ready(Next::Frame(frame)),
        Poll::Ready(Some(Err(error))) => Poll::Ready(Next::Broken(error)),
        Poll::Ready(None) => Poll::Ready(Next::End),
        Poll::Pending if clock.is_late(context, limits) => Poll::Ready(Next::Late),
        Poll::Pending => Poll::Pending,
    })
    .await
}

/// Reads a body whole, or says why it must be turned away.
pub(super) async fn read(
    shared: &Shared,
    seat: &Arc<Seat>,
    mut body: Incoming,
    mut clock: Clock,
    reservation: &mut Reservation,
) -> Result<Buffer, Refusal> {
    let limits = &shared.limits;
    let declared = body.size_hint().exact();
    if declared.is_some_and(|declared| declared > limits.max_body as u64) {
        return Err(limits::body_too_large(limits.max_body));
    }
    let declared = declared.and_then(|declared| usize::try_from(declared).ok());
    let most = declared.unwrap_or(limits.max_body);
    let mut whole = Buffer::default();
    loop {
        let frame = match next(&mut body, &mut clock, limits).await {
            Next::Frame(frame) => frame,
            Next::End => return Ok(whole),
            Next::Late => return Err(late(whole.len(), declared)),
            Next::Broken(error) => return Err(broken(&error, whole.len(), declared)),
        };
        let Some(data) = frame.data_ref() else { continue };
        clock.received(data.len());
        if whole.len() + data.len() > limits.max_body {
            return Err(limits::body_too_large(limits.max_body));
        }
        // What a buffer costs is counted, not what it holds: that is what memory runs out of.
        let growth = whole.growth(data.len(), most);
        if !shared.grow(seat, reservation, growth).await || !whole.push(data, most) {
            return Err(overloaded());
        }
        if declared == Some(whole.len()) {
            return Ok(whole);
        }
    }
}

/// There is no room for this request now.
pub(super) fn overloaded() -> Refusal {
    Refusal::new(503, "overloaded", "too much is in flight, try again")
}

fn so_far(received: usize, declared: Option<usize>) -> String {
    match declared {
        Some(declared) => format!("{received} of {declared} bytes"),
        None => format!("{received} bytes"),
    }
}

fn late(received: usize, declared: Option<usize>) -> Refusal {
    let reason = format!("the body came too slowly: {} so far", so_far(received, declared));
    Refusal::new(408, "body_timeout", reason)
}

fn broken(error: &hyper::Error, received: usize, declared: Option<usize>) -> Refusal {
    let kind = error.source().and_then(|source| source.downcast_ref::<io::Error>()).map(io::Error::kind);
    if matches!(kind, Some(io::ErrorKind::InvalidInput | io::ErrorKind::InvalidData)) {
        return Refusal::new(400, "bad_body", "the body is not chunked the way its head says");
    }
    let reason = format!("the body ended early, after {}", so_far(received, declared));
    Refusal::new(400, "incomplete_body", reason)
}
