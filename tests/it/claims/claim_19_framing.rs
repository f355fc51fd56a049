//! Claim 19: of 64 ways to frame a request, each is answered with an error and
//! said, or delivered whole; a request hidden in a body never reaches the target.

use crate::harness::target::Application;
use crate::harness::{Home, PATIENCE, status_of};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

/// What must become of a request.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Fate {
    /// Answered with this status, and said as rejected.
    Refused(u16),
    /// Delivered and passed on with exactly this body.
    Whole(&'static str),
}
use Fate::{Refused, Whole};

const HIDDEN: &str = "POST /smuggled HTTP/1.1\r\nHost: a\r\nContent-Length: 0\r\n\r\n";

/// The header lines (or the whole request when it begins with `!`), the body, and the fate.
fn cases() -> Vec<(String, String, Fate)> {
    let length = HIDDEN.len();
    let chunked = "Transfer-Encoding: chunked";
    let hidden = |lines: String, status| (lines, format!("0\r\n\r\n{HIDDEN}"), Refused(status));
    let whole = |lines: &str, body: &str, kept| (lines.to_owned(), body.to_owned(), Whole(kept));
    let chunks = |body: &str, fate| (chunked.to_owned(), body.to_owned(), fate);
    let raw = |request: &str, status| (format!("!{request}"), HIDDEN.to_owned(), Refused(status));
    vec![
        // Two lengths, or none that can be believed.
        hidden(format!("Content-Length: {length}\r\n{chunked}"), 400),
        hidden(format!("{chunked}\r\nContent-Length: {length}"), 400),
        hidden(format!("{chunked}\r\nContent-Length: 0"), 400),
        hidden("Content-Length: 5\r\nContent-Length: 6".to_owned(), 400),
        hidden("Content-Length: 0\r\nContent-Length: 0".to_owned(), 400),
        hidden("Content-Length: +7".to_owned(), 400),
        hidden("Content-Length: -7".to_owned(), 400),
        hidden("Content-Length: 0x7".to_owned(), 400),
        hidden("Content-Length: 7,7".to_owned(), 400),
        hidden("Content-Length: 7, 7".to_owned(), 400),
        hidden("Content-Length: 7 7".to_owned(), 400),
        hidden("Content-Length: 7abc".to_owned(), 400),
        hidden("Content-Length: 7.0".to_owned(), 400),
        hidden("Content-Length: 1e1".to_owned(), 400),
        hidden("Content-Length: \"7\"".to_owned(), 400),
        hidden("Content-Length:".to_owned(), 400),
        hidden("Content-Length: 18446744073709551616".to_owned(), 400),
        hidden("Content-Length: 18446744073709551615".to_owned(), 431),
        hidden("Content-Length: 18446744073709551614".to_owned(), 431),
        hidden("Content-Length: 18446744073709551613".to_owned(), 413),
        hidden("Content-Length: 9223372036854775807".to_owned(), 413),
        hidden("Content-Length : 7".to_owned(), 400),
        hidden("\u{ff23}ontent-Length: 7".to_owned(), 400),
        // Encodings that somebody might read as chunked.
        hidden("Transfer-Encoding: xchunked".to_owned(), 400),
        hidden("Transfer-Encoding: identity".to_owned(), 400),
        hidden("Transfer-Encoding: chunked, identity".to_owned(), 400),
        hidden("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity".to_owned(), 400),
        hidden("Transfer-Encoding: gzip, chunked".to_owned(), 501),
        hidden("Transfer-Encoding: identity\r\nTransfer-Encoding: chunked".to_owned(), 501),
        hidden("Transfer-Encoding : chunked".to_owned(), 400),
        hidden("Transfer-Encoding: \u{b}chunked".to_owned(), 400),
        hidden("Transfer-Encoding: \"chunked\"".to_owned(), 400),
        hidden("Transfer-Encoding:".to_owned(), 400),
        // Lines that are none.
        hidden("X: a\r\n folded: b".to_owned(), 400),
        hidden("X: a\rY: b".to_owned(), 400),
        hidden("X: a\nY: b".to_owned(), 400),
        hidden("X: a\0b".to_owned(), 400),
        hidden("X\0: a".to_owned(), 400),
        hidden(": nameless".to_owned(), 400),
        hidden("no colon".to_owned(), 400),
        hidden("Expect: foo".to_owned(), 417),
        hidden("Connection: close, x-koji-signature".to_owned(), 400),
        // Chunks.
        chunks(&format!("5\nhello\r\n0\r\n\r\n{HIDDEN}"), Refused(400)),
        chunks(&format!("5\r\nhelloX0\r\n\r\n{HIDDEN}"), Refused(400)),
        chunks(&format!("FFFFFFFFFFFFFFFFF\r\n{HIDDEN}"), Refused(400)),
        chunks(&format!("-1\r\n{HIDDEN}"), Refused(400)),
        chunks(&format!("0x5\r\nhello\r\n0\r\n\r\n{HIDDEN}"), Refused(400)),
        chunks(&format!("5;\nx\r\nhello\r\n0\r\n\r\n{HIDDEN}"), Refused(400)),
        chunks("5\r\nhello\r\n", Refused(400)),
        chunks("5\r\nhello\r\n0\r\n", Refused(400)),
        chunks("5;name=value\r\nhello\r\n0\r\n\r\n", Whole("hello")),
        chunks("2\r\nhe\r\n003\r\nllo\r\n0\r\nX-Koji-Signature: sha256=00\r\n\r\n", Whole("hello")),
        // Request lines and hosts.
        raw("POST /c HTTP/1.1\r\n\r\n", 400),
        raw("POST /c HTTP/1.1\r\nHost: a\r\nHost: a\r\n\r\n", 400),
        raw("POST /c HTTP/1.1\r\nHost: a@b\r\n\r\n", 400),
        raw("POST http://elsewhere/c HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        raw("POST * HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        raw("POST /c\r\n\r\n", 400),
        raw("POST /c HTTP/2.0\r\nHost: a\r\n\r\n", 400),
        raw("POST  /c HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        raw("POST /c\0 HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        raw("POST\t/c HTTP/1.1\r\nHost: a\r\n\r\n", 400),
        // What looks odd and is in order.
        whole("Content-Length: 5\r\nX: \u{e9}\u{1f600}", "hello", "hello"),
        whole("content-LENGTH: 5\r\nx-koji-signature: a\r\nX-Koji-Signature: b", "hello", "hello"),
        whole("Content-Length: 5\r\nUpgrade: websocket\r\nConnection: upgrade", "hello", "hello"),
        whole("Content-Length: 005", "hello", "hello"),
        ("Content-Length: 5".to_owned(), "hell".to_owned(), Refused(400)),
        (format!("Content-Length: {length}"), HIDDEN.to_owned(), Whole(HIDDEN)),
    ]
}

/// Sends all of it, ends the sender's side, and reads to the end.
fn exchange(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    // A refusal may come, and the connection end, before all was sent.
    drop(stream.write_all(request));
    drop(stream.shutdown(Shutdown::Write));
    let mut answer = Vec::new();
    drop(stream.read_to_end(&mut answer));
    answer
}

#[test]
fn each_framing_is_refused_and_said_or_delivered_whole() {
    let (home, target) = (Home::default(), Application::start());
    let listening = home.listen(["--forward", &target.url()]);
    let cases = cases();
    assert!(cases.len() >= 64, "{}", cases.len());
    let mut expected = Vec::new();
    for (number, (lines, body, fate)) in cases.iter().enumerate() {
        let request = match lines.strip_prefix('!') {
            Some(whole) => format!("{whole}{body}"),
            None => format!("POST /case-{number} HTTP/1.1\r\nHost: a\r\n{lines}\r\n\r\n{body}"),
        };
        let answer = exchange(listening.address, request.as_bytes());
        let case = format!("case {number} {lines:?}");
        match fate {
            Refused(status) => {
                assert_eq!(status_of(&answer), *status, "{case}");
                let rejected = listening.next("rejected");
                assert_eq!(rejected["status"], *status, "{case}: {rejected}");
                let reason = rejected["reason"].as_str().unwrap();
                assert!(!reason.is_empty() && !reason.contains("header fields"), "{case}: {reason}");
            }
            Whole(body) => {
                assert_eq!(status_of(&answer), 200, "{case}");
                listening.next("delivery");
                expected.push((format!("/case-{number}"), body.as_bytes().to_vec()));
            }
        }
        let answers = answer.windows(7).filter(|window| window == b"HTTP/1.").count();
        assert_eq!(answers, 1, "{case}: {}", String::from_utf8_lossy(&answer));
    }
    assert_eq!(listening.stop().0, 0);
    let received: Vec<_> =
        target.received().iter().map(|request| (request.target(), request.body.clone())).collect();
    assert_eq!(received, expected, "another request than the ones delivered reached the target");
    assert_eq!(home.run(["events", "list", "--json"]).expect(0).records().len(), expected.len());
}

#[test]
fn the_detector_sees_a_request_that_hides_behind_another() {
    let (home, target) = (Home::default(), Application::start());
    let listening = home.listen(["--forward", &target.url()]);
    // Honest pipelining: the second request is meant, so it must be seen.
    let request = format!("POST /case HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\nhello{HIDDEN}");
    exchange(listening.address, request.as_bytes());
    assert_eq!(listening.stop().0, 0);
    let targets: Vec<_> =
        target.received().iter().map(super::super::harness::target::Received::target).collect();
    assert_eq!(targets, ["/case", "/smuggled"]);
}
