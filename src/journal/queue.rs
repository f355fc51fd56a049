//! What waits for the writer, and how it is gathered into one commit.

use super::budget::Permit;
use super::error::WriteError;
use super::insert::Occasion;
use super::notes::Attendant;
use super::outbox::Settlement;
use super::record::KeptAttempt;
use crate::hook::delivery::Checked;
use crate::hook::time::Timestamp;
use bytes::Bytes;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError};
use std::time::{Duration, Instant};
use tokio::sync::oneshot;

/// The most commands of one commit.
const MAX_BATCH: usize = 1_024;

/// When an idle writer looks whether notes have come, one after the other. Until
/// then they wait for a delivery whose commit takes them along.
const LOOKS: [Duration; 5] = [
    Duration::from_millis(2),
    Duration::from_millis(4),
    Duration::from_millis(8),
    Duration::from_millis(16),
    Duration::from_millis(32),
];

/// Fewer deliveries than this in a commit do not wait for what is noted of others.
const MANY: usize = 4;

pub(super) type Reply<T> = oneshot::Sender<Result<T, WriteError>>;

/// The number a delivery was given, the one it repeats, and whether their bodies are the same.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Placed {
    pub(super) seq: u64,
    pub(super) duplicate_of: Option<u64>,
    pub(super) same_body: Option<bool>,
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
    pub(super) permit: Permit,
}

#[derive(Debug)]
pub(super) enum NoteContent {
    Attempt(KeptAttempt, Occasion),
    Answer {
        status: u16,
        answered_by: &'static str,
        took: Duration,
    },
    /// What the vendor's API says of the interview; JSON.
    Interview {
        object: Bytes,
        fetched: Timestamp,
    },
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
    /// A note was put down.
    Look,
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
            Command::Look => {}
            Command::Settle(settle) => self.settles.push(*settle),
            Command::Flush(reply) => self.flushes.push(reply),
            Command::Close(reply) => self.close = Some(reply),
        }
    }

    fn len(&self) -> usize {
        self.appends.len() + self.settles.len() + self.flushes.len()
    }

    /// Whether there is nothing to write.
    pub(super) fn is_empty(&self) -> bool {
        self.appends.is_empty() && self.notes.is_empty() && self.settles.is_empty()
    }

    /// Takes the notes out of a commit of few deliveries: their senders are
    /// answered first, and the notes are written while the deliveries are passed
    /// on. Whoever waits for what was noted before keeps them in it.
    pub(super) fn take_what_can_wait(&mut self) -> Vec<Note> {
        let few = (1..MANY).contains(&self.appends.len());
        if few && !self.someone_waits_for_notes() {
            return std::mem::take(&mut self.notes);
        }
        Vec::new()
    }

    /// Whether what was noted before must be in this commit.
    fn someone_waits_for_notes(&self) -> bool {
        !self.settles.is_empty() || !self.flushes.is_empty() || self.close.is_some()
    }

    fn full(&self) -> bool {
        self.len() >= MAX_BATCH || self.close.is_some()
    }
}

/// The writer's side of the queue, and of the notes beside it.
#[derive(Debug)]
pub(super) struct Inbox {
    queue: Receiver<Command>,
    notes: Attendant,
}

impl Inbox {
    pub(super) fn new(queue: Receiver<Command>, notes: Attendant) -> Self {
        Self { queue, notes }
    }

    /// Takes what has come since the last commit; waits at most `patience` for
    /// something, or for ever without it.
    pub(super) fn gather(&mut self, patience: Option<Duration>) -> Batch {
        let mut batch = Batch::default();
        match patience {
            Some(patience) => drop(self.accept(&mut batch, patience)),
            None => self.wait(&mut batch),
        }
        while !batch.full()
            && let Ok(command) = self.queue.try_recv()
        {
            batch.push(command);
        }
        // After the commands: what was noted before a command was given is to be in its commit.
        let awaited = batch.appends.is_empty() || batch.someone_waits_for_notes();
        batch.notes = if awaited { self.notes.take() } else { self.notes.take_heap() };
        batch
    }

    /// Waits for something to do. Looks for notes at growing distances, so that
    /// those of a busy time wake nobody, and then sleeps until it is told.
    fn wait(&self, batch: &mut Batch) {
        for look in LOOKS {
            if self.accept(batch, look) || self.notes.any() {
                return;
            }
        }
        if self.notes.leave() {
            match self.queue.recv() {
                Ok(command) => batch.push(command),
                Err(_end) => batch.close = Some(None),
            }
            self.notes.attend();
        }
    }

    /// Whether a command came in time; the end of all senders is a command to close.
    fn accept(&self, batch: &mut Batch, patience: Duration) -> bool {
        match self.queue.recv_timeout(patience) {
            Ok(command) => batch.push(command),
            Err(RecvTimeoutError::Timeout) => return false,
            Err(RecvTimeoutError::Disconnected) => batch.close = Some(None),
        }
        true
    }
}
