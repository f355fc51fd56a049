//! What can go wrong with a journal, decided by result codes and never by text.

use std::io;
use std::path::{Path, PathBuf};

/// Why a journal could not be opened.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Another process owns it.
    #[error("the journal `{}` is in use{}", path.display(), owner(*pid))]
    Locked {
        /// The journal.
        path: PathBuf,
        /// The owner's process id, where it could be read.
        pid: Option<u32>,
    },
    /// There is none at this path.
    #[error("there is no journal at `{}`", path.display())]
    NotFound {
        /// The path.
        path: PathBuf,
    },
    /// There is none at this path, and none can be made there.
    #[error("could not make the journal `{}`", path.display())]
    NotMade {
        /// The path.
        path: PathBuf,
        /// The operating system's words.
        source: io::Error,
    },
    /// It may not be written.
    #[error("the journal `{}` cannot be written", path.display())]
    ReadOnly {
        /// The journal.
        path: PathBuf,
    },
    /// It may not even be read.
    #[error("the journal `{}` cannot be read", path.display())]
    Unreadable {
        /// The journal.
        path: PathBuf,
    },
    /// Its disk has no room.
    #[error("there is no room for the journal `{}`: the disk is full", path.display())]
    DiskFull {
        /// The journal.
        path: PathBuf,
    },
    /// The file is something else.
    #[error("`{}` is not a hookctl journal", path.display())]
    NotAJournal {
        /// The file.
        path: PathBuf,
    },
    /// A newer hookctl wrote it.
    #[error("the journal `{}` has schema {found}; this hookctl knows up to {known}", path.display())]
    NewerSchema {
        /// The journal.
        path: PathBuf,
        /// The schema version of the file.
        found: i64,
        /// The newest one this version reads.
        known: i64,
    },
    /// An older hookctl wrote it, and it cannot be brought up to date from here.
    #[error("the journal `{}` has schema {found} and must be brought up to {known} first", path.display())]
    OlderSchema {
        /// The journal.
        path: PathBuf,
        /// The schema version of the file.
        found: i64,
        /// The one it must have.
        known: i64,
    },
    /// The SQLite this program was built with has a bug that corrupts WAL files.
    #[error("SQLite {found} is too old: {wanted} is needed")]
    SqliteTooOld {
        /// Its version number.
        found: i32,
        /// The oldest one that is safe.
        wanted: i32,
    },
    /// The operating system said no.
    #[error("could not open the journal `{}`", path.display())]
    Io {
        /// The file or folder.
        path: PathBuf,
        /// Its words.
        source: io::Error,
    },
    /// SQLite said no: the file is damaged, or the disk is.
    #[error("could not open the journal `{}`", path.display())]
    Sqlite {
        /// The journal.
        path: PathBuf,
        /// Its words.
        source: rusqlite::Error,
    },
}

fn owner(pid: Option<u32>) -> String {
    pid.map_or_else(String::new, |pid| format!(" by process {pid}"))
}

impl OpenError {
    /// The error of a failed system call on `path`.
    pub(super) fn io(path: &Path, source: io::Error) -> Self {
        let path = path.to_owned();
        match source.kind() {
            io::ErrorKind::NotFound => Self::NotFound { path },
            io::ErrorKind::PermissionDenied | io::ErrorKind::ReadOnlyFilesystem => Self::ReadOnly { path },
            io::ErrorKind::StorageFull => Self::DiskFull { path },
            _ => Self::Io { path, source },
        }
    }

    /// The error of a failed SQLite call on `path`.
    pub(super) fn sqlite(path: &Path, source: rusqlite::Error) -> Self {
        let path = path.to_owned();
        match source.sqlite_error_code() {
            Some(rusqlite::ErrorCode::NotADatabase) => Self::NotAJournal { path },
            Some(rusqlite::ErrorCode::ReadOnly) => Self::ReadOnly { path },
            Some(rusqlite::ErrorCode::DatabaseBusy) => Self::Locked { path, pid: None },
            Some(rusqlite::ErrorCode::DiskFull) => Self::DiskFull { path },
            // There is no room for the memory that readers and the writer share.
            _ if extended_code(&source) == Some(rusqlite::ffi::SQLITE_IOERR_SHMSIZE) => {
                Self::DiskFull { path }
            }
            _ => Self::Sqlite { path, source },
        }
    }
}

