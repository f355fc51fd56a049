//! What stands behind hookctl in these tests: an application on an HTTP stack
//! that is not ours, a raw target that keeps every byte, and a port whose owner
//! comes and goes. None of them uses a line of the product.

use crate::harness::{PATIENCE, hmac_sha256_hex};
use socket2::{Domain, Socket, Type};
use std::io::{Read, Write};
use std::net::{Ipv4Addr, Shutdown, SocketAddr, TcpListener, TcpStream};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, Sender, channel};
use std::sync::{Arc, Condvar, Mutex};
use std::thread::JoinHandle;

/// A vendor's signature as its guide describes it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Vendor {
    pub(crate) id: &'static str,
    pub(crate) header: &'static str,
    pub(crate) variable: &'static str,
    pub(crate) secret: &'static str,
}

pub(crate) const KOJI: Vendor = Vendor {
    id: "koji",
    header: "X-Koji-Signature",
    variable: "KOJI_WEBHOOK_SECRET",
    secret: "fake-koji-secret",
};
pub(crate) const USERJOURNEYS: Vendor = Vendor {
    id: "userjourneys",
    header: "X-Webhook-Signature",
    variable: "USERJOURNEYS_WEBHOOK_SECRET",
    secret: "whsec_fake0123456789abcdef",
};

impl Vendor {
    pub(crate) fn signature(&self, body: &[u8]) -> String {
        format!("sha256={}", hmac_sha256_hex(self.secret, body))
    }

    /// The variable that the program reads the secret from.
    pub(crate) fn known(&self) -> (&'static str, &'static str) {
        (self.variable, self.secret)
    }
}

/// A request as the application saw it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    pub(crate) method: String,
    pub(crate) url: String,
    pub(crate) headers: Vec<(String, String)>,
    pub(crate) body: Vec<u8>,
    pub(crate) verified: bool,
}

/// What the application answers to a good signature.
pub(crate) const SAVED: u16 = 201;
pub(crate) const SAVED_HEADERS: [(&str, &str); 4] = [
    ("X-Application", "tiny"),
    ("Set-Cookie", "a=1"),
    ("Set-Cookie", "b=2; Path=/"),
    ("Content-Type", "application/octet-stream"),
];
pub(crate) const SAVED_BODY: &[u8] = b"{\"saved\":true}\r\n\x00\xff";

/// An application that verifies by itself: 201 for a good signature, 403 for any other.
pub(crate) struct Application {
    pub(crate) address: SocketAddr,
    seen: Receiver<Seen>,
}

impl Application {
    pub(crate) fn of(vendors: &'static [Vendor]) -> Self {
        let server = tiny_http::Server::http("127.0.0.1:0").unwrap();
        let address = server.server_addr().to_ip().unwrap();
        let (tell, seen) = channel();
        std::thread::spawn(move || {
            for request in server.incoming_requests() {
                if !serve(request, vendors, &tell) {
                    return;
                }
            }
        });
        Self { address, seen }
    }

    pub(crate) fn next(&self) -> Seen {
        self.seen.recv_timeout(PATIENCE).expect("a request reaches the application")
    }

    /// What arrived and was not asked for yet.
    pub(crate) fn rest(&self) -> Vec<Seen> {
        self.seen.try_iter().collect()
    }
}

fn serve(mut request: tiny_http::Request, vendors: &[Vendor], tell: &Sender<Seen>) -> bool {
    let mut body = Vec::new();
    request.as_reader().read_to_end(&mut body).unwrap();
    let headers: Vec<(String, String)> =
        request.headers().iter().map(|header| (header.field.to_string(), header.value.to_string())).collect();
    let verified = vendors.iter().any(|vendor| {
        let named = |(name, _): &&(String, String)| name.eq_ignore_ascii_case(vendor.header);
        let mut signatures = headers.iter().filter(named).map(|(_, value)| value);
        signatures.next() == Some(&vendor.signature(&body)) && signatures.next().is_none()
    });
    let (method, url) = (request.method().to_string(), request.url().to_owned());
    let told = tell.send(Seen { method, url, headers, body, verified }).is_ok();
    let answer = if verified {
        SAVED_HEADERS.iter().fold(
            tiny_http::Response::from_data(SAVED_BODY).with_status_code(SAVED),
            |answer, (name, value)| answer.with_header(tiny_http::Header::from_bytes(*name, *value).unwrap()),
        )
    } else {
        tiny_http::Response::from_data("bad signature").with_status_code(403)
    };
    drop(request.respond(answer));
    told
}

/// A request as it came over the wire.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Taken {
    pub(crate) head: Vec<u8>,
    pub(crate) body: Vec<u8>,
}

