//! Fills the index behind the deliveries, in bites that hold nobody up for long.
//!
//! A segment is gathered in memory and written once, when all its numbers are
//! given out; the cursor moves in the transaction that completes it. Killed in
//! between, it is begun again: what was written of it already is written over, and
//! until then nobody reads it.

use super::grams::{self, Texts};
use super::members::Members;
use super::{Facet, SEGMENT, cut, ends_of, first_slice_id, segment_of, slice_id};
use rusqlite::types::ValueRef;
use rusqlite::{Connection, OptionalExtension, Row, Transaction, TransactionBehavior, params};
use std::collections::BTreeMap;

/// The most deliveries that one bite reads.
const BITE: i64 = 64;

/// And the most bytes of them, the last one aside.
const BITE_BYTES: usize = 64 << 10;

/// What is longer, head and body, is not read: it may hold any text.
const MOST_READ: i64 = 64 << 10;

/// How many slices one bite writes, or lets go of.
const SLICES: u32 = 128;

/// Fills the index of a journal.
#[derive(Debug, Default)]
pub(crate) struct Indexer {
    /// Up to this number everything is in the index.
    indexed_to: i64,
    phase: Phase,
    /// After a failure it rests until this number is given out.
    rest_until: i64,
}

#[derive(Debug, Default)]
enum Phase {
    #[default]
    Idle,
    Reading(Box<Segment>),
    /// Up to this slice everything is written.
    Writing(Box<Segment>, u32),
    /// Lets go of segments whose deliveries are gone.
    Trimming,
}

impl Indexer {
    /// Learns how far the index of a journal goes.
    pub(crate) fn start(&mut self, connection: &Connection) -> rusqlite::Result<()> {
        let indexed_to =
            connection.query_row("SELECT coalesce(max(indexed_to), 0) FROM journal", [], |row| row.get(0))?;
        *self = Self { indexed_to, phase: Phase::Trimming, rest_until: 0 };
        Ok(())
    }

    /// The indexer of a journal.
    pub(crate) fn begun(connection: &Connection) -> rusqlite::Result<Self> {
        let mut indexer = Self::default();
        indexer.start(connection)?;
        Ok(indexer)
    }

    /// Whether there is something to do in a journal that gave out its numbers up to this one.
    pub(crate) fn due(&self, last_seq: i64) -> bool {
        last_seq >= self.rest_until
            && (!matches!(self.phase, Phase::Idle) || ends_of(self.next()).1 <= last_seq)
    }

    /// Whether no segment is being gathered.
    pub(crate) fn between_segments(&self) -> bool {
        matches!(self.phase, Phase::Idle | Phase::Trimming)
    }

    /// Whether a segment is being written.
    #[cfg(test)]
    pub(crate) fn writes(&self) -> bool {
        matches!(self.phase, Phase::Writing(..))
    }

    fn next(&self) -> i64 {
        if self.indexed_to == 0 { 0 } else { segment_of(self.indexed_to.saturating_add(1)) }
    }

    /// Does a little of what is to be done.
    pub(crate) fn bite(&mut self, connection: &mut Connection, last_seq: i64) -> rusqlite::Result<()> {
        let phase = std::mem::take(&mut self.phase);
        match self.advance(phase, connection, last_seq) {
            Ok(phase) => {
                self.phase = phase;
                Ok(())
            }
            Err(error) => {
                // What failed now would fail at once again.
                self.rest_until = last_seq.saturating_add(SEGMENT);
                Err(error)
            }
        }
    }

    fn advance(
        &mut self,
        phase: Phase,
        connection: &mut Connection,
        last_seq: i64,
    ) -> rusqlite::Result<Phase> {
        match phase {
            Phase::Idle => self.begin(connection, last_seq),
            Phase::Reading(mut segment) => {
                let more = segment.read(connection)?;
                Ok(if more { Phase::Reading(segment) } else { Phase::Writing(segment, 0) })
            }
            Phase::Writing(segment, from) => {
                let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
                let to = segment.write_slices(&transaction, from)?;
                let whole = to >= segment.texts.slices();
                if whole {
                    segment.write_facets(&transaction)?;
                    set_cursor(&transaction, segment.last)?;
                }
                transaction.commit()?;
                if !whole {
                    return Ok(Phase::Writing(segment, to));
                }
                self.indexed_to = segment.last;
                Ok(Phase::Trimming)
            }
            Phase::Trimming => Ok(if trim(connection)? { Phase::Trimming } else { Phase::Idle }),
        }
    }

