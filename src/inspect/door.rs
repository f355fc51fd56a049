//! From serve's requests to the routes and back: the gate first, the fields that
//! keep a browser from misusing an answer last, on every answer.

use super::answer::{Refused, content};
use super::desk::{Desk, routes};
use super::gate::Gate;
use super::stream;
use crate::hook::headers::Head;
use crate::serve::{Handler, Refusal, Rejection, Request, Response};
use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use http::{HeaderName, HeaderValue, header};
use std::net::SocketAddr;
use std::sync::{Arc, OnceLock};
use tower_service::Service;

/// What a page may do: nothing but run our own scripts, which talk to us alone
/// and make no HTML out of text.
const POLICY: &str = "default-src 'none'; script-src 'self'; connect-src 'self'; style-src 'self'; img-src 'self'; \
     base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";

/// The fields of every answer.
const FIELDS: [(HeaderName, &str); 7] = [
    (header::CONTENT_SECURITY_POLICY, POLICY),
    (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
    (HeaderName::from_static("cross-origin-resource-policy"), "same-origin"),
    (HeaderName::from_static("cross-origin-opener-policy"), "same-origin"),
    (header::X_FRAME_OPTIONS, "DENY"),
    (header::REFERRER_POLICY, "no-referrer"),
    (header::CACHE_CONTROL, "no-store"),
];

/// Answers everything that comes to the inspector's port.
pub(super) struct Door {
    gate: Gate,
    desk: Arc<Desk>,
    /// Made with the first request: a listener that nobody looks into pays nothing for it.
    router: OnceLock<Router>,
}

impl Door {
    pub(super) fn new(gate: Gate, desk: Arc<Desk>) -> Self {
        Self { gate, router: OnceLock::new(), desk }
    }

    async fn routed(&self, request: &Request) -> Response {
        let answer = match request.to_http::<Body>() {
            Some(request) => {
                let router = self.router.get_or_init(|| routes().with_state(Arc::clone(&self.desk)));
                let Ok(answer) = router.clone().call(request).await;
                answer
            }
            None => Refused::of_status(400).into_response(),
        };
        let status = answer.status().as_u16();
        let own = answer
            .headers()
            .get(header::CONTENT_TYPE)
            .is_some_and(|kind| kind != "text/plain; charset=utf-8");
        if status >= 400 && !own {
            // The router's own refusals are empty, or a line of text.
            return Response::from_http(Refused::of_status(status).into_response()).await;
        }
        Response::from_http(answer).await
    }
}

/// The answer with the fields that all of them have.
fn dressed(mut response: Response) -> Response {
    for (name, value) in FIELDS {
        if !response.headers.iter().any(|(other, _)| *other == name) {
            response.headers.push((name, HeaderValue::from_static(value)));
        }
    }
    response
}

impl Handler for Door {
    fn admit(&self, head: &Head, local: SocketAddr) -> Result<(), Refusal> {
        self.gate.check(head, local)
    }

    fn refused(&self, refusal: &Refusal) -> Response {
        let mut response = Response::from(refusal);
        response.headers.retain(|(name, _)| *name != header::CONTENT_TYPE);
        response.headers.push((header::CONTENT_TYPE, HeaderValue::from_static("application/json")));
        response.body = Refused::from(refusal).text().into();
        dressed(response)
    }

    async fn handle(&self, request: Request) -> Response {
        // Its body is not whole, which no router's answer can be here.
        if request.head.path() == "/api/stream" {
            return dressed(match request.head.method() {
                "GET" => stream::answer(&self.desk, &request.head).await,
                _ => refusal(Refused::of_status(405)).await,
            });
        }
        dressed(self.routed(&request).await)
    }

    fn rejected(&self, _rejection: Rejection) {}
}

/// A refusal of a route that the router does not have.
pub(super) async fn refusal(refused: Refused) -> Response {
    Response::from_http(content(refused.status, "application/json", refused.text())).await
}
