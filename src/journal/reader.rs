//! Reads a journal, from this process or another, while it is written.
//!
//! Every call reads one consistent state and is over when it returns: a reader
//! that waits for its terminal keeps no hold on the log. Writes nothing.

mod beside;
mod damage;
#[cfg(test)]
mod indexed;
mod whole;

pub use beside::Beside;

use super::error::{OpenError, ReadError};
use super::filter::{Filter, Order, Tables};
use super::handle::open_owned;
use super::index::{Needs, Walk};
use super::outbox::{self, OutboxRow, OutboxState, Pending};
use super::overview::{Counting, Overview};
use super::record::{self, Entry, LastAttempt, Listed};
use super::schema::{self, State};
use super::{file, retention, signed, unsigned};
use crate::hook::time::Timestamp;
use crate::hook::verdict::Code;
use rusqlite::types::Value;
use rusqlite::{Connection, OptionalExtension, Row, params, params_from_iter};
use std::path::Path;

/// The most bytes of bodies on one page; a single larger body makes a page of its own.
const PAGE_BYTES: u64 = 8 << 20;

/// Reads a journal.
#[derive(Debug)]
pub struct Reader {
    connection: Connection,
}

/// Some of the deliveries that a filter lets through, in its order.
#[derive(Clone, Debug)]
pub struct Page<T> {
    /// The deliveries.
    pub items: Vec<T>,
    /// What `Filter::after` is for the next page; `None` when this is the last one.
    pub next: Option<u64>,
}

/// What a journal holds.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Stats {
    /// How many deliveries.
    pub deliveries: u64,
    /// The number of the oldest and of the newest.
    pub seqs: Option<(u64, u64)>,
    /// When these two were received.
    pub received: Option<(Timestamp, Timestamp)>,
    /// How many bytes of the file are in use.
    pub bytes: u64,
    /// What is owed, by target.
    pub targets: Vec<TargetStats>,
}

/// What is owed to a target.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TargetStats {
    /// The target as it was named.
    pub target: String,
    /// How many deliveries wait.
    pub pending: u64,
    /// How many were given up.
    pub dead: u64,
    /// How many failed in front of their sender.
    pub missed: u64,
    /// The oldest delivery of these.
    pub oldest: u64,
}

impl Reader {
    /// Opens an existing journal for reading. One of an older version is brought
    /// up to date first, which needs that nobody owns it.
    ///
    /// # Errors
    /// When there is none, it is no journal, a newer one, or an older one in use.
    pub fn open(path: &Path) -> Result<Self, OpenError> {
        file::check_sqlite()?;
        std::fs::metadata(path).map_err(|source| match source.kind() {
            std::io::ErrorKind::NotFound => OpenError::NotFound { path: path.to_owned() },
            std::io::ErrorKind::PermissionDenied => OpenError::Unreadable { path: path.to_owned() },
            _ => OpenError::Io { path: path.to_owned(), source },
        })?;
        let connection = file::connect_reader(path)?;
        match schema::judge(path, &connection)? {
            State::Current => Ok(Self { connection }),
            State::Empty => Err(OpenError::NotAJournal { path: path.to_owned() }),
            State::Older(found) => {
                drop(connection);
                match open_owned(path, &mut Vec::new()) {
                    Ok(owned) => drop(owned),
                    Err(OpenError::ReadOnly { path }) => {
                        return Err(OpenError::OlderSchema { path, found, known: schema::known() });
                    }
                    Err(error) => return Err(error),
                }
                Ok(Self { connection: file::connect_reader(path)? })
            }
        }
    }

