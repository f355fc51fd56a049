//! The handlers of `verify --as`: every provider has one or a reason why not,
//! and those for Node, Python and Rust are run and attacked over HTTP.

mod compiled;
mod delivery;
mod hostile;
mod printed;
mod running;
mod written;
