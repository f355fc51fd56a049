//! Words of a shell that say any bytes, and that nothing breaks out of.
//!
//! They mean the same to POSIX shells and to fish, which reads `\'` and `\\`
//! between single quotes: so no backslash that would begin one stands there.

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

/// Characters without a picture of their own, or that turn the direction of the text around
/// them: what is pasted must be what is seen.
const UNSEEN: [(u32, u32); 15] = [
    (0xad, 0xad),
    (0x600, 0x605),
    (0x61c, 0x61c),
    (0x6dd, 0x6dd),
    (0x70f, 0x70f),
    (0x180b, 0x180e),
    (0x200b, 0x200f),
    (0x2028, 0x202e),
    (0x2060, 0x206f),
    (0xfe00, 0xfe0f),
    (0xfeff, 0xfeff),
    (0xfff0, 0xfffb),
    (0x13430, 0x1343f),
    (0x1bca0, 0x1d17a),
    (0xe0000, 0xe0fff),
];

/// Whether a character is shown, takes a place, and does nothing else.
pub(super) fn is_seen(letter: char) -> bool {
    let code = u32::from(letter);
    match letter {
        ' '..='~' => true,
        _ if letter.is_control() || letter.is_whitespace() => false,
        _ => !UNSEEN.iter().any(|(first, last)| (*first..=*last).contains(&code)),
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
}
