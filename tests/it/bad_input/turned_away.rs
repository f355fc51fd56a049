//! What never becomes a delivery: it is answered 4xx or closed, there is a
//! `rejected` record, memory is bounded, and the next honest request is served.

use super::{assert_memory_is_bounded, send_in_vain};
use crate::application::KOJI;
use crate::harness::{Home, Listening, PATIENCE, post, raw_exchange, status_of};
use crate::in_process::{Job, koji, options};
use hookctl::job::report::{AnswerPolicy, Event, Rejected};
use hookctl::serve::Limits;
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};
use std::time::Duration;

fn honest(address: SocketAddr, number: usize) -> u16 {
    let (signature, body) = koji(number);
    post(address, "/honest", &[("X-Koji-Signature", &signature)], &body)
}

/// A strict listener in a home of its own.
struct Rig {
    home: Home,
    listening: Listening,
    served: std::cell::Cell<usize>,
}

impl Rig {
    fn new() -> Self {
        let home = Home::default();
        let listening = home.listen_with(["--provider", "koji"], &[KOJI.known()]);
        Self { home, listening, served: std::cell::Cell::new(0) }
    }

    /// Sends `request`, which must be turned away so; then everything is as it was before.
    #[track_caller]
    fn turns_away(&self, request: impl AsRef<[u8]>, status: u16, code: &str) {
        let answer = raw_exchange(self.listening.address, request.as_ref());
        let answer = String::from_utf8_lossy(&answer);
        assert_eq!(status_of(answer.as_bytes()), status, "{answer}");
        let record = self.recorded(status, code);
        // The sender reads the same sentence.
        let (_, body) = answer.split_once("\r\n\r\n").unwrap();
        assert_eq!(body.trim_end(), record["reason"], "{answer}");
    }

    /// The user sees why, and the next honest request is served.
    #[track_caller]
    fn recorded(&self, status: u16, code: &str) -> Value {
        let record = self.listening.next("rejected");
        assert_eq!((&record["status"], &record["code"]), (&status.into(), &code.into()), "{record}");
        assert!(record["peer"].as_str().unwrap().starts_with("127.0.0.1:"));
        assert!(!record["reason"].as_str().unwrap().is_empty());
        self.served.set(self.served.get() + 1);
        assert_eq!(honest(self.listening.address, self.served.get()), 200);
        assert_eq!(self.listening.next("delivery")["path"], "/honest");
        record
    }

    /// Memory was bounded, and nothing but the honest requests was ever kept.
    #[track_caller]
    fn end(self) {
        assert_memory_is_bounded(&self.listening);
        let (code, rest, errors) = self.listening.stop();
        assert_eq!(code, 0, "{errors}");
        let summary = rest.last().unwrap();
        let served = self.served.get();
        assert_eq!((&summary["received"], &summary["rejected"]), (&served.into(), &served.into()));
        let kept = self.home.run(["events", "export", "--jq", ".path"]).expect(0).out();
        assert_eq!(kept, "\"/honest\"\n".repeat(served));
    }
}

fn with_fields(fields: &str) -> String {
    format!("POST /bad HTTP/1.1\r\nHost: a\r\n{fields}\r\n")
}

/// Sends `bytes`, ends the sender's side, and gives what was answered.
fn end_after(address: SocketAddr, bytes: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(bytes).unwrap();
    stream.shutdown(Shutdown::Write).unwrap();
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    answer
}

#[test]
fn an_over_long_header() {
    let rig = Rig::new();
    rig.turns_away(with_fields(&format!("X: {}\r\n", "v".repeat(17 << 10))), 431, "header_line_too_long");
    rig.turns_away(
        format!("POST /{} HTTP/1.1\r\nHost: a\r\n\r\n", "a".repeat(9 << 10)),
        414,
        "request_line_too_long",
    );
    // One that never ends.
    let answer = send_in_vain(rig.listening.address, b"POST / HTTP/1.1\r\nX: ", &[b'v'; 64 << 10], 1 << 10);
    assert_eq!(status_of(&answer), 431);
    rig.recorded(431, "head_too_large");
    rig.end();
}

#[test]
fn too_many_headers() {
    let rig = Rig::new();
    rig.turns_away(with_fields(&"X: y\r\n".repeat(100)), 431, "too_many_headers");
    rig.turns_away(with_fields(&"X: y\r\n".repeat(5_000)), 431, "too_many_headers");
    rig.end();
}

