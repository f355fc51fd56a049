//! Forwarding over real sockets: against a stack that is not ours (tiny_http)
//! and against raw servers that misbehave in every way a target can.

mod answers;
mod stage;
mod tls;

use bytes::Bytes;
use hookctl::forward::{ForwardOptions, Forwarder};
use hookctl::hook::attempt::{Answer, Attempt, Failure, FailureKind, Outcome};
use hookctl::hook::headers::Head;
use hookctl::hook::target::{PathMode, Target};
use proptest::prelude::*;
use stage::*;
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, mpsc};
use std::thread;
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_target_of_another_stack_gets_every_byte_and_its_answer_comes_back() {
    let server = tiny_http::Server::http("127.0.0.1:0").unwrap();
    let address = server.server_addr().to_ip().unwrap();
    let application = thread::spawn(move || {
        let mut request = server.recv().unwrap();
        let mut body = Vec::new();
        request.as_reader().read_to_end(&mut body).unwrap();
        let seen = (
            request.method().to_string(),
            request.url().to_owned(),
            request
                .headers()
                .iter()
                .map(|field| (field.field.to_string(), field.value.to_string()))
                .collect::<Vec<_>>(),
            body,
        );
        let answer = tiny_http::Response::from_string("made").with_status_code(201);
        request.respond(answer.with_header("X-Made: yes".parse::<tiny_http::Header>().unwrap())).unwrap();
        seen
    });
    let body = b"{\"a\": 1.0}";
    let head = Head::parse(
        format!(
            "POST /hooks//koji?b=%2F&&c HTTP/1.1\r\nX-One: 1\r\nHOST: hooks.example.com\r\nx-koji-SIGNATURE: sha256=ab\r\nX-one: 2\r\nContent-Length: {}\r\n\r\n",
            body.len()
        )
        .into_bytes(),
    )
    .unwrap();
    let forwarder = forwarder(|options| options.extra_headers = vec![("X-Dev".to_owned(), b"me".to_vec())]);
    let attempt = forwarder.attempt(&target(address), &head, &Bytes::from_static(body), 3).await;
    assert_eq!(attempt.target, format!("http://{address}/hooks//koji?b=%2F&&c"));
    assert_eq!(attempt.number, 3);
    let answer = answered(attempt);
    assert_eq!((answer.status, answer.body.as_ref()), (201, &b"made"[..]));
    assert_eq!(answer.headers.iter().filter(|field| field.name == "X-Made").count(), 1);
    let (method, url, headers, seen) = application.join().unwrap();
    assert_eq!(
        (method.as_str(), url.as_str(), seen.as_slice()),
        ("POST", "/hooks//koji?b=%2F&&c", &body[..])
    );
    let headers: Vec<(&str, &str)> =
        headers.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let host = address.to_string();
    assert_eq!(
        headers,
        [
            ("X-One", "1"),
            ("HOST", host.as_str()),
            ("x-koji-SIGNATURE", "sha256=ab"),
            ("X-one", "2"),
            ("Content-Length", "10"),
            ("X-Dev", "me"),
        ]
    );
}

fn field_line() -> impl Strategy<Value = Vec<u8>> {
    let inner = proptest::collection::vec(
        prop_oneof![8 => 0x21_u8..0x7f, 3 => 0x80_u8..=0xff, 1 => Just(b'\t'), 1 => Just(b' ')],
        0..30,
    );
    let spaces = || prop_oneof![Just(""), Just(" "), Just("\t"), Just("  \t ")];
    ("[XxYy]-[A-Za-z0-9!#$%&'*+.^_`|~-]{0,12}", spaces(), inner, spaces()).prop_map(
        |(name, before, value, after)| {
            [name.as_bytes(), b":", before.as_bytes(), value.as_slice(), after.as_bytes()].concat()
        },
    )
}

