//! Bad input over raw sockets. Each case gets a clear answer or a close, a
//! rejection that names the reason, and leaves the receiver able to serve.

use crate::wire::{HONEST, Rig, Wire};
use hookctl::serve::{Limits, Rejection};
use std::time::Duration;

fn short() -> Limits {
    Limits {
        head_timeout: Duration::from_millis(150),
        body_idle_timeout: Duration::from_millis(150),
        linger: Duration::from_millis(200),
        ..Limits::default()
    }
}

/// Sends `bytes`, expects `status` and a close, then the rejection; nothing is
/// delivered, and an honest request is served afterwards.
async fn turned_away(rig: &mut Rig, bytes: impl AsRef<[u8]>, status: u16, code: &str) -> Rejection {
    let before = rig.deliveries().len();
    let mut wire = Wire::connect(rig.address).await;
    wire.send_in_vain(bytes.as_ref(), 1).await;
    let answer = wire.answer().await;
    let case = String::from_utf8_lossy(bytes.as_ref()).chars().take(120).collect::<String>();
    assert_eq!(answer.as_ref().map(|answer| answer.status), Some(status), "{case:?}");
    wire.closed().await;
    let rejection = rig.rejection().await;
    assert_eq!((rejection.status, rejection.code), (Some(status), code), "{case:?}: {rejection:?}");
    assert_eq!(rejection.peer, wire.stream.local_addr().unwrap());
    assert!(!rejection.reason.is_empty());
    assert_eq!(rig.deliveries().len(), before, "{case:?} was delivered");
    rig.serves().await;
    rejection
}

#[tokio::test]
async fn a_request_line_and_a_header_line_have_a_limit() {
    let mut rig = Rig::new(Limits::default());
    let limits = Limits::default();
    let target = |line: usize| "a".repeat(line - "POST / HTTP/1.1".len());
    let request = |line| format!("POST /{} HTTP/1.1\r\nHost: a\r\n\r\n", target(line));
    for line in [limits.max_request_line - 1, limits.max_request_line] {
        let mut wire = Wire::connect(rig.address).await;
        wire.send(request(line)).await;
        assert_eq!(wire.status().await, Some(200), "{line}");
    }
    turned_away(&mut rig, request(limits.max_request_line + 1), 414, "request_line_too_long").await;

    let value = |line: usize| "v".repeat(line - "Long: ".len());
    let request = |line| format!("POST / HTTP/1.1\r\nHost: a\r\nLong: {}\r\n\r\n", value(line));
    for line in [limits.max_header_line - 1, limits.max_header_line] {
        let mut wire = Wire::connect(rig.address).await;
        wire.send(request(line)).await;
        assert_eq!(wire.status().await, Some(200), "{line}");
    }
    turned_away(&mut rig, request(limits.max_header_line + 1), 431, "header_line_too_long").await;
}

#[tokio::test]
async fn a_head_has_a_limit() {
    let mut rig = Rig::new(Limits::default());
    let limit = Limits::default().max_head;
    let request = |size: usize| {
        let mut head = String::from("POST / HTTP/1.1\r\nHost: a\r\n");
        while size - head.len() > 16_000 {
            head.push_str(&format!("Long: {}\r\n", "v".repeat(8_000)));
        }
        let rest = size - head.len() - "Long: \r\n\r\n".len();
        format!("{head}Long: {}\r\n\r\n", "v".repeat(rest))
    };
    for size in [limit - 1, limit] {
        let mut wire = Wire::connect(rig.address).await;
        wire.send(request(size)).await;
        assert_eq!(wire.status().await, Some(200), "{size}");
    }
    turned_away(&mut rig, request(limit + 1), 431, "head_too_large").await;
}

#[tokio::test]
async fn an_endless_header_line_is_cut_off() {
    let mut rig = Rig::new(Limits::default());
    let mut wire = Wire::connect(rig.address).await;
    wire.send("POST / HTTP/1.1\r\nHost: a\r\nLong: ").await;
    wire.send_in_vain(&[b'v'; 16 << 10], 1 << 10).await;
    let rejection = rig.rejection().await;
    assert_eq!((rejection.status, rejection.code), (Some(431), "head_too_large"));
    rig.serves().await;
}

