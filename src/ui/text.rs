//! What `listen` says, as lines for a person.
//!
//! One line a delivery, its payload below as asked; results on standard
//! output, talk on standard error. A verdict is a sign, a word and a colour.
//! While the display is paused events are held, up to a bound, and the job goes
//! on. What is turned away or warned of many times a second is one line a second.
//! Does not filter and does not count: the job does.

use super::delivery;
use super::explanation;
use super::fold::{Fold, Same};
use super::frame::{banner, keys, summary};
use super::human;
use super::interview;
use super::page::Page;
use super::rejected;
use super::stream::Streams;
use super::style::Role;
use crate::job::report::{Event, Level, Note, Report};
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::{Duration, Instant};

/// How much of a delivery is shown below its line (`--show`).
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Show {
    /// The body, made readable.
    #[default]
    Body,
    /// The request line and the headers.
    Headers,
    /// Both.
    All,
    /// Nothing.
    None,
}

impl Show {
    /// Whether the headers are shown.
    pub const fn headers(self) -> bool {
        matches!(self, Self::Headers | Self::All)
    }

    /// Whether the body is shown.
    pub const fn body(self) -> bool {
        matches!(self, Self::Body | Self::All)
    }
}

/// How `listen` talks.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct TextOptions {
    /// What is shown below each line.
    pub show: Show,
    /// Whether credentials and signatures in headers are shown whole.
    pub reveal: bool,
    /// Whether keys are read, so that the banner names them.
    pub keys: bool,
    /// Whether there is an inspector for a key to open.
    pub inspector: bool,
}

/// The most bytes held while the display is paused.
const MAX_HELD: usize = 1 << 20;

#[derive(Debug)]
enum Held {
    Result(Page),
    Talk(Page),
}

#[derive(Debug, Default)]
struct Pause {
    paused: bool,
    held: Vec<Held>,
    bytes: usize,
    dropped: u64,
}

/// Prints events as text.
#[derive(Debug)]
pub struct TextReport {
    streams: Arc<Streams>,
    options: TextOptions,
    pause: Mutex<Pause>,
    fold: Mutex<Fold>,
    /// What names the journal behind a command; known once the listener is ready.
    named_journal: OnceLock<String>,
}

impl TextReport {
    /// Prints to `streams`.
    pub fn new(streams: Arc<Streams>, options: TextOptions) -> Self {
        let (pause, fold) = (Mutex::default(), Mutex::default());
        Self { streams, options, pause, fold, named_journal: OnceLock::new() }
    }

    /// A command over the journal of this listener.
    fn over_journal(&self, command: &str) -> String {
        format!("{command}{}", self.named_journal.get().map_or("", String::as_str))
    }

    /// Stops the display, or goes on and shows what came meanwhile. Says
    /// whether it is paused now.
    pub fn toggle_pause(&self) -> bool {
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        if pause.paused {
            self.go_on(&mut pause);
        } else {
            pause.paused = true;
        }
        let mut page = self.streams.narration();
        let words = if pause.paused { "paused; space goes on" } else { "going on" };
        page.put(Role::Dim, words).end_line();
        self.streams.talk(&page);
        pause.paused
    }

    /// Shows what the keys do.
    pub fn help(&self) {
        let mut page = self.streams.narration();
        page.put(Role::Dim, "keys").space(2);
        keys(&mut page, self.options.inspector);
        page.end_line();
        self.streams.talk(&page);
    }

    fn go_on(&self, pause: &mut Pause) {
        let held = std::mem::take(pause);
        for page in held.held {
            match page {
                Held::Result(page) => drop(self.streams.show(&page)),
                Held::Talk(page) => self.streams.narrate(&page),
            }
        }
        if held.dropped > 0 {
            let what = human::counted(held.dropped, "event", "events");
            self.streams.warn(
                &format!("{what} came while the display was paused and are not shown"),
                Some(&self.over_journal("hookctl events list")),
            );
        }
    }

