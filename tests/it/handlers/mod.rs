//! The handlers of `verify --as`: every provider has one or a reason why not,
//! and those for Node and Python are run and attacked over HTTP.

mod delivery;
mod hostile;
mod running;
mod written;
