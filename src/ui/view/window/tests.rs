//! The window over a journal that is read as the reader would.

use super::*;
use crate::ui::view::fixture::listed;

/// A journal of so many deliveries, read as the reader would.
struct Journal(u64);

impl Journal {
    fn read(&self, place: Place) -> Part {
        let all = || (1..=self.0).rev();
        let (seqs, more): (Vec<u64>, bool) = match &place {
            Place::Newest => (all().take(BATCH).collect(), self.0 > BATCH as u64),
            Place::Oldest => {
                let seqs: Vec<u64> = (1..=self.0.min(BATCH as u64)).rev().collect();
                (seqs, self.0 > BATCH as u64)
            }
            Place::OlderThan(seq) => {
                let seqs: Vec<u64> = all().filter(|other| other < seq).take(BATCH).collect();
                let more = seqs.last().is_some_and(|last| *last > 1);
                (seqs, more)
            }
            Place::NewerThan(seq) => {
                let end = self.0.min(seq + BATCH as u64);
                ((seq + 1..=end).rev().collect(), end < self.0)
            }
            Place::Among(seqs) => (seqs.clone().rev().collect(), false),
        };
        Part { place, rows: seqs.into_iter().map(listed).collect(), more }
    }

    fn settle(&self, window: &mut Window) {
        for _ in 0..50 {
            let Some(place) = window.lacks(false) else { return };
            window.take(self.read(place));
        }
        panic!("the window never has enough: {:?}", window.lacks(false));
    }
}

fn window(journal: &Journal) -> Window {
    let mut window = Window::default();
    window.resize(10);
    journal.settle(&mut window);
    window
}

fn shown(window: &Window) -> (Option<u64>, Option<u64>, Option<u64>) {
    let seqs: Vec<u64> = window.shown().map(|(_, listed)| listed.seq).collect();
    (seqs.first().copied(), seqs.last().copied(), window.selected().map(|listed| listed.seq))
}

#[test]
fn the_newest_is_selected_until_somebody_moves() {
    let mut journal = Journal(5);
    let mut window = window(&journal);
    assert_eq!(shown(&window), (Some(5), Some(1), Some(5)));
    journal.0 = 7;
    window.changed();
    journal.settle(&mut window);
    assert_eq!(shown(&window), (Some(7), Some(1), Some(7)));
    window.go(Move::Down);
    journal.0 = 9;
    window.changed();
    journal.settle(&mut window);
    assert_eq!(shown(&window), (Some(9), Some(1), Some(6)), "the selected one stays, new ones are seen");
    journal.0 = 30;
    window.changed();
    journal.settle(&mut window);
    assert_eq!(shown(&window), (Some(15), Some(6), Some(6)), "and stays in sight");
    window.go(Move::First);
    journal.settle(&mut window);
    assert_eq!(shown(&window), (Some(30), Some(21), Some(30)));
    assert!(window.follows);
}

#[test]
fn the_whole_of_a_long_list_can_be_gone_through_in_little_memory() {
    let journal = Journal(10_000);
    let mut window = window(&journal);
    let mut seen = vec![10_000];
    for _ in 0..9_999 {
        window.go(Move::Down);
        journal.settle(&mut window);
        seen.push(window.selected().unwrap().seq);
        assert!(window.rows.len() <= MOST + BATCH);
    }
    assert!(seen.iter().rev().copied().eq(1..=10_000), "each once, in order");
    for expected in 2..=10_000 {
        window.go(Move::Up);
        journal.settle(&mut window);
        assert_eq!(window.selected().unwrap().seq, expected);
    }
    window.go(Move::Last);
    journal.settle(&mut window);
    assert_eq!(shown(&window), (Some(10), Some(1), Some(1)));
    window.go(Move::PageUp);
    journal.settle(&mut window);
    assert_eq!(window.selected().unwrap().seq, 10);
}

#[test]
fn a_flood_does_not_fill_the_memory_and_the_newest_is_seen() {
    let mut journal = Journal(10);
    let mut window = window(&journal);
    for _ in 0..100 {
        journal.0 += 5_000;
        window.changed();
        journal.settle(&mut window);
        assert_eq!(window.selected().unwrap().seq, journal.0);
        assert!(window.rows.len() <= MOST + BATCH);
    }
    window.go(Move::Down);
    let held = window.selected().unwrap().seq;
    for _ in 0..100 {
        journal.0 += 5_000;
        window.changed();
        journal.settle(&mut window);
        assert_eq!(window.selected().unwrap().seq, held);
        assert!(window.rows.len() <= MOST + BATCH);
    }
}

#[test]
fn a_pause_shows_nothing_new() {
    let mut journal = Journal(3);
    let mut window = window(&journal);
    journal.0 = 9;
    window.changed();
    assert_eq!(window.lacks(true), None);
    assert_eq!(shown(&window), (Some(3), Some(1), Some(3)));
    journal.settle(&mut window);
    assert_eq!(shown(&window), (Some(9), Some(1), Some(9)));
}

#[test]
fn what_was_deleted_goes_away_and_the_next_is_selected() {
    let journal = Journal(9);
    let mut window = window(&journal);
    window.go(Move::Down);
    window.go(Move::Down);
    window.stale = true;
    assert_eq!(window.lacks(false), Some(Place::Among(1..=9)));
    let rows = [9, 8, 5, 4].into_iter().map(listed).collect();
    window.take(Part { place: Place::Among(1..=9), rows, more: false });
    assert_eq!(shown(&window), (Some(9), Some(4), Some(5)));
    window.take(Part { place: Place::Among(4..=9), rows: Vec::new(), more: false });
    assert_eq!(shown(&window), (None, None, None));
    window.go(Move::Down);
    window.go(Move::Last);
    assert!(window.is_empty());
}

#[test]
fn an_answer_to_an_older_question_changes_nothing() {
    let journal = Journal(300);
    let mut window = window(&journal);
    window.take(Part { place: Place::OlderThan(77), rows: vec![listed(5)], more: false });
    window.take(Part { place: Place::NewerThan(77), rows: vec![listed(500)], more: false });
    assert_eq!(shown(&window), (Some(300), Some(291), Some(300)));
}

#[test]
fn a_small_window_and_a_large_one_keep_the_selected_in_sight() {
    let journal = Journal(200);
    let mut window = window(&journal);
    for _ in 0..4 {
        window.go(Move::PageDown);
        journal.settle(&mut window);
    }
    let selected = window.selected().unwrap().seq;
    for height in [1, 3, 50, 7, 0, 500] {
        window.resize(height);
        journal.settle(&mut window);
        assert!(window.shown().any(|(chosen, listed)| chosen && listed.seq == selected), "{height}");
    }
}
