//! Settings and where they come from: the environment, the user's folders, secrets.
//!
//! The environment is read once, here, into a value; nothing below reads it.
//! No file of the working directory is ever read: a checkout cannot change
//! where deliveries go or which secret is used.

pub mod credentials;
pub mod environment;
pub mod folders;
pub mod private;
pub mod profiles;
pub mod secrets;
