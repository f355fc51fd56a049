//! Carries events from the receiver to the report without ever holding an
//! answer up: a slow or stopped terminal lags and catches up from the journal.
//!
//! The report runs on a thread of its own. When the queue between is full, of
//! events or of bytes, the delivery's number is noted instead, and it is shown later from the journal;
//! without a journal the number of deliveries not shown is said.

use crate::hook::attempt::{Attempt, Outcome};
use crate::hook::time::Timestamp;
use crate::job::report::{AnsweredBy, Delivered, Event, Level, Note, Report, Summary};
use crate::journal::{Entry, Reader};
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::sync::{Arc, Condvar, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Events that may wait for the report.
const QUEUE: usize = 4096;
/// Bytes of bodies that may wait with them; one body may always.
const QUEUE_BYTES: usize = 8 << 20;
/// Deliveries that may be noted for catching up; more are only counted.
const NOTED: usize = 65_536;
/// How long the report may stand still at the end: a terminal may be stopped, or nobody reads the pipe.
const STILL: Duration = Duration::from_secs(3);

/// What the journal may not hold yet of a delivery that is shown later.
struct Noted {
    seq: u64,
    status: u16,
    answered_by: AnsweredBy,
    took: Duration,
    /// When the attempt began that was made before the answer. The journal holds others beside
    /// it, which are told by themselves.
    tried: Option<Timestamp>,
    not_forwarded: Option<&'static str>,
}

#[derive(Default)]
struct Lag {
    /// There is a journal to catch up from.
    catches_up: bool,
    noted: Mutex<Vec<Noted>>,
    /// Deliveries are noted: those that follow are, too, or they would be shown before them.
    behind: AtomicBool,
    lost: AtomicU64,
    /// Bytes of bodies in the queue.
    waiting: AtomicUsize,
    progress: Mutex<Progress>,
    moved: Condvar,
}

/// How far the report has come.
#[derive(Clone, Copy, Default, PartialEq, Eq)]
struct Progress {
    /// How many events it has taken.
    reported: u64,
    /// It takes no more.
    ended: bool,
}

/// Notes the end of the report's thread, however it ends.
struct Ended<'a>(&'a Lag);

impl Drop for Ended<'_> {
    fn drop(&mut self) {
        self.0.progress.lock().unwrap_or_else(PoisonError::into_inner).ended = true;
        self.0.moved.notify_all();
    }
}

/// Carries events to the report.
pub(super) struct Pump {
    follows_deliveries: bool,
    sender: SyncSender<Event>,
    lag: Arc<Lag>,
    thread: JoinHandle<()>,
}

impl Pump {
    /// Starts the report's thread; `journal` is where it catches up from, and `named` what
    /// names it behind a command.
    pub(super) fn start(
        report: Arc<dyn Report>,
        journal: Option<PathBuf>,
        named: String,
    ) -> std::io::Result<Self> {
        let (sender, receiver) = sync_channel(QUEUE);
        let follows_deliveries = report.follows_deliveries();
        let lag = Arc::new(Lag { catches_up: journal.is_some(), ..Lag::default() });
        let thread = std::thread::Builder::new().name("report".to_owned()).spawn({
            let lag = Arc::clone(&lag);
            move || {
                let _ended = Ended(&lag);
                let journal = journal.as_deref();
                pump(&receiver, &Telling { lag: &lag, report: report.as_ref(), journal, named: &named });
            }
        })?;
        Ok(Self { follows_deliveries, sender, lag, thread })
    }

    /// Says something; never waits.
    pub(super) fn say(&self, event: Event) {
        if matches!(event, Event::Delivery(_)) && self.lag.behind.load(Ordering::Acquire) {
            return self.lag.note(event);
        }
        let size = size_of_bodies(&event);
        let waiting = self.lag.waiting.fetch_add(size, Ordering::Relaxed);
        let sent = if waiting > 0 && waiting.saturating_add(size) > QUEUE_BYTES {
            Err(event)
        } else {
            self.sender.try_send(event).map_err(|refused| match refused {
                TrySendError::Full(event) | TrySendError::Disconnected(event) => event,
            })
        };
        if let Err(event) = sent {
            self.lag.waiting.fetch_sub(size, Ordering::Relaxed);
            self.lag.note(event);
        }
    }

    /// Says what became of a delivery or an attempt, made only if somebody follows them.
    pub(super) fn follow(&self, event: impl FnOnce() -> Event) {
        if self.follows_deliveries {
            self.say(event());
        }
    }

    /// Says that something is not as it should be.
    pub(super) fn warn(&self, text: String) {
        self.say(Event::Note(Note { level: Level::Warning, text, hint: None }));
    }

