//! Shows a body so that it can be read: JSON token by token, forms as pairs,
//! text as text, anything else as a summary.
//!
//! The view never changes a value silently: keys keep their order and repeats,
//! numbers and escapes their spelling, and what a parser would read differently
//! is noted below. What is too deep or too long is folded with a count. Does
//! not decode compressed bodies and never recurses.

use super::human;
use super::page::Page;
use super::sanitize::{self, Rules};
use super::style::{Mark, Role};
use crate::hook::jsontext::{self, Kind, SyntaxError, Token};
use sha2::{Digest, Sha256};
use std::collections::HashSet;

/// The deepest container that is shown open.
pub const MAX_DEPTH: usize = 128;
/// The most bytes that one body may take on the screen.
pub const MAX_SHOWN: usize = 64 * 1024;
/// The most bytes of one string or number that are shown.
const MAX_TOKEN: usize = 16 * 1024;
/// The most notes of one kind.
const MAX_NOTES: usize = 5;
/// How many bytes of a binary body are shown in hex.
const PREVIEW: usize = 32;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// What a reader of the raw bytes should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Note {
    /// A key that stands more than once in one object; parsers keep one of the values.
    DuplicateKey {
        /// The key as it is spelled the second time.
        key: Vec<u8>,
    },
    /// A number that JavaScript reads as another one.
    InexactNumber {
        /// As it is spelled.
        number: Vec<u8>,
        /// As JavaScript reads it.
        read: String,
    },
    /// Bytes that are not UTF-8.
    InvalidUtf8 {
        /// The offset of the first of them.
        at: usize,
    },
    /// A byte order mark before the text; many JSON parsers refuse it.
    ByteOrderMark,
    /// The content type says JSON, and it is not.
    NotJson(SyntaxError),
}

impl Note {
    fn show(&self, page: &mut Page) {
        page.mark(Role::Warning, Mark::Alert).space(1);
        match self {
            Self::DuplicateKey { key } => page
                .put(Role::Warning, "duplicate key ")
                .put_within(Role::Key, key, 60)
                .put(Role::Warning, ": parsers keep only one of its values"),
            Self::InexactNumber { number, read } => page
                .put_within(Role::Number, number, 40)
                .put(Role::Warning, " is not exact in JavaScript, which reads ")
                .put(Role::Number, read),
            Self::InvalidUtf8 { at } => {
                page.put(Role::Warning, format!("invalid UTF-8 at offset {}", human::count(*at as u64)))
            }
            Self::ByteOrderMark => page.put(Role::Warning, "starts with a byte order mark"),
            Self::NotJson(error) => page.put(Role::Warning, format!("not JSON: {error}")),
        };
        page.end_line();
    }
}

/// Puts a body on a page, each line indented, with its notes below.
pub fn body(page: &mut Page, body: &[u8], content_type: Option<&[u8]>, indent: usize) {
    if body.is_empty() {
        page.space(indent).put(Role::Dim, "(empty body)").end_line();
        return;
    }
    let notes = whole(page, body, content_type, indent);
    for note in notes {
        page.space(indent);
        note.show(page);
    }
}

fn whole(page: &mut Page, body: &[u8], content_type: Option<&[u8]>, indent: usize) -> Vec<Note> {
    let mut notes = Vec::new();
    let text = body.strip_prefix(BOM).unwrap_or(body);
    if text.len() < body.len() {
        notes.push(Note::ByteOrderMark);
    }
    if let Err(error) = std::str::from_utf8(body) {
        notes.push(Note::InvalidUtf8 { at: error.valid_up_to() });
    }
    match jsontext::check(text) {
        Ok(()) => {
            let mut printer = Printer::new(page, indent, notes);
            printer.document(text);
            return printer.notes;
        }
        Err(error) if says(content_type, "json") => notes.push(Note::NotJson(error)),
        Err(_) => {}
    }
    if is_binary(body) {
        binary(page, body, indent);
        // The summary says it: the offset of the first odd byte tells nothing more.
        notes.retain(|note| !matches!(note, Note::InvalidUtf8 { .. }));
    } else if says(content_type, "x-www-form-urlencoded") {
        form(page, body, indent);
    } else {
        lines(page, text, indent);
    }
    notes
}

