//! Reads answers off a connection, one after the other, each bounded.

use crate::hook::attempt::{Answer, Failure, FailureKind};
use crate::hook::headers::{Headers, MAX_FIELDS};
use crate::outbound::fault;
use bytes::Bytes;
use std::io;
use tokio::io::{AsyncRead, AsyncReadExt};

/// The most bytes of an answer's head.
const MAX_HEAD: usize = 128 * 1024;
/// The most bytes of an answer's body; what is longer is cut off here.
pub(super) const MAX_BODY: usize = 1 << 20;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Reader {
    bodiless: bool,
    buffer: Vec<u8>,
    answers: Vec<Answer>,
    last: bool,
}

/// How an answer's body ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Framing {
    Length(usize),
    Chunked,
    ToTheEnd,
}

/// What the bytes so far are.
enum Parsed {
    /// The beginning of an answer.
    Partial,
    /// An interim answer of this many bytes.
    Interim(usize),
    /// An answer of this many bytes; `cut` when it was longer than the limit, `last`
    /// when no other follows on this connection.
    Whole { answer: Answer, length: usize, cut: bool, last: bool },
}

impl Reader {
    /// `bodiless` for the answers to a HEAD.
    pub(super) fn new(bodiless: bool) -> Self {
        Self { bodiless, buffer: Vec::new(), answers: Vec::new(), last: false }
    }

    pub(super) fn into_answers(self) -> Vec<Answer> {
        self.answers
    }

    /// Whether the server said that it answers no more on this connection. Some read
    /// and drop whatever comes after that, without an end.
    pub(super) fn is_last(&self) -> bool {
        self.last
    }

    /// Reads until there are `wanted` answers in all.
    pub(super) async fn listen(
        &mut self,
        ears: &mut (impl AsyncRead + Unpin),
        wanted: usize,
    ) -> Result<(), Failure> {
        let mut ended = false;
        loop {
            while self.answers.len() < wanted {
                match parse(&self.buffer, self.bodiless, ended)? {
                    Parsed::Partial => break,
                    Parsed::Interim(length) => drop(self.buffer.drain(..length.min(self.buffer.len()))),
                    Parsed::Whole { answer, length, cut, last } => {
                        self.answers.push(answer);
                        self.last = last;
                        self.buffer.drain(..length.min(self.buffer.len()));
                        if cut {
                            return Ok(());
                        }
                        if last {
                            break;
                        }
                    }
                }
            }
            if self.answers.len() >= wanted {
                return Ok(());
            }
            if self.last {
                return Err(closed(false));
            }
            if ended {
                return Err(closed(!self.buffer.is_empty()));
            }
            ended = self.read(ears).await?;
        }
    }

    /// Reads some more; says whether that was the end.
    async fn read(&mut self, ears: &mut (impl AsyncRead + Unpin)) -> Result<bool, Failure> {
        self.buffer.reserve(16 * 1024);
        match ears.read_buf(&mut self.buffer).await {
            Ok(read) => Ok(read == 0),
            // TLS without its farewell; many servers hang up so.
            Err(error) if error.kind() == io::ErrorKind::UnexpectedEof => Ok(true),
            Err(error) => Err(fault::exchanging(&error)),
        }
    }
}

fn closed(midway: bool) -> Failure {
    let detail = if midway {
        "the connection was closed in the middle of the answer"
    } else {
        "the connection was closed without an answer"
    };
    Failure { kind: FailureKind::Reset, detail: detail.to_owned() }
}

fn garbage(detail: impl Into<String>) -> Failure {
    Failure { kind: FailureKind::Garbage, detail: detail.into() }
}