    fn give(&self, held: Held) {
        let mut pause = self.pause.lock().unwrap_or_else(PoisonError::into_inner);
        if !pause.paused {
            match held {
                // The streams keep a failure and have told their owner.
                Held::Result(page) => drop(self.streams.show(&page)),
                Held::Talk(page) => self.streams.narrate(&page),
            }
            return;
        }
        let (Held::Result(page) | Held::Talk(page)) = &held;
        if pause.bytes + page.len() > MAX_HELD {
            pause.dropped += 1;
        } else {
            pause.bytes += page.len();
            pause.held.push(held);
        }
    }

    fn result(&self, fill: impl FnOnce(&mut Page)) {
        let mut page = self.streams.page();
        fill(&mut page);
        self.give(Held::Result(page));
    }
}

impl TextReport {
    fn with_fold<T>(&self, act: impl FnOnce(&mut Fold) -> T) -> T {
        act(&mut self.fold.lock().unwrap_or_else(PoisonError::into_inner))
    }

    /// Whether this is to be told now; otherwise it is counted.
    fn tells(&self, same: Same) -> bool {
        self.with_fold(|fold| fold.tells(same, Instant::now()))
    }

    /// Tells how often came what was counted.
    fn tell_counted(&self, counted: Vec<(Same, u64)>) {
        for (same, more) in counted {
            let more = human::count(more);
            match same {
                Same::Rejected(code) => self.result(|page| rejected::rejected_more(page, code, &more)),
                Same::Warned(text) => self.streams.warn(&format!("{more} more: {text}"), None),
            }
        }
    }
}

impl Report for TextReport {
    fn settle(&self) -> Option<Duration> {
        let now = Instant::now();
        self.tell_counted(self.with_fold(|fold| fold.due(now)));
        self.with_fold(|fold| fold.next()).map(|due| due.saturating_duration_since(now))
    }

    fn follows_deliveries(&self) -> bool {
        !self.streams.quiet()
    }

    fn report(&self, event: &Event) {
        match event {
            Event::Ready(ready) => {
                self.named_journal.get_or_init(|| ready.named_journal.clone());
                let mut page = self.streams.narration();
                banner(&mut page, ready, self.options);
                self.streams.narrate(&page);
                if !ready.address.ip().is_loopback() {
                    self.streams.warn("other machines can reach this address", None);
                }
            }
            Event::Delivery(delivered) => {
                self.result(|page| delivery::delivered(page, delivered, self.options));
            }
            Event::Attempt(attempted) => self.result(|page| delivery::attempted(page, attempted)),
            Event::Interview(interviewed) => self.result(|page| interview::fetched(page, interviewed)),
            Event::Diagnosed(diagnosed) => self.result(|page| explanation::diagnosed(page, diagnosed)),
            Event::Unexplained { seq, table } => {
                let mut page = self.streams.narration();
                explanation::unexplained(&mut page, *seq, table.as_deref());
                self.give(Held::Talk(page));
            }
            Event::Rejected(rejected) => {
                self.settle();
                if self.tells(Same::Rejected(rejected.code)) {
                    self.result(|page| rejected::rejected(page, rejected));
                }
            }
            Event::Note(said) if said.level == Level::Info => {
                let mut page = self.streams.narration();
                info(&mut page, said);
                self.give(Held::Talk(page));
            }
            Event::Note(said) => {
                self.settle();
                if self.tells(Same::Warned(said.text.clone())) {
                    note(&self.streams, said);
                }
            }
            Event::Summary(said) => {
                self.tell_counted(self.with_fold(Fold::rest));
                self.go_on(&mut self.pause.lock().unwrap_or_else(PoisonError::into_inner));
                let mut page = self.streams.narration();
                summary(&mut page, said);
                if said.waiting > 0 {
                    let command = self.over_journal("hookctl events list --undelivered");
                    page.space(2).put(Role::Dim, "hint:").space(1).put(Role::Plain, command).end_line();
                }
                self.streams.narrate(&page);
            }
        }
    }
}