fn says(content_type: Option<&[u8]>, word: &str) -> bool {
    content_type.is_some_and(|value| String::from_utf8_lossy(value).to_ascii_lowercase().contains(word))
}

/// Text may hold odd bytes; a NUL or more than one in ten makes it binary.
fn is_binary(body: &[u8]) -> bool {
    let mut odd = 0usize;
    for chunk in body.utf8_chunks() {
        odd += chunk.invalid().len();
        odd += chunk
            .valid()
            .bytes()
            .filter(|byte| *byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | 0x1b))
            .count();
    }
    body.contains(&0) || odd * 10 > body.len()
}

fn binary(page: &mut Page, body: &[u8], indent: usize) {
    let digest = hex::encode(Sha256::digest(body));
    page.space(indent)
        .put(Role::Dim, format!("binary, {}, sha256 ", human::counted(body.len() as u64, "byte", "bytes")))
        .put(Role::Plain, digest)
        .end_line();
    let preview = body.get(..PREVIEW).unwrap_or(body);
    page.space(indent);
    for (at, byte) in preview.iter().enumerate() {
        page.space(usize::from(at > 0)).put(Role::Plain, hex::encode([*byte]));
    }
    page.space(2);
    let letters: String = preview
        .iter()
        .map(|byte| if matches!(byte, b' '..=b'~') { char::from(*byte) } else { '.' })
        .collect();
    page.put(Role::Dim, letters);
    if body.len() > PREVIEW {
        page.space(1).mark(Role::Dim, Mark::Ellipsis);
    }
    page.end_line();
}

fn form(page: &mut Page, body: &[u8], indent: usize) {
    let begin = page.len();
    let rules = Rules::field(page.look().charset);
    let trimmed = body.strip_suffix(b"\n").unwrap_or(body);
    let mut left = trimmed.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty());
    while let Some(pair) = left.next() {
        if page.len() - begin > MAX_SHOWN {
            let rest: usize = pair.len() + left.map(|pair| pair.len() + 1).sum::<usize>();
            return folded(page, rest, indent);
        }
        // One pair at a time: the bytes decide where a pair ends, before any decoding.
        for (key, value) in form_urlencoded::parse(pair) {
            page.space(indent).put(Role::Key, key.as_bytes()).put(Role::Dim, " = ");
            page.put_by(Role::Plain, value.as_bytes(), rules).end_line();
        }
    }
}

fn lines(page: &mut Page, body: &[u8], indent: usize) {
    let begin = page.len();
    let rules = Rules::body_line(page.look().charset);
    let mut rest = body.len();
    for line in sanitize::lines(body) {
        if page.len() - begin > MAX_SHOWN {
            return folded(page, rest, indent);
        }
        page.space(indent).put_by(Role::Plain, line, rules).end_line();
        rest = rest.saturating_sub(line.len() + 1);
    }
}

fn folded(page: &mut Page, rest: usize, indent: usize) {
    page.space(indent)
        .mark(Role::Dim, Mark::Ellipsis)
        .put(Role::Dim, format!(" {} more", human::counted(rest as u64, "byte", "bytes")))
        .end_line();
}

struct Printer<'p, 'a> {
    page: &'p mut Page,
    indent: usize,
    begin: usize,
    notes: Vec<Note>,
    /// The keys seen in each open object; empty sets for arrays.
    keys: Vec<HashSet<Vec<u8>>>,
    noted: HashSet<&'a [u8]>,
}