    /// Says the summary after everything else, and waits until it was heard;
    /// false when the report stood still for too long.
    pub(super) fn finish(self, summary: Summary) -> bool {
        let Self { sender, lag, thread, .. } = self;
        let mut unsent = Some(Event::Summary(Box::new(summary)));
        let mut progress = lag.progress.lock().unwrap_or_else(PoisonError::into_inner);
        loop {
            // The queue may be full of what a slow terminal has not shown yet.
            if let Some(Err(TrySendError::Full(event))) = unsent.take().map(|event| sender.try_send(event)) {
                unsent = Some(event);
            }
            let before = *progress;
            if before.ended {
                drop(progress);
                // A report that panicked has been told by the panic itself.
                drop(thread.join());
                return true;
            }
            let waited = lag.moved.wait_timeout_while(progress, STILL, |now| *now == before);
            let (now, waited) = waited.unwrap_or_else(PoisonError::into_inner);
            if waited.timed_out() {
                return false;
            }
            progress = now;
        }
    }
}

impl Lag {
    fn note(&self, event: Event) {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        match event {
            Event::Delivery(delivered) if self.catches_up && noted.len() < NOTED => match delivered.seq {
                Some(seq) => {
                    self.behind.store(true, Ordering::Release);
                    noted.push(Noted {
                        seq,
                        status: delivered.status,
                        answered_by: delivered.answered_by,
                        took: delivered.took,
                        tried: delivered.attempts.first().map(|attempt| attempt.started),
                        not_forwarded: delivered.not_forwarded,
                    });
                }
                None => self.lose(),
            },
            _ => self.lose(),
        }
    }

    /// What was noted since the last time; when that is nothing, nobody is behind any more.
    fn take_noted(&self) -> Vec<Noted> {
        let mut noted = self.noted.lock().unwrap_or_else(PoisonError::into_inner);
        self.behind.store(!noted.is_empty(), Ordering::Release);
        std::mem::take(&mut *noted)
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
        Event::Interview(interviewed) => interviewed.bytes,
        _ => 0,
    }
}

/// The report and what it has not been told yet.
struct Telling<'a> {
    lag: &'a Lag,
    report: &'a dyn Report,
    journal: Option<&'a Path>,
    /// What names the journal behind a command.
    named: &'a str,
}

/// The next event, or nothing within `patience`.
fn wait(receiver: &Receiver<Event>, patience: Option<Duration>) -> Result<Event, RecvTimeoutError> {
    match patience {
        Some(patience) => receiver.recv_timeout(patience),
        None => receiver.recv().map_err(|_disconnected| RecvTimeoutError::Disconnected),
    }
}

fn pump(receiver: &Receiver<Event>, telling: &Telling<'_>) {
    let mut since_catching_up = 0;
    loop {
        let event = match receiver.try_recv() {
            Ok(event) => event,
            // What was in the queue came before what was noted.
            Err(_) if telling.catch_up() => continue,
            Err(_) => match wait(receiver, telling.report.settle()) {
                Ok(event) => event,
                Err(RecvTimeoutError::Timeout) => continue,
                Err(RecvTimeoutError::Disconnected) => return,
            },
        };
        if matches!(event, Event::Summary(_)) {
            while telling.catch_up() {}
            return telling.tell(&event);
        }
        telling.tell(&event);
        telling.lag.waiting.fetch_sub(size_of_bodies(&event), Ordering::Relaxed);
        since_catching_up += 1;
        // One may have been with the report when the first was noted.
        if since_catching_up > QUEUE {
            telling.catch_up();
            since_catching_up = 0;
        }
    }
}

impl Telling<'_> {
    fn tell(&self, event: &Event) {
        self.report.report(event);
        self.lag.progress.lock().unwrap_or_else(PoisonError::into_inner).reported += 1;
        self.lag.moved.notify_all();
    }

    /// Tells what was noted; whether there was anything.
    fn catch_up(&self) -> bool {
        let noted = self.lag.take_noted();
        let lost = self.lag.lost.swap(0, Ordering::Relaxed);
        let any = !noted.is_empty() || lost > 0;
        if !noted.is_empty() {
            let reader = self.journal.and_then(|path| Reader::open(path).ok());
            for noted in noted {
                let entry = reader.as_ref().and_then(|reader| reader.get(noted.seq).ok().flatten());
                match entry {
                    Some(entry) => self.tell(&Event::Delivery(Arc::new(from_journal(&noted, &entry)))),
                    None => self.lag.lose(),
                }
            }
        }
        if lost > 0 {
            self.tell(&Event::Note(Note {
                level: Level::Warning,
                text: format!("{lost} records were not shown: the output could not keep up"),
                hint: self.journal.map(|_| format!("hookctl events list{}", self.named)),
            }));
        }
        any
    }
}

