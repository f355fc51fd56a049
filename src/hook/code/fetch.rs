//! A request as a module that calls `fetch`, as Node has it.
//!
//! `fetch` adds headers of its own (`accept`, `user-agent` and a few more)
//! where the request has none, and there is no way to stop it. A header's value
//! is given with one character a byte, which is how it is sent.

use super::fill::fill;
use super::literal::{self, Language};
use super::{BodyPlace, CodeError, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const TEMPLATE: &str = include_str!("fetch.txt");
/// Methods that `fetch` refuses.
const FORBIDDEN: [&str; 3] = ["CONNECT", "TRACE", "TRACK"];
/// Methods for which it refuses a body.
const BODILESS: [&str; 2] = ["GET", "HEAD"];

/// What the URL standard leaves as it is in a path and a query, beside letters and digits.
const KEPT: &[u8] = b"-._~!$&()*+,;=:@/?%[]";

/// The module.
pub(super) fn fetch(request: &Request<'_>) -> Result<String, CodeError> {
    let is = |method: &&str| request.method.eq_ignore_ascii_case(method);
    if FORBIDDEN.iter().any(is) || (!request.body.is_empty() && BODILESS.iter().any(is)) {
        return Err(CodeError::Method { method: request.method.to_owned() });
    }
    if !is_target_kept(&request.ascii_target()) {
        return Err(CodeError::Url { tool: "`fetch`" });
    }
    let js = |text: &str| literal::text(Language::JavaScript, text);
    let headers: String = request
        .fields()
        .map(|(name, value)| format!("    [{}, {}],\n", js(name), literal::bytes(value)))
        .collect();
    let body = body(request).map_or_else(String::new, |body| format!("  body: {body},\n"));
    Ok(fill(
        TEMPLATE,
        &[
            ("url", &js(&request.url())),
            ("method", &js(request.method)),
            ("headers", &headers),
            ("body", &body),
        ],
    ))
}

/// Whether a path and query are sent as they are: the URL standard escapes some
/// characters and resolves dots.
fn is_target_kept(target: &str) -> bool {
    let (path, query) = target.split_once('?').unwrap_or((target, ""));
    let plain = |byte: u8| byte.is_ascii_alphanumeric() || KEPT.contains(&byte);
    let dots = |part: &str| matches!(part.to_ascii_lowercase().replace("%2e", ".").as_str(), "." | "..");
    // A path may hold the quote that a query may not.
    path.bytes().all(|byte| plain(byte) || byte == b'\'')
        && query.bytes().all(plain)
        && !path.split('/').any(dots)
}

/// Bytes, and not a text: for that `fetch` would add a content type.
fn body(request: &Request<'_>) -> Option<String> {
    Some(match request.body_place() {
        BodyPlace::Nowhere => return None,
        BodyPlace::File => {
            let file = literal::text(Language::JavaScript, request.file);
            format!("await (await import(\"node:fs/promises\")).readFile({file})")
        }
        BodyPlace::Inline(body) => match std::str::from_utf8(body) {
            Ok(text) => {
                format!("new TextEncoder().encode({})", literal::text(Language::JavaScript, text))
            }
            Err(_) => format!(
                "Uint8Array.from(atob(\"{}\"), (letter) => letter.charCodeAt(0))",
                STANDARD.encode(body)
            ),
        },
    })
}
