//! Follows an HTTP/1 byte stream and keeps each request head byte for byte.
//!
//! It takes exactly what hyper's own decoder takes as the bounds of a message
//! and stops after each one, so that hyper never holds a byte of a message whose
//! head was not kept. It judges nothing: where the stream breaks the grammar it
//! gives up (`Lost`) and leaves the answer to hyper.

use crate::hook::headers::{Head, HeadError};
use bytes::Bytes;

/// hyper keeps the two lengths above it for bodies of unknown length.
const LONGEST: u64 = u64::MAX - 2;

/// Where in the stream the last byte seen lies.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// Between two messages.
    Between,
    /// Within a head.
    Head,
    /// Within a body.
    Body,
    /// At the end of a message.
    End,
    /// Not known any more.
    Lost,
}

/// Why the stream could not be followed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Loss {
    /// The head is larger than allowed.
    HeadTooLarge,
    /// The head is not one.
    BadHead(HeadError),
    /// The head does not say how long the body is.
    BadLength,
    /// The length is one that hyper cannot count to.
    LengthTooLarge,
    /// The chunks are not chunks.
    BadChunk,
}

#[derive(Clone, Copy, Debug)]
enum State {
    Head,
    Length(u64),
    Chunked(Chunk),
    Lost(Loss),
}

/// Where in a chunked body; the names follow hyper's decoder.
#[derive(Clone, Copy, Debug)]
enum Chunk {
    Start,
    Size(u64),
    SizeSpace(u64),
    Extension(u64),
    SizeLf(u64),
    Data(u64),
    DataCr,
    DataLf,
    EndCr,
    EndLf,
    Trailer,
    TrailerLf,
}

enum Step {
    /// All bytes were taken.
    All,
    /// So many were taken, and the next part of the same message begins.
    Part(usize),
    /// So many were taken, and the message ends there.
    End(usize),
}

/// Follows one stream.
#[derive(Debug)]
pub(super) struct Framing {
    state: State,
    partial: Vec<u8>,
    head: Option<Head>,
    max_head: usize,
}

impl Framing {
    pub(super) fn new(max_head: usize) -> Self {
        Self { state: State::Head, partial: Vec::new(), head: None, max_head }
    }

    /// Follows `bytes` to the end of the current message at most; says how many
    /// were taken (never none of some) and where that is.
    pub(super) fn follow(&mut self, bytes: &[u8]) -> (usize, Place) {
        let mut taken = 0;
        loop {
            let rest = bytes.get(taken..).unwrap_or_default();
            let step = match &mut self.state {
                State::Lost(_) => Step::All,
                State::Head => self.follow_head(rest),
                State::Length(left) => follow_length(left, rest),
                State::Chunked(chunk) => match follow_chunks(chunk, rest) {
                    Some(step) => step,
                    None => self.lose(Loss::BadChunk),
                },
            };
            match step {
                Step::End(count) => {
                    self.state = State::Head;
                    return (taken + count, Place::End);
                }
                Step::Part(count) => taken += count,
                Step::All => taken = bytes.len(),
            }
            if taken >= bytes.len() {
                return (bytes.len(), self.place());
            }
        }
    }

    fn place(&self) -> Place {
        match self.state {
            State::Lost(_) => Place::Lost,
            State::Head if self.partial.is_empty() => Place::Between,
            State::Head => Place::Head,
            State::Length(_) | State::Chunked(_) => Place::Body,
        }
    }

    /// The head of the message that `follow` is in or stopped after, once.
    pub(super) fn take_head(&mut self) -> Option<Head> {
        self.head.take()
    }

    /// Whether there is a head that nobody took.
    pub(super) fn has_head(&self) -> bool {
        self.head.is_some()
    }

    /// How many bytes of an unfinished head are kept.
    pub(super) fn partial(&self) -> usize {
        self.partial.len()
    }

    /// Why the stream could not be followed, when it could not.
    pub(super) fn loss(&self) -> Option<Loss> {
        match self.state {
            State::Lost(loss) => Some(loss),
            _ => None,
        }
    }

    fn lose(&mut self, loss: Loss) -> Step {
        self.state = State::Lost(loss);
        self.partial = Vec::new();
        Step::All
    }

