//! Claim 26, all of it: twenty broken handlers are found and called by their
//! names, and nothing is said against six good ones.

use crate::harness::{Home, require};
use crate::programs::{BROKEN, GOOD, false_alarms, misdiagnoses, process_of_its_own};

const MYSELF: &str = "claim_26_handlers::a_process_of_its_own";

/// A handler, in the processes that the tests below start; nothing in any other.
#[test]
fn a_process_of_its_own() {
    process_of_its_own();
}

#[test]
fn nothing_is_said_against_six_good_handlers() {
    let home = Home::default();
    require("node");
    assert_eq!(GOOD.len(), 6);
    let wrong = GOOD.iter().flat_map(|handler| {
        let program = handler.start(MYSELF, home.path());
        false_alarms(handler, &handler.check(&home, program.address, &[]))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn twenty_broken_handlers_are_found_and_called_by_their_names() {
    let home = Home::default();
    require("node");
    assert_eq!(BROKEN.len(), 20);
    let wrong = BROKEN.iter().flat_map(|handler| {
        let program = handler.start(MYSELF, home.path());
        misdiagnoses(handler, &handler.check(&home, program.address, &[]))
    });
    let wrong: Vec<String> = wrong.collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
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
