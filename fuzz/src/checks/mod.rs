//! What every fuzz target holds of any bytes at all: one `check` a module, which
//! panics when it does not.
//!
//! The tests run the same checks over the corpora (`tests/it/fuzzing.rs`), so
//! that what was found once stays found without a fuzzer.

pub mod case;
pub mod explain;
pub mod header_value;
pub mod jwt;
pub mod profile;
pub mod request;
pub mod round_trip;
pub mod template;
