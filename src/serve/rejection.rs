//! Requests that are turned away, and what is said about them. Decides nothing.

use std::borrow::Cow;
use std::net::SocketAddr;

/// Why a request is turned away, as the one who turns it away says it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The status to answer with.
    pub status: u16,
    /// The stable name of the reason, such as `body_too_large`.
    pub code: &'static str,
    /// The reason for a person. The sender reads it too.
    pub reason: Cow<'static, str>,
}

impl Refusal {
    /// A refusal with this status, code and reason.
    pub fn new(status: u16, code: &'static str, reason: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, reason: reason.into() }
    }
}

/// A request or connection that was turned away before it was a request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejection {
    /// Who.
    pub peer: SocketAddr,
    /// The status answered; `None` when the connection was only closed.
    pub status: Option<u16>,
    /// The stable name of the reason.
    pub code: &'static str,
    /// The reason for a person.
    pub reason: String,
}