    /// A page of deliveries without their header fields and bodies.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn list(&self, filter: &Filter) -> Result<Page<Listed>, ReadError> {
        let snapshot = self.connection.unchecked_transaction()?;
        let mut items = self.rows(filter)?;
        for listed in &mut items {
            self.fill_in(listed)?;
            self.request_line(listed)?;
        }
        snapshot.finish()?;
        let next = items.last().map(|last| last.seq).filter(|_| items.len() >= filter.limit);
        Ok(Page { items, next })
    }

    /// A page of whole deliveries; it ends early when their bodies grow large.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn entries(&self, filter: &Filter) -> Result<Page<Entry>, ReadError> {
        let snapshot = self.connection.unchecked_transaction()?;
        let rows = self.rows(filter)?;
        let full = rows.len() >= filter.limit;
        let (found, mut bytes) = (rows.len(), 0_u64);
        let mut items = Vec::new();
        for listed in rows {
            bytes = bytes.saturating_add(listed.body_bytes);
            if bytes > PAGE_BYTES && !items.is_empty() {
                break;
            }
            items.push(self.complete(listed)?);
        }
        snapshot.finish()?;
        let more = full || items.len() < found;
        let next = items.last().map(|last: &Entry| last.listed.seq).filter(|_| more);
        Ok(Page { items, next })
    }

    /// One delivery, whole; `None` when there is none of this number (any more).
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn get(&self, seq: u64) -> Result<Option<Entry>, ReadError> {
        let filter = Filter { seqs: Some(seq..=seq), limit: 1, ..Filter::default() };
        Ok(self.entries(&filter)?.items.pop())
    }

    /// The number of the newest delivery.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn newest(&self) -> Result<Option<u64>, ReadError> {
        let newest: Option<i64> =
            self.connection.query_row("SELECT max(seq) FROM deliveries", [], |row| row.get(0))?;
        Ok(newest.map(unsigned))
    }

    /// How many deliveries there are, and up to which number the index knows them.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn reach(&self) -> Result<(u64, u64), ReadError> {
        let sql =
            "SELECT (SELECT count(*) FROM deliveries), (SELECT coalesce(max(indexed_to), 0) FROM journal)";
        let (count, indexed) = self.connection.query_row(sql, [], |row| Ok((row.get(0)?, row.get(1)?)))?;
        Ok((unsigned(count), unsigned(indexed)))
    }

    /// A number that differs from the one before when anybody else has committed meanwhile.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn data_version(&self) -> Result<i64, ReadError> {
        let mut statement = self.connection.prepare_cached("PRAGMA data_version")?;
        Ok(statement.query_row([], |row| row.get(0))?)
    }

    /// The verified deliveries with the same key of duplicates, oldest first,
    /// without this one and at most so many; none for one that has no key or does
    /// not verify: what a stranger sends is nobody's repeat.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn duplicates(&self, seq: u64, most: usize) -> Result<Vec<u64>, ReadError> {
        let snapshot = self.connection.unchecked_transaction()?;
        let key: Option<Option<String>> = snapshot
            .prepare_cached("SELECT dedup_key FROM deliveries WHERE seq = ?1 AND code = ?2")?
            .query_row(params![signed(seq), Code::Verified.as_str()], |row| row.get(0))
            .optional()?;
        let Some(key) = key.flatten() else { return Ok(Vec::new()) };
        let mut walk = Walk::new(&self.connection, Needs::of_key(&key), (0, i64::MAX), false)?;
        let mut statement = snapshot.prepare_cached(
            "SELECT seq FROM deliveries
              WHERE seq BETWEEN ?1 AND ?2 AND dedup_key = ?3 AND seq <> ?4 AND code = ?5 ORDER BY seq",
        )?;
        let mut found = Vec::new();
        while let Some(span) = walk.next()? {
            let (from, to) = (signed(*span.seqs.start()), signed(*span.seqs.end()));
            let mut rows = statement.query(params![from, to, key, signed(seq), Code::Verified.as_str()])?;
            while let Some(row) = rows.next()? {
                if found.len() >= most {
                    return Ok(found);
                }
                found.push(unsigned(row.get(0)?));
            }
        }
        Ok(found)
    }

    /// Counts the first deliveries that a filter lets through, in its order, up to its limit.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn overview(&self, filter: &Filter) -> Result<Overview, ReadError> {
        let snapshot = self.connection.unchecked_transaction()?;
        let mut counting = Counting::default();
        // One by one: thousands of them at once would stay in the memory of every thread that ever asked.
        self.each(filter, |listed| counting.add(&listed))?;
        snapshot.finish()?;
        Ok(counting.overview())
    }

    /// What waits for a target after a number, oldest first.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn pending(&self, target: &str, after_seq: u64, limit: usize) -> Result<Vec<Pending>, ReadError> {
        Ok(outbox::pending(&self.connection, target, after_seq, limit)?)
    }

    /// What is owed of a delivery.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn owed(&self, seq: u64) -> Result<Vec<OutboxRow>, ReadError> {
        Ok(outbox::of_delivery(&self.connection, signed(seq))?)
    }

    /// What the journal holds.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn stats(&self) -> Result<Stats, ReadError> {
        let snapshot = self.connection.unchecked_transaction()?;
        let count: i64 = snapshot.query_row("SELECT count(*) FROM deliveries", [], |row| row.get(0))?;
        let end = |order: Order| -> Result<Option<Listed>, ReadError> {
            Ok(self.rows(&Filter { order, limit: 1, ..Filter::default() })?.pop())
        };
        let ends = end(Order::OldestFirst)?.zip(end(Order::NewestFirst)?);
        let stats = Stats {
            deliveries: unsigned(count),
            seqs: ends.as_ref().map(|(first, last)| (first.seq, last.seq)),
            received: ends.as_ref().map(|(first, last)| (first.received, last.received)),
            bytes: retention::used_bytes(&snapshot)?,
            targets: targets(&snapshot)?,
        };
        snapshot.finish()?;
        Ok(stats)
    }

    /// The rows of `deliveries` that a filter lets through.
    pub(super) fn rows(&self, filter: &Filter) -> Result<Vec<Listed>, ReadError> {
        let mut found = Vec::new();
        self.each(filter, |listed| found.push(listed))?;
        Ok(found)
    }

    /// Calls for each row of `deliveries` that a filter lets through.
    fn each(&self, filter: &Filter, mut call: impl FnMut(Listed)) -> Result<(), ReadError> {
        let Some(mut walk) = Walk::of(&self.connection, filter)? else {
            return self.each_row(filter, Tables::Lead, &mut call).map(drop);
        };
        let mut left = filter.limit;
        while left > 0
            && let Some(span) = walk.next()?
        {
            let part = Filter { seqs: Some(span.seqs), limit: left, ..filter.clone() };
            let tables = if span.indexed { Tables::Follow } else { Tables::Lead };
            left = left.saturating_sub(self.each_row(&part, tables, &mut call)?);
        }
        Ok(())
    }

    /// Goes through all deliveries that a filter may mean by its numbers; how many it meant.
    fn each_row(
        &self,
        filter: &Filter,
        tables: Tables,
        call: &mut impl FnMut(Listed),
    ) -> Result<usize, ReadError> {
        let (sql, values) = rows_sql(filter, tables);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query(params_from_iter(values))?;
        let mut count = 0;
        while let Some(row) = rows.next()? {
            call(record::listed(row)?);
            count += 1;
        }
        Ok(count)
    }

    /// Adds method and target, by which a person knows a delivery that has no event.
    fn request_line(&self, listed: &mut Listed) -> Result<(), ReadError> {
        let head: Option<Option<Vec<u8>>> = self
            .connection
            .prepare_cached("SELECT CAST(head AS BLOB) FROM contents WHERE seq = ?1")?
            .query_row([signed(listed.seq)], |row| row.get(0))
            .optional()?;
        let head = head.flatten().unwrap_or_default();
        let line = head.split(|byte| b"\r\n".contains(byte)).next().unwrap_or_default();
        let mut words =
            line.split(|byte| *byte == b' ').map(|word| String::from_utf8_lossy(word).into_owned());
        (listed.method, listed.target) = (words.next().unwrap_or_default(), words.next().unwrap_or_default());
        Ok(())
    }

    /// Adds what other tables say about a delivery.
    fn fill_in(&self, listed: &mut Listed) -> Result<(), ReadError> {
        let sql = format!(
            "SELECT {} FROM attempts WHERE seq = ?1 ORDER BY ordinal DESC LIMIT 1",
            record::LAST_ATTEMPT_COLUMNS
        );
        let seq = signed(listed.seq);
        listed.last_attempt =
            self.connection.prepare_cached(&sql)?.query_row([seq], record::last_attempt).optional()?;
        listed.outbox = outbox::of_delivery(&self.connection, seq)?;
        if !listed.outbox.is_empty() && listed.last_attempt.as_ref().is_some_and(LastAttempt::taken) {
            let sql = format!(
                "SELECT {} FROM attempts WHERE seq = ?1 AND coalesce(status, 0) NOT BETWEEN 200 AND 299
                  ORDER BY ordinal DESC LIMIT 1",
                record::LAST_ATTEMPT_COLUMNS
            );
            listed.last_failed =
                self.connection.prepare_cached(&sql)?.query_row([seq], record::last_attempt).optional()?;
        }
        listed.mark = self
            .connection
            .prepare_cached("SELECT text FROM marks WHERE seq = ?1")?
            .query_row([seq], |row| row.get(0))
            .optional()?;
        Ok(())
    }
}

