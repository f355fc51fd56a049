//! One connection: which version it speaks, and for HTTP/1 the watch beside
//! hyper: deadlines, eviction, the stop, and the reason of what hyper refused,
//! for the sender and for the record.

use super::exchange::{Exchange, FREE_BYTES};
use super::framing::Loss;
use super::last_words::say_and_linger;
use super::respond::Outgoing;
use super::seats::Seat;
use super::shared::Shared;
use super::tee::Tee;
use super::wire::{Late, SharedWire, Stage, Wire};
use super::{Limits, Refusal, body, http2, limits};
use bytes::Bytes;
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{HttpService, service_fn};
use hyper_util::rt::TokioIo;
use std::future::{Future, poll_fn};
use std::io;
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::Poll;
use std::time::Instant;
use tokio::net::TcpStream;
use tokio::time::sleep_until;

/// hyper's smallest read buffer.
const MIN_BUFFER: usize = 8 << 10;

/// How a connection ended.
enum Ending {
    /// hyper is done with it.
    Done(Result<(), hyper::Error>),
    /// Somebody else needs its place.
    Evicted,
    /// The server stops, and no request is in hand.
    Stopped,
    /// The sender is late.
    Late(Late),
}

/// Serves one connection to its end.
pub(super) async fn serve(shared: Arc<Shared>, seat: Arc<Seat>, stream: TcpStream) {
    let since = Instant::now();
    let mut first = Vec::new();
    let read = {
        let mut reading = pin!(first_bytes(&stream, &mut first));
        let deadline = since + shared.limits.head_timeout;
        loop {
            tokio::select! {
                read = reading.as_mut() => break read,
                // With a byte of a head in hand, the HTTP/1 side knows what to say.
                () = sleep_until(deadline.into()) => break Ok(()),
                // Nothing whole has come, so nothing is lost at a stop either.
                () = seat.control.notified() => if seat.is_evicted() || shared.is_stopping() { return },
            }
        }
    };
    if read.is_err() || first.is_empty() {
        return;
    }
    let first = Bytes::from(first);
    if first.starts_with(http2::PREFACE) {
        let exchange = Arc::new(Exchange::new(shared, seat, None));
        http2::serve(exchange, stream, first).await;
    } else {
        serve_http1(shared, seat, stream, first, since).await;
    }
}

/// Reads until it is clear which version is spoken, or the sender has ended its side.
async fn first_bytes(stream: &TcpStream, first: &mut Vec<u8>) -> io::Result<()> {
    loop {
        stream.readable().await?;
        let mut bytes = [0; 4 << 10];
        match stream.try_read(&mut bytes) {
            // An ended stream is always readable: asking again would never wait.
            Ok(0) => return Ok(()),
            Ok(count) => first.extend_from_slice(bytes.get(..count).unwrap_or_default()),
            Err(error) if error.kind() == io::ErrorKind::WouldBlock => continue,
            Err(error) => return Err(error),
        }
        let undecided = first.len() < http2::PREFACE.len() && http2::PREFACE.starts_with(first);
        if !undecided {
            return Ok(());
        }
    }
}

fn builder(limits: &Limits) -> http1::Builder {
    let mut builder = http1::Builder::new();
    builder
        // The watch keeps the time: one timer a connection instead of one a head.
        .header_read_timeout(None)
        .max_header_size(limits.max_head)
        // A head must fit, and nothing gains from more.
        .max_buf_size(limits.max_head.max(MIN_BUFFER))
        // Without it a sender that ends its side cancels its own request.
        .half_close(true);
    builder
}

async fn serve_http1(shared: Arc<Shared>, seat: Arc<Seat>, stream: TcpStream, first: Bytes, since: Instant) {
    let wire = SharedWire::new(shared.limits.max_head, since, shared.reservation(&seat, FREE_BYTES));
    let tee = Tee::new(stream, first, wire.clone());
    let exchange = Arc::new(Exchange::new(Arc::clone(&shared), Arc::clone(&seat), Some(wire.clone())));
    let service = service_fn(move |request| Arc::clone(&exchange).answer(request));
    let mut connection = builder(&shared.limits).serve_connection(TokioIo::new(tee), service);
    let ending = watch(&mut connection, &shared, &seat, &wire).await;
    let refusal = refusal_of(&ending, &wire, &shared.limits);
    let refused = refusal.is_some() || wire.lock().linger;
    let (answer, code_and_reason) = match refusal {
        Some(Turned::Answer(refusal)) => (Some(refusal.clone()), Some((Some(refusal.status), refusal))),
        Some(Turned::Answered(refusal)) => (None, Some((Some(refusal.status), refusal))),
        Some(Turned::Closed(refusal)) => (None, Some((None, refusal))),
        None => (None, None),
    };
    if let Some((status, refusal)) = code_and_reason {
        shared.reject(seat.peer, status, refusal.code, &refusal.reason);
    }
    if refused && !matches!(ending, Ending::Evicted) {
        let mut stream = connection.into_parts().io.into_inner().into_inner();
        let answer = answer.map(|refusal| shared.handler.refused(&refusal));
        say_and_linger(&mut stream, answer.as_ref(), shared.limits.linger, seat.control.notified()).await;
    }
}

