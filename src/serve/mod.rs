//! The HTTP server under everything that listens: bind, limits, deadlines, drain.
//!
//! It hands over whole requests only, with the head byte for byte as it came,
//! and it tells the handler about everything it turned away. It never repairs a
//! request, never decodes a header value, and never drops a request that is
//! with the handler because the sender hung up. It is the only place that names
//! the HTTP server crate.

mod accept;
mod answering;
mod bind;
mod body;
mod budget;
mod connection;
mod exchange;
mod framing;
mod handover;
mod http2;
mod last_words;
mod limits;
mod pace;
mod rejection;
mod respond;
mod seats;
mod shared;
mod stream;
mod tee;
mod wire;

pub use accept::{Served, run};
pub use bind::{BindError, bind};
pub use limits::{Limits, MAX_HEADERS};
pub use rejection::{Refusal, Rejection};
pub use respond::{Body, Response};
pub use stream::{Gone, Pieces, Stream, stream};

use crate::hook::headers::Head;
use bytes::Bytes;
use std::future::Future;
use std::net::SocketAddr;

/// One whole request: nothing of it is missing and nothing of it was changed.
#[derive(Clone, Debug)]
pub struct Request {
    /// Who connected.
    pub peer: SocketAddr,
    /// The head. Over HTTP/1 byte for byte as it came; over HTTP/2 (version 20)
    /// written from the decoded pseudo-headers and fields in their order.
    pub head: Head,
    /// The body without its transfer framing, otherwise byte for byte.
    pub body: Bytes,
}

impl Request {
    /// The same as a router takes it; `None` when the head cannot be put so.
    pub fn to_http<B: From<Bytes>>(&self) -> Option<http::Request<B>> {
        let mut made = http::Request::builder().method(self.head.method()).uri(self.head.target());
        for field in self.head.headers().iter() {
            made = made.header(field.name, field.value);
        }
        made.body(B::from(self.body.clone())).ok()
    }
}

/// Answers requests.
pub trait Handler: Send + Sync + 'static {
    /// Looks at a head before its body is read; `local` is the address that was
    /// connected to. An `Err` is answered at once, the connection is closed, and
    /// `rejected` hears of it.
    ///
    /// # Errors
    /// When the request must be turned away.
    fn admit(&self, head: &Head, local: SocketAddr) -> Result<(), Refusal> {
        let _ = (head, local);
        Ok(())
    }

    /// What whoever was turned away is answered with, where there is still
    /// somebody to answer: in the words and with the fields of this service.
    fn refused(&self, refusal: &Refusal) -> Response {
        Response::from(refusal)
    }

    /// Answers one request. Once called it runs to its end: a sender that hangs
    /// up does not cancel it, only the end of the drain at a stop does.
    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send;

    /// Hears of a request or connection that was turned away before it was a request.
    fn rejected(&self, rejection: Rejection);

    /// Hears that the listener could not accept a connection for now, such as
    /// for want of file descriptors. It goes on trying.
    fn accept_failed(&self, error: &std::io::Error) {
        let _ = error;
    }
}