fn parse(bytes: &[u8], bodiless: bool, ended: bool) -> Result<Parsed, Failure> {
    let mut storage = [httparse::EMPTY_HEADER; MAX_FIELDS];
    let mut response = httparse::Response::new(&mut storage);
    let status = match response.parse(bytes) {
        Ok(httparse::Status::Complete(length)) => (length, response.code.unwrap_or_default()),
        Ok(httparse::Status::Partial) if bytes.len() > MAX_HEAD => {
            return Err(garbage("the answer's head is too long"));
        }
        Ok(httparse::Status::Partial) => return Ok(Parsed::Partial),
        Err(error) => return Err(garbage(format!("what came is no HTTP answer: {error}"))),
    };
    let (head_length, code) = status;
    let old = response.version == Some(0);
    if code == 101 {
        return Err(garbage("the target switched protocols unasked"));
    }
    if (100..200).contains(&code) {
        return Ok(Parsed::Interim(head_length));
    }
    let head = bytes.get(..head_length).unwrap_or_default();
    let lines = memchr::memchr(b'\n', head).and_then(|end| head.get(end.saturating_add(1)..));
    let headers = Headers::parse_with_end(lines.unwrap_or_default().to_vec())
        .map_err(|error| garbage(error.to_string()))?;
    let framing = if bodiless || matches!(code, 204 | 304) { Framing::Length(0) } else { framing(&headers)? };
    let rest = bytes.get(head_length..).unwrap_or_default();
    let Some((body, length, cut)) = body(framing, rest, ended)? else { return Ok(Parsed::Partial) };
    let last = closes(&headers, old);
    let answer = Answer { status: code, headers, body: Bytes::from(body) };
    Ok(Parsed::Whole { answer, length: head_length.saturating_add(length), cut, last })
}

/// Whether the connection is closed after the answer; `old` for HTTP/1.0.
fn closes(headers: &Headers, old: bool) -> bool {
    let says = |word: &[u8]| {
        let mut words = headers.all("Connection").flat_map(|value| value.split(|byte| *byte == b','));
        words.any(|said| said.trim_ascii().eq_ignore_ascii_case(word))
    };
    says(b"close") || (old && !says(b"keep-alive"))
}

fn framing(headers: &Headers) -> Result<Framing, Failure> {
    let chunked = |value: &[u8]| value.to_ascii_lowercase().ends_with(b"chunked");
    if headers.all("Transfer-Encoding").last().is_some_and(chunked) {
        return Ok(Framing::Chunked);
    }
    let mut lengths = headers.all("Content-Length");
    let Some(first) = lengths.next() else { return Ok(Framing::ToTheEnd) };
    if lengths.any(|other| other != first) {
        return Err(garbage("the answer has two lengths that disagree"));
    }
    let digits =
        std::str::from_utf8(first).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_digit()));
    let length = digits.and_then(|text| text.parse().ok());
    length.map(Framing::Length).ok_or_else(|| garbage("the answer's length is no number"))
}

/// The body, how many bytes it took, and whether it was cut off; `None` when more must come.
fn body(framing: Framing, rest: &[u8], ended: bool) -> Result<Option<(Vec<u8>, usize, bool)>, Failure> {
    match framing {
        Framing::Length(length) => {
            let cut = length > MAX_BODY;
            let length = length.min(MAX_BODY);
            Ok(rest.get(..length).map(|body| (body.to_vec(), length, cut)))
        }
        Framing::ToTheEnd if ended || rest.len() > MAX_BODY => {
            let length = rest.len().min(MAX_BODY);
            Ok(Some((rest.get(..length).unwrap_or_default().to_vec(), length, !ended)))
        }
        Framing::ToTheEnd => Ok(None),
        Framing::Chunked => chunks(rest),
    }
}

fn chunks(rest: &[u8]) -> Result<Option<(Vec<u8>, usize, bool)>, Failure> {
    let mut body = Vec::new();
    let mut at = 0_usize;
    loop {
        let here = rest.get(at..).unwrap_or_default();
        let (line, size) = match httparse::parse_chunk_size(here) {
            Ok(httparse::Status::Complete((line, size))) => {
                (line, usize::try_from(size).unwrap_or(usize::MAX))
            }
            Ok(httparse::Status::Partial) => return Ok(None),
            Err(_invalid) => return Err(garbage("a chunk's length is no number")),
        };
        let data = at.saturating_add(line);
        if size == 0 {
            return Ok(trailers(rest, data).map(|end| (body, end, false)));
        }
        let end = data.saturating_add(size);
        if body.len().saturating_add(size) > MAX_BODY {
            let room = MAX_BODY.saturating_sub(body.len());
            let Some(last) = rest.get(data..data.saturating_add(room)) else { return Ok(None) };
            body.extend_from_slice(last);
            return Ok(Some((body, data.saturating_add(room), true)));
        }
        let Some(chunk) = rest.get(data..end) else { return Ok(None) };
        match rest.get(end..end.saturating_add(2)) {
            None => return Ok(None),
            Some(b"\r\n") => {}
            Some(_) => return Err(garbage("a chunk is longer than it says")),
        }
        body.extend_from_slice(chunk);
        at = end.saturating_add(2);
    }
}

