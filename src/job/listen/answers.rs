//! What a sender is answered, as responses.

use crate::hook::attempt::{Answer, Failure, FailureKind};
use crate::hook::handshake::Reply;
use crate::serve::Response;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, header};

pub(super) fn acknowledged(text: Option<&str>) -> Response {
    match text {
        Some(text) => typed_answer(200, "text/plain; charset=utf-8", Bytes::copy_from_slice(text.as_bytes())),
        None => typed_answer(200, "application/json", Bytes::from_static(b"{\"received\":true}\n")),
    }
}

pub(super) fn json_answer(status: u16, code: &str, reason: &str) -> Response {
    let body = format!("{}\n", serde_json::json!({ "error": code, "message": reason }));
    typed_answer(status, "application/json", body.into())
}

/// What is answered in place of a target that gave no answer.
pub(super) fn gateway_answer(failure: &Failure) -> Response {
    let status = match failure.kind {
        FailureKind::Timeout => 504,
        FailureKind::NoRoom => 503,
        _ => 502,
    };
    let mut response = json_answer(status, failure.kind.as_str(), &failure.detail);
    if status == 503 {
        response.headers.push((header::RETRY_AFTER, HeaderValue::from_static("1")));
    }
    response
}

fn typed_answer(status: u16, content_type: &'static str, body: Bytes) -> Response {
    let headers = vec![(header::CONTENT_TYPE, HeaderValue::from_static(content_type))];
    Response { status, headers, body: body.into(), close: false }
}

pub(super) fn handshake_answer(reply: Reply) -> Response {
    let fields = reply.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    answer_with(reply.status, fields, Bytes::from(reply.body))
}

pub(super) fn mirrored(answer: &Answer) -> Response {
    answer_with(
        answer.status,
        answer.headers.iter().map(|field| (field.name, field.value)),
        answer.body.clone(),
    )
}

fn answer_with<'a>(
    status: u16,
    fields: impl IntoIterator<Item = (&'a str, &'a [u8])>,
    body: Bytes,
) -> Response {
    let typed = |(name, value): (&str, &[u8])| {
        // What cannot stand in a header would end the answer's head early.
        Some((HeaderName::from_bytes(name.as_bytes()).ok()?, HeaderValue::from_bytes(value).ok()?))
    };
    Response {
        status,
        headers: fields.into_iter().filter_map(typed).collect(),
        body: body.into(),
        close: false,
    }
}
