//! A journal that another process may own: adds what a replay did, marks, deletes and prunes.
//!
//! Takes no owner's lock and gives out no numbers; SQLite's own locking keeps
//! the two processes apart.

use super::edit::{self, Deletion};
use super::error::{OpenError, WriteError};
use super::file;
use super::handle::open_owned;
use super::insert::{self, Blame};
use super::prune::{self, PruneOptions, Pruned};
use super::record::KeptAttempt;
use super::schema::{self, State};
use super::signed;
use crate::hook::attempt::Attempt;
use rusqlite::{Connection, TransactionBehavior};
use std::path::{Path, PathBuf};

/// A journal opened beside its owner.
#[derive(Debug)]
pub struct Guest {
    path: PathBuf,
    connection: Connection,
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
        Ok(Self { path, connection })
    }

    /// The file, without links.
    pub fn path(&self) -> &Path {
        &self.path
    }

    /// Records what a replay did. When the target took the delivery, it is no
    /// longer missed or dead there; when it did not, nothing more is owed.
    ///
    /// # Errors
    /// When it was not recorded.
    pub fn record_attempt(&mut self, seq: u64, attempt: &Attempt) -> Result<(), WriteError> {
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        insert::attempt(&transaction, signed(seq), &KeptAttempt::new(attempt), Blame::Replay)?;
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

    /// Lets go of deliveries and shrinks the file.
    ///
    /// # Errors
    /// When the journal could not be written; what went before that is gone.
    pub fn prune(&mut self, options: &PruneOptions) -> Result<Pruned, WriteError> {
        prune::prune(&mut self.connection, options)
    }
}
