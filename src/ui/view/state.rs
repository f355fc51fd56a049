//! What the screen shows and what a key does to it, without a terminal and
//! without a journal: keys and news go in, questions and deeds come out.

use super::detail::{Detail, Scroll};
use super::input::Press;
use super::source::{Aim, Answer, Query};
use super::typed::{Line, Typed};
use super::window::{Move, Window};
use super::words;
use crate::clock;
use crate::hook::time::Timestamp;
use crate::job::report::{Diagnosed, Ready};
use crate::job::wanted::Words;
use crate::journal::{Entry, Order};
use crate::ui::page::Page;
use crate::ui::style::{Look, Mark, Role};
use std::collections::{BTreeMap, VecDeque};
use std::sync::Arc;

/// Messages that are kept for the help page.
const SAID: usize = 50;
/// Explanations of failures that are kept.
const DIAGNOSED: usize = 500;

/// What is to be done outside of the screen.
#[derive(Debug)]
pub(super) enum Deed {
    /// Ask the journal.
    Ask(Query),
    /// Send a delivery again, as it came; to every target, or to the one that was typed.
    Replay { entry: Box<Entry>, to: Option<String> },
    /// Edit its payload first.
    Edit { entry: Box<Entry>, to: Option<String> },
    /// Put it into the clipboard as a curl command.
    Copy(Box<Entry>),
    /// Open it in the browser, or the inspector's list.
    Open(Option<u64>),
    /// Draw everything anew.
    Redraw,
    /// Stop listening.
    Quit,
}

/// Which page is shown.
#[derive(Debug)]
pub(super) enum Face {
    List,
    Detail(Box<Detail>),
    Help { top: usize },
}

/// What a line is typed for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asked {
    Filter,
    Target { seq: u64, aim: Aim },
}

/// Something that was said, until the next key.
#[derive(Clone, Debug)]
pub(super) struct Message(pub(super) Page);

/// Everything about the screen but the terminal.
#[derive(Debug)]
pub(super) struct State {
    pub(super) look: Look,
    pub(super) ready: Option<Arc<Ready>>,
    pub(super) window: Window,
    pub(super) face: Face,
    /// What is typed at the bottom.
    pub(super) typed: Option<(Asked, Typed)>,
    /// The filter as it was typed; empty for none.
    pub(super) filter: String,
    pub(super) paused: bool,
    /// The newest delivery of the journal, whatever the filter.
    pub(super) newest: Option<u64>,
    pub(super) message: Option<Message>,
    pub(super) said: VecDeque<Page>,
    diagnosed: BTreeMap<u64, Arc<Diagnosed>>,
    /// The target that was typed last.
    target: Option<String>,
    /// The number of the last question about the list.
    ticket: u64,
    /// Whether it is still to be answered.
    waits: bool,
}

impl State {
    pub(super) fn new(look: Look) -> Self {
        Self {
            look,
            ready: None,
            window: Window::default(),
            face: Face::List,
            typed: None,
            filter: String::new(),
            paused: false,
            newest: None,
            message: None,
            said: VecDeque::new(),
            diagnosed: BTreeMap::new(),
            target: None,
            ticket: 0,
            waits: false,
        }
    }

    /// Why a delivery did not verify, where that is known.
    pub(super) fn diagnosed(&self, seq: u64) -> Option<&Diagnosed> {
        self.diagnosed.get(&seq).map(AsRef::as_ref)
    }

    pub(super) fn diagnose(&mut self, diagnosed: &Arc<Diagnosed>) {
        let Some(seq) = diagnosed.seq else { return };
        self.diagnosed.insert(seq, Arc::clone(diagnosed));
        if self.diagnosed.len() > DIAGNOSED {
            self.diagnosed.pop_first();
        }
        if let Face::Detail(detail) = &mut self.face
            && detail.seq == seq
        {
            detail.changed();
        }
    }

    /// Says something at the bottom; it is found on the help page later.
    pub(super) fn say(&mut self, at: Timestamp, fill: impl FnOnce(&mut Page)) {
        let mut page = Page::new(Look { width: None, ..self.look });
        fill(&mut page);
        let mut kept = Page::new(page.look());
        kept.put(Role::Dim, at.local_time_of_day()).space(2).append(&page);
        self.said.push_back(kept);
        if self.said.len() > SAID {
            self.said.pop_front();
        }
        self.message = Some(Message(page));
    }

    fn tell(&mut self, text: impl AsRef<[u8]>) {
        self.say(clock::now(), |page| {
            page.put(Role::Plain, text);
        });
    }

    /// Says that something is not as it should be.
    pub(super) fn warn(&mut self, text: impl AsRef<[u8]>) {
        self.say(clock::now(), |page| {
            page.mark(Role::Warning, Mark::Alert).space(1).put(Role::Warning, text);
        });
    }

