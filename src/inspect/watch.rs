//! Sees what happens in the journal, whoever writes it: this process or another.
//!
//! One thread looks whether anything was committed, and tells everybody who
//! listens what is new, what changed, and what is gone: the newest deliveries are
//! compared, the others are left to `older`. It starts with the first listener
//! and ends with the last. Whoever does not keep up is told nothing twice: it
//! learns how much it missed, and reads.

use super::answer::written;
use super::older::Older;
use crate::journal::{Filter, Listed, OpenError, Order, ReadError, Reader};
use crate::ui::listing::ListedRecord;
use std::collections::{BTreeMap, BTreeSet};
use std::hash::{DefaultHasher, Hasher};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};
use tokio::sync::broadcast;

/// How often to look.
const EVERY: Duration = Duration::from_millis(100);

/// The thread is busy at the most this part of the time, however much happens.
const SHARE: u32 = 8;
const SLOWEST: Duration = Duration::from_secs(2);

/// How many of the newest deliveries are watched, and told one by one after a pause.
pub(super) const WATCHED: usize = 200;

/// News that a listener may be behind before it misses some.
const BEHIND: usize = 512;

/// One thing that happened.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum News {
    /// A delivery came; its record as JSON.
    Delivery(u64, Arc<str>),
    /// One that was told has changed: an answer, an attempt, what is owed.
    Changed(Arc<str>),
    /// One that was told is gone.
    Deleted(u64),
    /// So many came at once that they are not told one by one; both ends.
    Skipped(u64, u64),
    /// Something changed of which nobody knows where; the newest delivery.
    Other(u64),
}

/// Watches one journal.
pub(super) struct Watch {
    path: PathBuf,
    shared: Arc<Shared>,
}

#[derive(Default)]
struct Shared {
    /// There while the thread runs.
    sender: Mutex<Option<broadcast::Sender<News>>>,
    /// The newest delivery that was told.
    newest: AtomicU64,
    /// Deliveries that were changed through this inspector since the last look.
    named: Mutex<BTreeSet<u64>>,
    over: AtomicBool,
    thread: Mutex<Option<JoinHandle<()>>>,
}

/// Hears the news.
pub(super) struct Listener {
    pub(super) news: broadcast::Receiver<News>,
    shared: Arc<Shared>,
}

impl Listener {
    /// The newest delivery that was told, also to whoever missed it.
    pub(super) fn newest(&self) -> u64 {
        self.shared.newest.load(Ordering::Acquire)
    }
}

impl Watch {
    pub(super) fn new(path: &Path) -> Self {
        Self { path: path.to_owned(), shared: Arc::default() }
    }

    /// Listens from now on: what is in the journal when this returns is known,
    /// what comes later is told. It waits for the disk.
    pub(super) fn listen(&self) -> Result<Listener, OpenError> {
        let mut sender = self.shared.sender.lock().unwrap_or_else(PoisonError::into_inner);
        let news = match &*sender {
            _ if self.shared.over.load(Ordering::Acquire) => broadcast::channel(1).1,
            Some(sender) => sender.subscribe(),
            None => {
                let (told, news) = broadcast::channel(BEHIND);
                self.start(told.clone())?;
                *sender = Some(told);
                news
            }
        };
        drop(sender);
        Ok(Listener { news, shared: Arc::clone(&self.shared) })
    }

    /// This delivery has just been changed: whoever listens is told of it at once,
    /// however old it is.
    pub(super) fn changed(&self, seq: u64) {
        // Where nobody listens, nobody would ever take it.
        let sender = self.shared.sender.lock().unwrap_or_else(PoisonError::into_inner);
        if sender.is_none() {
            return;
        }
        self.shared.named.lock().unwrap_or_else(PoisonError::into_inner).insert(seq);
        if let Some(thread) = &*self.shared.thread.lock().unwrap_or_else(PoisonError::into_inner) {
            thread.thread().unpark();
        }
    }

    /// Ends the thread, and so everybody who listens. It waits for the disk.
    pub(super) fn end(&self) {
        // Under the lock of those who start one: none starts after this.
        let sender = self.shared.sender.lock().unwrap_or_else(PoisonError::into_inner);
        self.shared.over.store(true, Ordering::Release);
        let thread = self.shared.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        drop(sender);
        if let Some(thread) = thread {
            thread.thread().unpark();
            drop(thread.join());
        }
    }

    fn start(&self, told: broadcast::Sender<News>) -> Result<(), OpenError> {
        let reader = Reader::open(&self.path)?;
        let shared = Arc::clone(&self.shared);
        let older = Older::begin(&reader).map_err(|error| self.unreadable(error))?;
        let mut watcher = Watcher { reader, version: 0, newest: 0, known: BTreeMap::new(), older };
        // The first look tells nobody: it is what everybody can read.
        watcher.begin().map_err(|error| self.unreadable(error))?;
        self.shared.newest.store(watcher.newest, Ordering::Release);
        let thread = std::thread::Builder::new().name("watch".to_owned());
        let running = thread.spawn(move || run(watcher, &told, &shared));
        let running = running.map_err(|source| OpenError::Io { path: self.path.clone(), source })?;
        *self.shared.thread.lock().unwrap_or_else(PoisonError::into_inner) = Some(running);
        Ok(())
    }

