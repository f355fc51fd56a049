//! One piece of output, put together before it is written.
//!
//! The only way to put text on a page is a method that makes it safe, so what
//! a stream writes as text can hold no control character but hookctl's own
//! colours and line ends. Does not write: `stream` does, one page at once.

use super::sanitize::{Rules, columns, cut_to_columns};
use super::style::{END, Look, Mark, Role};

/// Text on its way to one stream.
#[derive(Clone, Debug)]
pub struct Page {
    text: String,
    look: Look,
    /// Columns used in the last line.
    column: usize,
}

impl Page {
    /// An empty page for a stream of this look.
    pub fn new(look: Look) -> Self {
        Self { text: String::new(), look, column: 0 }
    }

    /// What the stream can show.
    pub fn look(&self) -> Look {
        self.look
    }

    /// Whether nothing was put on it.
    pub fn is_empty(&self) -> bool {
        self.text.is_empty()
    }

    /// How many bytes it holds.
    pub fn len(&self) -> usize {
        self.text.len()
    }

    /// The columns used in the last line.
    pub fn column(&self) -> usize {
        self.column
    }

    /// The text with its colours.
    pub fn as_str(&self) -> &str {
        &self.text
    }

    /// Adds text of any origin; a line break in it is shown, not obeyed.
    pub fn put(&mut self, role: Role, text: impl AsRef<[u8]>) -> &mut Self {
        self.put_by(role, text.as_ref(), Rules::field(self.look.charset))
    }

    /// Adds text of any origin in at most so many columns.
    pub fn put_within(&mut self, role: Role, text: impl AsRef<[u8]>, most: usize) -> &mut Self {
        let safe = Rules::field(self.look.charset).apply(text.as_ref());
        let safe = cut_to_columns(&safe, most, self.look.charset);
        self.push(role, &safe)
    }

    /// Adds text of any origin under rules of the caller.
    pub fn put_by(&mut self, role: Role, text: &[u8], rules: Rules) -> &mut Self {
        let safe = rules.apply(text);
        self.push(role, &safe)
    }

    /// Adds one of hookctl's own signs.
    pub fn mark(&mut self, role: Role, mark: Mark) -> &mut Self {
        self.push(role, mark.text(self.look.charset))
    }

    /// Adds spaces.
    pub fn space(&mut self, many: usize) -> &mut Self {
        self.text.extend(std::iter::repeat_n(' ', many));
        self.column += many;
        self
    }

    /// Adds spaces up to a column; none when the line is already longer.
    pub fn pad_to(&mut self, column: usize) -> &mut Self {
        self.space(column.saturating_sub(self.column))
    }

    /// Ends the line.
    pub fn end_line(&mut self) -> &mut Self {
        self.text.push('\n');
        self.column = 0;
        self
    }

    /// Adds another page of the same stream.
    pub fn append(&mut self, other: &Self) -> &mut Self {
        self.text.push_str(&other.text);
        self.column = if other.text.contains('\n') { other.column } else { self.column + other.column };
        self
    }

    fn push(&mut self, role: Role, safe: &str) -> &mut Self {
        self.column += columns(safe);
        match role.sequence().filter(|_| self.look.colors && !safe.is_empty()) {
            Some(sequence) => {
                self.text.push_str(&sequence);
                self.text.push_str(safe);
                self.text.push_str(END);
            }
            None => self.text.push_str(safe),
        }
        self
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::sanitize::Charset;

    #[test]
    fn text_is_made_safe_painted_and_measured() {
        let mut page = Page::new(Look { colors: true, ..Look::PLAIN });
        page.put(Role::Failed, "a\x1b[2Jb\n").space(2).mark(Role::Verified, Mark::Yes);
        assert_eq!(page.as_str(), "\x1b[1;31ma\\x1b[2Jb\\n\x1b[0m  \x1b[32m✓\x1b[0m");
        assert_eq!(page.column(), 14);
        assert_eq!(page.end_line().column(), 0);
    }

    #[test]
    fn a_plain_stream_gets_no_colours_and_plain_signs() {
        let mut page = Page::new(Look { charset: Charset::Ascii, ..Look::PLAIN });
        page.put(Role::Event, "é").space(1).mark(Role::Verified, Mark::Yes).put_within(
            Role::Plain,
            "abcdefgh",
            5,
        );
        assert_eq!(page.as_str(), "\\u{e9} [ok]ab...");
    }
}
