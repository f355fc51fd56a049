//! Who bears the same again, late, at once and out of order.

use super::super::handler::Does::{
    DoAgain, FailAndRemember, Forget, Late, RefuseAndDo, RememberLate, Status,
};
use super::super::handler::Fault::{When, Works};
use super::super::handler::Seen;
use super::{PLAIN, Row, good};
use hookctl::hook::check::Symptom::{
    CountedForged, CountedTwice, NotCounted, RefusedGood, ServerError, TooLate, WrongStatus,
};
use std::time::Duration;

const SHORT: Duration = Duration::from_millis(50);

pub(super) const ROWS: &[Row] = &[
    Row {
        case: "duplicate",
        faults: &[When(|seen| seen.past.repeat, Status(409))],
        symptom: RefusedGood,
        ..PLAIN
    },
    Row {
        case: "duplicate-counted",
        faults: &[When(|seen| seen.past.repeat, DoAgain)],
        symptom: CountedTwice,
        ..PLAIN
    },
    Row {
        // Two of the same in one transaction: the second breaks it.
        case: "duplicate-at-once",
        faults: &[When(|seen| seen.past.busy > 0 || seen.past.repeat, Status(500)), Works(SHORT)],
        symptom: ServerError,
        ..PLAIN
    },
    Row {
        // Looks whether it knows it, does it, and only then remembers it.
        case: "duplicate-at-once-counted",
        faults: &[When(good, RememberLate(SHORT))],
        symptom: CountedTwice,
        ..PLAIN
    },
    Row { case: "out-of-order", faults: &[When(older, Status(409))], symptom: RefusedGood, ..PLAIN },
    Row {
        case: "lost-answer",
        faults: &[When(|seen| seen.past.repeat, Status(500))],
        symptom: ServerError,
        ..PLAIN
    },
    Row {
        // Writes down that it was there, and then fails.
        case: "own-failure",
        faults: &[When(hollow, FailAndRemember)],
        good: &[When(hollow, Status(500))],
        symptom: NotCounted,
        ..PLAIN
    },
    Row { case: "old-event", faults: &[When(older, Status(400))], symptom: RefusedGood, ..PLAIN },
    Row {
        // Knows deliveries by what they are about.
        case: "two-events",
        faults: &[When(|seen| seen.past.familiar && !seen.past.repeat, Forget)],
        symptom: NotCounted,
        ..PLAIN
    },
    Row {
        // One connection to the database.
        case: "at-once",
        faults: &[When(|seen| seen.past.busy > 0, Status(503)), Works(SHORT)],
        symptom: ServerError,
        ..PLAIN
    },
    Row {
        // Works before it answers.
        case: "deadline",
        faults: &[When(|seen| seen.past.taken == 1, Late(Duration::from_millis(400)))],
        symptom: TooLate,
        deadline: Duration::from_millis(300),
        ..PLAIN
    },
    Row { case: "exactly-200", faults: &[When(good, Status(202))], symptom: WrongStatus, ..PLAIN },
    Row {
        case: "counted",
        faults: &[When(|seen| seen.past.taken > 1 && seen.verified(), Forget)],
        symptom: NotCounted,
        with: &["no-signature"],
        ..PLAIN
    },
    Row {
        // Does it, and then verifies.
        case: "unchanged",
        faults: &[When(|seen| !seen.verified(), RefuseAndDo)],
        symptom: CountedForged,
        with: &["no-signature"],
        ..PLAIN
    },
];

/// Whether it is an event of another time than now.
fn older(seen: &Seen<'_>) -> bool {
    let json = seen.json().unwrap_or_default();
    let happened =
        json["timestamp"].as_str().and_then(|text| hookctl::hook::time::Timestamp::parse(text).ok());
    happened.is_some_and(|happened| seen.now.since(happened) > Duration::from_secs(20))
}

/// Whether there is less in it than there should be.
fn hollow(seen: &Seen<'_>) -> bool {
    seen.verified() && seen.json().is_some_and(|json| json["data"]["quality_score"].is_null())
}
