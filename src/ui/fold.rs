//! What is said very often: the first at once, the rest of a second as one line.
//!
//! A sender of nonsense, or a disk that is full, would otherwise fill the
//! terminal with one line, and push out the deliveries. Nothing is lost: each
//! is counted. Prints nothing.

use std::time::{Duration, Instant};

/// How long the same is counted before it is told again.
const WINDOW: Duration = Duration::from_secs(1);
/// Different things that are counted at once; one more is told each time.
const MOST: usize = 32;

/// What makes two of them the same.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Same {
    /// Turned away, with this code.
    Rejected(&'static str),
    /// Warned of, in these words.
    Warned(String),
}

#[derive(Debug)]
struct Open {
    same: Same,
    until: Instant,
    more: u64,
}

/// What was told within the last second, and how often it came since.
#[derive(Debug, Default)]
pub(super) struct Fold(Vec<Open>);

impl Fold {
    /// Whether this is to be told now; otherwise it is counted.
    pub(super) fn tells(&mut self, same: Same, now: Instant) -> bool {
        if let Some(open) = self.0.iter_mut().find(|open| open.same == same) {
            open.more += 1;
            return false;
        }
        if self.0.len() < MOST {
            self.0.push(Open { same, until: now + WINDOW, more: 0 });
        }
        true
    }

    /// What was counted and is to be told by `now`, with how often it came.
    pub(super) fn due(&mut self, now: Instant) -> Vec<(Same, u64)> {
        let due = |open: &Open| open.until <= now;
        let told = self.0.iter().filter(|open| due(open) && open.more > 0);
        let told = told.map(|open| (open.same.clone(), open.more)).collect();
        self.0.retain(|open| !due(open) || open.more > 0);
        for open in self.0.iter_mut().filter(|open| due(open)) {
            (open.until, open.more) = (now + WINDOW, 0);
        }
        told
    }

    /// What was counted, whether it is due or not.
    pub(super) fn rest(&mut self) -> Vec<(Same, u64)> {
        let counted = std::mem::take(&mut self.0).into_iter().filter(|open| open.more > 0);
        counted.map(|open| (open.same, open.more)).collect()
    }

    /// When something that was counted is due.
    pub(super) fn next(&self) -> Option<Instant> {
        self.0.iter().filter(|open| open.more > 0).map(|open| open.until).min()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const JUNK: Same = Same::Rejected("bad_http");

    #[test]
    fn the_first_is_told_at_once_and_the_rest_of_a_second_in_one_line() {
        let (mut fold, begun) = (Fold::default(), Instant::now());
        assert!(fold.tells(JUNK, begun));
        assert_eq!(fold.next(), None, "nothing waits");
        for _ in 0..1_499 {
            assert!(!fold.tells(JUNK, begun + WINDOW / 2));
        }
        assert!(fold.tells(Same::Rejected("no_host"), begun + WINDOW / 2), "another one");
        assert_eq!((fold.due(begun + WINDOW / 2), fold.next()), (vec![], Some(begun + WINDOW)));
        assert_eq!(fold.due(begun + WINDOW), [(JUNK, 1_499)]);
        assert!(!fold.tells(JUNK, begun + WINDOW), "a line a second, however long it lasts");
        assert_eq!(fold.due(begun + WINDOW * 2), [(JUNK, 1)]);
        assert_eq!(fold.due(begun + WINDOW * 3), []);
        assert!(fold.tells(JUNK, begun + WINDOW * 3), "after a second without one it is told at once");
        assert!(!fold.tells(JUNK, begun + WINDOW * 3));
        assert_eq!((fold.rest(), fold.next()), (vec![(JUNK, 1)], None), "nothing is lost at the end");
    }

    #[test]
    fn memory_is_bounded_and_what_has_no_room_is_told() {
        let (mut fold, begun) = (Fold::default(), Instant::now());
        for number in 0..1_000 {
            assert!(fold.tells(Same::Warned(number.to_string()), begun));
        }
        assert_eq!(fold.0.len(), MOST);
        assert!(fold.tells(Same::Warned("999".to_owned()), begun));
    }
}