    /// Begins the next segment; those before the first delivery are passed over.
    fn begin(&mut self, connection: &Connection, last_seq: i64) -> rusqlite::Result<Phase> {
        let oldest: Option<i64> =
            connection.query_row("SELECT min(seq) FROM deliveries", [], |row| row.get(0))?;
        let segment = oldest.map_or(segment_of(last_seq), segment_of).max(self.next());
        let (first, last) = ends_of(segment);
        if last <= last_seq {
            return Segment::new(connection, segment).map(|segment| Phase::Reading(Box::new(segment)));
        }
        // Not yet complete, and nothing is left before it.
        let passed = first.saturating_sub(1);
        if passed > self.indexed_to {
            set_cursor(connection, passed)?;
            self.indexed_to = passed;
        }
        Ok(Phase::Idle)
    }

    /// A delivery got its status, or another one, after it may have been read.
    pub(crate) fn status_changed(&mut self, connection: &Connection, seq: i64) -> rusqlite::Result<()> {
        let segment = segment_of(seq);
        if let Phase::Reading(gathered) | Phase::Writing(gathered, _) = &mut self.phase
            && gathered.number == segment
        {
            gathered.note(Facet::Status, "", offset_of(seq));
        } else if seq <= self.indexed_to {
            let kept: Option<Vec<u8>> = connection
                .prepare_cached(
                    "SELECT members FROM index_facets WHERE segment = ?1 AND facet = ?2 AND value = ''",
                )?
                .query_row([segment, Facet::Status.number()], |row| row.get(0))
                .optional()?;
            let mut members = kept.map_or(Members::NONE, |kept| Members::from_bytes(&kept));
            members.insert(offset_of(seq));
            write_facet(connection, segment, Facet::Status, "", &members)?;
        }
        Ok(())
    }
}

fn offset_of(seq: i64) -> u16 {
    // Below 4,096.
    seq.rem_euclid(SEGMENT) as u16
}

fn set_cursor(connection: &Connection, indexed_to: i64) -> rusqlite::Result<()> {
    connection.execute("UPDATE journal SET indexed_to = max(indexed_to, ?1)", [indexed_to])?;
    Ok(())
}

fn write_facet(
    connection: &Connection,
    segment: i64,
    facet: Facet,
    value: &str,
    members: &Members,
) -> rusqlite::Result<()> {
    connection
        .prepare_cached(
            "INSERT OR REPLACE INTO index_facets(segment, facet, value, members) VALUES (?1, ?2, ?3, ?4)",
        )?
        .execute(params![segment, facet.number(), value, members.to_bytes()])?;
    Ok(())
}

/// Lets go of a little of what is about deliveries that are gone; whether there may be more.
pub(crate) fn trim(connection: &mut Connection) -> rusqlite::Result<bool> {
    let stale: Option<i64> = connection.query_row(
        "SELECT min(segment) FROM index_segments
              WHERE (segment + 1) * ?1 <= (SELECT coalesce(min(seq), 1 << 62) FROM deliveries)",
        [SEGMENT],
        |row| row.get(0),
    )?;
    let Some(segment) = stale else { return Ok(false) };
    let transaction = connection.transaction_with_behavior(TransactionBehavior::Immediate)?;
    let gone = transaction.execute(
        "DELETE FROM index_slices WHERE id IN (SELECT id FROM index_slices WHERE id < ?1 ORDER BY id LIMIT ?2)",
        params![first_slice_id(segment.saturating_add(1)), SLICES],
    )?;
    if gone == 0 {
        transaction.execute("DELETE FROM index_facets WHERE segment <= ?1", [segment])?;
        transaction.execute("DELETE FROM index_segments WHERE segment <= ?1", [segment])?;
    }
    transaction.commit()?;
    Ok(true)
}

/// A segment that is being gathered.
#[derive(Debug)]
struct Segment {
    number: i64,
    /// Its last number.
    last: i64,
    /// Up to this number it is read.
    read_to: i64,
    /// When its deliveries were received, in microseconds.
    received: Option<(i64, i64)>,
    facets: BTreeMap<(Facet, Box<str>), Members>,
    texts: Texts,
}

