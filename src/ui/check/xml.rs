//! XML, as far as a report needs it: elements, attributes and text.
//!
//! Characters that XML 1.0 cannot hold at all, and those that act on a terminal,
//! become visible escapes such as `\x1b`, so that no answer of a handler makes
//! a report that a CI system cannot read. A crate for writing XML leaves just
//! this to its user, so there is none.

use crate::ui::sanitize::unsafe_to_show;
use std::fmt::Write as _;

/// A document as it is written.
#[derive(Debug)]
pub(super) struct Xml {
    text: String,
    open: Vec<&'static str>,
}

impl Xml {
    /// A document with its declaration.
    pub(super) fn new() -> Self {
        Self { text: "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n".to_owned(), open: Vec::new() }
    }

    /// Begins an element that has others in it.
    pub(super) fn open(&mut self, name: &'static str, attributes: &[(&str, &str)]) {
        self.begin(name, attributes);
        self.text.push_str(">\n");
        self.open.push(name);
    }

    /// Ends the element that was begun last.
    pub(super) fn close(&mut self) {
        let Some(name) = self.open.pop() else { return };
        self.indent();
        let _ = writeln!(self.text, "</{name}>");
    }

    /// An element without anything in it.
    pub(super) fn empty(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.begin(name, attributes);
        self.text.push_str("/>\n");
    }

    /// An element of text.
    pub(super) fn text(&mut self, name: &str, attributes: &[(&str, &str)], text: &str) {
        self.begin(name, attributes);
        self.text.push('>');
        escape(&mut self.text, text, true);
        let _ = writeln!(self.text, "</{name}>");
    }

    /// The document, every element ended.
    pub(super) fn finish(mut self) -> String {
        while !self.open.is_empty() {
            self.close();
        }
        self.text
    }

    fn begin(&mut self, name: &str, attributes: &[(&str, &str)]) {
        self.indent();
        let _ = write!(self.text, "<{name}");
        for (name, value) in attributes {
            let _ = write!(self.text, " {name}=\"");
            escape(&mut self.text, value, false);
            self.text.push('"');
        }
    }

    fn indent(&mut self) {
        self.text.extend(std::iter::repeat_n("  ", self.open.len()));
    }
}

/// Writes text so that it stands for itself; line breaks stay where `lines` says so.
fn escape(out: &mut String, text: &str, lines: bool) {
    for letter in text.chars() {
        let _ = match letter {
            '<' => out.write_str("&lt;"),
            '>' => out.write_str("&gt;"),
            '&' => out.write_str("&amp;"),
            '"' => out.write_str("&quot;"),
            '\n' if lines => out.write_str("\n"),
            '\n' => out.write_str("\\n"),
            '\0'..='\x1f' => write!(out, "\\x{:02x}", u32::from(letter)),
            '\u{fffe}' | '\u{ffff}' => write!(out, "\\u{{{:x}}}", u32::from(letter)),
            _ if unsafe_to_show(letter) => write!(out, "\\u{{{:x}}}", u32::from(letter)),
            _ => out.write_char(letter),
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn whatever_a_handler_says_stands_for_itself() {
        let mut xml = Xml::new();
        xml.open("a", &[("b", "\"<&>\"\n\0")]);
        xml.text("c", &[], "]]>\x1b[2J\u{fffe}\u{202e}\nü");
        xml.empty("d", &[]);
        assert_eq!(
            xml.finish(),
            "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n\
             <a b=\"&quot;&lt;&amp;&gt;&quot;\\n\\x00\">\n  \
             <c>]]&gt;\\x1b[2J\\u{fffe}\\u{202e}\nü</c>\n  <d/>\n</a>\n"
        );
    }
}
