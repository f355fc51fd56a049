//! What `trigger` and `events replay` say: each attempt, and for a single one
//! the whole answer.
//!
//! Text or JSON lines on standard output; while many are sent, a bar on
//! standard error.

use super::delivery;
use super::json::JsonReport;
use super::pretty;
use super::progress::Progress;
use super::stream::Streams;
use super::text::note;
use crate::hook::attempt::Outcome;
use crate::job::report::{Attempted, Event, Report};
use std::sync::Arc;

/// Prints attempts as they are made.
#[derive(Debug)]
pub struct SentReport {
    streams: Arc<Streams>,
    json: Option<JsonReport>,
    progress: Progress,
    whole: bool,
}

impl SentReport {
    /// Prints to `streams`: records through `json` if given, else lines. With
    /// `whole`, the answer's headers and body follow its line.
    pub fn new(streams: Arc<Streams>, json: Option<JsonReport>, progress: Progress, whole: bool) -> Self {
        Self { streams, json, progress, whole }
    }

    /// Takes the bar away.
    pub fn finish(&self) {
        self.progress.finish();
    }

    fn lines(&self, attempted: &Attempted) {
        let mut page = self.streams.page();
        delivery::attempted(&mut page, attempted);
        match &attempted.attempt.outcome {
            Outcome::Answered(answer) if self.whole => {
                delivery::fields(&mut page, &answer.headers, false);
                pretty::body(&mut page, &answer.body, answer.headers.get("content-type"), delivery::INDENT);
            }
            Outcome::Answered(_) | Outcome::Failed(_) => {}
        }
        // The streams keep a failure and have told their owner.
        drop(self.streams.show(&page));
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