impl Segment {
    fn new(connection: &Connection, number: i64) -> rusqlite::Result<Self> {
        let (first, last) = ends_of(number);
        let average: Option<f64> = connection
            .prepare_cached("SELECT avg(min(body_bytes, ?3)) FROM deliveries WHERE seq BETWEEN ?1 AND ?2")?
            .query_row([first, last, MOST_READ], |row| row.get(0))?;
        Ok(Self {
            number,
            last,
            read_to: first.saturating_sub(1),
            received: None,
            facets: BTreeMap::new(),
            texts: Texts::new(average.unwrap_or(0.0) as u64),
        })
    }

    fn note(&mut self, facet: Facet, value: &str, offset: u16) {
        self.facets.entry((facet, cut(value).into())).or_insert(Members::NONE).insert(offset);
    }

    /// Reads a few deliveries; whether there are more.
    fn read(&mut self, connection: &Connection) -> rusqlite::Result<bool> {
        let mut statement = connection.prepare_cached(
            "SELECT d.seq, d.received_us, d.status, d.provider, d.code, d.event, d.subject, d.dedup_key,
                    CASE WHEN length(c.head) + length(c.body) <= ?3 THEN c.head END,
                    CASE WHEN length(c.head) + length(c.body) <= ?3 THEN c.body END
               FROM deliveries d LEFT JOIN contents c ON c.seq = d.seq
              WHERE d.seq > ?1 AND d.seq <= ?2 ORDER BY d.seq LIMIT ?4",
        )?;
        let mut rows = statement.query([self.read_to, self.last, MOST_READ, BITE])?;
        let (mut bytes, mut found) = (0, 0);
        while let Some(row) = rows.next()? {
            bytes += self.take(row)?;
            found += 1;
            if bytes >= BITE_BYTES {
                return Ok(true);
            }
        }
        Ok(found == BITE)
    }

    /// Takes a delivery in; how many bytes it had.
    fn take(&mut self, row: &Row<'_>) -> rusqlite::Result<usize> {
        let seq: i64 = row.get(0)?;
        let received: i64 = row.get(1)?;
        let (from, to) = self.received.unwrap_or((received, received));
        self.received = Some((from.min(received), to.max(received)));
        let offset = offset_of(seq);
        let status: Option<i64> = row.get(2)?;
        self.note(Facet::Status, &status.map_or_else(String::new, |status| status.to_string()), offset);
        for (column, facet) in [(3, Facet::Provider), (4, Facet::Verdict), (5, Facet::Event)] {
            if let Some(value) = row.get::<_, Option<Box<str>>>(column)? {
                self.note(facet, &value, offset);
            }
        }
        if let Some(key) = row.get::<_, Option<Box<str>>>(7)? {
            self.texts.insert(offset, grams::of_key(&key));
        }
        self.read_to = seq;
        let mut bytes = 0;
        for column in [5, 6, 8, 9] {
            match row.get_ref(column)? {
                ValueRef::Blob(text) | ValueRef::Text(text) => {
                    self.texts.insert(offset, grams::of_text(text));
                    bytes += text.len();
                }
                // No event and no subject hold no text; a head or body that was not read may hold any.
                _ if column >= 8 => self.texts.insert_any(offset),
                _ => {}
            }
        }
        Ok(bytes)
    }

    /// Writes a few slices; up to which they are written now.
    fn write_slices(&self, transaction: &Transaction<'_>, from: u32) -> rusqlite::Result<u32> {
        let to = from.saturating_add(SLICES).min(self.texts.slices());
        let mut statement =
            transaction.prepare_cached("INSERT OR REPLACE INTO index_slices(id, members) VALUES (?1, ?2)")?;
        for slice in from..to {
            let members = self.texts.members(slice);
            if !members.is_empty() {
                statement.execute(params![
                    slice_id(self.number, slice, self.texts.slices()),
                    members.to_bytes()
                ])?;
            }
        }
        Ok(to)
    }

    fn write_facets(&self, transaction: &Transaction<'_>) -> rusqlite::Result<()> {
        let Some((from, to)) = self.received else { return Ok(()) };
        for ((facet, value), members) in &self.facets {
            write_facet(transaction, self.number, *facet, value, members)?;
        }
        transaction
            .prepare_cached(
                "INSERT OR REPLACE INTO index_segments(segment, from_us, to_us, slices) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![self.number, from, to, self.texts.slices()])?;
        Ok(())
    }
}