impl Taken {
    /// Reads one request by its Content-Length; `None` when it does not come whole.
    fn read(stream: &mut TcpStream) -> Option<Self> {
        let mut bytes = Vec::new();
        let mut part = [0; 16 << 10];
        let end = loop {
            if let Some(at) = bytes.windows(4).position(|window| window == b"\r\n\r\n") {
                break at + 4;
            }
            match stream.read(&mut part) {
                Ok(0) | Err(_) => return None,
                Ok(count) => bytes.extend_from_slice(&part[..count]),
            }
        };
        let mut body = bytes.split_off(end);
        let length = content_length(&bytes);
        let missing = length.saturating_sub(body.len()) as u64;
        stream.take(missing).read_to_end(&mut body).ok()?;
        (body.len() == length).then_some(Self { head: bytes, body })
    }
}

fn content_length(head: &[u8]) -> usize {
    let text = String::from_utf8_lossy(head).to_ascii_lowercase();
    let value = text.lines().find_map(|line| line.strip_prefix("content-length:"));
    value.map_or(0, |value| value.trim().parse().unwrap())
}

/// The simplest answer with this status.
pub(crate) fn plain(status: u16) -> Vec<u8> {
    format!("HTTP/1.1 {status} Said\r\nContent-Length: 0\r\nConnection: close\r\n\r\n").into_bytes()
}

type Answers = Arc<dyn Fn(usize, &Taken) -> Vec<u8> + Send + Sync>;

/// What a target got so far, and how to wait for more.
#[derive(Default)]
struct Log {
    taken: Mutex<Vec<Taken>>,
    more: Condvar,
}

/// A port whose owner comes and goes: nobody else can have it meanwhile, and
/// while it is shut a connection to it is refused.
pub(crate) struct Door {
    pub(crate) address: SocketAddr,
    /// Bound and never listening: keeps the port.
    _held: Socket,
    answers: Answers,
    log: Arc<Log>,
    open: Option<(Arc<AtomicBool>, JoinHandle<()>)>,
}

fn bound(address: SocketAddr) -> Socket {
    let socket = Socket::new(Domain::IPV4, Type::STREAM, None).unwrap();
    socket.set_reuse_address(true).unwrap();
    socket.bind(&address.into()).unwrap();
    socket
}

impl Door {
    /// A shut door. Once open, request number n (from 0) is answered with `answers(n, request)`.
    pub(crate) fn shut(answers: impl Fn(usize, &Taken) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let held = bound((Ipv4Addr::LOCALHOST, 0).into());
        let address = held.local_addr().unwrap().as_socket().unwrap();
        Self { address, _held: held, answers: Arc::new(answers), log: Arc::default(), open: None }
    }

    /// A target that answers.
    pub(crate) fn open_with(answers: impl Fn(usize, &Taken) -> Vec<u8> + Send + Sync + 'static) -> Self {
        let mut door = Self::shut(answers);
        door.open();
        door
    }

    /// A target that takes everything.
    pub(crate) fn taking() -> Self {
        Self::open_with(|_, _| plain(200))
    }

    pub(crate) fn open(&mut self) {
        let socket = bound(self.address);
        socket.listen(128).unwrap();
        let listener = TcpListener::from(socket);
        let closing = Arc::new(AtomicBool::new(false));
        let (log, answers, stop) = (Arc::clone(&self.log), Arc::clone(&self.answers), Arc::clone(&closing));
        let thread = std::thread::spawn(move || {
            for stream in listener.incoming() {
                if stop.load(Ordering::SeqCst) {
                    return;
                }
                let (log, answers) = (Arc::clone(&log), Arc::clone(&answers));
                std::thread::spawn(move || attend(stream.unwrap(), &log, &answers));
            }
        });
        self.open = Some((closing, thread));
    }

    /// From now on nobody gets in; who is inside is still answered.
    pub(crate) fn close(&mut self) {
        let (closing, thread) = self.open.take().expect("it is open");
        closing.store(true, Ordering::SeqCst);
        drop(TcpStream::connect(self.address));
        thread.join().unwrap();
        assert!(TcpStream::connect(self.address).is_err(), "nobody listens");
    }

    /// Waits until so many requests came, and gives all of them.
    #[track_caller]
    pub(crate) fn wait_for(&self, count: usize) -> Vec<Taken> {
        let taken = self.log.taken.lock().unwrap();
        let (taken, _) =
            self.log.more.wait_timeout_while(taken, PATIENCE, |taken| taken.len() < count).unwrap();
        assert!(taken.len() >= count, "{} of {count} requests came", taken.len());
        taken.clone()
    }

    /// Drops the newest request from the log.
    pub(crate) fn forget_last(&self) {
        self.log.taken.lock().unwrap().pop();
    }

    /// What came so far.
    pub(crate) fn taken(&self) -> Vec<Taken> {
        self.log.taken.lock().unwrap().clone()
    }

    /// How to name it as a target.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.address)
    }
}

fn attend(mut stream: TcpStream, log: &Log, answers: &Answers) {
    let Some(taken) = Taken::read(&mut stream) else { return };
    let number = {
        let mut all = log.taken.lock().unwrap();
        all.push(taken.clone());
        all.len() - 1
    };
    log.more.notify_all();
    drop(stream.write_all(&answers(number, &taken)));
    drop(stream.shutdown(Shutdown::Write));
    // Until the other side has read all of it and goes.
    drop(stream.read(&mut [0; 1]));
}
