//! The tables, their version, and the way from each older version to this one.
//!
//! `deliveries` is narrow and `contents` wide, so that listing, filtering and
//! counting read no bodies; both are keyed by the number alone, because each
//! further index is paid for by every delivery. `outbox` holds only what is
//! undelivered. `interviews` holds what was fetched for a delivery, `vendor_cache`
//! what a vendor answered lately. `marks` holds what a person wrote beside a
//! delivery. The tables `index_*` only say where to look: a search asks
//! `deliveries` and `contents` again, and finds the same without them. Old versions are never edited, only followed by new ones.

use super::error::OpenError;
use rusqlite::{Connection, TransactionBehavior};
use std::path::Path;

/// `hkct`: says in the file's header that it is a hookctl journal.
const APPLICATION_ID: i32 = 0x686B_6374;

/// Step n brings a journal from version n to n + 1.
const MIGRATIONS: &[&str] = &[
    "
    CREATE TABLE deliveries(
        seq INTEGER PRIMARY KEY,
        received_us INTEGER NOT NULL,
        peer TEXT NOT NULL,
        provider TEXT,
        code TEXT NOT NULL,
        reason TEXT NOT NULL,
        event TEXT,
        delivery_id TEXT,
        subject TEXT,
        dedup_key TEXT,
        duplicate_of INTEGER,
        body_bytes INTEGER NOT NULL,
        status INTEGER,
        answered_by TEXT,
        took_us INTEGER
    );
    CREATE TABLE contents(
        seq INTEGER PRIMARY KEY,
        version INTEGER NOT NULL,
        head BLOB NOT NULL,
        body BLOB NOT NULL
    );
    CREATE TABLE attempts(
        seq INTEGER NOT NULL,
        ordinal INTEGER NOT NULL,
        target TEXT NOT NULL,
        number INTEGER NOT NULL,
        started_us INTEGER NOT NULL,
        took_us INTEGER NOT NULL,
        status INTEGER,
        failure TEXT,
        detail TEXT,
        body_bytes INTEGER,
        head BLOB,
        body BLOB,
        PRIMARY KEY(seq, ordinal)
    ) WITHOUT ROWID;
    CREATE TABLE outbox(
        seq INTEGER NOT NULL,
        target TEXT NOT NULL,
        state TEXT NOT NULL CHECK(state IN ('pending', 'dead', 'missed')),
        tries INTEGER NOT NULL,
        due_us INTEGER NOT NULL,
        first_failed_us INTEGER,
        PRIMARY KEY(seq, target)
    ) WITHOUT ROWID;
    CREATE INDEX outbox_pending ON outbox(target, seq) WHERE state = 'pending';
    CREATE TABLE journal(last_seq INTEGER NOT NULL);
    INSERT INTO journal(last_seq) VALUES (0);
",
    "
    CREATE TABLE interviews(
        seq INTEGER PRIMARY KEY,
        fetched_us INTEGER NOT NULL,
        object BLOB NOT NULL
    );
    CREATE TABLE vendor_cache(
        name TEXT PRIMARY KEY,
        fetched_us INTEGER NOT NULL,
        answer BLOB NOT NULL
    ) WITHOUT ROWID;
",
    "
    CREATE TABLE marks(
        seq INTEGER PRIMARY KEY,
        text TEXT NOT NULL
    );
    ALTER TABLE journal ADD COLUMN indexed_to INTEGER NOT NULL DEFAULT 0;
    CREATE TABLE index_segments(
        segment INTEGER PRIMARY KEY,
        from_us INTEGER NOT NULL,
        to_us INTEGER NOT NULL,
        slices INTEGER NOT NULL
    );
    CREATE TABLE index_facets(
        segment INTEGER NOT NULL,
        facet INTEGER NOT NULL,
        value TEXT NOT NULL,
        members BLOB NOT NULL,
        PRIMARY KEY(segment, facet, value)
    ) WITHOUT ROWID;
    CREATE TABLE index_slices(
        id INTEGER PRIMARY KEY,
        members BLOB NOT NULL
    );
",
    "
    ALTER TABLE attempts ADD COLUMN sent_head BLOB;
    ALTER TABLE attempts ADD COLUMN sent_body BLOB;
",
    "
    ALTER TABLE deliveries ADD COLUMN same_body INTEGER;
",
];

/// The version this program writes.
pub(super) fn known() -> i64 {
    i64::try_from(MIGRATIONS.len()).unwrap_or(i64::MAX)
}

/// What the header of a file says.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Look {
    application: i32,
    version: i64,
    tables: i64,
}

