//! Answers that are not whole yet: a handler gives a body and goes on filling it,
//! piece by piece, as fast as the other side takes it.
//!
//! A bounded channel stands between the two, so a reader that does not read costs
//! no more than the room of its channel. While a stream lasts its request counts
//! as in hand: it is not evicted, and no deadline but that of writing runs. It
//! ends when its writer is dropped, when the connection goes away, and at the
//! server's stop. What the pieces mean is none of its business.

use bytes::Bytes;
use std::fmt;
use std::pin::Pin;
use std::sync::{Arc, Mutex, PoisonError};
use std::task::{Context, Poll};
use tokio::sync::futures::OwnedNotified;
use tokio::sync::mpsc;

/// The other side does not read any more, or the server stops.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("nobody reads the stream any more")]
pub struct Gone;

/// A body that is still being written.
pub struct Stream {
    pieces: mpsc::Receiver<Bytes>,
    held: Held,
    /// Resolves when the server stops.
    stopped: Option<Pin<Box<OwnedNotified>>>,
    over: bool,
}

/// Writes a [`Stream`]; dropping it ends the body.
pub struct Pieces {
    sender: mpsc::Sender<Bytes>,
    held: Held,
}

/// A new stream of which up to `room` pieces wait to be taken.
pub fn stream(room: usize) -> (Pieces, Stream) {
    let (sender, pieces) = mpsc::channel(room.max(1));
    let held = Held::default();
    let stream = Stream { pieces, held: held.clone(), stopped: None, over: false };
    (Pieces { sender, held }, stream)
}

impl Pieces {
    /// Adds a piece once there is room for it.
    ///
    /// # Errors
    /// When nobody reads any more.
    pub async fn send(&self, piece: impl Into<Bytes>) -> Result<(), Gone> {
        self.sender.send(piece.into()).await.map_err(|_unsent| Gone)
    }

    /// Resolves when nobody reads any more.
    pub async fn closed(&self) {
        self.sender.closed().await;
    }
}

impl Drop for Pieces {
    fn drop(&mut self) {
        self.held.release();
    }
}

impl Stream {
    /// Lets the stream hold `guard` until it ends, and end when `stopped` does.
    pub(super) fn hold(&mut self, guard: impl Send + 'static, stopped: Pin<Box<OwnedNotified>>) {
        self.held.keep(Box::new(guard));
        self.stopped = Some(stopped);
    }

    /// Ends at once: the server stops already.
    pub(super) fn end(&mut self) {
        self.over = true;
    }

    /// The next piece; `None` at the end.
    pub(super) fn poll_piece(&mut self, context: &mut Context<'_>) -> Poll<Option<Bytes>> {
        if self.stopped.as_mut().is_some_and(|stopped| stopped.as_mut().poll(context).is_ready()) {
            self.over = true;
        }
        if self.over {
            self.stopped = None;
            self.pieces.close();
            return Poll::Ready(None);
        }
        self.pieces.poll_recv(context)
    }
}

impl Drop for Stream {
    fn drop(&mut self) {
        self.held.release();
    }
}

/// What a stream holds for as long as both of its ends are there. It is let go of
/// when its writer ends, too: over HTTP/2 nobody asks for a body while the other
/// side gives no window, and a connection must not count as busy for ever.
#[derive(Clone, Default)]
struct Held(Arc<Mutex<Kept>>);

#[derive(Default)]
struct Kept {
    over: bool,
    guard: Option<Box<dyn Send>>,
}

impl Held {
    fn keep(&self, guard: Box<dyn Send>) {
        let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if !kept.over {
            kept.guard = Some(guard);
        }
    }

    fn release(&self) {
        let guard = {
            let mut kept = self.0.lock().unwrap_or_else(PoisonError::into_inner);
            kept.over = true;
            kept.guard.take()
        };
        // Outside the lock: what it does is not known here.
        drop(guard);
    }
}

impl fmt::Debug for Stream {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Stream")
    }
}

impl fmt::Debug for Pieces {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Pieces")
    }
}
