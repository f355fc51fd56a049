//! The one thread that writes: group commit.
//!
//! It takes what queued up during its last commit, writes it in one
//! transaction, waits for the disk, and only then tells the waiting appends
//! their numbers. When anything fails, the whole transaction is rolled back and
//! every waiter gets the error; the next one tries anew. Notes that nobody
//! waits for stay until a commit takes them. Retention works between commits, and
//! the index when there is nothing to commit.

mod aside;

use super::duplicates::{Duplicates, REMEMBERED};
use super::error::{OpenError, WriteError};
use super::file::{self, Identity};
use super::index::Indexer;
use super::insert;
use super::lock::OwnerLock;
use super::log;
use super::options::{Durability, Options};
use super::queue::{Append, Batch, Inbox, Note, NoteContent, Placed, Reply, Settle};
use super::retention::Sweeper;
use super::{LAST_SEQ, outbox, signed, unsigned};
use rusqlite::{Connection, Transaction, TransactionBehavior};
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

/// How long notes wait for another try after a commit failed.
const RETRY: Duration = Duration::from_millis(500);

/// How far a commit trails its acknowledgement under the deliberate fault, so
/// that a kill at any moment under load loses something.
const FAULTY_TRAIL: Duration = Duration::from_millis(50);

/// Between two bites of the index, for whoever else wants the processor and the file.
const BREATH: Duration = Duration::from_millis(1);

/// The state of the thread that writes.
#[derive(Debug)]
pub(super) struct Writer {
    path: PathBuf,
    identity: Identity,
    options: Options,
    inbox: Inbox,
    /// None after an error that taints it: the next commit opens a new one.
    connection: Option<Connection>,
    /// The log was written by a connection that failed.
    log_tainted: bool,
    waits_for_disk: Option<bool>,
    last_seq: u64,
    duplicates: Duplicates,
    sweeper: Sweeper,
    indexer: Indexer,
    /// Notes whose commit failed.
    carried: Vec<Note>,
    appends_committed: u64,
    /// Who waits until nothing is left to do.
    flushes: Vec<Reply<()>>,
    commits: Arc<AtomicU64>,
    _lock: OwnerLock,
}

/// What a transaction did.
struct Written {
    placed: Vec<Placed>,
    /// How many old deliveries were let go of.
    gone: u64,
}

impl Writer {
    /// Takes over an open journal.
    pub(super) fn new(
        path: PathBuf,
        connection: Connection,
        lock: OwnerLock,
        options: Options,
        inbox: Inbox,
        commits: Arc<AtomicU64>,
    ) -> Result<Self, OpenError> {
        let identity = file::identity(&path).map_err(|error| OpenError::io(&path, error))?;
        let sweeper = Sweeper::new(options.retention.clone());
        let mut writer = Self {
            path,
            identity,
            options,
            inbox,
            connection: None,
            log_tainted: false,
            waits_for_disk: None,
            last_seq: 0,
            duplicates: Duplicates::default(),
            sweeper,
            indexer: Indexer::default(),
            carried: Vec::new(),
            appends_committed: 0,
            flushes: Vec::new(),
            commits,
            _lock: lock,
        };
        writer.adopt(connection).map_err(|error| OpenError::sqlite(&writer.path, error))?;
        Ok(writer)
    }

    /// Reads what must be known before a connection is written through.
    fn adopt(&mut self, connection: Connection) -> rusqlite::Result<()> {
        connection.execute_batch(
            "PRAGMA wal_autocheckpoint = 1000; PRAGMA journal_size_limit = 16777216;
             PRAGMA fullfsync = ON; PRAGMA checkpoint_fullfsync = ON;",
        )?;
        if self.log_tainted {
            log::start_anew(&connection)?;
            self.log_tainted = false;
        }
        let last: i64 = connection.query_row(LAST_SEQ, [], |row| row.get(0))?;
        // A number that was acknowledged before is not given out again.
        self.last_seq = self.last_seq.max(unsigned(last));
        self.duplicates = load_duplicates(&connection)?;
        self.sweeper.start(&connection)?;
        self.indexer.start(&connection)?;
        self.waits_for_disk = None;
        self.connection = Some(connection);
        Ok(())
    }