#[test]
fn random_heads_and_bodies_arrive_byte_for_byte_over_few_connections() {
    let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let connections = Arc::default();
    let address = echo(&connections);
    let forwarder = forwarder(|_| {});
    let requests = AtomicUsize::new(0);
    let input = (
        prop_oneof![Just("POST"), Just("PUT"), Just("GET"), Just("PaTcH"), Just("DELETE")],
        "/[!-~]{0,20}",
        proptest::collection::vec(field_line(), 0..25),
        prop_oneof![4 => proptest::collection::vec(any::<u8>(), 0..300), 1 => proptest::collection::vec(any::<u8>(), 60_000..200_000)],
    );
    let mut runner = proptest::test_runner::TestRunner::new(ProptestConfig::with_cases(300));
    runner
        .run(&input, |(method, path, lines, body)| {
            let length = format!("CONTENT-Length:{}", body.len()).into_bytes();
            let lines = [lines, vec![length]].concat();
            let build = |host: &str| {
                let mut head = format!("{method} {path} HTTP/1.1\r\nhOsT: {host}\r\n").into_bytes();
                for line in &lines {
                    head.extend_from_slice(line);
                    head.extend_from_slice(b"\r\n");
                }
                head.extend_from_slice(b"\r\n");
                head
            };
            let head = Head::parse(build("hooks.example.com")).unwrap();
            let body = Bytes::from(body);
            let answer = answered(runtime.block_on(forwarder.attempt(&target(address), &head, &body, 1)));
            requests.fetch_add(1, Ordering::SeqCst);
            let expected = [build(&address.to_string()), body.to_vec()].concat();
            prop_assert!(
                answer.body == expected,
                "{:?}\n{:?}",
                &answer.body[..answer.body.len().min(600)],
                &expected[..expected.len().min(600)]
            );
            Ok(())
        })
        .unwrap();
    assert_eq!(requests.load(Ordering::SeqCst), 300);
    assert!(connections.load(Ordering::SeqCst) < 30, "connections are reused");
}

