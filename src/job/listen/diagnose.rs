//! Looks for the mistake behind deliveries that did not verify.
//!
//! Begins after the answer and never holds one up: one delivery at a time, on a
//! thread of its own; what comes while it is busy is passed over. So a flood of
//! forgeries costs no more than a few tries a second, and a person who gets
//! their own sender wrong is told why.

use super::ledger::Ledger;
use super::pump::Pump;
use crate::hook::curl::words;
use crate::hook::delivery::{Checked, Delivery};
use crate::hook::explain::{Context, Neighbour};
use crate::hook::verdict::Code;
use crate::job::judge::{Judge, neighbours};
use crate::job::report::{Diagnosed, Event};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// Deliveries that may wait.
const WAITING: usize = 16;
/// The longest body that is tried.
const LONGEST: usize = 256 << 10;
/// Bodies that cost next to nothing wait whatever waits before them; of longer
/// ones so many bytes, so that they neither fill the queue nor the memory.
const SMALL: usize = 16 << 10;
const MOST_WAITING: usize = 2 * LONGEST;
/// Deliveries before one whose parts may have been mixed up with it.
const BEFORE: u64 = 4;
/// So many in a row, and then one in each interval.
const BURST: u32 = 32;
const INTERVAL: Duration = Duration::from_millis(500);

/// A delivery that did not verify.
struct Failed {
    seq: u64,
    url: Option<String>,
    checked: Arc<Checked>,
}

/// How many may still be tried: full at first, and filled again slowly.
struct Allowance {
    left: u32,
    filled: Instant,
}

impl Allowance {
    /// Takes one, where there is one.
    fn take(&mut self, now: Instant) -> bool {
        let gained = now.duration_since(self.filled).as_millis() / INTERVAL.as_millis();
        if let Ok(gained @ 1..) = u32::try_from(gained) {
            self.left = self.left.saturating_add(gained).min(BURST);
            self.filled = now;
        }
        let any = self.left > 0;
        self.left = self.left.saturating_sub(1);
        any
    }
}

/// Whether a body may wait beside so many bytes of longer ones.
const fn has_room(waiting: usize, body: usize) -> bool {
    body <= SMALL || waiting + body <= MOST_WAITING
}

/// What of a body counts among the bytes that wait.
const fn weight(body: usize) -> usize {
    if body <= SMALL { 0 } else { body }
}

/// What the thread works with.
pub(super) struct Rooms {
    pub(super) judge: Arc<Judge>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) pump: Arc<Pump>,
    /// The URL under which the endpoint is known, where it is.
    pub(super) bases: Vec<String>,
    /// The options with which `verify --event` judges as the listener does, as typed.
    pub(super) verify: String,
}

/// Explains failures, one at a time.
pub(super) struct Diagnoser {
    /// The bytes of the longer bodies that wait.
    waiting: Arc<AtomicUsize>,
    queue: Mutex<Option<(SyncSender<Failed>, Allowance)>>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Diagnoser {
    /// Starts the thread.
    pub(super) fn start(rooms: Rooms) -> std::io::Result<Self> {
        let (queue, failed) = sync_channel(WAITING);
        let thread = std::thread::Builder::new().name("diagnose".to_owned());
        let waiting = Arc::new(AtomicUsize::new(0));
        let shared = Arc::clone(&waiting);
        let thread = thread.spawn(move || rooms.explain_all(&failed, &shared))?;
        let allowance = Allowance { left: BURST, filled: Instant::now() };
        Ok(Self { waiting, queue: Mutex::new(Some((queue, allowance))), thread: Mutex::new(Some(thread)) })
    }

    /// Has a failure explained, unless it is busy; waits for nothing.
    pub(super) fn offer(&self, seq: u64, checked: &Arc<Checked>, url: Option<&str>) {
        if checked.verdict.verified() || checked.delivery.body.len() > LONGEST {
            return;
        }
        let body = checked.delivery.body.len();
        let mut queue = self.queue.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((queue, allowance)) = queue.as_mut()
            && has_room(self.waiting.load(Ordering::Relaxed), body)
            && allowance.take(Instant::now())
        {
            let failed = Failed { seq, url: url.map(str::to_owned), checked: Arc::clone(checked) };
            self.waiting.fetch_add(weight(body), Ordering::Relaxed);
            if queue.try_send(failed).is_err() {
                // Full: it is busy, and this one is passed over.
                self.waiting.fetch_sub(weight(body), Ordering::Relaxed);
            }
        }
    }

    /// Waits until what waits is explained: a few deliveries, each bounded.
    pub(super) async fn finish(&self) {
        drop(self.queue.lock().unwrap_or_else(PoisonError::into_inner).take());
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            // A thread that panicked has been told of by the panic itself.
            drop(tokio::task::spawn_blocking(move || drop(thread.join())).await);
        }
    }
}