    /// Writes until it is told to close, or nobody is left who could tell it.
    pub(super) fn run(mut self) {
        loop {
            let patience = self.patience();
            let mut batch = self.inbox.gather(patience);
            let notes = batch.take_what_can_wait();
            let close = batch.close.take();
            let idle = batch.is_empty() && notes.is_empty();
            self.flushes.append(&mut batch.flushes);
            let mut outcome = self.commit(batch);
            if !notes.is_empty() {
                outcome = outcome.and(self.commit(Batch { notes, ..Batch::default() }));
            }
            if let Some(reply) = close {
                let finished = self.finish();
                // The lock is free before the waiter hears of it.
                drop(self);
                if let Some(reply) = reply {
                    drop(reply.send(outcome.and(finished)));
                }
                return;
            }
            if outcome.is_ok() {
                self.tidy();
            }
            if outcome.is_ok() && idle {
                self.index();
            }
            if outcome.is_err() || !self.sweeper.due() {
                for flush in self.flushes.drain(..) {
                    drop(flush.send(outcome.clone()));
                }
            }
        }
    }

    fn patience(&self) -> Option<Duration> {
        if !self.carried.is_empty() {
            Some(RETRY)
        } else if self.sweeper.due() {
            Some(Duration::ZERO)
        } else if self.indexer.due(signed(self.last_seq)) {
            Some(BREATH)
        } else {
            None
        }
    }

    /// Writes a batch and tells everyone who waits how it went.
    fn commit(&mut self, mut batch: Batch) -> Result<(), WriteError> {
        if batch.is_empty() && self.carried.is_empty() {
            return Ok(());
        }
        if self.options.faults.acknowledge_before_commit && !batch.appends.is_empty() {
            return self.commit_too_late(batch);
        }
        self.carried.append(&mut batch.notes);
        match self.write(&batch.appends, &batch.settles) {
            Ok(placed) => {
                self.carried.clear();
                for (append, placed) in batch.appends.into_iter().zip(placed) {
                    drop(append.permit);
                    // A caller that is gone has its delivery stored all the same.
                    drop(append.reply.send(Ok(placed)));
                }
                for settle in batch.settles {
                    drop(settle.reply.send(Ok(())));
                }
                Ok(())
            }
            Err(error) => {
                for append in batch.appends {
                    drop(append.permit);
                    drop(append.reply.send(Err(error.clone())));
                }
                for settle in batch.settles {
                    drop(settle.reply.send(Err(error.clone())));
                }
                Err(error)
            }
        }
    }

    /// The deliberate fault: numbers are given out before anything is written.
    fn commit_too_late(&mut self, mut batch: Batch) -> Result<(), WriteError> {
        let mut unacknowledged = Vec::new();
        for (seq, append) in (self.last_seq + 1..).zip(batch.appends.drain(..)) {
            drop(append.reply.send(Ok(Placed { seq, duplicate_of: None, same_body: None })));
            let (reply, _) = tokio::sync::oneshot::channel();
            unacknowledged.push(Append { reply, ..append });
        }
        std::thread::sleep(FAULTY_TRAIL);
        self.carried.append(&mut batch.notes);
        self.write(&unacknowledged, &batch.settles)?;
        self.carried.clear();
        Ok(())
    }

    /// One transaction. After an error nothing of it remains.
    fn write(&mut self, appends: &[Append], settles: &[Settle]) -> Result<Vec<Placed>, WriteError> {
        match self.try_write(appends, settles) {
            Ok(Written { placed, gone }) => {
                self.last_seq = placed.last().map_or(self.last_seq, |placed| placed.seq);
                self.duplicates.settle();
                if let Some(newest) = appends.last() {
                    self.sweeper.added(appends.len(), gone, newest.checked.delivery.received);
                    self.appends_committed += 1;
                    self.commits.fetch_add(1, Ordering::Relaxed);
                }
                if !settles.is_empty() || !self.carried.is_empty() {
                    self.sweeper.something_was_delivered();
                }
                Ok(placed)
            }
            Err(error) => {
                self.duplicates.roll_back();
                self.abandon_if_tainted(&error);
                Err(error)
            }
        }
    }

    fn try_write(&mut self, appends: &[Append], settles: &[Settle]) -> Result<Written, WriteError> {
        self.require_same_file()?;
        self.require_connection()?;
        // What can be told again (an attempt, an answer) need not wait for the disk:
        // the next delivery's commit takes it along.
        self.wait_for_disk(!appends.is_empty())?;
        let Some(connection) = self.connection.as_mut() else { return Err(WriteError::Closed) };
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let gone = self.sweeper.make_room(&transaction, appends.len(), self.last_seq)?;
        let mut placed = Vec::with_capacity(appends.len());
        let mut deliveries = insert::Deliveries::new(&transaction)?;
        for (seq, append) in (self.last_seq + 1..).zip(appends) {
            panic_if_told(&self.options, seq);
            let duplicate_of = self.duplicates.mark(&append.checked, seq);
            let (checked, answer) = (&append.checked, append.answer.as_ref());
            let same_body = deliveries.insert(signed(seq), duplicate_of.map(signed), checked, answer)?;
            placed.push(Placed { seq, duplicate_of, same_body });
        }
        drop(deliveries);
        write_notes(&transaction, &self.carried, &mut self.indexer)?;
        for settle in settles {
            outbox::settle(&transaction, settle.seq, &settle.target, settle.settlement)?;
        }
        transaction.commit()?;
        Ok(Written { placed, gone })
    }

