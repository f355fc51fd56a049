//! One connection to a target, driven by the request that is on it.
//!
//! It has no task of its own: whoever waits for an answer moves the connection
//! on, so that a request costs no change of task. Between requests nobody does;
//! what the target did meanwhile is looked at before the next one.

use super::connector::Stream;
use super::slot::{Next, Slot};
use bytes::Bytes;
use http::{Request, Response};
use http_body_util::Full;
use hyper::body::Incoming;
use hyper::client::conn::http1::{Builder, Connection, SendRequest};
use std::future::{Future, poll_fn};
use std::pin::{Pin, pin};
use std::sync::Arc;
use std::task::{Context, Poll};

/// The most bytes of an answer's head.
const MAX_HEAD: usize = 128 * 1024;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Line {
    sender: SendRequest<Full<Bytes>>,
    /// None once it has ended.
    connection: Option<Connection<Stream, Full<Bytes>>>,
    next: Next,
}

impl Line {
    /// Speaks HTTP/1 over a stream that was just made.
    pub(super) async fn over(stream: Stream, next: Next) -> hyper::Result<Self> {
        let (sender, connection) = Builder::new().max_buf_size(MAX_HEAD).handshake(stream).await?;
        Ok(Self { sender, connection: Some(connection), next })
    }

    /// Puts a request on it and waits for the head of the answer.
    pub(super) async fn send(
        &mut self,
        carrier: Request<Full<Bytes>>,
        slot: Arc<Slot>,
    ) -> hyper::Result<Response<Incoming>> {
        self.next.put(slot);
        let answer = self.sender.send_request(carrier);
        self.drive(answer).await
    }

    /// Moves the connection on until `work`, which waits for something of it, is done.
    pub(super) async fn drive<T>(&mut self, work: impl Future<Output = T>) -> T {
        let mut work = pin!(work);
        poll_fn(|context| {
            self.advance(context);
            work.as_mut().poll(context)
        })
        .await
    }

    /// Whether another request can be put on it.
    pub(super) async fn is_free(&mut self) -> bool {
        poll_fn(|context| {
            self.advance(context);
            Poll::Ready(self.connection.is_some() && self.sender.is_ready())
        })
        .await
    }

    fn advance(&mut self, context: &mut Context<'_>) {
        // How it ended is told to the request that is on it.
        if let Some(connection) = &mut self.connection
            && Pin::new(connection).poll(context).is_ready()
        {
            self.connection = None;
        }
    }
}