#[tokio::test]
async fn a_hundred_headers_pass_and_one_more_does_not() {
    let mut rig = Rig::new(Limits::default());
    let request =
        |count: usize| format!("POST / HTTP/1.1\r\nHost: a\r\n{}\r\n", "X: y\r\n".repeat(count - 1));
    for count in [99, 100] {
        let mut wire = Wire::connect(rig.address).await;
        wire.send(request(count)).await;
        assert_eq!(wire.status().await, Some(200), "{count}");
    }
    for count in [101, 128, 129, 2_000] {
        turned_away(&mut rig, request(count), 431, "too_many_headers").await;
    }
}

#[tokio::test]
async fn a_body_has_a_limit_declared_or_chunked() {
    let mut rig = Rig::new(Limits { max_body: 1000, ..Limits::default() });
    let sized = |size: usize| {
        format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {size}\r\n\r\n{}", "b".repeat(size))
    };
    let chunked = |size: usize| {
        let half = size / 2;
        let (first, second) = ("b".repeat(half), "b".repeat(size - half));
        format!(
            "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{half:x}\r\n{first}\r\n{:x}\r\n{second}\r\n0\r\n\r\n",
            size - half
        )
    };
    for size in [999, 1000] {
        for request in [sized(size), chunked(size)] {
            let mut wire = Wire::connect(rig.address).await;
            wire.send(request).await;
            assert_eq!(wire.answer().await.unwrap().body.len(), size);
        }
    }
    turned_away(&mut rig, sized(1001), 413, "body_too_large").await;
    turned_away(&mut rig, chunked(1001), 413, "body_too_large").await;
}

#[tokio::test]
async fn a_declared_giant_is_refused_before_its_body() {
    let mut rig = Rig::new(Limits::default());
    for length in ["26214401", "1000000000", "4611686018427387904", "9223372036854775807"] {
        let request = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\n\r\nabcde");
        turned_away(&mut rig, request, 413, "body_too_large").await;
    }
    // Who asks first is told without a `100 Continue`.
    let request = "POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n";
    turned_away(&mut rig, request, 413, "body_too_large").await;
}

#[tokio::test]
async fn a_sender_of_a_giant_reads_the_answer_not_a_reset() {
    let mut rig = Rig::new(Limits { max_body: 1000, ..Limits::default() });
    let request =
        format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 300000\r\n\r\n{}", "b".repeat(300_000));
    turned_away(&mut rig, request, 413, "body_too_large").await;
}

#[tokio::test]
async fn endless_chunks_are_cut_off() {
    let mut rig = Rig::new(Limits { max_body: 64 << 10, ..Limits::default() });
    let mut wire = Wire::connect(rig.address).await;
    wire.send("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n").await;
    let chunk = [&b"1000\r\n"[..], &[b'c'; 0x1000], b"\r\n"].concat();
    wire.send_in_vain(&chunk, 1 << 20).await;
    let rejection = rig.rejection().await;
    assert_eq!((rejection.status, rejection.code), (Some(413), "body_too_large"));
    assert!(rig.deliveries().is_empty());
    rig.serves().await;
}

#[tokio::test]
async fn ambiguous_framing_is_rejected_and_what_hides_in_the_body_never_arrives() {
    let mut rig = Rig::new(Limits::default());
    let hidden = "GET /smuggled HTTP/1.1\r\nHost: a\r\n\r\n";
    let length = hidden.len();
    for (fields, status, code) in [
        ("Content-Length: 5\r\nContent-Length: 6\r\n".to_owned(), 400, "bad_length"),
        ("Content-Length: 0\r\nContent-Length: 0\r\n".to_owned(), 400, "two_lengths"),
        (format!("Content-Length: {length}\r\nTransfer-Encoding: chunked\r\n"), 400, "ambiguous_length"),
        (format!("Transfer-Encoding: chunked\r\nContent-Length: {length}\r\n"), 400, "ambiguous_length"),
        ("Content-Length: 44abc\r\n".to_owned(), 400, "bad_length"),
        ("Content-Length: +7\r\n".to_owned(), 400, "bad_length"),
        ("Content-Length: -7\r\n".to_owned(), 400, "bad_length"),
        ("Content-Length: 0x7\r\n".to_owned(), 400, "bad_length"),
        ("Content-Length: 7,7\r\n".to_owned(), 400, "bad_length"),
        ("Content-Length: 7 7\r\n".to_owned(), 400, "bad_length"),
        ("Content-Length:\r\n".to_owned(), 400, "bad_length"),
        ("Content-Length: 18446744073709551616\r\n".to_owned(), 400, "bad_length"),
        ("Transfer-Encoding: identity\r\n".to_owned(), 400, "bad_length"),
        ("Transfer-Encoding: xchunked\r\n".to_owned(), 400, "bad_length"),
        ("Transfer-Encoding: chunked, identity\r\n".to_owned(), 400, "bad_length"),
        ("Transfer-Encoding: chunked\r\nTransfer-Encoding: identity\r\n".to_owned(), 400, "bad_length"),
        ("Transfer-Encoding: gzip, chunked\r\n".to_owned(), 501, "bad_transfer_encoding"),
        (
            "Transfer-Encoding: identity\r\nTransfer-Encoding: chunked\r\n".to_owned(),
            501,
            "bad_transfer_encoding",
        ),
        ("Transfer-Encoding : chunked\r\n".to_owned(), 400, "bad_http"),
        ("X: a\r\n b\r\n".to_owned(), 400, "bad_http"),
        ("X: a\rb\r\n".to_owned(), 400, "bad_http"),
        ("X: a\0b\r\n".to_owned(), 400, "bad_http"),
        ("X: a\n".to_owned(), 400, "bare_line_feed"),
        ("Expect: 200-ok\r\n".to_owned(), 417, "bad_expect"),
        ("Connection: close, x-koji-signature\r\n".to_owned(), 400, "protected_header"),
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: a\r\n{fields}\r\n0\r\n\r\n{hidden}");
        turned_away(&mut rig, request, status, code).await;
    }
    let targets: Vec<_> = rig.deliveries().iter().map(|delivery| delivery.head.target().to_owned()).collect();
    assert!(targets.iter().all(|target| target == "/hooks"), "{targets:?}");
}

