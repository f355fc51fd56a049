//! What is done to the head of a request, and to its framing.

use super::draft::{Draft, Framing, Names};
use super::gzip::gzip;
use crate::hook::check::change::Change;

/// A path that nobody handles.
const NOBODYS: &str = "/hookctl-check/nobody-handles-this";
const CONTENT_TYPE: &str = "Content-Type";

/// Makes one change before the request is signed; false when it is none of the head.
pub(super) fn apply(draft: &mut Draft, change: Change) -> bool {
    match change {
        Change::WithCharset => edit_content_type(draft, |value| {
            let known = value.to_ascii_lowercase().windows(7).any(|part| part == b"charset");
            if known { value.to_vec() } else { [value, b"; charset=utf-8"].concat() }
        }),
        Change::ContentTypeCase => edit_content_type(draft, capitals),
        Change::TextPlain => draft.set(CONTENT_TYPE, "text/plain"),
        Change::WithoutContentType => draft.remove(CONTENT_TYPE),
        Change::Gzip => compress(draft),
        Change::NotGzip => draft.set("Content-Encoding", "gzip"),
        Change::WithQuery => {
            let mark = if draft.target.contains('?') { '&' } else { '?' };
            draft.target = format!("{}{mark}source=hookctl-check", draft.target);
        }
        Change::UnknownPath => draft.target = NOBODYS.to_owned(),
        Change::Put => "PUT".clone_into(&mut draft.method),
        Change::Get => bare(draft, "GET"),
        Change::Head => bare(draft, "HEAD"),
        Change::Options => {
            bare(draft, "OPTIONS");
            draft.set("Origin", "https://example.com");
            draft.set("Access-Control-Request-Method", "POST");
        }
        _ => return false,
    }
    true
}

/// Makes one change that no signature covers.
pub(super) fn frame(draft: &mut Draft, change: Change) {
    match change {
        Change::Chunked => draft.framing = Framing::Chunks,
        Change::UpperCaseNames => draft.names = Names::Upper,
        Change::LowerCaseNames => draft.names = Names::Lower,
        _ => {}
    }
}

/// Compresses the body and says so.
pub(super) fn compress(draft: &mut Draft) {
    draft.body = gzip(&draft.body);
    draft.set("Content-Encoding", "gzip");
}

/// A request without a body and without anything that only vendors send.
fn bare(draft: &mut Draft, method: &str) {
    method.clone_into(&mut draft.method);
    draft.fields.clear();
    draft.body.clear();
    draft.framing = Framing::Nothing;
}

fn edit_content_type(draft: &mut Draft, edit: impl Fn(&[u8]) -> Vec<u8>) {
    let named = draft.fields.iter_mut().filter(|(name, _)| name.eq_ignore_ascii_case(CONTENT_TYPE));
    named.for_each(|(_, value)| *value = edit(value));
}

/// `Application/JSON`: type and subtype are the same in any case (RFC 9110, 8.3.1), parameters are not touched.
fn capitals(value: &[u8]) -> Vec<u8> {
    let end = value.iter().position(|byte| *byte == b';').unwrap_or(value.len());
    let (kind, parameters) = value.split_at_checked(end).unwrap_or((value, b""));
    let slash = kind.iter().position(|byte| *byte == b'/').unwrap_or(0);
    let upper = |(at, byte): (usize, &u8)| {
        if at == 0 || at > slash { byte.to_ascii_uppercase() } else { *byte }
    };
    kind.iter().enumerate().map(upper).chain(parameters.iter().copied()).collect()
}
