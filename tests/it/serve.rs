//! The server over real sockets: what it hands over, whom it answers, how it stops.

use crate::wire::{HONEST, Rig, Wire, soon};
use hookctl::serve::{Limits, Served};
use http_body_util::{BodyExt, Full};
use hyper::body::{Bytes, Frame};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::task::{Context, Poll};
use std::time::Duration;
use tokio::net::TcpStream;

/// Deadlines that a test meets without waiting for them.
fn short() -> Limits {
    Limits {
        head_timeout: Duration::from_millis(150),
        body_idle_timeout: Duration::from_millis(150),
        keep_alive_timeout: Duration::from_millis(150),
        linger: Duration::from_millis(50),
        ..Limits::default()
    }
}

#[tokio::test]
async fn a_request_arrives_byte_for_byte() {
    let rig = Rig::new(Limits::default());
    let head = b"POST /Hooks?a=%00&a=\xc3\xa9 HTTP/1.1\r\nhOsT: localhost\r\nX-B:  two  spaces \r\nx-a: 1\r\nX-b:\tr\xc3\xa9sum\xc3\xa9\r\nX-Latin: \xe9\r\nEmpty:\r\nContent-LENGTH: 6\r\n\r\n";
    let body = b"\x00\xff\r\n\x1b[";
    let mut wire = Wire::connect(rig.address).await;
    wire.send([&head[..], body].concat()).await;
    assert_eq!(wire.status().await, Some(200));
    let delivery = &rig.deliveries()[0];
    assert_eq!(delivery.head.as_bytes(), &head[..]);
    assert_eq!(&delivery.body[..], body);
    assert_eq!(delivery.head.headers().get("x-latin"), Some(&b"\xe9"[..]));
    assert_eq!(delivery.peer, wire.stream.local_addr().unwrap());
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_order() {
    let rig = Rig::new(Limits::default());
    let mut wire = Wire::connect(rig.address).await;
    let mut all = Vec::new();
    for number in 0..200 {
        let body = format!("number {number}");
        let head = format!("POST /{number} HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", body.len());
        all.extend_from_slice(head.as_bytes());
        all.extend_from_slice(body.as_bytes());
    }
    wire.send(all).await;
    for number in 0..200 {
        assert_eq!(wire.answer().await.unwrap().body, format!("number {number}").into_bytes());
    }
    let targets: Vec<_> = rig.deliveries().iter().map(|delivery| delivery.head.target().to_owned()).collect();
    assert_eq!(targets, (0..200).map(|number| format!("/{number}")).collect::<Vec<_>>());
}

#[tokio::test]
async fn a_connection_ends_after_its_last_request() {
    let rig = Rig::new(Limits { max_requests_per_connection: 3, ..Limits::default() });
    let mut wire = Wire::connect(rig.address).await;
    for left in [2, 1, 0] {
        wire.send(HONEST).await;
        let answer = wire.answer().await.unwrap();
        assert_eq!(answer.head.contains("connection: close"), left == 0, "{}", answer.head);
    }
    wire.closed().await;
}

#[tokio::test]
async fn an_idle_connection_is_closed_without_a_word() {
    let mut rig = Rig::new(short());
    let mut silent = Wire::connect(rig.address).await;
    let mut idle = Wire::connect(rig.address).await;
    idle.send(HONEST).await;
    assert_eq!(idle.status().await, Some(200));
    idle.closed().await;
    silent.closed().await;
    assert!(rig.no_rejection());
}

#[tokio::test]
async fn a_sender_that_ends_its_side_gets_the_answer_of_a_slow_handler() {
    let rig = Rig::gated(Limits::default());
    let mut wire = Wire::connect(rig.address).await;
    wire.send(HONEST).await;
    wire.end().await;
    rig.entered(1).await;
    rig.open_gate(1);
    assert_eq!(wire.status().await, Some(200));
    wire.closed().await;
}

#[tokio::test]
async fn a_sender_that_hangs_up_does_not_cancel_the_handler() {
    let rig = Rig::gated(Limits::default());
    let mut wire = Wire::connect(rig.address).await;
    wire.send(HONEST).await;
    rig.entered(1).await;
    wire.stream.set_zero_linger().unwrap();
    drop(wire);
    rig.serves_while_gated().await;
    assert_eq!(rig.book().answered.load(Ordering::SeqCst), 1, "only the second was let through");
    rig.open_gate(1);
    rig.finished(1).await;
    assert_eq!(rig.book().answered.load(Ordering::SeqCst), 2);
}

impl Rig {
    /// Another request is served while the first waits; the gate lets in who comes first.
    async fn serves_while_gated(&self) {
        let mut wire = Wire::connect(self.address).await;
        wire.send(HONEST).await;
        self.entered(1).await;
        self.open_gate(1);
        self.finished(1).await;
    }
}

async fn http2(address: std::net::SocketAddr) -> hyper::client::conn::http2::SendRequest<Full<Bytes>> {
    let stream = soon(TcpStream::connect(address)).await.unwrap();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (sender, connection) = soon(handshake).await.unwrap();
    tokio::spawn(connection);
    sender
}

fn post(address: std::net::SocketAddr, body: &'static [u8]) -> hyper::Request<Full<Bytes>> {
    hyper::Request::post(format!("http://{address}/hooks?x=1"))
        .header("x-first", "1")
        .header("x-latin", http::HeaderValue::from_bytes(b"\xe9").unwrap())
        .body(Full::from(body))
        .unwrap()
}

#[tokio::test]
async fn http2_with_prior_knowledge_is_served() {
    let rig = Rig::new(Limits::default());
    let mut sender = http2(rig.address).await;
    for body in [&b"one"[..], b"two"] {
        let answer = soon(sender.send_request(post(rig.address, body))).await.unwrap();
        assert_eq!(answer.status(), 200);
        assert_eq!(soon(answer.into_body().collect()).await.unwrap().to_bytes(), body);
    }
    let delivery = &rig.deliveries()[0];
    assert_eq!(
        (delivery.head.version(), delivery.head.method(), delivery.head.target()),
        (20, "POST", "/hooks?x=1")
    );
    let names: Vec<_> = delivery.head.headers().iter().map(|field| field.name).collect();
    assert_eq!(names, ["host", "x-first", "x-latin", "content-length"]);
    assert_eq!(delivery.head.headers().get("host"), Some(rig.address.to_string().as_bytes()));
    assert_eq!(delivery.head.headers().get("x-latin"), Some(&b"\xe9"[..]));
}

#[tokio::test]
async fn a_reset_http2_stream_does_not_cancel_the_handler() {
    let mut rig = Rig::gated(Limits::default());
    let mut sender = http2(rig.address).await;
    let request = tokio::spawn(sender.send_request(post(rig.address, b"once")));
    rig.entered(1).await;
    request.abort();
    assert!(request.await.unwrap_err().is_cancelled());
    // The reset has arrived once a later request on the same connection has.
    let second = tokio::spawn(sender.send_request(post(rig.address, b"twice")));
    rig.entered(1).await;
    rig.open_gate(2);
    assert_eq!(soon(second).await.unwrap().unwrap().status(), 200);
    rig.finished(2).await;
    rig.stop();
    assert_eq!(rig.ended().await, Served { connections: 1, cut_off: 0 });
}

/// A body that never ends.
struct Half(Option<Bytes>);

impl hyper::body::Body for Half {
    type Data = Bytes;
    type Error = std::convert::Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Self::Error>>> {
        self.0.take().map_or(Poll::Pending, |half| Poll::Ready(Some(Ok(Frame::data(half)))))
    }
}

#[tokio::test]
async fn an_http2_stream_that_stops_half_way_is_told_and_the_others_live() {
    let mut rig = Rig::new(short());
    let stream = soon(TcpStream::connect(rig.address)).await.unwrap();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (mut sender, connection) = soon(handshake).await.unwrap();
    tokio::spawn(connection);
    let body = Half(Some(Bytes::from_static(b"half")));
    let request = hyper::Request::post(format!("http://{}/", rig.address)).body(body).unwrap();
    let answer = soon(sender.send_request(request)).await.unwrap();
    assert_eq!(answer.status(), 408);
    let rejection = rig.rejection().await;
    assert_eq!((rejection.status, rejection.code), (Some(408), "body_timeout"));
    assert!(rig.deliveries().is_empty());
    rig.serves().await;
}

#[tokio::test]
async fn an_http2_connection_that_asks_nothing_is_closed() {
    let mut rig = Rig::new(short());
    for half in ["P", "PRI * HT"] {
        let mut wire = Wire::connect(rig.address).await;
        wire.send(half).await;
        assert_eq!(wire.status().await, Some(408), "{half}");
        assert_eq!(rig.rejection().await.code, "head_timeout");
    }
    let mut preface = TcpStream::connect(rig.address).await.unwrap();
    tokio::io::AsyncWriteExt::write_all(&mut preface, b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await.unwrap();
    assert_eq!(rig.rejection().await.code, "head_timeout");
    rig.serves().await;
}

#[tokio::test]
async fn http2_has_the_same_limits() {
    let mut rig = Rig::new(Limits { max_body: 10, ..Limits::default() });
    let mut sender = http2(rig.address).await;
    let answer = soon(sender.send_request(post(rig.address, b"eleven byte"))).await.unwrap();
    assert_eq!((answer.status().as_u16(), rig.rejection().await.code), (413, "body_too_large"));
    for (count, status) in [(99, 200), (100, 200), (101, 431), (200, 431)] {
        let mut request = post(rig.address, b"");
        for number in 0..count - 4 {
            let name = http::HeaderName::from_bytes(format!("x-{number}").as_bytes()).unwrap();
            request.headers_mut().insert(name, http::HeaderValue::from_static("y"));
        }
        // Beside these: host, x-first, x-latin, content-length.
        let answer = soon(sender.send_request(request)).await.unwrap();
        assert_eq!(answer.status(), status, "{count}");
    }
    assert_eq!(rig.rejection().await.code, "too_many_headers");
    rig.serves().await;
}

#[tokio::test]
async fn an_offer_to_upgrade_is_answered_as_a_request() {
    let rig = Rig::new(Limits::default());
    let mut wire = Wire::connect(rig.address).await;
    for _ in 0..2 {
        wire.send(b"POST / HTTP/1.1\r\nHost: a\r\nConnection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQCAAAAAAIAAAAA\r\nContent-Length: 2\r\n\r\nhi").await;
        assert_eq!(wire.answer().await.unwrap().body, b"hi");
    }
}

#[tokio::test]
async fn who_expects_100_gets_100_first() {
    let rig = Rig::new(Limits::default());
    let mut wire = Wire::connect(rig.address).await;
    wire.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n").await;
    assert_eq!(wire.status().await, Some(100));
    wire.send(b"hi").await;
    assert_eq!(wire.answer().await.unwrap().body, b"hi");
}

#[tokio::test]
async fn newcomers_are_served_while_idle_connections_hold_every_seat() {
    let mut rig = Rig::new(Limits { max_connections: Some(32), ..Limits::default() });
    let mut idle = Vec::new();
    for _ in 0..64 {
        let mut wire = Wire::connect(rig.address).await;
        wire.send(b"POST / HTTP/1.1\r\nHo").await;
        idle.push(wire);
    }
    for _ in 0..20 {
        rig.serves().await;
    }
    let rejection = rig.rejection().await;
    assert_eq!((rejection.code, rejection.status), ("evicted", None));
    assert_eq!(rejection.peer, idle[0].stream.local_addr().unwrap(), "the oldest goes first");
    idle[0].closed().await;
}

#[tokio::test]
async fn a_connection_with_a_request_in_hand_is_never_evicted() {
    let mut rig = Rig::gated(Limits {
        max_connections: Some(2),
        saturation_wait: Duration::from_millis(20),
        ..Limits::default()
    });
    let mut busy = [Wire::connect(rig.address).await, Wire::connect(rig.address).await];
    for wire in &mut busy {
        wire.send(HONEST).await;
    }
    rig.entered(2).await;
    let mut third = Wire::connect(rig.address).await;
    let answer = third.answer().await.unwrap();
    assert_eq!(answer.status, 503);
    assert!(answer.head.contains("retry-after: 1"), "{}", answer.head);
    assert_eq!(rig.rejection().await.code, "overloaded");
    rig.open_gate(3);
    for wire in &mut busy {
        assert_eq!(wire.status().await, Some(200));
    }
    rig.serves().await;
}

#[tokio::test]
async fn a_newcomer_waits_for_a_seat_that_gets_free_in_time() {
    let rig = Rig::gated(Limits { max_connections: Some(1), ..Limits::default() });
    let mut first = Wire::connect(rig.address).await;
    first.send(HONEST).await;
    rig.entered(1).await;
    let mut second = Wire::connect(rig.address).await;
    second.send(HONEST).await;
    rig.open_gate(2);
    assert_eq!(first.status().await, Some(200));
    assert_eq!(second.status().await, Some(200));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_stop_answers_what_is_in_hand_and_closes_the_rest() {
    let mut rig = Rig::gated(Limits::default());
    let mut idle = Wire::connect(rig.address).await;
    let mut half = Wire::connect(rig.address).await;
    half.send(b"POST / HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 9\r\n\r\n").await;
    assert_eq!(half.status().await, Some(100), "its head has arrived");
    half.send(b"hal").await;
    let mut busy = Vec::new();
    for _ in 0..20 {
        let mut wire = Wire::connect(rig.address).await;
        wire.send(HONEST).await;
        busy.push(wire);
    }
    rig.entered(20).await;
    rig.stop();
    idle.closed().await;
    assert_eq!(half.status().await, Some(503));
    let rejection = rig.rejection().await;
    assert_eq!((rejection.status, rejection.code), (Some(503), "stopping"));
    assert!(TcpStream::connect(rig.address).await.is_err(), "the listener is closed");
    rig.open_gate(20);
    for wire in &mut busy {
        let answer = wire.answer().await.unwrap();
        assert_eq!(answer.status, 200);
        assert!(answer.head.contains("connection: close"));
        wire.closed().await;
    }
    assert_eq!(rig.ended().await, Served { connections: 22, cut_off: 0 });
}

#[tokio::test]
async fn a_handler_that_never_ends_is_cut_off_after_the_drain() {
    let mut rig = Rig::gated(Limits { drain: Duration::from_millis(50), ..Limits::default() });
    let mut wire = Wire::connect(rig.address).await;
    wire.send(HONEST).await;
    let mut sender = http2(rig.address).await;
    let request = tokio::spawn(sender.send_request(post(rig.address, b"x")));
    rig.entered(2).await;
    request.abort();
    rig.stop();
    wire.closed().await;
    assert_eq!(rig.ended().await.cut_off, 2);
}