#[tokio::test]
async fn bad_chunks_are_never_a_delivery() {
    let mut rig = Rig::new(Limits::default());
    for chunks in [
        "5\nhello\r\n0\r\n\r\n",
        "5\r\nhelloX0\r\n\r\n",
        "x\r\n\r\n",
        "-5\r\nhello\r\n0\r\n\r\n",
        "5;a\n\r\nhello\r\n0\r\n\r\n",
        "FFFFFFFFFFFFFFFFF\r\n\r\n",
    ] {
        let request = format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        turned_away(&mut rig, request, 400, "bad_body").await;
    }
    let extension = format!("5;{}\r\nhello\r\n0\r\n\r\n", "e".repeat(20_000));
    let trailers = format!("0\r\n{}\r\n", format!("T: {}\r\n", "t".repeat(1000)).repeat(70));
    let many = format!("0\r\n{}\r\n", "T: 1\r\n".repeat(200));
    for chunks in [extension, trailers, many] {
        let request = format!("POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n{chunks}");
        turned_away(&mut rig, request, 400, "bad_body").await;
    }
}

#[tokio::test]
async fn no_host_two_hosts_and_hostile_hosts_are_rejected() {
    let mut rig = Rig::new(Limits::default());
    for (request, code) in [
        ("POST / HTTP/1.1\r\n\r\n", "no_host"),
        ("POST / HTTP/1.1\r\nHost: a\r\nHost: b\r\n\r\n", "two_hosts"),
        ("POST / HTTP/1.1\r\nHost: a/../<b>\r\n\r\n", "bad_host"),
        ("POST / HTTP/1.1\r\nHost: user@a\r\n\r\n", "bad_host"),
        ("POST http://elsewhere/ HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
        ("OPTIONS * HTTP/1.1\r\nHost: a\r\n\r\n", "bad_target"),
    ] {
        turned_away(&mut rig, request, 400, code).await;
    }
}

#[tokio::test]
async fn bytes_that_are_not_http_are_answered_and_named() {
    let mut rig = Rig::new(Limits::default());
    let tls_hello = [&b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"[..], &[0x42; 500]].concat();
    for bytes in [
        &tls_hello[..],
        b"\x00\x01\x02\x03\xff\r\n\r\n",
        b"hello\r\n\r\n",
        b"SSH-2.0-x\r\n\r\n",
        b"GET /\r\n\r\n",
        b"GET / HTTP/2.0\r\n\r\n",
        b"GET / HTTP/9\r\n\r\n",
        b"{\"json\":1}\r\n\r\n",
    ] {
        turned_away(&mut rig, bytes, 400, "bad_http").await;
    }
}

#[tokio::test]
async fn a_sender_that_stops_half_way_is_told_and_recorded() {
    let mut rig = Rig::new(short());
    turned_away(&mut rig, "POST / HTTP/1.1\r\nHost: a\r\nX-Ha", 408, "head_timeout").await;
    // The beginning of `POST` and of HTTP/2's preface: not known yet which of them it is.
    turned_away(&mut rig, "P", 408, "head_timeout").await;
    turned_away(&mut rig, "PRI * HT", 408, "head_timeout").await;
    let sized = "POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf";
    let rejection = turned_away(&mut rig, sized, 408, "body_timeout").await;
    assert_eq!(rejection.reason, "the body came too slowly: 4 of 9 bytes so far");
    let chunked = "POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal";
    turned_away(&mut rig, chunked, 408, "body_timeout").await;
    // Also when it is not the first request of its connection.
    let mut wire = Wire::connect(rig.address).await;
    wire.send([HONEST, b"POST / HT"].concat()).await;
    assert_eq!(wire.status().await, Some(200));
    assert_eq!(wire.status().await, Some(408));
    assert_eq!(rig.rejection().await.code, "head_timeout");
}

#[tokio::test]
async fn a_trickled_head_or_body_has_a_deadline_however_steady() {
    let mut rig = Rig::new(Limits { body_timeout: Duration::from_millis(200), ..short() });
    for (start, code) in [
        ("POST / HTTP/1.1\r\nHost: a\r\nX: ", "head_timeout"),
        ("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 100000\r\n\r\n", "body_timeout"),
    ] {
        let mut wire = Wire::connect(rig.address).await;
        wire.send(start).await;
        let rejection = loop {
            tokio::select! {
                rejection = rig.rejection() => break rejection,
                () = tokio::time::sleep(Duration::from_millis(5)) => wire.send_in_vain(b"x", 1).await,
            }
        };
        assert_eq!((rejection.status, rejection.code), (Some(408), code));
        rig.serves().await;
    }
    assert!(rig.deliveries().iter().all(|delivery| delivery.body == "hello"));
}

#[tokio::test]
async fn a_sender_that_ends_half_way_is_told_and_recorded() {
    let mut rig = Rig::new(Limits::default());
    for (bytes, code) in [
        (&b"POST / HTTP/1.1\r\nHost: a\r\nX-Ha"[..], "incomplete_head"),
        (b"P", "incomplete_head"),
        (b"PRI * HT", "incomplete_head"),
        (b"POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\nhalf", "incomplete_body"),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n",
            "incomplete_body",
        ),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n",
            "incomplete_body",
        ),
    ] {
        let mut wire = Wire::connect(rig.address).await;
        wire.send(bytes).await;
        wire.end().await;
        assert_eq!(wire.status().await, Some(400), "{code}");
        wire.closed().await;
        let rejection = rig.rejection().await;
        assert_eq!((rejection.status, rejection.code), (Some(400), code));
        assert!(
            rig.deliveries()
                .iter()
                .all(|delivery| delivery.body == "hello" && delivery.head.target() == "/hooks")
        );
        rig.serves().await;
    }
}

