//! The sandbox's pages: the participant's, and the vendor's dashboard with its
//! history. Plain HTML and forms that work without scripts; nothing is loaded
//! from elsewhere, and nothing is written into a page that was not escaped.

mod dashboard;
mod form;
mod html;
mod participant;
mod question;
mod records;
mod talk;

use super::reply::{Answer, content};
use super::world::World;
use axum::Router;
use axum::response::Response;
use axum::routing::{get, post};
use html::Markup;
use http::{HeaderName, HeaderValue, header};
use std::sync::Arc;

/// Forms only, the style sheet of this server, and nothing else at all.
const POLICY: &str = "default-src 'none'; style-src 'self'; img-src data:; form-action 'self'; \
                      base-uri 'none'; frame-ancestors 'none'";

/// The paths of the pages, and of the history's API.
pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/", get(dashboard::show))
        .route("/_sandbox/style.css", get(style))
        .route("/_sandbox/pages/advance", post(dashboard::advance))
        .route("/_sandbox/pages/webhooks", post(dashboard::add_webhook))
        .route("/_sandbox/pages/webhooks/{id}/remove", post(dashboard::remove_webhook))
        .route("/_sandbox/pages/deliveries/{id}", get(dashboard::delivery))
        .route("/_sandbox/pages/deliveries/{id}/retry", post(dashboard::retry))
        .route("/_sandbox/deliveries", get(records::list))
        .route("/_sandbox/deliveries/{id}", get(records::show))
        .route("/_sandbox/deliveries/{id}/retry", post(records::retry))
        .route("/i/{code}", get(participant::show).post(participant::answer))
        .route("/i/{code}/finish", post(participant::finish))
        .route("/i/{code}/{interview}", get(talk::show).post(talk::say))
        .route("/i/{code}/{interview}/finish", post(talk::finish))
        .route("/interviews/{code}", get(participant::show))
}

async fn style() -> Answer {
    Ok(with_headers(content(200, "text/css; charset=utf-8", include_str!("page/style.css").to_owned())))
}

/// A whole page as an answer.
fn page(status: u16, markup: Markup) -> Response {
    with_headers(content(status, "text/html; charset=utf-8", markup.into_string()))
}

/// The answer to a form: look there.
fn see(place: &str) -> Response {
    let mut response = page(303, Markup::default());
    if let Ok(place) = HeaderValue::from_str(place) {
        response.headers_mut().insert(header::LOCATION, place);
    }
    response
}

fn with_headers(mut response: Response) -> Response {
    for (name, value) in [
        (header::CONTENT_SECURITY_POLICY, POLICY),
        (header::CACHE_CONTROL, "no-store"),
        (header::X_CONTENT_TYPE_OPTIONS, "nosniff"),
        // Not `no-referrer`: with it a browser would name no origin when it sends a form.
        (header::REFERRER_POLICY, "same-origin"),
        (HeaderName::from_static("x-robots-tag"), "noindex"),
    ] {
        response.headers_mut().insert(name, HeaderValue::from_static(value));
    }
    response
}
