//! Words of a shell that say any bytes, and that nothing breaks out of.
//!
//! They mean the same to POSIX shells and to fish, which reads `\'` and `\\`
//! between single quotes: so no backslash that would begin one stands there.

use crate::hook::hidden::is_hidden;
use std::fmt::Write as _;

/// One word for these bytes. A value must not end with a line break, which a
/// command substitution would take away.
pub(super) fn word(bytes: &[u8]) -> String {
    match std::str::from_utf8(bytes) {
        Ok(text) if is_plain(text) => quoted(text),
        _ => format!("\"$(printf {})\"", format_of(bytes)),
    }
}

/// Whether a text may stand between quotes as it is.
pub(super) fn is_plain(text: &str) -> bool {
    text.chars().all(is_seen)
}

/// A text between single quotes; quotes and backslashes stand outside of them.
pub(super) fn quoted(text: &str) -> String {
    String::from_utf8_lossy(&crate::hook::curl::quote(text.as_bytes())).into_owned()
}

/// The quoted format of a `printf` that prints these bytes.
pub(super) fn format_of(bytes: &[u8]) -> String {
    let mut text = String::with_capacity(bytes.len() + bytes.len() / 4 + 2);
    text.push('\'');
    for (at, chunk) in bytes.utf8_chunks().enumerate() {
        for (place, letter) in chunk.valid().char_indices() {
            let first = at == 0 && place == 0;
            match letter {
                '\n' => text.push_str("\\n"),
                '\r' => text.push_str("\\r"),
                '\t' => text.push_str("\\t"),
                '%' => text.push_str("%%"),
                // A dash would begin an option, `!` calls up the history between double quotes.
                '-' if first => octal(b"-", &mut text),
                '\'' | '\\' | '!' => octal(letter.encode_utf8(&mut [0; 4]).as_bytes(), &mut text),
                seen if is_seen(seen) => text.push(seen),
                unseen => octal(unseen.encode_utf8(&mut [0; 4]).as_bytes(), &mut text),
            }
        }
        octal(chunk.invalid(), &mut text);
    }
    text.push('\'');
    text
}

fn octal(bytes: &[u8], text: &mut String) {
    for byte in bytes {
        let written = write!(text, "\\{byte:03o}");
        debug_assert!(written.is_ok(), "a string takes everything");
    }
}

/// Whether a character is shown, takes a place, and does nothing else: what is
/// pasted must be what is seen. Variation selectors have no place of their own.
pub(super) fn is_seen(letter: char) -> bool {
    match letter {
        ' '..='~' => true,
        '\u{fe00}'..='\u{fe0f}' => false,
        _ => !(letter.is_control() || letter.is_whitespace() || is_hidden(letter)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_word_ends_only_where_it_should() {
        assert_eq!(word(b"it's $(here) `now` \""), r#"'it'\''s $(here) `now` "'"#);
        assert_eq!(word(br"a\' b"), r"'a'\\''\'' b'");
        assert_eq!(word(b""), "''");
        assert_eq!(word("\u{e4}\u{4e16}".as_bytes()), "'\u{e4}\u{4e16}'");
    }

    #[test]
    fn what_is_not_seen_is_printed() {
        assert_eq!(word(b"-\x1b[201~!\n'%\\"), r#""$(printf '\055\033[201~\041\n\047%%\134')""#);
        assert_eq!(word("a\u{202e}b".as_bytes()), r#""$(printf 'a\342\200\256b')""#);
        assert_eq!(word(b"\xff\x00"), r#""$(printf '\377\000')""#);
        assert_eq!(format_of(b"\xff-"), r"'\377-'");
    }

    // A bug once: code had a list of its own, which lacked a dozen of what is hidden everywhere else.
    #[test]
    fn nothing_that_is_hidden_in_a_list_is_seen_in_code() {
        let all = (0..=0x0010_ffff).filter_map(char::from_u32);
        assert_eq!(all.filter(|letter| is_hidden(*letter) && is_seen(*letter)).collect::<String>(), "");
        assert_eq!(word("a\u{34f}\u{3164}".as_bytes()), r#""$(printf 'a\315\217\343\205\244')""#);
    }
}
