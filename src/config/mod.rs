//! Settings and where they come from: the environment, the user's folders,
//! profiles, secrets.
//!
//! The environment is read once, here, into a value; nothing below reads it.
//! Of the working directory one file is read, `hookctl.toml`, and a checkout
//! cannot change by it where deliveries or keys go.

pub mod credentials;
pub mod edit;
pub mod environment;
pub mod folders;
pub mod private;
pub mod profiles;
pub mod registrations;
pub mod secrets;
pub mod setting;
pub mod settings;
