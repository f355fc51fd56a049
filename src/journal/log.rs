//! SQLite's log beside the file: kept short, and begun anew after a failure.

use super::file;
use rusqlite::Connection;
use std::path::{Path, PathBuf};
use std::time::Duration;

/// How large the log may grow while readers keep it from being reused, in bytes.
const LIMIT: u64 = 64 << 20;

/// Readers that overlap without a pause keep the log from being reused. Before
/// it outgrows the journal, they are made to wait for a moment.
pub(super) fn shorten(journal: &Path, connection: &Connection) {
    let mut log = journal.as_os_str().to_owned();
    log.push("-wal");
    if std::fs::metadata(PathBuf::from(log)).is_ok_and(|log| log.len() > LIMIT) {
        // Busy means that a reader stays for longer; there is another look later.
        drop(connection.busy_timeout(Duration::from_millis(50)));
        drop(connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |_| Ok(())));
        drop(connection.busy_timeout(file::BUSY_TIMEOUT));
    }
}

/// After a failed fsync the system may have dropped pages of the log and call
/// the next fsync a success, so nothing durable may be appended to that log: what
/// it holds goes into the file, and it begins anew.
pub(super) fn start_anew(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_millis(500))?;
    let busy: i64 = connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    connection.busy_timeout(file::BUSY_TIMEOUT)?;
    if busy == 0 {
        return Ok(());
    }
    Err(rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY), None))
}
