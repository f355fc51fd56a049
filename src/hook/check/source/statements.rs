//! A file as statements: roughly what stands between semicolons, braces and line ends.

use super::dialect::Dialect;
use super::lexer::{Kind, Source};

/// The longest statement that is read, in bytes: no person writes a longer one.
const LONGEST: usize = 2_000;

/// A statement.
#[derive(Debug)]
pub(super) struct Statement {
    /// The line that it begins on, from 1.
    pub(super) line: u32,
    /// How far it is indented.
    pub(super) indent: usize,
    /// Its text with comments and line ends as blanks, and texts as `"` but for the names that are woven in.
    pub(super) code: String,
    /// The line of each byte of `code`.
    lines: Vec<u32>,
    /// What ended it: `{`, `}`, `;` or a line's end.
    pub(super) end: u8,
}

impl Statement {
    /// The line on which a byte of the code stands.
    pub(super) fn line_at(&self, at: usize) -> u32 {
        self.lines.get(at).copied().unwrap_or(self.line)
    }
}

/// Gathers one statement.
#[derive(Default)]
struct Gathered {
    code: Vec<u8>,
    lines: Vec<u32>,
    indent: usize,
}

/// Splits a file.
pub(super) fn split(dialect: Dialect, source: &Source) -> Vec<Statement> {
    let mut statements = Vec::new();
    let mut open: Vec<u8> = Vec::new();
    let mut now = Gathered::default();
    let (mut line, mut column) = (1_u32, 0_usize);
    for (at, (byte, kind)) in source.text.iter().zip(&source.kinds).enumerate() {
        let code = *kind == Kind::Code;
        let free = open.last().is_none_or(|bracket| *bracket == b'{');
        match byte {
            b'(' | b'[' | b'{' if code => open.push(*byte),
            b')' | b']' | b'}' if code => drop(open.pop()),
            _ => {}
        }
        let ends = code
            && match byte {
                b'{' | b'}' => true,
                b';' => free,
                b'\n' => free && !goes_on(dialect, &now.code, source.text.get(at + 1..).unwrap_or_default()),
                _ => false,
            };
        if ends {
            now.finish(*byte, &mut statements);
        } else {
            now.put(*byte, *kind, line, column);
        }
        if *byte == b'\n' {
            (line, column) = (line.saturating_add(1), 0);
        } else {
            column += 1;
        }
    }
    now.finish(b'\n', &mut statements);
    statements
}

/// Whether a statement goes on in the next line.
fn goes_on(dialect: Dialect, so_far: &[u8], next: &[u8]) -> bool {
    let last = so_far.trim_ascii_end().last().copied().unwrap_or_default();
    let next = next.trim_ascii_start();
    let opens = if dialect == Dialect::Python { last == b'\\' } else { b"=+,.&|?\\(".contains(&last) };
    opens
        || next.starts_with(b".")
        || next.starts_with(b"?.")
        || next.starts_with(b"+ ")
        || [&b"&&"[..], b"||", b"==", b"!=", b"? "].iter().any(|sign| next.starts_with(sign))
}

impl Gathered {
    fn put(&mut self, byte: u8, kind: Kind, line: u32, column: usize) {
        let byte = if byte == b'\n' { b' ' } else { byte };
        if self.code.is_empty() {
            if byte.is_ascii_whitespace() {
                return;
            }
            self.indent = column;
        }
        if self.code.len() == LONGEST {
            return;
        }
        self.code.push(if kind == Kind::Text { b'"' } else { byte });
        self.lines.push(line);
    }

    fn finish(&mut self, end: u8, statements: &mut Vec<Statement>) {
        let done = std::mem::take(self);
        // A statement that ends with nothing in it still tells that a block ends.
        let line = done.lines.first().copied().unwrap_or_default();
        statements.push(Statement {
            line,
            indent: done.indent,
            // Of one byte each, so that places in it are places in `lines`.
            code: done
                .code
                .iter()
                .map(|byte| if byte.is_ascii() { char::from(*byte) } else { '_' })
                .collect(),
            lines: done.lines,
            end,
        });
    }
}
