//! The journal as its owner holds it: opens it, and puts things into the
//! writer's queue. Touches no table itself.

use super::budget::{Budget, Permit};
use super::error::{OpenError, ReadError, WriteError};
use super::insert::Occasion;
use super::lock::OwnerLock;
use super::notes::{Attendant, Notes};
use super::options::Options;
use super::outbox::{Pending, Settlement};
use super::queue::{Append, Command, Inbox, Note, NoteContent, Settle, SettledAnswer};
use super::reader::Reader;
use super::record::KeptAttempt;
use super::stored::Stored;
use super::writer::Writer;
use super::{file, schema, signed};
use crate::hook::attempt::Attempt;
use crate::hook::delivery::Checked;
use crate::hook::time::Timestamp;
use crate::modes;
use bytes::Bytes;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;
use tokio::sync::oneshot;

/// Room in the queue for commands without a budget of their own.
const SPARE: usize = 64;

/// A journal that this process owns. Shared by reference; closed by `close`, or when dropped.
#[derive(Debug)]
pub struct Journal {
    path: PathBuf,
    warnings: Vec<String>,
    queue: SyncSender<Command>,
    appends: Arc<Budget>,
    notes: Arc<Budget>,
    lying: Arc<Notes>,
    commits: Arc<AtomicU64>,
    reader: Mutex<Option<Reader>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Opens a journal for writing, brought up to date; needs the owner's lock.
pub(super) fn open_owned(
    path: &Path,
    warnings: &mut Vec<String>,
) -> Result<(PathBuf, Connection, OwnerLock), OpenError> {
    let io = |error| OpenError::io(path, error);
    file::check_sqlite()?;
    // Where it is made, that it is not there is no reason: its folder, or the system, says no.
    let made = |error: std::io::Error| match error.kind() {
        std::io::ErrorKind::NotFound => OpenError::NotMade { path: path.to_owned(), source: error },
        _ => io(error),
    };
    let folder = path.parent().unwrap_or(Path::new(""));
    modes::create_folder(folder).map_err(made)?;
    let was_there = path.exists();
    let length = modes::open(path).and_then(|file| file.metadata()).map_err(made)?.len();
    file::require_magic(path)?;
    // One journal has one lock, whatever link led to it.
    let path = path.canonicalize().map_err(io)?;
    let lock = OwnerLock::take(&path)?;
    let mut connection = file::connect_writer(&path)?;
    let state = schema::judge(&path, &connection)?;
    schema::bring_up_to_date(&path, &mut connection, state)?;
    if was_there && length == 0 {
        warnings.push(format!("`{}` was empty; it is a new journal now", path.display()));
    }
    if !was_there {
        modes::sync_folder(folder).map_err(io)?;
    }
    warnings.extend(file::repair_modes(&path));
    Ok((path, connection, lock))
}

impl Journal {
    /// Opens the journal at `path` as its only owner, and creates it where there is none.
    ///
    /// # Errors
    /// When another process owns it, it is no journal or a newer one, or the disk says no.
    pub fn open(path: &Path, options: Options) -> Result<Self, OpenError> {
        let mut warnings = Vec::new();
        let (path, connection, lock) = open_owned(path, &mut warnings)?;
        let (depth, bytes) = (options.queue_depth.max(1), options.queue_bytes);
        let (queue, commands) = sync_channel(depth.saturating_add(SPARE));
        let lying = Arc::new(Notes::default());
        let attendant = Attendant::new(Arc::clone(&lying), options.retention.max_deliveries);
        let inbox = Inbox::new(commands, attendant);
        let commits = Arc::new(AtomicU64::new(0));
        let writer = Writer::new(path.clone(), connection, lock, options, inbox, Arc::clone(&commits))?;
        let thread = std::thread::Builder::new()
            .name("journal".to_owned())
            .spawn(move || writer.run())
            .map_err(|source| OpenError::Io { path: path.clone(), source })?;
        Ok(Self {
            path,
            warnings,
            queue,
            appends: Budget::new(depth, bytes),
            notes: Budget::new(depth, bytes),
            lying,
            commits,
            reader: Mutex::new(None),
            thread: Mutex::new(Some(thread)),
        })
    }

    /// The file, without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// What was not as it should be when the journal was opened, as sentence fragments.
    pub fn warnings(&self) -> &[String] {
        &self.warnings
    }

    /// How many commits stored deliveries so far.
    pub fn commits(&self) -> u64 {
        self.commits.load(Ordering::Relaxed)
    }

    /// Stores a delivery; resolves after the commit that holds it is on the disk.
    ///
    /// # Errors
    /// When it was not stored. Nothing is retried here: the sender does that.
    pub async fn append(&self, checked: Arc<Checked>) -> Result<Stored, WriteError> {
        self.append_with(checked, None).await
    }

    /// The same, with the answer that the sender gets as soon as it is stored.
    ///
    /// # Errors
    /// When it was not stored.
    pub async fn append_answered(
        &self,
        checked: Arc<Checked>,
        answer: SettledAnswer,
    ) -> Result<Stored, WriteError> {
        self.append_with(checked, Some(answer)).await
    }

