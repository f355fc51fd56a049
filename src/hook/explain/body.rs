//! The body: bytes that were changed between signing and verifying, and bytes
//! that were signed in place of those that were sent.

use super::attempts::{Attempts, idea};
use super::tree::{self, Node};
use super::written::{STYLES, write};
use super::{Mistake, charset, form};
use crate::hook::encoding::decode_base64_secret;
use crate::hook::jsontext::{Kind, unescape};
use crate::hook::provider::{Cover, Provider};

/// Longer bodies are not written anew: only what costs no more than hashing is tried.
const LONGEST: usize = 1 << 20;
/// The members of an object that are tried as the whole of what was signed.
const MOST_PARTS: usize = 4;

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

/// What costs a pass over the body, and no more.
pub(super) fn tries(attempts: &mut Attempts<'_>) -> bool {
    let body = attempts.message().body;
    if !covers_body(attempts.case.provider) {
        return charset::decompressed(attempts);
    }
    if body.len() > LONGEST {
        return large(attempts) || charset::decompressed(attempts);
    }
    REWRITES.iter().any(|(mistake, what, rewrite)| {
        rewrite(body).is_some_and(|body| attempts.body_holds(idea(*mistake, *what), &body))
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

fn as_json(attempts: &mut Attempts<'_>, body: &[u8]) -> bool {
    let Some(root) = tree::read(body) else { return false };
    STYLES
        .iter()
        .any(|(mistake, what, style)| attempts.body_holds(idea(*mistake, *what), &write(&root, style)))
        || parts(attempts, &root)
        || text_of(attempts, &root)
}

/// The value of a member alone, as `JSON.stringify(body.data)` gives it.
fn parts(attempts: &mut Attempts<'_>, root: &Node<'_>) -> bool {
    let Node::Object(members) = root else { return false };
    let objects = members.iter().filter(|(_, node)| matches!(node, Node::Object(_) | Node::Array(_)));
    objects.take(MOST_PARTS).any(|(key, node)| {
        STYLES.iter().take(2).any(|(_, _, style)| {
            let what = format!("the member `{}` alone", String::from_utf8_lossy(&unescape(key)));
            attempts.body_holds(idea(Mistake::BodyPart, what), &write(node, style))
        })
    })
}

/// The body inside what was received: a JSON string, or an event of a gateway.
fn text_of(attempts: &mut Attempts<'_>, root: &Node<'_>) -> bool {
    match root {
        Node::Scalar(Kind::String, token) => {
            let what = "what the JSON string says that the body is";
            attempts.body_holds(idea(Mistake::BodyWrapped, what), &unescape(token))
        }
        Node::Object(members) => {
            let body =
                members.iter().find(|(key, _)| matches!(*key, b"\"body\"" | b"\"payload\"" | b"\"data\""));
            let Some((key, Node::Scalar(Kind::String, token))) = body else { return false };
            let (name, text) = (String::from_utf8_lossy(&unescape(key)).into_owned(), unescape(token));
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
    let decoded = decode_base64_secret(body.trim_ascii()).filter(|decoded| !decoded.is_empty());
    decoded.is_some_and(|body| attempts.body_holds(idea(Mistake::BodyWrapped, "what its base64 says"), &body))
        || std::str::from_utf8(body).is_ok_and(|text| {
            let string = crate::hook::json::quoted(text);
            attempts.body_holds(idea(Mistake::BodyWrapped, "the body as a JSON string"), string.as_bytes())
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
