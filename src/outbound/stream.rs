//! A connection that writes prepared heads in place of the HTTP client's own.
//!
//! The client lower-cases and regroups field names; a target must see what the
//! sender wrote. So the client is given a request that carries only a body, and
//! this stream, which lies between the client and the connection (above TLS),
//! swallows the head the client writes and sends the prepared head instead. Both agree on the body's length, so the framing of the
//! connection stays what the client believes it is. On the way back it keeps
//! the answer's head as it came; it never changes a byte of it.

use super::slot::{Next, Slot, end_of_head};
use bytes::{Buf, Bytes};
use hyper::rt::{Read, ReadBuf, ReadBufCursor, Write};
use std::io::{self, IoSlice};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, ready};

/// The client's own head is its first line and a length.
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
    next: Next,
    place: Place,
    /// What is left of the prepared head.
    head: Bytes,
    /// The request whose answer is read next.
    current: Option<Arc<Slot>>,
    /// Whether that answer's head is still to be recorded.
    recording: bool,
}

impl<S: Peer> ExactStream<S> {
    pub(super) fn new(inner: S, next: Next) -> Self {
        Self {
            inner,
            next,
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
        let data = data.get(..room).unwrap_or(data);
        // Mostly it comes whole and need not be put together.
        let whole = if before == 0 { end_of_head(data, 0) } else { None };
        let end = if let Some(end) = whole {
            end
        } else {
            seen.extend_from_slice(data);
            let Some(end) = end_of_head(seen, before.saturating_sub(3)) else {
                return if seen.len() < MAX_SWALLOWED { Ok(data.len()) } else { Err(lost("no end of head")) };
            };
            end
        };
        let slot = self.next.take().ok_or_else(|| lost("no request waits"))?;
        // A server may close right after an answer, and the runtime learns of it
        // later than the operating system: ask before writing to a used connection.
        if self.current.is_some() && self.inner.gone() {
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
        let with_body = body.iter().any(|part| !part.is_empty());
        loop {
            if self.head.is_empty() && !with_body {
                return Poll::Ready(Ok(0));
            }
            let mut slices = [IoSlice::new(&[]); MAX_SLICES];
            let parts = std::iter::once(&*self.head).chain(body.iter().copied());
            let filled =
                slices.iter_mut().zip(parts).map(|(slice, part)| *slice = IoSlice::new(part)).count();
            let slices = slices.get(..filled).unwrap_or_default();
            let written = ready!(Pin::new(&mut self.inner).poll_write_vectored(cx, slices))?;
            if written == 0 {
                return Poll::Ready(Err(io::ErrorKind::WriteZero.into()));
            }
            // To the client, zero bytes of a body mean that the connection is broken.
            let of_body = self.went_out(written);
            if of_body > 0 || !with_body {
                return Poll::Ready(Ok(of_body));
            }
        }
    }

    /// One write of the client: at most one head, then at most the body that belongs to it.
    fn poll_parts(&mut self, cx: &mut Context<'_>, parts: &[IoSlice<'_>]) -> Poll<io::Result<usize>> {
        // A head whose request has no body may still wait to be written.
        if matches!(self.place, Place::Head(_)) {
            ready!(self.poll_head(cx))?;
        }
        let mut swallowed = 0_usize;
        // What finds no room here is written the next time.
        let mut body: [&[u8]; MAX_SLICES - 1] = Default::default();
        let (mut count, mut already) = (0, 0);
        for (part, slot) in parts.iter().zip(&mut body) {
            let mut data: &[u8] = part;
            if swallowed == 0 || self.current_head_incomplete() {
                let taken = self.swallow(data)?;
                swallowed = swallowed.saturating_add(taken);
                data = data.get(taken..).unwrap_or_default();
            }
            let room = self.body_left().saturating_sub(already);
            let fits = data.get(..room).unwrap_or(data);
            *slot = fits;
            count += 1;
            already = already.saturating_add(fits.len());
            if fits.len() < data.len() {
                break;
            }
        }
        match self.poll_head_and_body(cx, body.get(..count).unwrap_or_default()) {
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

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use std::future::poll_fn;
    use std::task::Waker;

    /// A connection that takes what `plan` says at each call: nothing yet, or so many bytes.
    struct Narrow {
        plan: Vec<usize>,
        calls: usize,
        vectored: bool,
        gone: bool,
        wrote: Vec<u8>,
    }

    impl Narrow {
        fn room(&mut self) -> Option<usize> {
            let room = self.plan[self.calls % self.plan.len()];
            self.calls += 1;
            (room > 0).then_some(room)
        }
    }

    impl Peer for Narrow {
        fn gone(&self) -> bool {
            self.gone
        }
    }

    impl Write for Narrow {
        fn poll_write(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            data: &[u8],
        ) -> Poll<io::Result<usize>> {
            let Some(room) = self.room() else {
                cx.waker().wake_by_ref();
                return Poll::Pending;
            };
            let taken = room.min(data.len());
            self.wrote.extend_from_slice(&data[..taken]);
            Poll::Ready(Ok(taken))
        }

        fn poll_write_vectored(
            mut self: Pin<&mut Self>,
            cx: &mut Context<'_>,
            parts: &[IoSlice<'_>],
        ) -> Poll<io::Result<usize>> {
            assert!(self.vectored, "asked for what it cannot do");
            let whole: Vec<u8> = parts.iter().flat_map(|part| part.to_vec()).collect();
            self.as_mut().poll_write(cx, &whole)
        }

        fn is_write_vectored(&self) -> bool {
            self.vectored
        }

        fn poll_flush(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }

        fn poll_shutdown(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<io::Result<()>> {
            Poll::Ready(Ok(()))
        }
    }

    fn stream(plan: Vec<usize>, vectored: bool) -> ExactStream<Narrow> {
        let inner = Narrow { plan, calls: 0, vectored, gone: false, wrote: Vec::new() };
        ExactStream::new(inner, Next::default())
    }

    /// What the client writes in place of the head that is handed over.
    fn client_head(body: usize) -> Vec<u8> {
        format!("POST / HTTP/1.1\r\ncontent-length: {body}\r\n\r\n").into_bytes()
    }

    fn hand_over(stream: &ExactStream<Narrow>, head: &[u8], body: usize) -> Arc<Slot> {
        let slot = Slot::new(Bytes::copy_from_slice(head), body as u64);
        stream.next.put(Arc::clone(&slot));
        slot
    }

    /// Writes `data` the way the client does: in pieces, as slices, until all of it is taken, then flushes.
    async fn write_all(stream: &mut ExactStream<Narrow>, data: &[u8], cuts: &[usize]) -> io::Result<()> {
        let mut rest = data;
        let mut cut = cuts.iter().cycle();
        while !rest.is_empty() {
            let parts = [*cut.next().unwrap(), *cut.next().unwrap(), usize::MAX];
            let mut left = rest;
            let mut slices = Vec::new();
            for part in parts {
                let (piece, after) = left.split_at(part.min(left.len()));
                slices.push(IoSlice::new(piece));
                left = after;
            }
            let taken = if stream.inner.vectored {
                poll_fn(|cx| Pin::new(&mut *stream).poll_write_vectored(cx, &slices)).await?
            } else {
                let piece = &rest[..parts[0].clamp(1, rest.len())];
                poll_fn(|cx| Pin::new(&mut *stream).poll_write(cx, piece)).await?
            };
            assert!(taken > 0, "a client takes that for an error");
            rest = &rest[taken..];
        }
        poll_fn(|cx| Pin::new(&mut *stream).poll_flush(cx)).await
    }

    fn block_on<T>(future: impl Future<Output = T>) -> T {
        let mut future = std::pin::pin!(future);
        let mut context = Context::from_waker(Waker::noop());
        loop {
            if let Poll::Ready(done) = future.as_mut().poll(&mut context) {
                return done;
            }
        }
    }

    proptest! {
        #[test]
        fn heads_are_exchanged_and_bodies_pass_whatever_the_cuts(
            requests in proptest::collection::vec(
                (proptest::collection::vec(any::<u8>(), 1..200), proptest::collection::vec(any::<u8>(), 0..200)), 1..5),
            cuts in proptest::collection::vec(0_usize..60, 1..6),
            plan in proptest::collection::vec(0_usize..40, 1..6).prop_filter("moves", |plan| plan.iter().any(|room| *room > 0)),
            vectored: bool,
        ) {
            let mut stream = stream(plan, vectored);
            let mut expected = Vec::new();
            for (head, body) in requests {
                let slot = hand_over(&stream, &head, body.len());
                expected.extend_from_slice(&head);
                expected.extend_from_slice(&body);
                let data = [client_head(body.len()), body].concat();
                block_on(write_all(&mut stream, &data, &cuts)).unwrap();
                prop_assert!(slot.started());
            }
            prop_assert_eq!(&stream.inner.wrote, &expected);
        }
    }

    #[test]
    fn head_and_body_go_out_in_one_write_where_the_connection_can() {
        let mut stream = stream(vec![usize::MAX], true);
        hand_over(&stream, b"HEAD", 4);
        let data = [client_head(4), b"body".to_vec()].concat();
        block_on(write_all(&mut stream, &data, &[usize::MAX])).unwrap();
        assert_eq!((stream.inner.wrote.as_slice(), stream.inner.calls), (&b"HEADbody"[..], 1));
    }

    #[test]
    fn a_head_that_was_handed_over_goes_out_once() {
        let mut stream = stream(vec![usize::MAX], true);
        hand_over(&stream, b"HEAD", 0);
        block_on(write_all(&mut stream, &client_head(0), &[usize::MAX])).unwrap();
        assert_eq!(std::mem::take(&mut stream.inner.wrote), b"HEAD");
        let error = block_on(write_all(&mut stream, &client_head(0), &[usize::MAX])).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::InvalidInput);
        assert!(stream.inner.wrote.is_empty());
    }

    #[test]
    fn a_head_that_was_not_handed_over_or_has_no_end_never_goes_out() {
        for junk in [b"POST / HTTP/1.1\r\n\r\n".to_vec(), vec![b'a'; 5_000]] {
            let mut stream = stream(vec![usize::MAX], true);
            assert!(block_on(write_all(&mut stream, &junk, &[usize::MAX])).is_err());
            assert!(stream.inner.wrote.is_empty());
        }
    }

    #[test]
    fn a_used_connection_that_the_other_side_left_is_not_written_to() {
        let mut stream = stream(vec![usize::MAX], true);
        hand_over(&stream, b"ONE", 0);
        block_on(write_all(&mut stream, &client_head(0), &[usize::MAX])).unwrap();
        stream.inner.gone = true;
        let second = hand_over(&stream, b"TWO", 0);
        let error = block_on(write_all(&mut stream, &client_head(0), &[usize::MAX])).unwrap_err();
        assert_eq!(error.kind(), io::ErrorKind::ConnectionAborted);
        assert_eq!(stream.inner.wrote, b"ONE");
        assert!(!second.started());
    }
}
