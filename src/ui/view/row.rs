//! The rows of the list: columns in line with each other, in the width there is.
//!
//! What says how it went is kept longest: the subject goes first, then the
//! target's name, then the time.

use super::paint;
use crate::journal::Listed;
use crate::ui::page::Page;
use crate::ui::style::{Look, Mark, Role};
use crate::ui::table::Cell;
use crate::ui::{delivery, human, listing};
use ratatui_core::text::Line;

const COLUMNS: usize = 7;
const LABELS: [&str; COLUMNS] = ["", "time", "event", "verdict", "answer", "forward", "subject"];
const TIME: usize = 1;
const EVENT: usize = 2;
const FORWARD: usize = 5;
const SUBJECT: usize = 6;

/// Columns between two cells.
const GAP: usize = 2;
/// Before the first cell: whether the row is selected.
const MARGIN: usize = 2;
/// From this width on a row has room for the date.
const WIDE: usize = 120;
/// What may be taken from which column when there is no room, first things
/// first: down to so many columns, or the whole of it.
const GIVEN_UP: [(usize, usize); 9] = [
    (SUBJECT, 12),
    (FORWARD, 18),
    (EVENT, 20),
    (SUBJECT, 0),
    (FORWARD, 11),
    (TIME, 0),
    (EVENT, 12),
    (FORWARD, 0),
    (EVENT, 6),
];

/// The labels above the rows, and the rows.
pub(super) fn table<'a>(
    look: Look,
    width: usize,
    rows: impl Iterator<Item = (bool, &'a Listed)>,
) -> (Line<'static>, Vec<(bool, Line<'static>)>) {
    let look = Look { width: Some(width), ..look };
    let rows: Vec<(bool, Vec<Cell>)> =
        rows.map(|(chosen, listed)| (chosen, cells(look, width >= WIDE, listed))).collect();
    let labels: Vec<Cell> = LABELS.iter().map(|label| Cell::new(Role::Dim, *label)).collect();
    let widths = widths(look, width, rows.iter().map(|(_, cells)| cells).chain([&labels]));
    let line = |chosen: bool, cells: &[Cell]| {
        let mut page = Page::new(look);
        page.put(Role::Strong, if chosen { ">" } else { "" }).pad_to(MARGIN);
        let mut column = MARGIN;
        for (cell, width) in cells.iter().zip(&widths).filter(|(_, width)| **width > 0) {
            page.pad_to(column);
            cell.put(&mut page, *width);
            column += width + GAP;
        }
        paint::line(&page)
    };
    let done = rows.iter().map(|(chosen, cells)| (*chosen, line(*chosen, cells))).collect();
    (line(false, &labels), done)
}

fn widths<'a>(look: Look, width: usize, rows: impl Iterator<Item = &'a Vec<Cell>>) -> [usize; COLUMNS] {
    let page = Page::new(look);
    let mut widths = [0; COLUMNS];
    for cells in rows {
        for (widest, cell) in widths.iter_mut().zip(cells) {
            *widest = (*widest).max(cell.columns(&page));
        }
    }
    let taken = |widths: &[usize; COLUMNS]| {
        widths.iter().filter(|width| **width > 0).map(|width| width + GAP).sum::<usize>() + MARGIN - GAP
    };
    let natural = widths;
    for (at, fewest) in GIVEN_UP {
        let over = taken(&widths).saturating_sub(width);
        if let Some(column) = widths.get_mut(at).filter(|_| over > 0) {
            let left = column.saturating_sub(over).max(fewest.min(*column));
            *column = if fewest == 0 { 0 } else { left };
        }
    }
    // What a column that went left over is given back.
    for at in [EVENT, FORWARD] {
        let spare = width.saturating_sub(taken(&widths));
        if let (Some(column), Some(natural)) = (widths.get_mut(at), natural.get(at)) {
            *column = if *column > 0 { (*column + spare).min(*natural) } else { 0 };
        }
    }
    widths
}

fn cells(look: Look, dated: bool, listed: &Listed) -> Vec<Cell> {
    let (role, mark) = delivery::judged(&listed.verdict);
    let verdict = format!("{} {}", mark.text(look.charset), listed.verdict.code);
    let received = listed.received;
    let time = if dated { received.local_date_and_time() } else { received.local_time_of_day() };
    let answer = listed.answer.as_ref().map(|answer| answer.status);
    let answered = match answer {
        Some(status) => Cell::new(delivery::status_role(status), status.to_string()),
        None => Cell::new(Role::Dim, Mark::Ellipsis.text(look.charset)),
    };
    vec![
        Cell::new(Role::Seq, format!("#{}", listed.seq)),
        Cell::new(Role::Dim, time),
        listing::named(listed),
        Cell::new(role, verdict),
        answered,
        forwarded(listed),
        Cell::new(Role::Plain, listed.facts.subject.as_deref().unwrap_or_default()),
    ]
}

/// How the target fares that fares worst, and what is not settled; the target
/// comes last, so that a narrow screen keeps the rest.
fn forwarded(listed: &Listed) -> Cell {
    let mut cell = Cell::new(Role::Plain, "");
    let Some(worst) = listing::worst(listed) else { return listing::still(cell, listed) };
    if let Some(last) = worst.attempt {
        cell = match (last.status, last.failure) {
            (Some(status), _) => Cell::new(delivery::status_role(status), status.to_string()),
            (None, Some(failure)) => Cell::new(Role::Failed, failure.as_str()),
            (None, None) => Cell::new(Role::Failed, "failed"),
        };
        cell = cell.and(Role::Plain, format!(" in {}", human::duration(last.duration)));
    }
    if let Some(tries) = worst.tries {
        cell = cell.and(Role::Dim, format!(" {tries}"));
    }
    listing::still(cell, listed).and(Role::Url, format!("  {}", worst.target))
}
