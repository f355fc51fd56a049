//! From serve's requests to the router and back: the accept loop, the limits
//! and the deadlines are serve's, axum only finds the room for a path.

use super::world::World;
use crate::serve::{Handler, Rejection, Request, Response};
use axum::Router;
use axum::body::Body;
use http_body_util::BodyExt;
use std::sync::Arc;
use tower_service::Service;

/// Answers everything that comes to the sandbox's port.
pub(super) struct Door {
    router: Router,
}

impl Door {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self { router: routes().with_state(world) }
    }
}

/// Every path of the sandbox; a part of it adds its own here.
fn routes() -> Router<Arc<World>> {
    Router::new()
}

impl Handler for Door {
    async fn handle(&self, request: Request) -> Response {
        let Some(request) = into_http(&request) else {
            return Response::text(400, "the request cannot be read");
        };
        let Ok(answer) = self.router.clone().call(request).await;
        from_http(answer).await
    }

    fn rejected(&self, _rejection: Rejection) {}
}

fn into_http(request: &Request) -> Option<http::Request<Body>> {
    let mut made = http::Request::builder().method(request.head.method()).uri(request.head.target());
    for field in request.head.headers().iter() {
        made = made.header(field.name, field.value);
    }
    made.body(Body::from(request.body.clone())).ok()
}

async fn from_http(answer: http::Response<Body>) -> Response {
    let (parts, body) = answer.into_parts();
    // Every body is made in memory, so it is whole at once.
    let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
    let mut headers = Vec::with_capacity(parts.headers.len());
    let mut last = None;
    for (name, value) in parts.headers {
        last = name.or(last);
        if let Some(name) = last.clone() {
            headers.push((name, value));
        }
    }
    Response { status: parts.status.as_u16(), headers, body, close: false }
}
