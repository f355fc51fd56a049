//! The part of the list that is in memory: some hundred deliveries around those
//! on the screen, newest first, whatever the journal holds.
//!
//! The selected delivery stays selected while others come; on the first row,
//! before anybody moved, the newest is. Does not read the journal: it says which
//! part it lacks.

use crate::journal::Listed;
use std::collections::VecDeque;
use std::ops::RangeInclusive;

/// Deliveries that are asked for at a time.
pub(super) const BATCH: usize = 100;
/// Deliveries that are kept.
const MOST: usize = 600;

/// Which part of a list is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// The newest ones.
    Newest,
    /// The oldest ones.
    Oldest,
    /// Those before this one.
    OlderThan(u64),
    /// Those after this one, the next first.
    NewerThan(u64),
    /// Those with these numbers.
    Among(RangeInclusive<u64>),
}

/// A part of the list, as it was read.
#[derive(Clone, Debug)]
pub(super) struct Part {
    pub(super) place: Place,
    /// Newest first.
    pub(super) rows: Vec<Listed>,
    /// Whether there are more in the direction of the place.
    pub(super) more: bool,
}

/// A way to move.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Move {
    Up,
    Down,
    PageUp,
    PageDown,
    /// To the newest.
    First,
    /// To the oldest.
    Last,
}

/// What is in memory of the list.
#[derive(Debug)]
pub(super) struct Window {
    rows: VecDeque<Listed>,
    cursor: usize,
    top: usize,
    height: usize,
    /// There may be newer ones than the first row.
    newer: bool,
    /// There may be older ones than the last row.
    older: bool,
    /// The newest is selected, whichever that is.
    follows: bool,
    /// What is on the screen may have changed.
    stale: bool,
    /// The whole part is to be read anew, from this end.
    reload: Option<Place>,
}

impl Default for Window {
    fn default() -> Self {
        Self {
            rows: VecDeque::new(),
            cursor: 0,
            top: 0,
            height: 1,
            newer: false,
            older: false,
            follows: true,
            stale: false,
            reload: Some(Place::Newest),
        }
    }
}

impl Window {
    /// The rows on the screen, and which of them is selected.
    pub(super) fn shown(&self) -> impl Iterator<Item = (bool, &Listed)> {
        let rows = self.rows.iter().enumerate().skip(self.top).take(self.height);
        rows.map(|(at, listed)| (at == self.cursor, listed))
    }

    /// The selected delivery.
    pub(super) fn selected(&self) -> Option<&Listed> {
        self.rows.get(self.cursor)
    }

    /// The newest that is in memory.
    pub(super) fn first(&self) -> Option<u64> {
        self.rows.front().map(|listed| listed.seq)
    }

    pub(super) fn is_empty(&self) -> bool {
        self.rows.is_empty()
    }

    /// Whether nothing was read yet.
    pub(super) fn is_loading(&self) -> bool {
        self.reload.is_some()
    }

    /// Whether there may be newer ones above the screen.
    pub(super) fn has_newer(&self) -> bool {
        self.newer || self.top > 0
    }

    /// How many rows the screen has.
    pub(super) fn resize(&mut self, height: usize) {
        self.height = height.max(1);
        self.keep_in_sight();
    }

    /// Everything is read anew: another filter.
    pub(super) fn restart(&mut self) {
        *self = Self { height: self.height, ..Self::default() };
    }

    /// Keeps this delivery selected while others come.
    pub(super) fn hold(&mut self) {
        self.follows = false;
    }

    /// The journal changed.
    pub(super) fn changed(&mut self) {
        self.newer = true;
        self.stale = true;
    }

    pub(super) fn go(&mut self, way: Move) {
        let last = self.rows.len().saturating_sub(1);
        let page = self.height.saturating_sub(1).max(1);
        self.follows = way == Move::First;
        match way {
            Move::Up => self.cursor = self.cursor.saturating_sub(1),
            Move::Down => self.cursor = (self.cursor + 1).min(last),
            Move::PageUp => self.cursor = self.cursor.saturating_sub(page),
            Move::PageDown => self.cursor = (self.cursor + page).min(last),
            Move::First => {
                self.cursor = 0;
                self.reload = self.newer.then_some(Place::Newest);
            }
            Move::Last => {
                self.cursor = last;
                self.reload = self.older.then_some(Place::Oldest);
            }
        }
        self.keep_in_sight();
    }

