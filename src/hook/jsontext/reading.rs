//! What a parser makes of one token: the content of a string, and the number
//! that JavaScript reads. Does not look at more than the token.

use std::borrow::Cow;

/// The content of a string token, its escapes resolved: two spellings of one
/// key become equal. A lone surrogate becomes the three bytes it would be in
/// UTF-8, so that different ones stay different.
pub fn unescape(string: &[u8]) -> Cow<'_, [u8]> {
    let inner = string.strip_prefix(b"\"").and_then(|rest| rest.strip_suffix(b"\"")).unwrap_or(string);
    if !inner.contains(&b'\\') {
        return Cow::Borrowed(inner);
    }
    let mut out = Vec::with_capacity(inner.len());
    let mut rest = inner;
    while let Some((first, after)) = rest.split_first() {
        rest = if *first == b'\\' {
            unescape_one(after, &mut out)
        } else {
            out.push(*first);
            after
        };
    }
    Cow::Owned(out)
}

fn unescape_one<'a>(after: &'a [u8], out: &mut Vec<u8>) -> &'a [u8] {
    let Some((letter, rest)) = after.split_first() else { return after };
    let plain = match letter {
        b'b' => 0x08,
        b'f' => 0x0c,
        b'n' => b'\n',
        b'r' => b'\r',
        b't' => b'\t',
        b'u' => {
            let Some((unit, rest)) = code_unit(rest) else { return rest };
            let pair = rest.strip_prefix(b"\\u").and_then(code_unit);
            if let (0xd800..=0xdbff, Some((low @ 0xdc00..=0xdfff, rest))) = (unit, pair) {
                push_code_point(0x10000 + ((unit - 0xd800) << 10) + (low - 0xdc00), out);
                return rest;
            }
            push_code_point(unit, out);
            return rest;
        }
        other => *other,
    };
    out.push(plain);
    rest
}

fn code_unit(digits: &[u8]) -> Option<(u32, &[u8])> {
    let (four, rest) = digits.split_at_checked(4)?;
    let text = std::str::from_utf8(four).ok()?;
    Some((u32::from_str_radix(text, 16).ok()?, rest))
}

fn push_code_point(point: u32, out: &mut Vec<u8>) {
    match char::from_u32(point) {
        Some(letter) => out.extend_from_slice(letter.encode_utf8(&mut [0; 4]).as_bytes()),
        None => {
            // A surrogate: the generalised UTF-8 of three bytes.
            let byte = |shift: u32, mask: u32, mark: u32| {
                u8::try_from(((point >> shift) & mask) | mark).unwrap_or_default()
            };
            out.extend_from_slice(&[byte(12, 0x0f, 0xe0), byte(6, 0x3f, 0x80), byte(0, 0x3f, 0x80)]);
        }
    }
}

/// What a JavaScript program reads where `number` stands, when that is another
/// number: integers beyond 2^53, more digits than a double holds, or a value
/// out of its range. `None` when nothing is lost.
pub fn javascript_reads(number: &[u8]) -> Option<String> {
    let text = std::str::from_utf8(number).ok()?;
    let double: f64 = text.parse().ok()?;
    if double.is_infinite() {
        return Some(if double > 0.0 { "Infinity".to_owned() } else { "-Infinity".to_owned() });
    }
    if decimal(text) == decimal(&format!("{double:e}")) {
        return None;
    }
    Some(if double.abs() < 1e21 && (double == 0.0 || double.abs() >= 1e-6) {
        format!("{double}")
    } else {
        format!("{double:e}")
    })
}

/// The significant digits and the power of ten behind the last of them.
fn decimal(number: &str) -> (String, i64) {
    let number = number.trim_start_matches('-');
    let (mantissa, exponent) = number.split_once(['e', 'E']).unwrap_or((number, "0"));
    let (whole, fraction) = mantissa.split_once('.').unwrap_or((mantissa, ""));
    let digits = format!("{whole}{fraction}");
    let significant = digits.trim_start_matches('0');
    let trimmed = significant.trim_end_matches('0');
    if trimmed.is_empty() {
        return (String::new(), 0);
    }
    // An exponent that does not fit is out of any double's range and never gets here as such.
    let exponent: i64 = exponent.parse().unwrap_or(i64::MIN / 2);
    let dropped = i64::try_from(significant.len() - trimmed.len()).unwrap_or(i64::MAX);
    let fraction = i64::try_from(fraction.len()).unwrap_or(i64::MAX);
    (trimmed.to_owned(), exponent.saturating_sub(fraction).saturating_add(dropped))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn two_spellings_of_a_key_are_one_key() {
        for (spelled, content) in [
            (&br#""a""#[..], &b"a"[..]),
            (br#""\u0061""#, b"a"),
            (br#""\"\\\/\b\f\n\r\t""#, b"\"\\/\x08\x0c\n\r\t"),
            (br#""\ud83d\ude00""#, "\u{1f600}".as_bytes()),
            (br#""\ud83d""#, b"\xed\xa0\xbd"),
            (br#""\ude00\ud83d""#, b"\xed\xb8\x80\xed\xa0\xbd"),
            (b"\"\xff\"", b"\xff"),
        ] {
            assert_eq!(unescape(spelled), content);
        }
    }

    #[test]
    fn numbers_that_javascript_does_not_keep() {
        for kept in [
            "0",
            "-0",
            "0.0",
            "1",
            "1.10",
            "1E2",
            "100",
            "0.1",
            "9007199254740992",
            "1e21",
            "5e-324",
            "0e999999999999",
        ] {
            assert_eq!(javascript_reads(kept.as_bytes()), None, "{kept}");
        }
        for (spelled, read) in [
            ("9007199254740993", "9007199254740992"),
            ("18446744073709551616", "18446744073709552000"),
            ("12345678901234567890123", "1.2345678901234568e22"),
            ("-12345678901234567890123", "-1.2345678901234568e22"),
            ("1e400", "Infinity"),
            ("-1e400", "-Infinity"),
            ("1e99999999999999999999999", "Infinity"),
            ("1e-400", "0"),
            ("1e-99999999999999999999999", "0"),
            ("3.14159265358979323846", "3.141592653589793"),
        ] {
            assert_eq!(javascript_reads(spelled.as_bytes()).as_deref(), Some(read), "{spelled}");
        }
    }

    proptest! {
        #[test]
        fn any_bytes_end_without_a_panic(bytes in proptest::collection::vec(any::<u8>(), 0..200)) {
            let _ = unescape(&bytes);
            let _ = javascript_reads(&bytes);
        }
    }
}
