//! A line that is typed at the bottom of the screen.

use super::input::Press;

/// The most letters of a line.
const LONGEST: usize = 4096;

/// A line and where the next letter goes.
#[derive(Clone, Debug, Default)]
pub(super) struct Typed {
    letters: Vec<char>,
    at: usize,
    /// Nothing was typed yet: the first letter takes the place of what is there.
    proposed: bool,
}

/// What a key means for a line.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Line {
    /// It is still typed.
    Goes,
    /// It is done.
    Done(String),
    /// It is not wanted.
    Dropped,
}

impl Typed {
    /// Begins with a text.
    pub(super) fn new(text: &str) -> Self {
        let letters: Vec<char> = text.chars().take(LONGEST).collect();
        Self { at: letters.len(), letters, proposed: false }
    }

    /// Begins with a text that is taken by Enter and replaced by what is typed.
    pub(super) fn proposal(text: &str) -> Self {
        Self { proposed: true, ..Self::new(text) }
    }

    /// Proposes another text, unless somebody types already.
    pub(super) fn propose(&mut self, text: &str) {
        if self.proposed {
            *self = Self::proposal(text);
        }
    }

    /// Whether nothing was typed yet.
    pub(super) fn is_proposal(&self) -> bool {
        self.proposed
    }

    /// What is before the cursor, and what is behind.
    pub(super) fn parts(&self) -> (String, String) {
        let (before, after) = self.letters.split_at(self.at.min(self.letters.len()));
        (before.iter().collect(), after.iter().collect())
    }

    /// Takes a key.
    pub(super) fn press(&mut self, press: &Press) -> Line {
        let untouched = std::mem::take(&mut self.proposed);
        if untouched && matches!(press, Press::Letter(_) | Press::Paste(_)) {
            self.letters.clear();
            self.at = 0;
        }
        match press {
            Press::Enter => return Line::Done(self.letters.iter().collect::<String>().trim().to_owned()),
            Press::Escape | Press::Ctrl('c' | 'g') => return Line::Dropped,
            Press::Letter(letter) => self.put(*letter),
            Press::Paste(text) => {
                text.chars().filter(|letter| !letter.is_control()).for_each(|letter| self.put(letter));
            }
            Press::Backspace | Press::Ctrl('h') if self.at > 0 => {
                self.at -= 1;
                self.letters.remove(self.at);
            }
            Press::Delete | Press::Ctrl('d') if self.at < self.letters.len() => {
                self.letters.remove(self.at);
            }
            Press::Left | Press::Ctrl('b') => self.at = self.at.saturating_sub(1),
            Press::Right | Press::Ctrl('f') => self.at = (self.at + 1).min(self.letters.len()),
            Press::Home | Press::Ctrl('a') => self.at = 0,
            Press::End | Press::Ctrl('e') => self.at = self.letters.len(),
            Press::Ctrl('u') => {
                self.letters.drain(..self.at);
                self.at = 0;
            }
            Press::Ctrl('k') => self.letters.truncate(self.at),
            Press::Ctrl('w') => self.word_back(),
            _ => {}
        }
        Line::Goes
    }

    fn put(&mut self, letter: char) {
        if self.letters.len() < LONGEST {
            self.letters.insert(self.at, letter);
            self.at += 1;
        }
    }

    fn word_back(&mut self) {
        let before = self.letters.get(..self.at).unwrap_or_default();
        let word = before.iter().rev().skip_while(|letter| **letter == ' ').position(|letter| *letter == ' ');
        let spaces = before.iter().rev().take_while(|letter| **letter == ' ').count();
        let begin = word.map_or(0, |word| self.at - spaces - word);
        self.letters.drain(begin..self.at);
        self.at = begin;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn after(presses: &[Press]) -> (String, String) {
        let mut typed = Typed::new("ab cd");
        for press in presses {
            assert_eq!(typed.press(press), Line::Goes);
        }
        typed.parts()
    }

    #[test]
    fn a_line_is_edited_like_any_other() {
        use Press::{Backspace, Ctrl, Delete, End, Home, Left, Letter, Paste};
        for (presses, before, behind) in [
            (&[Letter('é')][..], "ab cdé", ""),
            (&[Backspace, Backspace], "ab ", ""),
            (&[Left, Letter('x')], "ab cx", "d"),
            (&[Home, Delete], "", "b cd"),
            (&[Home, Backspace, End, Delete], "ab cd", ""),
            (&[Ctrl('w')], "ab ", ""),
            (&[Ctrl('w'), Ctrl('w')], "", ""),
            (&[Ctrl('w'), Ctrl('w'), Ctrl('w'), Ctrl('u')], "", ""),
            (&[Left, Left, Ctrl('k')], "ab ", ""),
            (&[Left, Ctrl('u')], "", "d"),
            (&[Paste("\x1b[2Jx\ny".into())], "ab cd[2Jxy", ""),
        ] {
            assert_eq!(after(presses), (before.to_owned(), behind.to_owned()), "{presses:?}");
        }
    }

    #[test]
    fn what_is_typed_takes_the_place_of_a_proposal() {
        let after = |presses: &[Press]| {
            let mut typed = Typed::proposal("3000");
            typed.propose("localhost:9/in");
            presses.iter().for_each(|press| assert_eq!(typed.press(press), Line::Goes));
            typed.propose("late");
            typed.parts().0
        };
        assert_eq!(after(&[Press::Letter('4'), Press::Letter('5')]), "45");
        assert_eq!(after(&[Press::Paste("36587/hooks".into())]), "36587/hooks");
        assert_eq!(after(&[Press::Backspace, Press::Letter('x')]), "localhost:9/ix");
        assert_eq!(after(&[]), "late", "nobody typed");
        assert_eq!(Typed::proposal("3000").press(&Press::Enter), Line::Done("3000".into()));
    }

    #[test]
    fn a_line_is_done_dropped_and_bounded() {
        let mut typed = Typed::new(" x ");
        assert_eq!(typed.press(&Press::Enter), Line::Done("x".into()));
        assert_eq!(typed.press(&Press::Escape), Line::Dropped);
        typed.press(&Press::Paste("y".repeat(100_000)));
        assert_eq!(typed.parts().0.len(), LONGEST);
    }
}
