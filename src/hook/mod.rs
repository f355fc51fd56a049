//! What a webhook is: facts and rules, pure.
//!
//! Nothing in here does I/O, reads a clock or the environment, prints, or is
//! async. Times, secrets and bytes come in as arguments; verdicts, signatures
//! and facts go out.

pub mod attempt;
pub mod check;
pub mod code;
pub mod condition;
pub mod curl;
pub mod delivery;
pub mod describe;
pub mod detect;
pub mod digest;
pub mod encoding;
pub mod explain;
pub mod facts;
pub mod form;
pub mod handler;
pub mod handshake;
pub mod headers;
pub mod hidden;
pub mod jq;
pub mod json;
pub mod jsontext;
pub mod link;
pub mod provider;
pub mod quantity;
pub mod remarks;
pub mod sample;
pub mod schedule;
pub mod secret;
pub mod signature;
pub mod target;
pub mod template;
pub mod time;
pub mod trial;
pub mod verdict;