/// Says a note on standard error: a warning always, the rest unless quiet.
pub(super) fn note(streams: &Streams, note: &Note) {
    match note.level {
        Level::Warning => streams.warn(&note.text, note.hint.as_deref()),
        Level::Info => {
            let mut page = streams.narration();
            info(&mut page, note);
            streams.narrate(&page);
        }
    }
}

fn info(page: &mut Page, note: &Note) {
    page.put(Role::Plain, &note.text).end_line();
    if let Some(hint) = &note.hint {
        page.space(2).put(Role::Dim, "hint:").space(1).put(Role::Plain, hint).end_line();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::verdict::Code;
    use crate::job::report::{AnswerPolicy, Ready, Rejected, SecretOrigin, Summary};
    use crate::ui::fixture::{checked, delivered};
    use crate::ui::stream::captured;
    use crate::ui::style::Look;
    use snapbox::{assert_data_eq, str};
    use std::time::Duration;

    fn ready() -> Ready {
        Ready {
            address: "127.0.0.1:4400".parse().unwrap(),
            url: "http://127.0.0.1:4400".to_owned(),
            answer: AnswerPolicy::Mirror,
            retries: true,
            targets: vec!["http://localhost:3000".to_owned()],
            provider: Some("koji".to_owned()),
            secrets: vec![SecretOrigin {
                provider: Some("koji".to_owned()),
                origin: "KOJI_WEBHOOK_SECRET".to_owned(),
                file: None,
            }],
            journal: Some("/home/ada/journal.db".to_owned()),
            named_journal: String::new(),
            inspector: None,
        }
    }

    fn delivery() -> Event {
        Event::Delivery(Arc::new(delivered(checked(Code::Verified, "ok"), Vec::new())))
    }

    #[test]
    fn the_banner_is_talk_and_says_what_the_listener_does() {
        let (streams, out, err) = captured(Look::PLAIN, false);
        let report = TextReport::new(streams, TextOptions { keys: true, ..TextOptions::default() });
        report.report(&Event::Ready(Arc::new(ready())));
        assert_eq!(out.text(), "");
        assert_data_eq!(
            err.text(),
            str![[r#"
listening on http://127.0.0.1:4400
  answer    mirror: the sender gets the target's own answer
  forward   http://localhost:3000
  provider  koji
  secret    koji: KOJI_WEBHOOK_SECRET
  journal   /home/ada/journal.db
  keys      r replay the last · space pause · ? help · q stop

"#]]
        );
    }

    #[test]
    fn what_is_missing_or_open_to_others_is_said() {
        let (streams, _, err) = captured(Look::PLAIN, false);
        let bare = Ready {
            address: "0.0.0.0:4400".parse().unwrap(),
            answer: AnswerPolicy::Strict,
            targets: Vec::new(),
            provider: None,
            secrets: Vec::new(),
            journal: None,
            inspector: None,
            ..ready()
        };
        TextReport::new(streams, TextOptions::default()).report(&Event::Ready(Arc::new(bare)));
        assert_data_eq!(
            err.text(),
            str![[r#"
listening on http://127.0.0.1:4400
  answer    strict: 200 to everything, because nothing can be verified
  provider  recognised for each delivery
  secret    none known: nothing can be verified
  journal   off: nothing is kept
⚠ warning: other machines can reach this address

"#]]
        );
    }

    #[test]
    fn deliveries_are_results_and_show_their_body_by_default() {
        let (streams, out, err) = captured(Look::PLAIN, true);
        TextReport::new(streams, TextOptions::default()).report(&delivery());
        assert_eq!(err.text(), "");
        assert_eq!(out.text().lines().count(), 5);
        assert!(out.text().contains("\n            \"score\": 1.10\n"));
    }

    #[test]
    fn the_summary_leaves_out_what_did_not_happen() {
        let (streams, _, err) = captured(Look::PLAIN, false);
        let report = TextReport::new(streams, TextOptions::default());
        report
            .report(&Event::Summary(Box::new(Summary { ran: Duration::from_secs(3), ..Summary::default() })));
        let busy = Summary {
            received: 1_012,
            verified: 1_010,
            failed: 1,
            unjudged: 1,
            forwarded: 1_009,
            waiting: 1,
            ran: Duration::from_secs(303),
            ..Summary::default()
        };
        report.report(&Event::Summary(Box::new(busy)));
        assert_data_eq!(
            err.text(),
            str![[r#"
0 deliveries in 3.0s
1,012 deliveries in 5m 3s: 1,010 verified, 1 not verified, 1 not checked, 1,009 forwarded, 1 waiting for a target
  hint: hookctl events list --undelivered

"#]]
        );
    }

    #[test]
    fn what_is_turned_away_or_warned_of_very_often_is_one_line_and_a_number() {
        let (streams, out, err) = captured(Look::PLAIN, false);
        let report = TextReport::new(streams, TextOptions::default());
        let rejected = Event::Rejected(Rejected {
            at: crate::ui::fixture::AT,
            peer: "127.0.0.1:5".parse().unwrap(),
            status: Some(400),
            code: "bad_http",
            reason: "not an HTTP request".to_owned(),
        });
        let text = "a delivery was refused with 507: the disk is full".to_owned();
        let warned = Event::Note(Note { level: Level::Warning, text, hint: None });
        // Few, so that they come within the second however slow the machine is.
        for _ in 0..20 {
            report.report(&rejected);
            report.report(&warned);
        }
        assert_eq!((out.text().lines().count(), err.text().lines().count()), (1, 1));
        assert!(report.settle().is_some(), "the rest is told without another event");
        report.report(&Event::Summary(Box::default()));
        assert!(out.text().ends_with("✗ rejected  19 more  → bad_http\n"), "{}", out.text());
        assert!(err.text().contains("warning: 19 more: a delivery was refused with 507"), "{}", err.text());
    }

    #[test]
    fn a_pause_holds_the_display_and_loses_nothing_small() {
        let (streams, out, err) = captured(Look::PLAIN, false);
        let report = TextReport::new(streams, TextOptions { show: Show::None, ..TextOptions::default() });
        assert!(report.toggle_pause());
        report.report(&delivery());
        report.report(&delivery());
        assert_eq!(out.text(), "");
        assert!(!report.toggle_pause());
        assert_eq!(out.text().lines().count(), 2);
        report.report(&delivery());
        assert_eq!(out.text().lines().count(), 3);
        assert_eq!(err.text(), "paused; space goes on\ngoing on\n");
    }

    #[test]
    fn a_long_pause_is_bounded_and_counts_what_it_drops() {
        let (streams, out, err) = captured(Look::PLAIN, false);
        let report = TextReport::new(streams, TextOptions::default());
        let line = {
            report.report(&delivery());
            out.text().len()
        };
        report.toggle_pause();
        let many = MAX_HELD / line + 10;
        for _ in 0..many {
            report.report(&delivery());
        }
        report.report(&Event::Summary(Box::default()));
        assert!(out.text().len() <= MAX_HELD + line);
        assert!(err.text().contains("10 events came while the display was paused"), "{}", err.text());
    }

    #[test]
    fn notes_are_talk() {
        let (streams, out, err) = captured(Look::PLAIN, false);
        let report = TextReport::new(streams, TextOptions::default());
        for level in [Level::Info, Level::Warning] {
            let hint = Some("hookctl doctor".to_owned());
            report.report(&Event::Note(Note { level, text: "the journal is nearly full".to_owned(), hint }));
        }
        assert_eq!(out.text(), "");
        assert_data_eq!(
            err.text(),
            str![[r#"
the journal is nearly full
  hint: hookctl doctor
⚠ warning: the journal is nearly full
  hint: hookctl doctor

"#]]
        );
    }
}
