//! What the inspector answers with: records, bytes to be kept, and refusals.

use crate::journal::{OpenError, ReadError, WriteError};
use crate::serve::Refusal;
use crate::ui::sanitize;
use axum::body::Body;
use axum::response::{IntoResponse, Response};
use bytes::Bytes;
use http::{HeaderValue, StatusCode, header};
use serde::Serialize;
use std::borrow::Cow;

/// Why something is not answered as asked: the record `error`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Refused {
    pub(super) status: u16,
    pub(super) code: &'static str,
    pub(super) message: Cow<'static, str>,
    pub(super) hint: Option<Cow<'static, str>>,
}

/// What a route gives.
pub(super) type Answer = Result<Response, Refused>;

#[derive(Serialize)]
struct ErrorRecord<'a> {
    v: u8,
    r#type: &'static str,
    code: &'a str,
    message: &'a str,
    hint: Option<&'a str>,
}

impl Refused {
    pub(super) fn new(status: u16, code: &'static str, message: impl Into<Cow<'static, str>>) -> Self {
        Self { status, code, message: message.into(), hint: None }
    }

    /// With what mends it.
    #[must_use]
    pub(super) fn hint(mut self, hint: impl Into<Cow<'static, str>>) -> Self {
        self.hint = Some(hint.into());
        self
    }

    /// The request cannot be used as it is.
    pub(super) fn bad(message: impl Into<Cow<'static, str>>) -> Self {
        Self::new(400, "bad_request", message)
    }

    /// There is no such delivery (any more).
    pub(super) fn missing(seq: u64) -> Self {
        Self::new(404, "no_delivery", format!("there is no delivery {seq} in the journal"))
            .hint("it was deleted or pruned; go back to the list")
    }

    /// What a status without a body of ours means.
    pub(super) fn of_status(status: u16) -> Self {
        match status {
            404 => Self::new(404, "no_path", "there is nothing at this path"),
            405 => Self::new(405, "bad_method", "this path does not take this method"),
            400 => Self::bad("the path or the query cannot be read"),
            413 => Self::new(413, "body_too_large", "the body is too large"),
            _ => Self::new(status, "failed", "the request was refused"),
        }
    }

    /// Something of ours failed.
    pub(super) fn failed(error: &dyn std::error::Error) -> Self {
        let mut message = error.to_string();
        let mut next = error.source();
        while let Some(error) = next {
            message.push_str(": ");
            message.push_str(&error.to_string());
            next = error.source();
        }
        Self::new(500, "failed", message)
    }

    /// As it is sent.
    pub(super) fn text(&self) -> String {
        let Self { code, message, hint, .. } = self;
        let record = ErrorRecord { v: 1, r#type: "error", code, message, hint: hint.as_deref() };
        written(&record).unwrap_or_default()
    }
}

impl From<&Refusal> for Refused {
    fn from(refusal: &Refusal) -> Self {
        let refused = Self::new(refusal.status, refusal.code, refusal.reason.clone());
        match refusal.code {
            "no_token" => refused.hint("open the address that hookctl printed in the terminal"),
            "bad_host" => refused.hint("open the address that hookctl printed, and no other name for it"),
            _ => refused,
        }
    }
}

impl From<ReadError> for Refused {
    fn from(error: ReadError) -> Self {
        let refused = Self::failed(&error);
        Self { code: "journal", ..refused }.hint("hookctl doctor")
    }
}

impl From<OpenError> for Refused {
    fn from(error: OpenError) -> Self {
        let refused = Self::failed(&error);
        Self { code: "journal", ..refused }.hint("hookctl doctor")
    }
}

impl From<WriteError> for Refused {
    fn from(error: WriteError) -> Self {
        let refused = Self::failed(&error);
        Self { code: "journal", ..refused }.hint("hookctl doctor")
    }
}

impl IntoResponse for Refused {
    fn into_response(self) -> Response {
        content(self.status, "application/json", self.text())
    }
}

/// A record as one line of JSON, as `--output json` writes it.
pub(super) fn written(record: &impl Serialize) -> Result<String, serde_json::Error> {
    let text = serde_json::to_string(record)?;
    Ok(match sanitize::json(&text) {
        Cow::Borrowed(_) => text,
        Cow::Owned(safe) => safe,
    })
}

/// A record.
pub(super) fn record(record: &impl Serialize) -> Answer {
    let text = written(record).map_err(|error| Refused::failed(&error))?;
    Ok(content(200, "application/json", text))
}

/// An answer of this type.
pub(super) fn content(status: u16, kind: &'static str, body: impl Into<Body>) -> Response {
    let mut response = Response::new(body.into());
    *response.status_mut() = StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    response.headers_mut().insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
    response
}

/// Bytes of a stranger: to be kept in a file, never to be shown as anything.
pub(super) fn file(name: &str, bytes: Bytes) -> Answer {
    let mut response = content(200, "application/octet-stream", bytes);
    let disposition = HeaderValue::try_from(format!("attachment; filename=\"{name}\""))
        .map_err(|error| Refused::failed(&error))?;
    response.headers_mut().insert(header::CONTENT_DISPOSITION, disposition);
    Ok(response)
}
