//! Answers in pieces: how they are framed, what they hold, and what ends them.

use crate::wire::{HONEST, Wire, soon};
use bytes::Bytes;
use hookctl::serve::{self, Body, Handler, Limits, Pieces, Rejection, Request, Response, Served};
use http_body_util::{BodyExt, Full};
use hyper_util::rt::{TokioExecutor, TokioIo};
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::Arc;
use std::time::Duration;
use tokio::io::AsyncReadExt;
use tokio::net::TcpStream;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

/// Streams to whoever asks for `/stream`, and greets the others.
struct Streamer(mpsc::UnboundedSender<Pieces>, mpsc::UnboundedSender<Rejection>);

impl Handler for Streamer {
    async fn handle(&self, request: Request) -> Response {
        if request.head.path() != "/stream" {
            return Response::text(200, "hello");
        }
        let (pieces, stream) = serve::stream(2);
        self.0.send(pieces).unwrap();
        Response { status: 200, body: Body::Stream(stream), ..Response::default() }
    }

    fn rejected(&self, rejection: Rejection) {
        drop(self.1.send(rejection));
    }
}

struct Rig {
    address: SocketAddr,
    pieces: mpsc::UnboundedReceiver<Pieces>,
    rejections: mpsc::UnboundedReceiver<Rejection>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<Served>,
}

impl Rig {
    fn new(limits: Limits) -> Self {
        let listener = serve::bind(IpAddr::V4(Ipv4Addr::LOCALHOST), 0).unwrap();
        let address = listener.local_addr().unwrap();
        let (give, pieces) = mpsc::unbounded_channel();
        let (tell, rejections) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel::<()>();
        let until = async { drop(stopped.await) };
        let handler = Arc::new(Streamer(give, tell));
        let server = tokio::spawn(serve::run(listener, limits, handler, until));
        Self { address, pieces, rejections, stop: Some(stop), server }
    }

    /// A connection that has asked for a stream, and the stream's writer.
    async fn opened(&mut self, version: &str) -> (TcpStream, Pieces) {
        let mut stream = soon(TcpStream::connect(self.address)).await.unwrap();
        let ask = format!("GET /stream {version}\r\nHost: a\r\n\r\n");
        soon(tokio::io::AsyncWriteExt::write_all(&mut stream, ask.as_bytes())).await.unwrap();
        (stream, soon(self.pieces.recv()).await.unwrap())
    }

    async fn serves(&self) {
        let mut wire = Wire::connect(self.address).await;
        wire.send(HONEST).await;
        assert_eq!(wire.status().await, Some(200));
    }
}

/// Reads until the text ends so.
async fn read_to(stream: &mut TcpStream, read: &mut String, end: &str) {
    while !read.ends_with(end) {
        let mut more = [0; 4096];
        let count = soon(stream.read(&mut more)).await.unwrap();
        assert!(count > 0, "the connection ended after {read:?}");
        read.push_str(std::str::from_utf8(&more[..count]).unwrap());
    }
}

async fn rest(stream: &mut TcpStream) -> String {
    let mut rest = Vec::new();
    soon(stream.read_to_end(&mut rest)).await.unwrap();
    String::from_utf8(rest).unwrap()
}

#[tokio::test]
async fn pieces_are_chunks_at_once_and_the_connection_goes_on() {
    let mut rig = Rig::new(Limits::default());
    let (mut stream, pieces) = rig.opened("HTTP/1.1").await;
    let mut read = String::new();
    for piece in ["first", "second"] {
        pieces.send(piece).await.unwrap();
        read_to(&mut stream, &mut read, &format!("\r\n{:x}\r\n{piece}\r\n", piece.len())).await;
    }
    assert!(read.contains("transfer-encoding: chunked") && !read.contains("content-length"), "{read}");
    drop(pieces);
    read_to(&mut stream, &mut read, "\r\n0\r\n\r\n").await;
    soon(tokio::io::AsyncWriteExt::write_all(&mut stream, HONEST)).await.unwrap();
    let mut next = String::new();
    read_to(&mut stream, &mut next, "hello\n").await;
    assert!(next.starts_with("HTTP/1.1 200"), "{next}");
}

#[tokio::test]
async fn a_reader_that_knows_no_chunks_gets_none() {
    let mut rig = Rig::new(Limits::default());
    let (mut stream, pieces) = rig.opened("HTTP/1.0").await;
    pieces.send("only").await.unwrap();
    drop(pieces);
    let all = rest(&mut stream).await;
    assert!(all.ends_with("\r\n\r\nonly") && !all.contains("chunked"), "{all}");
}

#[tokio::test]
async fn a_stream_outlasts_the_deadlines_of_idle_connections() {
    let brief = Duration::from_millis(60);
    let mut rig = Rig::new(Limits { keep_alive_timeout: brief, head_timeout: brief, ..Limits::default() });
    let (mut stream, pieces) = rig.opened("HTTP/1.1").await;
    let mut read = String::new();
    pieces.send("early").await.unwrap();
    read_to(&mut stream, &mut read, "early\r\n").await;
    // The control: a connection that is idle as long is closed.
    let mut idle = Wire::connect(rig.address).await;
    idle.send(HONEST).await;
    assert_eq!(idle.status().await, Some(200));
    idle.closed().await;
    pieces.send("late").await.unwrap();
    read_to(&mut stream, &mut read, "late\r\n").await;
    // After its end the deadline holds for this one as well.
    drop(pieces);
    assert_eq!(rest(&mut stream).await, "0\r\n\r\n");
    assert!(rig.rejections.try_recv().is_err());
}