fn from_journal(noted: &Noted, entry: &Entry) -> Delivered {
    let before_the_answer = entry.attempts.iter().find(|kept| Some(kept.attempt.started) == noted.tried);
    Delivered {
        seq: Some(noted.seq),
        checked: Arc::new(entry.checked()),
        duplicate_of: entry.listed.duplicate_of,
        same_body: entry.listed.same_body,
        status: noted.status,
        answered_by: noted.answered_by,
        took: noted.took,
        attempts: before_the_answer.map(|kept| kept.attempt.clone()).into_iter().collect(),
        not_forwarded: noted.not_forwarded,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::delivery::{Checked, Delivery, Facts};
    use crate::hook::headers::Head;
    use crate::hook::verdict::Verdict;
    use crate::job::report::Recorder;
    use crate::journal::{Durability, Journal, Options};

    /// Takes nothing until the gate is opened.
    #[derive(Default)]
    struct Gated {
        open: Mutex<bool>,
        opened: Condvar,
        recorder: Recorder,
    }

    impl Gated {
        fn open(&self) {
            *self.open.lock().unwrap() = true;
            self.opened.notify_all();
        }
    }

    impl Report for Gated {
        fn report(&self, event: &Event) {
            drop(self.opened.wait_while(self.open.lock().unwrap(), |open| !*open).unwrap());
            self.recorder.report(event);
        }
    }

    fn checked() -> Arc<Checked> {
        Arc::new(Checked {
            delivery: Delivery {
                received: Timestamp::from_seconds(0),
                peer: "127.0.0.1:1".parse().unwrap(),
                head: Head::build("POST", "/", [("Host", "a")]).unwrap(),
                body: bytes::Bytes::new(),
            },
            verdict: Verdict::without_provider("for a test"),
            facts: Facts::default(),
            outbox: Arc::from([]),
        })
    }

    fn delivered(seq: u64, checked: &Arc<Checked>) -> Event {
        Event::Delivery(Arc::new(Delivered {
            seq: Some(seq),
            checked: Arc::clone(checked),
            duplicate_of: None,
            same_body: None,
            status: 200,
            answered_by: AnsweredBy::Policy,
            took: Duration::ZERO,
            attempts: Vec::new(),
            not_forwarded: None,
        }))
    }

    #[tokio::test]
    async fn what_a_slow_report_could_not_take_in_time_is_told_in_order() {
        const MANY: u64 = 2 * QUEUE as u64;
        let folder = tempfile::tempdir().unwrap();
        let options = Options { durability: Durability::Off, ..Options::default() };
        let journal = Journal::open(&folder.path().join("journal.db"), options).unwrap();
        let (report, checked) = (Arc::new(Gated::default()), checked());
        let of_pump = Arc::clone(&report);
        let pump = Pump::start(of_pump, Some(journal.path().to_owned()), String::new()).unwrap();
        for seq in 1..=MANY {
            let _: u64 = journal.append(Arc::clone(&checked)).await.unwrap().seq();
            pump.say(delivered(seq, &checked));
            if seq == MANY - 10 {
                report.open();
            }
        }
        assert!(pump.finish(Summary::default()));
        let events = report.recorder.events();
        let told: Vec<u64> = events
            .iter()
            .filter_map(|event| match event {
                Event::Delivery(delivered) => delivered.seq,
                _ => None,
            })
            .collect();
        let disorder = told.iter().zip(1..).find(|(told, expected)| **told != *expected);
        assert_eq!((disorder, told.len() as u64), (None, MANY));
        assert!(matches!(events.last(), Some(Event::Summary(_))));
        assert_eq!(events.len() as u64, MANY + 1, "nothing was lost");
        journal.close().await.unwrap();
    }

    #[test]
    fn a_report_that_stands_still_is_not_waited_for() {
        let report = Arc::new(Gated::default());
        let of_pump = Arc::clone(&report);
        let pump = Pump::start(of_pump, None, String::new()).unwrap();
        let checked = checked();
        for seq in 1..=2 * QUEUE as u64 {
            pump.say(delivered(seq, &checked));
        }
        assert!(!pump.finish(Summary::default()));
        report.open();
    }

    #[test]
    fn a_report_that_holds_something_back_is_asked_for_it_without_an_event() {
        struct Holds(Mutex<u32>, SyncSender<()>);
        impl Report for Holds {
            fn report(&self, _: &Event) {}

            fn settle(&self) -> Option<Duration> {
                let mut asked = self.0.lock().unwrap();
                *asked += 1;
                if *asked == 3 {
                    self.1.send(()).unwrap();
                }
                (*asked < 3).then_some(Duration::from_millis(1))
            }
        }
        let (told, asked) = sync_channel(1);
        let pump = Pump::start(Arc::new(Holds(Mutex::default(), told)), None, String::new()).unwrap();
        asked.recv_timeout(Duration::from_secs(60)).unwrap();
        assert!(pump.finish(Summary::default()));
    }

    #[test]
    fn a_report_that_panics_ends_and_holds_nobody() {
        struct Panics;
        impl Report for Panics {
            fn report(&self, _: &Event) {
                panic!("for a test");
            }
        }
        let pump = Pump::start(Arc::new(Panics), None, String::new()).unwrap();
        pump.warn("x".to_owned());
        assert!(pump.finish(Summary::default()));
    }
}
