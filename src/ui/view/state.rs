//! What the screen shows and what a key does to it, without a terminal and
//! without a journal: keys and news go in, questions and deeds come out.

mod keys;

use super::detail::Detail;
use super::source::{Aim, Answer, Query};
use super::typed::Typed;
use super::window::Window;
use crate::clock;
use crate::hook::target::named_by;
use crate::hook::time::Timestamp;
use crate::job::report::{Diagnosed, Ready};
use crate::journal::Entry;
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
            (Aim::Propose, entry) => {
                if let (Some(entry), Some((Asked::Target { seq: asked, .. }, typed))) =
                    (entry, &mut self.typed)
                    && *asked == seq
                    && let Some(target) = last_target(&entry)
                {
                    typed.propose(&target);
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

    /// The number of the newest question: what older ones find is of no use.
    pub(super) fn ticket(&self) -> u64 {
        self.ticket
    }

    /// The question was not taken; it is asked again.
    pub(super) fn refused(&mut self) {
        self.waits = false;
    }
}

/// Where a delivery was sent last, as a person types it.
fn last_target(entry: &Entry) -> Option<String> {
    let url = &entry.attempts.last()?.attempt.target;
    let named = named_by(url, entry.delivery.head.target());
    Some(named.strip_prefix("http://").unwrap_or(&named).to_owned())
}

fn read(seq: u64, aim: Aim) -> Deed {
    Deed::Ask(Query::Entry { seq, aim })
}
