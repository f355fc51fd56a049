//! From an HTTP request to a delivery: the rules of HTTP that hyper is lenient
//! about, and the moment of arrival. Rejects what is ambiguous and repairs
//! nothing; it does not verify, store or read a body.

use crate::clock;
use crate::hook::delivery::Delivery;
use crate::hook::headers::{Head, Headers};
use crate::serve::{Handler, Refusal, Rejection, Request, Response};
use std::future::Future;
use std::net::SocketAddr;

/// Takes deliveries.
pub trait Sink: Send + Sync + 'static {
    /// Takes one delivery and answers its sender. Runs to its end even when the
    /// sender hangs up.
    fn deliver(&self, delivery: Delivery) -> impl Future<Output = Response> + Send;

    /// Hears of a request or connection that was turned away before it was a delivery.
    fn rejected(&self, rejection: Rejection);

    /// Hears that no connection can be accepted for now.
    fn accept_failed(&self, error: &std::io::Error) {
        let _ = error;
    }
}

/// Serves a sink.
#[derive(Debug)]
pub struct Receiver<S> {
    sink: S,
    protected: Vec<String>,
}

impl<S: Sink> Receiver<S> {
    /// Serves `sink`. A request whose `Connection` field names one of the
    /// `protected` header fields is refused: proxies on the way would have been
    /// asked to drop a signature.
    pub fn new(sink: S, protected: impl IntoIterator<Item = impl Into<String>>) -> Self {
        Self { sink, protected: protected.into_iter().map(Into::into).collect() }
    }

    /// The sink.
    pub fn sink(&self) -> &S {
        &self.sink
    }
}

impl<S: Sink> Handler for Receiver<S> {
    fn admit(&self, head: &Head, _local: SocketAddr) -> Result<(), Refusal> {
        admit(head, &self.protected)
    }

    fn handle(&self, request: Request) -> impl Future<Output = Response> + Send {
        let Request { peer, head, body } = request;
        self.sink.deliver(Delivery { received: clock::now(), peer, head, body })
    }

    fn rejected(&self, rejection: Rejection) {
        self.sink.rejected(rejection);
    }

    fn accept_failed(&self, error: &std::io::Error) {
        self.sink.accept_failed(error);
    }
}

/// The fields that no `Connection` field may name, whatever the provider.
const ALWAYS_PROTECTED: [&str; 4] = ["host", "content-length", "content-type", "authorization"];

/// What one pass over the header fields finds.
#[derive(Default)]
struct Found<'a> {
    hosts: usize,
    host: &'a [u8],
    lengths: usize,
    codings: usize,
    coding: &'a [u8],
    expect: Option<&'a [u8]>,
    connection: bool,
    bare_line_feed: bool,
}

fn find(headers: &Headers) -> Found<'_> {
    let mut found = Found::default();
    for field in headers.iter() {
        found.bare_line_feed |= !field.line.ends_with(b"\r\n");
        // The length tells most names apart without comparing them.
        match field.name.len() {
            4 if field.name.eq_ignore_ascii_case("host") => {
                found.hosts += 1;
                found.host = field.value;
            }
            6 if field.name.eq_ignore_ascii_case("expect") => found.expect = Some(field.value),
            10 if field.name.eq_ignore_ascii_case("connection") => found.connection = true,
            14 if field.name.eq_ignore_ascii_case("content-length") => found.lengths += 1,
            17 if field.name.eq_ignore_ascii_case("transfer-encoding") => {
                found.codings += 1;
                found.coding = field.value;
            }
            _ => {}
        }
    }
    found
}

/// Whether a head may become a delivery; `protected` are header fields that a
/// `Connection` field must not name.
///
/// # Errors
/// With the status and the reason to answer.
pub fn admit(head: &Head, protected: &[String]) -> Result<(), Refusal> {
    let found = find(head.headers());
    check_lines(head, &found)?;
    check_target(head)?;
    check_host(head, &found)?;
    check_framing(&found)?;
    if found.connection {
        check_connection(head.headers(), protected)?;
    }
    match found.expect {
        Some(expect) if !expect.eq_ignore_ascii_case(b"100-continue") => {
            Err(Refusal::new(417, "bad_expect", "only `Expect: 100-continue` can be met"))
        }
        _ => Ok(()),
    }
}

/// A bare line feed ends a line for some programs and not for others.
fn check_lines(head: &Head, found: &Found<'_>) -> Result<(), Refusal> {
    if !found.bare_line_feed && head.as_bytes().ends_with(b"\r\n\r\n") && first_line_ends_well(head) {
        return Ok(());
    }
    Err(Refusal::new(400, "bare_line_feed", "a line of the head ends with a line feed alone"))
}

fn first_line_ends_well(head: &Head) -> bool {
    let length = head.method().len() + head.target().len() + "  HTTP/1.1".len();
    head.as_bytes().get(length..).is_some_and(|rest| rest.starts_with(b"\r\n"))
}

fn check_target(head: &Head) -> Result<(), Refusal> {
    if head.method().eq_ignore_ascii_case("CONNECT") {
        return Err(Refusal::new(405, "bad_method", "this is not a proxy"));
    }
    if head.target().starts_with('/') {
        return Ok(());
    }
    Err(Refusal::new(400, "bad_target", "the request target is not a path"))
}