    /// The interview of a delivery was fetched, or could not be.
    pub(super) fn interviewed(&mut self, seq: u64, outcome: Result<(), String>) -> Vec<Deed> {
        let done = outcome.is_ok();
        self.ended(match outcome {
            Ok(()) => Ok(format!("the interview of #{seq} was fetched")),
            Err(reason) => Err(format!("the interview of #{seq} could not be fetched: {reason}")),
        });
        if done && self.open() == Some(seq) { vec![read(seq, Aim::Show)] } else { Vec::new() }
    }

    /// Says how something went that a person asked for.
    pub(super) fn ended(&mut self, how: Result<String, String>) {
        match how {
            Ok(text) => self.tell(text),
            Err(text) => self.warn(text),
        }
    }

    /// What the journal is to be asked next, if anything is.
    pub(super) fn question(&mut self) -> Option<Query> {
        if self.waits {
            return None;
        }
        let place = self.window.lacks(self.paused)?;
        self.ticket += 1;
        self.waits = true;
        Some(Query::Part { ticket: self.ticket, place })
    }

    /// Takes what the journal said.
    pub(super) fn answer(&mut self, answer: Answer) -> Vec<Deed> {
        match answer {
            Answer::Part { ticket, part } if ticket == self.ticket => {
                self.waits = false;
                let open = self.open();
                let row = open.and_then(|seq| part.rows.iter().find(|listed| listed.seq == seq).cloned());
                self.window.take(part);
                match (&self.face, row) {
                    (Face::Detail(detail), Some(row)) if detail.differs(&row) => {
                        vec![read(row.seq, Aim::Show)]
                    }
                    _ => Vec::new(),
                }
            }
            Answer::Part { .. } => Vec::new(),
            Answer::Entry { seq, aim, entry } => self.read(seq, aim, entry),
            Answer::Changed { newest } => {
                self.newest = newest;
                self.window.changed();
                Vec::new()
            }
            Answer::Failed(text) => {
                self.waits = false;
                self.warn(format!("could not read the journal: {text}"));
                Vec::new()
            }
        }
    }

    fn read(&mut self, seq: u64, aim: Aim, entry: Option<Box<Entry>>) -> Vec<Deed> {
        let to = self.target.clone();
        match (aim, entry) {
            (Aim::Show, entry) => {
                if let Face::Detail(detail) = &mut self.face
                    && detail.seq == seq
                {
                    detail.take(entry);
                }
                Vec::new()
            }
            (_, None) => {
                self.warn(format!("#{seq} is no longer in the journal"));
                Vec::new()
            }
            (Aim::Copy, Some(entry)) => vec![Deed::Copy(entry)],
            (Aim::Replay, Some(entry)) => vec![Deed::Replay { entry, to }],
            (Aim::Edit, Some(entry)) => vec![Deed::Edit { entry, to }],
        }
    }

    /// The delivery that is open.
    fn open(&self) -> Option<u64> {
        match &self.face {
            Face::Detail(detail) => Some(detail.seq),
            Face::List | Face::Help { .. } => None,
        }
    }

    /// The delivery that a key means.
    fn meant(&self) -> Option<u64> {
        self.open().or_else(|| self.window.selected().map(|listed| listed.seq))
    }

    /// Takes a key.
    pub(super) fn press(&mut self, press: &Press) -> Vec<Deed> {
        self.message = None;
        if self.typed.is_some() {
            return self.typing(press);
        }
        match press {
            Press::Letter('q' | 'Q') | Press::Ctrl('c') => return vec![Deed::Quit],
            Press::Ctrl('l') => return vec![Deed::Redraw],
            Press::Letter('?' | 'h') => self.help(),
            Press::Letter(' ') => self.pause(),
            Press::Letter('/') => {
                self.typed = Some((Asked::Filter, Typed::new(&self.filter)));
                self.face = Face::List;
            }
            Press::Letter('r') => return self.act(Aim::Replay),
            Press::Letter('e') => return self.act(Aim::Edit),
            Press::Letter('y') => return self.act(Aim::Copy),
            Press::Letter('o') => return vec![Deed::Open(self.meant())],
            _ => return self.move_about(press),
        }
        Vec::new()
    }

