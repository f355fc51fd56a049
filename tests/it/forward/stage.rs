//! Raw servers as targets, and attempts at them.

use super::*;

/// A server that hands every connection to `handle`, with its number, on a thread of its own.
pub(super) fn server(handle: impl Fn(TcpStream, usize) + Send + Sync + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let handle = Arc::new(handle);
    thread::spawn(move || {
        for (number, stream) in listener.incoming().enumerate() {
            let handle = Arc::clone(&handle);
            thread::spawn(move || handle(stream.unwrap(), number));
        }
    });
    address
}

/// Reads one request by its Content-Length: head and body as they came. `None` at the end.
pub(super) fn read_request(stream: &mut TcpStream) -> Option<(Vec<u8>, Vec<u8>)> {
    let mut head = Vec::new();
    let mut byte = [0];
    while !head.ends_with(b"\r\n\r\n") {
        if stream.read(&mut byte).ok()? == 0 {
            return None;
        }
        head.push(byte[0]);
    }
    let parsed = Head::parse(head.clone()).unwrap();
    let length = parsed
        .headers()
        .get("content-length")
        .map_or(0, |value| std::str::from_utf8(value).unwrap().parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).ok()?;
    Some((head, body))
}

/// A keep-alive server whose answer is the request as it came.
pub(super) fn echo(connections: &Arc<AtomicUsize>) -> SocketAddr {
    let connections = Arc::clone(connections);
    server(move |mut stream, _| {
        connections.fetch_add(1, Ordering::SeqCst);
        stream.set_nodelay(true).unwrap();
        while let Some((head, body)) = read_request(&mut stream) {
            let length = head.len() + body.len();
            let mut answer = format!("HTTP/1.1 200 OK\r\nContent-Length: {length}\r\n\r\n").into_bytes();
            answer.extend_from_slice(&head);
            answer.extend_from_slice(&body);
            if stream.write_all(&answer).is_err() {
                return;
            }
        }
    })
}

/// A server that reads one request and then does `after` to the connection.
pub(super) fn after_request(after: impl Fn(&mut TcpStream) + Send + Sync + 'static) -> SocketAddr {
    server(move |mut stream, _| {
        if read_request(&mut stream).is_some() {
            after(&mut stream);
        }
    })
}

/// A server that answers every request with these bytes and then closes.
pub(super) fn answering(answer: impl Into<Vec<u8>>) -> SocketAddr {
    let answer = answer.into();
    after_request(move |stream| {
        let _ = stream.write_all(&answer);
    })
}

pub(super) fn target(address: SocketAddr) -> Target {
    Target::parse(&address.to_string(), None).unwrap()
}

pub(super) fn delivery(body: &[u8]) -> Head {
    let length = body.len().to_string();
    Head::build(
        "POST",
        "/hooks?x=1",
        [("Host", "sender.test"), ("X-Koji-Signature", "sha256=ab"), ("Content-Length", &length)],
    )
    .unwrap()
}

pub(super) fn forwarder(change: impl FnOnce(&mut ForwardOptions)) -> Forwarder {
    let mut options = ForwardOptions { timeout: Duration::from_secs(20), ..ForwardOptions::default() };
    change(&mut options);
    Forwarder::new(options).unwrap()
}

pub(super) async fn attempt_with(forwarder: &Forwarder, address: SocketAddr, body: &[u8]) -> Attempt {
    forwarder.attempt(&target(address), &delivery(body), &Bytes::copy_from_slice(body), 1).await
}

pub(super) async fn attempt(address: SocketAddr) -> Attempt {
    attempt_with(&forwarder(|_| {}), address, b"{}").await
}

pub(super) fn answered(attempt: Attempt) -> Answer {
    match attempt.outcome {
        Outcome::Answered(answer) => answer,
        Outcome::Failed(failure) => panic!("{failure:?}"),
    }
}

pub(super) fn failed(attempt: Attempt) -> Failure {
    match attempt.outcome {
        Outcome::Failed(failure) => failure,
        Outcome::Answered(answer) => panic!("{answer:?}"),
    }
}
