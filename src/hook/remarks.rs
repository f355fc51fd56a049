//! What a reader of a body should know: keys that stand twice, numbers that
//! JavaScript does not keep, bytes that are no text.
//!
//! Reads the bytes as they came, and no more than the first part of a very
//! large body. Changes nothing and judges nothing.

use super::jsontext::{self, Kind, Token};
use std::borrow::Cow;
use std::collections::HashSet;

/// The most remarks of one kind.
const MOST: usize = 20;
/// A large body is read up to so many tokens.
const MOST_TOKENS: usize = 400_000;
/// The longest pointer; a deeper place is said by its offset.
const LONGEST_POINTER: usize = 512;

const BOM: &[u8] = b"\xef\xbb\xbf";

/// Where in a body something is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Place {
    /// A value of the JSON text, as a JSON pointer (RFC 6901).
    Pointer(String),
    /// The offset of a byte.
    Offset(usize),
}

/// One thing to know, as a sentence fragment about the place.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Remark {
    /// Where.
    pub place: Place,
    /// What.
    pub text: String,
}

/// What to know about a body, in its order; a few of each kind.
pub fn remarks(body: &[u8]) -> Vec<Remark> {
    let mut found = Vec::new();
    let at = |offset, text: &str| Remark { place: Place::Offset(offset), text: text.to_owned() };
    let text = body.strip_prefix(BOM).unwrap_or(body);
    let skipped = body.len() - text.len();
    if skipped > 0 {
        found.push(at(0, "a byte order mark: many JSON parsers refuse it"));
    }
    if let Err(error) = std::str::from_utf8(body) {
        found.push(at(error.valid_up_to(), "invalid UTF-8"));
    }
    let mut reading = Reading { skipped, levels: Vec::new(), keys: 0, numbers: 0, found };
    for token in jsontext::tokens(text).take(MOST_TOKENS) {
        // What is no JSON has no places in it.
        let Ok(token) = token else { break };
        reading.take(token);
    }
    reading.found
}

/// An open object or array, and where in it the reader is.
enum Level<'a> {
    Object(HashSet<Cow<'a, [u8]>>, &'a [u8]),
    Array(usize),
}

struct Reading<'a> {
    skipped: usize,
    levels: Vec<Level<'a>>,
    keys: usize,
    numbers: usize,
    found: Vec<Remark>,
}

impl<'a> Reading<'a> {
    fn take(&mut self, token: Token<'a>) {
        match token.kind {
            Kind::BeginObject => self.levels.push(Level::Object(HashSet::new(), b"")),
            Kind::BeginArray => self.levels.push(Level::Array(0)),
            Kind::EndObject | Kind::EndArray => {
                self.levels.pop();
            }
            Kind::Comma => {
                if let Some(Level::Array(at)) = self.levels.last_mut() {
                    *at += 1;
                }
            }
            Kind::Key => self.key(token),
            Kind::Number => self.number(token),
            Kind::Colon | Kind::String | Kind::Word => {}
        }
    }

    fn key(&mut self, token: Token<'a>) {
        let Some(Level::Object(seen, key)) = self.levels.last_mut() else { return };
        *key = token.text;
        if !seen.insert(jsontext::unescape(token.text)) && self.keys < MOST {
            self.keys += 1;
            self.say(token, "stands more than once: parsers keep only one of the values".to_owned());
        }
    }

    fn number(&mut self, token: Token<'a>) {
        // Under sixteen digits and without an exponent nothing is lost.
        let exact = token.text.len() < 16 && !token.text.iter().any(|byte| matches!(byte, b'e' | b'E'));
        if exact || self.numbers >= MOST {
            return;
        }
        if let Some(read) = jsontext::javascript_reads(token.text) {
            self.numbers += 1;
            self.say(token, format!("is not exact in JavaScript, which reads {read}"));
        }
    }

    fn say(&mut self, token: Token<'_>, text: String) {
        let place = self.pointer().map_or(Place::Offset(self.skipped + token.at), Place::Pointer);
        self.found.push(Remark { place, text });
    }

    /// The pointer to where the reader is; `None` for one that is too long.
    fn pointer(&self) -> Option<String> {
        let mut pointer = String::new();
        for level in &self.levels {
            pointer.push('/');
            match level {
                Level::Object(_, key) => {
                    let key = jsontext::unescape(key);
                    pointer.push_str(&String::from_utf8_lossy(&key).replace('~', "~0").replace('/', "~1"));
                }
                Level::Array(at) => pointer.push_str(&at.to_string()),
            }
            if pointer.len() > LONGEST_POINTER {
                return None;
            }
        }
        Some(pointer)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn said(body: &[u8]) -> Vec<(String, String)> {
        let place = |place| match place {
            Place::Pointer(pointer) => pointer,
            Place::Offset(offset) => format!("@{offset}"),
        };
        remarks(body).into_iter().map(|remark| (place(remark.place), remark.text)).collect()
    }

    #[test]
    fn each_remark_says_where() {
        let body = br#"{"a/b":[1,{"n":9007199254740993,"n":2}],"a\/b":1e400}"#;
        let places: Vec<_> = said(body).into_iter().map(|(place, _)| place).collect();
        assert_eq!(places, ["/a~1b/1/n", "/a~1b/1/n", "/a~1b", "/a~1b"]);
        assert_eq!(
            said(b"\xef\xbb\xbf{\"a\":\"\xff\"}").iter().map(|said| &*said.0).collect::<Vec<_>>(),
            ["@0", "@9"]
        );
        assert_eq!(said(br#"{"a":1,"b":[1.5,"9007199254740993"]}"#), []);
        assert_eq!(said(b"not json 9007199254740993"), []);
    }

    #[test]
    fn a_hostile_body_gives_few_and_short_remarks() {
        let many = format!("[{}1]", "1e999,".repeat(100_000));
        assert_eq!(said(many.as_bytes()).len(), MOST);
        let deep = format!("{}9007199254740993", "[".repeat(300_000));
        assert_eq!(said(deep.as_bytes()).iter().map(|said| &*said.0).collect::<Vec<_>>(), ["@300000"]);
        let long = format!("{{\"{0}\":1,\"{0}\":2}}", "k".repeat(100_000));
        assert_eq!(said(long.as_bytes())[0].0.len(), "@100005".len());
    }

    proptest! {
        #[test]
        fn any_bytes_are_read(body in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = remarks(&body);
        }
    }
}
