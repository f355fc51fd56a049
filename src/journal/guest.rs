//! A journal that another process may own: adds what a replay did, marks, deletes and prunes.
//!
//! Takes no owner's lock and gives out no numbers; SQLite's own locking keeps
//! the two processes apart.

use super::edit::{self, Deletion};
use super::error::{OpenError, WriteError};
use super::file;
use super::handle::open_owned;
use super::index::Indexer;
use super::insert::{self, Occasion};
use super::lock;
use super::prune::{self, PruneOptions, Pruned};
use super::record::KeptAttempt;
use super::schema::{self, State};
use super::{LAST_SEQ, signed};
use crate::hook::attempt::Attempt;
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};

/// A journal opened beside its owner.
#[derive(Debug)]
pub struct Guest {
    path: PathBuf,
    connection: Connection,
    indexer: Option<Indexer>,
}

impl Guest {
    /// Opens an existing journal. One of an older version is brought up to date
    /// first, which needs that nobody owns it.
    ///
    /// # Errors
    /// When there is none, it is no journal, a newer one, or an older one in use.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        file::check_sqlite()?;
        let path = path.canonicalize().map_err(|error| OpenError::io(path, error))?;
        let connection = file::connect_writer(&path)?;
        match schema::judge(&path, &connection)? {
            State::Current => {}
            State::Empty => return Err(OpenError::NotAJournal { path }),
            State::Older(_) => drop(open_owned(&path, &mut Vec::new())?),
        }
        Ok(Self { path, connection, indexer: None })
    }

    /// The file, without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records what a replay did. When the target took the delivery, nothing of
    /// it is owed there any more; when it did not, nothing more is owed.
    ///
    /// # Errors
    /// When it was not recorded.
    pub fn record_attempt(&mut self, seq: u64, attempt: &Attempt) -> Result<(), WriteError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        insert::attempt(&transaction, signed(seq), &KeptAttempt::new(attempt), Occasion::Replay)?;
        transaction.commit()?;
        Ok(())
    }

    /// Marks a delivery with words, of which the first
    /// [`MAX_MARK`](super::MAX_MARK) characters are kept, or takes its mark away;
    /// whether there is such a delivery.
    ///
    /// # Errors
    /// When it was not marked.
    pub fn mark(&mut self, seq: u64, text: Option<&str>) -> Result<bool, WriteError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let there = edit::mark(&transaction, signed(seq), text)?;
        transaction.commit()?;
        Ok(there)
    }

    /// Deletes one delivery with all that belongs to it; one that a target lacks only when forced.
    ///
    /// # Errors
    /// When it was not deleted.
    pub fn delete(&mut self, seq: u64, force: bool) -> Result<Deletion, WriteError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let deletion = edit::delete(&transaction, signed(seq), force)?;
        transaction.commit()?;
        Ok(deletion)
    }

    /// Brings the index of a journal that nobody owns a little further; whether
    /// there is more to do. An owner does it itself, so beside one nothing is done.
    ///
    /// # Errors
    /// When it could not be written; it rests for a while then.
    pub fn index(&mut self) -> Result<bool, WriteError> {
        let mut indexer = match self.indexer.take() {
            Some(indexer) => indexer,
            None => Indexer::begun(&self.connection)?,
        };
        // Rarely, because whoever asks holds the owner's lock for a moment.
        if indexer.between_segments() && !matches!(lock::owner(&self.path), Ok(None)) {
            return Ok(false);
        }
        let last = self.connection.query_row(LAST_SEQ, [], |row| row.get(0))?;
        if !indexer.due(last) {
            return Ok(false);
        }
        // The index can be made again: no write of it waits for the disk.
        self.connection.execute_batch("PRAGMA synchronous = NORMAL")?;
        let done = indexer.bite(&mut self.connection, last);
        self.connection.execute_batch("PRAGMA synchronous = FULL")?;
        let more = indexer.due(last);
        self.indexer = Some(indexer);
        done.map(|()| more).map_err(WriteError::from)
    }

    /// Lets go of deliveries and shrinks the file.
    ///
    /// # Errors
    /// When the journal could not be written; what went before that is gone.
    pub fn prune(&mut self, options: &PruneOptions) -> Result<Pruned, WriteError> {
        prune::prune(&mut self.connection, options)
    }
}
