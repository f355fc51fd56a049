//! JSON text as it was written: tokens with their place, never a value tree.
//!
//! A tree loses what a person debugging a webhook needs to see: the order of
//! keys, repeated keys, the spelling of numbers and escapes. So this walks the
//! bytes and hands out each token as it stands. The grammar is that of RFC 8259
//! with two allowances, both about strings: bytes that are not UTF-8 and lone
//! surrogate escapes pass, because senders send them. Walking does not decode, does not
//! recurse (nesting costs one bit a level) and does not skip a byte order mark.

mod reading;

pub use reading::{javascript_reads, unescape};

/// What a token is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Kind {
    /// `{`
    BeginObject,
    /// `}`
    EndObject,
    /// `[`
    BeginArray,
    /// `]`
    EndArray,
    /// `:`
    Colon,
    /// `,`
    Comma,
    /// A string before a colon, with its quotes.
    Key,
    /// A string that is a value, with its quotes.
    String,
    /// A number as it is spelled.
    Number,
    /// `true`, `false` or `null`.
    Word,
}

/// One token of a JSON text.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Token<'a> {
    /// What it is.
    pub kind: Kind,
    /// Its bytes.
    pub text: &'a [u8],
    /// The offset of its first byte.
    pub at: usize,
    /// How many objects and arrays are open around it; the brackets of a
    /// container stand outside of it.
    pub depth: usize,
}

/// What would have been right where the text stops being JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Expected {
    /// Any value.
    Value,
    /// A key or `}`.
    KeyOrEnd,
    /// A key.
    Key,
    /// A `:`.
    Colon,
    /// A `,` or the closing bracket.
    CommaOrEnd,
    /// Nothing more.
    End,
    /// The closing quote of a string.
    Quote,
    /// No raw control character inside a string.
    NoControl,
    /// One of the escapes that JSON knows.
    Escape,
    /// A digit of a number.
    Digit,
}

impl Expected {
    const fn words(self) -> &'static str {
        match self {
            Self::Value => "a value",
            Self::KeyOrEnd => "a key or `}`",
            Self::Key => "a key",
            Self::Colon => "`:`",
            Self::CommaOrEnd => "`,` or a closing bracket",
            Self::End => "nothing more",
            Self::Quote => "the closing quote of a string",
            Self::NoControl => "no bare control character in a string",
            Self::Escape => "an escape that JSON knows",
            Self::Digit => "a digit",
        }
    }
}

/// Where and why a text is not JSON.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("expected {} at offset {at}", expected.words())]
pub struct SyntaxError {
    /// The offset of the byte that is wrong; the length when the text ends too early.
    pub at: usize,
    /// What would have been right.
    pub expected: Expected,
}

/// The open containers, one bit each, so that a body made of brackets costs
/// an eighth of its own size at most.
#[derive(Clone, Debug, Default)]
struct Nesting {
    bits: Vec<u64>,
    depth: usize,
}

impl Nesting {
    fn push(&mut self, object: bool) {
        let bit = 1u64 << (self.depth % 64);
        if self.depth.is_multiple_of(64) {
            self.bits.push(0);
        }
        if let Some(word) = self.bits.last_mut() {
            *word = if object { *word | bit } else { *word & !bit };
        }
        self.depth += 1;
    }

    fn pop(&mut self) {
        self.depth = self.depth.saturating_sub(1);
        if self.depth.is_multiple_of(64) {
            self.bits.pop();
        }
    }

    fn in_object(&self) -> Option<bool> {
        let top = self.depth.checked_sub(1)?;
        self.bits.last().map(|word| word & (1 << (top % 64)) != 0)
    }
}

/// The tokens of a JSON text, in order. After the first error there are no more.
#[derive(Clone, Debug)]
pub struct Tokens<'a> {
    text: &'a [u8],
    at: usize,
    expected: Expected,
    /// Whether `]` may stand where a value is expected: right after `[`.
    may_close: bool,
    nesting: Nesting,
    finished: bool,
}

/// Reads `text` as one JSON document, token by token.
pub fn tokens(text: &[u8]) -> Tokens<'_> {
    Tokens {
        text,
        at: 0,
        expected: Expected::Value,
        may_close: false,
        nesting: Nesting::default(),
        finished: false,
    }
}

/// Whether `text` is one JSON document, and where it stops being one.
///
/// # Errors
/// The first place where the grammar is broken.
pub fn check(text: &[u8]) -> Result<(), SyntaxError> {
    tokens(text).find_map(Result::err).map_or(Ok(()), Err)
}

impl<'a> Tokens<'a> {
    fn peek(&self) -> Option<u8> {
        self.text.get(self.at).copied()
    }

    fn error(&self, expected: Expected) -> SyntaxError {
        SyntaxError { at: self.at, expected }
    }

    fn skip_space(&mut self) {
        while matches!(self.peek(), Some(b' ' | b'\t' | b'\n' | b'\r')) {
            self.at += 1;
        }
    }

    /// What comes after a whole value.
    fn after_value(&mut self) {
        self.expected = if self.nesting.depth == 0 { Expected::End } else { Expected::CommaOrEnd };
    }

