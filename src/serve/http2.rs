//! HTTP/2 with prior knowledge: drives a connection and writes the head that a
//! request would have had on the wire of HTTP/1. No TLS, no upgrade.

use super::exchange::Exchange;
use super::shared::Shared;
use super::{Limits, Refusal, limits};
use crate::hook::headers::{Head, HeadError};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http2;
use hyper::service::service_fn;
use hyper_util::rt::{TokioIo, TokioTimer};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::{Duration, Instant};
use tokio::net::TcpStream;

/// What every HTTP/2 connection begins with.
pub(super) const PREFACE: &[u8] = b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n";

const VERSION: u8 = 20;
const MAX_STREAMS: u32 = 100;
const STREAM_WINDOW: u32 = 256 << 10;
const CONNECTION_WINDOW: u32 = 512 << 10;
const PING_INTERVAL: Duration = Duration::from_secs(20);
const PING_TIMEOUT: Duration = Duration::from_secs(10);

/// Runs streams as the server's own tasks, so that none is left behind.
struct Streams(Arc<Shared>);

impl Clone for Streams {
    fn clone(&self) -> Self {
        Self(Arc::clone(&self.0))
    }
}

impl<F: Future<Output = ()> + Send + 'static> hyper::rt::Executor<F> for Streams {
    fn execute(&self, stream: F) {
        self.0.spawn(stream);
    }
}

fn builder(shared: &Arc<Shared>) -> http2::Builder<Streams> {
    let mut builder = http2::Builder::new(Streams(Arc::clone(shared)));
    builder
        .timer(TokioTimer::new())
        .keep_alive_interval(PING_INTERVAL)
        .keep_alive_timeout(PING_TIMEOUT)
        .max_concurrent_streams(MAX_STREAMS)
        .initial_stream_window_size(STREAM_WINDOW)
        .initial_connection_window_size(CONNECTION_WINDOW)
        // h2 counts 32 bytes more for each field, and answers 431 by itself.
        .max_header_list_size(u32::try_from(shared.limits.max_head).unwrap_or(u32::MAX));
    builder
}

/// Serves one connection of which `first` has been read already.
pub(super) async fn serve(exchange: Arc<Exchange>, stream: TcpStream, first: Bytes) {
    let shared = Arc::clone(&exchange.shared);
    let seat = Arc::clone(&exchange.seat);
    let requests = Arc::clone(&exchange);
    let service = service_fn(move |request| Arc::clone(&requests).answer(request));
    let (reader, writer) = stream.into_split();
    let joined = tokio::io::join(tokio::io::AsyncReadExt::chain(std::io::Cursor::new(first), reader), writer);
    let mut connection = pin!(builder(&shared).serve_connection(TokioIo::new(joined), service));
    let mut check = Instant::now() + allowance(&exchange, &shared.limits);
    loop {
        tokio::select! {
            result = connection.as_mut() => {
                // A sender that only goes away did nothing wrong.
                if let Err(error) = result && !seat.is_evicted() && exchange.counts().0 == 0 {
                    shared.reject(seat.peer, None, "bad_http2", &format!("not an HTTP/2 connection: {error}"));
                }
                return;
            }
            () = seat.control.notified() => {
                if seat.is_evicted() {
                    return;
                }
                if shared.is_stopping() {
                    connection.as_mut().graceful_shutdown();
                    if !seat.has_request_in_hand() {
                        // An answer may have ended just now: what is written of it goes out.
                        drop(poll_fn(|context| Poll::Ready(connection.as_mut().poll(context))).await);
                        return;
                    }
                }
            }
            () = tokio::time::sleep_until(check.into()) => match next_check(&exchange) {
                Some(later) => check = later,
                None => return,
            }
        }
    }
}

/// How long a connection without an open request may stay.
fn allowance(exchange: &Exchange, limits: &Limits) -> Duration {
    if exchange.counts().0 == 0 { limits.head_timeout } else { limits.keep_alive_timeout }
}

/// When to look again whether the connection is idle; `None` when it was idle too long.
fn next_check(exchange: &Exchange) -> Option<Instant> {
    let Exchange { shared, seat, .. } = exchange;
    let now = Instant::now();
    let (begun, open) = exchange.counts();
    let allowance = allowance(exchange, &shared.limits);
    if open > 0 {
        return Some(now + allowance);
    }
    let deadline = shared.instant(seat.waiting_since()) + allowance;
    if deadline > now {
        return Some(deadline);
    }
    if begun == 0 {
        shared.reject(seat.peer, None, "head_timeout", "the HTTP/2 connection sent no request in time");
    }
    None
}

/// The head of a request as HTTP/1 would have written it.
pub(super) fn head_of(request: &hyper::Request<Incoming>) -> Result<Head, Refusal> {
    let authority = request.uri().authority().map(http::uri::Authority::as_str);
    let target = request.uri().path_and_query().map_or("/", http::uri::PathAndQuery::as_str);
    // An equal Host beside :authority is allowed and says the same once more.
    let fields = request.headers().iter().filter(|(name, value)| {
        !(**name == http::header::HOST
            && authority.is_some_and(|authority| value.as_bytes() == authority.as_bytes()))
    });
    let host = authority.map(|authority| ("host", authority.as_bytes()));
    let fields = fields.map(|(name, value)| (name.as_str(), value.as_bytes()));
    Head::build(request.method().as_str(), target, host.into_iter().chain(fields))
        .map(|head| head.with_version(VERSION))
        .map_err(|error| match error {
            HeadError::Syntax(httparse::Error::TooManyHeaders) => limits::too_many_headers(),
            other => Refusal::new(400, "bad_http", format!("the head cannot be written down: {other}")),
        })
}
