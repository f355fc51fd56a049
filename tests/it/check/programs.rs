//! Claim 26 with the handlers that need nothing installed; `tests/slow` runs all.

use crate::harness::{Home, require};
use crate::programs::{BROKEN, GOOD, Handler, On, false_alarms, misdiagnoses, process_of_its_own, with_each};

const MYSELF: &str = "check::programs::a_process_of_its_own";

/// A handler, in the processes that the tests below start; nothing in any other.
#[test]
fn a_process_of_its_own() {
    process_of_its_own();
}

/// Whether it runs on what is there for every `cargo test`.
fn needs_nothing(handler: &&Handler) -> bool {
    matches!(handler.on, On::Node | On::Python | On::Rust)
}

/// Those that need Flask or Express are asked by the slow tests alone; that the advice
/// they look for exists is seen here.
#[test]
fn what_each_broken_handler_is_to_be_told_is_among_the_mends() {
    let suite = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("src/hook/check/suite");
    let mut said = include_str!("../../../src/hook/check/mends.toml").to_owned();
    for file in std::fs::read_dir(suite).unwrap() {
        said.push_str(&std::fs::read_to_string(file.unwrap().path()).unwrap());
    }
    for handler in BROKEN {
        assert!(said.contains(handler.mend), "{}: nothing says `{}`", handler.file, handler.mend);
    }
    assert!(!said.contains("Take the boiled body"));
}

#[test]
fn nothing_is_said_against_good_handlers() {
    let home = Home::default();
    require("node");
    let wrong = with_each(GOOD.iter().filter(needs_nothing), |handler| {
        let program = handler.start(MYSELF, home.path());
        false_alarms(handler, &handler.check(&home, program.address, &[]))
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn broken_handlers_are_found_and_called_by_their_names() {
    let home = Home::default();
    require("node");
    let wrong = with_each(BROKEN.iter().filter(needs_nothing), |handler| {
        // Those that end are started again, or each would be waited for.
        let program = handler.supervised(MYSELF, home.path());
        misdiagnoses(handler, &handler.check(&home, program.address, &[]))
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}
