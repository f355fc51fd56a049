//! An application under test: takes requests off the wire by itself, keeps
//! every byte of them, and answers when and what it is told.
//!
//! It shares no code with the product, so that what it saw is evidence.

use super::PATIENCE;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Condvar, Mutex};

/// A request as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Received {
    /// Request line and header lines, with the empty line.
    pub head: Vec<u8>,
    pub body: Vec<u8>,
}

impl Received {
    /// The path and query of the request line.
    pub fn target(&self) -> String {
        let line = self.head.split(|byte| *byte == b'\r').next().unwrap();
        String::from_utf8_lossy(line).split(' ').nth(1).unwrap_or_default().to_owned()
    }

    /// The header lines of this name, without the name.
    pub fn values(&self, name: &str) -> Vec<Vec<u8>> {
        let lines = self.head.split(|byte| *byte == b'\n').map(<[u8]>::trim_ascii_end);
        lines
            .filter_map(|line| {
                let colon = line.iter().position(|byte| *byte == b':')?;
                let named = line[..colon].eq_ignore_ascii_case(name.as_bytes());
                named.then(|| line[colon + 1..].trim_ascii().to_vec())
            })
            .collect()
    }
}

#[derive(Default)]
struct State {
    received: Vec<Received>,
    /// Answers are held back while this is set.
    closed: bool,
    /// 200 unless told otherwise.
    status: Option<u16>,
}

#[derive(Default)]
struct Shared {
    state: Mutex<State>,
    changed: Condvar,
}

/// A running application on a port of its own; it ends with the test program.
pub struct Application {
    pub address: SocketAddr,
    shared: Arc<Shared>,
}

impl Application {
    /// Answers everything with 200.
    pub fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let shared = Arc::new(Shared::default());
        let of_thread = Arc::clone(&shared);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (Ok(stream), shared) = (stream, Arc::clone(&of_thread)) else { return };
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { address, shared }
    }

    /// What `--forward` takes.
    pub fn url(&self) -> String {
        format!("http://{}", self.address)
    }

    /// Holds answers back until `open`.
    pub fn close(&self) {
        self.shared.state.lock().unwrap().closed = true;
    }

    /// Lets answers go.
    pub fn open(&self) {
        self.shared.state.lock().unwrap().closed = false;
        self.shared.changed.notify_all();
    }

    /// Answers with this status from now on.
    pub fn answer(&self, status: u16) {
        self.shared.state.lock().unwrap().status = Some(status);
    }

    /// What came so far.
    pub fn received(&self) -> Vec<Received> {
        self.shared.state.lock().unwrap().received.clone()
    }

    /// Waits until this holds of what came, and gives it.
    #[track_caller]
    pub fn wait_until(&self, enough: impl Fn(&[Received]) -> bool) -> Vec<Received> {
        let state = self.shared.state.lock().unwrap();
        let (state, waited) = self
            .shared
            .changed
            .wait_timeout_while(state, PATIENCE, |state| !enough(&state.received))
            .unwrap();
        assert!(!waited.timed_out(), "only {} requests came", state.received.len());
        state.received.clone()
    }

    /// Waits for so many requests.
    #[track_caller]
    pub fn wait_for(&self, count: usize) -> Vec<Received> {
        self.wait_until(|received| received.len() >= count)
    }
}

fn serve(stream: TcpStream, shared: &Shared) {
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let mut state = shared.state.lock().unwrap();
        state.received.push(request);
        shared.changed.notify_all();
        let state = shared.changed.wait_while(state, |state| state.closed).unwrap();
        let status = state.status.unwrap_or(200);
        drop(state);
        let answer =
            format!("HTTP/1.1 {status} Told\r\nX-Application: yes\r\nContent-Length: 5\r\n\r\ntaken");
        if writer.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

/// One request with a length or none; the forwarder sends no chunks.
fn read_request(reader: &mut BufReader<TcpStream>) -> Option<Received> {
    let mut head = Vec::new();
    loop {
        let before = head.len();
        reader.read_until(b'\n', &mut head).ok().filter(|read| *read > 0)?;
        if head[before..].trim_ascii().is_empty() {
            break;
        }
    }
    let mut request = Received { head, body: Vec::new() };
    let lengths = request.values("content-length");
    assert!(lengths.len() <= 1 && request.values("transfer-encoding").is_empty(), "{request:?}");
    if let Some(length) = lengths.first() {
        let length: usize = String::from_utf8_lossy(length).parse().unwrap();
        request.body.resize(length, 0);
        reader.read_exact(&mut request.body).ok()?;
    }
    Some(request)
}
