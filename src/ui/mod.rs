//! The only place that writes to a terminal.
//!
//! Jobs speak through `job::report::Report`; [`text`] and [`json`] turn what
//! they say into lines for people and records for programs. Everything that
//! came from outside passes [`sanitize`] on its way, which [`page`] sees to.
//! Does not read the environment and does not decide what a command does.

pub mod check;
pub mod delivery;
pub mod error;
pub mod explanation;
pub mod fields;
#[cfg(test)]
mod fixture;
mod fold;
mod frame;
pub mod handshake;
pub mod human;
pub mod interview;
pub mod json;
pub mod keys;
mod line;
pub mod listing;
pub mod page;
pub mod pretty;
pub mod progress;
pub mod prompt;
pub mod prose;
pub mod qr;
pub mod record;
mod rejected;
pub mod sanitize;
pub mod sent;
pub mod stream;
pub mod study;
pub mod style;
pub mod table;
pub mod text;
pub mod view;
