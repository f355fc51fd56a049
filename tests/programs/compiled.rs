//! The handlers in Rust: compiled into the test crate, which runs itself as one.

use std::process::Command;

/// Names the handler that a process of this crate is to be.
const NAME: &str = "CHECK_HANDLER";

macro_rules! handlers {
    ($($name:ident = $file:literal,)*) => {
        $(
            #[allow(
                clippy::print_stdout,
                clippy::unwrap_used,
                clippy::expect_used,
                reason = "it is a program"
            )]
            mod $name {
                include!(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/handlers/", $file));

                pub(super) fn run() {
                    main();
                }
            }
        )*

        const PROGRAMS: &[(&str, fn())] = &[$(($file, $name::run)),*];
    };
}

handlers! {
    good_axum = "good/axum_app.rs",
    accepts_missing = "broken/accepts_missing.rs",
    counts_twice = "broken/counts_twice.rs",
    empty_secret = "broken/empty_secret.rs",
    truncates = "broken/truncates.rs",
    wants_utf8 = "broken/wants_utf8.rs",
}

/// This crate again, with nothing but the test that becomes a handler.
pub fn command(file: &str, myself: super::Myself) -> Command {
    assert!(PROGRAMS.iter().any(|(known, _)| *known == file), "{file} is not compiled");
    let mut command = Command::new(std::env::current_exe().unwrap());
    command.args([myself, "--exact", "--nocapture"]);
    command
}

/// Says which handler it is to be.
pub fn name(command: &mut Command, file: &str) {
    command.env(NAME, file);
}

/// A handler, in the processes that [`command`] starts; nothing in any other.
pub fn process_of_its_own() {
    let Ok(asked) = std::env::var(NAME) else { return };
    let (_, run) = PROGRAMS.iter().find(|(file, _)| *file == asked).unwrap();
    run();
}
