//! `ack`: passes on what was acknowledged, in order, until the target takes it.
//!
//! One worker a target reads the journal's outbox by cursor, so what was
//! acknowledged before a crash is passed on after it. The head of the queue
//! blocks what is behind it: order is kept, and a target that is down is tried
//! by the schedule until it is up or the delivery is a dead letter.

use super::Options;
use super::ending::Ending;
use super::intake::DEFAULT_DEADLINE;
use super::ledger::Ledger;
use super::pump::Pump;
use super::tally::Tally;
use crate::clock;
use crate::forward::Forwarder;
use crate::hook::attempt::{Attempt, Outcome};
use crate::hook::curl::{word, words};
use crate::hook::quantity::span;
use crate::hook::schedule;
use crate::hook::target::Target;
use crate::hook::time::Timestamp;
use crate::job::report::{AnswerPolicy, Attempted, Event, Level, Next, Note};
use crate::journal::{Entry, Journal, Occasion, OutboxState, Pending, ReadError, Reader, Settlement};
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinSet;

/// Deliveries read from the outbox at a time.
const PAGE: usize = 64;
/// How long to wait after the journal itself failed.
const JOURNAL_PAUSE: Duration = Duration::from_secs(1);
/// How often a worker that waits looks whether what it waits with is still owed.
const LOOK: Duration = Duration::from_millis(500);

/// Tells the workers that the outbox has grown.
#[derive(Clone)]
pub(super) struct NewWork {
    targets: Arc<[String]>,
    bell: watch::Sender<()>,
}

impl NewWork {
    /// The names under which deliveries are put into the outbox.
    pub(super) fn targets(&self) -> Arc<[String]> {
        Arc::clone(&self.targets)
    }

    /// There is something new.
    pub(super) fn announce(&self) {
        self.bell.send_replace(());
    }
}

/// The running workers.
pub(super) struct Dispatch {
    workers: JoinSet<()>,
    new_work: NewWork,
}

impl Dispatch {
    pub(super) fn new_work(&self) -> NewWork {
        self.new_work.clone()
    }

    /// Waits for the workers, which end by themselves when the listener does.
    pub(super) async fn finish(mut self) {
        while self.workers.join_next().await.is_some() {}
    }
}

struct Worker {
    target: Target,
    name: String,
    ledger: Arc<Ledger>,
    forwarder: Arc<Forwarder>,
    options: Arc<Options>,
    pump: Arc<Pump>,
    tally: Arc<Tally>,
    ending: Ending,
    bell: watch::Receiver<()>,
}

/// Starts a worker a target; none unless deliveries are acknowledged first.
pub(super) fn start(
    ledger: &Arc<Ledger>,
    forwarder: &Arc<Forwarder>,
    options: &Arc<Options>,
    pump: &Arc<Pump>,
    tally: &Arc<Tally>,
    ending: &Ending,
) -> Dispatch {
    let targets: Arc<[String]> = options.targets.iter().map(ToString::to_string).collect();
    let (bell, _) = watch::channel(());
    let mut workers = JoinSet::new();
    if options.answer == AnswerPolicy::Ack {
        for target in &options.targets {
            let worker = Worker {
                target: target.clone(),
                name: target.to_string(),
                ledger: Arc::clone(ledger),
                forwarder: Arc::clone(forwarder),
                options: Arc::clone(options),
                pump: Arc::clone(pump),
                tally: Arc::clone(tally),
                ending: ending.clone(),
                bell: bell.subscribe(),
            };
            workers.spawn(worker.run());
        }
    }
    Dispatch { workers, new_work: NewWork { targets, bell } }
}

