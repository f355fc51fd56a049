//! The handlers of `verify --as`: every provider has one or a reason why not,
//! and those for Node, Python and Rust are run and attacked over HTTP. Those of
//! the other languages are, by the slow tests.

mod compiled;
mod interpreted;
mod printed;
mod written;