/// Where the trailers after the last chunk end.
fn trailers(rest: &[u8], at: usize) -> Option<usize> {
    let behind = rest.get(at..)?;
    if behind.starts_with(b"\r\n") {
        return Some(at.saturating_add(2));
    }
    let end = behind.windows(4).position(|window| window == b"\r\n\r\n")?;
    Some(at.saturating_add(end).saturating_add(4))
}

#[cfg(test)]
mod tests {
    use super::*;
    use tokio::io::AsyncWriteExt as _;

    async fn read(bytes: &[u8], wanted: usize) -> (Vec<Answer>, Result<(), Failure>) {
        let mut reader = Reader::new(false);
        let result = reader.listen(&mut &*bytes, wanted).await;
        (reader.into_answers(), result)
    }

    #[tokio::test]
    async fn a_server_that_will_close_is_not_waited_for() {
        for head in ["HTTP/1.1 200 OK\r\nConnection: x, Close\r\n", "HTTP/1.0 200 OK\r\n"] {
            let text = format!("{head}Content-Length: 0\r\n\r\n");
            // The other end reads whatever comes, and never closes.
            let (mut ears, mut server) = tokio::io::duplex(1024);
            server.write_all(text.as_bytes()).await.unwrap();
            let mut reader = Reader::new(false);
            assert!(reader.listen(&mut ears, 1).await.is_ok() && reader.is_last(), "{head}");
            let failure = reader.listen(&mut ears, 2).await.unwrap_err();
            assert_eq!(failure.kind, FailureKind::Reset, "{head}");
        }
        let kept = b"HTTP/1.0 200 OK\r\nConnection: keep-alive\r\nContent-Length: 0\r\n\r\n";
        let mut reader = Reader::new(false);
        assert!(reader.listen(&mut &kept[..], 1).await.is_ok() && !reader.is_last());
    }

    #[tokio::test]
    async fn answers_of_every_framing_are_read_one_after_the_other() {
        let bytes = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nokHTTP/1.1 401 No\r\ntransfer-encoding: chunked\r\n\r\n3\r\nno!\r\n1;x=y\r\n!\r\n0\r\nT: x\r\n\r\nHTTP/1.1 204 Fine\r\n\r\nHTTP/1.1 500 Oh\r\n\r\nto the end";
        let (answers, result) = read(bytes, 4).await;
        assert_eq!(result, Ok(()));
        let seen: Vec<_> = answers.iter().map(|answer| (answer.status, answer.body.as_ref())).collect();
        assert_eq!(seen, [(200, &b"ok"[..]), (401, b"no!!"), (204, b""), (500, b"to the end")]);
    }

    #[tokio::test]
    async fn what_is_no_answer_is_named() {
        for (bytes, kind) in [
            (&b""[..], FailureKind::Reset),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nok", FailureKind::Reset),
            (b"hello there\r\n\r\n", FailureKind::Garbage),
            (b"HTTP/1.1 200 OK\r\nContent-Length: -1\r\n\r\n", FailureKind::Garbage),
            (b"HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\nok", FailureKind::Garbage),
            (b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n", FailureKind::Garbage),
            (b"HTTP/1.1 101 Switching\r\n\r\n", FailureKind::Garbage),
        ] {
            let (answers, result) = read(bytes, 1).await;
            assert!(answers.is_empty(), "{bytes:?}");
            assert_eq!(result.map_err(|failure| failure.kind), Err(kind), "{bytes:?}");
        }
    }

    #[tokio::test]
    async fn a_long_answer_is_cut_and_a_long_head_refused() {
        let body = vec![b'x'; MAX_BODY + 10];
        let whole = |head: &str| [head.as_bytes(), &body].concat();
        for head in [
            "HTTP/1.1 200 OK\r\n\r\n".to_owned(),
            format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\n\r\n", body.len()),
            format!("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n{:x}\r\n", body.len()),
            "HTTP/1.1 200 OK\r\nContent-Length: 18446744073709551615\r\n\r\n".to_owned(),
        ] {
            let (answers, result) = read(&whole(&head), 2).await;
            assert_eq!(result, Ok(()), "{head}");
            assert_eq!(answers.first().map(|answer| answer.body.len()), Some(MAX_BODY), "{head}");
        }
        let endless = [&b"HTTP/1.1 200 OK\r\nX: "[..], &vec![b'x'; MAX_HEAD + 10]].concat();
        assert_eq!(read(&endless, 1).await.1.map_err(|failure| failure.kind), Err(FailureKind::Garbage));
    }
}
