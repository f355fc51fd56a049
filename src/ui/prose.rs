//! Sentences: broken between words where the terminal ends, with code between
//! backticks painted.
//!
//! In a file or a pipe nothing is broken. Does not write.

use super::page::Page;
use super::sanitize::columns;
use super::style::Role;

/// The fewest columns a line of prose is broken to.
const FEWEST: usize = 24;

/// Puts a text from a column on, and ends its last line.
pub fn prose(page: &mut Page, text: &str, begin: usize) {
    let end = page.look().width.unwrap_or(usize::MAX).max(begin.saturating_add(FEWEST));
    page.pad_to(begin);
    let mut code = false;
    for (at, word) in text.split(' ').enumerate() {
        if at > 0 && page.column() + 1 + columns(word) > end {
            page.end_line().pad_to(begin);
        } else if at > 0 {
            page.space(1);
        }
        code = put(page, word, code);
    }
    page.end_line();
}

/// Puts a word, and says whether the code in it goes on in the next.
fn put(page: &mut Page, word: &str, mut code: bool) -> bool {
    for piece in word.split_inclusive('`') {
        let (text, mark) = match piece.strip_suffix('`') {
            Some(text) => (text, true),
            None => (piece, false),
        };
        page.put(if code { Role::Key } else { Role::Plain }, text);
        if mark {
            page.put(Role::Dim, "`");
            code = !code;
        }
    }
    code
}

/// Puts named facts on a page; each value is prose and begins on a line of its own.
pub fn entries(page: &mut Page, entries: &[(&str, Vec<String>)]) {
    const GAP: usize = 2;
    let begin = entries.iter().map(|(name, _)| columns(name)).max().unwrap_or(0) + 2 * GAP;
    for (name, values) in entries.iter().filter(|(_, values)| !values.is_empty()) {
        page.space(GAP).put(Role::Dim, name);
        for value in values {
            prose(page, value, begin);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::Look;

    #[test]
    fn prose_is_broken_between_words_and_code_is_painted() {
        let mut page = Page::new(Look::PLAIN);
        prose(&mut page, "one `two three` four", 2);
        assert_eq!(page.as_str(), "  one `two three` four\n");
        let mut page = Page::new(Look { width: Some(26), ..Look::PLAIN });
        prose(&mut page, "one two three four five sixth", 2);
        assert_eq!(page.as_str(), "  one two three four five\n  sixth\n");
        let mut page = Page::new(Look { colors: true, ..Look::PLAIN });
        prose(&mut page, "a `b c`.", 0);
        let code = |text: &str| format!("\x1b[94m{text}\x1b[0m");
        let mark = "\x1b[2m`\x1b[0m";
        assert_eq!(page.as_str(), format!("a {mark}{} {}{mark}.\n", code("b"), code("c")));
    }

    #[test]
    fn entries_line_up_and_an_empty_one_is_left_out() {
        let mut page = Page::new(Look::PLAIN);
        let list = [
            ("a", vec!["1".to_owned(), "2".to_owned()]),
            ("none", Vec::new()),
            ("long", vec!["3".to_owned()]),
        ];
        entries(&mut page, &list);
        assert_eq!(page.as_str(), "  a     1\n        2\n  long  3\n");
    }
}
