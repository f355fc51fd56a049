//! The client that passes a request to the user's own target exactly as prepared.
//!
//! Pools connections, bounds the answer and names failures. Never follows a
//! redirect, never uses a proxy, adds no field, decodes nothing and retries
//! only what provably never left.

use super::answers::Answers;
use super::connector::Connector;
use super::fault;
use super::idle::Idle;
use super::line::Line;
use super::slot::{Next, Slot};
pub use super::tls::Trust;
use crate::hook::attempt::{Answer, Failure, FailureKind};
use crate::hook::headers::Headers;
use bytes::Bytes;
use http::{Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use std::sync::Arc;
use std::time::Duration;

/// What a client is made with.
#[derive(Clone, Debug)]
pub struct ExactOptions {
    /// How long making a TCP connection may take.
    pub connect_timeout: Duration,
    /// How the certificate of an `https` target is judged.
    pub trust: Trust,
    /// The most bytes of an answer's body.
    pub max_answer: usize,
    /// The most bytes of all answers held at once, small ones aside; never less than `max_answer`.
    pub max_answers: usize,
}

impl Default for ExactOptions {
    fn default() -> Self {
        Self {
            connect_timeout: Duration::from_secs(2),
            trust: Trust::System,
            max_answer: 16 << 20,
            max_answers: 16 << 20,
        }
    }
}

/// One request, ready to be written.
#[derive(Clone, Debug)]
pub struct ExactRequest<'a> {
    /// Scheme and authority of the target, such as `http://localhost:3000`.
    pub origin: &'a str,
    /// The method: the answer to a HEAD has no body.
    pub method: &'a str,
    /// The whole head with its empty line, as it goes out.
    pub head: Bytes,
    /// The body; the head's framing fields must agree with its length.
    pub body: Bytes,
    /// The time for everything, connecting included; `None` for no end.
    pub timeout: Option<Duration>,
}

/// The client. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct ExactClient {
    connector: Connector,
    idle: Arc<Idle>,
    answers: Answers,
    max_answer: usize,
}

impl ExactClient {
    /// Makes a client. Opens nothing and loads nothing.
    pub fn new(options: &ExactOptions) -> Self {
        let connector = Connector::new(options.connect_timeout, options.trust);
        let answers = Answers::new(options.max_answers.max(options.max_answer));
        Self { connector, idle: Arc::default(), answers, max_answer: options.max_answer }
    }

    /// Sends one request and reads the whole answer.
    ///
    /// # Errors
    /// Names why there is no whole answer.
    pub async fn send(&self, request: &ExactRequest<'_>) -> Result<Answer, Failure> {
        let method = Method::from_bytes(request.method.as_bytes())
            .ok()
            .filter(|method| method != Method::CONNECT)
            .ok_or_else(|| invalid("the method cannot be sent to a target"))?;
        let slot = Slot::new(request.head.clone(), request.body.len() as u64);
        let timeout = request.timeout.unwrap_or(Duration::MAX);
        match tokio::time::timeout(timeout, self.exchange(request, &method, &slot)).await {
            Ok(result) => result,
            Err(_elapsed) if slot.started() => Err(Failure {
                kind: FailureKind::Timeout,
                detail: format!("no whole answer within {timeout:?}"),
            }),
            Err(_elapsed) => Err(Failure {
                kind: FailureKind::Unreachable,
                detail: format!("no connection within {timeout:?}"),
            }),
        }
    }

    async fn exchange(
        &self,
        request: &ExactRequest<'_>,
        method: &Method,
        slot: &Arc<Slot>,
    ) -> Result<Answer, Failure> {
        let (mut line, response) = loop {
            let (mut line, used) = self.line(request.origin).await?;
            match line.send(carrier(request, method), Arc::clone(slot)).await {
                Ok(response) => break (line, response),
                // A used connection may prove closed before the first write; then no
                // byte left and another connection can carry the request.
                Err(_) if used && !slot.started() => {}
                Err(error) => return Err(fault::exchanging(&error)),
            }
        };
        let answer = self.read_answer(&mut line, response, slot).await?;
        if line.is_free().await {
            self.idle.put(request.origin, line);
        }
        Ok(answer)
    }

    /// A connection to the target, and whether it was used before.
    async fn line(&self, origin: &str) -> Result<(Box<Line>, bool), Failure> {
        while let Some(mut line) = self.idle.take(origin) {
            if line.is_free().await {
                return Ok((line, true));
            }
        }
        let origin: Uri =
            origin.parse().map_err(|error: http::uri::InvalidUri| invalid(&error.to_string()))?;
        let next = Next::default();
        let stream = self.connector.connect(origin, next.clone()).await;
        let stream = stream.map_err(|error| fault::connecting(error.as_ref()))?;
        let line = Line::over(stream, next).await.map_err(|error| fault::exchanging(&error))?;
        Ok((Box::new(line), false))
    }

    async fn read_answer(
        &self,
        line: &mut Line,
        response: Response<Incoming>,
        slot: &Slot,
    ) -> Result<Answer, Failure> {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            // No delivery asks for an upgrade: the fields that would are hop-by-hop.
            let detail = "the target switched protocols unasked".to_owned();
            return Err(Failure { kind: FailureKind::Garbage, detail });
        }
        let (parts, mut body) = response.into_parts();
        let headers = answer_headers(&parts.headers, slot.take_answer_head());
        let declared = body.size_hint().exact().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        if declared.is_some_and(|declared| declared > self.max_answer) {
            return Err(self.too_large());
        }
        let most = declared.unwrap_or(self.max_answer);
        // Copied, not collected: a kept frame would pin the buffer it was cut from.
        let mut whole = self.answers.begin();
        while let Some(frame) = line.drive(body.frame()).await {
            let frame = frame.map_err(|error| fault::exchanging(&error))?;
            let Some(data) = frame.data_ref() else { continue };
            if whole.len().saturating_add(data.len()) > self.max_answer {
                return Err(self.too_large());
            }
            if !whole.push(data, most) {
                return Err(no_room());
            }
        }
        Ok(Answer { status: parts.status.as_u16(), headers, body: whole.finish() })
    }

    fn too_large(&self) -> Failure {
        let detail = format!("the answer's body is over {} bytes", self.max_answer);
        Failure { kind: FailureKind::TooLarge, detail }
    }
}

fn no_room() -> Failure {
    let detail = "too many large answers of targets are in hand".to_owned();
    Failure { kind: FailureKind::NoRoom, detail }
}

fn invalid(detail: &str) -> Failure {
    Failure { kind: FailureKind::Invalid, detail: detail.to_owned() }
}

/// The request that the HTTP client sees: only its method and its body count.
fn carrier(request: &ExactRequest<'_>, method: &Method) -> Request<Full<Bytes>> {
    let mut carrier = Request::new(Full::new(request.body.clone()));
    *carrier.method_mut() = method.clone();
    carrier
}

/// The answer's fields as they came; where its head was not seen whole, as the client read them.
fn answer_headers(read: &http::HeaderMap, head: Option<Bytes>) -> Headers {
    let as_written = head.and_then(|head| {
        let first_line = memchr::memchr(b'\n', &head)?.saturating_add(1);
        Headers::parse_with_end(head.slice(first_line..)).ok().filter(|headers| headers.len() == read.len())
    });
    as_written.unwrap_or_else(|| {
        Headers::from_pairs(read.iter().map(|(name, value)| (name.as_str(), value.as_bytes())))
    })
}
