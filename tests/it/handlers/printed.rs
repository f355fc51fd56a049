//! What a reader gets: the files of `tests/handlers`, word for word.
//! `SNAPSHOTS=overwrite` writes them.

use super::compiled::ROWS;
use crate::harness::{Home, golden};

#[track_caller]
fn compare(home: &Home, language: &str, id: &str, file: &str) {
    let printed = home.run(["verify", "--as", language, "--provider", id]).expect(0).out();
    golden(&format!("../handlers/{file}"), &printed);
}

#[test]
fn the_program_prints_the_handlers_that_are_compiled() {
    let home = Home::default();
    for (id, _) in ROWS {
        compare(&home, "rust", id, &format!("{id}.rs"));
    }
}