#[tokio::test]
async fn an_empty_body_and_one_of_25_mib_arrive_whole() {
    let address = echo(&Arc::default());
    let forwarder = forwarder(|options| options.max_answer = 32 << 20);
    for length in [0, 1, 25 << 20] {
        let body: Vec<u8> = (0..length).map(|at: u32| (at % 251) as u8).collect();
        let answer = answered(attempt_with(&forwarder, address, &body).await);
        assert!(answer.body.ends_with(&body));
        assert!(
            answer.body.starts_with(format!("POST /hooks?x=1 HTTP/1.1\r\nHost: {address}\r\n").as_bytes())
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn many_requests_at_once_never_get_one_anothers_bytes() {
    let connections = Arc::default();
    let address = echo(&connections);
    let forwarder = forwarder(|_| {});
    for _ in 0..5 {
        let mut tasks = tokio::task::JoinSet::new();
        for number in 0..60_usize {
            let forwarder = forwarder.clone();
            tasks.spawn(async move {
                let body = format!("body {number} ").repeat(number * 50);
                let head = Head::build("POST", &format!("/{number}"), [
                    ("Host", "a"), ("X-Number", number.to_string().as_str()), ("Content-Length", body.len().to_string().as_str()),
                ]).unwrap();
                let expected = format!("POST /{number} HTTP/1.1\r\nHost: {address}\r\nX-Number: {number}\r\nContent-Length: {}\r\n\r\n{body}", body.len());
                let answer = answered(forwarder.attempt(&target(address), &head, &Bytes::from(body), 1).await);
                assert!(answer.body == expected.as_bytes());
            });
        }
        while let Some(done) = tasks.join_next().await {
            done.unwrap();
        }
    }
    assert!(connections.load(Ordering::SeqCst) < 300, "connections are reused");
}

#[tokio::test]
async fn a_connection_that_the_target_closed_meanwhile_costs_nothing() {
    let (closed, when_closed) = mpsc::channel();
    let connections = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&connections);
    let address = server(move |mut stream, _| {
        seen.fetch_add(1, Ordering::SeqCst);
        read_request(&mut stream).unwrap();
        // Says nothing of closing, and closes.
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nok").unwrap();
        stream.shutdown(Shutdown::Both).unwrap();
        drop(stream);
        closed.send(()).unwrap();
    });
    let forwarder = forwarder(|_| {});
    let when_closed = Arc::new(std::sync::Mutex::new(when_closed));
    for round in 1..=20 {
        let answer = answered(attempt_with(&forwarder, address, b"{}").await);
        assert_eq!(answer.status, 200, "round {round}");
        let when_closed = Arc::clone(&when_closed);
        tokio::task::spawn_blocking(move || when_closed.lock().unwrap().recv().unwrap()).await.unwrap();
    }
    assert_eq!(connections.load(Ordering::SeqCst), 20);
}

#[tokio::test]
async fn a_connection_that_nobody_uses_is_closed_after_a_while() {
    let (ended, end) = mpsc::channel();
    let connections = Arc::new(AtomicUsize::new(0));
    let seen = Arc::clone(&connections);
    let address = server(move |mut stream, _| {
        seen.fetch_add(1, Ordering::SeqCst);
        while read_request(&mut stream).is_some() {
            stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
        }
        ended.send(()).unwrap();
    });
    let forwarder = forwarder(|_| {});
    assert_eq!(answered(attempt_with(&forwarder, address, b"{}").await).status, 204);
    // The control: it is kept for the next request first.
    assert_eq!(answered(attempt_with(&forwarder, address, b"{}").await).status, 204);
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    tokio::task::spawn_blocking(move || end.recv_timeout(Duration::from_secs(60)).unwrap()).await.unwrap();
}

#[tokio::test]
async fn nobody_listens() {
    let address = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let failure = failed(attempt(address).await);
    assert_eq!(failure.kind, FailureKind::Refused);
    assert!(!failure.detail.is_empty());
    let forwarder = forwarder(|_| {});
    // `localhost` has two families; both refuse.
    let localhost = Target::parse(&format!("localhost:{}", address.port()), None).unwrap();
    let failure = failed(forwarder.attempt(&localhost, &delivery(b""), &Bytes::new(), 1).await);
    assert_eq!(failure.kind, FailureKind::Refused);
}

#[tokio::test]
async fn localhost_finds_a_server_of_either_family() {
    let forwarder = forwarder(|_| {});
    let four = echo(&Arc::default());
    let target = Target::parse(&four.port().to_string(), None).unwrap();
    assert_eq!(answered(forwarder.attempt(&target, &delivery(b""), &Bytes::new(), 1).await).status, 200);
    // A machine without IPv6 has nothing to show here.
    let Ok(six) = TcpListener::bind("[::1]:0") else { return };
    let address = six.local_addr().unwrap();
    thread::spawn(move || {
        let (mut stream, _) = six.accept().unwrap();
        read_request(&mut stream).unwrap();
        stream.write_all(b"HTTP/1.1 204 No Content\r\n\r\n").unwrap();
    });
    let target = Target::parse(&format!("[::1]:{}", address.port()), None).unwrap();
    assert_eq!(answered(forwarder.attempt(&target, &delivery(b""), &Bytes::new(), 1).await).status, 204);
}

#[tokio::test]
async fn a_name_without_an_address() {
    let target = Target::parse("no-such-host.invalid:3000", None).unwrap();
    let failure = failed(forwarder(|_| {}).attempt(&target, &delivery(b""), &Bytes::new(), 1).await);
    assert_eq!(failure.kind, FailureKind::Unresolved);
}

#[tokio::test]
async fn a_target_that_hangs_is_a_timeout_wherever_it_hangs() {
    let (hold, held) = mpsc::channel::<()>();
    let held = Arc::new(std::sync::Mutex::new(held));
    let forwarder = forwarder(|options| options.timeout = Duration::from_millis(500));
    let half_answers: [&'static [u8]; 4] = [
        b"",
        b"HTTP/1.1 200 O",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 100 Continue\r\n\r\n",
    ];
    for half in half_answers {
        let held = Arc::clone(&held);
        let address = after_request(move |stream| {
            stream.write_all(half).unwrap();
            let _ = held.lock().unwrap().recv();
        });
        let attempt = attempt_with(&forwarder, address, b"{}").await;
        assert!(attempt.duration >= Duration::from_millis(500) && attempt.duration < Duration::from_secs(10));
        assert_eq!(failed(attempt).kind, FailureKind::Timeout, "{half:?}");
    }
    drop(hold);
}

#[tokio::test]
async fn without_a_deadline_a_slow_target_is_waited_for() {
    let (go, going) = mpsc::channel::<()>();
    let going = std::sync::Mutex::new(going);
    let address = after_request(move |stream| {
        going.lock().unwrap().recv().unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 0\r\n\r\n").unwrap();
    });
    let forwarder = forwarder(|options| options.timeout = Duration::ZERO);
    let waiting = tokio::spawn(async move { attempt_with(&forwarder, address, b"{}").await });
    assert!(!waiting.is_finished());
    go.send(()).unwrap();
    assert_eq!(answered(waiting.await.unwrap()).status, 200);
}

#[tokio::test]
async fn a_connection_that_ends_early_is_a_reset() {
    let endings: [&'static [u8]; 5] = [
        b"",
        b"HTTP/1.1 200 OK\r\nContent-Le",
        b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhal",
        b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwhole\r\n",
    ];
    for ending in endings {
        assert_eq!(failed(attempt(answering(ending)).await).kind, FailureKind::Reset, "{ending:?}");
    }
    // A close with unread data is an RST, in the middle of an answer.
    let address = server(|mut stream, _| {
        let mut some = [0; 16];
        stream.read_exact(&mut some).unwrap();
        stream.write_all(b"HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\nhalf").unwrap();
    });
    let forwarder = forwarder(|_| {});
    assert_eq!(failed(attempt_with(&forwarder, address, &[b'a'; 100_000]).await).kind, FailureKind::Reset);
}

#[tokio::test]
async fn what_is_not_http_is_garbage() {
    for garbage in [
        "not http at all\r\n\r\n",
        "HTTP/1.1 abc OK\r\n\r\n",
        "HTTP/1.1 99999 OK\r\n\r\n",
        "HTTP/9.9 200 OK\r\n\r\n",
        "<html>HTTP/0.9</html>",
        "\u{16}\u{3}\u{1}\u{2}binary\r\n\r\n",
        "HTTP/1.1 200 OK\r\nContent-Length: 5x\r\n\r\nabcde",
        "HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nabcdef",
        "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\nhello\r\n0\r\n\r\n",
        "HTTP/1.1 200 OK\r\nbad header\r\n\r\n",
        "HTTP/1.1 101 Switching Protocols\r\nUpgrade: x\r\nConnection: upgrade\r\n\r\n",
    ] {
        assert_eq!(failed(attempt(answering(garbage)).await).kind, FailureKind::Garbage, "{garbage:?}");
    }
}

#[tokio::test]
async fn a_redirect_is_an_answer_and_is_not_followed() {
    let connections = Arc::default();
    let elsewhere = echo(&connections);
    for status in [301, 302, 303, 307, 308] {
        let answer =
            format!("HTTP/1.1 {status} Go\r\nLocation: http://{elsewhere}/\r\nContent-Length: 0\r\n\r\n");
        assert_eq!(answered(attempt(answering(answer)).await).status, status);
    }
    assert_eq!(connections.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn an_early_answer_to_a_large_body_is_taken() {
    let address = server(|mut stream, _| {
        let mut some = [0; 1_024];
        stream.read_exact(&mut some).unwrap();
        stream
            .write_all(b"HTTP/1.1 413 Too Large\r\nContent-Length: 3\r\nConnection: close\r\n\r\nbig")
            .unwrap();
        // Reads on, so that the close is no reset.
        let _ = std::io::copy(&mut stream, &mut std::io::sink());
    });
    let forwarder = forwarder(|_| {});
    let answer = answered(attempt_with(&forwarder, address, &vec![b'a'; 8 << 20]).await);
    assert_eq!((answer.status, answer.body.as_ref()), (413, &b"big"[..]));
}

#[tokio::test]
async fn a_request_given_up_half_way_does_not_spoil_the_next() {
    let address = server(|mut stream, number| {
        if number == 0 {
            // Reads nothing: the body fills the buffers and the deadline passes in the middle of it.
            let mut some = [0; 10];
            stream.read_exact(&mut some).unwrap();
            thread::park_timeout(Duration::from_secs(5));
            return;
        }
        while let Some((head, body)) = read_request(&mut stream) {
            let answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", head.len() + body.len());
            stream.write_all(&[answer.into_bytes(), head, body].concat()).unwrap();
        }
    });
    let forwarder = forwarder(|options| options.timeout = Duration::from_secs(1));
    let first = failed(attempt_with(&forwarder, address, &vec![b'a'; 24 << 20]).await);
    assert_eq!(first.kind, FailureKind::Timeout);
    for _ in 0..3 {
        let answer = answered(attempt_with(&forwarder, address, b"next").await);
        assert!(
            answer.body.starts_with(b"POST /hooks?x=1 HTTP/1.1\r\n")
                && answer.body.ends_with(b"\r\n\r\nnext")
        );
    }
}

#[tokio::test]
async fn the_fixed_path_mode_uses_the_targets_own_path() {
    let address = echo(&Arc::default());
    let forwarder = forwarder(|options| options.path_mode = PathMode::Fixed);
    let target = Target::parse(&format!("{address}/own?t=1"), None).unwrap();
    let attempt = forwarder.attempt(&target, &delivery(b""), &Bytes::new(), 1).await;
    assert_eq!(attempt.target, format!("http://{address}/own?t=1"));
    assert!(answered(attempt).body.starts_with(b"POST /own?t=1 HTTP/1.1\r\n"));
}

#[tokio::test]
async fn a_chunked_delivery_gets_a_length_and_a_bodiless_one_none() {
    let address = echo(&Arc::default());
    let forwarder = forwarder(|_| {});
    let head = Head::build(
        "POST",
        "/",
        [("Host", "a"), ("Transfer-Encoding", "chunked"), ("Expect", "100-continue")],
    )
    .unwrap();
    let answer = answered(forwarder.attempt(&target(address), &head, &Bytes::from_static(b"abc"), 1).await);
    let expected = format!("POST / HTTP/1.1\r\nHost: {address}\r\nContent-Length: 3\r\n\r\nabc");
    assert_eq!(answer.body, expected.as_bytes());
    let head = Head::build("POST", "/", [("Host", "a")]).unwrap();
    for _ in 0..2 {
        let answer = answered(forwarder.attempt(&target(address), &head, &Bytes::new(), 1).await);
        assert_eq!(answer.body, format!("POST / HTTP/1.1\r\nHost: {address}\r\n\r\n").as_bytes());
    }
}

#[tokio::test]
async fn a_target_that_never_accepts_is_unreachable() {
    // A full accept queue drops every further SYN: no connection, no refusal.
    let socket = tokio::net::TcpSocket::new_v4().unwrap();
    socket.bind("127.0.0.1:0".parse().unwrap()).unwrap();
    let listener = socket.listen(1).unwrap();
    let address = listener.local_addr().unwrap();
    let mut queued = Vec::new();
    while let Ok(stream) = TcpStream::connect_timeout(&address, Duration::from_millis(200)) {
        queued.push(stream);
        assert!(queued.len() < 100);
    }
    let forwarder = forwarder(|options| options.connect_timeout = Duration::from_millis(200));
    let begun = Instant::now();
    let failure = failed(attempt_with(&forwarder, address, b"{}").await);
    assert_eq!(failure.kind, FailureKind::Unreachable);
    assert!(begun.elapsed() < Duration::from_secs(10));
}
