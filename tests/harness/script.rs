//! A vendor that answers by a script: keeps the bytes of every request, and
//! gives the next answer of its list, byte for byte.
//!
//! It shares no code with the product, so that what it saw is evidence.

use super::PATIENCE;
use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What becomes of one request.
pub enum Act {
    /// These bytes; then the connection is closed.
    Answer(Vec<u8>),
    /// These bytes; then nothing, and the connection stays open.
    Hang(Vec<u8>),
    /// These bytes, then others again and again for as long as somebody reads.
    Endless(Vec<u8>, Vec<u8>),
    /// The connection is closed without a word.
    Drop,
}

#[derive(Default)]
struct State {
    acts: VecDeque<Act>,
    requests: Vec<String>,
    sent: usize,
}

/// A running script; it ends with the test program.
pub struct Script {
    pub address: SocketAddr,
    state: Arc<Mutex<State>>,
}

/// An answer with a JSON body.
pub fn json(status: u16, body: &str) -> Act {
    answer(status, &[("Content-Type", "application/json")], body)
}

/// An answer.
pub fn answer(status: u16, headers: &[(&str, &str)], body: &str) -> Act {
    Act::Answer(text(status, headers, body).into_bytes())
}

/// The bytes of an answer.
pub fn text(status: u16, headers: &[(&str, &str)], body: &str) -> String {
    let mut text = format!("HTTP/1.1 {status} Told\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n{body}", body.len()));
    text
}

impl Script {
    /// Starts a vendor that answers so.
    pub fn new(acts: impl IntoIterator<Item = Act>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let address = listener.local_addr().unwrap();
        let state = Arc::new(Mutex::new(State { acts: acts.into_iter().collect(), ..State::default() }));
        let shared = Arc::clone(&state);
        std::thread::spawn(move || {
            for stream in listener.incoming() {
                let (stream, shared) = (stream.unwrap(), Arc::clone(&shared));
                std::thread::spawn(move || serve(stream, &shared));
            }
        });
        Self { address, state }
    }

    /// Its base URL.
    pub fn base(&self) -> String {
        format!("http://{}", self.address)
    }

    /// The requests so far, `PORT` in place of the port and `VERSION` of hookctl's version.
    pub fn requests(&self) -> Vec<String> {
        let state = self.state.lock().unwrap();
        let port = format!(":{}", self.address.port());
        let version = concat!("hookctl/", env!("CARGO_PKG_VERSION"));
        state
            .requests
            .iter()
            .map(|text| text.replace(&port, ":PORT").replace(version, "hookctl/VERSION"))
            .collect()
    }

    /// The only request.
    #[track_caller]
    pub fn only(&self) -> String {
        let mut requests = self.requests();
        assert_eq!(requests.len(), 1, "{requests:#?}");
        requests.remove(0)
    }

    /// The request lines, in order.
    pub fn lines(&self) -> Vec<String> {
        let first = |text: &String| text.lines().next().unwrap_or_default().to_owned();
        self.requests().iter().map(first).map(|line| line.replace(" HTTP/1.1", "")).collect()
    }

    /// How many answers are left.
    pub fn left(&self) -> usize {
        self.state.lock().unwrap().acts.len()
    }

    /// How many bytes an endless answer has sent.
    pub fn sent(&self) -> usize {
        self.state.lock().unwrap().sent
    }
}

fn serve(stream: TcpStream, state: &Mutex<State>) {
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    let mut writer = stream.try_clone().unwrap();
    let mut reader = BufReader::new(stream);
    while let Some(request) = read_request(&mut reader) {
        let act = {
            let mut state = state.lock().unwrap();
            state.requests.push(request);
            state.acts.pop_front()
        };
        match act.unwrap_or_else(|| json(599, "{\"error\":\"the script is over\"}")) {
            Act::Answer(bytes) => {
                drop(writer.write_all(&bytes));
                return;
            }
            Act::Hang(bytes) => drop(writer.write_all(&bytes)),
            Act::Endless(first, again) => {
                let mut piece = first;
                while writer.write_all(&piece).is_ok() {
                    state.lock().unwrap().sent += piece.len();
                    piece.clone_from(&again);
                }
                return;
            }
            Act::Drop => return,
        }
    }
}

fn read_request(reader: &mut BufReader<TcpStream>) -> Option<String> {
    let mut request = String::new();
    let mut length = 0;
    loop {
        let before = request.len();
        reader.read_line(&mut request).ok().filter(|read| *read > 0)?;
        let line = request[before..].trim_end().to_owned();
        if line.is_empty() {
            break;
        }
        let (name, value) = line.split_once(": ").unwrap_or((&line, ""));
        if name.eq_ignore_ascii_case("content-length") {
            length = value.parse().unwrap();
        }
    }
    let mut body = vec![0; length];
    reader.read_exact(&mut body).ok()?;
    request.push_str(&String::from_utf8(body).unwrap());
    Some(request)
}