    fn require_same_file(&self) -> Result<(), WriteError> {
        match file::identity(&self.path) {
            Ok(identity) if identity == self.identity => Ok(()),
            // SQLite would go on writing to a file that no name leads to.
            Ok(_) => Err(WriteError::Gone),
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Err(WriteError::Gone),
            Err(error) => Err(WriteError::Io { detail: error.to_string() }),
        }
    }

    fn require_connection(&mut self) -> Result<(), WriteError> {
        if self.connection.is_none() {
            let connection = file::connect_writer(&self.path).map_err(|error| match error {
                OpenError::ReadOnly { .. } => WriteError::ReadOnly,
                OpenError::DiskFull { .. } => WriteError::DiskFull,
                OpenError::Sqlite { source, .. } => source.into(),
                other => WriteError::Io { detail: other.to_string() },
            })?;
            self.adopt(connection)?;
        }
        if let (Some(connection), Some(pages)) = (&self.connection, &self.options.faults.max_pages) {
            let most = match pages.load(Ordering::Relaxed) {
                0 => i64::from(u32::MAX - 1),
                pages => i64::from(pages),
            };
            connection.pragma_update_and_check(None, "max_page_count", most, |_| Ok(()))?;
        }
        Ok(())
    }

    fn wait_for_disk(&mut self, wanted: bool) -> Result<(), WriteError> {
        if self.waits_for_disk == Some(wanted) {
            return Ok(());
        }
        let word = match (self.options.durability, wanted) {
            (Durability::Full, true) => "PRAGMA synchronous = FULL",
            (Durability::Full, false) => "PRAGMA synchronous = NORMAL",
            (Durability::Off, _) => "PRAGMA synchronous = OFF",
        };
        if let Some(connection) = &self.connection {
            connection.execute_batch(word)?;
        }
        self.waits_for_disk = Some(wanted);
        Ok(())
    }

    fn abandon_if_tainted(&mut self, error: &WriteError) {
        if error.taints_connection()
            && let Some(connection) = self.connection.take()
        {
            self.log_tainted = true;
            file::abandon(connection);
        }
    }

    /// The last thing: the log goes into the file, and the file is closed.
    fn finish(&mut self) -> Result<(), WriteError> {
        let Some(connection) = self.connection.take() else { return Ok(()) };
        if self.require_same_file().is_err() {
            file::abandon(connection);
            return Err(WriteError::Gone);
        }
        // With readers it stays beside the file, complete: that is no failure.
        connection.query_row("PRAGMA wal_checkpoint(PASSIVE)", [], |_| Ok(()))?;
        connection.close().map_err(|(_, error)| error.into())
    }
}

fn load_duplicates(connection: &Connection) -> rusqlite::Result<Duplicates> {
    let mut duplicates = Duplicates::default();
    let mut statement = connection.prepare(
        "SELECT seq, dedup_key FROM (
             SELECT seq, dedup_key FROM deliveries
              WHERE code = 'verified' AND dedup_key IS NOT NULL AND duplicate_of IS NULL
              ORDER BY seq DESC LIMIT ?1)
          ORDER BY seq",
    )?;
    let mut rows = statement.query([i64::try_from(REMEMBERED).unwrap_or(i64::MAX)])?;
    while let Some(row) = rows.next()? {
        duplicates.load(row.get_ref(1)?.as_str()?, unsigned(row.get(0)?));
    }
    Ok(duplicates)
}

fn write_notes(transaction: &Transaction<'_>, notes: &[Note], indexer: &mut Indexer) -> rusqlite::Result<()> {
    for note in notes {
        match &note.content {
            NoteContent::Attempt(attempt, occasion) => {
                insert::attempt(transaction, note.seq, attempt, *occasion)?;
            }
            NoteContent::Answer { status, answered_by, took } => {
                insert::answer(transaction, note.seq, *status, answered_by, *took)?;
                indexer.status_changed(transaction, note.seq)?;
            }
            NoteContent::Interview { object, fetched } => {
                insert::interview(transaction, note.seq, object, *fetched)?;
            }
        }
    }
    Ok(())
}

#[expect(clippy::panic, reason = "a deliberate fault, for the test that a dead writer hangs nobody")]
fn panic_if_told(options: &Options, seq: u64) {
    if options.faults.panic_at == Some(seq) {
        panic!("the writer was told to panic at delivery {seq}");
    }
}
