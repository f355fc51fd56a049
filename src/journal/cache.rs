//! What a vendor answered lately, kept in the journal's file for a few minutes.
//!
//! Works beside the owner: short transactions of one row, SQLite's own locking,
//! no wait for the disk, and hardly any wait for the lock. It touches no delivery
//! and gives out no number. A cache that cannot be used is no failure of the
//! command that wanted it; the caller asks the vendor instead.

use super::error::{OpenError, ReadError, WriteError};
use super::file;
use super::handle::open_owned;
use super::schema::{self, State};
use crate::hook::time::Timestamp;
use rusqlite::{Connection, OptionalExtension, TransactionBehavior, params};
use std::path::Path;
use std::time::Duration;

/// How long the cache waits for the listener's write, before it does without.
const PATIENCE: Duration = Duration::from_millis(200);

/// What is older is of no use to anybody, and goes with the next write.
const LONGEST: Duration = Duration::from_secs(24 * 60 * 60);

/// The largest answer that is kept.
const LARGEST: usize = 1 << 20;

/// Answers by name.
#[derive(Debug)]
pub struct Cache {
    connection: Connection,
}

impl Cache {
    /// Opens the cache of a journal; makes the journal where there is none.
    ///
    /// # Errors
    /// When it is no journal or a newer one, it must be brought up to date while
    /// somebody owns it, or the disk says no.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        file::check_sqlite()?;
        if !path.exists() {
            drop(open_owned(path, &mut Vec::new())?);
        }
        let connection = connect(path)?;
        let connection = match schema::judge(path, &connection)? {
            State::Current => connection,
            State::Empty | State::Older(_) => {
                drop(connection);
                drop(open_owned(path, &mut Vec::new())?);
                connect(path)?
            }
        };
        Ok(Self { connection })
    }

    /// An answer and when it was fetched, unless it is older than `oldest`.
    ///
    /// # Errors
    /// When the file cannot be read.
    pub fn get(&self, name: &str, oldest: Timestamp) -> Result<Option<(Timestamp, Vec<u8>)>, ReadError> {
        let found: Option<(i64, Vec<u8>)> = self
            .connection
            .prepare_cached("SELECT fetched_us, answer FROM vendor_cache WHERE name = ?1")?
            .query_row([name], |row| Ok((row.get(0)?, row.get(1)?)))
            .optional()?;
        let found = found.map(|(fetched, answer)| (Timestamp::from_micros(fetched), answer));
        Ok(found.filter(|(fetched, _)| *fetched >= oldest))
    }

    /// Keeps an answer; one that is too large is not kept.
    ///
    /// # Errors
    /// When it was not kept.
    pub fn put(&mut self, name: &str, answer: &[u8], now: Timestamp) -> Result<(), WriteError> {
        if answer.len() > LARGEST {
            return Ok(());
        }
        let transaction = self.connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute(
            "DELETE FROM vendor_cache WHERE fetched_us < ?1 OR fetched_us > ?2",
            // A clock that was set back must not leave answers that are fresh for ever.
            params![now.minus(LONGEST).micros(), now.plus(LONGEST).micros()],
        )?;
        transaction.execute(
            "INSERT OR REPLACE INTO vendor_cache(name, fetched_us, answer) VALUES (?1, ?2, ?3)",
            params![name, now.micros(), answer],
        )?;
        transaction.commit()?;
        Ok(())
    }
}

fn connect(path: &Path) -> Result<Connection, OpenError> {
    let sqlite = |error| OpenError::sqlite(path, error);
    let connection = file::connect_writer(path)?;
    connection.busy_timeout(PATIENCE).map_err(sqlite)?;
    // An answer can be asked for again: no write of it waits for the disk.
    connection.execute_batch("PRAGMA synchronous = NORMAL").map_err(sqlite)?;
    Ok(connection)
}
