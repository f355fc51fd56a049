//! What each key does to the state.

use super::{Asked, Deed, Face, State, read};
use crate::clock;
use crate::job::wanted::Words;
use crate::journal::Order;
use crate::ui::view::detail::{Detail, Scroll};
use crate::ui::view::input::Press;
use crate::ui::view::source::{Aim, Query};
use crate::ui::view::typed::{Line, Typed};
use crate::ui::view::window::Move;
use crate::ui::view::words;

impl State {
    /// Takes a key.
    pub(in crate::ui::view) fn press(&mut self, press: &Press) -> Vec<Deed> {
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
            self.typed = Some((Asked::Target { seq, aim }, Typed::proposal(text)));
            // Where it went last is proposed as soon as that is known.
            return vec![read(seq, Aim::Propose)];
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
