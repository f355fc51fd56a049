//! Draws the state on a frame: a title, the page, a message, the keys.

use super::state::{Asked, Face, State};
use super::{help, paint, row};
use crate::job::report::AnswerPolicy;
use crate::ui::delivery::short_target;
use crate::ui::human;
use crate::ui::page::Page;
use crate::ui::sanitize::{Rules, columns};
use crate::ui::style::{Look, Mark, Role};
use ratatui_core::buffer::Buffer;
use ratatui_core::layout::Rect;
use ratatui_core::style::{Color, Modifier, Style};
use ratatui_core::terminal::Frame;
use ratatui_core::text::Line;

/// What is drawn around the rows: title, labels, message, keys.
const AROUND: u16 = 4;
/// A lower screen shows rows alone.
const LOWEST: u16 = 8;

/// Draws everything.
pub(super) fn draw(state: &mut State, frame: &mut Frame<'_>) {
    let area = frame.area();
    if area.width < 10 || area.height < 2 {
        return;
    }
    let mut cursor = None;
    let buffer = frame.buffer_mut();
    let full = area.height >= LOWEST;
    let top = if full {
        put(buffer, area, 0, &title(state, area.width));
        1
    } else {
        0
    };
    let bottom = if full { area.height - 2 } else { area.height - 1 };
    let middle = Rect { y: top, height: bottom.saturating_sub(top), ..area };
    page(state, buffer, middle);
    match typed(state, area.width) {
        Some((line, column)) => {
            put(buffer, area, bottom, &line);
            cursor = Some((column, bottom));
        }
        None => put(buffer, area, bottom, &message(state, area.width)),
    }
    if full {
        // What is wrong with a line stands below it.
        let wrong = state.typed.is_some() && state.message.is_some();
        let line = if wrong { message(state, area.width) } else { keys(state, area.width) };
        put(buffer, area, area.height - 1, &line);
    }
    if let Some(cursor) = cursor {
        frame.set_cursor_position(cursor);
    }
}

fn put(buffer: &mut Buffer, area: Rect, row: u16, line: &Line<'_>) {
    buffer.set_line(area.x, area.y + row, line, area.width);
}

/// A page of one line that is no longer than the screen is wide.
fn narrow(state: &State, width: u16) -> Page {
    Page::new(Look { width: Some(width.into()), ..state.look })
}

fn title(state: &State, width: u16) -> Line<'static> {
    let mut right = narrow(state, width);
    status(state, &mut right);
    let mut page = narrow(state, width);
    page.put(Role::Strong, "hookctl");
    let room = usize::from(width).saturating_sub(right.column() + 2);
    if let Some(ready) = &state.ready {
        let targets = ready.targets.iter().map(|target| short_target(target, false));
        let mut left = ready.url.clone();
        if ready.answer != AnswerPolicy::Strict {
            let targets: Vec<String> = targets.collect();
            left.push_str(&format!(" {} {}", Mark::Arrow.text(state.look.charset), targets.join(", ")));
        }
        page.space(2);
        let left_over = room.saturating_sub(page.column());
        page.put_within(Role::Url, left, left_over);
    }
    page.pad_to(room + 2).append(&right);
    paint::line(&page)
}

/// What is shown of all there is.
fn status(state: &State, page: &mut Page) {
    let first = state.window.shown().next().map(|(_, listed)| listed.seq);
    let newer = match (state.newest, first) {
        _ if !state.window.has_newer() => None,
        (Some(newest), Some(first)) if state.filter.is_empty() && newest > first => {
            Some(format!("{} newer", human::count(newest - first)))
        }
        _ => Some("newer above".to_owned()),
    };
    let mut words: Vec<(Role, String)> = Vec::new();
    if !state.filter.is_empty() {
        words.push((Role::Warning, "filtered".to_owned()));
    }
    if state.paused {
        words.push((Role::Warning, "paused".to_owned()));
    }
    if let Some(newer) = newer {
        words.push((Role::Dim, newer));
    } else if !state.paused && !state.window.is_loading() {
        words.push((Role::Dim, "live".to_owned()));
    }
    for (at, (role, word)) in words.into_iter().enumerate() {
        if at > 0 {
            page.space(1).mark(Role::Dim, Mark::Dot).space(1);
        }
        page.put(role, word);
    }
}

fn page(state: &mut State, buffer: &mut Buffer, area: Rect) {
    match &mut state.face {
        Face::List => list(state, buffer, area),
        Face::Detail(_) => detail(state, buffer, area),
        Face::Help { .. } => helping(state, buffer, area),
    }
}

fn list(state: &mut State, buffer: &mut Buffer, area: Rect) {
    let labelled = area.height >= AROUND;
    let first = u16::from(labelled);
    state.window.resize(usize::from(area.height - first));
    if state.window.is_empty() {
        return empty(state, buffer, area);
    }
    let (labels, rows) = row::table(state.look, area.width.into(), state.window.shown());
    if labelled {
        put(buffer, area, 0, &labels);
    }
    for (row, (chosen, line)) in (first..area.height).zip(rows) {
        put(buffer, area, row, &line);
        if chosen {
            let whole = Rect { y: area.y + row, height: 1, ..area };
            // Reversed, each colour would be a patch behind its word.
            let one = Style::new().fg(Color::Reset).remove_modifier(Modifier::DIM);
            buffer.set_style(whole, one.add_modifier(Modifier::REVERSED));
        }
    }
}

