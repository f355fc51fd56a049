//! A request of a case, ready to be sent.

use crate::hook::headers::Head;
use bytes::Bytes;

/// A request of a case.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Request {
    /// The head as it goes out, with its framing fields.
    pub head: Head,
    /// The body as it goes out: with chunks, their framing is in it.
    pub body: Bytes,
    /// The delivery's id, which a handler tells repeats by.
    pub id: String,
    /// The header that carries the secret itself and must not be shown.
    pub secret_header: Option<String>,
    /// The signatures that a handler works out for it, as bytes: no answer may tell one that
    /// is not in the request. Empty where a handler cannot make one.
    pub right: Vec<Vec<u8>>,
}
