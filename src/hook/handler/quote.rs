//! Texts of profiles as source text: string literals and comments that no
//! profile can break out of.

use super::Language;
use std::fmt::Write as _;

/// A string literal in double quotes.
pub(super) fn literal(language: Language, text: &str) -> String {
    let mut quoted = String::from("\"");
    for letter in text.chars() {
        match (letter, language) {
            ('"' | '\\', _) | ('$', Language::Php) | ('#', Language::Ruby) => {
                quoted.push('\\');
                quoted.push(letter);
            }
            (' '..='~', _) => quoted.push(letter),
            _ => escape(language, letter, &mut quoted),
        }
    }
    quoted.push('"');
    quoted
}

fn escape(language: Language, letter: char, quoted: &mut String) {
    let code = u32::from(letter);
    let written = match language {
        Language::Rust | Language::Php | Language::Ruby => write!(quoted, "\\u{{{code:x}}}"),
        Language::Go | Language::Python if code > 0xffff => write!(quoted, "\\U{code:08x}"),
        // Java reads \u escapes before it reads strings: a line feed would end the literal.
        Language::Java if code < 0x80 => write!(quoted, "\\{code:03o}"),
        _ => letter.encode_utf16(&mut [0; 2]).iter().try_for_each(|unit| write!(quoted, "\\u{unit:04x}")),
    };
    debug_assert!(written.is_ok(), "a string takes everything");
}

/// Text for the inside of a comment line: no line ends, nothing that a language reads in comments.
pub(super) fn comment(text: &str) -> String {
    let plain = |letter: char| match letter {
        '\\' => '/',
        '\u{2028}' | '\u{2029}' => ' ',
        letter if letter.is_control() => ' ',
        letter => letter,
    };
    let text: String = text.chars().map(plain).collect();
    text.replace("?>", "? >").trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_text_leaves_its_literal() {
        for (language, quoted) in [
            (Language::Node, r#""a\"\\$#{x}\u000a\u00e9\ud83d\ude00""#),
            (Language::Python, r#""a\"\\$#{x}\u000a\u00e9\U0001f600""#),
            (Language::Java, r#""a\"\\$#{x}\012\u00e9\ud83d\ude00""#),
            (Language::Rust, r#""a\"\\$#{x}\u{a}\u{e9}\u{1f600}""#),
            (Language::Php, r#""a\"\\\$#{x}\u{a}\u{e9}\u{1f600}""#),
            (Language::Ruby, r#""a\"\\$\#{x}\u{a}\u{e9}\u{1f600}""#),
        ] {
            assert_eq!(literal(language, "a\"\\$#{x}\né😀"), quoted);
        }
    }

    #[test]
    fn no_text_leaves_its_comment() {
        assert_eq!(comment(" a\nb\u{2028}c\\u000ad ?> e\r "), "a b c/u000ad ? > e");
    }
}
