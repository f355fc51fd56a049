//! Carries events from the receiver to the report without ever holding an
//! answer up: a slow or stopped terminal lags and catches up from the journal.
//!
//! The report runs on a thread of its own. When the queue between is full, of
//! events or of bytes, the delivery's number is noted instead, and it is shown later from the journal;
//! without a journal the number of deliveries not shown is said.

use crate::hook::attempt::{Attempt, Outcome};
use crate::job::report::{AnsweredBy, Delivered, Event, Level, Note, Report, Summary};
use crate::journal::{Entry, Reader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Events that may wait for the report.
const QUEUE: usize = 4096;
/// Bytes of bodies that may wait with them; one body may always.
const QUEUE_BYTES: usize = 8 << 20;
/// Deliveries that may be noted for catching up; more are only counted.
const NOTED: usize = 65_536;

/// What the journal may not hold yet of a delivery that is shown later.
struct Noted {
    seq: u64,
    status: u16,
    answered_by: AnsweredBy,
    took: Duration,
    not_forwarded: Option<&'static str>,
}

#[derive(Default)]
struct Lag {
    noted: Mutex<Vec<Noted>>,
    lost: AtomicU64,
}

/// Carries events to the report.
pub(super) struct Pump {
    sender: SyncSender<Event>,
    waiting: Arc<AtomicUsize>,
    lag: Arc<Lag>,
    thread: JoinHandle<()>,
}

impl Pump {
    /// Starts the report's thread; `journal` is where it catches up from.
    pub(super) fn start(report: Arc<dyn Report>, journal: Option<PathBuf>) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE);
        let (lag, waiting) = (Arc::new(Lag::default()), Arc::new(AtomicUsize::new(0)));
        let thread = std::thread::Builder::new().name("report".to_owned()).spawn({
            let (lag, waiting) = (Arc::clone(&lag), Arc::clone(&waiting));
            move || pump(&receiver, &waiting, &lag, report.as_ref(), journal.as_deref())
        })?;
        Ok(Self { sender, waiting, lag, thread })
    }

    /// Says something; never waits.
    pub(super) fn say(&self, event: Event) {
        let size = size_of_bodies(&event);
        let waiting = self.waiting.fetch_add(size, Ordering::Relaxed);
        let sent = if waiting > 0 && waiting.saturating_add(size) > QUEUE_BYTES {
            Err(event)
        } else {
            self.sender.try_send(event).map_err(|refused| match refused {
                TrySendError::Full(event) | TrySendError::Disconnected(event) => event,
            })
        };
        if let Err(event) = sent {
            self.waiting.fetch_sub(size, Ordering::Relaxed);
            self.lag.note(event);
        }
    }

    /// Says that something is not as it should be.
    pub(super) fn warn(&self, text: String) {
        self.say(Event::Note(Note { level: Level::Warning, text, hint: None }));
    }

    /// Says the summary after everything else, and waits until it was heard.
    pub(super) fn finish(self, summary: Summary) {
        // The queue may be full of what a slow terminal has not shown yet.
        let heard = self.sender.send(Event::Summary(summary)).is_ok();
        drop(self.sender);
        if heard {
            // A report that panicked has been told by the panic itself.
            drop(self.thread.join());
        }
    }
}

impl Lag {
    fn note(&self, event: Event) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Delivery(delivered) if noted.len() < NOTED => match delivered.seq {
                Some(seq) => noted.push(Noted {
                    seq,
                    status: delivered.status,
                    answered_by: delivered.answered_by,
                    took: delivered.took,
                    not_forwarded: delivered.not_forwarded,
                }),
                None => self.lose(),
            },
            _ => self.lose(),
        }
    }

    fn lose(&self) {
        self.lost.fetch_add(1, Ordering::Relaxed);
    }
}

/// What an event holds on to while it waits.
fn size_of_bodies(event: &Event) -> usize {
    let answered = |attempt: &Attempt| match &attempt.outcome {
        Outcome::Answered(answer) => answer.body.len(),
        Outcome::Failed(_) => 0,
    };
    match event {
        Event::Delivery(delivered) => {
            let answers: usize = delivered.attempts.iter().map(answered).sum();
            delivered.checked.delivery.body.len() + answers
        }
        Event::Attempt(attempted) => answered(&attempted.attempt),
        _ => 0,
    }
}

