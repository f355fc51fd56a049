//! What targets answer: whole in every form, cut off where it has no end.

use super::*;

/// Sends `part` without end, until the connection breaks; says how much left.
fn endless(start: &'static [u8], part: Vec<u8>) -> (SocketAddr, mpsc::Receiver<usize>) {
    let (sent, how_much) = mpsc::channel();
    let address = after_request(move |stream| {
        let mut total = 0;
        let mut alive = stream.write_all(start).is_ok();
        while alive && total < 100 << 20 {
            alive = stream.write_all(&part).is_ok();
            total += part.len();
        }
        let _ = sent.send(total);
    });
    (address, how_much)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_without_end_is_cut_at_the_limit() {
    let chunk = [b"10000\r\n".to_vec(), vec![b'a'; 0x10000], b"\r\n".to_vec()].concat();
    let (endless_body, body_sent) = endless(b"HTTP/1.1 200 OK\r\n\r\n", vec![b'a'; 65_536]);
    let (endless_chunks, chunks_sent) =
        endless(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", chunk);
    let (endless_head, head_sent) = endless(b"HTTP/1.1 200 OK\r\nX: ", vec![b'a'; 65_536]);
    let (many_fields, fields_sent) = endless(b"HTTP/1.1 200 OK\r\n", b"Set-Cookie: a=b\r\n".repeat(4_000));
    let (interim, interim_sent) = endless(b"", b"HTTP/1.1 103 Early Hints\r\n\r\n".repeat(2_000));
    let cap = forwarder(|options| options.max_answer = 1 << 20);
    for (name, address, sent, kind) in [
        ("body", endless_body, body_sent, FailureKind::TooLarge),
        ("chunks", endless_chunks, chunks_sent, FailureKind::TooLarge),
        ("head", endless_head, head_sent, FailureKind::TooLarge),
        ("fields", many_fields, fields_sent, FailureKind::TooLarge),
    ] {
        assert_eq!(failed(attempt_with(&cap, address, b"{}").await).kind, kind, "{name}");
        let total = tokio::task::spawn_blocking(move || sent.recv().unwrap()).await.unwrap();
        assert!(total < 32 << 20, "{name}: {total} bytes left the target");
    }
    // Interim heads take no memory; the deadline or the sender ends them.
    let bounded = forwarder(|options| options.timeout = Duration::from_millis(300));
    let kind = failed(attempt_with(&bounded, interim, b"{}").await).kind;
    assert!(matches!(kind, FailureKind::Timeout | FailureKind::Reset), "{kind}");
    tokio::task::spawn_blocking(move || interim_sent.recv().unwrap()).await.unwrap();
}

#[tokio::test]
async fn a_declared_length_over_the_limit_is_refused_unread() {
    let address = answering("HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551000\r\n\r\nabc");
    assert_eq!(failed(attempt(address).await).kind, FailureKind::TooLarge);
    let cap = forwarder(|options| options.max_answer = 5);
    for (length, fits) in [(4, true), (5, true), (6, false)] {
        let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n{}", "a".repeat(length));
        let attempt = attempt_with(&cap, answering(answer), b"{}").await;
        assert_eq!(attempt.outcome.status().is_some(), fits, "{length}");
    }
}

#[tokio::test]
async fn every_whole_answer_is_read_whatever_its_form() {
    for (name, answer, status, body) in [
        (
            "chunked",
            "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n3;x=y\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: 1\r\n\r\n",
            200,
            "abcde",
        ),
        (
            "interim first",
            "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 422 No\r\nContent-Length: 2\r\n\r\nno",
            422,
            "no",
        ),
        (
            "close-delimited 1.0",
            "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\n\r\nuntil the end",
            200,
            "until the end",
        ),
        ("close-delimited 1.1", "HTTP/1.1 500 Oops\r\n\r\ntrace", 500, "trace"),
        ("no content", "HTTP/1.1 204 No Content\r\n\r\n", 204, ""),
        ("no reason", "HTTP/1.1 200\r\nContent-Length: 1\r\n\r\nx", 200, "x"),
        ("odd status", "HTTP/1.1 799 Odd\r\nContent-Length: 0\r\n\r\n", 799, ""),
        ("bare line feeds", "HTTP/1.1 200 OK\nX-A: 1\nContent-Length: 2\n\nok", 200, "ok"),
    ] {
        let answer = answered(attempt(answering(answer)).await);
        assert_eq!((answer.status, answer.body.as_ref()), (status, body.as_bytes()), "{name}");
    }
}

#[tokio::test]
async fn the_answers_fields_keep_order_case_repeats_and_bytes() {
    let raw = b"HTTP/1.1 200 OK\r\nX-Zed: 1\r\nset-cookie: a=1\r\nContent-LENGTH: 0\r\nx-latin: caf\xe9\r\nSet-Cookie: b=2\r\nX-Empty:\r\n\r\n";
    let answer = answered(attempt(answering(&raw[..])).await);
    let fields: Vec<(&str, &[u8])> = answer.headers.iter().map(|field| (field.name, field.value)).collect();
    assert_eq!(
        fields,
        [
            ("X-Zed", &b"1"[..]),
            ("set-cookie", b"a=1"),
            ("Content-LENGTH", b"0"),
            ("x-latin", b"caf\xe9"),
            ("Set-Cookie", b"b=2"),
            ("X-Empty", b""),
        ]
    );
    assert_eq!(answer.headers.block(), &raw[17..raw.len() - 2]);
}

#[tokio::test]
async fn a_head_request_has_an_answer_without_a_body_and_connect_is_invalid() {
    let address = server(|mut stream, _| {
        while read_request(&mut stream).is_some() {
            stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n").unwrap();
        }
    });
    let forwarder = forwarder(|_| {});
    for _ in 0..2 {
        let head = Head::build("HEAD", "/", [("Host", "a")]).unwrap();
        let answer = answered(forwarder.attempt(&target(address), &head, &Bytes::new(), 1).await);
        assert_eq!((answer.status, answer.body.len()), (200, 0));
    }
    let connect = Head::build("CONNECT", "a:1", [("Host", "a")]).unwrap();
    let failure = failed(forwarder.attempt(&target(address), &connect, &Bytes::new(), 1).await);
    assert_eq!(failure.kind, FailureKind::Invalid);
}
