//! Columns and facts: text laid out for the width there is.
//!
//! On a terminal the last column is cut and long facts are wrapped; in a file
//! or a pipe nothing is. Does not write.

use super::page::Page;
use super::sanitize::columns;
use super::style::Role;

/// Columns between two cells.
const GAP: usize = 2;

/// The fewest columns a cell is cut to: less says nothing, so it is left out.
const FEWEST: usize = 12;

/// One cell of a row: pieces of text, each with its own role.
#[derive(Clone, Debug)]
pub struct Cell(Vec<(Role, String)>);

impl Cell {
    /// Text of any origin.
    pub fn new(role: Role, text: impl Into<String>) -> Self {
        Self(vec![(role, text.into())])
    }

    /// More text in the same cell.
    #[must_use]
    pub fn and(mut self, role: Role, text: impl Into<String>) -> Self {
        self.0.push((role, text.into()));
        self
    }

    /// Whether it shows nothing.
    pub fn is_empty(&self) -> bool {
        self.0.iter().all(|(_, text)| text.is_empty())
    }

    /// The columns it takes once it is safe to show.
    pub(super) fn columns(&self, page: &Page) -> usize {
        let mut trial = Page::new(page.look());
        self.put(&mut trial, usize::MAX);
        trial.column()
    }

    /// Puts it in at most so many columns.
    pub(super) fn put(&self, page: &mut Page, most: usize) {
        let end = page.column().saturating_add(most);
        for (role, text) in self.0.iter().filter(|(_, text)| !text.is_empty()) {
            let room = end.saturating_sub(page.column());
            if room == 0 {
                // What was cut says so already.
                return;
            }
            page.put_within(*role, text, room);
        }
    }
}

/// Puts rows on a page, each column as wide as its widest cell.
pub fn table(page: &mut Page, rows: &[Vec<Cell>]) {
    let mut widths: Vec<usize> = Vec::new();
    for row in rows {
        for (at, cell) in row.iter().enumerate() {
            let width = cell.columns(page);
            match widths.get_mut(at) {
                Some(known) => *known = (*known).max(width),
                None => widths.push(width),
            }
        }
    }
    let end = page.look().width.unwrap_or(usize::MAX);
    for row in rows {
        let mut column = 0;
        // A column without any text takes no place.
        for (cell, width) in row.iter().zip(&widths).filter(|(_, width)| **width > 0) {
            let room = end.saturating_sub(column);
            if !cell.is_empty() && room >= FEWEST.min(*width) {
                page.pad_to(column);
                cell.put(page, room);
            }
            column += width + GAP;
        }
        page.end_line();
    }
}

/// Puts named facts on a page; each value of a fact begins on a line of its own.
pub fn facts(page: &mut Page, facts: &[(&str, Vec<String>)]) {
    let begin = facts.iter().map(|(name, _)| columns(name)).max().unwrap_or(0) + 2 * GAP;
    for (name, values) in facts {
        page.space(GAP).put(Role::Dim, name);
        for value in values {
            wrapped(page, value, begin);
        }
    }
}

/// One value from a column on, broken between words where the terminal ends.
fn wrapped(page: &mut Page, value: &str, begin: usize) {
    let end = page.look().width.unwrap_or(usize::MAX).max(begin + FEWEST);
    page.pad_to(begin);
    for (at, word) in value.split(' ').enumerate() {
        if at > 0 && page.column() + 1 + columns(word) > end {
            page.end_line().pad_to(begin);
        } else if at > 0 {
            page.space(1);
        }
        page.put(Role::Plain, word);
    }
    page.end_line();
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::Look;

    fn rows() -> Vec<Vec<Cell>> {
        [("a", "one"), ("bcd", "a rather long last cell")]
            .map(|(id, text)| vec![Cell::new(Role::Plain, id), Cell::new(Role::Plain, text)])
            .to_vec()
    }

    #[test]
    fn columns_line_up_and_only_a_terminal_cuts() {
        let mut page = Page::new(Look::PLAIN);
        table(&mut page, &rows());
        assert_eq!(page.as_str(), "a    one\nbcd  a rather long last cell\n");
        let mut page = Page::new(Look { width: Some(20), ..Look::PLAIN });
        table(&mut page, &rows());
        assert_eq!(page.as_str(), "a    one\nbcd  a rather long …\n");
    }

    #[test]
    fn facts_are_wrapped_between_words_on_a_terminal() {
        let list = [("name", vec!["one two three four".to_owned(), "five".to_owned()])];
        let mut page = Page::new(Look::PLAIN);
        facts(&mut page, &list);
        assert_eq!(page.as_str(), "  name  one two three four\n        five\n");
        let mut page = Page::new(Look { width: Some(22), ..Look::PLAIN });
        facts(&mut page, &list);
        assert_eq!(page.as_str(), "  name  one two three\n        four\n        five\n");
    }

    #[test]
    fn a_cell_that_was_cut_says_so_once() {
        let cell = Cell::new(Role::Plain, "abcdef").and(Role::Plain, "gh").and(Role::Plain, "i");
        for (room, text) in
            [(9, "abcdefghi"), (8, "abcdefgh"), (5, "abcd…"), (6, "abcdef"), (1, "…"), (0, "")]
        {
            let mut page = Page::new(Look::PLAIN);
            cell.put(&mut page, room);
            assert_eq!(page.as_str(), text);
        }
    }
}