    fn move_about(&mut self, press: &Press) -> Vec<Deed> {
        match (&mut self.face, press) {
            (Face::List, Press::Letter('d') | Press::Enter | Press::Right | Press::Letter('l')) => {
                self.window.hold();
                self.show()
            }
            (Face::List, Press::Escape) => {
                if !self.filter.is_empty() {
                    return self.narrow(String::new());
                }
                Vec::new()
            }
            (Face::List, press) => {
                if let Some(way) = way(press) {
                    self.window.go(way);
                }
                Vec::new()
            }
            (
                Face::Detail(_) | Face::Help { .. },
                Press::Escape | Press::Left | Press::Backspace | Press::Letter('d'),
            ) => {
                self.face = Face::List;
                Vec::new()
            }
            (Face::Detail(_), Press::Letter(letter @ ('n' | 'p'))) => {
                self.window.go(if *letter == 'n' { Move::Down } else { Move::Up });
                self.window.hold();
                self.show()
            }
            (Face::Detail(detail), press) => {
                if let Some(way) = scroll(press) {
                    detail.scroll(way);
                }
                Vec::new()
            }
            (Face::Help { top }, press) => {
                *top = match scroll(press) {
                    Some(Scroll::Up) => top.saturating_sub(1),
                    Some(Scroll::Down) => *top + 1,
                    Some(Scroll::PageUp) => top.saturating_sub(10),
                    Some(Scroll::PageDown) => *top + 10,
                    Some(Scroll::Begin) | None => 0,
                    Some(Scroll::End) => usize::MAX,
                };
                Vec::new()
            }
        }
    }

    /// Opens the selected delivery.
    fn show(&mut self) -> Vec<Deed> {
        let Some(seq) = self.window.selected().map(|listed| listed.seq) else { return Vec::new() };
        if self.open() == Some(seq) {
            return Vec::new();
        }
        self.face = Face::Detail(Box::new(Detail::new(seq)));
        vec![read(seq, Aim::Show)]
    }

    fn help(&mut self) {
        self.face = match self.face {
            Face::Help { .. } => Face::List,
            _ => Face::Help { top: 0 },
        };
    }

    fn pause(&mut self) {
        self.paused = !self.paused;
        self.tell(if self.paused { "paused; space goes on" } else { "going on" });
    }

    fn act(&mut self, aim: Aim) -> Vec<Deed> {
        let Some(seq) = self.meant() else {
            self.warn("there is no delivery yet");
            return Vec::new();
        };
        self.window.hold();
        let nowhere = self.ready.as_ref().is_none_or(|ready| ready.targets.is_empty());
        if aim != Aim::Copy && nowhere {
            let text = self.target.as_deref().unwrap_or("3000");
            self.typed = Some((Asked::Target { seq, aim }, Typed::new(text)));
            return Vec::new();
        }
        vec![read(seq, aim)]
    }

    fn typing(&mut self, press: &Press) -> Vec<Deed> {
        let Some((asked, typed)) = &mut self.typed else { return Vec::new() };
        let asked = *asked;
        match (typed.press(press), asked) {
            (Line::Goes, _) => Vec::new(),
            (Line::Dropped, _) => {
                self.typed = None;
                Vec::new()
            }
            (Line::Done(text), Asked::Filter) => self.narrow(text),
            (Line::Done(text), Asked::Target { seq, aim }) => {
                self.typed = None;
                if text.is_empty() {
                    return Vec::new();
                }
                self.target = Some(text);
                vec![read(seq, aim)]
            }
        }
    }

    /// Shows only what these words mean; what they cannot mean is said, and the line stays.
    fn narrow(&mut self, text: String) -> Vec<Deed> {
        let read = words::read(&text).and_then(|words: Words| {
            let wanted = words.wanted(clock::now(), 1, Order::NewestFirst);
            wanted.map_err(|error| words::said(&error))
        });
        match read {
            Ok(wanted) => {
                self.typed = None;
                self.filter = text;
                self.window.restart();
                // What is being searched for is another list's.
                self.ticket += 1;
                self.waits = false;
                vec![Deed::Ask(Query::Filter(Box::new(wanted)))]
            }
            Err(reason) => {
                self.warn(reason);
                Vec::new()
            }
        }
    }

    /// The number of the newest question: what older ones find is of no use.
    pub(super) fn ticket(&self) -> u64 {
        self.ticket
    }

    /// The question was not taken; it is asked again.
    pub(super) fn refused(&mut self) {
        self.waits = false;
    }
}

fn read(seq: u64, aim: Aim) -> Deed {
    Deed::Ask(Query::Entry { seq, aim })
}

fn way(press: &Press) -> Option<Move> {
    Some(match press {
        Press::Up | Press::Letter('k') | Press::Ctrl('p') => Move::Up,
        Press::Down | Press::Letter('j') | Press::Ctrl('n') => Move::Down,
        Press::PageUp | Press::Ctrl('b' | 'u') => Move::PageUp,
        Press::PageDown | Press::Ctrl('f' | 'd') => Move::PageDown,
        Press::Home | Press::Letter('g') => Move::First,
        Press::End | Press::Letter('G') => Move::Last,
        _ => return None,
    })
}

fn scroll(press: &Press) -> Option<Scroll> {
    Some(match way(press)? {
        Move::Up => Scroll::Up,
        Move::Down => Scroll::Down,
        Move::PageUp => Scroll::PageUp,
        Move::PageDown => Scroll::PageDown,
        Move::First => Scroll::Begin,
        Move::Last => Scroll::End,
    })
}
