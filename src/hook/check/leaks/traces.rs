//! What a stack trace looks like, in nine languages.

use memchr::memmem;
use std::ops::Range;

/// Words that stand nowhere but in a stack trace.
const SURE: [&[u8]; 5] = [
    b"Traceback (most recent call last)",
    b"stack backtrace:",
    b" [running]:",
    b"Stack trace:\n#0",
    b"' panicked at ",
];
/// What a file of source is called before the number of a line: `(index.js:10`.
const LINES: [&[u8]; 13] = [
    b".js:",
    b".mjs:",
    b".cjs:",
    b".ts:",
    b".jsx:",
    b".tsx:",
    b".java:",
    b".kt:",
    b".scala:",
    b".rs:",
    b".cs:line ",
    b".py:",
    b".rb:",
];
/// How far before the file's name `at ` may stand.
const FRAME: usize = 300;

/// Where a stack trace begins.
pub(super) fn find(text: &[u8]) -> Option<Range<usize>> {
    sure(text)
        .or_else(|| frame(text))
        .or_else(|| internal(text))
        .or_else(|| python(text))
        .or_else(|| ruby(text))
        .or_else(|| go(text))
}

fn sure(text: &[u8]) -> Option<Range<usize>> {
    SURE.iter().find_map(|words| memmem::find(text, words).map(|at| at..at + words.len()))
}

/// `at name (file.js:10:15)`.
fn frame(text: &[u8]) -> Option<Range<usize>> {
    LINES.iter().find_map(|ending| {
        memmem::find_iter(text, ending).find_map(|at| {
            let end = at + ending.len();
            let numbered = text.get(end).is_some_and(u8::is_ascii_digit);
            numbered.then(|| at_before(text, at)).flatten().map(|start| start..end)
        })
    })
}

/// `at name (node:internal/x:95:5)`.
fn internal(text: &[u8]) -> Option<Range<usize>> {
    let name = b"(node:";
    memmem::find_iter(text, name).find_map(|at| at_before(text, at).map(|start| start..at + name.len()))
}

/// Where the `at ` of a frame stands: a word of its own on the same line.
fn at_before(text: &[u8], before: usize) -> Option<usize> {
    let from = before.saturating_sub(FRAME);
    let near = text.get(from..before)?;
    let line = near.iter().rposition(|byte| *byte == b'\n').map_or(0, |at| at + 1);
    let near = near.get(line..)?;
    let at = memmem::rfind(near, b"at ")?;
    // After white space, its escape in JSON or HTML, or at the beginning of the line.
    let opens = match at.checked_sub(1).and_then(|last| near.get(last)) {
        None => true,
        Some(byte) => byte.is_ascii_whitespace() || matches!(byte, b';' | b'n' | b't' | b'>' | 0xa0),
    };
    opens.then_some(from + line + at)
}

/// `File "x.py", line 3`.
fn python(text: &[u8]) -> Option<Range<usize>> {
    let words = b"\", line ";
    memmem::find_iter(text, words).find_map(|at| {
        let from = at.saturating_sub(FRAME);
        let start = memmem::rfind(text.get(from..at)?, b"File ")?;
        text.get(at + words.len())?.is_ascii_digit().then_some(from + start..at + words.len())
    })
}

/// `x.rb:12:in `.
fn ruby(text: &[u8]) -> Option<Range<usize>> {
    memmem::find_iter(text, b".rb:").find_map(|at| {
        let rest = text.get(at + 4..)?;
        let digits = rest.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
        (digits > 0 && rest.get(digits..)?.starts_with(b":in ")).then_some(at.saturating_sub(40)..at + 4)
    })
}

/// `main.go:12 +0x1d`.
fn go(text: &[u8]) -> Option<Range<usize>> {
    memmem::find_iter(text, b".go:").find_map(|at| {
        let rest = text.get(at + 4..)?;
        let digits = rest.iter().take(8).take_while(|byte| byte.is_ascii_digit()).count();
        (digits > 0 && rest.get(digits..)?.starts_with(b" +0x")).then_some(at.saturating_sub(40)..at + 4)
    })
}
