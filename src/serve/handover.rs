//! A handler's future that outlives its connection: polled by the connection as
//! long as there is one, and handed over to the server when that goes away. So
//! the usual case costs no task, and a sender that hangs up cancels nothing.

use super::shared::Shared;
use super::{Handler, Response};
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

type Answering = Pin<Box<dyn Future<Output = Response> + Send>>;

/// The handler at work on one request.
pub(super) struct Handover<H: Handler> {
    answering: Option<Answering>,
    shared: Arc<Shared<H>>,
}

impl<H: Handler> Handover<H> {
    pub(super) fn new(
        shared: Arc<Shared<H>>,
        answering: impl Future<Output = Response> + Send + 'static,
    ) -> Self {
        Self { answering: Some(Box::pin(answering)), shared }
    }
}

impl<H: Handler> Future for Handover<H> {
    type Output = Response;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Response> {
        let Some(answering) = self.answering.as_mut() else { return Poll::Pending };
        let answer = answering.as_mut().poll(context);
        if answer.is_ready() {
            self.answering = None;
        }
        answer
    }
}

impl<H: Handler> Drop for Handover<H> {
    fn drop(&mut self) {
        let Some(answering) = self.answering.take() else { return };
        // A future that panicked must not be polled again.
        if !std::thread::panicking() {
            self.shared.spawn(async move {
                answering.await;
            });
        }
    }
}
