//! What a reader gets: the files of `tests/handlers`, word for word.
//! `SNAPSHOTS=overwrite` writes them.

use super::compiled::ROWS;
use crate::harness::{Home, golden};

const LANGUAGES: &[(&str, &str)] = &[
    ("node", "node.mjs"),
    ("deno", "deno.ts"),
    ("python", "py"),
    ("go", "go"),
    ("ruby", "rb"),
    ("php", "php"),
    ("java", "java"),
    ("csharp", "cs"),
];

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

#[test]
fn the_other_languages_are_held_by_two_shapes() {
    let home = Home::default();
    for id in ["koji", "stripe"] {
        for (language, ending) in LANGUAGES {
            compare(&home, language, id, &format!("{id}.{ending}"));
        }
    }
}