/// Says what was acknowledged by an earlier run and waits: for a target of this run, when it is
/// tried next; for another one, which would otherwise wait unseen, what serves it.
pub(super) fn say_what_waits(ledger: &Ledger, options: &Options, pump: &Pump) {
    let Ledger::Journal(journal) = ledger else { return };
    let Ok(stats) = journal.read(Reader::stats) else { return };
    let served = |name: &str| {
        options.answer == AnswerPolicy::Ack && options.targets.iter().any(|target| target.to_string() == name)
    };
    for owed in stats.targets.iter().filter(|owed| owed.pending > 0) {
        let what = match owed.pending {
            1 => "1 acknowledged delivery waits".to_owned(),
            count => format!("{count} acknowledged deliveries wait"),
        };
        let target = &owed.target;
        let note = if served(target) {
            // The first holds up those behind it.
            let first = journal.pending(target, 0, 1).unwrap_or_default();
            let wait = first.first().map_or(Duration::ZERO, |pending| wait(options, pending));
            let next = if wait.as_secs() == 0 { "now".to_owned() } else { format!("in {}", span(wait)) };
            Note {
                level: Level::Info,
                text: format!("{what} for {target}; the next try is {next}"),
                hint: None,
            }
        } else {
            Note {
                level: Level::Warning,
                text: format!("{what} for {target}, which this run does not serve"),
                hint: Some(format!(
                    "hookctl listen --answer ack --forward {}{}",
                    word(target),
                    words(&options.again)
                )),
            }
        };
        pump.say(Event::Note(note));
    }
}

/// How long until the next try. Due times are of the wall clock, so that they
/// outlive this process; a clock that was set back must not make them far away.
fn wait(options: &Options, pending: &Pending) -> Duration {
    let longest = if pending.tries == 0 { Duration::ZERO } else { options.schedule.longest_wait() };
    pending.due.since(clock::now()).min(longest)
}

/// Why a worker stops working.
struct Stop;

impl Worker {
    async fn run(mut self) {
        while self.pass_on_what_waits().await.is_ok() {
            let grown = tokio::select! {
                // What grew before the end is still looked at.
                biased;
                grown = self.bell.changed() => grown.is_ok(),
                () = self.ending.begun() => false,
            };
            if !grown {
                return;
            }
        }
    }

    /// Works through the outbox until it is empty.
    async fn pass_on_what_waits(&mut self) -> Result<(), Stop> {
        let ledger = Arc::clone(&self.ledger);
        let Ledger::Journal(journal) = ledger.as_ref() else { return Ok(()) };
        loop {
            let page = match journal.pending(&self.name, 0, PAGE) {
                Ok(page) => page,
                Err(error) => {
                    self.warn(format!("cannot read the journal to forward from it: {error}"));
                    self.pause(JOURNAL_PAUSE).await?;
                    continue;
                }
            };
            if page.is_empty() {
                return Ok(());
            }
            for pending in page {
                self.pass_on(journal, pending).await?;
            }
        }
    }

    /// Tries one delivery until it is settled.
    async fn pass_on(&mut self, journal: &Journal, mut pending: Pending) -> Result<(), Stop> {
        let mut wait = wait(&self.options, &pending);
        loop {
            self.pause_while_owed(journal, pending.seq, std::mem::take(&mut wait)).await?;
            let entry = match journal.read(|reader| reader.get(pending.seq)) {
                Ok(Some(entry)) if self.waits(&entry) => entry,
                // Another process replayed it to this target: a second copy helps nobody.
                Ok(Some(_)) => return Ok(()),
                // Pruned by hand: nothing is left to pass on.
                Ok(None) => return self.settle(journal, &pending, Settlement::Dead).await,
                // It stays unreadable, and whatever is behind it would wait for ever.
                Err(error @ ReadError::Damaged { .. }) => {
                    self.warn(format!("#{} cannot be passed on: {error}", pending.seq));
                    return self.settle(journal, &pending, Settlement::Dead).await;
                }
                Err(error) => {
                    self.warn(format!("cannot read #{} from the journal: {error}", pending.seq));
                    self.pause(JOURNAL_PAUSE).await?;
                    continue;
                }
            };
            let tries = pending.tries + 1;
            let attempt = self.attempt(&entry, tries).await?;
            self.tally.attempted(&attempt, self.options.expect_status.as_ref());
            let next = self.next(&pending, &attempt, tries);
            if let Next::RetryAt(due) = next {
                // Counted from here by a clock that does not jump.
                wait = due.since(clock::now());
            }
            if let Err(error) = journal.record_attempt(pending.seq, &attempt, Occasion::Outbox) {
                self.warn(format!("an attempt of #{} could not be kept: {error}", pending.seq));
            }
            self.pump.follow(|| {
                Event::Attempt(Arc::new(Attempted {
                    seq: pending.seq,
                    event: entry.listed.facts.event.clone(),
                    attempt: attempt.clone(),
                    next,
                    again: self.again(next),
                }))
            });
            match next {
                Next::RetryAt(due) => {
                    let first_failure = pending.first_failed.unwrap_or(attempt.started);
                    let failed = attempt.started.plus(attempt.duration);
                    let retry = Settlement::Retry { failed, due };
                    self.settle(journal, &pending, retry).await?;
                    pending = Pending { due, tries, first_failed: Some(first_failure), ..pending };
                }
                Next::Delivered | Next::Nothing => {
                    return self.settle(journal, &pending, Settlement::Delivered).await;
                }
                Next::Dead => return self.settle(journal, &pending, Settlement::Dead).await,
            }
        }
    }