#[tokio::test]
async fn a_sender_that_resets_half_way_is_recorded() {
    let mut rig = Rig::new(Limits::default());
    for (bytes, code) in [
        (&b"POST / HTTP/1.1\r\nHost: a\r\nX-Ha"[..], "incomplete_head"),
        (
            b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n",
            "incomplete_body",
        ),
    ] {
        let mut wire = Wire::connect(rig.address).await;
        wire.send(bytes).await;
        if code == "incomplete_body" {
            assert_eq!(wire.status().await, Some(100));
        }
        wire.stream.set_zero_linger().unwrap();
        drop(wire);
        let rejection = rig.rejection().await;
        // Whether the reset or the bytes are seen first is the system's business.
        assert_eq!(rejection.code, code, "{rejection:?}");
        rig.serves().await;
    }
    assert_eq!(rig.deliveries().len(), 2);
}

#[tokio::test]
async fn answers_that_nobody_reads_are_given_up() {
    let limits = Limits {
        write_timeout: Duration::from_millis(150),
        max_requests_per_connection: u32::MAX,
        ..short()
    };
    let mut rig = Rig::new(limits);
    let mut wire = Wire::connect(rig.address).await;
    let body = "b".repeat(8 << 10);
    let request = format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len());
    let sending = async {
        loop {
            if tokio::io::AsyncWriteExt::write_all(&mut wire.stream, request.as_bytes()).await.is_err() {
                return;
            }
        }
    };
    let rejection = async { rig.rejection().await };
    let (rejection, ()) = tokio::join!(rejection, sending);
    assert_eq!((rejection.status, rejection.code), (None, "write_timeout"));
    rig.serves().await;
}