#[test]
fn a_body_over_the_default_limit_declared() {
    let rig = Rig::new();
    for length in ["26214401", "4611686018427387904", "9223372036854775807"] {
        rig.turns_away(with_fields(&format!("Content-Length: {length}\r\n")), 413, "body_too_large");
    }
    rig.end();
}

#[test]
fn a_body_over_the_default_limit_chunked_endlessly() {
    let rig = Rig::new();
    let chunk = [&b"10000\r\n"[..], &[b'c'; 0x10000], b"\r\n"].concat();
    for _ in 0..2 {
        let head = with_fields("Transfer-Encoding: chunked\r\n");
        // A GiB, of which it takes 25 MiB and a little.
        let answer = send_in_vain(rig.listening.address, head.as_bytes(), &chunk, 16 << 10);
        assert_eq!(status_of(&answer), 413);
        rig.recorded(413, "body_too_large");
    }
    rig.end();
}

#[test]
fn a_body_over_the_limit_that_the_user_named() {
    let home = Home::default();
    let listening = home.listen(["--max-body", "1KiB"]);
    assert_eq!(post(listening.address, "/", &[], &[b'a'; 1024]), 200);
    assert_eq!(post(listening.address, "/", &[], &[b'a'; 1025]), 413);
    let record = listening.next("rejected");
    assert_eq!(record["code"], "body_too_large");
    assert!(record["reason"].as_str().unwrap().contains("1024"), "{record}");
    // Without a length it is counted as it comes.
    for (length, status) in [(1024, 200), (1025, 413)] {
        let chunks = format!("{length:x}\r\n{}\r\n0\r\n\r\n", "a".repeat(length));
        let request = with_fields("Connection: close\r\nTransfer-Encoding: chunked\r\n") + &chunks;
        assert_eq!(status_of(&raw_exchange(listening.address, request.as_bytes())), status);
    }
    assert_eq!(listening.next("rejected")["code"], "body_too_large");
    listening.stop();
}

#[test]
fn two_content_lengths() {
    let rig = Rig::new();
    rig.turns_away(with_fields("Content-Length: 0\r\nContent-Length: 0\r\n"), 400, "two_lengths");
    rig.turns_away(with_fields("Content-Length: 0\r\nContent-Length: 9\r\n"), 400, "bad_length");
    rig.end();
}

#[test]
fn content_length_with_transfer_encoding() {
    let rig = Rig::new();
    let hidden = "0\r\n\r\nPOST /smuggled HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";
    let length = format!("Content-Length: {}\r\n", hidden.len());
    for fields in
        [format!("{length}Transfer-Encoding: chunked\r\n"), format!("Transfer-Encoding: chunked\r\n{length}")]
    {
        rig.turns_away(format!("{}{hidden}", with_fields(&fields)), 400, "ambiguous_length");
    }
    rig.end();
}

#[test]
fn no_host_and_two_hosts() {
    let rig = Rig::new();
    rig.turns_away("POST /bad HTTP/1.1\r\nContent-Length: 0\r\n\r\n", 400, "no_host");
    rig.turns_away(with_fields("Host: b\r\n"), 400, "two_hosts");
    rig.turns_away(with_fields("host: a\r\n"), 400, "two_hosts");
    rig.end();
}

#[test]
fn http_1_0_needs_no_host() {
    // Nobody has to send one before HTTP/1.1 (RFC 9112, 3.2); without one it is a delivery.
    let rig = Rig::new();
    let (signature, body) = koji(99);
    let head = format!(
        "POST /honest HTTP/1.0\r\nX-Koji-Signature: {signature}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    let request = [head.as_bytes(), body.as_slice()].concat();
    assert_eq!(status_of(&raw_exchange(rig.listening.address, &request)), 200);
    assert_eq!(rig.listening.next("delivery")["verdict"]["code"], "verified");
    rig.turns_away("POST /bad HTTP/1.0\r\nHost: a\r\nHost: a\r\n\r\n", 400, "two_hosts");
    rig.turns_away("POST /bad HTTP/1.0\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", 400, "bad_http");
}

#[test]
fn bytes_that_are_not_http() {
    let rig = Rig::new();
    let tls_hello = [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], &[0x42; 500]].concat();
    for bytes in
        [&tls_hello[..], b"\x00\xff\r\n\r\n", b"SSH-2.0-OpenSSH_9.9\r\n\r\n", b"{\"json\":1}\r\n\r\n"]
    {
        rig.turns_away(bytes, 400, "bad_http");
    }
    rig.end();
}