fn pump(
    receiver: &Receiver<Event>,
    waiting: &AtomicUsize,
    lag: &Lag,
    report: &dyn Report,
    journal: Option<&Path>,
) {
    while let Ok(event) = receiver.recv() {
        let last = matches!(event, Event::Summary(_));
        if last {
            catch_up(lag, report, journal);
        }
        report.report(&event);
        waiting.fetch_sub(size_of_bodies(&event), Ordering::Relaxed);
        drop(event);
        if last {
            return;
        }
        catch_up(lag, report, journal);
    }
}

fn catch_up(lag: &Lag, report: &dyn Report, journal: Option<&Path>) {
    let noted = std::mem::take(&mut *lag.noted.lock().unwrap_or_else(PoisonError::into_inner));
    if !noted.is_empty() {
        let reader = journal.and_then(|path| Reader::open(path).ok());
        for noted in noted {
            let entry = reader.as_ref().and_then(|reader| reader.get(noted.seq).ok().flatten());
            match entry {
                Some(entry) => report.report(&Event::Delivery(Arc::new(from_journal(&noted, &entry)))),
                None => lag.lose(),
            }
        }
    }
    let lost = lag.lost.swap(0, Ordering::Relaxed);
    if lost > 0 {
        report.report(&Event::Note(Note {
            level: Level::Warning,
            text: format!("{lost} records were not shown: the output could not keep up"),
            hint: journal.map(|_| "hookctl events list".to_owned()),
        }));
    }
}

fn from_journal(noted: &Noted, entry: &Entry) -> Delivered {
    Delivered {
        seq: Some(noted.seq),
        checked: Arc::new(entry.checked()),
        duplicate_of: entry.listed.duplicate_of,
        status: noted.status,
        answered_by: noted.answered_by,
        took: noted.took,
        attempts: entry.attempts.iter().map(|kept| kept.attempt.clone()).collect(),
        not_forwarded: noted.not_forwarded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::delivery::{Checked, Delivery, Facts};
    use crate::hook::headers::Head;
    use crate::hook::time::Timestamp;
    use crate::hook::verdict::{Code, Verdict};

    /// A terminal that shows nothing until it is allowed to.
    struct Stopped {
        allowed: Mutex<Receiver<()>>,
        shown: Arc<Mutex<Vec<String>>>,
    }

    impl Report for Stopped {
        fn report(&self, event: &Event) {
            let _ = self.allowed.lock().unwrap().recv();
            self.shown.lock().unwrap().push(match event {
                Event::Delivery(delivered) => format!("{} bytes", delivered.checked.delivery.body.len()),
                Event::Note(note) => note.text.clone(),
                _ => String::new(),
            });
        }
    }

    fn delivered(bytes: usize) -> Event {
        let delivery = Delivery {
            received: Timestamp::from_seconds(0),
            peer: "127.0.0.1:9".parse().unwrap(),
            head: Head::build("POST", "/", [("Host", "a")]).unwrap(),
            body: vec![b'b'; bytes].into(),
        };
        let verdict = Verdict::of(&Arc::from("koji"), Code::Mismatch, String::new());
        let checked = Checked { delivery, verdict, facts: Facts::default(), outbox: Arc::from([]) };
        Event::Delivery(Arc::new(Delivered {
            seq: None,
            checked: Arc::new(checked),
            duplicate_of: None,
            status: 200,
            answered_by: AnsweredBy::Policy,
            took: Duration::ZERO,
            attempts: Vec::new(),
            not_forwarded: None,
        }))
    }

    #[test]
    fn large_bodies_do_not_pile_up_before_a_stopped_terminal() {
        let (allow, allowed) = std::sync::mpsc::channel();
        let shown = Arc::new(Mutex::new(Vec::new()));
        let report = Stopped { allowed: Mutex::new(allowed), shown: Arc::clone(&shown) };
        let pump = Pump::start(Arc::new(report), None).unwrap();
        // One body passes whatever its size; a second one only beside small ones.
        for bytes in [QUEUE_BYTES + 1, 1, QUEUE_BYTES] {
            pump.say(delivered(bytes));
        }
        assert!(pump.waiting.load(Ordering::Relaxed) <= QUEUE_BYTES + 1);
        drop(allow);
        pump.finish(Summary::default());
        let shown = shown.lock().unwrap();
        assert_eq!(shown[0], format!("{} bytes", QUEUE_BYTES + 1));
        assert!(shown[1].starts_with("2 records were not shown"), "{shown:?}");
    }
}