    fn unreadable(&self, error: ReadError) -> OpenError {
        OpenError::Io { path: self.path.clone(), source: std::io::Error::other(error) }
    }
}

fn run(mut watcher: Watcher, told: &broadcast::Sender<News>, shared: &Shared) {
    let mut pause = EVERY;
    loop {
        std::thread::park_timeout(pause);
        {
            let mut sender = shared.sender.lock().unwrap_or_else(PoisonError::into_inner);
            if told.receiver_count() == 0 || shared.over.load(Ordering::Acquire) {
                *sender = None;
                return;
            }
        }
        let begun = Instant::now();
        let named = std::mem::take(&mut *shared.named.lock().unwrap_or_else(PoisonError::into_inner));
        match watcher.look(&named) {
            Ok(news) => {
                shared.newest.store(watcher.newest, Ordering::Release);
                for piece in news {
                    // Whoever has just gone need not hear it.
                    drop(told.send(piece));
                }
            }
            Err(_) => {
                // The listeners end with the thread, come again, and are told why not.
                *shared.sender.lock().unwrap_or_else(PoisonError::into_inner) = None;
                return;
            }
        }
        pause = (begun.elapsed() * SHARE).clamp(EVERY, SLOWEST);
    }
}

/// What the thread knows.
struct Watcher {
    reader: Reader,
    /// Changes with every commit of anybody.
    version: i64,
    newest: u64,
    /// The newest deliveries.
    known: BTreeMap<u64, Known>,
    older: Older,
}

/// What is known of a delivery.
#[derive(Clone, Copy)]
struct Known {
    /// Of its record.
    hash: u64,
    answered: bool,
}

impl Known {
    fn new(listed: &Listed, text: &str) -> Self {
        Self { hash: hash(text), answered: listed.answer.is_some() }
    }
}

impl Watcher {
    fn begin(&mut self) -> Result<(), ReadError> {
        self.version = self.reader.data_version()?;
        let items = self.newest_items()?;
        self.newest = items.first().map_or(0, |listed| listed.seq);
        self.known = items
            .iter()
            .filter_map(|listed| Some((listed.seq, Known::new(listed, &record(listed)?))))
            .collect();
        Ok(())
    }

    fn newest_items(&self) -> Result<Vec<Listed>, ReadError> {
        let filter = Filter { order: Order::NewestFirst, limit: WATCHED, ..Filter::default() };
        Ok(self.reader.list(&filter)?.items)
    }

    /// What happened since the last look; of the `named` ones it is known that they changed.
    fn look(&mut self, named: &BTreeSet<u64>) -> Result<Vec<News>, ReadError> {
        let mut news = Vec::new();
        let version = self.reader.data_version()?;
        if version != self.version || !named.is_empty() {
            // Asked before the list is read: a commit in between is seen at the next look.
            self.version = version;
            self.compare(named, &mut news)?;
        }
        if self.older.told() {
            news.push(News::Other(self.newest.max(1)));
        }
        Ok(news)
    }

    fn compare(&mut self, named: &BTreeSet<u64>, news: &mut Vec<News>) -> Result<(), ReadError> {
        let items = self.newest_items()?;
        let oldest = items.last().map_or(0, |listed| listed.seq);
        if items.len() >= WATCHED && oldest > self.newest.saturating_add(1) {
            news.push(News::Skipped(self.newest.saturating_add(1), oldest - 1));
            // Those are not answered yet, perhaps.
            self.older.doubt();
        }
        let mut known = BTreeMap::new();
        for listed in items.iter().rev() {
            let Some(text) = record(listed) else { continue };
            let (seq, now) = (listed.seq, Known::new(listed, &text));
            known.insert(seq, now);
            if seq > self.newest {
                news.push(News::Delivery(seq, text));
            } else if self.known.get(&seq).is_some_and(|before| before.hash != now.hash) {
                news.push(News::Changed(text));
            }
        }
        // What slid out of sight at the far end is not gone.
        let seen = if items.len() < WATCHED { 0 } else { oldest };
        let gone = self.known.range(seen..).filter(|(seq, _)| !known.contains_key(seq));
        news.extend(gone.map(|(seq, _)| News::Deleted(*seq)));
        for (seq, _) in self.known.range(..seen).filter(|(_, before)| !before.answered) {
            self.older.leave(*seq);
        }
        self.newest = items.first().map_or(0, |listed| listed.seq).max(self.newest);
        self.known = known;
        let older = self.older.look(&self.reader, seen, named, !news.is_empty(), items.first())?;
        news.extend(older.into_iter().filter_map(|(seq, listed)| match listed {
            Some(listed) => record(&listed).map(News::Changed),
            None => Some(News::Deleted(seq)),
        }));
        Ok(())
    }
}

fn record(listed: &Listed) -> Option<Arc<str>> {
    written(&ListedRecord::new(listed)).ok().map(Into::into)
}

fn hash(text: &str) -> u64 {
    let mut hasher = DefaultHasher::new();
    hasher.write(text.as_bytes());
    hasher.finish()
}
