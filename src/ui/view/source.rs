//! Reads the journal for the screen, on a thread of its own: a slow filter holds
//! up no key.
//!
//! One question is answered at a time; a newer one ends the search for an older
//! one. Between questions it looks whether anybody changed the journal, this
//! process or another.

use super::window::{BATCH, Part, Place};
use crate::job::wanted::Wanted;
use crate::journal::{Entry, Filter, Listed, Order, ReadError, Reader};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, sync_channel};
use std::time::{Duration, Instant};

/// How often the journal is looked at.
const LOOK: Duration = Duration::from_millis(100);
/// How long a search goes on before it looks whether it is still wanted.
const SEARCH: Duration = Duration::from_millis(50);
/// Questions that may wait.
const WAITING: usize = 16;

/// What a delivery is read for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Aim {
    /// Its target is proposed where one is asked for.
    Propose,
    Show,
    Copy,
    Replay,
    Edit,
}

/// What the screen asks.
#[derive(Debug)]
pub(super) enum Query {
    /// From now on only these.
    Filter(Box<Wanted>),
    /// A part of the list.
    Part { ticket: u64, place: Place },
    /// A delivery, whole.
    Entry { seq: u64, aim: Aim },
}

/// What it is told.
#[derive(Debug)]
pub(super) enum Answer {
    /// The part that was asked for.
    Part { ticket: u64, part: Part },
    /// The delivery; `None` when it is no longer there.
    Entry { seq: u64, aim: Aim, entry: Option<Box<Entry>> },
    /// The journal is another one than before.
    Changed { newest: Option<u64> },
    /// It could not be read.
    Failed(String),
}

/// Asks the thread that reads.
#[derive(Debug)]
pub(super) struct Source {
    queries: SyncSender<Query>,
    latest: Arc<AtomicU64>,
}

impl Source {
    /// Begins to read; the thread ends when this is dropped and it has nothing more to answer.
    pub(super) fn start(
        journal: &Path,
        tell: impl FnMut(Answer) -> bool + Send + 'static,
    ) -> std::io::Result<Self> {
        let (queries, asked) = sync_channel(WAITING);
        let latest = Arc::new(AtomicU64::new(0));
        let reading = Reading {
            asked,
            latest: Arc::clone(&latest),
            tell: Box::new(tell),
            wanted: Wanted { filter: Filter::default(), jq: None },
            version: None,
        };
        let journal = journal.to_owned();
        std::thread::Builder::new().name("view-journal".to_owned()).spawn(move || reading.run(&journal))?;
        Ok(Self { queries, latest })
    }

    /// Asks; false when too much was asked already.
    pub(super) fn ask(&self, query: Query) -> bool {
        if let Query::Part { ticket, .. } = &query {
            self.latest.store(*ticket, Ordering::Relaxed);
        }
        self.queries.try_send(query).is_ok()
    }

    /// What is being searched for is no longer wanted.
    pub(super) fn forget(&self, ticket: u64) {
        self.latest.store(ticket, Ordering::Relaxed);
    }
}

struct Reading {
    asked: Receiver<Query>,
    latest: Arc<AtomicU64>,
    /// False when nobody listens any more.
    tell: Box<dyn FnMut(Answer) -> bool + Send>,
    wanted: Wanted,
    version: Option<i64>,
}

impl Reading {
    fn run(mut self, journal: &Path) {
        let reader = match Reader::open(journal) {
            Ok(reader) => reader,
            Err(error) => {
                (self.tell)(Answer::Failed(with_causes(&error)));
                return;
            }
        };
        loop {
            let answer = match self.asked.recv_timeout(LOOK) {
                Ok(query) => self.answer(&reader, query),
                Err(RecvTimeoutError::Timeout) => self.look(&reader),
                Err(RecvTimeoutError::Disconnected) => return,
            };
            let answer = answer.unwrap_or_else(|error| Some(Answer::Failed(with_causes(&error))));
            if answer.is_some_and(|answer| !(self.tell)(answer)) {
                return;
            }
        }
    }

    fn answer(&mut self, reader: &Reader, query: Query) -> Result<Option<Answer>, ReadError> {
        match query {
            Query::Filter(wanted) => {
                self.wanted = *wanted;
                Ok(None)
            }
            Query::Part { ticket, place } => {
                let found = self.part(reader, ticket, place)?;
                Ok(found.map(|part| Answer::Part { ticket, part }))
            }
            Query::Entry { seq, aim } => {
                let entry = reader.get(seq)?.map(Box::new);
                Ok(Some(Answer::Entry { seq, aim, entry }))
            }
        }
    }

    /// A part of the list; `None` when another one is wanted by now.
    fn part(&mut self, reader: &Reader, ticket: u64, place: Place) -> Result<Option<Part>, ReadError> {
        let filter = &mut self.wanted.filter;
        filter.limit = BATCH;
        filter.seqs = None;
        (filter.order, filter.after) = match &place {
            Place::Newest => (Order::NewestFirst, None),
            Place::Oldest => (Order::OldestFirst, None),
            Place::OlderThan(seq) => (Order::NewestFirst, Some(*seq)),
            Place::NewerThan(seq) => (Order::OldestFirst, Some(*seq)),
            Place::Among(seqs) => {
                filter.seqs = Some(seqs.clone());
                filter.limit = usize::MAX;
                (Order::NewestFirst, None)
            }
        };
        let order = self.wanted.filter.order;
        let mut rows: Vec<Listed> = Vec::new();
        let more = loop {
            if self.latest.load(Ordering::Relaxed) != ticket {
                return Ok(None);
            }
            let (found, next) = self.wanted.page(reader, Instant::now() + SEARCH)?;
            rows.extend(found);
            if next.is_none() || rows.len() >= self.wanted.filter.limit {
                break next.is_some();
            }
            self.wanted.filter.after = next;
        };
        if order == Order::OldestFirst {
            rows.reverse();
        }
        Ok(Some(Part { place, rows, more }))
    }

    /// Whether the journal changed since the last look.
    fn look(&mut self, reader: &Reader) -> Result<Option<Answer>, ReadError> {
        let version = Some(reader.data_version()?);
        if version == self.version {
            return Ok(None);
        }
        self.version = version;
        Ok(Some(Answer::Changed { newest: reader.newest()? }))
    }
}

fn with_causes(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}
