//! What the writer does besides commits of what arrives: wishes of persons,
//! retention, the index, the length of the log.

use super::Writer;
use crate::journal::edit::{self, Deletion, Edit, Edited};
use crate::journal::error::WriteError;
use crate::journal::queue::Wish;
use crate::journal::{log, signed};
use rusqlite::TransactionBehavior;

/// How many commits pass between two looks at the log's size.
const LOG_CHECK: u64 = 256;

impl Writer {
    /// Does what persons wish, after everything that was noted before it.
    pub(super) fn grant(&mut self, wishes: Vec<Wish>, noted: &Result<(), WriteError>) {
        for Wish { seq, edit, reply } in wishes {
            let outcome = noted.clone().and_then(|()| self.try_grant(seq, &edit));
            if let Err(error) = &outcome {
                self.abandon_if_tainted(error);
            }
            drop(reply.send(outcome));
        }
    }

    fn try_grant(&mut self, seq: i64, edit: &Edit) -> Result<Edited, WriteError> {
        self.require_same_file()?;
        self.require_connection()?;
        self.wait_for_disk(true)?;
        let Some(connection) = self.connection.as_mut() else { return Err(WriteError::Closed) };
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        let edited = edit::apply(&transaction, seq, edit)?;
        transaction.commit()?;
        if edited == Edited::Deletion(Deletion::Deleted) {
            self.sweeper.deleted(1);
        }
        Ok(edited)
    }

    /// Small work between commits: one bite of retention, and a look at the log.
    pub(super) fn tidy(&mut self) {
        // Taken before anything can fail: no failure is to be met again without a pause.
        if self.sweeper.take_due() && self.require_same_file().is_ok() && self.wait_for_disk(false).is_ok() {
            self.sweep();
        }
        if self.appends_committed >= LOG_CHECK {
            self.appends_committed = 0;
            if let Some(connection) = &self.connection {
                log::shorten(&self.path, connection);
            }
        }
    }

    /// A bite of the index, while nobody waits for anything.
    pub(super) fn index(&mut self) {
        let last_seq = signed(self.last_seq);
        if self.sweeper.due()
            || !self.indexer.due(last_seq)
            || self.require_same_file().is_err()
            || self.wait_for_disk(false).is_err()
        {
            return;
        }
        let Some(connection) = self.connection.as_mut() else { return };
        if let Err(error) = self.indexer.bite(connection, last_seq) {
            self.abandon_if_tainted(&error.into());
        }
    }

    fn sweep(&mut self) {
        let Some(connection) = self.connection.as_mut() else { return };
        if let Err(error) = self.sweeper.bite(connection, self.last_seq) {
            self.abandon_if_tainted(&error.into());
        }
    }
}
