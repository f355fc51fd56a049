//! Requests off a connection, without a line of the product's own server: framed
//! strictly, bounded, and answered one after the other.

use hookctl::hook::headers::Head;
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, TcpStream};
use std::time::Duration;

/// Larger than anything that is sent here.
const LARGEST_HEAD: usize = 64 << 10;
const LARGEST_BODY: usize = 16 << 20;

/// How long a client may be silent in the middle of a request. It is far longer
/// than a slow client pauses, and shorter than the client's own patience.
const PATIENCE: Duration = Duration::from_millis(1_500);

/// How long it may be silent between two.
const IDLE: Duration = Duration::from_secs(60);

/// A connection and what was read ahead on it.
pub(super) struct Wire {
    stream: TcpStream,
    ahead: Vec<u8>,
    patience: Duration,
}

/// A request as it came.
pub(crate) struct Request {
    pub(crate) head: Head,
    /// Without the framing of chunks.
    pub(crate) body: Vec<u8>,
    /// How many came before it on the connection.
    pub(crate) earlier: usize,
    /// Whether a part of it was there before the answer to the one before it.
    pub(crate) pipelined: bool,
}

impl Request {
    /// Whether the client wants no more on this connection.
    pub(super) fn wants_close(&self) -> bool {
        self.head.headers().get("connection").is_some_and(|value| value.eq_ignore_ascii_case(b"close"))
    }
}

/// What comes next on a connection.
pub(super) enum Next {
    Request(Request),
    /// Answered with this status, and then closed.
    Wrong(u16),
    /// The other side went, at the end of a request or in its middle.
    Gone {
        midway: bool,
    },
}

/// Why a body or a head is not there.
enum Broken {
    Wrong(u16),
    Gone,
}

/// How a body is framed.
enum Framing {
    Length(usize),
    Chunks,
}

impl Wire {
    pub(super) fn new(stream: TcpStream, patience: Option<Duration>) -> Self {
        Self { stream, ahead: Vec::new(), patience: patience.unwrap_or(PATIENCE) }
    }

    pub(super) fn next(&mut self, earlier: usize) -> Next {
        let pipelined = earlier > 0 && !self.ahead.is_empty();
        if self.ahead.is_empty() && !self.begins() {
            return Next::Gone { midway: false };
        }
        match self.request(earlier, pipelined) {
            Ok(request) => Next::Request(request),
            Err(Broken::Wrong(status)) => Next::Wrong(status),
            Err(Broken::Gone) => Next::Gone { midway: true },
        }
    }

    /// Writes an answer, or as much of it as the other side takes.
    pub(super) fn write(&mut self, bytes: &[u8]) -> bool {
        self.stream.write_all(bytes).is_ok()
    }

    /// Says that no more will come.
    pub(super) fn close(&self) {
        drop(self.stream.shutdown(Shutdown::Write));
    }

    fn begins(&mut self) -> bool {
        self.stream.set_read_timeout(Some(IDLE)).unwrap();
        self.more().is_ok()
    }

    fn request(&mut self, earlier: usize, pipelined: bool) -> Result<Request, Broken> {
        self.stream.set_read_timeout(Some(self.patience)).map_err(|_gone| Broken::Gone)?;
        let end = self.until(b"\r\n\r\n", LARGEST_HEAD, 431)?;
        let head = Head::parse(self.take(end)).map_err(|_broken| Broken::Wrong(400))?;
        let body = match framing(&head).ok_or(Broken::Wrong(400))? {
            Framing::Length(length) if length > LARGEST_BODY => return Err(Broken::Wrong(413)),
            Framing::Length(length) => self.exactly(length)?,
            Framing::Chunks => self.chunks()?,
        };
        Ok(Request { head, body, earlier, pipelined })
    }

    fn more(&mut self) -> Result<(), Broken> {
        let mut part = [0; 64 << 10];
        match self.stream.read(&mut part) {
            Ok(0) => Err(Broken::Gone),
            Ok(count) => {
                self.ahead.extend_from_slice(&part[..count]);
                Ok(())
            }
            Err(error) if matches!(error.kind(), ErrorKind::WouldBlock | ErrorKind::TimedOut) => {
                Err(Broken::Wrong(408))
            }
            Err(_reset) => Err(Broken::Gone),
        }
    }

    /// Where the first of these marks ends.
    fn until(&mut self, mark: &[u8], most: usize, status: u16) -> Result<usize, Broken> {
        loop {
            if let Some(at) = self.ahead.windows(mark.len()).position(|window| window == mark) {
                return Ok(at + mark.len());
            }
            if self.ahead.len() > most {
                return Err(Broken::Wrong(status));
            }
            self.more()?;
        }
    }

    fn take(&mut self, count: usize) -> Vec<u8> {
        let rest = self.ahead.split_off(count);
        std::mem::replace(&mut self.ahead, rest)
    }

    fn exactly(&mut self, length: usize) -> Result<Vec<u8>, Broken> {
        while self.ahead.len() < length {
            self.more()?;
        }
        Ok(self.take(length))
    }

    fn chunks(&mut self) -> Result<Vec<u8>, Broken> {
        let mut body = Vec::new();
        loop {
            let end = self.until(b"\r\n", 1_024, 400)?;
            let line = self.take(end);
            let digits = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
            let length =
                std::str::from_utf8(digits).ok().and_then(|text| usize::from_str_radix(text, 16).ok());
            let length = length.ok_or(Broken::Wrong(400))?;
            if length + body.len() > LARGEST_BODY {
                return Err(Broken::Wrong(413));
            }
            let chunk = self.exactly(length + 2)?;
            body.extend_from_slice(&chunk[..length]);
            if length == 0 {
                return Ok(body);
            }
        }
    }
}

/// `None` where it cannot be told for certain.
fn framing(head: &Head) -> Option<Framing> {
    let lengths: Vec<&[u8]> = head.headers().all("content-length").collect();
    let codings: Vec<&[u8]> = head.headers().all("transfer-encoding").collect();
    match (&lengths[..], &codings[..]) {
        ([], []) => Some(Framing::Length(0)),
        ([], [coding]) if coding.eq_ignore_ascii_case(b"chunked") => Some(Framing::Chunks),
        ([length], []) if !length.is_empty() && length.iter().all(u8::is_ascii_digit) => {
            std::str::from_utf8(length).ok()?.parse().ok().map(Framing::Length)
        }
        _ => None,
    }
}
