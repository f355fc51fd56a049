//! One delivery, whole: what `events show` prints, to scroll in.

use super::paint;
use crate::job::report::Diagnosed;
use crate::journal::{Answered, Entry, LastAttempt, Listed};
use crate::ui::page::Page;
use crate::ui::style::{Look, Role};
use crate::ui::{explanation, human, listing};
use ratatui_core::text::Line;

/// The most attempts that are shown; their answers may be long.
const ATTEMPTS: usize = 10;

/// The delivery that is open.
#[derive(Debug)]
pub(super) struct Detail {
    pub(super) seq: u64,
    state: State,
    lines: Vec<Line<'static>>,
    /// What the lines were made for.
    made_for: Option<Look>,
    top: usize,
    height: usize,
}

#[derive(Debug)]
enum State {
    Loading,
    Gone,
    Read { entry: Box<Entry>, earlier: usize },
}

/// A way through it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Scroll {
    Up,
    Down,
    PageUp,
    PageDown,
    Begin,
    End,
}

/// What may change of a delivery after it was received.
type Fate<'a> = (&'a Option<Answered>, &'a Option<LastAttempt>, Vec<(&'a str, &'static str, u32)>);

fn fate(listed: &Listed) -> Fate<'_> {
    let owed = listed.outbox.iter().map(|row| (row.target.as_str(), row.state.as_str(), row.tries));
    (&listed.answer, &listed.last_attempt, owed.collect())
}

impl Detail {
    pub(super) fn new(seq: u64) -> Self {
        Self { seq, state: State::Loading, lines: Vec::new(), made_for: None, top: 0, height: 1 }
    }

    /// Takes what was read; `None` when it is no longer there.
    pub(super) fn take(&mut self, entry: Option<Box<Entry>>) {
        self.made_for = None;
        self.state = match entry {
            None => State::Gone,
            Some(mut entry) => {
                let earlier = entry.attempts.len().saturating_sub(ATTEMPTS);
                entry.attempts.drain(..earlier);
                State::Read { entry, earlier }
            }
        };
    }

    /// Something else became known of it.
    pub(super) fn changed(&mut self) {
        self.made_for = None;
    }

    /// Whether a list shows it otherwise than it was read.
    pub(super) fn differs(&self, listed: &Listed) -> bool {
        matches!(&self.state, State::Read { entry, .. } if fate(&entry.listed) != fate(listed))
    }

    pub(super) fn scroll(&mut self, way: Scroll) {
        let page = self.height.saturating_sub(1).max(1);
        self.top = match way {
            Scroll::Up => self.top.saturating_sub(1),
            Scroll::Down => self.top + 1,
            Scroll::PageUp => self.top.saturating_sub(page),
            Scroll::PageDown => self.top + page,
            Scroll::Begin => 0,
            Scroll::End => usize::MAX,
        };
        self.bound();
    }

    fn bound(&mut self) {
        self.top = self.top.min(self.lines.len().saturating_sub(self.height));
    }

    /// The lines on a screen of this look and height, and how far down they are in a hundred.
    pub(super) fn shown(
        &mut self,
        look: Look,
        height: usize,
        diagnosed: Option<&Diagnosed>,
    ) -> (&[Line<'static>], Option<usize>) {
        self.height = height;
        if self.made_for != Some(look) {
            let mut page = Page::new(look);
            self.write(&mut page, diagnosed);
            self.lines = paint::lines(&page, look.width.unwrap_or(usize::MAX));
            self.made_for = Some(look);
        }
        self.bound();
        let end = (self.top + height).min(self.lines.len());
        let below = self.lines.len().saturating_sub(height);
        let share = (below > 0).then(|| self.top * 100 / below);
        (self.lines.get(self.top..end).unwrap_or_default(), share)
    }

    fn write(&self, page: &mut Page, diagnosed: Option<&Diagnosed>) {
        match &self.state {
            State::Loading => {
                page.put(Role::Dim, "reading the journal").end_line();
            }
            State::Gone => {
                page.put(Role::Warning, format!("#{} is no longer in the journal", self.seq)).end_line();
            }
            State::Read { entry, earlier } => {
                if let Some(diagnosed) = diagnosed {
                    explanation::diagnosed(page, diagnosed);
                }
                listing::whole(page, entry, false);
                if *earlier > 0 {
                    let many = human::counted(*earlier as u64, "earlier attempt", "earlier attempts");
                    let text = format!("{many}: hookctl events show {}", self.seq);
                    page.end_line().put(Role::Dim, text).end_line();
                }
            }
        }
    }
}
