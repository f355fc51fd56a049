//! A running `hookctl inspect`, and its API as a client that knows the token.

use super::{Home, PATIENCE, body_of, raw_exchange, status_of};
use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::Child;
use std::sync::mpsc::channel;

/// An inspector of a journal.
pub struct Inspector {
    /// Its process, where it has one of its own.
    pub child: Option<Child>,
    pub address: SocketAddr,
    /// The printed address, with the token.
    pub url: String,
    pub token: String,
}

/// An answer of the API.
#[derive(Debug)]
pub struct Answered {
    pub status: u16,
    /// Status line and header lines.
    pub head: String,
    pub body: Vec<u8>,
}

impl Answered {
    /// Its record.
    #[track_caller]
    pub fn record(&self) -> Value {
        serde_json::from_slice(&self.body)
            .unwrap_or_else(|_| panic!("not JSON: {} {}", self.head, String::from_utf8_lossy(&self.body)))
    }

    /// Its record, when the status is this one.
    #[track_caller]
    pub fn expect(&self, status: u16) -> Value {
        assert_eq!(self.status, status, "{}", String::from_utf8_lossy(&self.body));
        self.record()
    }
}

impl Inspector {
    /// Starts `hookctl inspect --port 0 --json` in a home, with more arguments and variables.
    #[track_caller]
    pub fn start<S: AsRef<OsStr>>(
        home: &Home,
        args: impl IntoIterator<Item = S>,
        variables: &[(&str, &str)],
    ) -> Self {
        let mut command = home.command(["inspect", "--port", "0", "--json"]);
        command.args(args).envs(variables.iter().copied());
        let mut child = command.spawn().unwrap();
        let mut stdout = BufReader::new(child.stdout.take().unwrap());
        let (tell, told) = channel();
        std::thread::spawn(move || {
            let mut line = String::new();
            drop(stdout.read_line(&mut line));
            drop(tell.send(line));
            // Read to the end, so that nothing it says blocks it.
            drop(std::io::copy(&mut stdout, &mut std::io::sink()));
        });
        let line = told.recv_timeout(PATIENCE).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap_or_else(|_| panic!("not ready: {line}"));
        let mut inspector = Self::at(ready["inspector"].as_str().unwrap());
        inspector.child = Some(child);
        inspector
    }

    /// The inspector at a printed address.
    pub fn at(url: &str) -> Self {
        let (address, token) = url.split_once("/#token=").unwrap();
        let address = address.strip_prefix("http://").unwrap().parse().unwrap();
        Self { child: None, address, url: url.to_owned(), token: token.to_owned() }
    }

    /// The first so many events of the stream, each with its data, the comments passed over;
    /// `begun` is called once the stream is there.
    #[track_caller]
    pub fn events(&self, query: &str, count: usize, begun: impl FnOnce()) -> Vec<(String, Value)> {
        let mut stream = TcpStream::connect(self.address).unwrap();
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let token = &self.token;
        let head = format!(
            "GET /api/stream{query} HTTP/1.1\r\nHost: {}\r\nAuthorization: Bearer {token}\r\n\r\n",
            self.address
        );
        stream.write_all(head.as_bytes()).unwrap();
        let (mut begun, mut events, mut event) = (Some(begun), Vec::new(), String::new());
        // The sizes of chunks stand on lines of their own, so they are passed over as well.
        for line in BufReader::new(stream).lines() {
            let line = line.unwrap();
            if let Some(begun) = begun.take_if(|_| line.starts_with("retry:")) {
                begun();
            } else if let Some(name) = line.strip_prefix("event: ") {
                event = name.to_owned();
            } else if let Some(data) = line.strip_prefix("data: ") {
                events.push((event.clone(), serde_json::from_str(data).unwrap()));
                if events.len() == count {
                    break;
                }
            }
        }
        assert_eq!(events.len(), count, "{events:?}");
        events
    }

    /// Asks for something with the token; a body makes it JSON.
    pub fn ask(&self, method: &str, path: &str, body: Option<&Value>) -> Answered {
        let body = body.map(ToString::to_string).unwrap_or_default();
        let mut text = format!("{method} {path} HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n", self.address);
        text.push_str(&format!("Authorization: Bearer {}\r\n", self.token));
        if method != "GET" {
            text.push_str(&format!("Content-Type: application/json\r\nContent-Length: {}\r\n", body.len()));
        }
        let answer = raw_exchange(self.address, format!("{text}\r\n{body}").as_bytes());
        let body = body_of(&answer).to_vec();
        let head = String::from_utf8_lossy(&answer[..answer.len() - body.len()]).into_owned();
        Answered { status: status_of(&answer), head, body }
    }

    /// A record that must be there.
    #[track_caller]
    pub fn get(&self, path: &str) -> Value {
        self.ask("GET", path, None).expect(200)
    }

    /// A change that must be made.
    #[track_caller]
    pub fn post(&self, path: &str, body: &Value) -> Value {
        self.ask("POST", path, Some(body)).expect(200)
    }
}

impl Drop for Inspector {
    /// A test that fails leaves nothing running behind.
    fn drop(&mut self) {
        if let Some(child) = &mut self.child {
            drop(child.kill());
            drop(child.wait());
        }
    }
}
