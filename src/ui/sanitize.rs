//! Makes bytes from outside safe to show: nothing a stranger sends can move
//! the cursor, change a colour, reach the clipboard or forge a line.
//!
//! Whatever a terminal would act on, or a person could not see, becomes a
//! visible escape (`\x1b`, `\u{202e}`); text that is only unusual stays as it
//! is. The result is for eyes and cannot be turned back into the bytes; JSON
//! records use [`json`], which loses nothing. Does not decide where text goes.

use crate::hook::hidden::is_hidden;
use std::borrow::Cow;
use std::fmt::Write as _;
use unicode_width::UnicodeWidthChar;

/// The letters that a stream can show.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Charset {
    /// UTF-8, and hookctl's own signs (`✓`, `→`).
    Unicode,
    /// UTF-8, but plain signs: a terminal that is known to be simple.
    Plain,
    /// ASCII alone. An eight-bit terminal reads the bytes 0x80 to 0x9f, which
    /// are inside of ordinary UTF-8 letters, as control characters.
    Ascii,
}

/// How text is made safe.
#[derive(Clone, Copy, Debug)]
pub struct Rules {
    /// The letters that can be shown.
    pub charset: Charset,
    /// Whether a tab may stay (in a body) or is escaped (in a field).
    pub tabs: bool,
    /// The most bytes of input that are shown; the rest is counted.
    pub limit: usize,
}

/// The most bytes of one field or one line that are shown.
pub const LINE_LIMIT: usize = 4096;

/// The most marks that may pile up on one letter; living scripts need fewer.
const MAX_MARKS: usize = 8;

/// Whether a character acts on a terminal or cannot be seen.
pub fn unsafe_to_show(letter: char) -> bool {
    if letter < '\u{ad}' { letter.is_control() } else { is_hidden(letter) }
}

impl Rules {
    /// For one field of a line.
    pub const fn field(charset: Charset) -> Self {
        Self { charset, tabs: false, limit: LINE_LIMIT }
    }

    /// For one line of a body.
    pub const fn body_line(charset: Charset) -> Self {
        Self { charset, tabs: true, limit: LINE_LIMIT }
    }

    /// The same without cutting up to `limit` bytes.
    #[must_use]
    pub const fn up_to(self, limit: usize) -> Self {
        Self { limit, ..self }
    }

    /// One line of safe text; line breaks in it are escaped.
    pub fn apply(self, bytes: &[u8]) -> Cow<'_, str> {
        if bytes.len() <= self.limit && bytes.iter().all(|byte| matches!(byte, b' '..=b'~')) {
            return Cow::Borrowed(std::str::from_utf8(bytes).unwrap_or_default());
        }
        let (shown, hidden) = cut(bytes, self.limit);
        let mut out =
            Safe { text: String::with_capacity(shown.len() + 16), rules: self, marks: MAX_MARKS, extra: 0 };
        for chunk in shown.utf8_chunks() {
            for letter in chunk.valid().chars() {
                out.letter(letter);
            }
            out.end_of_marks();
            for byte in chunk.invalid() {
                out.escape(format_args!("\\x{byte:02x}"));
            }
        }
        out.end_of_marks();
        if hidden > 0 {
            let mark = if self.charset == Charset::Unicode { "…" } else { "..." };
            let _ = write!(out.text, "{mark} (+{} bytes)", super::human::count(hidden as u64));
        }
        Cow::Owned(out.text)
    }
}

/// The first `limit` bytes, not ending inside a letter, and how many are left out.
fn cut(bytes: &[u8], limit: usize) -> (&[u8], usize) {
    if bytes.len() <= limit {
        return (bytes, 0);
    }
    let continues = |at: usize| bytes.get(at).is_some_and(|byte| byte & 0xc0 == 0x80);
    let end = (limit.saturating_sub(3)..=limit).rev().find(|at| !continues(*at)).unwrap_or(limit);
    let (shown, hidden) = bytes.split_at_checked(end).unwrap_or((bytes, &[]));
    (shown, hidden.len())
}

