//! What a path of the handler's machine looks like, and not one of its URLs.

use memchr::memmem;
use std::ops::Range;

/// Where applications live. What follows must end in the name of a file.
const ROOTS: [&[u8]; 14] = [
    b"/home/",
    b"/Users/",
    b"/root/",
    b"/srv/",
    b"/app/",
    b"/opt/",
    b"/var/",
    b"/usr/",
    b"/tmp/",
    b"/workspace/",
    b"/code/",
    b"/go/",
    b"/etc/",
    b"/private/",
];
/// Folders that no URL has.
const SURE: [&[u8]; 6] = [
    b"file:///",
    b"node_modules/",
    b"site-packages/",
    b"dist-packages/",
    b"/.cargo/registry/",
    b"vendor/bundle/",
];
/// Endings of files that a path leads to.
const ENDINGS: [&str; 33] = [
    "js", "mjs", "cjs", "ts", "jsx", "tsx", "py", "pyc", "rb", "php", "go", "rs", "java", "jar", "kt",
    "scala", "cs", "dll", "so", "ex", "json", "toml", "yaml", "yml", "env", "ini", "conf", "pem", "key",
    "db", "sqlite", "sqlite3", "log",
];
/// The longest path that is read.
const LONGEST: usize = 512;

/// Where a path begins and ends.
pub(super) fn find(text: &[u8]) -> Option<Range<usize>> {
    rooted(text).or_else(|| sure(text)).or_else(|| drive(text))
}

fn rooted(text: &[u8]) -> Option<Range<usize>> {
    ROOTS.iter().find_map(|root| {
        memmem::find_iter(text, root).find_map(|at| {
            // In a URL a host stands before it.
            let first = at.checked_sub(1).and_then(|last| text.get(last)).is_none_or(|before| opens(*before));
            let end = at + length(text.get(at..)?);
            (first && is_file(text.get(at..end)?)).then_some(at..end)
        })
    })
}

fn sure(text: &[u8]) -> Option<Range<usize>> {
    SURE.iter().find_map(|folder| {
        memmem::find_iter(text, folder).find_map(|at| {
            let after = at + folder.len();
            let end = after + length(text.get(after..)?);
            // `node_modules/` alone is a word of a sentence.
            (end > after).then_some(at..end)
        })
    })
}

/// `C:\src\hook.cs`, also with its strokes doubled.
fn drive(text: &[u8]) -> Option<Range<usize>> {
    memmem::find_iter(text, b":\\").find_map(|at| {
        let start = at.checked_sub(1)?;
        let letter = text.get(start)?.is_ascii_alphabetic();
        let first = start.checked_sub(1).and_then(|last| text.get(last)).is_none_or(|before| opens(*before));
        let end = start + 2 + length(text.get(at + 1..)?);
        (letter && first && is_file(text.get(start..end)?)).then_some(start..end)
    })
}

/// Whether a path may begin behind this byte.
fn opens(before: u8) -> bool {
    before.is_ascii_whitespace()
        || matches!(before, b'"' | b'\'' | b'(' | b'`' | b'>' | b'=' | b'[' | b',' | b';')
}

fn length(text: &[u8]) -> usize {
    let part = |byte: &&u8| byte.is_ascii_alphanumeric() || b"/\\._-@+~".contains(byte) || **byte >= 0x80;
    text.iter().take(LONGEST).take_while(part).count()
}

/// Whether the path leads to a file of a kind that applications are made of.
fn is_file(path: &[u8]) -> bool {
    let name = path.rsplit(|byte| matches!(byte, b'/' | b'\\')).next().unwrap_or_default();
    let name = String::from_utf8_lossy(name);
    name.trim_end_matches('.').rsplit_once('.').is_some_and(|(_, ending)| ENDINGS.contains(&ending))
}
