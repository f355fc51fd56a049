//! One request and its answer: the checks of the head, the body, the handler.
//! The same for HTTP/1 and HTTP/2; it never answers a request that is not whole.

use super::body::{self, Clock};
use super::budget::Reservation;
use super::handover::Handover;
use super::respond::{Body as Answered, Outgoing, into_hyper};
use super::seats::Seat;
use super::shared::Shared;
use super::wire::SharedWire;
use super::{Refusal, Request, http2};
use crate::buffer::Buffer;
use crate::hook::headers::Head;
use bytes::Bytes;
use http::Version;
use hyper::body::{Body, Incoming};
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Instant;

/// Bytes of a request that are not counted: so much each connection may hold anyway.
pub(super) const FREE_BYTES: usize = 8 << 10;

/// The connection was evicted just before its request was whole.
#[derive(Debug, thiserror::Error)]
#[error("the connection was evicted")]
pub(super) struct Evicted;

type Answer = http::Response<Outgoing>;

/// The requests of one connection.
pub(super) struct Exchange {
    pub(super) shared: Arc<Shared>,
    pub(super) seat: Arc<Seat>,
    /// The wire, when it is HTTP/1.
    wire: Option<SharedWire>,
    /// Requests that arrived, refused ones too.
    begun: AtomicU32,
    /// Requests that arrived and are not answered.
    open: AtomicU32,
}

/// Counts a request as in hand until dropped.
struct InHand(Arc<Exchange>);

impl Drop for InHand {
    fn drop(&mut self) {
        let Exchange { shared, seat, wire, .. } = &*self.0;
        let now = Instant::now();
        seat.finish(shared.micros(now));
        shared.seats.tell_waiting();
        if let Some(wire) = wire {
            wire.lock().answered(now);
        }
    }
}

/// Counts a request as open until dropped.
struct Open(Arc<Exchange>);

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Exchange {
    pub(super) fn new(shared: Arc<Shared>, seat: Arc<Seat>, wire: Option<SharedWire>) -> Self {
        Self { shared, seat, wire, begun: AtomicU32::new(0), open: AtomicU32::new(0) }
    }

    /// How many requests arrived, and how many of them are not answered.
    pub(super) fn counts(&self) -> (u32, u32) {
        (self.begun.load(Ordering::Relaxed), self.open.load(Ordering::Relaxed))
    }

    /// Answers one request.
    pub(super) async fn answer(
        self: Arc<Self>,
        request: hyper::Request<Incoming>,
    ) -> Result<Answer, Evicted> {
        let begun = self.begun.fetch_add(1, Ordering::Relaxed).saturating_add(1);
        self.open.fetch_add(1, Ordering::Relaxed);
        let open = Open(Arc::clone(&self));
        let version = request.version();
        let (request, held) = match self.receive(request).await {
            Ok(received) => received,
            Err(refusal) => return Ok(self.refuse(&refusal, version)),
        };
        let Some(in_hand) = self.shared.take_in_hand() else {
            return Ok(self.refuse(&body::overloaded(), version));
        };
        if !self.seat.begin() {
            return Err(Evicted);
        }
        let in_hand_here = InHand(Arc::clone(&self));
        let answering = Arc::clone(&self.shared.handler).answer(request, (held, in_hand));
        let mut response = Handover::new(Arc::clone(&self.shared), answering).await;
        match &mut response.body {
            Answered::Whole(_) => drop(in_hand_here),
            // As long as it lasts the connection is busy.
            Answered::Stream(stream) => self.shared.hold(stream, (in_hand_here, open)),
        }
        let close = begun >= self.shared.limits.max_requests_per_connection || self.shared.is_stopping();
        Ok(into_hyper(response, version, close))
    }

    /// Turns a request away, and says so to both sides.
    fn refuse(&self, refusal: &Refusal, version: Version) -> Answer {
        self.shared.reject(self.seat.peer, Some(refusal.status), refusal.code, &refusal.reason);
        if let Some(wire) = &self.wire {
            wire.lock().linger = true;
        }
        into_hyper(self.shared.handler.refused(refusal), version, true)
    }

    /// Reads the whole request. Its bytes count as long as anybody holds the body;
    /// without a body, as long as the reservation lives.
    async fn receive(
        &self,
        request: hyper::Request<Incoming>,
    ) -> Result<(Request, Option<Reservation>), Refusal> {
        let head = self.head_of(&request)?;
        let shared = &*self.shared;
        shared.limits.check_head(&head)?;
        shared.handler.admit(&head, self.seat.local)?;
        let free = if self.wire.is_some() { FREE_BYTES } else { 0 };
        let mut reservation = shared.reservation(&self.seat, free);
        if !shared.grow(&self.seat, &mut reservation, head.as_bytes().len()).await {
            return Err(body::overloaded());
        }
        let body = request.into_body();
        let whole = if body.is_end_stream() {
            Buffer::default()
        } else {
            let clock = match &self.wire {
                Some(wire) => Clock::Connection(wire.clone()),
                None => Clock::stream(&shared.limits),
            };
            body::read(shared, &self.seat, body, clock, &mut reservation).await?
        };
        reservation.leave_seat();
        let (body, held) = if !reservation.is_counted() {
            (whole.into_bytes(), None)
        } else if whole.is_empty() {
            (Bytes::new(), Some(reservation))
        } else {
            (whole.into_bytes_with(reservation), None)
        };
        Ok((Request { peer: self.seat.peer, head, body }, held))
    }

    fn head_of(&self, request: &hyper::Request<Incoming>) -> Result<Head, Refusal> {
        let Some(wire) = &self.wire else { return http2::head_of(request) };
        let head = wire.take_head().filter(|head| agrees(head, request));
        head.ok_or_else(|| Refusal::new(400, "out_of_step", "the bounds of the request are not certain"))
    }
}

/// Whether the head that was kept and the request that hyper parsed are one. They
/// always were; a request whose bounds two parsers see differently is refused.
fn agrees(head: &Head, request: &hyper::Request<Incoming>) -> bool {
    let target = request.uri().path_and_query().map_or("", |target| target.as_str());
    let host = request.headers().get(http::header::HOST).map(http::HeaderValue::as_bytes);
    head.method() == request.method().as_str()
        && (!head.target().starts_with('/') || head.target().starts_with(target))
        && head.headers().len() >= request.headers().len()
        && head.headers().get("host") == host
}
