//! What waits for the writer, and how it is gathered into one commit.

use super::budget::Permit;
use super::error::WriteError;
use super::outbox::Settlement;
use super::record::KeptAttempt;
use crate::hook::delivery::Checked;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The most commands of one commit.
const MAX_BATCH: usize = 1_024;

/// How long notes that nobody waits for are held back, so that they share a
/// delivery's commit instead of standing in its way with their own.
const NOTE_DELAY: Duration = Duration::from_millis(2);

pub(super) type Reply<T> = oneshot::Sender<Result<T, WriteError>>;

/// The number a delivery was given, and the one it repeats.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) seq: u64,
    pub(super) duplicate_of: Option<u64>,
}

/// What the sender will be answered once the delivery is stored, where that is
/// known before: it is stored in the same row, and needs no write of its own.
#[derive(Clone, Copy, Debug)]
pub struct SettledAnswer {
    /// The status.
    pub status: u16,
    /// Who decided it.
    pub answered_by: &'static str,
    /// When the last byte of the request had come; the time up to the commit counts as the answer's.
    pub begun: Instant,
}

/// A delivery that waits to be stored.
#[derive(Debug)]
pub(super) struct Append {
    pub(super) checked: Arc<Checked>,
    pub(super) answer: Option<SettledAnswer>,
    pub(super) reply: Reply<Placed>,
    /// Given back when it is stored, or is not going to be.
    pub(super) permit: Permit,
}

/// Something about a delivery that is stored already.
#[derive(Debug)]
pub(super) struct Note {
    pub(super) seq: i64,
    pub(super) content: NoteContent,
    /// Given back when the note is written.
    pub(super) _permit: Permit,
}

#[derive(Debug)]
pub(super) enum NoteContent {
    Attempt(KeptAttempt),
    Answer { status: u16, answered_by: &'static str, took: Duration },
}

/// How a try at a delivery that waits in the outbox went; the forwarder waits for it.
#[derive(Debug)]
pub(super) struct Settle {
    pub(super) seq: i64,
    pub(super) target: String,
    pub(super) settlement: Settlement,
    pub(super) reply: Reply<()>,
}

/// Something for the writer to do. Large ones are boxed: the queue is allocated in full.
#[derive(Debug)]
pub(super) enum Command {
    Append(Append),
    Note(Box<Note>),
    Settle(Box<Settle>),
    /// Everything before it is to be committed.
    Flush(Reply<()>),
    /// The last command.
    Close(Option<Reply<()>>),
}

/// What goes into one commit.
#[derive(Debug, Default)]
pub(super) struct Batch {
    pub(super) appends: Vec<Append>,
    pub(super) notes: Vec<Note>,
    pub(super) settles: Vec<Settle>,
    pub(super) flushes: Vec<Reply<()>>,
    pub(super) close: Option<Option<Reply<()>>>,
}

impl Batch {
    fn push(&mut self, command: Command) {
        match command {
            Command::Append(append) => self.appends.push(append),
            Command::Note(note) => self.notes.push(*note),
            Command::Settle(settle) => self.settles.push(*settle),
            Command::Flush(reply) => self.flushes.push(reply),
            Command::Close(reply) => self.close = Some(reply),
        }
    }

    fn len(&self) -> usize {
        self.appends.len() + self.notes.len() + self.settles.len() + self.flushes.len()
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.appends.is_empty() && self.notes.is_empty() && self.settles.is_empty()
    }

    /// Whether somebody waits for this commit.
    fn urgent(&self) -> bool {
        self.len() > self.notes.len() || self.close.is_some()
    }

    fn full(&self) -> bool {
        self.len() >= MAX_BATCH || self.close.is_some()
    }
}

/// Takes what has queued up since the last commit; waits at most `patience` for
/// the first command, or for ever without it.
pub(super) fn gather(queue: &Receiver<Command>, patience: Option<Duration>) -> Batch {
    let mut batch = Batch::default();
    let first = match patience {
        None => queue.recv().map_err(|_end| RecvTimeoutError::Disconnected),
        Some(patience) => queue.recv_timeout(patience),
    };
    accept(&mut batch, first);
    let held_until = Instant::now() + NOTE_DELAY;
    loop {
        while !batch.full()
            && let Ok(command) = queue.try_recv()
        {
            batch.push(command);
        }
        if batch.full() || batch.urgent() || batch.notes.is_empty() {
            return batch;
        }
        let left = held_until.saturating_duration_since(Instant::now());
        if left.is_zero() || !accept(&mut batch, queue.recv_timeout(left)) {
            return batch;
        }
    }
}

/// Whether a command came; the end of all senders is a command to close.
fn accept(batch: &mut Batch, received: Result<Command, RecvTimeoutError>) -> bool {
    match received {
        Ok(command) => batch.push(command),
        Err(RecvTimeoutError::Timeout) => return false,
        Err(RecvTimeoutError::Disconnected) => batch.close = Some(None),
    }
    true
}
