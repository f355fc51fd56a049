//! What keys do and what is drawn, on ratatui's test terminal and without a journal.

mod keys;

use super::draw::draw;
use super::fixture::{entry, listed, ready};
use super::input::{Parser, Press};
use super::source::{Aim, Answer, Query};
use super::state::{Deed, State};
use super::window::{Part, Place};
use crate::hook::explain::{Diagnosis, Mistake};
use crate::hook::verdict::Code;
use crate::job::report::Diagnosed;
use crate::journal::{Listed, OutboxRow, OutboxState};
use crate::ui::fixture::AT;
use crate::ui::sanitize::unsafe_to_show;
use crate::ui::style::Look;
use ratatui_core::backend::TestBackend;
use ratatui_core::buffer::Cell;
use ratatui_core::style::Modifier;
use ratatui_core::terminal::Terminal;
use snapbox::{assert_data_eq, str};
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// A screen over rows that stand for a journal, newest first.
struct Screen {
    state: State,
    terminal: Terminal<TestBackend>,
    rows: Vec<Listed>,
    deeds: Vec<Deed>,
}

impl Screen {
    fn new(width: u16, height: u16, rows: Vec<Listed>) -> Self {
        let mut state = State::new(Look::PLAIN);
        state.ready = Some(ready(&["http://localhost:3000"]));
        let terminal = Terminal::new(TestBackend::new(width, height)).unwrap();
        let mut screen = Self { state, terminal, rows, deeds: Vec::new() };
        screen.settle();
        screen
    }

    /// Draws, and answers what the state asks, until it asks nothing more.
    fn settle(&mut self) {
        for _ in 0..20 {
            self.terminal.draw(|frame| draw(&mut self.state, frame)).unwrap();
            let Some(Query::Part { ticket, place }) = self.state.question() else { return };
            let rows = self.rows.iter().filter(|row| match &place {
                Place::OlderThan(seq) => row.seq < *seq,
                Place::NewerThan(seq) => row.seq > *seq,
                Place::Among(seqs) => seqs.contains(&row.seq),
                Place::Newest | Place::Oldest => true,
            });
            let part = Part { rows: rows.cloned().collect(), place, more: false };
            let deeds = self.state.answer(Answer::Part { ticket, part });
            self.do_them(deeds);
        }
        panic!("the screen never has enough");
    }

    fn do_them(&mut self, deeds: Vec<Deed>) {
        for deed in deeds {
            match deed {
                Deed::Ask(Query::Entry { seq, aim }) => {
                    let entry = self.rows.iter().find(|row| row.seq == seq).map(|row| {
                        let mut entry = Box::new(entry(seq));
                        entry.attempts.retain(|_| row.last_attempt.is_some());
                        entry
                    });
                    let deeds = self.state.answer(Answer::Entry { seq, aim, entry });
                    self.do_them(deeds);
                }
                other => self.deeds.push(other),
            }
        }
    }

    fn types(&mut self, bytes: impl AsRef<[u8]>) -> &mut Self {
        let mut parser = Parser::default();
        let mut pressed: Vec<Press> = bytes.as_ref().chunks(4).flat_map(|some| parser.feed(some)).collect();
        pressed.extend(parser.flush());
        for press in pressed {
            let deeds = self.state.press(&press);
            self.do_them(deeds);
            self.settle();
        }
        self
    }

    fn comes(&mut self, row: Listed) -> &mut Self {
        self.state.answer(Answer::Changed { newest: Some(row.seq) });
        self.rows.insert(0, row);
        self.settle();
        self
    }

    /// The rows of the screen, with the times of day taken out.
    fn shows(&self) -> String {
        let buffer = self.terminal.backend().buffer();
        let width = usize::from(buffer.area.width);
        let mut text = String::new();
        for row in buffer.content().chunks(width) {
            let mut skip = 0;
            let mut line = String::new();
            for cell in row {
                if skip == 0 {
                    line.push_str(cell.symbol());
                    skip = unicode_width::UnicodeWidthStr::width(cell.symbol()).max(1);
                }
                skip -= 1;
            }
            text.push_str(line.trim_end());
            text.push('\n');
        }
        (0..40).fold(text, |text, seq| {
            let at = AT.plus(Duration::from_secs(seq));
            text.replace(&at.local_date_and_time(), "YYYY-MM-DD HH:MM:SS")
                .replace(&at.local_time_of_day(), "HH:MM:SS")
        })
    }

    fn line(&self, text: &str) -> Option<String> {
        self.shows().lines().find(|line| line.contains(text)).map(str::to_owned)
    }
}

fn rows() -> Vec<Listed> {
    let mut refused = listed(3);
    refused.verdict.code = Code::Mismatch;
    refused.facts.subject = None;
    refused.last_attempt = None;
    refused.answer.as_mut().unwrap().status = 401;
    let mut repeat = listed(2);
    repeat.duplicate_of = Some(1);
    repeat.facts.subject = Some("日本語の調査 — Onboarding".to_owned());
    let mut first = listed(1);
    first.last_attempt.as_mut().unwrap().count = 4;
    vec![refused, repeat, first]
}

