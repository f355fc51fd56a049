//! What the sandbox knows, in SQLite: in memory, or in a file of its own.
//!
//! One connection behind one lock: every statement is short, and a stand-in for
//! one developer needs no pool. Says nothing about HTTP.

pub mod documents;
pub mod interviews;
pub mod keys;
pub mod registrations;
pub mod studies;

use crate::clock;
use rusqlite::{Connection, Transaction};
use sha2::{Digest, Sha256};
use std::path::{Path, PathBuf};
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

/// Where the state is kept.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Place {
    /// Gone when the sandbox ends.
    #[default]
    Memory,
    /// A file that a later sandbox goes on with.
    File(PathBuf),
}

/// Why the state cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum StateError {
    /// The file cannot be created or opened.
    #[error("could not open the sandbox's state `{}`", path.display())]
    Open {
        /// The file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The file is some other program's.
    #[error("`{}` is not a sandbox's state", path.display())]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// SQLite said no.
    #[error("the sandbox's state failed")]
    Sqlite(#[from] rusqlite::Error),
    /// A value in it is no JSON.
    #[error("the sandbox's state is damaged")]
    Json(#[from] serde_json::Error),
}

/// "hkSB": marks the file as ours.
const APPLICATION_ID: i32 = 0x686b_5342;
const SCHEMA_VERSION: i32 = 1;
const BUSY: Duration = Duration::from_secs(2);

/// Moments are microseconds of the sandbox's clock; lists and objects are JSON text.
const SCHEMA: &str = "
CREATE TABLE projects(id TEXT PRIMARY KEY, name TEXT NOT NULL, monthly_limit INTEGER, subscription_day INTEGER NOT NULL);
CREATE TABLE keys(key TEXT PRIMARY KEY, provider TEXT NOT NULL, project TEXT NOT NULL, name TEXT NOT NULL,
  permissions TEXT NOT NULL, revoked INTEGER NOT NULL);
CREATE TABLE studies(id TEXT PRIMARY KEY, project TEXT NOT NULL, provider TEXT NOT NULL, code TEXT NOT NULL UNIQUE,
  name TEXT NOT NULL, status TEXT NOT NULL, research_goal TEXT NOT NULL, product_name TEXT NOT NULL,
  languages TEXT NOT NULL, weekly_limit INTEGER, monthly_limit INTEGER, created_at INTEGER NOT NULL);
CREATE TABLE questions(study TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, text TEXT NOT NULL,
  type TEXT NOT NULL, config TEXT NOT NULL, PRIMARY KEY(study, position));
CREATE TABLE interviews(id TEXT PRIMARY KEY, study TEXT NOT NULL, project TEXT NOT NULL, provider TEXT NOT NULL,
  status TEXT NOT NULL, reference_id TEXT, respondent_email TEXT, respondent_name TEXT, metadata TEXT NOT NULL,
  language TEXT NOT NULL, mode TEXT NOT NULL, quality TEXT, score INTEGER, duration_secs INTEGER,
  headline TEXT, summary TEXT, reason TEXT, feedback TEXT, session_token TEXT,
  started_at INTEGER NOT NULL, completed_at INTEGER, created_at INTEGER NOT NULL);
CREATE INDEX interviews_of_study ON interviews(study, created_at DESC, id DESC);
CREATE TABLE answers(interview TEXT NOT NULL, position INTEGER NOT NULL, question_id TEXT NOT NULL,
  question TEXT NOT NULL, type TEXT NOT NULL, value TEXT NOT NULL, PRIMARY KEY(interview, position));
CREATE TABLE turns(interview TEXT NOT NULL, position INTEGER NOT NULL, id TEXT NOT NULL, role TEXT NOT NULL,
  text TEXT NOT NULL, at INTEGER NOT NULL, PRIMARY KEY(interview, position));
CREATE TABLE registrations(id INTEGER PRIMARY KEY, provider TEXT NOT NULL, project TEXT NOT NULL, url TEXT NOT NULL,
  events TEXT NOT NULL, signing_secret TEXT NOT NULL, created_at INTEGER NOT NULL);
CREATE TABLE documents(kind TEXT NOT NULL, id TEXT NOT NULL, project TEXT NOT NULL, sorted_by INTEGER NOT NULL,
  body TEXT NOT NULL, detail TEXT NOT NULL, PRIMARY KEY(kind, id));
CREATE TABLE facts(name TEXT PRIMARY KEY, value TEXT NOT NULL);
";

/// The state. Share it in an `Arc`.
#[derive(Debug)]
pub struct Store(Mutex<Connection>);

impl Store {
    /// Opens the state and says whether it is new and empty.
    ///
    /// # Errors
    /// When the file cannot be used; a foreign file is not touched.
    pub fn open(place: &Place) -> Result<(Self, bool), StateError> {
        let connection = match place {
            Place::Memory => Connection::open_in_memory()?,
            Place::File(path) => open_file(path)?,
        };
        connection.busy_timeout(BUSY)?;
        let version: i32 = connection.query_row("PRAGMA user_version", [], |row| row.get(0))?;
        let fresh = version == 0;
        if fresh {
            let deliveries = super::history::SCHEMA;
            connection.execute_batch(&format!(
                "BEGIN; {SCHEMA} {deliveries} PRAGMA application_id = {APPLICATION_ID}; PRAGMA user_version = {SCHEMA_VERSION}; COMMIT;"
            ))?;
        }
        Ok((Self(Mutex::new(connection)), fresh))
    }

    /// Does `work` as one transaction: whole, or not at all. For statements only, never for waiting.
    ///
    /// # Errors
    /// What SQLite or `work` said; nothing has changed then.
    pub fn with<T>(
        &self,
        work: impl FnOnce(&Transaction<'_>) -> Result<T, StateError>,
    ) -> Result<T, StateError> {
        let mut connection = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let transaction = connection.transaction()?;
        let done = work(&transaction)?;
        transaction.commit()?;
        Ok(done)
    }

    /// Keeps a fact beside the rows, such as where the clock stood.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn set_fact(&self, name: &str, value: &str) -> Result<(), StateError> {
        self.with(|db| {
            db.execute("INSERT OR REPLACE INTO facts(name, value) VALUES(?1, ?2)", [name, value])?;
            Ok(())
        })
    }

    /// A fact that was kept.
    ///
    /// # Errors
    /// What SQLite said.
    pub fn fact(&self, name: &str) -> Result<Option<String>, StateError> {
        self.with(|db| {
            first(db.query_row("SELECT value FROM facts WHERE name = ?1", [name], |row| row.get(0)))
        })
    }
}

/// A row that may be missing.
pub(super) fn first<T>(found: rusqlite::Result<T>) -> Result<Option<T>, StateError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(rusqlite::Error::QueryReturnedNoRows) => Ok(None),
        Err(error) => Err(error.into()),
    }
}

