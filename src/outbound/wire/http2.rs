//! One request over HTTP/2, where the server offers it in the TLS handshake.

use super::{Heard, Wire, answer};
use crate::hook::attempt::{Answer, Failure, FailureKind};
use crate::hook::headers::{Head, Headers};
use crate::outbound::connector::Raw;
use crate::outbound::fault;
use bytes::Bytes;
use http::{HeaderName, HeaderValue, Request, Uri, Version};
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http2::{self, Connection, SendRequest};
use hyper_rustls::MaybeHttpsStream;
use hyper_util::rt::TokioExecutor;
use std::time::{Duration, Instant};

/// Fields of HTTP/1 that HTTP/2 has in its frames.
const OF_HTTP_1: [&str; 4] = ["host", "connection", "transfer-encoding", "keep-alive"];

type Sender = SendRequest<Full<Bytes>>;
type Line = Connection<Raw, Full<Bytes>, TokioExecutor>;

impl Wire {
    /// Sends a request over HTTP/2; `None` when the server does not offer it.
    pub async fn speak_http2(
        &self,
        origin: &str,
        head: &Head,
        body: &Bytes,
        timeout: Duration,
    ) -> Option<Heard> {
        let stream = match self.http2.open_at(origin).await {
            Ok(stream) => stream,
            Err(failure) => return Some(Heard::failed(failure, Duration::ZERO)),
        };
        if !offered(&stream) {
            return None;
        }
        let started = Instant::now();
        let heard = tokio::time::timeout(timeout, exchange(stream, origin, head, body)).await;
        let heard = heard.unwrap_or_else(|_elapsed| {
            let detail = format!("no whole answer within {timeout:?}");
            Err(Failure { kind: FailureKind::Timeout, detail })
        });
        let took = started.elapsed();
        Some(match heard {
            Ok(answer) => Heard { answers: vec![answer], failure: None, took },
            Err(failure) => Heard::failed(failure, took),
        })
    }
}

fn offered(stream: &Raw) -> bool {
    match stream {
        MaybeHttpsStream::Http(_) => false,
        MaybeHttpsStream::Https(tls) => tls.inner().get_ref().1.alpn_protocol() == Some(b"h2"),
    }
}

async fn exchange(stream: Raw, origin: &str, head: &Head, body: &Bytes) -> Result<Answer, Failure> {
    let request = request(origin, head, body)?;
    let made = http2::handshake(TokioExecutor::new(), stream).await;
    let (sender, line): (Sender, Line) = made.map_err(|error| fault::exchanging(&error))?;
    tokio::select! {
        answer = ask(sender, request) => answer,
        ended = line => Err(match ended {
            Err(error) => fault::exchanging(&error),
            Ok(()) => Failure {
                kind: FailureKind::Reset,
                detail: "the connection was closed without an answer".to_owned(),
            },
        }),
    }
}

async fn ask(mut sender: Sender, request: Request<Full<Bytes>>) -> Result<Answer, Failure> {
    let response = sender.send_request(request).await.map_err(|error| fault::exchanging(&error))?;
    let (parts, mut incoming) = response.into_parts();
    let mut body = Vec::new();
    while let Some(frame) = incoming.frame().await {
        let frame = frame.map_err(|error| fault::exchanging(&error))?;
        let Some(data) = frame.data_ref() else { continue };
        let room = answer::MAX_BODY.saturating_sub(body.len());
        body.extend_from_slice(data.get(..room).unwrap_or(data));
        if data.len() > room {
            break;
        }
    }
    let fields = parts.headers.iter().map(|(name, value)| (name.as_str(), value.as_bytes()));
    let headers = Headers::from_pairs(fields);
    Ok(Answer { status: parts.status.as_u16(), headers, body: body.into() })
}

fn request(origin: &str, head: &Head, body: &Bytes) -> Result<Request<Full<Bytes>>, Failure> {
    let invalid = |detail: String| Failure { kind: FailureKind::Invalid, detail };
    let uri: Uri = format!("{origin}{}", head.target())
        .parse()
        .map_err(|error: http::uri::InvalidUri| invalid(error.to_string()))?;
    let mut request = Request::builder().method(head.method()).uri(uri).version(Version::HTTP_2);
    for field in head.headers().iter() {
        if OF_HTTP_1.iter().any(|name| field.name.eq_ignore_ascii_case(name)) {
            continue;
        }
        let name =
            HeaderName::from_bytes(field.name.as_bytes()).map_err(|error| invalid(error.to_string()))?;
        let value = HeaderValue::from_bytes(field.value).map_err(|error| invalid(error.to_string()))?;
        request = request.header(name, value);
    }
    request.body(Full::new(body.clone())).map_err(|error| invalid(error.to_string()))
}
