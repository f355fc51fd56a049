//! Goes through a journal where a filter's deliveries may be, in its order.

use super::members::Members;
use super::{Facet, SEGMENT, cut, ends_of, grams, segment_of, slice_id};
use crate::hook::time::Timestamp;
use crate::journal::filter::{Filter, Order, StatusFilter};
use crate::journal::{signed, unsigned};
use rusqlite::{Connection, OptionalExtension};
use std::collections::VecDeque;
use std::ops::RangeInclusive;

/// To go through so many deliveries between two that are meant costs less than to
/// ask for them one by one; but not where each one's body is searched.
const BRIDGED: u16 = 16;

/// What deliveries must have, as far as the index knows.
#[derive(Debug, Default)]
pub(in crate::journal) struct Needs {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
    /// Of each facet any of its values.
    facets: Vec<(Facet, Vec<Value>)>,
    /// Statements that find the numbers of a segment which are in another table.
    tables: Vec<&'static str>,
    hashes: Vec<u32>,
}

#[derive(Debug, PartialEq, Eq)]
enum Value {
    Exactly(String),
    Beginning(String),
}

impl Needs {
    /// What a filter needs; `None` when the index cannot help.
    pub(in crate::journal) fn of(filter: &Filter) -> Option<Self> {
        let mut needs = Self { since: filter.since, until: filter.until, ..Self::default() };
        if !filter.events.is_empty() {
            needs.facets.push((Facet::Event, filter.events.iter().map(|event| named(event)).collect()));
        }
        if let Some(provider) = &filter.provider {
            needs.facets.push((Facet::Provider, vec![exactly(provider)]));
        }
        if !filter.verdicts.is_empty() {
            let codes = filter.verdicts.iter().map(|code| exactly(code.as_str())).collect();
            needs.facets.push((Facet::Verdict, codes));
        }
        if let Some(status) = filter.status {
            let wanted = match status {
                StatusFilter::Exact(status) => exactly(&status.to_string()),
                StatusFilter::Class(class) => Value::Beginning(class.to_string()),
            };
            needs.facets.push((Facet::Status, vec![wanted, exactly("")]));
        }
        if let Some(text) = &filter.text {
            needs.hashes = grams::of_needle(text.as_bytes());
        }
        let helps = needs.since.is_some()
            || needs.until.is_some()
            || !needs.facets.is_empty()
            || !needs.hashes.is_empty();
        if filter.undelivered {
            needs.tables.push("SELECT seq FROM outbox WHERE seq BETWEEN ?1 AND ?2");
        }
        if filter.dead {
            needs.tables.push("SELECT seq FROM outbox WHERE seq BETWEEN ?1 AND ?2 AND state = 'dead'");
        }
        if filter.marked {
            needs.tables.push("SELECT seq FROM marks WHERE seq BETWEEN ?1 AND ?2");
        }
        helps.then_some(needs)
    }

    /// Deliveries of a key of duplicates.
    pub(in crate::journal) fn of_key(key: &str) -> Self {
        Self { hashes: grams::of_key(key).collect(), ..Self::default() }
    }

    fn at_some_time(&self, segment: &Kept) -> bool {
        self.since.is_none_or(|since| segment.received.1 >= since.micros())
            && self.until.is_none_or(|until| segment.received.0 < until.micros())
    }

    /// The deliveries of a segment that may be meant.
    fn members(&self, connection: &Connection, segment: &Kept) -> rusqlite::Result<Members> {
        let mut left = if self.at_some_time(segment) { Members::ALL } else { Members::NONE };
        for (facet, values) in &self.facets {
            if !left.is_empty() {
                left.keep(&with_any(connection, segment.number, *facet, values)?);
            }
        }
        for sql in &self.tables {
            if !left.is_empty() {
                left.keep(&of_table(connection, sql, segment.number)?);
            }
        }
        for hash in &self.hashes {
            if !left.is_empty() {
                left.keep(&of_slice(connection, segment, *hash)?);
            }
        }
        Ok(left)
    }
}

fn exactly(value: &str) -> Value {
    Value::Exactly(cut(value).to_owned())
}

fn named(event: &str) -> Value {
    match event.strip_suffix('*') {
        Some(start) => Value::Beginning(cut(start).to_owned()),
        None => exactly(event),
    }
}

fn with_any(
    connection: &Connection,
    segment: i64,
    facet: Facet,
    values: &[Value],
) -> rusqlite::Result<Members> {
    let mut any = Members::NONE;
    for value in values {
        match value {
            Value::Exactly(value) => {
                let mut statement = connection.prepare_cached(
                    "SELECT members FROM index_facets WHERE segment = ?1 AND facet = ?2 AND value = ?3",
                )?;
                let found = statement
                    .query_row((segment, facet.number(), value), |row| members(row, 0))
                    .optional()?;
                any.add(&found.unwrap_or(Members::NONE));
            }
            Value::Beginning(start) => {
                let mut statement = connection.prepare_cached(
                    "SELECT value, members FROM index_facets
                      WHERE segment = ?1 AND facet = ?2 AND value >= ?3 ORDER BY value",
                )?;
                let mut rows = statement.query((segment, facet.number(), start))?;
                while let Some(row) = rows.next()? {
                    if !row.get_ref(0)?.as_bytes_or_null()?.unwrap_or_default().starts_with(start.as_bytes())
                    {
                        break;
                    }
                    any.add(&members(row, 1)?);
                }
            }
        }
    }
    Ok(any)
}

