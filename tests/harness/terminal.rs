//! What a test that types must know of the terminal.

use super::PATIENCE;
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::File;
use std::time::Instant;

/// Waits until the program reads keys: a prompt is shown before the terminal
/// stops echoing, and what is typed in between is thrown away.
#[track_caller]
pub(crate) fn awaits_keys(terminal: &File) {
    let end = Instant::now() + PATIENCE;
    while tcgetattr(terminal).unwrap().local_modes.contains(LocalModes::ECHO) {
        assert!(Instant::now() < end, "the program reads no keys");
        std::thread::yield_now();
    }
}
