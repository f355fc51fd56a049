//! The body: bytes that were changed between signing and verifying, and bytes
//! that were signed in place of those that were sent.

use super::attempts::{Attempts, Idea, idea};
use super::styles::{STYLES, Style};
use super::tree::{self, Member, Node, Tree, Unread};
use super::written::{estimate, longest, write};
use super::{Mistake, charset, form};
use crate::hook::encoding::decode_base64_secret;
use crate::hook::jsontext::unescape;
use crate::hook::provider::{Cover, Provider};

/// Longer bodies are not written anew: only what costs no more than hashing is tried.
const LONGEST: usize = 1 << 20;
/// The members of an object that are tried as the whole of what was signed.
const MOST_PARTS: usize = 4;

/// What a pass over the body costs, for each byte.
const PASS: usize = 2;

type Rewrite = fn(&[u8]) -> Option<Vec<u8>>;

const REWRITES: [(Mistake, &str, Rewrite); 15] = [
    (Mistake::BodyNewlineAdded, "the body without its last line break", |body| {
        let body = body.strip_suffix(b"\n")?;
        Some(body.strip_suffix(b"\r").unwrap_or(body).to_vec())
    }),
    (Mistake::BodyNewlineAdded, "the body without the white space around it", |body| {
        Some(body.trim_ascii().to_vec())
    }),
    (Mistake::BodyNewlineLost, "the body and a line break at its end", |body| Some([body, b"\n"].concat())),
    (Mistake::BodyNewlineLost, "the body and CRLF at its end", |body| Some([body, b"\r\n"].concat())),
    (Mistake::BodyLineEndings, "the body with LF for CRLF", with_lf),
    (Mistake::BodyLineEndings, "the body with CRLF for LF", |body| Some(with_crlf(&with_lf(body)?))),
    (Mistake::BodyLineEndings, "the body with LF for CRLF and no line break at its end", |body| {
        Some(with_lf(body)?.trim_ascii_end().to_vec())
    }),
    (Mistake::BodyLineEndings, "the body with CRLF for LF and no line break at its end", |body| {
        Some(with_crlf(with_lf(body)?.trim_ascii_end()))
    }),
    (Mistake::BodyByteOrderMark, "the body without its byte order mark", |body| {
        body.strip_prefix(b"\xef\xbb\xbf").map(<[u8]>::to_vec)
    }),
    (Mistake::BodyByteOrderMark, "the body with a byte order mark", |body| {
        Some([b"\xef\xbb\xbf", body].concat())
    }),
    (Mistake::BodyEmpty, "an empty body", |_| Some(Vec::new())),
    (Mistake::BodyEmpty, "`{}` for a body", |_| Some(b"{}".to_vec())),
    (Mistake::BodyObjectText, "the words `[object Object]` for a body", |_| {
        Some(b"[object Object]".to_vec())
    }),
    (Mistake::BodyObjectText, "the word `undefined` for a body", |_| Some(b"undefined".to_vec())),
    (Mistake::BodyObjectText, "the text of Python's bytes, `b'...'`", |body| {
        Some([b"b'", body, b"'"].concat())
    }),
];

/// Everything that may have become of the body on its way, the cheap and the usual first.
pub(super) fn tries(attempts: &mut Attempts<'_>) -> bool {
    let body = attempts.message().body;
    if !covers_body(attempts.case.provider) {
        return charset::decompressed(attempts);
    }
    if body.len() > LONGEST {
        return large(attempts) || charset::decompressed(attempts);
    }
    REWRITES.iter().any(|(mistake, what, rewrite)| {
        attempts.rewritten_holds(idea(*mistake, *what), PASS * body.len(), rewrite)
    }) || as_json(attempts, body)
        || wrapped(attempts, body)
        || form::tries(attempts)
        || charset::tries(attempts)
        || charset::compressed(attempts)
        || charset::decompressed(attempts)
}

fn covers_body(provider: &Provider) -> bool {
    provider.cover() != Cover::Nothing
}

/// Of a large body only what takes bytes away.
fn large(attempts: &mut Attempts<'_>) -> bool {
    let body = attempts.message().body;
    let shorter = [
        (Mistake::BodyNewlineAdded, "the body without its last line break", body.strip_suffix(b"\n")),
        (
            Mistake::BodyByteOrderMark,
            "the body without its byte order mark",
            body.strip_prefix(b"\xef\xbb\xbf"),
        ),
    ];
    let found = shorter
        .into_iter()
        .any(|(mistake, what, body)| body.is_some_and(|body| attempts.body_holds(idea(mistake, what), body)));
    if !found {
        attempts.skip(idea(Mistake::BodyCompact, "the body written in other ways"));
    }
    found
}

/// What reading a text costs, for each byte, and writing it: for each byte and each value.
const READING: usize = 8;
const WRITING: usize = 1;
const WRITING_A_VALUE: usize = 12;
/// What it costs to find out what four languages make of a number.
const FORMATTING: usize = 800;

