//! Answers, from what a handler says to what hyper sends. Framing and hop-by-hop
//! fields belong to the connection, so a handler's are dropped, never passed on.

use super::Refusal;
use super::stream::Stream;
use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{StatusCode, Version};
use http_body_util::{BodyExt, Full};
use hyper::body::{Frame, SizeHint};
use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

/// What a request is answered with.
#[derive(Debug, Default)]
pub struct Response {
    /// A final status, 200 to 999; anything else is sent as 502.
    pub status: u16,
    /// The fields in their order; repeats are kept. Hop-by-hop fields and
    /// `content-length` are dropped: the server writes its own.
    pub headers: Vec<(HeaderName, HeaderValue)>,
    /// The body.
    pub body: Body,
    /// Close the connection afterwards.
    pub close: bool,
}

/// The body of an answer.
#[derive(Debug)]
pub enum Body {
    /// All of it.
    Whole(Bytes),
    /// It comes in pieces, without a length.
    Stream(Stream),
}

impl Default for Body {
    fn default() -> Self {
        Self::Whole(Bytes::new())
    }
}

impl<T: Into<Bytes>> From<T> for Body {
    fn from(whole: T) -> Self {
        Self::Whole(whole.into())
    }
}

impl Response {
    /// An answer of this status without a body.
    pub fn status(status: u16) -> Self {
        Self { status, ..Self::default() }
    }

    /// An answer of one line of text.
    pub fn text(status: u16, text: impl Into<String>) -> Self {
        let mut body = text.into();
        body.push('\n');
        let plain = HeaderValue::from_static("text/plain; charset=utf-8");
        Self { status, headers: vec![(header::CONTENT_TYPE, plain)], body: body.into(), close: false }
    }
}

impl Response {
    /// A router's answer, whose body is whole; what cannot be read of it is left out.
    pub async fn from_http<B: hyper::body::Body>(answer: http::Response<B>) -> Self {
        let (parts, body) = answer.into_parts();
        let body = body.collect().await.map(http_body_util::Collected::to_bytes).unwrap_or_default();
        let mut headers = Vec::with_capacity(parts.headers.len());
        let mut last = None;
        for (name, value) in parts.headers {
            last = name.or(last);
            if let Some(name) = last.clone() {
                headers.push((name, value));
            }
        }
        Self { status: parts.status.as_u16(), headers, body: body.into(), close: false }
    }
}

impl From<&Refusal> for Response {
    fn from(refusal: &Refusal) -> Self {
        let mut response = Self::text(refusal.status, refusal.reason.as_ref());
        response.close = true;
        if refusal.status == 503 {
            response.headers.push((header::RETRY_AFTER, HeaderValue::from_static("1")));
        }
        response
    }
}

/// The fields that concern one connection only (RFC 9110, 7.6.1), and the length.
fn is_hop_by_hop(name: &HeaderName) -> bool {
    const DROPPED: [HeaderName; 8] = [
        header::CONNECTION,
        header::CONTENT_LENGTH,
        header::TRANSFER_ENCODING,
        header::UPGRADE,
        header::TRAILER,
        header::TE,
        HeaderName::from_static("keep-alive"),
        HeaderName::from_static("proxy-connection"),
    ];
    DROPPED.contains(name)
}

/// Whether a `Connection` field of the answer names this field.
fn is_named(headers: &[(HeaderName, HeaderValue)], name: &HeaderName) -> bool {
    headers
        .iter()
        .filter(|(other, _)| *other == header::CONNECTION)
        .flat_map(|(_, value)| value.as_bytes().split(|byte| *byte == b','))
        .any(|option| option.trim_ascii().eq_ignore_ascii_case(name.as_str().as_bytes()))
}

/// A body as hyper takes it.
#[derive(Debug)]
pub(super) enum Outgoing {
    Whole(Full<Bytes>),
    Stream(Stream),
}

impl hyper::body::Body for Outgoing {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        match self.get_mut() {
            Self::Whole(whole) => Pin::new(whole).poll_frame(context),
            Self::Stream(stream) => stream.poll_piece(context).map(|piece| piece.map(Frame::data).map(Ok)),
        }
    }

    fn is_end_stream(&self) -> bool {
        match self {
            Self::Whole(whole) => whole.is_end_stream(),
            Self::Stream(_) => false,
        }
    }

    fn size_hint(&self) -> SizeHint {
        match self {
            Self::Whole(whole) => whole.size_hint(),
            Self::Stream(_) => SizeHint::default(),
        }
    }
}

/// The answer as hyper sends it.
pub(super) fn into_hyper(response: Response, version: Version, close: bool) -> http::Response<Outgoing> {
    let status = StatusCode::from_u16(response.status).ok().filter(|status| status.as_u16() >= 200);
    let mut answer = http::Response::new(match response.body {
        Body::Whole(whole) => Outgoing::Whole(Full::new(whole)),
        Body::Stream(stream) => Outgoing::Stream(stream),
    });
    *answer.status_mut() = status.unwrap_or(StatusCode::BAD_GATEWAY);
    let has_connection = response.headers.iter().any(|(name, _)| *name == header::CONNECTION);
    let named: Vec<HeaderName> = if has_connection {
        let names = response.headers.iter().map(|(name, _)| name);
        names.filter(|name| is_named(&response.headers, name)).cloned().collect()
    } else {
        Vec::new()
    };
    let headers: &mut HeaderMap = answer.headers_mut();
    for (name, value) in response.headers {
        if !is_hop_by_hop(&name) && !named.contains(&name) {
            headers.append(name, value);
        }
    }
    if (close || response.close) && version < Version::HTTP_2 {
        headers.insert(header::CONNECTION, HeaderValue::from_static("close"));
    }
    answer
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(name: &'static str, value: &'static [u8]) -> (HeaderName, HeaderValue) {
        (HeaderName::from_static(name), HeaderValue::from_bytes(value).unwrap())
    }

    #[test]
    fn hop_by_hop_fields_go_and_repeats_stay() {
        let mut response = Response::status(201);
        response.headers = vec![
            field("set-cookie", b"a=1"),
            field("connection", b"keep-alive, X-Private"),
            field("x-private", b"1"),
            field("set-cookie", b"b=\xff"),
            field("content-length", b"99"),
            field("transfer-encoding", b"chunked"),
        ];
        let answer = into_hyper(response, Version::HTTP_11, false);
        assert_eq!(answer.headers().len(), 2);
        let cookies: Vec<_> =
            answer.headers().get_all("set-cookie").iter().map(HeaderValue::as_bytes).collect();
        assert_eq!(cookies, [&b"a=1"[..], b"b=\xff"]);
    }

    #[test]
    fn a_status_that_is_no_answer_becomes_502() {
        for status in [0, 99, 100, 101, 199, 1000] {
            assert_eq!(
                into_hyper(Response::status(status), Version::HTTP_11, false).status(),
                502,
                "{status}"
            );
        }
        assert_eq!(into_hyper(Response::status(200), Version::HTTP_11, false).status(), 200);
    }
}
