//! Claim 26, all of it: twenty broken handlers are found and called by their
//! names, and nothing is said against eight good ones: the six that it names, on Express 4
//! and 5, Flask, FastAPI, axum and Go, and two as hookctl prints them.

use crate::harness::{Home, require};
use crate::programs::{BROKEN, GOOD, failures, false_alarms, misdiagnoses, process_of_its_own, with_each};

const MYSELF: &str = "claim_26_handlers::a_process_of_its_own";

/// A handler, in the processes that the tests below start; nothing in any other.
#[test]
fn a_process_of_its_own() {
    process_of_its_own();
}

#[test]
fn nothing_is_said_against_eight_good_handlers() {
    let home = Home::default();
    require("node");
    assert_eq!(GOOD.len(), 8);
    let wrong = with_each(GOOD.iter(), |handler| {
        let program = handler.start(MYSELF, home.path());
        false_alarms(handler, &handler.check(&home, program.address, &[]))
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn twenty_broken_handlers_are_found_and_called_by_their_names() {
    let home = Home::default();
    require("node");
    assert_eq!(BROKEN.len(), 20);
    let wrong = with_each(BROKEN.iter(), |handler| {
        // Those that end are started again, so that every case is seen.
        let program = handler.supervised(MYSELF, home.path());
        misdiagnoses(handler, &handler.check(&home, program.address, &[]))
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// Nobody starts the vendor's sample again: one request without a signature was the
/// last that it got, and the report says so.
#[test]
fn a_process_that_stays_away_is_said_to_have_ended() {
    let home = Home::default();
    let handler = BROKEN.iter().find(|handler| handler.provider == "userjourneys").unwrap();
    let program = handler.start(MYSELF, home.path());
    let ran = handler.check(&home, program.address, &[]).expect(1);
    let found = failures(&ran);
    assert_eq!(found.keys().collect::<Vec<_>>(), ["alive", "no-signature"]);
    assert!(found.values().all(|(severity, code)| severity == "must" && code == "died"), "{found:?}");
    let records = ran.records();
    let summary = records.iter().find(|record| record["type"] == "summary").unwrap();
    assert_eq!(summary["died"], true);
    let skipped = |record: &&serde_json::Value| record["reason"] == "the handler is not running any more";
    assert!(records.iter().filter(skipped).count() > 50);
}

/// The control: a good handler is not taken for a broken one, nor a broken one for good.
#[test]
fn a_handler_in_the_wrong_row_is_seen() {
    let home = Home::default();
    let broken = BROKEN.iter().find(|handler| handler.file.ends_with("accepts_missing.rs")).unwrap();
    let good = GOOD.iter().find(|handler| handler.file.ends_with("axum_app.rs")).unwrap();
    let program = broken.start(MYSELF, home.path());
    assert!(!false_alarms(broken, &broken.check(&home, program.address, &[])).is_empty());
    let program = good.start(MYSELF, home.path());
    assert!(!misdiagnoses(broken, &good.check(&home, program.address, &[])).is_empty());
}
