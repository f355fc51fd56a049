//! Who knows what else a vendor sends, and HTTP around it.

use super::super::handler::Does::{Close, DieFor, Status};
use super::super::handler::Fault::When;
use super::super::handler::{PATH, Seen};
use super::{PLAIN, Row};
use hookctl::hook::check::Symptom::{Closed, Died, RefusedGood, ServerError, TooLarge, WrongHandshake};
use serde_json::Value;
use std::time::Duration;

/// Refuses what it should take.
const REFUSES: Row = Row { symptom: RefusedGood, ..PLAIN };

/// Falls over it.
const THROWS: Row = Row { symptom: ServerError, ..PLAIN };

pub(super) const ROWS: &[Row] = &[
    Row {
        // Takes the question and does not repeat the challenge.
        case: "handshake",
        provider: "slack",
        faults: &[When(|seen| seen.json().is_some_and(|json| !json["challenge"].is_null()), Status(200))],
        symptom: WrongHandshake,
        ..PLAIN
    },
    Row {
        case: "handshake-unsigned",
        faults: &[When(|seen| seen.signatures().is_empty() && holds(seen, "ping"), Status(500))],
        ..THROWS
    },
    Row { case: "get", faults: &[When(|seen| seen.method() == "GET", Status(500))], ..THROWS },
    Row { case: "head", faults: &[When(|seen| seen.method() == "HEAD", Status(500))], ..THROWS },
    Row { case: "put", faults: &[When(|seen| seen.method() == "PUT", Status(500))], ..THROWS },
    Row { case: "options", faults: &[When(|seen| seen.method() == "OPTIONS", Status(500))], ..THROWS },
    Row { case: "unknown-path", faults: &[When(|seen| seen.path() != PATH, Status(500))], ..THROWS },
    Row {
        case: "unknown-event",
        faults: &[When(|seen| seen.verified() && !holds(seen, "interview."), Status(400))],
        ..REFUSES
    },
    Row {
        // Describes what comes, and takes nothing else.
        case: "unknown-fields",
        faults: &[When(|seen| data(seen).contains_key("hookctl_check"), Status(422))],
        ..REFUSES
    },
    Row {
        case: "missing-fields",
        faults: &[When(|seen| is_event(seen) && !data(seen).contains_key("participant"), Status(500))],
        ..THROWS
    },
    Row {
        case: "null-data",
        faults: &[When(
            |seen| json(seen).as_object().is_some_and(|all| all.values().any(nothing_inside)),
            Status(500),
        )],
        ..THROWS
    },
    Row {
        case: "each-event",
        faults: &[When(|seen| holds(seen, "\"report.generated\""), Status(400))],
        ..REFUSES
    },
    Row {
        case: "each-answer-type",
        faults: &[When(|seen| holds(seen, "\"ranking\""), Status(500))],
        ..THROWS
    },
    Row { case: "empty-object", faults: &[When(|seen| seen.body() == b"{}", Status(500))], ..THROWS },
    Row { case: "empty-array", faults: &[When(|seen| seen.body() == b"[]", Status(500))], ..THROWS },
    Row {
        case: "empty-body",
        faults: &[When(|seen| seen.body().is_empty() && seen.method() == "POST", Status(500))],
        ..THROWS
    },
    Row {
        case: "not-json",
        faults: &[When(|seen| seen.verified() && seen.body().starts_with(b"this is"), Status(500))],
        ..THROWS
    },
    Row {
        case: "not-utf8",
        faults: &[When(|seen| std::str::from_utf8(seen.body()).is_err(), DieFor(Duration::from_millis(100)))],
        symptom: Died,
        ..PLAIN
    },
    Row { case: "one-byte", faults: &[When(|seen| seen.body().len() == 1, Close)], symptom: Closed, ..PLAIN },
    Row {
        case: "deep-json",
        faults: &[When(|seen| seen.body().starts_with(b"[[[["), DieFor(Duration::from_millis(100)))],
        symptom: Died,
        ..PLAIN
    },
    Row {
        case: "size-100-kib",
        faults: &[When(|seen| seen.body().len() > 100 << 10, Status(413))],
        symptom: TooLarge,
        ..PLAIN
    },
    Row { case: "size-1-mib", faults: &[When(|seen| seen.body().len() > 1_000_000, Status(500))], ..THROWS },
    Row { case: "size-5-mib", faults: &[When(|seen| seen.body().len() > 5_000_000, Status(500))], ..THROWS },
];

fn holds(seen: &Seen<'_>, part: &str) -> bool {
    seen.text().contains(part)
}

fn json(seen: &Seen<'_>) -> Value {
    seen.json().unwrap_or_default()
}

/// Whether it is a delivery of the vendor.
fn is_event(seen: &Seen<'_>) -> bool {
    seen.verified() && holds(seen, "\"interview.")
}

fn data(seen: &Seen<'_>) -> serde_json::Map<String, Value> {
    json(seen)["data"].as_object().cloned().unwrap_or_default()
}

/// `null`, or an object with one in it.
fn nothing_inside(value: &Value) -> bool {
    value.is_null() || value.as_object().is_some_and(|all| all.values().any(Value::is_null))
}