/// The statement that lists what a filter lets through, with its values.
fn rows_sql(filter: &Filter, tables: Tables) -> (String, Vec<Value>) {
    let (conditions, values) = filter.to_sql(tables);
    let contents = if filter.reads_contents() { "JOIN contents c ON c.seq = d.seq" } else { "" };
    (format!("SELECT {} FROM deliveries d {contents} {conditions}", record::LISTED_COLUMNS), values)
}

fn targets(connection: &Connection) -> rusqlite::Result<Vec<TargetStats>> {
    let sum = |state: OutboxState| format!("sum(state = '{}')", state.as_str());
    let sql = format!(
        "SELECT target, {}, {}, {}, min(seq) FROM outbox GROUP BY target ORDER BY target",
        sum(OutboxState::Pending),
        sum(OutboxState::Dead),
        sum(OutboxState::Missed)
    );
    let row_of = |row: &Row<'_>| {
        Ok(TargetStats {
            target: row.get(0)?,
            pending: unsigned(row.get(1)?),
            dead: unsigned(row.get(2)?),
            missed: unsigned(row.get(3)?),
            oldest: unsigned(row.get(4)?),
        })
    };
    connection.prepare(&sql)?.query_map([], row_of)?.collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use rusqlite::StatementStatus;

    /// How many steps SQLite takes to list a page of a journal of this size.
    fn steps(deliveries: u32, filter: &Filter) -> i32 {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::create_tables(&mut connection).unwrap();
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < ?1)
            INSERT INTO deliveries(seq, received_us, peer, code, reason, body_bytes)
            SELECT i, i, '127.0.0.1:1', 'verified', '', 0 FROM n";
        connection.execute(fill, [deliveries]).unwrap();
        let (sql, values) = rows_sql(filter, Tables::Lead);
        let mut statement = connection.prepare(&sql).unwrap();
        let rows = statement.query_map(params_from_iter(values), |_| Ok(())).unwrap().count();
        assert_eq!(rows, filter.limit);
        statement.get_status(StatementStatus::VmStep)
    }

    #[test]
    fn a_page_costs_the_same_however_large_the_journal_is() {
        let newest = Filter::default();
        assert_eq!(steps(1_000, &newest), steps(100_000, &newest));
        let later = Filter { after: Some(900), ..Filter::default() };
        assert_eq!(steps(1_000, &later), steps(100_000, &later));
        // The count can tell: what is not found by its number is searched for.
        let first = Filter { until: Some(Timestamp::from_micros(51)), ..Filter::default() };
        assert!(steps(1_000, &first) * 10 < steps(100_000, &first));
    }
}
