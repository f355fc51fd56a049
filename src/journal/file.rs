//! The journal's files on the disk: the folder, modes and SQLite connections.
//!
//! Captured headers hold credentials, so the files are for their owner alone
//! whatever the umask says. A folder that was there before is left as it is.

use super::error::OpenError;
use super::schema;
use crate::modes;
use rusqlite::config::DbConfig;
use rusqlite::{Connection, OpenFlags};
use std::fs::{self, File};
use std::io::{self, Read};
use std::path::{Path, PathBuf};
use std::time::Duration;

/// Up to this version, two connections and a checkpoint could corrupt a WAL file.
const OLDEST_SAFE_SQLITE: i32 = 3_051_003;

/// How every SQLite file begins.
const MAGIC: &[u8] = b"SQLite format 3\0";

/// How long a connection waits for another process's write.
pub(super) const BUSY_TIMEOUT: Duration = Duration::from_secs(5);

/// Which file was opened: it must still be the one at the path when something is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Identity(u64, u64);

/// The file at `path` as the file system knows it.
pub(super) fn identity(path: &Path) -> io::Result<Identity> {
    let metadata = fs::metadata(path)?;
    #[cfg(unix)]
    {
        use std::os::unix::fs::MetadataExt;
        Ok(Identity(metadata.dev(), metadata.ino()))
    }
    #[cfg(not(unix))]
    {
        // An open file cannot be deleted or replaced there.
        let _ = metadata;
        Ok(Identity(0, 0))
    }
}

/// Refuses a SQLite that could corrupt the journal.
pub(super) fn check_sqlite() -> Result<(), OpenError> {
    let found = rusqlite::version_number();
    if found < OLDEST_SAFE_SQLITE {
        return Err(OpenError::SqliteTooOld { found, wanted: OLDEST_SAFE_SQLITE });
    }
    Ok(())
}

/// Refuses a file that is no SQLite file, before anything is put beside it.
pub(super) fn require_magic(path: &Path) -> Result<(), OpenError> {
    let mut start = Vec::new();
    File::open(path)
        .and_then(|file| file.take(MAGIC.len() as u64).read_to_end(&mut start))
        .map_err(|error| OpenError::io(path, error))?;
    if start.is_empty() || start == MAGIC {
        return Ok(());
    }
    Err(OpenError::NotAJournal { path: path.to_owned() })
}

/// Takes the journal's files away from group and others, and says what it changed.
pub(super) fn repair_modes(journal: &Path) -> Vec<String> {
    let beside = |suffix: &str| {
        let mut name = journal.as_os_str().to_owned();
        name.push(suffix);
        PathBuf::from(name)
    };
    let told = modes::repair(journal);
    // SQLite gave the log the mode of the file, which is told of already.
    let of_log: Vec<String> =
        [beside("-wal"), beside("-shm")].iter().filter_map(|path| modes::repair(path)).collect();
    let others = if told.is_some() { Vec::new() } else { of_log };
    told.into_iter().chain(others).chain(modes::repair(&beside(".lock"))).collect()
}

/// A connection that writes.
pub(super) fn connect_writer(path: &Path) -> Result<Connection, OpenError> {
    let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection =
        Connection::open_with_flags(path, flags).map_err(|error| OpenError::sqlite(path, error))?;
    prepare(&connection).map_err(|error| OpenError::sqlite(path, error))?;
    if connection.is_readonly("main").map_err(|error| OpenError::sqlite(path, error))? {
        return Err(OpenError::ReadOnly { path: path.to_owned() });
    }
    Ok(connection)
}

/// A connection that only reads, also where nothing may be written.
pub(super) fn connect_reader(path: &Path) -> Result<Connection, OpenError> {
    let sqlite = |error| match may_read(path) {
        true => OpenError::sqlite(path, error),
        false => OpenError::Unreadable { path: path.to_owned() },
    };
    let flags = OpenFlags::SQLITE_OPEN_READ_ONLY | OpenFlags::SQLITE_OPEN_NO_MUTEX;
    let connection = Connection::open_with_flags(path, flags).map_err(sqlite)?;
    prepare(&connection).map_err(sqlite)?;
    let first = schema::look(&connection);
    let cannot_share_memory = matches!(
        first.as_ref().map_err(rusqlite::Error::sqlite_error_code),
        Err(Some(rusqlite::ErrorCode::CannotOpen | rusqlite::ErrorCode::ReadOnly))
    );
    if !cannot_share_memory || has_log(path) {
        return first.map(|_| connection).map_err(sqlite);
    }
    // The folder is read-only and no log lies beside the file, so nobody writes:
    // SQLite may read it without the shared memory it cannot create.
    let flags = flags | OpenFlags::SQLITE_OPEN_URI;
    let connection = Connection::open_with_flags(immutable_uri(path), flags).map_err(sqlite)?;
    prepare(&connection).map_err(sqlite)?;
    Ok(connection)
}

/// Whether this user may read the file. It is not opened for that: closing it again
/// would end the locks that SQLite holds on it in this process.
fn may_read(path: &Path) -> bool {
    #[cfg(unix)]
    let denied = rustix::fs::access(path, rustix::fs::Access::READ_OK) == Err(rustix::io::Errno::ACCESS);
    #[cfg(not(unix))]
    let denied = false;
    !denied
}

fn has_log(path: &Path) -> bool {
    let mut log = path.as_os_str().to_owned();
    log.push("-wal");
    fs::metadata(PathBuf::from(log)).is_ok_and(|metadata| metadata.len() > 0)
}

fn immutable_uri(path: &Path) -> String {
    let mut uri = String::from("file:");
    for byte in path.as_os_str().as_encoded_bytes() {
        if byte.is_ascii_alphanumeric() || b"/-._~".contains(byte) {
            uri.push(char::from(*byte));
        } else {
            uri.push_str(&format!("%{byte:02X}"));
        }
    }
    uri.push_str("?immutable=1");
    uri
}

fn prepare(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(BUSY_TIMEOUT)?;
    connection.set_prepared_statement_cache_capacity(64);
    // The file may come from a stranger: its schema must not run anything.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_TRUSTED_SCHEMA, false)?;
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_DEFENSIVE, true)?;
    // A statement is planned once, and not anew for each value that is bound to it:
    // that would cost more than most of the statements themselves.
    connection.set_db_config(DbConfig::SQLITE_DBCONFIG_ENABLE_QPSG, true)?;
    connection.execute_batch("PRAGMA cell_size_check = ON; PRAGMA mmap_size = 0;")
}

/// Lets go of a connection whose file can no longer be trusted, without writing through it again.
pub(super) fn abandon(connection: Connection) {
    drop(connection.set_db_config(DbConfig::SQLITE_DBCONFIG_NO_CKPT_ON_CLOSE, true));
    drop(connection);
}
