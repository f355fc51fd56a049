//! Who keeps bytes as they are.

use super::super::handler::Does::{Close, Refuse, Status};
use super::super::handler::Fault::When;
use super::super::handler::Seen;
use super::{PLAIN, Row};
use hookctl::hook::check::Symptom::{Closed, RefusedGood, ServerError};

/// Refuses what it should take.
const REFUSES: Row = Row { symptom: RefusedGood, ..PLAIN };

/// Falls over what it may refuse.
const THROWS: Row = Row { symptom: ServerError, ..PLAIN };

pub(super) const ROWS: &[Row] = &[
    Row {
        case: "indented",
        faults: &[When(|seen| rewritten(seen) && holds(seen, b"\n  "), Refuse)],
        ..REFUSES
    },
    Row { case: "spaced", faults: &[When(|seen| rewritten(seen) && holds(seen, b" :"), Refuse)], ..REFUSES },
    Row {
        case: "reordered",
        faults: &[When(|seen| !holds(seen, b"{\"type\":\"interview"), Refuse)],
        ..REFUSES
    },
    Row {
        case: "escaped-slashes",
        faults: &[When(|seen| rewritten(seen) && holds(seen, br"\/"), Refuse)],
        ..REFUSES
    },
    Row { case: "non-ascii", faults: &[When(|seen| !seen.body().is_ascii(), Refuse)], ..REFUSES },
    Row {
        // Counts in characters of two bytes, or keeps three of four.
        case: "emoji",
        faults: &[When(|seen| seen.body().iter().any(|byte| *byte >= 0xf0), Refuse)],
        ..REFUSES
    },
    Row {
        case: "unicode-escapes",
        faults: &[When(|seen| rewritten(seen) && holds(seen, br"\u"), Refuse)],
        ..REFUSES
    },
    Row {
        case: "large-numbers",
        faults: &[When(|seen| rewritten(seen) && holds(seen, b"9007199254740993"), Refuse)],
        ..REFUSES
    },
    Row { case: "duplicate-keys", faults: &[When(rewritten, Refuse)], ..REFUSES },
    Row { case: "trailing-newline", faults: &[When(|seen| seen.body().ends_with(b"\n"), Refuse)], ..REFUSES },
    Row { case: "crlf", faults: &[When(|seen| holds(seen, b"\r\n"), Refuse)], ..REFUSES },
    Row {
        case: "byte-order-mark",
        faults: &[When(|seen| seen.body().starts_with(b"\xef\xbb\xbf"), Status(500))],
        ..THROWS
    },
    Row {
        case: "with-charset",
        faults: &[When(|seen| kind(seen).contains("charset"), Status(415))],
        ..REFUSES
    },
    Row {
        case: "content-type-case",
        faults: &[When(|seen| kind(seen).bytes().any(|byte| byte.is_ascii_uppercase()), Status(415))],
        ..REFUSES
    },
    Row {
        case: "without-content-type",
        faults: &[When(|seen| kind(seen).is_empty(), Status(500))],
        ..THROWS
    },
    Row {
        case: "text-plain",
        faults: &[When(|seen| kind(seen).starts_with("text/plain"), Status(500))],
        ..THROWS
    },
    Row {
        case: "with-query",
        faults: &[When(|seen| seen.request.head.query().is_some(), Status(404))],
        ..REFUSES
    },
    Row {
        // Reads as much as was announced: nothing.
        case: "chunked",
        faults: &[When(|seen| seen.header("transfer-encoding").is_some(), Refuse)],
        ..REFUSES
    },
    Row {
        case: "upper-case-names",
        faults: &[When(|seen| named(seen, "X-KOJI-SIGNATURE"), Refuse)],
        ..REFUSES
    },
    Row {
        case: "lower-case-names",
        faults: &[When(|seen| named(seen, "x-koji-signature"), Refuse)],
        ..REFUSES
    },
    Row {
        case: "gzip",
        faults: &[When(|seen| seen.verified() && seen.header("content-encoding").is_some(), Status(500))],
        ..THROWS
    },
    Row {
        case: "gzip-signed-before",
        faults: &[When(|seen| compressed(seen) && !seen.verified(), Status(500))],
        ..THROWS
    },
    Row {
        case: "not-gzip",
        faults: &[When(|seen| seen.header("content-encoding").is_some() && !compressed(seen), Close)],
        symptom: Closed,
        ..PLAIN
    },
    Row {
        // Keeps what it read for the request before.
        case: "same-connection",
        faults: &[When(|seen| seen.request.earlier > 0, Refuse)],
        ..REFUSES
    },
    Row {
        // Loses the beginning of what came along with the request before.
        case: "pipelined",
        faults: &[When(|seen| seen.request.pipelined, Status(400))],
        ..REFUSES
    },
    Row {
        case: "http2",
        faults: &[When(|seen| seen.request.head.version() == 20, Refuse)],
        tls: true,
        ..REFUSES
    },
];

/// Whether the body is another when it is read and written again.
fn rewritten(seen: &Seen<'_>) -> bool {
    seen.json().is_some_and(|json| serde_json::to_vec(&json).unwrap() != seen.body())
}

fn holds(seen: &Seen<'_>, part: &[u8]) -> bool {
    seen.body().windows(part.len()).any(|window| window == part)
}

fn kind<'h>(seen: &Seen<'h>) -> &'h str {
    seen.header("content-type").unwrap_or_default()
}

fn compressed(seen: &Seen<'_>) -> bool {
    seen.body().starts_with(b"\x1f\x8b")
}

/// Whether a header's name is written just so.
fn named(seen: &Seen<'_>, name: &str) -> bool {
    seen.request.head.headers().iter().any(|field| field.name == name)
}
