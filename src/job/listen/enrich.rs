//! Fetches the interview of each verified `interview.completed` from the
//! vendor's API (`--enrich`).
//!
//! Begins after the answer and never holds one up: what waits is bounded, and
//! what exceeds that is said to be missing. One call at a time, so that a burst
//! of webhooks is no burst of calls. The vendor's own limits are the client's.

use super::ending::Ending;
use super::ledger::Ledger;
use super::pump::Pump;
use crate::clock;
use crate::hook::delivery::Checked;
use crate::job::interviews::Source;
use crate::job::reconcile::EVENT;
use crate::job::report::{Event, Interviewed, Level, Note};
use crate::vendor::{Interview, VendorError};
use std::error::Error;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use tokio::sync::{Mutex, mpsc};
use tokio::task::JoinHandle;

/// How many interviews may wait to be fetched.
const WAITING: usize = 1_024;

/// A delivery whose interview is to be fetched.
struct Job {
    seq: u64,
    id: String,
}

/// Fetches interviews, or does nothing where that was not asked for.
pub(super) struct Enricher {
    provider: Option<&'static str>,
    queue: Mutex<Option<mpsc::Sender<Job>>>,
    offer: Option<mpsc::WeakSender<Job>>,
    task: Mutex<Option<JoinHandle<()>>>,
    missed: AtomicU64,
}

impl Enricher {
    /// Starts fetching from `source`.
    pub(super) fn start(
        source: Option<Source>,
        ledger: &Arc<Ledger>,
        pump: &Arc<Pump>,
        ending: &Ending,
    ) -> Self {
        let Some(source) = source else {
            return Self {
                provider: None,
                queue: Mutex::default(),
                offer: None,
                task: Mutex::default(),
                missed: AtomicU64::new(0),
            };
        };
        let (queue, jobs) = mpsc::channel(WAITING);
        let provider = source.provider();
        let fetching =
            Fetching { source, ledger: Arc::clone(ledger), pump: Arc::clone(pump), ending: ending.clone() };
        Self {
            provider: Some(provider),
            offer: Some(queue.downgrade()),
            queue: Mutex::new(Some(queue)),
            task: Mutex::new(Some(tokio::spawn(fetching.run(jobs)))),
            missed: AtomicU64::new(0),
        }
    }

    /// Has the interview of a delivery fetched, if it tells of one; waits for nothing.
    pub(super) fn offer(&self, seq: u64, checked: &Checked) {
        let Some(queue) = self.offer.as_ref().and_then(mpsc::WeakSender::upgrade) else { return };
        let ours = checked.verdict.verified() && checked.verdict.provider.as_deref() == self.provider;
        if !ours || checked.facts.event.as_deref() != Some(EVENT) {
            return;
        }
        if let Some(id) = &checked.facts.delivery_id
            && queue.try_send(Job { seq, id: id.clone() }).is_err()
        {
            self.missed.fetch_add(1, Ordering::Relaxed);
        }
    }

    /// Waits until what was offered is fetched, or it is time to give up.
    pub(super) async fn finish(&self, pump: &Pump) {
        drop(self.queue.lock().await.take());
        let task = self.task.lock().await.take();
        if let Some(task) = task {
            // A task that panicked has been told of by the panic itself.
            drop(task.await);
        }
        let missed = self.missed.load(Ordering::Relaxed);
        if missed > 0 {
            say_missed(pump, missed, "too many were waiting");
        }
    }
}

fn say_missed(pump: &Pump, missed: u64, why: &str) {
    pump.say(Event::Note(Note {
        level: Level::Warning,
        text: format!("{missed} interviews were not fetched: {why}"),
        hint: Some("fetch one with `hookctl interviews show ID`".to_owned()),
    }));
}

struct Fetching {
    source: Source,
    ledger: Arc<Ledger>,
    pump: Arc<Pump>,
    ending: Ending,
}

impl Fetching {
    async fn run(self, mut jobs: mpsc::Receiver<Job>) {
        let mut left = 0;
        while let Some(job) = jobs.recv().await {
            if left > 0 || self.ending.is_halted() {
                left += 1;
                continue;
            }
            tokio::select! {
                fetched = self.source.interview(&job.id) => self.keep(job, fetched),
                () = self.ending.over() => left += 1,
            }
        }
        if left > 0 {
            say_missed(&self.pump, left, "hookctl stopped");
        }
    }

    fn keep(&self, job: Job, fetched: Result<Interview, VendorError>) {
        let Job { seq, id } = job;
        let mut bytes = 0;
        let outcome = match fetched {
            Ok(interview) => {
                let object = serde_json::to_vec(&interview.raw).unwrap_or_default();
                bytes = object.len();
                if let Err(error) = self.ledger.record_interview(seq, object.into(), clock::now()) {
                    self.pump.warn(format!("the interview of #{seq} could not be kept: {error}"));
                }
                Ok(Box::new(interview))
            }
            Err(error) => Err(words(&error)),
        };
        let provider = self.source.provider();
        self.pump.follow(|| Event::Interview(Arc::new(Interviewed { seq, provider, id, outcome, bytes })));
    }
}

/// An error with its causes, in one line.
fn words(error: &VendorError) -> String {
    let mut text = error.to_string();
    let mut next = error.source();
    while let Some(cause) = next {
        text.push_str(&format!(": {cause}"));
        next = cause.source();
    }
    text
}
