//! A client that says exactly what it is told to, byte for byte, and a receiver
//! to say it to. Knows no HTTP beyond reading an answer.

use hookctl::hook::delivery::Delivery;
use hookctl::receive::{Receiver, Sink};
use hookctl::serve::{self, Limits, Rejection, Response, Served};
use std::future::Future;
use std::net::{IpAddr, Ipv4Addr, SocketAddr};
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::sync::{Semaphore, mpsc, oneshot};
use tokio::task::JoinHandle;

/// A request that any receiver takes.
pub(crate) const HONEST: &[u8] = b"POST /hooks HTTP/1.1\r\nHost: localhost\r\nContent-Length: 5\r\n\r\nhello";

/// Fails the test instead of hanging it.
pub(crate) async fn soon<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(Duration::from_secs(30), future).await.expect("it happens within half a minute")
}

/// One answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) head: String,
    pub(crate) body: Vec<u8>,
}

/// A raw connection.
pub(crate) struct Wire {
    pub(crate) stream: TcpStream,
    read: Vec<u8>,
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> Self {
        let stream = soon(TcpStream::connect(address)).await.unwrap();
        stream.set_nodelay(true).unwrap();
        Self { stream, read: Vec::new() }
    }

    pub(crate) async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        soon(self.stream.write_all(bytes.as_ref())).await.unwrap();
    }

    /// Sends as long as the other side takes it.
    pub(crate) async fn send_in_vain(&mut self, bytes: &[u8], times: usize) {
        for _ in 0..times {
            if soon(self.stream.write_all(bytes)).await.is_err() {
                return;
            }
        }
    }

    /// Ends this side only.
    pub(crate) async fn end(&mut self) {
        soon(self.stream.shutdown()).await.unwrap();
    }

    /// The next answer; `None` when the connection ends instead.
    pub(crate) async fn answer(&mut self) -> Option<Answer> {
        loop {
            if let Some((answer, length)) = parse(&self.read) {
                self.read.drain(..length);
                return Some(answer);
            }
            let mut more = [0; 4096];
            match soon(self.stream.read(&mut more)).await {
                Ok(0) | Err(_) => return None,
                Ok(count) => self.read.extend_from_slice(&more[..count]),
            }
        }
    }

    pub(crate) async fn status(&mut self) -> Option<u16> {
        self.answer().await.map(|answer| answer.status)
    }

    /// Waits for the other side to end the connection; nothing more may come.
    pub(crate) async fn closed(&mut self) {
        assert_eq!(self.answer().await, None);
    }
}

fn parse(bytes: &[u8]) -> Option<(Answer, usize)> {
    let mut storage = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut storage);
    let httparse::Status::Complete(end) = response.parse(bytes).unwrap() else { return None };
    let status = response.code.unwrap();
    let length = response.headers.iter().find(|header| header.name.eq_ignore_ascii_case("content-length"));
    let length = length.map_or(0, |header| std::str::from_utf8(header.value).unwrap().parse().unwrap());
    let head = String::from_utf8_lossy(&bytes[..end]).into_owned();
    let body = bytes.get(end..end + length)?.to_vec();
    Some((Answer { status, head, body }, end + length))
}

/// Says what it got; holds its answers while it has no permits.
pub(crate) struct Book {
    pub(crate) deliveries: Mutex<Vec<Delivery>>,
    rejections: mpsc::UnboundedSender<Rejection>,
    pub(crate) entered: Semaphore,
    pub(crate) gate: Option<Semaphore>,
    pub(crate) answered: AtomicUsize,
    pub(crate) finished: Semaphore,
    pub(crate) accept_failures: AtomicUsize,
}

impl Sink for Book {
    async fn deliver(&self, delivery: Delivery) -> Response {
        let echo = delivery.body.clone();
        // A copy: the body itself counts as in flight for as long as it is held.
        let body = bytes::Bytes::copy_from_slice(&echo);
        self.deliveries.lock().unwrap().push(Delivery { body, ..delivery });
        self.entered.add_permits(1);
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        self.answered.fetch_add(1, Ordering::SeqCst);
        self.finished.add_permits(1);
        Response { status: 200, body: echo.into(), ..Response::default() }
    }

    fn rejected(&self, rejection: Rejection) {
        let _ = self.rejections.send(rejection);
    }

    fn accept_failed(&self, _error: &std::io::Error) {
        self.accept_failures.fetch_add(1, Ordering::SeqCst);
    }
}

/// A receiver at work.
pub(crate) struct Rig {
    pub(crate) address: SocketAddr,
    receiver: Arc<Receiver<Book>>,
    rejections: mpsc::UnboundedReceiver<Rejection>,
    stop: Option<oneshot::Sender<()>>,
    server: JoinHandle<Served>,
}

impl Rig {
    pub(crate) fn new(limits: Limits) -> Self {
        Self::with_gate(limits, false)
    }

    /// A receiver that answers only what `gate` lets through.
    pub(crate) fn gated(limits: Limits) -> Self {
        Self::with_gate(limits, true)
    }

    fn with_gate(limits: Limits, gated: bool) -> Self {
        let listener = serve::bind(IpAddr::V4(Ipv4Addr::LOCALHOST), 0).unwrap();
        let address = listener.local_addr().unwrap();
        let (rejections, heard) = mpsc::unbounded_channel();
        let book = Book {
            deliveries: Mutex::default(),
            rejections,
            entered: Semaphore::new(0),
            gate: gated.then(|| Semaphore::new(0)),
            answered: AtomicUsize::new(0),
            finished: Semaphore::new(0),
            accept_failures: AtomicUsize::new(0),
        };
        let receiver = Arc::new(Receiver::new(book, ["X-Koji-Signature"]));
        let (stop, stopped) = oneshot::channel::<()>();
        let handler = Arc::clone(&receiver);
        let server = tokio::spawn(async move {
            serve::run(listener, limits, handler, async {
                let _ = stopped.await;
            })
            .await
        });
        Self { address, receiver, rejections: heard, stop: Some(stop), server }
    }

    pub(crate) fn book(&self) -> &Book {
        self.receiver.sink()
    }

    /// Waits until the handler holds one more request.
    pub(crate) async fn entered(&self, count: u32) {
        soon(self.book().entered.acquire_many(count)).await.unwrap().forget();
    }

    /// Waits until the handler has ended one more request.
    pub(crate) async fn finished(&self, count: u32) {
        soon(self.book().finished.acquire_many(count)).await.unwrap().forget();
    }

    pub(crate) fn open_gate(&self, count: usize) {
        self.book().gate.as_ref().unwrap().add_permits(count);
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.book().deliveries.lock().unwrap().clone()
    }

    /// The next rejection.
    pub(crate) async fn rejection(&mut self) -> Rejection {
        soon(self.rejections.recv()).await.unwrap()
    }

    /// Whether there is no rejection.
    pub(crate) fn no_rejection(&mut self) -> bool {
        self.rejections.try_recv().is_err()
    }

    /// An honest request on a new connection is served.
    pub(crate) async fn serves(&self) {
        let mut wire = Wire::connect(self.address).await;
        wire.send(HONEST).await;
        let answer = wire.answer().await.expect("an honest request is answered");
        assert_eq!((answer.status, answer.body.as_slice()), (200, &b"hello"[..]));
    }

    pub(crate) fn stop(&mut self) {
        let _ = self.stop.take().unwrap().send(());
    }

    pub(crate) async fn ended(self) -> Served {
        soon(self.server).await.unwrap()
    }
}
