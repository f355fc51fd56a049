//! Character sets and compression: bytes that became other bytes on the way.

use super::Mistake;
use super::attempts::{Attempts, idea};
use miniz_oxide::inflate::TINFLStatus;
use miniz_oxide::inflate::core::inflate_flags::{
    TINFL_FLAG_PARSE_ZLIB_HEADER as PARSE_ZLIB_HEADER,
    TINFL_FLAG_STOP_ON_BLOCK_BOUNDARY as STOP_ON_BLOCK_BOUNDARY,
    TINFL_FLAG_USING_NON_WRAPPING_OUTPUT_BUF as USING_NON_WRAPPING_OUTPUT_BUF,
};
use miniz_oxide::inflate::core::{DecompressorOxide, decompress};
use unicode_normalization::UnicodeNormalization as _;

/// What a small body may become: more is not tried.
const MOST_INFLATED: usize = 4 << 20;
/// What deflate may make of a byte, and what each block costs, though it be empty: its tables are made anew.
const INFLATED_A_BYTE: usize = 1_032;
const A_BLOCK: usize = 3_000;
/// Whoever compresses makes blocks of more than so many bytes, but for a few.
const BYTES_A_BLOCK: usize = 64;
/// What rewriting letters costs for each byte, and composing them.
const REWRITING: usize = 8;
const COMPOSING: usize = 60;

type Rewrite = fn(&[u8]) -> Option<Vec<u8>>;

/// Of a body that is not ASCII.
const REWRITES: [(&str, usize, Rewrite); 13] = [
    ("the body before it was read as Latin-1 and written as UTF-8", REWRITING, undone_latin_1),
    ("the body before it was read as Windows-1252 and written as UTF-8", REWRITING, undone_windows_1252),
    ("the body read as Latin-1 and written as UTF-8", REWRITING, |body| {
        Some(body.iter().map(|byte| char::from(*byte)).collect::<String>().into_bytes())
    }),
    ("the body read as Windows-1252 and written as UTF-8", REWRITING, |body| {
        Some(body.iter().map(|byte| of_windows_1252(*byte)).collect::<String>().into_bytes())
    }),
    ("the body before it was twice read as Latin-1 and written as UTF-8", 2 * REWRITING, |body| {
        undone_latin_1(&undone_latin_1(body)?)
    }),
    ("the body before it was twice read as Windows-1252 and written as UTF-8", 2 * REWRITING, |body| {
        undone_windows_1252(&undone_windows_1252(body)?)
    }),
    ("the body in Latin-1, of each letter the low byte", REWRITING, |body| {
        Some(text(body)?.encode_utf16().map(|unit| unit.to_le_bytes()[0]).collect())
    }),
    ("the body with `?` for every letter outside of ASCII", REWRITING, |body| {
        Some(
            text(body)?
                .chars()
                .map(|letter| if letter.is_ascii() { letter } else { '?' })
                .collect::<String>()
                .into(),
        )
    }),
    ("the body without the letters outside of ASCII", REWRITING, |body| {
        Some(text(body)?.chars().filter(char::is_ascii).collect::<String>().into())
    }),
    ("the body read as ASCII, of each byte seven bits", REWRITING, |body| {
        Some(body.iter().map(|byte| byte & 0x7f).collect())
    }),
    ("the body with replacement characters for what is not UTF-8", REWRITING, |body| {
        Some(String::from_utf8_lossy(body).into_owned().into_bytes())
    }),
    ("the body with its accents composed (NFC)", COMPOSING, |body| {
        Some(text(body)?.nfc().collect::<String>().into())
    }),
    ("the body with its accents decomposed (NFD)", COMPOSING, |body| {
        Some(text(body)?.nfd().collect::<String>().into())
    }),
];

