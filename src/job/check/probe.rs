//! Reads a counter of the application: what a delivery really did.

use crate::hook::target::Target;
use std::io;

/// Where the counter is read.
#[derive(Clone, Debug)]
pub enum Probe {
    /// The first number in the answer to a GET.
    Url(Target),
    /// The first number that a command prints; run by the shell.
    Command(String),
}

/// Why there is no number.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The URL did not answer 2xx.
    #[error("{url} answered {detail}")]
    Url {
        /// Which.
        url: String,
        /// What.
        detail: String,
    },
    /// The command could not be run.
    #[error("`{command}` could not be run")]
    Command {
        /// Which.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// It was run and failed.
    #[error("`{command}` ended with {status}")]
    Failed {
        /// Which.
        command: String,
        /// Its status in words.
        status: String,
    },
    /// There is no number in what it said.
    #[error("there is no number in what it said: {said}")]
    NoNumber {
        /// The beginning of it.
        said: String,
    },
}