/// Reads the header and counts the tables.
pub(super) fn look(connection: &Connection) -> rusqlite::Result<Look> {
    Ok(Look {
        application: connection.pragma_query_value(None, "application_id", |row| row.get(0))?,
        version: connection.pragma_query_value(None, "user_version", |row| row.get(0))?,
        tables: connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0))?,
    })
}

/// What is to be done before a journal can be used.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum State {
    /// An empty file.
    Empty,
    /// A journal of an older version.
    Older(i64),
    /// Nothing.
    Current,
}

/// Judges a file; refuses foreign ones and newer ones.
pub(super) fn judge(path: &Path, connection: &Connection) -> Result<State, OpenError> {
    let look = look(connection).map_err(|error| OpenError::sqlite(path, error))?;
    if look.application != APPLICATION_ID {
        let empty = look.application == 0 && look.version == 0 && look.tables == 0;
        return if empty { Ok(State::Empty) } else { Err(OpenError::NotAJournal { path: path.to_owned() }) };
    }
    match look.version.cmp(&known()) {
        std::cmp::Ordering::Greater => {
            Err(OpenError::NewerSchema { path: path.to_owned(), found: look.version, known: known() })
        }
        std::cmp::Ordering::Equal => Ok(State::Current),
        std::cmp::Ordering::Less => Ok(State::Older(look.version)),
    }
}

/// Brings an empty or older file to the version of this program.
pub(super) fn bring_up_to_date(
    path: &Path,
    connection: &mut Connection,
    state: State,
) -> Result<(), OpenError> {
    let sqlite = |error| OpenError::sqlite(path, error);
    if state == State::Empty {
        // Before the first table, or the file could never shrink; and six deliveries of
        // the usual size share a page: half as many writes as with SQLite's own 4 KiB.
        connection
            .execute_batch("PRAGMA page_size = 8192; PRAGMA auto_vacuum = INCREMENTAL;")
            .map_err(sqlite)?;
    }
    let mode: String =
        connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0)).map_err(sqlite)?;
    if mode != "wal" {
        let source = std::io::Error::new(
            std::io::ErrorKind::Unsupported,
            format!("the file system offers only the journal mode `{mode}`, not `wal`"),
        );
        return Err(OpenError::Io { path: path.to_owned(), source });
    }
    let from = match state {
        State::Empty => 0,
        State::Older(version) => version,
        State::Current => return Ok(()),
    };
    migrate(connection, MIGRATIONS, from).map_err(sqlite)
}

/// Runs every step after `from`, each with its version in one transaction.
fn migrate(connection: &mut Connection, steps: &[&str], from: i64) -> rusqlite::Result<()> {
    for (version, step) in (1_i64..).zip(steps).skip_while(|(version, _)| *version <= from) {
        let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
        transaction.execute_batch(step)?;
        transaction.pragma_update(None, "application_id", APPLICATION_ID)?;
        transaction.pragma_update(None, "user_version", version)?;
        transaction.commit()?;
    }
    Ok(())
}

/// The tables of the newest version, for tests of statements.
#[cfg(test)]
pub(super) fn create_tables(connection: &mut Connection) -> rusqlite::Result<()> {
    migrate(connection, MIGRATIONS, 0)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn version(connection: &Connection) -> i64 {
        connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap()
    }

    #[test]
    fn every_version_leads_to_the_newest() {
        const STEPS: &[&str] = &[
            "CREATE TABLE a(x); INSERT INTO a VALUES (1)",
            "ALTER TABLE a ADD COLUMN y; UPDATE a SET y = x + 1",
            "CREATE TABLE b AS SELECT x + y AS z FROM a",
        ];
        for from in 0..=STEPS.len() {
            let mut connection = Connection::open_in_memory().unwrap();
            migrate(&mut connection, &STEPS[..from], 0).unwrap();
            assert_eq!(version(&connection), from as i64);
            migrate(&mut connection, STEPS, from as i64).unwrap();
            assert_eq!(version(&connection), 3);
            let z: i64 = connection.query_row("SELECT z FROM b", [], |row| row.get(0)).unwrap();
            assert_eq!(z, 3);
        }
    }

    #[test]
    fn a_step_that_fails_leaves_the_version_before_it() {
        let mut connection = Connection::open_in_memory().unwrap();
        let steps = ["CREATE TABLE a(x)", "CREATE TABLE b(x); nonsense", "CREATE TABLE c(x)"];
        assert!(migrate(&mut connection, &steps, 0).is_err());
        assert_eq!(version(&connection), 1);
        let tables: i64 =
            connection.query_row("SELECT count(*) FROM sqlite_schema", [], |row| row.get(0)).unwrap();
        assert_eq!(tables, 1);
    }
}
