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

/// The module.
pub(super) fn fetch(request: &Request<'_>) -> Result<String, CodeError> {
    let is = |method: &&str| request.method.eq_ignore_ascii_case(method);
    if FORBIDDEN.iter().any(|method| is(&method))
        || (!request.body.is_empty() && BODILESS.iter().any(|method| is(&method)))
    {
        return Err(CodeError::Method { method: request.method.to_owned() });
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
