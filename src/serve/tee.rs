//! The stream under hyper's HTTP/1: passes every byte on unchanged, keeps the
//! heads, and never hands over more than the rest of one message in one read.
//! Only hyper's own refusals, which say nothing, do not reach the sender.

use super::wire::SharedWire;
use bytes::{Buf, Bytes};
use std::io;
use std::pin::Pin;
use std::task::{Context, Poll, ready};
use tokio::io::{AsyncRead, AsyncReadExt as _, AsyncWrite, ReadBuf, Take};

/// The most bytes of one read: one less than hyper's first buffer. hyper doubles
/// a buffer that a read fills, up to the size of the largest head, and keeps it
/// as long as the connection stays: a thousand of them would be most of the memory.
const MAX_READ: usize = (8 << 10) - 1;

/// A stream that is followed while it is read.
#[derive(Debug)]
pub(super) struct Tee<S> {
    /// The stream, which gives at most [`MAX_READ`] bytes a read, into memory that
    /// nobody has to clear before.
    stream: Take<S>,
    wire: SharedWire,
    /// Bytes that were read but belong to the next message.
    held: Bytes,
    write_blocked: bool,
}

impl<S: AsyncRead> Tee<S> {
    /// Follows `stream`, of which `first` has been read already.
    pub(super) fn new(stream: S, first: Bytes, wire: SharedWire) -> Self {
        Self { stream: stream.take(0), wire, held: first, write_blocked: false }
    }

    pub(super) fn into_inner(self) -> S {
        self.stream.into_inner()
    }

    fn follow(&self, bytes: &[u8]) -> io::Result<usize> {
        self.wire.follow(bytes).ok_or_else(|| io::ErrorKind::OutOfMemory.into())
    }

    /// Whether what hyper writes is a refusal of its own. That has a status and no
    /// reason, so it is not written: the connection says both when hyper is done.
    fn keeps_back(&self) -> bool {
        let keeps = self.wire.nobody_answers();
        if keeps {
            self.wire.lock().unsaid = true;
        }
        keeps
    }

    fn wrote<T>(&mut self, written: Poll<T>) -> Poll<T> {
        if written.is_pending() != self.write_blocked {
            self.write_blocked = written.is_pending();
            self.wire.lock().set_write_blocked(self.write_blocked);
        }
        written
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for Tee<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        if !self.held.is_empty() {
            let count = self.held.len().min(buffer.remaining()).min(MAX_READ);
            let taken = self.follow(self.held.get(..count).unwrap_or_default())?;
            buffer.put_slice(self.held.get(..taken).unwrap_or_default());
            self.held.advance(taken);
            if self.held.is_empty() {
                self.held = Bytes::new();
            }
            return Poll::Ready(Ok(()));
        }
        let before = buffer.filled().len();
        self.stream.set_limit(MAX_READ as u64);
        ready!(Pin::new(&mut self.stream).poll_read(context, buffer))?;
        let new = buffer.filled().get(before..).unwrap_or_default();
        if new.is_empty() {
            return Poll::Ready(Ok(()));
        }
        let taken = self.follow(new)?;
        if let Some(rest @ [_, ..]) = new.get(taken..) {
            self.held = Bytes::copy_from_slice(rest);
        }
        buffer.set_filled(before + taken);
        Poll::Ready(Ok(()))
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for Tee<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        if self.keeps_back() {
            return Poll::Ready(Ok(bytes.len()));
        }
        let written = Pin::new(self.stream.get_mut()).poll_write(context, bytes);
        self.wrote(written)
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        if self.keeps_back() {
            return Poll::Ready(Ok(slices.iter().map(|slice| slice.len()).sum()));
        }
        let written = Pin::new(self.stream.get_mut()).poll_write_vectored(context, slices);
        self.wrote(written)
    }

    fn is_write_vectored(&self) -> bool {
        self.stream.get_ref().is_write_vectored()
    }

    fn poll_flush(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        Pin::new(self.stream.get_mut()).poll_flush(context)
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<io::Result<()>> {
        // Our side stays open for what is still to be said.
        if self.wire.nobody_answers() {
            return Poll::Ready(Ok(()));
        }
        Pin::new(self.stream.get_mut()).poll_shutdown(context)
    }
}
