//! What `trigger` and `events replay` say: each attempt by a line, and whole
//! answers as far as they are wanted.
//!
//! Text or JSON lines on standard output; while many are sent, a bar on
//! standard error.

use super::delivery;
use super::fields::fields;
use super::json::JsonReport;
use super::pretty;
use super::progress::Progress;
use super::stream::Streams;
use super::text::note;
use crate::hook::attempt::Outcome;
use crate::job::report::{Attempted, Event, Next, Report};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

/// How many failures among many deliveries are shown whole: enough to see what is wrong.
const FAILURES: usize = 10;

/// Which answers are shown with headers and body.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Whole {
    /// Those of all attempts.
    Every,
    /// Those that no further try follows.
    Last,
    /// The first ten of these that are failures.
    LastFailed,
    /// None.
    Lines,
}

/// Prints attempts as they are made.
#[derive(Debug)]
pub struct SentReport {
    streams: Arc<Streams>,
    json: Option<JsonReport>,
    progress: Progress,
    whole: Whole,
    failures: AtomicUsize,
}

impl SentReport {
    /// Prints to `streams`: records through `json` if given, else lines, with the
    /// headers and the body of the answers that `whole` names.
    pub fn new(streams: Arc<Streams>, json: Option<JsonReport>, progress: Progress, whole: Whole) -> Self {
        Self { streams, json, progress, whole, failures: AtomicUsize::new(0) }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.progress.finish();
    }

    fn lines(&self, attempted: &Attempted) {
        let mut page = self.streams.page();
        delivery::attempted(&mut page, attempted);
        match &attempted.attempt.outcome {
            Outcome::Answered(answer) if self.wants(attempted) => {
                fields(&mut page, &answer.headers, false);
                pretty::body(&mut page, &answer.body, answer.headers.get("content-type"), delivery::INDENT);
            }
            Outcome::Answered(_) | Outcome::Failed(_) => {}
        }
        // The streams keep a failure and have told their owner.
        drop(self.streams.show(&page));
    }

    fn wants(&self, attempted: &Attempted) -> bool {
        let last = !matches!(attempted.next, Next::RetryAt(_));
        match self.whole {
            Whole::Every => true,
            Whole::Last => last,
            Whole::LastFailed => last && !attempted.attempt.outcome.delivered() && self.one_more(),
            Whole::Lines => false,
        }
    }

    /// Whether another failure is shown whole; says once that no more are.
    fn one_more(&self) -> bool {
        let before = self.failures.fetch_add(1, Ordering::Relaxed);
        if before == FAILURES {
            self.streams.say("from here on failures are shown by a line each; `--verbose` shows all whole");
        }
        before < FAILURES
    }
}

impl Report for SentReport {
    fn report(&self, event: &Event) {
        self.progress.aside(|| match (event, &self.json) {
            (Event::Note(said), _) => note(&self.streams, said),
            (event, Some(json)) => json.report(event),
            (Event::Attempt(attempted), None) => self.lines(attempted),
            _ => {}
        });
        if matches!(event, Event::Attempt(_)) {
            self.progress.step();
        }
    }
}
