//! Character sets and compression: bytes that became other bytes on the way.

use super::Mistake;
use super::attempts::{Attempts, idea};
use unicode_normalization::UnicodeNormalization as _;

/// What a small body may become: more is not tried.
const MOST_INFLATED: usize = 4 << 20;

type Rewrite = fn(&[u8]) -> Option<Vec<u8>>;

const REWRITES: [(&str, Rewrite); 11] = [
    ("the body before it was read as Latin-1 and written as UTF-8", undone_latin_1),
    ("the body before it was read as Windows-1252 and written as UTF-8", undone_windows_1252),
    ("the body read as Latin-1 and written as UTF-8", |body| {
        Some(body.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes())
    }),
    ("the body read as Windows-1252 and written as UTF-8", |body| {
        Some(body.iter().map(|byte| of_windows_1252(*byte)).collect::<String>().into_bytes())
    }),
    ("the body in Latin-1, of each letter the low byte", |body| {
        Some(text(body)?.encode_utf16().map(|unit| unit.to_le_bytes()[0]).collect())
    }),
    ("the body with `?` for every letter outside of ASCII", |body| {
        Some(
            text(body)?
                .chars()
                .map(|letter| if letter.is_ascii() { letter } else { '?' })
                .collect::<String>()
                .into(),
        )
    }),
    ("the body without the letters outside of ASCII", |body| {
        Some(text(body)?.chars().filter(char::is_ascii).collect::<String>().into())
    }),
    ("the body read as ASCII, of each byte seven bits", |body| {
        Some(body.iter().map(|byte| byte & 0x7f).collect())
    }),
    ("the body with replacement characters for what is not UTF-8", |body| {
        Some(String::from_utf8_lossy(body).into_owned().into_bytes())
    }),
    ("the body with its accents composed (NFC)", |body| Some(text(body)?.nfc().collect::<String>().into())),
    ("the body with its accents decomposed (NFD)", |body| Some(text(body)?.nfd().collect::<String>().into())),
];

pub(super) fn tries(attempts: &mut Attempts<'_>) -> bool {
    let body = attempts.message().body;
    let converted = !body.is_ascii()
        && REWRITES.iter().any(|(what, rewrite)| {
            rewrite(body).is_some_and(|body| attempts.body_holds(idea(Mistake::BodyCharset, *what), &body))
        });
    converted || utf_16(attempts, body)
}

fn utf_16(attempts: &mut Attempts<'_>, body: &[u8]) -> bool {
    let Some(text) = text(body) else { return false };
    let units: Vec<u8> = text.encode_utf16().flat_map(u16::to_le_bytes).collect();
    attempts.body_holds(idea(Mistake::BodyCharset, "the body in UTF-16"), &units)
}

fn text(body: &[u8]) -> Option<&str> {
    std::str::from_utf8(body).ok()
}

fn undone_latin_1(body: &[u8]) -> Option<Vec<u8>> {
    text(body)?.chars().map(|letter| u8::try_from(letter).ok()).collect()
}

fn undone_windows_1252(body: &[u8]) -> Option<Vec<u8>> {
    let byte = |letter: char| match WINDOWS_1252.iter().position(|other| *other == letter) {
        Some(at) => u8::try_from(0x80 + at).ok(),
        None => u8::try_from(letter).ok(),
    };
    text(body)?.chars().map(byte).collect()
}

fn of_windows_1252(byte: u8) -> char {
    let high = byte.checked_sub(0x80).and_then(|at| WINDOWS_1252.get(usize::from(at)));
    high.copied().unwrap_or(char::from(byte))
}

/// What Windows-1252 has at 0x80 to 0x9f; five places are control characters
/// (<https://encoding.spec.whatwg.org/index-windows-1252.txt>).
const WINDOWS_1252: [char; 32] = [
    '\u{20ac}', '\u{81}', '\u{201a}', '\u{192}', '\u{201e}', '\u{2026}', '\u{2020}', '\u{2021}', '\u{2c6}',
    '\u{2030}', '\u{160}', '\u{2039}', '\u{152}', '\u{8d}', '\u{17d}', '\u{8f}', '\u{90}', '\u{2018}',
    '\u{2019}', '\u{201c}', '\u{201d}', '\u{2022}', '\u{2013}', '\u{2014}', '\u{2dc}', '\u{2122}', '\u{161}',
    '\u{203a}', '\u{153}', '\u{9d}', '\u{17e}', '\u{178}',
];

/// The signature may cover what the sender compressed afterwards.
pub(super) fn compressed(attempts: &mut Attempts<'_>) -> bool {
    let inflated = inflate(attempts.message().body);
    inflated.is_some_and(|body| {
        attempts.body_holds(idea(Mistake::BodyCompressed, "the body decompressed"), &body)
    })
}

fn inflate(body: &[u8]) -> Option<Vec<u8>> {
    use miniz_oxide::inflate::{
        decompress_to_vec_with_limit as raw, decompress_to_vec_zlib_with_limit as zlib,
    };
    match body {
        [0x1f, 0x8b, 8, flags, rest @ ..] => {
            raw(after_gzip_head(*flags, rest.get(6..)?)?, MOST_INFLATED).ok()
        }
        [0x78, ..] => zlib(body, MOST_INFLATED).ok(),
        _ => None,
    }
}

/// What follows a gzip member's head (RFC 1952, 2.3).
fn after_gzip_head(flags: u8, mut rest: &[u8]) -> Option<&[u8]> {
    if flags & 0x04 != 0 {
        let (length, after) = rest.split_first_chunk::<2>()?;
        rest = after.get(usize::from(u16::from_le_bytes(*length))..)?;
    }
    for text in [0x08, 0x10] {
        if flags & text != 0 {
            rest = rest.get(rest.iter().position(|byte| *byte == 0)? + 1..)?;
        }
    }
    if flags & 0x02 != 0 { rest.get(2..) } else { Some(rest) }
}

/// The headers say that the body is compressed, and it is not: it is not what
/// was sent, and what was sent cannot be made again.
pub(super) fn decompressed(attempts: &mut Attempts<'_>) -> bool {
    let message = attempts.message();
    let Some(encoding) = message.headers.get("content-encoding") else { return false };
    let encoding = encoding.trim_ascii().to_ascii_lowercase();
    let plain = match encoding.as_slice() {
        b"gzip" | b"x-gzip" => !message.body.starts_with(b"\x1f\x8b"),
        b"deflate" => text(message.body).is_some() && inflate(message.body).is_none(),
        b"br" | b"zstd" => text(message.body).is_some(),
        _ => false,
    };
    if !plain || message.body.is_empty() {
        return false;
    }
    let encoding = String::from_utf8_lossy(&encoding).into_owned();
    let sentence = format!(
        "the headers say `Content-Encoding: {encoding}` and the body is not compressed, \
         so these are not the bytes that were signed"
    );
    attempts.say(Mistake::BodyDecompressed, sentence)
}