    fn since(&self, start: usize) -> &'a [u8] {
        self.text.get(start..self.at).unwrap_or_default()
    }

    fn token(&self, kind: Kind, start: usize, depth: usize) -> Token<'a> {
        Token { kind, text: self.since(start), at: start, depth }
    }

    fn step(&mut self) -> Result<Option<Token<'a>>, SyntaxError> {
        self.skip_space();
        let Some(byte) = self.peek() else {
            return if self.expected == Expected::End { Ok(None) } else { Err(self.error(self.expected)) };
        };
        let in_object = self.nesting.in_object();
        let token = match (self.expected, byte) {
            (Expected::Value, b']') if self.may_close => self.close(Kind::EndArray),
            (Expected::CommaOrEnd, b']') if in_object == Some(false) => self.close(Kind::EndArray),
            (Expected::KeyOrEnd, b'}') => self.close(Kind::EndObject),
            (Expected::CommaOrEnd, b'}') if in_object == Some(true) => self.close(Kind::EndObject),
            (Expected::Value, b'{') => self.open(Kind::BeginObject),
            (Expected::Value, b'[') => self.open(Kind::BeginArray),
            (Expected::Value, _) => self.scalar(byte)?,
            (Expected::Key | Expected::KeyOrEnd, b'"') => self.key()?,
            (Expected::Colon, b':') => self.mark(Kind::Colon, Expected::Value),
            (Expected::CommaOrEnd, b',') => {
                let next = if in_object == Some(true) { Expected::Key } else { Expected::Value };
                self.mark(Kind::Comma, next)
            }
            (expected, _) => return Err(self.error(expected)),
        };
        self.may_close = token.kind == Kind::BeginArray;
        Ok(Some(token))
    }

    fn open(&mut self, kind: Kind) -> Token<'a> {
        let (start, depth) = (self.at, self.nesting.depth);
        self.at += 1;
        self.nesting.push(kind == Kind::BeginObject);
        self.expected = if kind == Kind::BeginObject { Expected::KeyOrEnd } else { Expected::Value };
        self.token(kind, start, depth)
    }

    fn close(&mut self, kind: Kind) -> Token<'a> {
        let start = self.at;
        self.at += 1;
        self.nesting.pop();
        self.after_value();
        self.token(kind, start, self.nesting.depth)
    }

    fn mark(&mut self, kind: Kind, next: Expected) -> Token<'a> {
        let start = self.at;
        self.at += 1;
        self.expected = next;
        self.token(kind, start, self.nesting.depth)
    }

    fn key(&mut self) -> Result<Token<'a>, SyntaxError> {
        let start = self.at;
        self.string()?;
        self.expected = Expected::Colon;
        Ok(self.token(Kind::Key, start, self.nesting.depth))
    }

    fn scalar(&mut self, first: u8) -> Result<Token<'a>, SyntaxError> {
        let start = self.at;
        let kind = match first {
            b'"' => {
                self.string()?;
                Kind::String
            }
            b'-' | b'0'..=b'9' => {
                self.number()?;
                Kind::Number
            }
            _ => {
                self.word()?;
                Kind::Word
            }
        };
        self.after_value();
        Ok(self.token(kind, start, self.nesting.depth))
    }

    fn word(&mut self) -> Result<(), SyntaxError> {
        let rest = self.text.get(self.at..).unwrap_or_default();
        let words: [&[u8]; 3] = [b"true", b"false", b"null"];
        let Some(word) = words.into_iter().find(|word| rest.starts_with(word)) else {
            return Err(self.error(Expected::Value));
        };
        self.at += word.len();
        Ok(())
    }

    fn string(&mut self) -> Result<(), SyntaxError> {
        self.at += 1;
        loop {
            match self.peek() {
                None => return Err(self.error(Expected::Quote)),
                Some(b'"') => {
                    self.at += 1;
                    return Ok(());
                }
                Some(b'\\') => self.escape()?,
                Some(0..=0x1f) => return Err(self.error(Expected::NoControl)),
                Some(_) => self.at += 1,
            }
        }
    }

    fn escape(&mut self) -> Result<(), SyntaxError> {
        let rest = self.text.get(self.at + 1..).unwrap_or_default();
        match rest {
            [b'"' | b'\\' | b'/' | b'b' | b'f' | b'n' | b'r' | b't', ..] => self.at += 2,
            [b'u', a, b, c, d, ..] if [a, b, c, d].into_iter().all(u8::is_ascii_hexdigit) => self.at += 6,
            _ => return Err(self.error(Expected::Escape)),
        }
        Ok(())
    }

    fn digits(&mut self) -> Result<(), SyntaxError> {
        if !matches!(self.peek(), Some(b'0'..=b'9')) {
            return Err(self.error(Expected::Digit));
        }
        while matches!(self.peek(), Some(b'0'..=b'9')) {
            self.at += 1;
        }
        Ok(())
    }

    fn number(&mut self) -> Result<(), SyntaxError> {
        if self.peek() == Some(b'-') {
            self.at += 1;
        }
        if self.peek() == Some(b'0') {
            self.at += 1;
        } else {
            self.digits()?;
        }
        if self.peek() == Some(b'.') {
            self.at += 1;
            self.digits()?;
        }
        if matches!(self.peek(), Some(b'e' | b'E')) {
            self.at += 1;
            if matches!(self.peek(), Some(b'+' | b'-')) {
                self.at += 1;
            }
            self.digits()?;
        }
        Ok(())
    }
}