/// Random hex digits for keys, secrets and tokens of the sandbox, at most 64.
pub fn random_hex(digits: usize) -> String {
    let seed = format!("{}{}", clock::fresh_id(), clock::fresh_id());
    let mut hex = hex::encode(Sha256::digest(seed.as_bytes()));
    hex.truncate(digits);
    hex
}

/// A random id in the form of a UUID.
pub fn random_uuid() -> String {
    let bytes = Sha256::digest(format!("{}{}", clock::fresh_id(), clock::fresh_id()).as_bytes());
    uuid_of(&bytes)
}

/// An id in the form of a UUID that is the same for the same name in every sandbox.
pub fn named_uuid(name: &str) -> String {
    uuid_of(&Sha256::digest(name.as_bytes()))
}

fn uuid_of(digest: &[u8]) -> String {
    let mut bytes = [0; 16];
    for (byte, from) in bytes.iter_mut().zip(digest) {
        *byte = *from;
    }
    uuid::Builder::from_custom_bytes(bytes).into_uuid().to_string()
}

fn open_file(path: &Path) -> Result<Connection, StateError> {
    let failed = |source| StateError::Open { path: path.to_owned(), source };
    let mut options = std::fs::OpenOptions::new();
    options.read(true).write(true).create(true).truncate(false);
    #[cfg(unix)]
    {
        // It holds keys and signing secrets, if only a sandbox's.
        use std::os::unix::fs::OpenOptionsExt;
        options.mode(0o600);
    }
    let empty = options.open(path).and_then(|file| file.metadata()).map_err(failed)?.len() == 0;
    let connection = Connection::open(path)?;
    if !empty {
        let foreign = || StateError::Foreign { path: path.to_owned() };
        let id = connection.query_row("PRAGMA application_id", [], |row| row.get::<_, i32>(0));
        let version = connection.query_row("PRAGMA user_version", [], |row| row.get::<_, i32>(0));
        if !matches!((id, version), (Ok(APPLICATION_ID), Ok(SCHEMA_VERSION))) {
            return Err(foreign());
        }
    }
    Ok(connection)
}