fn extended_code(error: &rusqlite::Error) -> Option<i32> {
    error.sqlite_error().map(|error| error.extended_code)
}

/// Why something was not written. Nothing was acknowledged, and the next write tries anew.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum WriteError {
    /// Too much waits for the disk already.
    #[error("too many deliveries wait for the disk")]
    QueueFull,
    /// The disk has no room.
    #[error("the disk is full")]
    DiskFull,
    /// The file or its file system became read-only.
    #[error("the journal is read-only")]
    ReadOnly,
    /// Another process holds the journal's write lock for too long.
    #[error("another process keeps the journal locked")]
    Busy,
    /// The file was moved, deleted or replaced under the owner.
    #[error("the journal's file was moved or deleted while in use")]
    Gone,
    /// The disk, the file or SQLite failed otherwise.
    #[error("could not write the journal: {detail}")]
    Io {
        /// SQLite's words.
        detail: String,
    },
    /// The journal is closed.
    #[error("the journal is closed")]
    Closed,
}

impl WriteError {
    /// The HTTP status that tells a sender so.
    pub const fn status(&self) -> u16 {
        match self {
            Self::DiskFull => 507,
            _ => 503,
        }
    }

    /// The stable name, for records.
    pub const fn as_str(&self) -> &'static str {
        match self {
            Self::QueueFull => "queue_full",
            Self::DiskFull => "disk_full",
            Self::ReadOnly => "read_only",
            Self::Busy => "busy",
            Self::Gone => "gone",
            Self::Io { .. } => "io",
            Self::Closed => "closed",
        }
    }

    /// Whether the connection must not be used again: after a failed write or
    /// fsync the system may have dropped pages that SQLite believes it wrote.
    pub(super) const fn taints_connection(&self) -> bool {
        matches!(self, Self::Io { .. } | Self::Gone)
    }
}

impl From<rusqlite::Error> for WriteError {
    fn from(error: rusqlite::Error) -> Self {
        use rusqlite::ErrorCode;
        match error.sqlite_error_code() {
            Some(ErrorCode::DiskFull) => Self::DiskFull,
            Some(ErrorCode::ReadOnly) => Self::ReadOnly,
            Some(ErrorCode::DatabaseBusy | ErrorCode::DatabaseLocked) => Self::Busy,
            _ => Self::Io { detail: error.to_string() },
        }
    }
}

/// Why something could not be read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// What is kept of this delivery is not what was written.
    #[error("delivery {seq} is damaged in the journal: its {part} cannot be read")]
    Damaged {
        /// The delivery.
        seq: u64,
        /// What cannot be read.
        part: &'static str,
    },
    /// The reader could not be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// SQLite said no: the file is damaged, or the disk is.
    #[error("could not read the journal")]
    Sqlite(#[from] rusqlite::Error),
}

#[cfg(test)]
mod tests {
    use super::*;

    fn failure(code: i32) -> rusqlite::Error {
        rusqlite::Error::SqliteFailure(rusqlite::ffi::Error::new(code), None)
    }

    #[test]
    fn result_codes_become_what_the_sender_is_told() {
        use rusqlite::ffi;
        let cases = [
            (ffi::SQLITE_FULL, WriteError::DiskFull, 507, false),
            (ffi::SQLITE_READONLY, WriteError::ReadOnly, 503, false),
            (ffi::SQLITE_BUSY, WriteError::Busy, 503, false),
        ];
        for (code, expected, status, tainted) in cases {
            let error = WriteError::from(failure(code));
            assert_eq!(
                (error.status(), error.taints_connection(), error),
                (status, tainted, expected),
                "{code}"
            );
        }
        for code in [ffi::SQLITE_IOERR_FSYNC, ffi::SQLITE_IOERR_WRITE, ffi::SQLITE_CORRUPT] {
            let error = WriteError::from(failure(code));
            assert!(error.taints_connection() && error.status() == 503, "{error:?}");
        }
    }
}
