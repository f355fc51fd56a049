//! A [`Handler`] behind a pointer: everything under it is compiled once, however
//! many services there are. hyper's state machines alone take 150 KB a service.
//!
//! The future of an answer is boxed anyway, so that it can outlive its connection.

use super::budget::Reservation;
use super::shared::InHand;
use super::{Handler, Refusal, Rejection, Request, Response};
use crate::hook::headers::Head;
use std::future::Future;
use std::net::SocketAddr;
use std::pin::Pin;
use std::sync::Arc;

/// A handler at work on one request.
pub(super) type Answer = Pin<Box<dyn Future<Output = Response> + Send>>;

/// What a request holds until it is answered: its bytes, and its place among those in hand.
pub(super) type Held = (Option<Reservation>, InHand);

/// [`Handler`], without its type.
pub(super) trait Answering: Send + Sync + 'static {
    fn admit(&self, head: &Head, local: SocketAddr) -> Result<(), Refusal>;
    fn refused(&self, refusal: &Refusal) -> Response;
    fn answer(self: Arc<Self>, request: Request, held: Held) -> Answer;
    fn rejected(&self, rejection: Rejection);
    fn accept_failed(&self, error: &std::io::Error);
}

impl<H: Handler> Answering for H {
    fn admit(&self, head: &Head, local: SocketAddr) -> Result<(), Refusal> {
        Handler::admit(self, head, local)
    }

    fn refused(&self, refusal: &Refusal) -> Response {
        Handler::refused(self, refusal)
    }

    fn answer(self: Arc<Self>, request: Request, held: Held) -> Answer {
        Box::pin(async move {
            let response = self.handle(request).await;
            drop(held);
            response
        })
    }

    fn rejected(&self, rejection: Rejection) {
        Handler::rejected(self, rejection);
    }

    fn accept_failed(&self, error: &std::io::Error) {
        Handler::accept_failed(self, error);
    }
}
