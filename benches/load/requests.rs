//! Signed Koji deliveries, rendered before the clock starts.
//!
//! Every body of a pool is 1,024 bytes and its own event (another
//! `interview_id`), so that a receiver that marks duplicates has its usual
//! work. Nothing is rendered or signed while a load runs: that would be the
//! generator's CPU, taken from the server on a small machine.

use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use std::net::SocketAddr;

/// The variable that hands the signing secret to a server.
pub(crate) const SECRET_VARIABLE: &str = "LOAD_BENCHMARK_SECRET";

/// Signs every delivery of the benchmark, and nothing else anywhere.
pub(crate) const SECRET: &str = "fake-signing-secret-of-the-load-benchmark";

/// The size the goals speak of.
pub(crate) const BODY_BYTES: usize = 1024;

const HEAD: &str =
    r#"{"type":"interview.completed","timestamp":"2026-01-05T09:30:00Z","data":{"interview_id":"iv_"#;
const MIDDLE: &str = r#"","study_id":"st_load","respondent":{"external_id":"user_12345","display_name":"Jane Doe"},"status":"completed","summary":""#;
const TAIL: &str = r#""}}"#;
const PROSE: &str = "The participant compared three ways of receiving a webhook and preferred the one that shows why a signature failed. ";

/// One body; the number makes it another event.
pub(crate) fn body(number: u64) -> Vec<u8> {
    let mut body = format!("{HEAD}{number:016}{MIDDLE}");
    let missing = BODY_BYTES.saturating_sub(body.len() + TAIL.len());
    body.extend(PROSE.chars().cycle().take(missing));
    body.push_str(TAIL);
    body.into_bytes()
}

/// The value of `X-Koji-Signature`.
pub(crate) fn signature(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

/// One request, head and body.
pub(crate) fn request(address: SocketAddr, path: &str, body: &[u8], signature: &str) -> Vec<u8> {
    let length = body.len();
    let mut request = format!(
        "POST {path} HTTP/1.1\r\nHost: {address}\r\nUser-Agent: load-benchmark\r\n\
         Content-Type: application/json\r\nContent-Length: {length}\r\nX-Koji-Signature: {signature}\r\n\r\n"
    )
    .into_bytes();
    request.extend_from_slice(body);
    request
}

/// A pool of whole requests of one length, one after the other.
pub(crate) struct Requests {
    bytes: Vec<u8>,
    stride: usize,
}

impl Requests {
    /// Renders and signs `count` requests, numbered from `first`.
    pub(crate) fn render(address: SocketAddr, path: &str, first: u64, count: u64) -> Self {
        let mut bytes = Vec::new();
        let mut stride = 0;
        for number in first..first + count.max(1) {
            let body = body(number);
            let request = request(address, path, &body, &signature(&body));
            stride = request.len();
            bytes.extend_from_slice(&request);
        }
        Self { bytes, stride }
    }

    /// How many there are.
    pub(crate) fn count(&self) -> usize {
        self.bytes.len() / self.stride
    }

    /// The request at a place; places beyond the pool start again.
    pub(crate) fn at(&self, place: usize) -> &[u8] {
        let from = place % self.count() * self.stride;
        self.bytes.get(from..from + self.stride).expect("a place within the pool")
    }
}