fn members(row: &rusqlite::Row<'_>, column: usize) -> rusqlite::Result<Members> {
    Ok(row.get_ref(column)?.as_bytes_or_null()?.map_or(Members::ALL, Members::from_bytes))
}

fn of_table(connection: &Connection, sql: &str, segment: i64) -> rusqlite::Result<Members> {
    let (first, last) = ends_of(segment);
    let mut statement = connection.prepare_cached(sql)?;
    let mut rows = statement.query([first, last])?;
    let mut found = Members::NONE;
    while let Some(row) = rows.next()? {
        found.insert(row.get::<_, i64>(0)?.rem_euclid(SEGMENT) as u16);
    }
    Ok(found)
}

fn of_slice(connection: &Connection, segment: &Kept, hash: u32) -> rusqlite::Result<Members> {
    let id = slice_id(segment.number, grams::slice_of(hash, segment.slices), segment.slices);
    let found = connection
        .prepare_cached("SELECT members FROM index_slices WHERE id = ?1")?
        .query_row([id], |row| members(row, 0))
        .optional()?;
    Ok(found.unwrap_or(Members::NONE))
}

/// A segment that the index has.
#[derive(Clone, Copy, Debug)]
struct Kept {
    number: i64,
    /// When its deliveries were received, in microseconds.
    received: (i64, i64),
    slices: u32,
}

/// Numbers among which deliveries may be meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(in crate::journal) struct Span {
    /// The numbers.
    pub(in crate::journal) seqs: RangeInclusive<u64>,
    /// Whether they are what the index left; else it has not come to them yet.
    pub(in crate::journal) indexed: bool,
}

/// What is still to be gone through.
#[derive(Debug)]
pub(in crate::journal) struct Walk<'c> {
    connection: &'c Connection,
    needs: Needs,
    newest_first: bool,
    within: (i64, i64),
    /// What the index has not come to, until it was given out.
    rest: Option<(i64, i64)>,
    segments: VecDeque<Kept>,
    spans: VecDeque<(i64, i64)>,
}

impl<'c> Walk<'c> {
    /// Goes through what a filter may mean; `None` where the index cannot help.
    pub(in crate::journal) fn of(
        connection: &'c Connection,
        filter: &Filter,
    ) -> rusqlite::Result<Option<Self>> {
        let Some(needs) = Needs::of(filter) else { return Ok(None) };
        let (mut from, mut to) =
            filter.seqs.as_ref().map_or((0, i64::MAX), |seqs| (signed(*seqs.start()), signed(*seqs.end())));
        let newest_first = filter.order == Order::NewestFirst;
        match filter.after.map(signed) {
            Some(after) if newest_first => to = to.min(after.saturating_sub(1)),
            Some(after) => from = from.max(after.saturating_add(1)),
            None => {}
        }
        Self::new(connection, needs, (from, to), newest_first).map(Some)
    }

    /// Goes through a range of numbers.
    pub(in crate::journal) fn new(
        connection: &'c Connection,
        needs: Needs,
        within: (i64, i64),
        newest_first: bool,
    ) -> rusqlite::Result<Self> {
        let (from, to) = within;
        let indexed_to: i64 =
            connection.query_row("SELECT coalesce(max(indexed_to), 0) FROM journal", [], |row| row.get(0))?;
        let mut statement = connection.prepare_cached(
            "SELECT segment, from_us, to_us, slices FROM index_segments WHERE segment BETWEEN ?1 AND ?2 ORDER BY segment",
        )?;
        let ends = [segment_of(from), segment_of(to.min(indexed_to))];
        let segments = statement.query_map(ends, |row| {
            Ok(Kept { number: row.get(0)?, received: (row.get(1)?, row.get(2)?), slices: row.get(3)? })
        })?;
        let segments = segments.collect::<rusqlite::Result<_>>()?;
        let rest = (from.max(indexed_to.saturating_add(1)), to);
        let rest = Some(rest).filter(|(from, to)| from <= to);
        Ok(Self { connection, needs, newest_first, within, rest, segments, spans: VecDeque::new() })
    }

    /// Where to look next; `None` when there is nothing left.
    pub(in crate::journal) fn next(&mut self) -> rusqlite::Result<Option<Span>> {
        if self.newest_first
            && let Some(rest) = self.rest.take()
        {
            return Ok(Some(span(rest, false)));
        }
        loop {
            if let Some(next) = take(&mut self.spans, self.newest_first) {
                return Ok(Some(span(next, true)));
            }
            let Some(segment) = take(&mut self.segments, self.newest_first) else { break };
            self.open(&segment)?;
        }
        Ok(self.rest.take().map(|rest| span(rest, false)))
    }

    /// Finds out where in a segment to look.
    fn open(&mut self, segment: &Kept) -> rusqlite::Result<()> {
        let (first, _) = ends_of(segment.number);
        let (from, to) = self.within;
        let gap = if self.needs.hashes.is_empty() { BRIDGED } else { 0 };
        let members = self.needs.members(self.connection, segment)?;
        let ranges = members.ranges(gap).into_iter();
        self.spans = ranges
            .map(|range| {
                (from.max(first + i64::from(*range.start())), to.min(first + i64::from(*range.end())))
            })
            .filter(|(from, to)| from <= to)
            .collect();
        Ok(())
    }
}

fn take<T>(queue: &mut VecDeque<T>, newest_first: bool) -> Option<T> {
    if newest_first { queue.pop_back() } else { queue.pop_front() }
}

fn span((from, to): (i64, i64), indexed: bool) -> Span {
    Span { seqs: unsigned(from)..=unsigned(to), indexed }
}
