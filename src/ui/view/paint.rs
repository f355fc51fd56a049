//! From a page to lines of a screen.
//!
//! A page holds safe text and hookctl's own colours, nothing else, so what is
//! drawn went through `sanitize` like everything that is printed.

use crate::ui::page::Page;
use ratatui_core::style::{Color, Modifier, Style};
use ratatui_core::text::{Line, Span};
use unicode_width::UnicodeWidthChar;

/// Where tabs of a body go to.
const TAB: usize = 4;

/// The lines of a page, broken where the screen ends.
pub(super) fn lines(page: &Page, width: usize) -> Vec<Line<'static>> {
    let mut lines = Lines { width: width.max(1), done: Vec::new(), spans: Vec::new(), column: 0 };
    let text = page.as_str();
    let mut style = Style::new();
    for (at, line) in text.strip_suffix('\n').unwrap_or(text).split('\n').enumerate() {
        if at > 0 {
            lines.end();
        }
        let mut pieces = line.split('\x1b');
        lines.put(pieces.next().unwrap_or_default(), style);
        for piece in pieces {
            // What follows the escape of a page is always `[codes m`.
            let (codes, rest) = piece.trim_start_matches('[').split_once('m').unwrap_or(("", piece));
            style = codes.split(';').fold(style, coded);
            lines.put(rest, style);
        }
    }
    lines.end();
    lines.done
}

/// One line of a page, for a row that is cut and not broken.
pub(super) fn line(page: &Page) -> Line<'static> {
    lines(page, usize::MAX).into_iter().next().unwrap_or_default()
}

fn coded(style: Style, code: &str) -> Style {
    match code {
        "1" => style.add_modifier(Modifier::BOLD),
        "2" => style.add_modifier(Modifier::DIM),
        "31" => style.fg(Color::Red),
        "32" => style.fg(Color::Green),
        "33" => style.fg(Color::Yellow),
        "35" => style.fg(Color::Magenta),
        "36" => style.fg(Color::Cyan),
        "94" => style.fg(Color::LightBlue),
        _ => Style::new(),
    }
}

struct Lines {
    width: usize,
    done: Vec<Line<'static>>,
    spans: Vec<Span<'static>>,
    column: usize,
}

impl Lines {
    fn end(&mut self) {
        self.done.push(Line::from(std::mem::take(&mut self.spans)));
        self.column = 0;
    }

    fn put(&mut self, text: &str, style: Style) {
        let mut piece = String::new();
        for letter in text.chars() {
            let spaces = if letter == '\t' { TAB - self.column % TAB } else { 0 };
            let columns = if spaces > 0 { spaces } else { letter.width().unwrap_or(0) };
            if self.column + columns > self.width && self.column > 0 {
                self.spans.push(Span::styled(std::mem::take(&mut piece), style));
                self.end();
            }
            self.column += columns;
            if spaces > 0 {
                piece.extend(std::iter::repeat_n(' ', spaces));
            } else {
                piece.push(letter);
            }
        }
        if !piece.is_empty() {
            self.spans.push(Span::styled(piece, style));
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::{Look, Role};

    fn texts(lines: &[Line<'_>]) -> Vec<String> {
        lines.iter().map(ToString::to_string).collect()
    }

    #[test]
    fn colours_become_styles_and_lines_are_broken() {
        let mut page = Page::new(Look { colors: true, ..Look::PLAIN });
        page.put(Role::Failed, "abc")
            .put(Role::Plain, "defgh")
            .end_line()
            .put(Role::Url, "日本語")
            .end_line();
        let lines = lines(&page, 5);
        assert_eq!(texts(&lines), ["abcde", "fgh", "日本", "語"]);
        let first = &lines[0].spans[0];
        assert_eq!((first.style.fg, first.content.as_ref()), (Some(Color::Red), "abc"));
        assert!(first.style.add_modifier.contains(Modifier::BOLD));
        assert_eq!(lines[0].spans[1].style, Style::new());
    }

    #[test]
    fn tabs_are_spaces_and_a_page_has_as_many_lines_as_it_shows() {
        let mut page = Page::new(Look::PLAIN);
        page.put_by(Role::Plain, b"a\tb", crate::ui::sanitize::Rules::body_line(page.look().charset));
        assert_eq!(texts(&lines(&page, 20)), ["a   b"]);
        page.end_line().end_line().put(Role::Plain, "x").end_line();
        assert_eq!(texts(&lines(&page, 20)), ["a   b", "", "x"]);
    }

    #[test]
    fn every_role_has_the_style_of_its_colour() {
        let roles =
            [Role::Strong, Role::Dim, Role::Verified, Role::Failed, Role::Warning, Role::Event, Role::Seq];
        for role in roles.into_iter().chain([Role::Url, Role::Key, Role::String, Role::Number, Role::Word]) {
            let mut page = Page::new(Look { colors: true, ..Look::PLAIN });
            page.put(role, "x");
            assert_ne!(lines(&page, 9)[0].spans[0].style, Style::new(), "{role:?}");
        }
    }
}