#[tokio::test]
async fn a_connection_that_streams_is_never_evicted() {
    let mut rig = Rig::new(Limits {
        max_connections: Some(2),
        saturation_wait: Duration::from_millis(20),
        ..Limits::default()
    });
    let (mut first, one) = rig.opened("HTTP/1.1").await;
    let (_second, two) = rig.opened("HTTP/1.1").await;
    let mut third = Wire::connect(rig.address).await;
    assert_eq!(third.status().await, Some(503));
    one.send("still here").await.unwrap();
    read_to(&mut first, &mut String::new(), "still here\r\n").await;
    drop(two);
    rig.serves().await;
}

#[tokio::test]
async fn the_stop_ends_a_stream_cleanly_and_waits_for_nobody() {
    let mut rig = Rig::new(Limits::default());
    let (mut stream, pieces) = rig.opened("HTTP/1.1").await;
    let mut read = String::new();
    pieces.send("before").await.unwrap();
    read_to(&mut stream, &mut read, "before\r\n").await;
    drop(rig.stop.take());
    assert_eq!(rest(&mut stream).await, "0\r\n\r\n", "the body is whole, not torn");
    soon(pieces.closed()).await;
    assert!(pieces.send("after").await.is_err());
    assert_eq!(soon(rig.server).await.unwrap(), Served { connections: 1, cut_off: 0 });
}

#[tokio::test]
async fn a_reader_that_went_away_ends_the_stream_at_the_next_piece() {
    let mut rig = Rig::new(Limits::default());
    let (stream, pieces) = rig.opened("HTTP/1.1").await;
    drop(stream);
    soon(async { while pieces.send("anybody?").await.is_ok() {} }).await;
    soon(pieces.closed()).await;
    rig.serves().await;
}

#[tokio::test]
async fn who_does_not_read_holds_no_more_than_the_room_and_is_closed() {
    let mut rig = Rig::new(Limits { write_timeout: Duration::from_millis(150), ..Limits::default() });
    let (_stream, pieces) = rig.opened("HTTP/1.1").await;
    let piece = Bytes::from(vec![b'x'; 1 << 20]);
    let mut sent = 0;
    soon(async {
        while pieces.send(piece.clone()).await.is_ok() {
            sent += 1;
        }
    })
    .await;
    // What the sockets of both sides hold, and the room of the channel.
    assert!((1..64).contains(&sent), "{sent} MiB were taken from nobody");
    let rejection = soon(rig.rejections.recv()).await.unwrap();
    assert_eq!((rejection.code, rejection.status), ("write_timeout", None));
    rig.serves().await;
}

async fn http2(address: SocketAddr) -> hyper::client::conn::http2::SendRequest<Full<Bytes>> {
    let stream = TcpStream::connect(address).await.unwrap();
    let handshake = hyper::client::conn::http2::handshake(TokioExecutor::new(), TokioIo::new(stream));
    let (sender, connection) = handshake.await.unwrap();
    tokio::spawn(connection);
    sender
}

fn get(address: SocketAddr, path: &str) -> hyper::Request<Full<Bytes>> {
    hyper::Request::get(format!("http://{address}{path}")).body(Full::default()).unwrap()
}

#[tokio::test]
async fn http2_streams_beside_other_requests_and_ends_with_the_stop() {
    let brief = Duration::from_millis(60);
    let mut rig = Rig::new(Limits { keep_alive_timeout: brief, head_timeout: brief, ..Limits::default() });
    let mut sender = http2(rig.address).await;
    let answer = soon(sender.send_request(get(rig.address, "/stream"))).await.unwrap();
    let pieces = soon(rig.pieces.recv()).await.unwrap();
    let mut body = answer.into_body();
    for piece in ["one", "two"] {
        pieces.send(piece).await.unwrap();
        let frame = soon(body.frame()).await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(frame, piece);
        let other = soon(sender.send_request(get(rig.address, "/"))).await.unwrap();
        assert_eq!(other.status(), 200);
    }
    // An idle connection is closed meanwhile; this one is not idle.
    let mut idle = Wire::connect(rig.address).await;
    idle.send(HONEST).await;
    assert_eq!(idle.status().await, Some(200));
    idle.closed().await;
    pieces.send("three").await.unwrap();
    assert_eq!(soon(body.frame()).await.unwrap().unwrap().into_data().unwrap(), "three");
    drop(rig.stop.take());
    let end = soon(body.collect()).await.expect("it ends, and is not reset");
    assert_eq!(end.to_bytes(), "");
    soon(pieces.closed()).await;
    assert_eq!(soon(rig.server).await.unwrap().cut_off, 0);
}

#[tokio::test]
async fn an_http2_reader_without_a_window_does_not_keep_its_connection_for_ever() {
    let brief = Duration::from_millis(60);
    let mut rig = Rig::new(Limits {
        keep_alive_timeout: brief,
        max_connections: Some(1),
        saturation_wait: Duration::from_secs(20),
        ..Limits::default()
    });
    let mut sender = http2(rig.address).await;
    let answer = soon(sender.send_request(get(rig.address, "/stream"))).await.unwrap();
    let pieces = soon(rig.pieces.recv()).await.unwrap();
    let piece = Bytes::from(vec![b'x'; 1 << 20]);
    let send = async { while pieces.send(piece.clone()).await.is_ok() {} };
    assert!(tokio::time::timeout(brief, send).await.is_err(), "nobody reads");
    // The writer gives up; then the connection is as idle as any.
    drop(pieces);
    rig.serves().await;
    drop(answer);
}
