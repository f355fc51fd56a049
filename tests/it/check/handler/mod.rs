//! A handler in this process that does everything right, but for the faults it is given.
//!
//! Its server is its own; that a signature holds, and what is a repeat, it asks
//! the library, which other tests hold to the vendors' and OpenSSL's words.

mod answer;
mod fault;
mod server;
mod tls;
mod wire;

pub(crate) use answer::Known;
pub(crate) use fault::{Does, Fault, Seen};
pub(crate) use server::Handler;
pub(crate) use tls::TlsHandler;

/// Where it takes deliveries, and where it tells how many it has done.
pub(crate) const PATH: &str = "/hooks";
pub(crate) const COUNTER: &str = "/count";