impl<'p, 'a> Printer<'p, 'a> {
    fn new(page: &'p mut Page, indent: usize, notes: Vec<Note>) -> Self {
        let begin = page.len();
        Self { page, indent, begin, notes, keys: Vec::new(), noted: HashSet::new() }
    }

    fn new_line(&mut self, depth: usize) {
        self.page.end_line().space(self.indent + 2 * depth);
    }

    /// Prints a text that is known to be JSON.
    fn document(&mut self, text: &'a [u8]) {
        let mut tokens = jsontext::tokens(text).filter_map(Result::ok).peekable();
        let mut before = None;
        self.page.space(self.indent);
        while let Some(token) = tokens.next() {
            if self.page.len() - self.begin > MAX_SHOWN {
                self.page.end_line();
                return folded(self.page, text.len() - token.at, self.indent);
            }
            self.place(token, before);
            before = Some(token.kind);
            let opens = matches!(token.kind, Kind::BeginObject | Kind::BeginArray);
            if opens && token.depth >= MAX_DEPTH {
                let close = tokens.find(|other| other.depth == token.depth && closes(other.kind));
                self.fold_container(token, close);
                before = close.map(|close| close.kind);
                continue;
            }
            self.token(token);
        }
        self.page.end_line();
    }

    /// The line break and indentation before a token.
    fn place(&mut self, token: Token<'_>, before: Option<Kind>) {
        match (before, token.kind) {
            // Nothing comes before the first token or a mark, and an empty container stays on one line.
            (None, _)
            | (_, Kind::Comma | Kind::Colon)
            | (Some(Kind::BeginObject), Kind::EndObject)
            | (Some(Kind::BeginArray), Kind::EndArray) => {}
            (Some(Kind::Colon), _) => {
                self.page.space(1);
            }
            _ => self.new_line(token.depth),
        }
    }

    fn token(&mut self, token: Token<'a>) {
        let role = match token.kind {
            Kind::Key => Role::Key,
            Kind::String => Role::String,
            Kind::Number => Role::Number,
            Kind::Word => Role::Word,
            _ => Role::Plain,
        };
        match token.kind {
            Kind::BeginObject | Kind::BeginArray => self.keys.push(HashSet::new()),
            Kind::EndObject | Kind::EndArray => {
                self.keys.pop();
            }
            Kind::Key => self.note_key(token.text),
            Kind::Number => self.note_number(token.text),
            _ => {}
        }
        let rules = Rules::field(self.page.look().charset).up_to(MAX_TOKEN);
        self.page.put_by(role, token.text, rules);
    }

    fn fold_container(&mut self, open: Token<'_>, close: Option<Token<'_>>) {
        let bytes = close.map_or(0, |close| (close.at + 1).saturating_sub(open.at));
        self.page
            .put(Role::Plain, open.text)
            .space(1)
            .mark(Role::Dim, Mark::Ellipsis)
            .put(
                Role::Dim,
                format!(" {} deeper than {MAX_DEPTH} levels ", human::counted(bytes as u64, "byte", "bytes")),
            )
            .put(Role::Plain, close.map_or(&b""[..], |close| close.text));
    }

    fn note_key(&mut self, key: &'a [u8]) {
        let Some(seen) = self.keys.last_mut() else { return };
        let first = seen.insert(jsontext::unescape(key).into_owned());
        if !first && self.room(|note| matches!(note, Note::DuplicateKey { .. })) && self.noted.insert(key) {
            self.notes.push(Note::DuplicateKey { key: key.to_vec() });
        }
    }

    fn note_number(&mut self, number: &'a [u8]) {
        // Under sixteen digits and without an exponent nothing is lost.
        if number.len() < 16 && !number.iter().any(|byte| matches!(byte, b'e' | b'E')) {
            return;
        }
        if let Some(read) = jsontext::javascript_reads(number)
            && self.room(|note| matches!(note, Note::InexactNumber { .. }))
            && self.noted.insert(number)
        {
            self.notes.push(Note::InexactNumber { number: number.to_vec(), read });
        }
    }

