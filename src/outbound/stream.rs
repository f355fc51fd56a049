//! A connection that writes prepared heads in place of the HTTP client's own.
//!
//! The client lower-cases and regroups field names; a target must see what the
//! sender wrote. So the client is given a request that carries only a slot
//! number and a body, and this stream, which lies between the client and the
//! connection (above TLS), swallows the head the client writes and sends the
//! slot's head instead. Both agree on the body's length, so the framing of the
//! connection stays what the client believes it is. On the way back it keeps
//! the answer's head as it came; it never changes a byte of it.

use super::slot::{FIELD, Slot, Slots, end_of_head};
use bytes::{Buf, Bytes};
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use hyper_util::client::legacy::connect::{Connected, Connection};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// The client's own head is its first line, the slot number and a length.
const MAX_SWALLOWED: usize = 1_024;

/// The most slices handed to one vectored write.
const MAX_SLICES: usize = 16;

/// What the next byte that the client writes belongs to.
#[derive(Debug)]
enum Place {
    /// The client's head, of which this much was swallowed.
    Head(Vec<u8>),
    /// The body of a request, of which this much is still to come.
    Body(u64),
}

/// A connection that can be asked whether the other side has ended it.
pub(super) trait Peer {
    /// Whether the other side has closed, or sent what nobody asked for, as the
    /// operating system knows it at this moment.
    fn gone(&self) -> bool;
}

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct ExactStream<S> {
    inner: S,
    slots: Arc<Slots>,
    place: Place,
    /// What is left of the prepared head.
    head: Bytes,
    /// The request whose answer is read next.
    current: Option<Arc<Slot>>,
    /// Whether that answer's head is still to be recorded.
    recording: bool,
}

impl<S: Peer> ExactStream<S> {
    pub(super) fn new(inner: S, slots: Arc<Slots>) -> Self {
        Self {
            inner,
            slots,
            place: Place::Head(Vec::new()),
            head: Bytes::new(),
            current: None,
            recording: false,
        }
    }

    /// Swallows the part of `data` that belongs to the client's head; says how much it was.
    fn swallow(&mut self, data: &[u8]) -> io::Result<usize> {
        let Place::Head(seen) = &mut self.place else { return Ok(0) };
        let before = seen.len();
        let room = MAX_SWALLOWED.saturating_sub(before);
        seen.extend_from_slice(data.get(..room).unwrap_or(data));
        let Some(end) = end_of_head(seen, before.saturating_sub(3)) else {
            return if seen.len() < MAX_SWALLOWED { Ok(data.len()) } else { Err(lost("no end of head")) };
        };
        seen.truncate(end);
        let number = slot_number(seen).ok_or_else(|| lost("no slot number"))?;
        let slot = self.slots.find(number).ok_or_else(|| lost("the request was given up"))?;
        // A server may close right after an answer, and the runtime learns of it
        // later than the operating system: ask before writing to a used connection.
        if self.current.is_some() && self.inner.gone() {
            slot.refuse();
            return Err(io::ErrorKind::ConnectionAborted.into());
        }
        slot.restart();
        self.head = slot.head.clone();
        self.place = next_place(slot.body_length);
        self.current = Some(slot);
        self.recording = true;
        Ok(end.saturating_sub(before))
    }

    /// Takes note that `written` bytes of head and body went out; says how many were body.
    fn went_out(&mut self, written: usize) -> usize {
        if written > 0
            && !self.head.is_empty()
            && let Some(slot) = &self.current
        {
            slot.start();
        }
        let of_head = written.min(self.head.len());
        self.head.advance(of_head);
        let of_body = written.saturating_sub(of_head);
        if let Place::Body(left) = self.place {
            self.place = next_place(left.saturating_sub(of_body as u64));
        }
        of_body
    }

    /// How many bytes of the body are still to come.
    fn body_left(&self) -> usize {
        match self.place {
            Place::Head(_) => 0,
            Place::Body(left) => usize::try_from(left).unwrap_or(usize::MAX),
        }
    }
}

fn next_place(body_left: u64) -> Place {
    if body_left == 0 { Place::Head(Vec::new()) } else { Place::Body(body_left) }
}

fn slot_number(head: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(head).ok()?;
    text.lines()
        .find_map(|line| line.split_once(':').filter(|(name, _)| name.eq_ignore_ascii_case(FIELD)))
        .and_then(|(_, number)| number.trim().parse().ok())
}

/// The two sides of the stream no longer agree; the connection must not be used on.
fn lost(why: &'static str) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidInput, why)
}

