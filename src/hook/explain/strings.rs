//! Strings as languages write them after having read them.

use crate::hook::jsontext::unescape;

/// What of a string is escaped.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Strings {
    AsTheyStand,
    /// Only what JSON wants escaped.
    Plain,
    /// Nothing but ASCII.
    Ascii,
    /// As Go and Rails: `<`, `>` and `&`, which mean something to HTML.
    Html,
    /// As Gson: `=` and `'` as well.
    Gson,
    /// As PowerShell up to 5.1: `'` as well.
    PowerShell,
    /// As System.Text.Json: all that, and nothing but ASCII, in capitals.
    DotNet,
    /// As Python's `repr`.
    Python,
}

/// Escapes that are not those of [`Strings::Plain`].
pub(super) const ODD: u8 = 1;
/// Any escape.
const ESCAPED: u8 = 1 << 1;
/// Letters outside of ASCII.
const OUTSIDE: u8 = 1 << 2;
/// What means something to HTML, and the two line separators.
const HTML: u8 = 1 << 3;
/// What only some escape: quotes, `+`, `=`, a backtick, DEL.
const MARKS: u8 = 1 << 4;
/// A slash.
pub(super) const SLASH: u8 = 1 << 5;

/// A string of a JSON text as it stands, with its quotes.
#[derive(Clone, Copy, Debug)]
pub(super) struct Text<'a> {
    pub(super) token: &'a [u8],
    /// What is in it, so that most can be copied.
    pub(super) traits: u8,
}

impl<'a> Text<'a> {
    pub(super) fn new(token: &'a [u8]) -> Self {
        let inner = token.get(1..token.len().saturating_sub(1)).unwrap_or_default();
        let mut traits = traits(inner);
        if traits & ESCAPED != 0 && has_odd(inner) {
            traits |= ODD | self::traits(&unescape(token));
        }
        Self { token, traits }
    }

    /// What escaping may add at most: five bytes to one of ASCII, and to a
    /// letter outside of it twice its own.
    pub(super) fn escapes(&self) -> usize {
        if self.traits & !ESCAPED == 0 {
            return 0;
        }
        let more = |byte: &u8| match class(*byte) {
            OUTSIDE => 2,
            0 => 0,
            _ => 5,
        };
        self.token.iter().map(more).sum()
    }
}

const fn class(byte: u8) -> u8 {
    match byte {
        b'\\' => ESCAPED,
        b'<' | b'>' | b'&' => HTML,
        b'"' | b'\'' | b'+' | b'=' | b'`' | 0x7f => MARKS,
        b'/' => SLASH,
        0x80.. => OUTSIDE,
        _ => 0,
    }
}

fn traits(text: &[u8]) -> u8 {
    let traits = text.iter().fold(0, |traits, byte| traits | class(*byte));
    let separated = traits & OUTSIDE != 0
        && text.windows(3).any(|letter| letter == "\u{2028}".as_bytes() || letter == "\u{2029}".as_bytes());
    traits | if separated { HTML } else { 0 }
}

/// Whether an escape stands in it that [`Strings::Plain`] writes otherwise.
fn has_odd(inner: &[u8]) -> bool {
    let mut rest = inner;
    while let Some(at) = memchr::memchr(b'\\', rest) {
        let escape = rest.get(at + 1..).unwrap_or_default();
        let length = match escape {
            [b'"' | b'\\' | b'n' | b'r' | b't' | b'b' | b'f', ..] => 1,
            [b'u', b'0', b'0', b'0', b'0'..=b'7' | b'b' | b'e' | b'f', ..]
            | [b'u', b'0', b'0', b'1', b'0'..=b'9' | b'a'..=b'f', ..] => 5,
            _ => return true,
        };
        rest = escape.get(length..).unwrap_or_default();
    }
    false
}

impl Strings {
    /// The traits of strings that are not copied as they stand.
    pub(super) const fn touched(self, slashes: bool) -> u8 {
        let touched = match self {
            Self::AsTheyStand => return 0,
            Self::Plain => ODD,
            Self::Ascii => ODD | OUTSIDE,
            Self::Html => ODD | HTML,
            Self::Gson | Self::PowerShell => ODD | HTML | MARKS,
            Self::DotNet => ODD | ESCAPED | OUTSIDE | HTML | MARKS,
            Self::Python => return u8::MAX,
        };
        if slashes { touched | SLASH } else { touched }
    }

