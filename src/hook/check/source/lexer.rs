//! Which bytes of a file are code, text, or text with names woven in; comments are blanked.

use super::dialect::Dialect;

/// What a byte belongs to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    /// Code.
    Code,
    /// A text, quotes included.
    Text,
    /// A name within a text, such as in `${name}`.
    Woven,
}

/// A file's bytes, comments as blanks, each with its kind.
pub(super) struct Source {
    pub(super) text: Vec<u8>,
    pub(super) kinds: Vec<Kind>,
}

/// A text that is open.
#[derive(Clone, Copy)]
struct Open {
    /// The letters that end it.
    end: &'static [u8],
    /// Whether names may be woven in.
    woven: bool,
    /// Whether a stroke escapes.
    escapes: bool,
    /// Whether it may go over several lines.
    lines: bool,
}

const fn open(end: &'static [u8], woven: bool, lines: bool) -> Open {
    Open { end, woven, escapes: true, lines }
}

/// Reads a file.
pub(super) fn read(dialect: Dialect, text: &str) -> Source {
    let bytes = text.as_bytes();
    let mut source = Source { text: Vec::with_capacity(bytes.len()), kinds: Vec::with_capacity(bytes.len()) };
    let mut at = 0;
    while let Some(rest) = bytes.get(at..).filter(|rest| !rest.is_empty()) {
        let taken = if let Some(length) = comment(dialect, rest) {
            source.blank(rest.get(..length).unwrap_or(rest))
        } else if let Some((opening, quote)) =
            quote(dialect, rest, at.checked_sub(1).and_then(|last| bytes.get(last)))
        {
            source.quoted(rest, opening, quote)
        } else {
            source.put(rest.first().copied().unwrap_or(b' '), Kind::Code)
        };
        at += taken.max(1);
    }
    source
}

impl Source {
    fn put(&mut self, byte: u8, kind: Kind) -> usize {
        self.text.push(byte);
        self.kinds.push(kind);
        1
    }

    fn blank(&mut self, comment: &[u8]) -> usize {
        for byte in comment {
            self.put(if *byte == b'\n' { b'\n' } else { b' ' }, Kind::Code);
        }
        comment.len()
    }

    /// A text from its opening letters to its end, or to the end of its line.
    fn quoted(&mut self, rest: &[u8], opening: usize, open: Open) -> usize {
        let mut at = 0;
        let mut depth = 0_usize;
        while let Some(byte) = rest.get(at).copied() {
            if at >= opening && depth == 0 && rest.get(at..).is_some_and(|rest| rest.starts_with(open.end)) {
                for _ in 0..open.end.len() {
                    at += self.put(rest.get(at).copied().unwrap_or_default(), Kind::Text);
                }
                return at;
            }
            if byte == b'\n' && !open.lines {
                return at;
            }
            if byte == b'\\' && open.escapes && at >= opening {
                at += self.put(byte, Kind::Text);
                let Some(next) = rest.get(at).copied() else { return at };
                at += self.put(next, Kind::Text);
                continue;
            }
            match byte {
                b'{' if open.woven => depth += 1,
                b'}' if open.woven => depth = depth.saturating_sub(1),
                _ => {}
            }
            let woven = open.woven && (depth > 0 || byte == b'$') && byte != b'{';
            at += self.put(byte, if woven { Kind::Woven } else { Kind::Text });
        }
        at
    }
}

/// The length of a comment.
fn comment(dialect: Dialect, rest: &[u8]) -> Option<usize> {
    let hash = matches!(dialect, Dialect::Python | Dialect::Ruby | Dialect::Php);
    let strokes = !matches!(dialect, Dialect::Python | Dialect::Ruby);
    let line = || rest.iter().position(|byte| *byte == b'\n').unwrap_or(rest.len());
    // `#[Attribute]` of PHP is no comment, but is of no interest either.
    if (hash && rest.starts_with(b"#")) || (strokes && rest.starts_with(b"//")) {
        return Some(line());
    }
    if strokes && rest.starts_with(b"/*") {
        let end = rest.windows(2).skip(2).position(|pair| pair == b"*/");
        return Some(end.map_or(rest.len(), |at| at + 4));
    }
    None
}

/// How long the opening of a text is, and what it is.
fn quote(dialect: Dialect, rest: &[u8], before: Option<&u8>) -> Option<(usize, Open)> {
    let first = *rest.first()?;
    let prefixed = |sign: u8| before.is_some_and(|byte| byte.eq_ignore_ascii_case(&sign));
    match (dialect, first) {
        (Dialect::Python, b'"') if rest.starts_with(b"\"\"\"") => {
            Some((3, open(b"\"\"\"", prefixed(b'f'), true)))
        }
        (Dialect::Python, b'\'') if rest.starts_with(b"'''") => Some((3, open(b"'''", prefixed(b'f'), true))),
        (Dialect::Python, b'"') => Some((1, open(b"\"", prefixed(b'f'), false))),
        (Dialect::Python, b'\'') => Some((1, open(b"'", prefixed(b'f'), false))),
        (Dialect::JavaScript, b'`') => Some((1, open(b"`", true, true))),
        (Dialect::Go, b'`') => Some((1, Open { escapes: false, ..open(b"`", false, true) })),
        (Dialect::Ruby, b'"') => Some((1, open(b"\"", true, false))),
        (Dialect::Php, b'"') => Some((1, open(b"\"", true, true))),
        (Dialect::Csharp, b'"') => Some((1, open(b"\"", prefixed(b'$'), false))),
        (Dialect::Java | Dialect::Rust, b'"') => Some((1, open(b"\"", true, dialect == Dialect::Rust))),
        (_, b'"') => Some((1, open(b"\"", false, false))),
        // A lifetime, or a letter that is of no interest.
        (Dialect::Rust, b'\'') => None,
        (_, b'\'') => Some((1, open(b"'", false, dialect == Dialect::Php))),
        _ => None,
    }
}