    fn follow_head(&mut self, bytes: &[u8]) -> Step {
        // Empty lines before a request are allowed and are not part of it.
        let skip = if self.partial.is_empty() {
            bytes.iter().take_while(|byte| matches!(byte, b'\r' | b'\n')).count()
        } else {
            0
        };
        let bytes = bytes.get(skip..).unwrap_or_default();
        if self.partial.is_empty() {
            return match head_end(bytes, 0) {
                Some(end) if end > self.max_head => self.lose(Loss::HeadTooLarge),
                Some(end) => {
                    let head = Bytes::copy_from_slice(bytes.get(..end).unwrap_or_default());
                    self.begin_body(head, skip + end)
                }
                None if bytes.len() > self.max_head => self.lose(Loss::HeadTooLarge),
                None => {
                    self.partial.extend_from_slice(bytes);
                    Step::All
                }
            };
        }
        let before = self.partial.len();
        // The head may end inside these bytes, so more than one head's worth is never needed.
        let room = (self.max_head + 1).saturating_sub(before).min(bytes.len());
        self.partial.extend_from_slice(bytes.get(..room).unwrap_or_default());
        match head_end(&self.partial, before.saturating_sub(3)) {
            Some(end) if end <= self.max_head => {
                let mut head = std::mem::take(&mut self.partial);
                head.truncate(end);
                self.begin_body(head.into(), end.saturating_sub(before))
            }
            None if self.partial.len() <= self.max_head => Step::All,
            Some(_) | None => self.lose(Loss::HeadTooLarge),
        }
    }

    fn begin_body(&mut self, bytes: Bytes, taken: usize) -> Step {
        let head = match Head::parse(bytes) {
            Ok(head) => head,
            Err(error) => return self.lose(Loss::BadHead(error)),
        };
        let Some(state) = body_of(&head) else { return self.lose(Loss::BadLength) };
        if matches!(state, State::Length(length) if length > LONGEST) {
            return self.lose(Loss::LengthTooLarge);
        }
        self.head = Some(head);
        match state {
            State::Length(0) => Step::End(taken),
            _ => {
                self.state = state;
                Step::Part(taken)
            }
        }
    }
}

/// The place after the first empty line that ends at or after `from`.
fn head_end(bytes: &[u8], from: usize) -> Option<usize> {
    let mut at = from;
    loop {
        let rest = bytes.get(at..)?;
        at += memchr::memchr(b'\n', rest)? + 1;
        match bytes.get(at..)? {
            [b'\n', ..] => return Some(at + 1),
            [b'\r', b'\n', ..] => return Some(at + 2),
            _ => {}
        }
    }
}

/// How hyper finds the length of a request's body; `None` where it refuses.
fn body_of(head: &Head) -> Option<State> {
    let mut length = None;
    let mut chunked = None;
    for field in head.headers().iter() {
        if field.name.eq_ignore_ascii_case("content-length") {
            let value = digits(field.value)?;
            if length.is_some_and(|other| other != value) {
                return None;
            }
            length = Some(value);
        } else if field.name.eq_ignore_ascii_case("transfer-encoding") {
            let last = field.value.rsplit(|byte| *byte == b',').next().unwrap_or_default();
            chunked = Some(last.trim_ascii().eq_ignore_ascii_case(b"chunked"));
        }
    }
    match chunked {
        Some(true) => Some(State::Chunked(Chunk::Start)),
        Some(false) => None,
        None => Some(State::Length(length.unwrap_or(0))),
    }
}

/// Digits only: no sign, no space, no list.
pub(super) fn digits(value: &[u8]) -> Option<u64> {
    if value.is_empty() {
        return None;
    }
    value.iter().try_fold(0_u64, |sum, byte| {
        let digit = byte.is_ascii_digit().then(|| u64::from(byte - b'0'))?;
        sum.checked_mul(10)?.checked_add(digit)
    })
}

fn follow_length(left: &mut u64, bytes: &[u8]) -> Step {
    match usize::try_from(*left) {
        Ok(count) if count <= bytes.len() => Step::End(count),
        _ => {
            *left = left.saturating_sub(bytes.len() as u64);
            Step::All
        }
    }
}

/// `None` where the chunks break the grammar.
fn follow_chunks(chunk: &mut Chunk, bytes: &[u8]) -> Option<Step> {
    let mut at = 0;
    while let Some(byte) = bytes.get(at).copied() {
        if let Chunk::Data(left) = chunk {
            let here = usize::try_from(*left).unwrap_or(usize::MAX).min(bytes.len() - at);
            *left -= here as u64;
            at += here;
            if *left == 0 {
                *chunk = Chunk::DataCr;
            }
            continue;
        }
        at += 1;
        *chunk = match next(*chunk, byte)? {
            Some(state) => state,
            None => return Some(Step::End(at)),
        };
    }
    Some(Step::All)
}