#[test]
fn line_ends_and_nothing_else() {
    let rig = Rig::new();
    for (ends, status, code) in [
        ("\n\n\n".to_owned(), 400, "incomplete_head"),
        ("\r\n".repeat(5_000), 400, "incomplete_head"),
        ("\r\n".repeat(100_000), 431, "head_too_large"),
    ] {
        let answer = end_after(rig.listening.address, ends.as_bytes());
        assert_eq!(status_of(&answer), status, "{} line ends", ends.len());
        rig.recorded(status, code);
    }
    // Before a request they are legal, and behind one they are nobody's mistake.
    let (signature, body) = koji(1);
    let length = body.len();
    let head = format!(
        "POST /honest HTTP/1.1\r\nHost: a\r\nX-Koji-Signature: {signature}\r\nContent-Length: {length}"
    );
    let request = [b"\r\n\n", head.as_bytes(), b"\r\n\r\n", body.as_slice(), b"\r\n"].concat();
    assert_eq!(status_of(&end_after(rig.listening.address, &request)), 200);
    assert_eq!(rig.listening.next("duplicate")["path"], "/honest");
    assert_eq!(rig.listening.stop().1.last().unwrap()["rejected"], 3);
}

#[test]
fn a_client_that_stops_half_way_and_goes() {
    let rig = Rig::new();
    for (bytes, code) in [
        (with_fields("X-Ha").trim_end().to_owned(), "incomplete_head"),
        (with_fields("Content-Length: 9\r\n") + "half", "incomplete_body"),
        (with_fields("Transfer-Encoding: chunked\r\n") + "9\r\nhalf", "incomplete_body"),
    ] {
        let answer = end_after(rig.listening.address, bytes.as_bytes());
        assert_eq!(status_of(&answer), 400, "{bytes:?}");
        let record = rig.listening.next("rejected");
        assert_eq!(record["code"], code, "{record}");
        rig.served.set(rig.served.get() + 1);
        assert_eq!(honest(rig.listening.address, rig.served.get()), 200);
        rig.listening.next("delivery");
    }
    rig.end();
}

#[test]
fn a_client_that_stops_half_way_and_stays() {
    let folder = tempfile::tempdir().unwrap();
    let mut strict = options(AnswerPolicy::Strict, &[]);
    let short = Duration::from_millis(100);
    strict.limits =
        Limits { head_timeout: short, body_idle_timeout: short, linger: short, ..Limits::default() };
    let job = Job::start(&folder.path().join("journal.db"), strict);
    for (number, bytes, code) in [
        (0, String::new(), "head_timeout"),
        (1, "POST / HTTP/1.1\r\nHost: a\r\nX-Ha".to_owned(), "head_timeout"),
        (2, with_fields("Content-Length: 9\r\n") + "half", "body_timeout"),
        (3, with_fields("Transfer-Encoding: chunked\r\n") + "9\r\nhalf", "body_timeout"),
    ] {
        // A connection that never said anything is closed, and is nobody's mistake.
        let answer = raw_exchange(job.address, bytes.as_bytes());
        let silent = bytes.is_empty();
        assert!(status_of(&answer) == 408 || silent, "{bytes:?}: {}", status_of(&answer));
        if !silent {
            let rejected = job.next(|event| match event {
                Event::Rejected(rejected) => Some(rejected),
                _ => None,
            });
            let Rejected { status, code: found, .. } = &rejected;
            assert_eq!((*status, *found), (Some(408), code), "{rejected:?}");
        }
        assert_eq!(honest(job.address, number), 200);
    }
    job.stop();
}

#[test]
fn in_text_the_user_sees_why_as_well() {
    let home = Home::default();
    let mut command = home.command(["listen", "--port", "0", "--until", "1", "--for", "60s"]);
    let mut child = command.spawn().unwrap();
    let mut errors = std::io::BufReader::new(child.stderr.take().unwrap());
    let address = loop {
        let mut line = String::new();
        assert_ne!(std::io::BufRead::read_line(&mut errors, &mut line).unwrap(), 0);
        if let Some(address) = line.trim().strip_prefix("listening on http://") {
            break address.parse().unwrap();
        }
    };
    assert_eq!(status_of(&raw_exchange(address, b"\x1b[2J nonsense \xff\r\n\r\n")), 400);
    assert_eq!(post(address, "/good", &[], b"{}"), 200);
    let mut text = String::new();
    errors.read_to_string(&mut text).unwrap();
    let output = child.wait_with_output().unwrap();
    let said = format!("{}{text}", String::from_utf8_lossy(&output.stdout));
    assert!(said.contains("rejected") && said.contains("400"), "{said}");
    assert!(!said.contains('\x1b'), "{said:?}");
    assert_eq!(output.status.code(), Some(0));
}
