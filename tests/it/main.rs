//! The integration tests: one crate, one module a room.
#![allow(
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    clippy::indexing_slicing,
    reason = "a failing test says so by panicking"
)]

#[cfg(unix)]
mod accounts;
mod ack;
mod answering;
mod application;
mod asking;
mod asymmetric;
mod attacks;
mod bad_input;
mod check;
mod claims;
mod code;
#[cfg(unix)]
mod completion;
mod constant_time;
mod demo;
mod detection;
mod documents;
mod events;
mod exit_codes;
mod explain;
mod foreign;
mod forward;
mod fuzzing;
mod golden;
mod handlers;
mod handshakes;
#[path = "../harness/mod.rs"]
mod harness;
mod hostile;
mod in_process;
mod inspect;
mod inspector_api;
mod inspector_page;
mod journal;
mod keeping;
mod layers;
#[path = "../programs/mod.rs"]
mod programs;
mod random_requests;
mod readme;
mod register;
mod round_trip;
mod sandbox;
mod sandbox_deliveries;
mod sandbox_pages;
mod scarcity;
mod schemes;
mod serve;
mod shortage;
mod streams;
mod target;
mod terminal;
mod vectors;
mod vendor;
mod wire;