impl<'a> Iterator for Tokens<'a> {
    type Item = Result<Token<'a>, SyntaxError>;

    fn next(&mut self) -> Option<Self::Item> {
        if self.finished {
            return None;
        }
        let item = self.step().transpose();
        self.finished = !matches!(item, Some(Ok(_)));
        item
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn kinds(text: &str) -> Vec<Kind> {
        tokens(text.as_bytes()).map(|token| token.unwrap().kind).collect()
    }

    #[test]
    fn tokens_are_the_text_as_it_stands() {
        let text = br#" {"a" : [1.10, "x\u00e9", true ], "a":{} } "#;
        let found: Vec<_> = tokens(text)
            .map(|token| {
                let token = token.unwrap();
                assert_eq!(&text[token.at..token.at + token.text.len()], token.text);
                (std::str::from_utf8(token.text).unwrap(), token.depth)
            })
            .collect();
        assert_eq!(
            found,
            [
                ("{", 0),
                (r#""a""#, 1),
                (":", 1),
                ("[", 1),
                ("1.10", 2),
                (",", 2),
                (r#""x\u00e9""#, 2),
                (",", 2),
                ("true", 2),
                ("]", 1),
                (",", 1),
                (r#""a""#, 1),
                (":", 1),
                ("{", 1),
                ("}", 1),
                ("}", 0),
            ]
        );
        assert_eq!(
            kinds(r#"{"a":"b"}"#),
            [Kind::BeginObject, Kind::Key, Kind::Colon, Kind::String, Kind::EndObject]
        );
    }

    #[test]
    fn what_is_json_and_where_it_stops_being() {
        for text in
            ["0", "-0", "1E2", "-1.5e-10", "\"\"", "[]", "{}", "[[]]", "null", " [1 , 2 ]\n", "\"\\ud800\""]
        {
            assert_eq!(check(text.as_bytes()), Ok(()), "{text}");
        }
        assert_eq!(check(b"\"\xff\xfe\""), Ok(()));
        for (text, at, expected) in [
            ("", 0, Expected::Value),
            ("  ", 2, Expected::Value),
            ("NaN", 0, Expected::Value),
            ("{} {}", 3, Expected::End),
            ("[1,]", 3, Expected::Value),
            ("[,1]", 1, Expected::Value),
            ("[1 2]", 3, Expected::CommaOrEnd),
            ("[1}", 2, Expected::CommaOrEnd),
            ("{\"a\":1]", 6, Expected::CommaOrEnd),
            ("{\"a\"}", 4, Expected::Colon),
            ("{\"a\":}", 5, Expected::Value),
            ("{\"a\":1,}", 7, Expected::Key),
            ("{1:2}", 1, Expected::KeyOrEnd),
            ("{\"a\":1", 6, Expected::CommaOrEnd),
            ("]", 0, Expected::Value),
            ("01", 1, Expected::End),
            ("-", 1, Expected::Digit),
            ("1.", 2, Expected::Digit),
            ("1e", 2, Expected::Digit),
            ("+1", 0, Expected::Value),
            ("\"a", 2, Expected::Quote),
            ("\"a\nb\"", 2, Expected::NoControl),
            ("\"\\x\"", 1, Expected::Escape),
            ("\"\\u12g4\"", 1, Expected::Escape),
            ("'a'", 0, Expected::Value),
            ("[1]x", 3, Expected::End),
            ("\u{feff}{}", 0, Expected::Value),
        ] {
            assert_eq!(check(text.as_bytes()), Err(SyntaxError { at, expected }), "{text:?}");
        }
    }

    #[test]
    fn a_hundred_thousand_levels_cost_no_stack() {
        let deep = "[".repeat(100_000) + &"]".repeat(100_000);
        assert_eq!(check(deep.as_bytes()), Ok(()));
        assert_eq!(tokens(deep.as_bytes()).map(|token| token.unwrap().depth).max(), Some(99_999));
        let mixed = "[{\"a\":".repeat(50_000) + "1" + &"}]".repeat(50_000);
        assert_eq!(check(mixed.as_bytes()), Ok(()));
        assert!(check("[{\"a\":".repeat(50_000).as_bytes()).is_err());
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = check(&bytes);
        }

        #[test]
        fn agrees_with_serde_json(text in r#"[\[\]{}:,"\\eE0-9a.tru+ \n-]{0,12}"#) {
            let theirs = serde_json::from_str::<Box<serde_json::value::RawValue>>(&text).is_ok();
            prop_assert_eq!(check(text.as_bytes()).is_ok(), theirs, "{}", text);
        }
    }
}
