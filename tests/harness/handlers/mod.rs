//! Handlers as `verify --as` prints them, run and attacked: the integration tests
//! do it in the languages that are on every developer's machine, the slow tests in the others.

pub mod delivery;
pub mod genuine;
pub mod hostile;
pub mod malformed;
pub mod running;
