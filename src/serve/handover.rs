//! A handler's future that outlives its connection: polled by the connection as
//! long as there is one, and handed over to the server when that goes away. So
//! the usual case costs no task, and a sender that hangs up cancels nothing.

use super::Response;
use super::answering::Answer;
use super::shared::Shared;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

/// The handler at work on one request.
pub(super) struct Handover {
    answering: Option<Answer>,
    shared: Arc<Shared>,
}

impl Handover {
    pub(super) fn new(shared: Arc<Shared>, answering: Answer) -> Self {
        Self { answering: Some(answering), shared }
    }
}

impl Future for Handover {
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

impl Drop for Handover {
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
