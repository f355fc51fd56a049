//! String literals of JavaScript and Python that no text breaks out of.

use super::word::is_seen;
use std::fmt::Write as _;

/// How a language writes a character that is not seen.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Language {
    JavaScript,
    Python,
}

/// A string literal in double quotes.
pub(super) fn text(language: Language, text: &str) -> String {
    let mut quoted = String::with_capacity(text.len() + 2);
    quoted.push('"');
    for letter in text.chars() {
        match letter {
            '\n' => quoted.push_str("\\n"),
            '\r' => quoted.push_str("\\r"),
            '\t' => quoted.push_str("\\t"),
            '"' | '\\' => {
                quoted.push('\\');
                quoted.push(letter);
            }
            seen if is_seen(seen) => quoted.push(seen),
            unseen => escape(language, unseen, &mut quoted),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(language: Language, letter: char, quoted: &mut String) {
    let code = u32::from(letter);
    let written = match language {
        Language::Python if code > 0xffff => write!(quoted, "\\U{code:08x}"),
        _ => letter.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(quoted, "\\u{unit:04x}")),
    };
    debug_assert!(written.is_ok(), "a string takes everything");
}

/// A string literal in double quotes with a character for each byte; the same in both languages.
pub(super) fn bytes(bytes: &[u8]) -> String {
    let mut quoted = String::with_capacity(bytes.len() + 2);
    quoted.push('"');
    for byte in bytes {
        match byte {
            b'"' | b'\\' => {
                quoted.push('\\');
                quoted.push(char::from(*byte));
            }
            b' '..=b'~' => quoted.push(char::from(*byte)),
            other => {
                let written = write!(quoted, "\\x{other:02x}");
                debug_assert!(written.is_ok(), "a string takes everything");
            }
        }
    }
    quoted.push('"');
    quoted
}