/// UTF-16 on either side, of any body.
const UTF_16: [(&str, Rewrite); 6] = [
    ("the body in UTF-16", |body| utf_16(body, "", u16::to_le_bytes)),
    ("the body in UTF-16 with a byte order mark", |body| utf_16(body, MARK, u16::to_le_bytes)),
    ("the body in UTF-16, the high byte first", |body| utf_16(body, "", u16::to_be_bytes)),
    ("the body in UTF-16 with a byte order mark, the high byte first", |body| {
        utf_16(body, MARK, u16::to_be_bytes)
    }),
    ("the body written as UTF-8, which came in UTF-16", |body| of_utf_16(body, u16::from_le_bytes)),
    ("the body written as UTF-8, which came in UTF-16, the high byte first", |body| {
        of_utf_16(body, u16::from_be_bytes)
    }),
];

const MARK: &str = "\u{feff}";

pub(super) fn tries(attempts: &mut Attempts<'_>) -> bool {
    let body = attempts.message().body;
    let mut holds = |what: &'static str, cost: usize, rewrite: Rewrite| {
        attempts.rewritten_holds(idea(Mistake::BodyCharset, what), cost * body.len(), rewrite)
    };
    (!body.is_ascii() && REWRITES.iter().any(|(what, cost, rewrite)| holds(what, *cost, *rewrite)))
        || UTF_16.iter().any(|(what, rewrite)| holds(what, REWRITING, *rewrite))
}

fn utf_16(body: &[u8], mark: &str, bytes: fn(u16) -> [u8; 2]) -> Option<Vec<u8>> {
    Some(mark.encode_utf16().chain(text(body)?.encode_utf16()).flat_map(bytes).collect())
}

fn of_utf_16(body: &[u8], unit: fn([u8; 2]) -> u16) -> Option<Vec<u8>> {
    let (pairs, []) = body.as_chunks::<2>() else { return None };
    let units = pairs.iter().map(|pair| unit(*pair));
    let text: String = char::decode_utf16(units).collect::<Result<_, _>>().ok()?;
    Some(text.strip_prefix(MARK).unwrap_or(&text).as_bytes().to_vec())
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
    let body = attempts.message().body;
    let encoding = attempts.message().headers.get("content-encoding");
    let is_deflated = encoding.is_some_and(|value| value.trim_ascii().eq_ignore_ascii_case(b"deflate"));
    // What is text was not compressed.
    let binary = is_deflated || text(body).is_none();
    let looks = matches!(body, [0x1f, 0x8b, ..] | [0x78, ..]) || binary;
    looks
        && attempts.rewritten_holds(
            idea(Mistake::BodyCompressed, "the body decompressed"),
            inflating(body),
            inflate,
        )
}

fn blocks_of(body: &[u8]) -> usize {
    BYTES_A_BLOCK + body.len() / BYTES_A_BLOCK
}

/// The work of [`inflate`], which may have to begin twice.
fn inflating(body: &[u8]) -> usize {
    MOST_INFLATED.min(INFLATED_A_BYTE * body.len()) + 2 * A_BLOCK * blocks_of(body)
}

/// Gzip, zlib, or bare deflate; `None` too where nobody compresses so, or it is too much.
fn inflate(body: &[u8]) -> Option<Vec<u8>> {
    let deflated = |flags| {
        let mut inflater = Inflater::new(body);
        inflater.stream(body, flags)?;
        Some(inflater.text())
    };
    match body {
        [0x1f, 0x8b, ..] => gunzip(body),
        [0x78, ..] => deflated(PARSE_ZLIB_HEADER),
        _ => None,
    }
    .or_else(|| deflated(0))
    .filter(|inflated| !inflated.is_empty())
}

/// One member after the other (RFC 1952, 2.2).
fn gunzip(mut body: &[u8]) -> Option<Vec<u8>> {
    let mut inflater = Inflater::new(body);
    while let [0x1f, 0x8b, 8, flags, rest @ ..] = body {
        let rest = after_gzip_head(*flags, rest.get(6..)?)?;
        let read = inflater.stream(rest, 0)?;
        // A checksum and a length.
        body = rest.get(read + 8..).unwrap_or_default();
    }
    Some(inflater.text())
}

