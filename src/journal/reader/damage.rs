//! Looks whether the file of a journal is whole.

use super::Reader;
use crate::journal::error::ReadError;
use rusqlite::ErrorCode;
use std::sync::mpsc::RecvTimeoutError;
use std::time::Duration;

impl Reader {
    /// What is damaged, in SQLite's words; empty when nothing is. `None` when there was not time enough.
    ///
    /// # Errors
    /// When the journal cannot be read at all.
    pub fn damage(&self, time: Duration) -> Result<Option<Vec<String>>, ReadError> {
        let interrupt = self.connection.get_interrupt_handle();
        let (done, over) = std::sync::mpsc::channel::<()>();
        let guard = std::thread::spawn(move || {
            if over.recv_timeout(time) == Err(RecvTimeoutError::Timeout) {
                interrupt.interrupt();
            }
        });
        let found = self.quick_check();
        drop(done);
        drop(guard.join());
        match found {
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::OperationInterrupted) => Ok(None),
            Err(error) if error.sqlite_error_code() == Some(ErrorCode::DatabaseCorrupt) => {
                Ok(Some(vec![error.to_string()]))
            }
            Err(error) => Err(error.into()),
            Ok(said) => Ok(Some(said.into_iter().filter(|line| line != "ok").collect())),
        }
    }

    fn quick_check(&self) -> rusqlite::Result<Vec<String>> {
        let mut check = self.connection.prepare("PRAGMA quick_check(5)")?;
        let lines = check.query_map([], |row| row.get(0))?;
        lines.collect()
    }
}