    /// Whether a delivery is still owed to this target.
    fn waits(&self, entry: &Entry) -> bool {
        entry.listed.outbox.iter().any(|row| row.target == self.name && row.state == OutboxState::Pending)
    }

    /// One attempt. A stop lets it end, so that the target does not get the
    /// delivery twice; one that outlasts the drain is made again after the restart.
    async fn attempt(&self, entry: &Entry, number: u32) -> Result<Attempt, Stop> {
        let delivery = &entry.delivery;
        let deadline = self.options.timeout.unwrap_or(DEFAULT_DEADLINE);
        let (target, head, body) = (&self.target, &delivery.head, &delivery.body);
        let never = std::future::pending();
        tokio::select! {
            attempt = self.forwarder.attempt_unless(target, head, body, number, deadline, never) => Ok(attempt),
            () = self.ending.over() => Err(Stop),
        }
    }

    fn next(&self, pending: &Pending, attempt: &Attempt, tries: u32) -> Next {
        if attempt.outcome.delivered() {
            return Next::Delivered;
        }
        if !self.options.schedule.tries_again_after(&attempt.outcome) {
            return Next::Dead;
        }
        let now = clock::now();
        let first_failure = pending.first_failed.unwrap_or(attempt.started);
        let due =
            self.options.schedule.next(first_failure, tries, now, retry_after(attempt, now), clock::jitter());
        due.map_or(Next::Dead, Next::RetryAt)
    }

    /// What `events replay` takes to send a dead letter to the target as it was named.
    fn again(&self, next: Next) -> Vec<String> {
        if next != Next::Dead {
            return Vec::new();
        }
        let name = self.name.strip_prefix("http://").unwrap_or(&self.name);
        ["--to", name].into_iter().map(str::to_owned).chain(self.options.replay.iter().cloned()).collect()
    }

    /// Writes down what became of it; the worker does not go on before that is on disk.
    async fn settle(&self, journal: &Journal, pending: &Pending, settlement: Settlement) -> Result<(), Stop> {
        while let Err(error) = journal.settle(pending.seq, &self.name, settlement).await {
            self.warn(format!("cannot note what became of #{}: {error}", pending.seq));
            self.pause(JOURNAL_PAUSE).await?;
        }
        Ok(())
    }

    /// Waits for the next try, or until somebody else brings the delivery to this target: those
    /// behind it must not wait for what is done.
    async fn pause_while_owed(&self, journal: &Journal, seq: u64, time: Duration) -> Result<(), Stop> {
        let end = Instant::now() + time;
        loop {
            let rest = end.saturating_duration_since(Instant::now());
            self.pause(rest.min(LOOK)).await?;
            if rest <= LOOK || !self.is_owed(journal, seq) {
                return Ok(());
            }
        }
    }

    /// Whether a delivery is still owed to this target; what cannot be asked is.
    fn is_owed(&self, journal: &Journal, seq: u64) -> bool {
        match journal.pending(&self.name, seq.saturating_sub(1), 1) {
            Ok(next) => next.first().is_some_and(|next| next.seq == seq),
            Err(_unreadable) => true,
        }
    }

    /// Waits, unless the listener ends: then only what is due is passed on, or nothing.
    async fn pause(&self, time: Duration) -> Result<(), Stop> {
        if self.ending.is_halted() {
            return Err(Stop);
        }
        if time.is_zero() {
            return Ok(());
        }
        tokio::select! {
            () = tokio::time::sleep(time) => Ok(()),
            () = self.ending.begun() => Err(Stop),
        }
    }

    fn warn(&self, text: String) {
        self.pump.warn(text);
    }
}

fn retry_after(attempt: &Attempt, now: Timestamp) -> Option<Duration> {
    let Outcome::Answered(answer) = &attempt.outcome else { return None };
    schedule::retry_after(&answer.headers, now)
}