fn check_host(head: &Head, found: &Found<'_>) -> Result<(), Refusal> {
    match found.hosts {
        0 if head.version() == 10 => Ok(()),
        0 => Err(Refusal::new(400, "no_host", "the request has no Host header")),
        1 if is_host(found.host) => Ok(()),
        1 => Err(Refusal::new(400, "bad_host", "the Host header is not a host and a port")),
        _ => Err(Refusal::new(400, "two_hosts", "the request has more than one Host header")),
    }
}

/// `name`, `1.2.3.4` or `[::1]`, and perhaps a port.
fn is_host(value: &[u8]) -> bool {
    const MAX_HOST: usize = 255 + ":65535".len();
    let Ok(value) = std::str::from_utf8(value) else { return false };
    let (name, port) = match value.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((address, rest)) if address.parse::<std::net::Ipv6Addr>().is_ok() => ("ipv6", rest),
        Some(_) => return false,
        None => value.split_at(value.find(':').unwrap_or(value.len())),
    };
    let named = !name.is_empty()
        && name.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_'));
    let port = match port.strip_prefix(':') {
        Some(digits) => digits.bytes().all(|byte| byte.is_ascii_digit()) && digits.parse::<u16>().is_ok(),
        None => port.is_empty(),
    };
    named && port && value.len() <= MAX_HOST
}

fn check_framing(found: &Found<'_>) -> Result<(), Refusal> {
    if found.codings > 0 && found.lengths > 0 {
        let reason = "the request has both Content-Length and Transfer-Encoding";
        return Err(Refusal::new(400, "ambiguous_length", reason));
    }
    if found.lengths > 1 {
        return Err(Refusal::new(400, "two_lengths", "the request has more than one Content-Length header"));
    }
    if found.codings > 1 || (found.codings == 1 && !found.coding.eq_ignore_ascii_case(b"chunked")) {
        let reason = "no Transfer-Encoding but `chunked` is understood";
        return Err(Refusal::new(501, "bad_transfer_encoding", reason));
    }
    Ok(())
}

fn check_connection(headers: &Headers, protected: &[String]) -> Result<(), Refusal> {
    let protected = ALWAYS_PROTECTED.into_iter().chain(protected.iter().map(String::as_str));
    let named =
        headers.all("connection").flat_map(|value| value.split(|byte| *byte == b',')).find_map(|option| {
            let option = option.trim_ascii();
            protected.clone().find(|name| option.eq_ignore_ascii_case(name.as_bytes()))
        });
    match named {
        Some(name) => {
            let reason = format!("the Connection header asks to drop `{name}`");
            Err(Refusal::new(400, "protected_header", reason))
        }
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn code(raw: &str) -> &'static str {
        let head = Head::parse(raw.as_bytes().to_vec()).unwrap();
        match admit(&head, &["X-Koji-Signature".to_owned()]) {
            Ok(()) => "ok",
            Err(refusal) => refusal.code,
        }
    }

    #[test]
    fn what_hyper_takes_and_a_receiver_must_not() {
        for (raw, expected) in [
            ("POST / HTTP/1.1\r\nHost: a\r\n\r\n", "ok"),
            ("GET / HTTP/1.0\r\n\r\n", "ok"),
            ("POST / HTTP/1.1\r\n\r\n", "no_host"),
            ("POST / HTTP/1.1\r\nHost: a\r\nhost: a\r\n\r\n", "two_hosts"),
            ("POST / HTTP/1.0\r\nHost: a\r\nhost: b\r\n\r\n", "two_hosts"),
            ("POST / HTTP/1.1\r\nHost: a\nX: y\r\n\r\n", "bare_line_feed"),
            ("POST / HTTP/1.1\nHost: a\r\n\r\n", "bare_line_feed"),
            ("POST / HTTP/1.1\r\nHost: a\r\n\n", "bare_line_feed"),
            ("POST http://a/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
            ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
            ("CONNECT a:1 HTTP/1.1\r\nHost: a\r\n\r\n", "bad_method"),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nTransfer-Encoding: chunked\r\n\r\n",
                "ambiguous_length",
            ),
            ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 1\r\nContent-Length: 1\r\n\r\n", "two_lengths"),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: gzip, chunked\r\n\r\n",
                "bad_transfer_encoding",
            ),
            ("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: Chunked\r\n\r\n", "ok"),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nConnection: keep-alive, x-koji-SIGNATURE\r\n\r\n",
                "protected_header",
            ),
            (
                "POST / HTTP/1.1\r\nHost: a\r\nConnection: close\r\nConnection: Host\r\n\r\n",
                "protected_header",
            ),
            ("POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\n\r\n", "ok"),
            ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-Continue\r\n\r\n", "ok"),
            ("POST / HTTP/1.1\r\nHost: a\r\nExpect: 200-maybe\r\n\r\n", "bad_expect"),
        ] {
            assert_eq!(code(raw), expected, "{raw:?}");
        }
    }

    #[test]
    fn a_host_is_a_host() {
        for host in ["a", "localhost:4400", "127.0.0.1", "[::1]:65535", "x_y.ngrok-free.app", "a."] {
            assert!(is_host(host.as_bytes()), "{host}");
        }
        for host in [
            "", ":80", "a:", "a:65536", "a:+1", "a b", "a,b", "user@a", "a/b", "[::1", "::1", "[x]",
            "[::1]x", "a\u{e9}", "a?b", "a#b", "a\\b", "<script>",
        ] {
            assert!(!is_host(host.as_bytes()), "{host}");
        }
        assert!(!is_host(b"a\xff") && !is_host(&[b'a'; 262]));
    }
}