    async fn append_with(
        &self,
        checked: Arc<Checked>,
        answer: Option<SettledAnswer>,
    ) -> Result<Stored, WriteError> {
        let bytes = checked.delivery.body.len().saturating_add(checked.delivery.head.as_bytes().len());
        let permit = self.appends.take(bytes).ok_or(WriteError::QueueFull)?;
        let (reply, placed) = oneshot::channel();
        self.send(Command::Append(Append { checked: Arc::clone(&checked), answer, reply, permit }))?;
        let placed = placed.await.map_err(|_closed| WriteError::Closed)??;
        Ok(Stored::new(placed.seq, placed.duplicate_of, placed.same_body, checked))
    }

    /// Records an attempt with a delivery, soon and together with others. Of an
    /// answer's body the first [`MAX_KEPT_ANSWER`](super::MAX_KEPT_ANSWER) bytes are kept.
    ///
    /// # Errors
    /// When too much waits already, or the journal is closed: it was not recorded.
    pub fn record_attempt(&self, seq: u64, attempt: &Attempt, occasion: Occasion) -> Result<(), WriteError> {
        let kept = KeptAttempt::new(attempt);
        let permit = self
            .notes
            .take(kept.kept_bytes().saturating_add(kept.sent_bytes()))
            .ok_or(WriteError::QueueFull)?;
        self.note(seq, NoteContent::Attempt(kept, occasion), permit)
    }

    /// Records what the sender was answered, soon and together with others.
    ///
    /// # Errors
    /// When too much waits already, or the journal is closed: it was not recorded.
    pub fn record_answer(
        &self,
        seq: u64,
        status: u16,
        answered_by: &'static str,
        took: Duration,
    ) -> Result<(), WriteError> {
        let permit = self.notes.take(0).ok_or(WriteError::QueueFull)?;
        self.note(seq, NoteContent::Answer { status, answered_by, took }, permit)
    }

    /// Records what the vendor's API says of a delivery's interview (JSON), soon
    /// and together with others. A later one replaces it.
    ///
    /// # Errors
    /// When too much waits already, or the journal is closed: it was not recorded.
    pub fn record_interview(&self, seq: u64, object: Bytes, fetched: Timestamp) -> Result<(), WriteError> {
        let permit = self.notes.take(object.len()).ok_or(WriteError::QueueFull)?;
        self.note(seq, NoteContent::Interview { object, fetched }, permit)
    }

    fn note(&self, seq: u64, content: NoteContent, permit: Permit) -> Result<(), WriteError> {
        if self.lying.put(Note { seq: signed(seq), content, permit })? {
            // A full queue keeps the writer awake by itself.
            drop(self.queue.try_send(Command::Look));
        }
        Ok(())
    }

    /// What waits for a target after a number, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn pending(&self, target: &str, after_seq: u64, limit: usize) -> Result<Vec<Pending>, ReadError> {
        self.read(|reader| reader.pending(target, after_seq, limit))
    }

    /// Notes how a try at a waiting delivery went; resolves once that outlives this
    /// process. Attempts recorded before it are in the same commit or an earlier one.
    ///
    /// # Errors
    /// When it was not noted: the delivery still waits as before.
    pub async fn settle(&self, seq: u64, target: &str, settlement: Settlement) -> Result<(), WriteError> {
        let (reply, outcome) = oneshot::channel();
        let settle = Settle { seq: signed(seq), target: target.to_owned(), settlement, reply };
        self.send(Command::Settle(Box::new(settle)))?;
        outcome.await.map_err(|_closed| WriteError::Closed)?
    }

    /// Resolves once everything that was recorded before is committed, and the
    /// journal is within its limits.
    ///
    /// # Errors
    /// When it could not be committed; it is tried again.
    pub async fn flush(&self) -> Result<(), WriteError> {
        let (reply, outcome) = oneshot::channel();
        self.send(Command::Flush(reply))?;
        outcome.await.map_err(|_closed| WriteError::Closed)?
    }

    /// Reads through a connection of the journal's own. Blocks for as long as `read` takes.
    ///
    /// # Errors
    /// Those of `read`, and when the file cannot be opened.
    pub fn read<T>(&self, read: impl FnOnce(&Reader) -> Result<T, ReadError>) -> Result<T, ReadError> {
        let mut slot = self.reader.lock().unwrap_or_else(PoisonError::into_inner);
        let reader = match slot.take() {
            Some(reader) => reader,
            None => Reader::open(&self.path)?,
        };
        let outcome = read(&reader);
        // After a failure the next read begins with a new connection.
        if outcome.is_ok() {
            *slot = Some(reader);
        }
        outcome
    }

    /// Commits everything, closes the file and gives up ownership. Later calls say `Closed`.
    ///
    /// # Errors
    /// When something that was recorded could not be committed and is lost.
    pub async fn close(&self) -> Result<(), WriteError> {
        drop(self.reader.lock().unwrap_or_else(PoisonError::into_inner).take());
        let (reply, outcome) = oneshot::channel();
        self.send(Command::Close(Some(reply)))?;
        outcome.await.map_err(|_closed| WriteError::Closed)?
    }

    fn send(&self, command: Command) -> Result<(), WriteError> {
        self.queue.try_send(command).map_err(|error| match error {
            TrySendError::Full(_) => WriteError::QueueFull,
            TrySendError::Disconnected(_) => WriteError::Closed,
        })
    }
}

impl Drop for Journal {
    fn drop(&mut self) {
        drop(self.reader.lock().unwrap_or_else(PoisonError::into_inner).take());
        // Blocks while the queue is full; an error means that the writer has ended.
        drop(self.queue.send(Command::Close(None)));
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // It ended by a panic: nobody is left to tell, and the lock is free.
            drop(thread.join());
        }
    }
}