impl Rooms {
    fn explain_all(&self, failed: &Receiver<Failed>, waiting: &AtomicUsize) {
        let mut told = false;
        while let Ok(failed) = failed.recv() {
            waiting.fetch_sub(weight(failed.checked.delivery.body.len()), Ordering::Relaxed);
            if !self.explain(&failed) && !told && failed.checked.verdict.code == Code::Mismatch {
                // Of the first one alone: under a flood of forgeries it would be noise.
                told = true;
                let table = self.ledger.path().map(|_| self.table_of(&failed));
                self.pump.follow(|| Event::Unexplained { seq: failed.seq, table });
            }
        }
    }

    /// The command that shows all that was tried.
    fn table_of(&self, failed: &Failed) -> String {
        let url = failed.url.as_deref().map_or_else(String::new, |url| words(&["--url", url]));
        format!("hookctl verify --event {} --explain{}{url}", failed.seq, self.verify)
    }

    /// True when the mistake was found and told.
    fn explain(&self, failed: &Failed) -> bool {
        let (delivery, verdict) = (&failed.checked.delivery, &failed.checked.verdict);
        let message = delivery.message(failed.url.as_deref());
        let kept = self.before(failed.seq);
        let deliveries: Vec<Neighbour<'_>> =
            kept.iter().map(|(seq, other)| Neighbour { seq: *seq, message: other.message(None) }).collect();
        let context = Context { bases: &self.bases, deliveries: &deliveries };
        let explanation = self.judge.explain(&message, delivery.received, verdict, context);
        let Some(diagnosis) = explanation.found else { return false };
        let provider = verdict.provider.clone();
        let diagnosed = Diagnosed { seq: Some(failed.seq), provider, diagnosis };
        self.pump.follow(|| Event::Diagnosed(Arc::new(diagnosed)));
        true
    }

    /// The deliveries before one, from the journal; what cannot be read is no reason to fail.
    fn before(&self, seq: u64) -> Vec<(u64, Delivery)> {
        let Ledger::Journal(journal) = &*self.ledger else { return Vec::new() };
        let Some(last) = seq.checked_sub(1) else { return Vec::new() };
        let among = seq.saturating_sub(BEFORE)..=last;
        journal.read(|reader| Ok(neighbours(reader, among, seq, LONGEST as u64))).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Five forgeries of 250 KB filled the queue, and the failure of somebody's own sender was passed over.
    #[test]
    fn large_bodies_leave_room_for_small_ones() {
        let mut waiting = 0;
        let large = (0..100)
            .filter(|_| {
                let room = has_room(waiting, 250 << 10);
                waiting += if room { weight(250 << 10) } else { 0 };
                room
            })
            .count();
        assert_eq!(large, 2);
        assert!(large < WAITING && has_room(waiting, 2 << 10));
        assert_eq!(weight(2 << 10), 0);
    }

    #[test]
    fn a_flood_is_explained_slowly_and_a_person_at_once() {
        let begun = Instant::now();
        let mut allowance = Allowance { left: BURST, filled: begun };
        let taken = (0..1_000).filter(|_| allowance.take(begun)).count();
        assert_eq!(taken, BURST as usize);
        assert!(!allowance.take(begun + INTERVAL / 2));
        assert!(allowance.take(begun + INTERVAL));
        assert!(!allowance.take(begun + INTERVAL));
        let later = begun + Duration::from_secs(3600);
        assert_eq!((0..1_000).filter(|_| allowance.take(later)).count(), BURST as usize);
    }
}