struct Safe {
    text: String,
    rules: Rules,
    /// Marks on the letter before; full at the start, where a mark would sit
    /// on whatever is printed to the left of this text.
    marks: usize,
    /// Marks that were left out.
    extra: usize,
}

impl Safe {
    fn escape(&mut self, text: std::fmt::Arguments<'_>) {
        self.marks = MAX_MARKS;
        let _ = self.text.write_fmt(text);
    }

    fn letter(&mut self, letter: char) {
        if letter.width() == Some(0) && !unsafe_to_show(letter) && self.rules.charset != Charset::Ascii {
            return self.mark(letter);
        }
        self.end_of_marks();
        match letter {
            '\t' if self.rules.tabs => self.text.push('\t'),
            '\n' => self.escape(format_args!("\\n")),
            '\r' => self.escape(format_args!("\\r")),
            '\t' => self.escape(format_args!("\\t")),
            '\0'..='\x1f' | '\x7f' => self.escape(format_args!("\\x{:02x}", u32::from(letter))),
            _ if unsafe_to_show(letter) || (self.rules.charset == Charset::Ascii && !letter.is_ascii()) => {
                self.escape(format_args!("\\u{{{:x}}}", u32::from(letter)));
            }
            _ => {
                self.marks = 0;
                self.text.push(letter);
            }
        }
    }

    fn mark(&mut self, letter: char) {
        if self.marks < MAX_MARKS {
            self.marks += 1;
            self.text.push(letter);
        } else if self.text.is_empty() {
            self.escape(format_args!("\\u{{{:x}}}", u32::from(letter)));
        } else {
            self.extra += 1;
        }
    }

    fn end_of_marks(&mut self) {
        if self.extra > 0 {
            let extra = std::mem::take(&mut self.extra);
            self.escape(format_args!("\\u{{+{extra} marks}}"));
        }
    }
}

/// JSON text with every character that is unsafe to show written as `\u…`.
///
/// JSON writers escape only the controls below 0x20, and a terminal acts on
/// U+009B as on ESC. These characters can stand only inside of strings, where
/// an escape means the same, so the text loses nothing.
pub fn json(text: &str) -> Cow<'_, str> {
    if text.bytes().all(|byte| matches!(byte, b' '..=b'~')) {
        return Cow::Borrowed(text);
    }
    let mut out = String::with_capacity(text.len() + 16);
    for letter in text.chars() {
        if unsafe_to_show(letter) {
            for unit in letter.encode_utf16(&mut [0; 2]) {
                let _ = write!(out, "\\u{unit:04x}");
            }
        } else {
            out.push(letter);
        }
    }
    Cow::Owned(out)
}

/// The lines of a body; `\r\n` ends a line like `\n`.
pub fn lines(body: &[u8]) -> impl Iterator<Item = &[u8]> {
    let body = body.strip_suffix(b"\n").unwrap_or(body);
    body.split(|byte| *byte == b'\n').map(|line| line.strip_suffix(b"\r").unwrap_or(line))
}

/// How many columns safe text takes.
pub fn columns(text: &str) -> usize {
    text.chars().map(|letter| letter.width().unwrap_or(0)).sum()
}

