//! The client that passes a request to the user's own target exactly as prepared.
//!
//! Pools connections, bounds the answer and names failures. Never follows a
//! redirect, never uses a proxy, adds no field, decodes nothing and retries
//! only what provably never left.

use super::answers::Answers;
use super::connector::Connector;
use super::fault;
use super::slot::{FIELD, Slots, Ticket};
pub use super::tls::Trust;
use crate::hook::attempt::{Answer, Failure, FailureKind};
use crate::hook::headers::Headers;
use bytes::Bytes;
use http::{HeaderName, Method, Request, Response, StatusCode, Uri};
use http_body_util::{BodyExt, Full};
use hyper::body::{Body, Incoming};
use hyper_util::client::legacy::Client;
use hyper_util::rt::{TokioExecutor, TokioTimer};
use std::sync::Arc;
use std::time::Duration;

/// How long an unused connection is kept. Shorter than the 2 s after which the
/// quickest of the common servers closes one, so that a request rarely meets a
/// connection that is just being closed.
const IDLE: Duration = Duration::from_millis(1_500);

/// The most unused connections kept for one target.
const IDLE_CONNECTIONS: usize = 64;

/// The most bytes of an answer's head.
const MAX_HEAD: usize = 128 * 1024;

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
    /// Scheme and authority of the target.
    pub origin: &'a Uri,
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
    client: Client<Connector, Full<Bytes>>,
    slots: Arc<Slots>,
    answers: Answers,
    max_answer: usize,
}

impl ExactClient {
    /// Makes a client. Opens nothing and loads nothing.
    pub fn new(options: &ExactOptions) -> Self {
        let slots = Arc::new(Slots::default());
        let connector = Connector::new(options.connect_timeout, options.trust, Arc::clone(&slots));
        let client = Client::builder(TokioExecutor::new())
            .timer(TokioTimer::new())
            .pool_timer(TokioTimer::new())
            .pool_idle_timeout(IDLE)
            .pool_max_idle_per_host(IDLE_CONNECTIONS)
            .set_host(false)
            .http1_max_buf_size(MAX_HEAD)
            .build(connector);
        let answers = Answers::new(options.max_answers.max(options.max_answer));
        Self { client, slots, answers, max_answer: options.max_answer }
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
        let ticket = self.slots.put(request.head.clone(), request.body.len() as u64);
        let timeout = request.timeout.unwrap_or(Duration::MAX);
        match tokio::time::timeout(timeout, self.exchange(request, &method, &ticket)).await {
            Ok(result) => result,
            Err(_elapsed) if ticket.slot.started() => Err(Failure {
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
        ticket: &Ticket,
    ) -> Result<Answer, Failure> {
        // A pooled connection may prove closed before the first write; then no
        // byte left and the next connection can carry the request.
        let mut left = IDLE_CONNECTIONS;
        let response = loop {
            let carrier = carrier(request, method, ticket)?;
            match self.client.request(carrier).await {
                Ok(response) => break response,
                Err(error) if error.is_connect() => return Err(fault::connecting(&error)),
                Err(_) if ticket.slot.take_refused() && left > 0 => left -= 1,
                Err(error) => return Err(fault::exchanging(&error)),
            }
        };
        self.read_answer(response, ticket).await
    }

    async fn read_answer(&self, response: Response<Incoming>, ticket: &Ticket) -> Result<Answer, Failure> {
        if response.status() == StatusCode::SWITCHING_PROTOCOLS {
            // No delivery asks for an upgrade: the fields that would are hop-by-hop.
            let detail = "the target switched protocols unasked".to_owned();
            return Err(Failure { kind: FailureKind::Garbage, detail });
        }
        let (parts, mut body) = response.into_parts();
        let headers = answer_headers(&parts.headers, ticket.slot.take_answer_head());
        let declared = body.size_hint().exact().map(|length| usize::try_from(length).unwrap_or(usize::MAX));
        if declared.is_some_and(|declared| declared > self.max_answer) {
            return Err(self.too_large());
        }
        let most = declared.unwrap_or(self.max_answer);
        // Copied, not collected: a kept frame would pin the buffer it was cut from.
        let mut whole = self.answers.begin();
        while let Some(frame) = body.frame().await {
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

/// The request that the HTTP client sees: where to, how long, and which slot.
fn carrier(
    request: &ExactRequest<'_>,
    method: &Method,
    ticket: &Ticket,
) -> Result<Request<Full<Bytes>>, Failure> {
    Request::builder()
        .method(method)
        .uri(request.origin)
        .header(HeaderName::from_static(FIELD), ticket.number())
        .body(Full::new(request.body.clone()))
        .map_err(|error| invalid(&error.to_string()))
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