/// Nothing to show: why, and what to do.
fn empty(state: &State, buffer: &mut Buffer, area: Rect) {
    let mut page = narrow(state, area.width);
    if state.window.is_loading() {
        let words = if state.filter.is_empty() { "reading the journal" } else { "searching" };
        page.put(Role::Dim, words).mark(Role::Dim, Mark::Ellipsis).end_line();
    } else if !state.filter.is_empty() {
        page.put(Role::Plain, "no delivery matches").space(2);
        page.put(Role::Dim, "esc shows all again, / changes the filter").end_line();
    } else {
        page.put(Role::Plain, "no deliveries yet").end_line().end_line();
        if let Some(ready) = &state.ready {
            let provider = ready.provider.as_deref().unwrap_or("koji");
            let event =
                if matches!(provider, "koji" | "userjourneys") { "interview.completed" } else { "EVENT" };
            let command =
                format!("  hookctl trigger {event} --provider {provider} --to {}", ready.address.port());
            page.put(Role::Dim, "send one from another terminal:").end_line();
            page.put(Role::Plain, command).end_line();
        }
    }
    for (row, line) in (1..area.height).zip(paint::lines(&page, area.width.into())) {
        put(buffer, area, row, &line);
    }
}

fn detail(state: &mut State, buffer: &mut Buffer, area: Rect) {
    let look = Look { width: Some(area.width.into()), ..state.look };
    let Face::Detail(open) = &state.face else { return };
    let diagnosed = state.diagnosed(open.seq).cloned();
    let Face::Detail(open) = &mut state.face else { return };
    let (lines, _) = open.shown(look, area.height.into(), diagnosed.as_ref());
    for (row, line) in (0..area.height).zip(lines) {
        put(buffer, area, row, line);
    }
}

fn helping(state: &mut State, buffer: &mut Buffer, area: Rect) {
    let mut page = narrow(state, area.width);
    help::page(&mut page, state.ready.as_deref(), state.said.make_contiguous());
    let lines = paint::lines(&page, area.width.into());
    let Face::Help { top } = &mut state.face else { return };
    *top = (*top).min(lines.len().saturating_sub(area.height.into()));
    for (row, line) in (0..area.height).zip(lines.iter().skip(*top)) {
        put(buffer, area, row, line);
    }
}

/// The line that is typed, and where its cursor is.
fn typed(state: &State, width: u16) -> Option<(Line<'static>, u16)> {
    let (asked, typed) = state.typed.as_ref()?;
    let mut page = narrow(state, width);
    match asked {
        Asked::Filter => page.put(Role::Strong, "/"),
        Asked::Target { seq, .. } => page.put(Role::Strong, format!("send #{seq} to ")),
    };
    let (before, after) = typed.parts();
    let rules = Rules::field(state.look.charset);
    // A long line is seen around its cursor.
    let room = usize::from(width).saturating_sub(page.column() + 2).max(1);
    let safe = rules.apply(before.as_bytes()).into_owned();
    let mut begin = 0;
    for (at, _) in safe.char_indices() {
        begin = at;
        if columns(safe.get(at..).unwrap_or_default()) <= room {
            break;
        }
    }
    let role = if typed.is_proposal() { Role::Dim } else { Role::Plain };
    page.put(role, safe.get(begin..).unwrap_or_default());
    let column = page.column();
    let left = usize::from(width).saturating_sub(column);
    page.put_within(Role::Plain, after, left);
    Some((paint::line(&page), u16::try_from(column).unwrap_or(width)))
}

fn message(state: &State, width: u16) -> Line<'static> {
    if let Some(message) = &state.message {
        return paint::line(&message.0);
    }
    let mut page = narrow(state, width);
    if !state.filter.is_empty() {
        page.put(Role::Dim, "filter").space(1);
        page.put_within(Role::Plain, &state.filter, usize::from(width).saturating_sub(page.column()));
    }
    paint::line(&page)
}

/// The keys of the page, as many as there is room for; the last two always.
fn keys(state: &State, width: u16) -> Line<'static> {
    let mut all: Vec<(&str, &str)> = help::KEYS
        .iter()
        .filter(|(_, word, _)| !word.is_empty())
        .map(|(key, word, _)| (*key, *word))
        .collect();
    if state.typed.is_some() {
        all = vec![("enter", "goes"), ("esc", "drops it")];
    } else if let Face::Detail(_) = state.face {
        all.retain(|(key, _)| !matches!(*key, "d" | "/" | "space"));
        all.splice(0..0, [("esc", "back"), ("n p", "next")]);
    } else if let Face::Help { .. } = state.face {
        all = vec![("esc", "back"), ("q", "stop")];
    }
    let always = all.split_off(all.len().saturating_sub(2));
    let gap = 2;
    let size = |keys: &[(&str, &str)]| {
        keys.iter().map(|(key, word)| columns(key) + 1 + columns(word) + gap).sum::<usize>()
    };
    while size(&all) + size(&always) > usize::from(width) + gap && all.pop().is_some() {}
    let mut page = narrow(state, width);
    for (key, word) in all.into_iter().chain(always) {
        page.space(if page.is_empty() { 0 } else { gap });
        page.put(Role::Strong, key).space(1).put(Role::Dim, word);
    }
    paint::line(&page)
}