    /// Writes a string.
    pub(super) fn write(self, text: &Text<'_>, slashes: bool, out: &mut Vec<u8>) {
        if self != Self::Python && text.traits & self.touched(slashes) == 0 {
            return out.extend_from_slice(text.token);
        }
        let content = unescape(text.token);
        let Ok(content) = std::str::from_utf8(&content) else { return out.extend_from_slice(text.token) };
        let quote = match self {
            Self::Python if !content.contains('\'') || content.contains('"') => b'\'',
            _ => b'"',
        };
        out.push(quote);
        let mut plain_from = 0;
        for (at, letter) in content.char_indices() {
            if letter.is_ascii_alphanumeric() || letter == ' ' {
                continue;
            }
            let Some(escape) = self.escape(letter, quote, slashes) else { continue };
            out.extend_from_slice(content.as_bytes().get(plain_from..at).unwrap_or_default());
            escape.write(letter, out);
            plain_from = at + letter.len_utf8();
        }
        out.extend_from_slice(content.as_bytes().get(plain_from..).unwrap_or_default());
        out.push(quote);
    }

    /// How a letter is written where it is not written as itself.
    fn escape(self, letter: char, quote: u8, slashes: bool) -> Option<Escape> {
        let python = self == Self::Python;
        let dot_net = self == Self::DotNet;
        let short = match letter {
            '"' if quote == b'"' && !dot_net => "\\\"",
            '\'' if quote == b'\'' => "\\'",
            '\\' => "\\\\",
            '\n' => "\\n",
            '\r' => "\\r",
            '\t' => "\\t",
            '\u{8}' if !python => "\\b",
            '\u{c}' if !python => "\\f",
            '/' if slashes => "\\/",
            '\0'..='\u{1f}' if python => return Some(Escape::Hex),
            '\0'..='\u{1f}' => return Some(Escape::unit(dot_net)),
            letter if self.escapes(letter) => return Some(Escape::unit(dot_net)),
            _ => return None,
        };
        Some(Escape::Short(short))
    }

    /// Whether a letter is escaped that JSON would not want escaped.
    fn escapes(self, letter: char) -> bool {
        let html = matches!(letter, '<' | '>' | '&' | '\u{2028}' | '\u{2029}');
        match self {
            Self::AsTheyStand | Self::Plain | Self::Python => false,
            Self::Ascii => !letter.is_ascii(),
            Self::Html => html,
            Self::Gson => html || matches!(letter, '=' | '\''),
            Self::PowerShell => html || letter == '\'',
            Self::DotNet => html || !letter.is_ascii() || matches!(letter, '"' | '\'' | '+' | '`' | '\u{7f}'),
        }
    }
}

enum Escape {
    Short(&'static str),
    /// `\x1f`
    Hex,
    /// `\u001f`
    Small,
    /// `\u001F`
    Capital,
}

impl Escape {
    const fn unit(capital: bool) -> Self {
        if capital { Self::Capital } else { Self::Small }
    }

    fn write(&self, letter: char, out: &mut Vec<u8>) {
        let digits: &[u8; 16] =
            if matches!(self, Self::Capital) { b"0123456789ABCDEF" } else { b"0123456789abcdef" };
        let digit =
            |unit: u16, shift: u16| digits.get(usize::from(unit >> shift & 15)).copied().unwrap_or(b'0');
        match self {
            Self::Short(text) => out.extend_from_slice(text.as_bytes()),
            Self::Hex => {
                out.extend_from_slice(&[b'\\', b'x', digit(letter as u16, 4), digit(letter as u16, 0)]);
            }
            Self::Small | Self::Capital => {
                for unit in letter.encode_utf16(&mut [0; 2]) {
                    let [a, b, c, d] = [12, 8, 4, 0].map(|shift| digit(*unit, shift));
                    out.extend_from_slice(&[b'\\', b'u', a, b, c, d]);
                }
            }
        }
    }
}