    fn room(&self, kind: impl Fn(&Note) -> bool) -> bool {
        self.notes.iter().filter(|note| kind(note)).count() < MAX_NOTES
    }
}

fn closes(kind: Kind) -> bool {
    matches!(kind, Kind::EndObject | Kind::EndArray)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::sanitize::unsafe_to_show;
    use crate::ui::style::Look;
    use proptest::prelude::*;
    use snapbox::{IntoData, assert_data_eq, str};

    fn shown(bytes: impl AsRef<[u8]>, content_type: &str) -> String {
        let mut page = Page::new(Look::PLAIN);
        body(&mut page, bytes.as_ref(), Some(content_type.as_bytes()), 0);
        page.as_str().to_owned()
    }

    fn json(bytes: impl AsRef<[u8]>) -> String {
        shown(bytes, "application/json")
    }

    #[test]
    fn json_keeps_order_repeats_and_spelling() {
        assert_data_eq!(
            json(
                r#"{"b":1.10,"a":[1e2,-0,{}, [],"\u00e9\/"],"b":true,"\u0062":null,"big":12345678901234567890123,"huge":1e400}"#
            ),
            str![[r#"
{
  "b": 1.10,
  "a": [
    1e2,
    -0,
    {},
    [],
    "\u00e9\/"
  ],
  "b": true,
  "\u0062": null,
  "big": 12345678901234567890123,
  "huge": 1e400
}
⚠ duplicate key "b": parsers keep only one of its values
⚠ duplicate key "\u0062": parsers keep only one of its values
⚠ 12345678901234567890123 is not exact in JavaScript, which reads 1.2345678901234568e22
⚠ 1e400 is not exact in JavaScript, which reads Infinity

"#]]
            .raw()
        );
    }

    #[test]
    fn scalars_byte_order_marks_and_odd_bytes() {
        assert_eq!(json("\"\\ud800 lone\""), "\"\\ud800 lone\"\n");
        assert_eq!(json("\u{feff}[1]"), "[\n  1\n]\n⚠ starts with a byte order mark\n");
        assert_eq!(
            json(b"{\"a\":\"\xff\x9b\"}"),
            "{\n  \"a\": \"\\xff\\x9b\"\n}\n⚠ invalid UTF-8 at offset 6\n"
        );
        assert_eq!(json("[\"\u{9b}2J\u{202e}\"]"), "[\n  \"\\u{9b}2J\\u{202e}\"\n]\n");
    }

    #[test]
    fn what_is_not_json_is_shown_as_text_and_named() {
        assert_eq!(json("{} {}"), "{} {}\n⚠ not JSON: expected nothing more at offset 3\n");
        assert_eq!(json("NaN"), "NaN\n⚠ not JSON: expected a value at offset 0\n");
        assert_eq!(shown("a\tb\r\nc\x1b[2J\rd\n", "text/plain"), "a\tb\nc\\x1b[2J\\rd\n");
        assert_eq!(json(""), "(empty body)\n");
        assert_eq!(shown("<a/>", "text/xml"), "<a/>\n");
    }

    #[test]
    fn forms_are_pairs() {
        assert_eq!(
            shown("From=%2B49+1&Body=a%0Ab%1B%5B2J&=&x", "application/x-www-form-urlencoded; charset=utf-8"),
            "From = +49 1\nBody = a\\nb\\x1b[2J\n = \nx = \n"
        );
    }

    #[test]
    fn binary_bodies_are_summarised() {
        assert_data_eq!(
            shown([&b"\x1f\x8b\x08\x00"[..], &[0xff; 1230]].concat(), "application/json"),
            str![[r#"
binary, 1,234 bytes, sha256 de16cbe9d186dd7120212092fd18924ece88de9b8a0f90fe082462bf2435dd76
1f 8b 08 00 ff [..]  ................................ …
⚠ not JSON: expected a value at offset 0

"#]]
        );
        assert!(shown(b"a\0b", "text/plain").starts_with("binary, 3 bytes"));
    }

    #[test]
    fn deep_nesting_is_folded_without_a_deep_stack() {
        let deep = "[".repeat(100_000) + "1" + &"]".repeat(100_000);
        let text = json(&deep);
        assert!(text.contains("[ … 199,745 bytes deeper than 128 levels ]"));
        assert_eq!(text.matches('[').count(), 129);
        assert_eq!(text.matches(']').count(), 129);
        let objects = "{\"a\":".repeat(200) + "1" + &"}".repeat(200);
        assert!(json(&objects).contains("{ … 433 bytes deeper than 128 levels }"));
    }

    #[test]
    fn long_bodies_are_folded_with_a_count() {
        let long = format!("[{}0]", "1234,".repeat(1_000_000));
        let text = json(&long);
        assert!(text.len() < MAX_SHOWN + 1024);
        assert!(text.trim_end().ends_with("bytes more"));
        let string = json(format!("[\"{}\",2]", "x".repeat(5_000_000)));
        assert!(string.contains("… (+4,983,618 bytes)") && string.contains("\n  2\n]"), "{}", string.len());
        // Indentation counts as well: few bytes can be many columns.
        let wide = "[".repeat(120) + &"0,".repeat(30_000) + "0" + &"]".repeat(120);
        assert!(json(&wide).len() < MAX_SHOWN + 1024);
        assert!(shown("a\n".repeat(200_000), "text/plain").len() < MAX_SHOWN + 1024);
        assert!(shown("a=b&".repeat(200_000), "application/x-www-form-urlencoded").len() < MAX_SHOWN + 1024);
    }

    #[test]
    fn notes_are_bounded() {
        let many: Vec<String> = (0..1000).map(|number| format!("{number}e400")).collect();
        assert_eq!(json(format!("[{}]", many.join(","))).matches('⚠').count(), MAX_NOTES);
    }

    fn value() -> impl Strategy<Value = String> {
        let leaf = prop_oneof![
            Just("null".to_owned()),
            Just("1.10".to_owned()),
            Just("-0".to_owned()),
            Just("1E400".to_owned()),
            "-?[1-9][0-9]{0,30}",
            "\"[a-z \\[\\]{},:é]{0,10}\"",
            Just(r#""\u0061\n\"""#.to_owned()),
        ];
        leaf.prop_recursive(6, 60, 6, |inner| {
            prop_oneof![
                proptest::collection::vec(inner.clone(), 0..6)
                    .prop_map(|items| format!("[{}]", items.join(" ,"))),
                proptest::collection::vec(("\"[ab]{0,2}\"", inner), 0..6).prop_map(|pairs| {
                    let pairs: Vec<String> =
                        pairs.into_iter().map(|(key, value)| format!("{key} :\n{value}")).collect();
                    format!("{{{}}}", pairs.join(","))
                }),
            ]
        })
    }

    fn compact(text: &str) -> Vec<u8> {
        jsontext::tokens(text.as_bytes()).flat_map(|token| token.unwrap().text.to_vec()).collect()
    }

    proptest! {
        #[test]
        fn nothing_but_space_is_added_or_lost(text in value()) {
            let pretty = json(&text);
            let pretty: String = pretty.lines().filter(|line| !line.starts_with('⚠')).collect::<Vec<_>>().join("\n");
            prop_assert_eq!(compact(&pretty), compact(&text));
        }

        #[test]
        fn any_bytes_are_shown_safely(bytes in proptest::collection::vec(any::<u8>(), 0..300)) {
            for content_type in ["application/json", "application/x-www-form-urlencoded", "text/plain"] {
                let text = shown(&bytes, content_type);
                prop_assert!(text.chars().all(|letter| !unsafe_to_show(letter) || matches!(letter, '\n' | '\t')));
            }
        }
    }
}