/// Safe text cut to `most` columns, with a sign that it was cut.
pub fn cut_to_columns(text: &str, most: usize, charset: Charset) -> Cow<'_, str> {
    if columns(text) <= most {
        return Cow::Borrowed(text);
    }
    let sign = if charset == Charset::Unicode { "…" } else { "..." };
    let room = most.saturating_sub(columns(sign));
    let mut used = 0;
    let kept: String = text
        .chars()
        .take_while(|letter| {
            used += letter.width().unwrap_or(0);
            used <= room
        })
        .collect();
    Cow::Owned(kept + sign)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn shown(bytes: impl AsRef<[u8]>) -> String {
        Rules::field(Charset::Unicode).apply(bytes.as_ref()).into_owned()
    }

    #[test]
    fn controls_become_visible() {
        for (bytes, text) in [
            (&b"\x1b[2J"[..], r"\x1b[2J"),
            (b"\x1b]52;c;aGk=\x07", r"\x1b]52;c;aGk=\x07"),
            (b"a\r\nb\tc\x08\x00\x7f", r"a\r\nb\tc\x08\x00\x7f"),
            (b"\x9b31m", r"\x9b31m"),
            ("\u{9b}31m".as_bytes(), r"\u{9b}31m"),
            ("a\u{202e}b\u{2066}c".as_bytes(), r"a\u{202e}b\u{2066}c"),
            ("\u{2028}\u{e0041}\u{200b}\u{feff}".as_bytes(), r"\u{2028}\u{e0041}\u{200b}\u{feff}"),
            (b"\xc3\x28\xff", r"\xc3(\xff"),
            ("Zürich – 東京 ✓ 👍".as_bytes(), "Zürich – 東京 ✓ 👍"),
        ] {
            assert_eq!(shown(bytes), text);
        }
    }

    #[test]
    fn marks_do_not_pile_up_or_sit_on_our_own_text() {
        assert_eq!(shown("e\u{301}"), "e\u{301}");
        assert_eq!(shown("\u{301}e"), "\\u{301}e");
        assert_eq!(shown("\u{200b}\u{301}"), "\\u{200b}\\u{+1 marks}");
        let pile = format!("a{}b", "\u{301}".repeat(2000));
        assert_eq!(shown(pile), format!("a{}\\u{{+1992 marks}}b", "\u{301}".repeat(8)));
    }

    #[test]
    fn long_text_is_cut_between_letters_and_counted() {
        let text = "ü".repeat(4000);
        let out = shown(&text);
        assert!(out.ends_with("ü… (+3,904 bytes)"));
        assert_eq!(Rules::field(Charset::Ascii).up_to(3).apply(b"abcdef"), "abc... (+3 bytes)");
    }

    #[test]
    fn an_eight_bit_terminal_gets_ascii_alone() {
        // U+015B holds the byte 0x9b, which such a terminal reads as CSI.
        assert_eq!(Rules::field(Charset::Ascii).apply("\u{15b}e\u{301}".as_bytes()), "\\u{15b}e\\u{301}");
        assert!(Rules::field(Charset::Plain).apply("\u{15b}".as_bytes()).contains('\u{15b}'));
    }

    #[test]
    fn json_keeps_its_meaning() {
        let value = serde_json::json!({"a\u{9b}": "\u{202e}x\u{7f}\u{e0041}\u{fe0f}é\n"});
        let text = value.to_string();
        let safe = json(&text);
        assert!(safe.contains(r"\u009b") && safe.contains(r"\u202e") && safe.contains(r"\udb40\udc41"));
        assert!(!safe.chars().any(unsafe_to_show));
        assert_eq!(serde_json::from_str::<serde_json::Value>(&safe).unwrap(), value);
    }

    #[test]
    fn lines_of_a_body() {
        let found: Vec<_> = lines(b"a\r\n\nb\rc\n").collect();
        assert_eq!(found, [&b"a"[..], b"", b"b\rc"]);
    }

    #[test]
    fn cutting_counts_columns() {
        assert_eq!(cut_to_columns("東京都", 6, Charset::Unicode), "東京都");
        assert_eq!(cut_to_columns("東京都庁", 6, Charset::Unicode), "東京…");
        assert_eq!(cut_to_columns("abcdef", 5, Charset::Plain), "ab...");
    }

    proptest! {
        #[test]
        fn nothing_unsafe_comes_out(bytes in proptest::collection::vec(any::<u8>(), 0..600), text in any::<String>()) {
            for input in [&bytes[..], text.as_bytes()] {
                for charset in [Charset::Unicode, Charset::Plain, Charset::Ascii] {
                    let out = Rules::field(charset).apply(input).into_owned();
                    prop_assert!(!out.chars().any(unsafe_to_show), "{:?}", out);
                    prop_assert!(charset != Charset::Ascii || out.is_ascii());
                }
            }
        }

        #[test]
        fn json_is_safe_and_means_the_same(text in any::<String>()) {
            let record = serde_json::to_string(&text).unwrap();
            let safe = json(&record);
            prop_assert!(!safe.chars().any(unsafe_to_show));
            prop_assert_eq!(serde_json::from_str::<String>(&safe).unwrap(), text);
        }
    }
}
