//! Answers of the sandbox, and the three shapes its errors have.
//!
//! Koji documents `{"error","message"}`. userjourneys documents no error body:
//! `{"error":{"type","message"}}` is our invention. The control API uses Koji's.

use super::state::StateError;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use http::{HeaderValue, StatusCode, header};
use serde_json::{Value, json};
use std::borrow::Cow;

/// Whose answer it is, by its path.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Side {
    /// userjourneys' API.
    UserJourneys,
    /// Koji's API.
    Koji,
    /// The sandbox's own.
    Own,
}

impl Side {
    /// The side that a path belongs to.
    pub(super) fn of(path: &str) -> Self {
        let under =
            |base: &str| path.strip_prefix(base).is_some_and(|rest| rest.is_empty() || rest.starts_with('/'));
        if under("/api/v1") {
            Self::UserJourneys
        } else if under("/koji") {
            Self::Koji
        } else {
            Self::Own
        }
    }

    /// The provider's id.
    pub(super) fn provider(self) -> Option<&'static str> {
        match self {
            Self::UserJourneys => Some("userjourneys"),
            Self::Koji => Some("koji"),
            Self::Own => None,
        }
    }
}

/// A refusal, before it is put in the words of one side.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: Cow<'static, str>,
}

impl Refused {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into() }
    }

    pub(super) fn invalid(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "validation_error", message)
    }

    pub(super) fn not_found(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(404, "not_found", message)
    }

    /// What a status without a body means.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            404 => Self::not_found("there is nothing at this path"),
            405 => Self::new(405, "method_not_allowed", "this path does not take this method"),
            _ => Self::new(status, "error", "the request was refused"),
        }
    }

    /// In the words of one side.
    pub(super) fn for_side(&self, side: Side) -> Response {
        let Self { code, message, .. } = self;
        let body = match side {
            Side::UserJourneys => json!({ "error": { "type": self.kind(), "message": message } }),
            Side::Koji | Side::Own => json!({ "error": code, "message": message }),
        };
        json(self.status, &body)
    }

    fn kind(&self) -> &'static str {
        match self.status {
            401 => "authentication_error",
            429 => "rate_limit_error",
            500.. => "api_error",
            _ => "invalid_request_error",
        }
    }
}

impl From<StateError> for Refused {
    fn from(error: StateError) -> Self {
        Self::new(500, "sandbox_failed", error.to_string())
    }
}

/// The side is not known in a handler: the door puts it in the right words.
impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        let mut response = Response::new(Body::empty());
        *response.status_mut() =
            StatusCode::from_u16(self.status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        response.extensions_mut().insert(self);
        response
    }
}

/// An answer in JSON.
pub(super) fn json(status: u16, body: &Value) -> Response {
    content(status, "application/json", body.to_string())
}

/// An answer of this type.
pub(super) fn content(status: u16, kind: &'static str, body: String) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// 204.
pub(super) fn nothing() -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NO_CONTENT;
    response
}

/// What a handler gives.
pub(super) type Answer = Result<Response, Refused>;