    /// The part that is missing most. While the display is `paused` nothing new is.
    pub(super) fn lacks(&self, paused: bool) -> Option<Place> {
        if let Some(place) = &self.reload {
            return Some(place.clone());
        }
        let (first, last) = (self.first(), self.rows.back().map(|listed| listed.seq));
        if self.older && self.cursor + 2 * self.height >= self.rows.len() {
            return last.map(Place::OlderThan);
        }
        if paused {
            return None;
        }
        if self.newer && (self.follows || self.cursor <= 2 * self.height) {
            return Some(first.map_or(Place::Newest, Place::NewerThan));
        }
        let mut shown = self.rows.iter().skip(self.top).take(self.height).map(|listed| listed.seq);
        let newest = shown.next().filter(|_| self.stale)?;
        Some(Place::Among(shown.next_back().unwrap_or(newest)..=newest))
    }

    /// Takes what was read.
    pub(super) fn take(&mut self, part: Part) {
        let Part { place, rows, more } = part;
        match place {
            Place::Newest | Place::Oldest => self.replace(&place, rows, more),
            Place::OlderThan(seq) if self.rows.back().is_some_and(|last| last.seq == seq) => {
                self.rows.extend(rows);
                self.older = more;
                self.forget_newest();
            }
            Place::NewerThan(seq) if self.first() == Some(seq) => self.put_above(rows, more),
            Place::Among(seqs) => self.refresh(&seqs, rows),
            // The list is another one by now.
            Place::OlderThan(_) | Place::NewerThan(_) => {}
        }
        self.keep_in_sight();
    }

    fn replace(&mut self, place: &Place, rows: Vec<Listed>, more: bool) {
        self.rows = rows.into();
        self.reload = None;
        self.stale = false;
        let newest = *place == Place::Newest;
        (self.newer, self.older) = if newest { (false, more) } else { (more, false) };
        self.cursor = if newest { 0 } else { self.rows.len().saturating_sub(1) };
        self.top = self.cursor;
    }

    fn put_above(&mut self, rows: Vec<Listed>, more: bool) {
        if more && self.follows {
            // A flood: what came in between is found when somebody goes there.
            self.reload = Some(Place::Newest);
            return;
        }
        self.newer = more;
        let many = rows.len();
        rows.into_iter().rev().for_each(|listed| self.rows.push_front(listed));
        if !self.follows {
            self.cursor += many;
            // At the top new ones are seen to come, as long as the selected one stays in sight.
            self.top = if self.top == 0 { 0 } else { self.top + many };
        }
        if self.rows.len() > MOST {
            self.rows.truncate(MOST.max(self.cursor + 1));
            self.older = true;
        }
    }

    fn forget_newest(&mut self) {
        let many = self.rows.len().saturating_sub(MOST).min(self.top);
        if many > 0 {
            self.rows.drain(..many);
            self.cursor -= many;
            self.top -= many;
            self.newer = true;
        }
    }

    /// What was read of rows on the screen: some changed, some are gone.
    fn refresh(&mut self, seqs: &RangeInclusive<u64>, rows: Vec<Listed>) {
        self.stale = false;
        let selected = self.selected().map(|listed| listed.seq);
        let begin = self.rows.partition_point(|listed| listed.seq > *seqs.end());
        let end = self.rows.partition_point(|listed| listed.seq >= *seqs.start());
        let rest = self.rows.split_off(end.max(begin));
        self.rows.truncate(begin);
        self.rows.extend(rows);
        self.rows.extend(rest);
        if let Some(seq) = selected {
            self.cursor = self.rows.partition_point(|listed| listed.seq > seq);
        }
    }

    fn keep_in_sight(&mut self) {
        self.cursor = self.cursor.min(self.rows.len().saturating_sub(1));
        let lowest_top = (self.cursor + 1).saturating_sub(self.height);
        let most = self.rows.len().saturating_sub(self.height);
        self.top = self.top.clamp(lowest_top, self.cursor).min(most.max(lowest_top));
    }
}

#[cfg(test)]
mod tests;