impl<S: Write + Peer + Unpin> ExactStream<S> {
    /// Writes what is left of the prepared head.
    fn poll_head(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        while !self.head.is_empty() {
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, &self.head))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            self.went_out(written);
        }
        Poll::Ready(Ok(()))
    }

    /// Writes what is left of the prepared head and then `body`, in one call where the connection can.
    fn poll_head_and_body(&mut self, cx: &mut Context<'_>, body: &[&[u8]]) -> Poll<io::Result<usize>> {
        if !self.inner.is_write_vectored() {
            ready!(self.poll_head(cx))?;
            let first = body.iter().find(|part| !part.is_empty()).copied().unwrap_or_default();
            if first.is_empty() {
                return Poll::Ready(Ok(0));
            }
            let written = ready!(Pin::new(&mut self.inner).poll_write(cx, first))?;
            return Poll::Ready(Ok(self.went_out(written)));
        }
        let mut slices = Vec::with_capacity(MAX_SLICES);
        slices.push(IoSlice::new(&self.head));
        slices.extend(body.iter().take(MAX_SLICES - 1).map(|part| IoSlice::new(part)));
        let total: usize = slices.iter().map(|slice| slice.len()).sum();
        if total == 0 {
            return Poll::Ready(Ok(0));
        }
        let written = ready!(Pin::new(&mut self.inner).poll_write_vectored(cx, &slices))?;
        drop(slices);
        if written == 0 {
            return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
        }
        Poll::Ready(Ok(self.went_out(written)))
    }

    /// One write of the client: at most one head, then at most the body that belongs to it.
    fn poll_parts(&mut self, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        // A head whose request has no body may still wait to be written.
        if matches!(self.place, Place::Head(_)) {
            ready!(self.poll_head(cx))?;
        }
        let mut swallowed = 0_usize;
        let mut body: Vec<&[u8]> = Vec::with_capacity(parts.len());
        for part in parts {
            let mut data: &[u8] = part;
            if swallowed == 0 || self.current_head_incomplete() {
                let taken = self.swallow(data)?;
                swallowed = swallowed.saturating_add(taken);
                data = data.get(taken..).unwrap_or_default();
            }
            let already: usize = body.iter().map(|part| part.len()).sum();
            let room = self.body_left().saturating_sub(already);
            let fits = data.get(..room).unwrap_or(data);
            if !fits.is_empty() {
                body.push(fits);
            }
            if fits.len() < data.len() {
                break;
            }
        }
        match self.poll_head_and_body(cx, &body) {
            Poll::Ready(Ok(written)) => Poll::Ready(Ok(swallowed.saturating_add(written))),
            Poll::Ready(Err(error)) => Poll::Ready(Err(error)),
            // The swallowed bytes are gone: say so; the rest follows with the next write or flush.
            Poll::Pending if swallowed > 0 => Poll::Ready(Ok(swallowed)),
            Poll::Pending => Poll::Pending,
        }
    }

    fn current_head_incomplete(&self) -> bool {
        matches!(&self.place, Place::Head(seen) if !seen.is_empty())
    }
}

impl<S: Write + Peer + Unpin> Write for ExactStream<S> {
    fn poll_write(mut self: Pin<&mut Self>, cx: &mut Context<'_>, data: &[u8]) -> Poll<io::Result<usize>> {
        self.poll_parts(cx, &[IoSlice::new(data)])
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        parts: &[IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        self.poll_parts(cx, parts)
    }

    fn is_write_vectored(&self) -> bool {
        self.inner.is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        ready!(self.poll_head(cx))?;
        Pin::new(&mut self.inner).poll_flush(cx)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(&mut self.inner).poll_shutdown(cx)
    }
}

impl<S: Read + Unpin> Read for ExactStream<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        mut cursor: ReadBufCursor<'_>,
    ) -> Poll<io::Result<()>> {
        let this = &mut *self;
        let Some(slot) = this.current.as_ref().filter(|_| this.recording) else {
            return Pin::new(&mut this.inner).poll_read(cx, cursor);
        };
        // The cursor cannot be read back, so a head is read through a buffer of our own.
        let mut storage = [0_u8; 4_096];
        let room = storage.len().min(cursor.remaining());
        let mut buffer = ReadBuf::new(storage.get_mut(..room).unwrap_or_default());
        ready!(Pin::new(&mut this.inner).poll_read(cx, buffer.unfilled()))?;
        cursor.put_slice(buffer.filled());
        this.recording = slot.record(buffer.filled());
        Poll::Ready(Ok(()))
    }
}

impl<S: Connection> Connection for ExactStream<S> {
    fn connected(&self) -> Connected {
        self.inner.connected()
    }
}