/// Drives hyper to its end, unless something else ends the connection before.
async fn watch<S>(
    connection: &mut http1::Connection<TokioIo<Tee<TcpStream>>, S>,
    shared: &Shared,
    seat: &Seat,
    wire: &SharedWire,
) -> Ending
where
    S: HttpService<Incoming, ResBody = Outgoing>,
    S::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let limits = &shared.limits;
    let mut alarm = pin!(sleep_until(Instant::now().into()));
    let mut armed = false;
    loop {
        let control = pin!(seat.control.notified());
        let mut control = control;
        let called = poll_fn(|context| {
            loop {
                if let Poll::Ready(result) = Pin::new(&mut *connection).poll(context) {
                    return Poll::Ready(Some(Ending::Done(result)));
                }
                if control.as_mut().poll(context).is_ready() {
                    return Poll::Ready(None);
                }
                let Some((deadline, late)) = wire.lock().deadline(limits) else { return Poll::Pending };
                // Most deadlines only move on: the alarm is set again when it goes off too early.
                if !armed || deadline < alarm.deadline().into_std() {
                    armed = true;
                    alarm.as_mut().reset(deadline.into());
                }
                if alarm.as_mut().poll(context).is_pending() {
                    return Poll::Pending;
                }
                armed = false;
                if deadline > Instant::now() {
                    continue;
                }
                if late != Late::Body {
                    return Poll::Ready(Some(Ending::Late(late)));
                }
                // The request answers 408 itself.
                wire.lock().body_late = true;
            }
        })
        .await;
        if let Some(ending) = called {
            return ending;
        }
        if seat.is_evicted() {
            return Ending::Evicted;
        }
        if shared.is_stopping() {
            if !seat.has_request_in_hand() && !wire.lock().is_write_blocked() {
                return Ending::Stopped;
            }
            Pin::new(&mut *connection).graceful_shutdown();
        }
    }
}

/// A request that was turned away, and whether the sender knows.
enum Turned {
    /// It must still be answered.
    Answer(Refusal),
    /// hyper has answered it, behind an answer that the sender was slow to take.
    Answered(Refusal),
    /// It was only closed.
    Closed(Refusal),
}

/// What is to be said about the message that the connection ended in.
fn refusal_of(ending: &Ending, wire: &SharedWire, limits: &Limits) -> Option<Turned> {
    let wire = wire.lock();
    let begun = matches!(wire.stage(), Stage::Head { .. } | Stage::Body(_));
    let say =
        |refusal| if wire.is_write_blocked() { Turned::Closed(refusal) } else { Turned::Answer(refusal) };
    if wire.overloaded {
        return Some(say(body::overloaded()));
    }
    match ending {
        Ending::Stopped if begun => {
            Some(say(Refusal::new(503, "stopping", "the receiver stops, the request was not whole yet")))
        }
        Ending::Late(Late::Head) => {
            Some(say(Refusal::new(408, "head_timeout", "the head of the request did not come in time")))
        }
        Ending::Late(Late::Write) => {
            Some(Turned::Closed(Refusal::new(408, "write_timeout", "the sender did not take the answer")))
        }
        Ending::Done(Err(error)) if error.is_parse() => {
            let refusal = refused_by_hyper(error, &wire, limits);
            Some(if wire.unsaid { Turned::Answer(refusal) } else { Turned::Answered(refusal) })
        }
        // hyper takes line ends and an end for a connection that said nothing.
        Ending::Done(Ok(())) if matches!(wire.stage(), Stage::Head { .. }) && !wire.linger => {
            Some(say(Refusal::new(400, "incomplete_head", "the connection ended after empty lines")))
        }
        Ending::Done(Err(error)) if begun && !wire.linger => {
            let refusal = match wire.stage() {
                Stage::Head { .. } => {
                    Refusal::new(400, "incomplete_head", "the connection ended within the head")
                }
                _ => Refusal::new(400, "incomplete_body", "the connection ended within the body"),
            };
            // Whoever only ended their own side can still read.
            Some(if error.is_incomplete_message() { say(refusal) } else { Turned::Closed(refusal) })
        }
        // Whoever evicted it has told, an idle connection may be closed any time,
        // and a sender that goes away with its answer owes nothing.
        Ending::Evicted | Ending::Stopped | Ending::Late(_) | Ending::Done(_) => None,
    }
}

/// What hyper turned away by itself, in words.
fn refused_by_hyper(error: &hyper::Error, wire: &Wire, limits: &Limits) -> Refusal {
    let loss = wire.loss();
    if error.is_parse_too_large() {
        // hyper says the same of too many bytes, of too many fields, and of such a length.
        if loss == Some(Loss::LengthTooLarge) {
            return Refusal::new(431, "body_too_large", "Content-Length is larger than any body can be");
        }
        // With nothing of a head in hand, it was empty lines.
        let head_is_large = wire.partial_head() >= limits.max_head
            || (loss.is_none() && wire.partial_head() == 0 && !wire.has_head());
        return if loss == Some(Loss::HeadTooLarge) || head_is_large {
            limits::head_too_large(limits.max_head)
        } else {
            limits::too_many_headers()
        };
    }
    match loss {
        Some(Loss::BadHead(reason)) => Refusal::new(400, "bad_http", reason.to_string()),
        Some(Loss::BadLength) => {
            Refusal::new(400, "bad_length", "Content-Length or Transfer-Encoding does not give one length")
        }
        _ => Refusal::new(400, "bad_http", format!("not an HTTP request: {error}")),
    }
}
