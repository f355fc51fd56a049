//! What the writer does besides commits of what arrives: retention, the index,
//! the length of the log.

use super::Writer;
use crate::journal::{log, signed};

/// How many commits pass between two looks at the log's size.
const LOG_CHECK: u64 = 256;

impl Writer {
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