/// Inflates one stream after the other.
struct Inflater {
    state: Box<DecompressorOxide>,
    out: Vec<u8>,
    written: usize,
    /// Those that it still takes.
    blocks: usize,
}

impl Inflater {
    fn new(body: &[u8]) -> Self {
        let out = vec![0; body.len().saturating_mul(2).clamp(64, 1 << 16)];
        Self { state: Box::default(), out, written: 0, blocks: blocks_of(body) }
    }

    /// Adds what one deflated stream holds, and gives the bytes of the body that it takes; `None` when it
    /// is broken or too much.
    fn stream(&mut self, body: &[u8], flags: u32) -> Option<usize> {
        self.state.init();
        self.blocks = self.blocks.checked_sub(1)?;
        let flags = flags | USING_NON_WRAPPING_OUTPUT_BUF | STOP_ON_BLOCK_BOUNDARY;
        let mut read = 0;
        loop {
            let (status, more_read, more_written) =
                decompress(&mut self.state, body.get(read..)?, &mut self.out, self.written, flags);
            (read, self.written) = (read + more_read, self.written + more_written);
            match status {
                TINFLStatus::Done => return Some(read),
                TINFLStatus::BlockBoundary => self.blocks = self.blocks.checked_sub(1)?,
                TINFLStatus::HasMoreOutput if self.out.len() < MOST_INFLATED => {
                    let longer = self.out.len().saturating_mul(2).min(MOST_INFLATED);
                    self.out.resize(longer, 0);
                }
                _ => return None,
            }
        }
    }

    fn text(mut self) -> Vec<u8> {
        self.out.truncate(self.written);
        self.out
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
        b"deflate" => {
            let affordable = text(message.body).is_some() && attempts.afford(inflating(message.body));
            affordable && inflate(message.body).is_none()
        }
        b"br" | b"zstd" => text(message.body).is_some(),
        _ => false,
    };
    if !plain || message.body.is_empty() {
        return false;
    }
    let encoding = String::from_utf8_lossy(&encoding).into_owned();
    let sentence = format!(
        "the headers say `Content-Encoding: {encoding}` and the body is not compressed, \
         so if it was signed compressed no secret can match it any more"
    );
    attempts.say(Mistake::BodyDecompressed, sentence)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// Five bytes that are four blocks without anything in them, again and again; then `rest`.
    fn empty_blocks(times: usize, rest: &[u8]) -> Vec<u8> {
        [&[0x02, 0x08, 0x20, 0x80, 0x00].repeat(times), rest].concat()
    }

    #[test]
    fn blocks_that_hold_nothing_are_not_gone_through_by_the_thousand() {
        // A block of two letters as they are, the last one.
        let last = [0x01, 2, 0, 0xfd, 0xff, b'h', b'i'];
        assert_eq!(inflate(&empty_blocks(8, &last)).as_deref(), Some(&b"hi"[..]));
        assert_eq!(inflate(&empty_blocks(1_000, &last)), None);
        let member = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];
        let full = [&member[..10], &last, &[0; 8]].concat();
        assert_eq!(gunzip(&[&member.repeat(9), &full[..]].concat()).as_deref(), Some(&b"hi"[..]));
        assert_eq!(gunzip(&[&member.repeat(1_000), &full[..]].concat()), None);
    }

    proptest! {
        #[test]
        fn what_is_stored_in_small_blocks_is_inflated(blocks in proptest::collection::vec(any::<[u8; 64]>(), 0..64)) {
            let head = [0, 64, 0, 191, 255];
            let mut body: Vec<u8> = blocks.iter().flat_map(|block| [&head[..], block].concat()).collect();
            body.extend([1, 1, 0, 254, 255, b'.']);
            let text = [blocks.concat(), b".".to_vec()].concat();
            prop_assert_eq!(inflate(&body), Some(text));
        }
    }
}