/// The state after `byte`: outer `None` is a fault, inner `None` the end.
#[allow(clippy::option_option, reason = "a fault and the end are two things")]
fn next(chunk: Chunk, byte: u8) -> Option<Option<Chunk>> {
    let state = match (chunk, byte) {
        (Chunk::Start, _) => Chunk::Size(hex(byte)?),
        (Chunk::Size(size) | Chunk::SizeSpace(size), b'\t' | b' ') => Chunk::SizeSpace(size),
        (Chunk::Size(size) | Chunk::SizeSpace(size), b';') => Chunk::Extension(size),
        (Chunk::Size(size) | Chunk::SizeSpace(size) | Chunk::Extension(size), b'\r') => Chunk::SizeLf(size),
        (Chunk::Size(size), _) => Chunk::Size(size.checked_mul(16)?.checked_add(hex(byte)?)?),
        (Chunk::Extension(size), _) if byte != b'\n' => Chunk::Extension(size),
        (Chunk::SizeLf(0), b'\n') | (Chunk::TrailerLf, b'\n') => Chunk::EndCr,
        (Chunk::SizeLf(size), b'\n') => Chunk::Data(size),
        (Chunk::DataCr, b'\r') => Chunk::DataLf,
        (Chunk::DataLf, b'\n') => Chunk::Start,
        (Chunk::EndCr, b'\r') => Chunk::EndLf,
        (Chunk::Trailer, b'\r') => Chunk::TrailerLf,
        (Chunk::EndCr | Chunk::Trailer, _) => Chunk::Trailer,
        (Chunk::EndLf, b'\n') => return Some(None),
        _ => return None,
    };
    Some(Some(state))
}

fn hex(byte: u8) -> Option<u64> {
    char::from(byte).to_digit(16).map(u64::from)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Follows a stream cut into pieces; gives each message's head and its end.
    fn follow_in_pieces(stream: &[u8], size: usize) -> (Vec<Vec<u8>>, Vec<usize>, Place) {
        let mut framing = Framing::new(1024);
        let (mut heads, mut ends, mut place) = (Vec::new(), Vec::new(), Place::Between);
        let mut at = 0;
        while at < stream.len() {
            let piece = &stream[at..stream.len().min(at + size)];
            let taken;
            (taken, place) = framing.follow(piece);
            assert!(taken > 0 && taken <= piece.len());
            at += taken;
            if let Some(head) = framing.take_head() {
                heads.push(head.as_bytes().to_vec());
            }
            if place == Place::End {
                ends.push(at);
            }
        }
        (heads, ends, place)
    }

    #[test]
    fn every_cut_of_a_stream_gives_the_same_heads_and_bounds() {
        let heads: [&[u8]; 4] = [
            b"POST /a HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\n\r\n",
            b"GET /b HTTP/1.1\nHost: b\n\n",
            b"POST /c HTTP/1.1\r\nTransfer-Encoding: chunked\r\nX: \xff\r\n\r\n",
            b"POST /d HTTP/1.1\r\ncontent-LENGTH: 0\r\n\r\n",
        ];
        let bodies: [&[u8]; 4] =
            [b"\r\n\r\n!", b"", b"3 ;x=\"\r\nabc\r\n0A\r\n0123456789\r\n0\r\nT: 1\r\nU:\r\n\r\n", b""];
        let mut stream = Vec::new();
        let mut ends = Vec::new();
        for (head, body) in heads.iter().zip(bodies) {
            stream.extend_from_slice(b"\r\n");
            stream.extend_from_slice(head);
            stream.extend_from_slice(body);
            ends.push(stream.len());
        }
        for size in 1..=stream.len() {
            let found = follow_in_pieces(&stream, size);
            assert_eq!(found.0, heads, "in pieces of {size}");
            assert_eq!((found.1, found.2), (ends.clone(), Place::End), "in pieces of {size}");
        }
    }

    #[test]
    fn what_hyper_refuses_is_lost() {
        for (stream, loss) in [
            ("POST / HTTP/1.1\r\nContent-Length: +5\r\n\r\n", Loss::BadLength),
            ("POST / HTTP/1.1\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\n", Loss::BadLength),
            ("POST / HTTP/1.1\r\nContent-Length: 18446744073709551614\r\n\r\n", Loss::LengthTooLarge),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked, identity\r\n\r\n", Loss::BadLength),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n5\nhello", Loss::BadChunk),
            ("POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n11111111111111111\r\n", Loss::BadChunk),
        ] {
            let mut framing = Framing::new(1024);
            assert_eq!(framing.follow(stream.as_bytes()), (stream.len(), Place::Lost), "{stream}");
            assert_eq!(framing.loss(), Some(loss), "{stream}");
        }
    }

    #[test]
    fn a_head_is_kept_up_to_its_limit_only() {
        for (size, whole) in [(1023, true), (1024, true), (1025, false)] {
            let line = "GET / HTTP/1.1\r\nA: ";
            let head = format!("{line}{}\r\n\r\n", "a".repeat(size - line.len() - 4));
            for piece in [1, 7, size] {
                let (heads, _, _) = follow_in_pieces(head.as_bytes(), piece);
                assert_eq!(heads.len(), usize::from(whole), "{size} bytes in pieces of {piece}");
            }
        }
        let mut framing = Framing::new(1024);
        framing.follow(&[b'a'; 5000]);
        assert_eq!((framing.loss(), framing.partial()), (Some(Loss::HeadTooLarge), 0));
    }
}