#[test]
fn a_wide_screen_has_all_columns() {
    let mut screen = Screen::new(132, 10, rows());
    assert_data_eq!(
        screen.types("j").shows(),
        str![[r#"
hookctl  http://127.0.0.1:4400 → localhost:3000                                                                                 live
      time                 event                verdict     answer  forward                                   subject
  #3  YYYY-MM-DD HH:MM:SS  interview.completed  ✗ mismatch  401
> #2  YYYY-MM-DD HH:MM:SS  interview.completed  ✓ verified  200     200 in 12ms  repeats #1  localhost:3000   日本語の調査 — Onboar…
  #1  YYYY-MM-DD HH:MM:SS  interview.completed  ✓ verified  200     200 in 12ms (4 attempts)  localhost:3000  Onboarding Feedback




d open  r replay  e edit  / filter  y copy  space pause  o browser  ? help  q stop

"#]]
    );
}

/// Three targets with one attempt each were shown as `200 in 12ms (try 3)  not delivered`.
#[test]
fn the_target_that_lacks_a_delivery_is_shown_and_not_the_one_that_took_it() {
    let owed = |target: &str, state, tries| OutboxRow {
        target: target.to_owned(),
        state,
        tries,
        due: AT,
        first_failed: None,
    };
    let mut mirrored = listed(3);
    mirrored.last_attempt.as_mut().unwrap().count = 3;
    mirrored.outbox = vec![owed("http://localhost:3000/fail/hooks", OutboxState::Missed, 1)];
    let mut retried = listed(2);
    let last = retried.last_attempt.as_mut().unwrap();
    (last.count, last.status) = (5, Some(500));
    let (one, two) = (owed("http://localhost:3000", OutboxState::Dead, 2), "http://localhost:4000");
    retried.outbox = vec![one, owed(two, OutboxState::Dead, 3)];
    let mut taken = listed(1);
    taken.last_attempt.as_mut().unwrap().count = 3;
    let screen = Screen::new(160, 10, vec![mirrored, retried, taken]);
    for (number, text) in [
        ("#3", "200     not delivered  localhost:3000/fail/hooks"),
        ("#2", "200     500 in 12ms (try 2)  2 dead letters  localhost:3000/hooks"),
        ("#1", "200     200 in 12ms (3 attempts)  localhost:3000 "),
    ] {
        let line = screen.line(number).unwrap();
        assert!(line.contains(text), "{line}");
    }
}

#[test]
fn a_usual_screen_keeps_what_says_how_it_went() {
    let screen = Screen::new(80, 9, rows());
    assert_data_eq!(
        screen.shows(),
        str![[r#"
hookctl  http://127.0.0.1:4400 → localhost:3000                             live
      time      event                verdict     answer  forward
> #3  HH:MM:SS  interview.completed  ✗ mismatch  401
  #2  HH:MM:SS  interview.completed  ✓ verified  200     200 in 12ms  repeats #1
  #1  HH:MM:SS  interview.completed  ✓ verified  200     200 in 12ms (4 attempt…



d open  r replay  e edit  / filter  y copy  space pause  ? help  q stop

"#]]
    );
}

#[test]
fn narrow_and_low_screens_show_what_they_can() {
    assert_data_eq!(
        Screen::new(44, 8, rows()).shows(),
        str![[r#"
hookctl  http://127.0.0.1:4400 → loca…  live
      event               verdict     answer
> #3  interview.complet…  ✗ mismatch  401
  #2  interview.complet…  ✓ verified  200
  #1  interview.complet…  ✓ verified  200


d open  r replay  e edit  ? help  q stop

"#]]
    );
    assert_data_eq!(
        Screen::new(30, 4, rows()).shows(),
        str![[r#"
> #3  inter…  ✗ mismatch  401
  #2  inter…  ✓ verified  200
  #1  inter…  ✓ verified  200


"#]]
    );
    for (width, height) in [(1, 1), (9, 9), (10, 2), (11, 3), (300, 100)] {
        Screen::new(width, height, rows()).types("jd?").types("q");
    }
}

#[test]
fn the_selected_row_is_marked_without_a_colour() {
    let screen = Screen::new(80, 9, rows());
    let buffer = screen.terminal.backend().buffer();
    let reversed = |row: u16| buffer.cell((40, row)).unwrap().modifier.contains(Modifier::REVERSED);
    assert!(reversed(2) && !reversed(3));
    assert!(screen.line("#3").unwrap().starts_with('>'));
}

#[test]
fn an_empty_journal_says_what_to_do() {
    let screen = Screen::new(72, 10, Vec::new());
    assert_data_eq!(
        screen.shows(),
        str![[r#"
hookctl  http://127.0.0.1:4400 → localhost:3000                     live

no deliveries yet

send one from another terminal:
  hookctl trigger interview.completed --provider koji --to 4400



d open  r replay  e edit  / filter  y copy  space pause  ? help  q stop

"#]]
    );
}

#[test]
fn a_delivery_is_opened_and_left() {
    let mut screen = Screen::new(72, 24, rows());
    screen.types("j\r");
    assert_data_eq!(
        screen.shows(),
        str![[r#"
hookctl  http://127.0.0.1:4400 → localhost:3000                     live
#2  YYYY-MM-DD HH:MM:SS  interview.completed  ✓ verified  200
  received    2026-03-11THH:MM:SS.123Z from 127.0.0.1:51234
  provider    koji
  verdict     verified: ok
  delivery    int_2
  answer      200 by target in 12ms

POST /hooks?team=7
          Host: localhost:4400
          X-Koji-Signature: sha256=01234… (71 bytes)
          Content-Type: application/json
          X-Odd: /xff/xfe
          X-Odd: two

          {
            "event": "interview.completed",
            "score": 1.10
          }

attempt 2026-03-11THH:MM:SS.123Z  localhost:3000/hooks 200 in 12ms
          Content-Type: text/plain

esc back  n p next  r replay  e edit  y copy  o browser  ? help  q stop

"#]]
    );
    screen.types("n");
    assert!(screen.line("#1  ").is_some(), "{}", screen.shows());
    screen.types("\x1b");
    assert!(screen.line("#1  ").unwrap().starts_with('>'), "what was open last is selected");
    screen.types("d");
    screen.types("G");
    assert!(screen.shows().contains("attempt"), "{}", screen.shows());
}

#[test]
fn an_open_delivery_that_changes_is_read_again() {
    let mut screen = Screen::new(72, 12, rows());
    screen.types("d");
    let mut row = listed(3);
    row.last_attempt.as_mut().unwrap().count = 2;
    screen.rows[0] = row;
    screen.state.answer(Answer::Changed { newest: Some(3) });
    let Some(Query::Part { ticket, place }) = screen.state.question() else { panic!("nothing is asked") };
    let part = Part { place, rows: Vec::new(), more: false };
    assert!(screen.state.answer(Answer::Part { ticket, part }).is_empty());
    let Some(Query::Part { ticket, place }) = screen.state.question() else { panic!("nothing is asked") };
    assert_eq!(place, Place::Among(1..=3));
    let part = Part { place, rows: screen.rows.clone(), more: false };
    let deeds = screen.state.answer(Answer::Part { ticket, part });
    assert!(matches!(deeds[..], [Deed::Ask(Query::Entry { seq: 3, aim: Aim::Show })]), "{deeds:?}");
}

#[test]
fn the_cause_of_a_failure_stands_above_the_delivery() {
    let mut screen = Screen::new(72, 12, rows());
    screen.types("d");
    screen.state.diagnose(&Arc::new(Diagnosed {
        seq: Some(3),
        provider: Some(Arc::from("koji")),
        diagnosis: Diagnosis {
            mistake: Mistake::SecretEscaped,
            sentence: "the body was parsed and written again".to_owned(),
            mend: Cow::Borrowed("verify the raw bytes"),
        },
    }));
    screen.settle();
    assert!(
        screen.shows().lines().nth(1).unwrap().contains("cause: #3 the body was parsed"),
        "{}",
        screen.shows()
    );
}

#[test]
fn help_names_every_key_and_fits() {
    let mut screen = Screen::new(80, 40, rows());
    screen.state.warn("the journal is nearly full");
    screen.types("?");
    let help = screen.shows();
    for text in
        ["d ", "r ", "e ", "/ ", "y ", "o ", "q ", "type=", "undelivered", "listening on", "nearly full"]
    {
        assert!(help.contains(text), "{text}: {help}");
    }
    screen.types("?");
    assert!(screen.line("#1").is_some());
}

#[test]
fn what_senders_wrote_cannot_reach_the_terminal_or_another_row() {
    let hostile = "\x1b]0;PWNED\x07\u{9b}2J\u{202e}\r\n#99 ✓ verified e\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}\u{301}🇩🇪";
    let mut row = listed(7);
    row.facts.event = Some(hostile.to_owned());
    row.facts.subject = Some(hostile.to_owned());
    row.verdict.reason = hostile.to_owned().into();
    row.last_attempt.as_mut().unwrap().target = format!("http://{hostile}");
    for (width, height) in [(200, 12), (80, 12), (60, 30)] {
        let mut screen = Screen::new(width, height, vec![row.clone(), listed(6)]);
        for keys in ["", "d", "?"] {
            screen.types(keys);
            let text: String =
                screen.terminal.backend().buffer().content().iter().map(Cell::symbol).collect();
            assert!(!text.chars().any(unsafe_to_show), "{text:?}");
            assert!(!screen.shows().lines().any(|line| line.starts_with("#99")), "{}", screen.shows());
        }
    }
}
