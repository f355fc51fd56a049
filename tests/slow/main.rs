//! The slow tests: kill loops, broken disks, floods, clocks that jump, real
//! terminals. `tests/slow/run` runs them; `cargo test` does not.
//!
//! Each module is named after the claim of reliability that it proves, and
//! holds a control that must fail where the proof destroys something.
#![cfg(all(unix, feature = "fault-injection"))]
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a failing test says so by panicking"
)]

#[path = "../harness/mod.rs"]
mod harness;
#[path = "../programs/mod.rs"]
mod programs;

mod browser;
mod check_every_row;
mod check_printed;
mod check_reports;
mod claim_01_kill;
mod claim_04_disk;
mod claim_11_clock;
mod claim_16_floods;
mod claim_17_bombs;
mod claim_21_terminal;
mod claim_23_vendors;
mod claim_26_handlers;
mod claim_35_scripts;
mod code_as;
mod completion;
mod csharp;
mod devtools;
mod inspector;
mod languages;
mod list;
mod load;
mod rewritten;
mod tmux;