fn as_json(attempts: &mut Attempts<'_>, body: &[u8]) -> bool {
    let whole = || idea(Mistake::BodyCompact, "the body written in other ways");
    if !attempts.afford(READING * body.len()) {
        attempts.skip(whole());
        return false;
    }
    let tree = match tree::read(body) {
        Ok(tree) => tree,
        Err(Unread::NotJson) => return false,
        Err(Unread::TooMuch) => {
            attempts.skip(whole());
            return false;
        }
    };
    let work = FORMATTING * tree.forms.formatted;
    if !attempts.afford(work) {
        attempts.skip(whole());
        return false;
    }
    styles(attempts, &tree) || parts(attempts, &tree) || text_of(attempts, &tree.root)
}

/// Each way of writing it, but for those that change nothing about this body.
fn styles(attempts: &mut Attempts<'_>, tree: &Tree<'_>) -> bool {
    let mut written: Vec<Style> = Vec::with_capacity(STYLES.len());
    let mut out = Vec::new();
    STYLES.iter().any(|(what, style)| {
        let style = style.on(tree);
        let is_new = !written.contains(&style);
        written.push(style);
        is_new
            && written_holds(attempts, idea(style.mistake(tree), *what), &tree.root, tree, &style, &mut out)
    })
}

/// Writes a value into the one buffer there is for it, and tries it.
fn written_holds(
    attempts: &mut Attempts<'_>,
    idea: Idea,
    node: &Node<'_>,
    tree: &Tree<'_>,
    style: &Style,
    out: &mut Vec<u8>,
) -> bool {
    let (length, most) = (estimate(tree, style), longest(attempts.message().body.len()));
    let work = WRITING * length + WRITING_A_VALUE * tree.shape.nodes;
    if length > most || !attempts.afford(work) || !write(node, tree, style, most, out) {
        attempts.skip(idea);
        return false;
    }
    attempts.body_holds(idea, out)
}

/// The value of a member alone, as `JSON.stringify(body.data)` gives it.
fn parts(attempts: &mut Attempts<'_>, tree: &Tree<'_>) -> bool {
    let Node::Object(object) = &tree.root else { return false };
    let is_part = |node: &Node<'_>| matches!(node, Node::Object(_) | Node::Array(_));
    let mut out = Vec::new();
    object.members.iter().filter(|member| is_part(&member.value)).take(MOST_PARTS).any(|member| {
        STYLES.iter().take(2).any(|(_, style)| {
            let name = unescape(member.key.token);
            let what = format!("the member `{}` alone", String::from_utf8_lossy(&name));
            written_holds(attempts, idea(Mistake::BodyPart, what), &member.value, tree, style, &mut out)
        })
    })
}

/// The body inside what was received: a JSON string, or an event of a gateway.
fn text_of(attempts: &mut Attempts<'_>, root: &Node<'_>) -> bool {
    match root {
        Node::String(text) => {
            let what = "what the JSON string says that the body is";
            attempts.body_holds(idea(Mistake::BodyWrapped, what), &unescape(text.token))
        }
        Node::Object(object) => {
            let is_body = |key: &[u8]| matches!(key, b"\"body\"" | b"\"payload\"" | b"\"data\"");
            let body = object.members.iter().find(|member| is_body(member.key.token));
            let Some(Member { key, value: Node::String(string) }) = body else { return false };
            let name = String::from_utf8_lossy(&unescape(key.token)).into_owned();
            let text = unescape(string.token);
            let decoded = decode_base64_secret(&text);
            attempts.body_holds(idea(Mistake::BodyWrapped, format!("what the member `{name}` says")), &text)
                || decoded.is_some_and(|body| {
                    let what = format!("what the base64 of the member `{name}` says");
                    attempts.body_holds(idea(Mistake::BodyWrapped, what), &body)
                })
        }
        _ => false,
    }
}

fn wrapped(attempts: &mut Attempts<'_>, body: &[u8]) -> bool {
    let work = 4 * PASS * body.len();
    attempts.rewritten_holds(idea(Mistake::BodyWrapped, "what its base64 says"), work, |body| {
        decode_base64_secret(body.trim_ascii()).filter(|decoded| !decoded.is_empty())
    }) || attempts.rewritten_holds(idea(Mistake::BodyWrapped, "the body as a JSON string"), work, |body| {
        Some(crate::hook::json::quoted(std::str::from_utf8(body).ok()?).into_bytes())
    })
}

fn with_lf(body: &[u8]) -> Option<Vec<u8>> {
    let mut out = Vec::with_capacity(body.len());
    let mut rest = body.iter().peekable();
    while let Some(byte) = rest.next() {
        if *byte != b'\r' || rest.peek() != Some(&&b'\n') {
            out.push(*byte);
        }
    }
    Some(out)
}

fn with_crlf(body: &[u8]) -> Vec<u8> {
    let mut out = Vec::with_capacity(body.len());
    for byte in body {
        if *byte == b'\n' {
            out.push(b'\r');
        }
        out.push(*byte);
    }
    out
}
