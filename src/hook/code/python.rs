//! A request as a Python script over `http.client`, which adds nothing: the
//! same header lines in the same order, case and spelling.

use super::fill::fill;
use super::literal::{self, Language};
use super::{BodyPlace, Request};
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

const TEMPLATE: &str = include_str!("python.txt");

/// The script.
pub(super) fn python(request: &Request<'_>) -> String {
    let py = |text: &str| literal::text(Language::Python, text);
    let (scheme, authority) = request.origin.split_once("://").unwrap_or(("http", request.origin));
    let tls = scheme.eq_ignore_ascii_case("https");
    let (host, port) = host_and_port(authority, if tls { "443" } else { "80" });
    let headers: String = request
        .headers
        .iter()
        .map(|field| format!("connection.putheader({}, b{})\n", py(field.name), literal::bytes(field.value)))
        .collect();
    let (imports, body) = body(request);
    fill(
        TEMPLATE,
        &[
            ("imports", imports),
            ("class", if tls { "HTTPSConnection" } else { "HTTPConnection" }),
            ("host", &py(host)),
            ("port", port),
            ("method", &py(request.method)),
            ("target", &py(&request.ascii_target())),
            ("headers", &headers),
            ("body", &body),
        ],
    )
}

/// The parts of an authority, an IPv6 address without its brackets.
fn host_and_port<'a>(authority: &'a str, usual: &'a str) -> (&'a str, &'a str) {
    let (host, port) = match authority.rsplit_once(':') {
        Some((host, port)) if !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit()) => {
            (host, port)
        }
        _ => (authority, usual),
    };
    (host.strip_prefix('[').and_then(|rest| rest.strip_suffix(']')).unwrap_or(host), port)
}

/// What to import for the body, and the body as an expression; nothing for none.
fn body(request: &Request<'_>) -> (&'static str, String) {
    match request.body_place() {
        BodyPlace::Nowhere => ("", String::new()),
        BodyPlace::File => {
            ("", format!("open({}, \"rb\").read()", literal::text(Language::Python, request.file)))
        }
        BodyPlace::Inline(body) => match std::str::from_utf8(body) {
            Ok(text) => ("", format!("{}.encode()", literal::text(Language::Python, text))),
            Err(_) => ("from base64 import b64decode\n", format!("b64decode(\"{}\")", STANDARD.encode(body))),
        },
    }
}
