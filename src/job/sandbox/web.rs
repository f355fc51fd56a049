//! From serve's requests to the router and back: the accept loop, the limits
//! and the deadlines are serve's, axum only finds the room for a path.
//!
//! What holds for every call of a side is here too: Koji's rate limit, the
//! troubles that were asked for, and the shape of errors.

use super::rates::Standing;
use super::reply::{Refused, Side};
use super::trouble::Kind;
use super::world::World;
use super::{control, koji, page, userjourneys};
use crate::clock as system;
use crate::serve::{Handler, Rejection, Request, Response};
use axum::Router;
use axum::body::Body;
use axum::response::IntoResponse;
use http::{HeaderName, HeaderValue, header};
use std::sync::Arc;
use tower_service::Service;

/// Answers everything that comes to the sandbox's port.
pub(super) struct Door {
    world: Arc<World>,
    router: Router,
}

/// Every path of the sandbox; a part of it adds its own here.
fn routes(world: &World) -> Router<Arc<World>> {
    Router::new()
        .merge(userjourneys::routes(world.options.legacy))
        .merge(koji::routes(world.options.koji_api))
        .merge(control::routes())
        .merge(page::routes())
}

impl Door {
    pub(super) fn new(world: Arc<World>) -> Self {
        Self { router: routes(&world).with_state(Arc::clone(&world)), world }
    }

    async fn answer(&self, side: Side, request: http::Request<Body>) -> http::Response<Body> {
        let standing = (side == Side::Koji).then(|| self.standing(&request));
        let mut answer = match standing {
            Some(standing) if !standing.allowed => rate_limited().into_response(),
            _ => self.answer_in_time(side, request).await,
        };
        let code = answer.status().as_u16();
        let bare = is_bare(&answer, side);
        if code >= 400 && bare {
            let refused =
                answer.extensions().get::<Refused>().cloned().unwrap_or_else(|| Refused::of_status(code));
            let kept = std::mem::take(answer.headers_mut());
            answer = refused.for_side(side);
            let kept = kept.into_iter().filter_map(|(name, value)| Some((name?, value)));
            answer.headers_mut().extend(kept.filter(|(name, _)| !name.as_str().starts_with("content-")));
        }
        if let Some(standing) = standing {
            tell(&mut answer, standing);
        }
        answer
    }

    /// The router's answer, or the trouble that was asked for.
    async fn answer_in_time(&self, side: Side, request: http::Request<Body>) -> http::Response<Body> {
        let trouble =
            side.provider().and_then(|provider| self.world.troubles.take(provider, request.uri().path()));
        if let Some(trouble) = trouble {
            match trouble.kind {
                Kind::Slow => tokio::time::sleep(trouble.delay()).await,
                Kind::Unauthorized => {
                    return Refused::new(401, "unauthorized", "the API key was revoked (asked for)")
                        .into_response();
                }
                Kind::ServerError => {
                    return Refused::new(500, "internal_error", "something went wrong (asked for)")
                        .into_response();
                }
                Kind::RateLimited => {
                    let mut answer = rate_limited().into_response();
                    if let Some(wait) = trouble.retry_after {
                        answer.headers_mut().insert(header::RETRY_AFTER, HeaderValue::from(wait));
                    }
                    return answer;
                }
            }
        }
        let Ok(answer) = self.router.clone().call(request).await;
        answer
    }

    fn standing(&self, request: &http::Request<Body>) -> Standing {
        let key = request.headers().get(header::AUTHORIZATION).and_then(|value| value.to_str().ok());
        // Long texts that are no key are not kept.
        let key = key.filter(|key| key.len() <= 200).unwrap_or_default();
        self.world.rates.take(key, self.world.options.koji_rate, system::now().micros())
    }
}

/// Whether an answer has no body of the sandbox's own: the router's refusals have none, or a line of text.
fn is_bare(answer: &http::Response<Body>, side: Side) -> bool {
    match answer.headers().get(header::CONTENT_TYPE) {
        None => true,
        Some(kind) => side != Side::Own && kind.as_bytes().starts_with(b"text/plain"),
    }
}

/// As Koji documents it.
fn rate_limited() -> Refused {
    Refused::new(429, "rate_limited", "Rate limit exceeded. Please retry after the window resets.")
}

/// The three headers of every answer of Koji's.
fn tell(answer: &mut http::Response<Body>, standing: Standing) {
    // An answer of 429 says that nothing is left, also where it was asked for.
    let remaining = if answer.status().as_u16() == 429 { 0 } else { standing.remaining };
    for (name, value) in [
        ("x-ratelimit-limit", HeaderValue::from(standing.limit)),
        ("x-ratelimit-remaining", HeaderValue::from(remaining)),
        ("x-ratelimit-reset", HeaderValue::from(standing.reset)),
    ] {
        answer.headers_mut().insert(HeaderName::from_static(name), value);
    }
}

impl Handler for Door {
    async fn handle(&self, request: Request) -> Response {
        let side = Side::of(request.head.path());
        let answer = match request.to_http::<Body>() {
            Some(request) => self.answer(side, request).await,
            None => Refused::invalid("the request cannot be read").for_side(side),
        };
        // Every body is made in memory, so it is whole at once.
        Response::from_http(answer).await
    }

    fn rejected(&self, _rejection: Rejection) {}
}
