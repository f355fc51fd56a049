//! A captured HTTP request: where its body ends, as the head says, and what is
//! odd about that.
//!
//! Tools that save a request often end its lines with a bare line feed, join its
//! chunks and keep the head that speaks of them, or lose its end; what is left is
//! taken for what it is, and said. The bytes of a body are never changed.

use crate::hook::headers::Head;
use crate::ui::human;
use bytes::Bytes;
use std::fmt;

/// A request as it was captured.
#[derive(Debug)]
pub(super) struct Captured {
    pub(super) head: Head,
    pub(super) body: Bytes,
    /// What is odd about its end.
    pub(super) remark: Option<Remark>,
}

/// What is odd about the end of a capture.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Remark {
    /// So many of the bytes that `Content-Length` names are there.
    CutShort { there: usize, named: u64 },
    /// The last chunk is not there.
    Unfinished,
    /// So many bytes stand behind the body.
    LeftOut(usize),
    /// The head speaks of chunks, the body has none.
    Joined,
}

impl Remark {
    /// Whether a part of the body is missing.
    pub(super) fn cut_short(&self) -> bool {
        matches!(self, Self::CutShort { .. } | Self::Unfinished)
    }
}

impl fmt::Display for Remark {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::CutShort { there, named } => {
                let named = human::counted(*named, "byte", "bytes");
                let there = human::count(*there as u64);
                write!(
                    f,
                    "the capture is cut short: of the {named} that Content-Length names {there} are there"
                )
            }
            Self::Unfinished => f.write_str("the capture is cut short: its last chunk is missing"),
            Self::LeftOut(count) => {
                let bytes = human::counted(*count as u64, "byte", "bytes");
                write!(f, "left out behind the end of the body, such as an editor adds: {bytes}")
            }
            Self::Joined => f.write_str(
                "the head says `Transfer-Encoding: chunked`, but the body has no chunks; taken as it is",
            ),
        }
    }
}

/// Why a file is no captured request.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(super) enum CaptureError {
    #[error("there is no request line with header lines and an empty line behind it")]
    NoHead,
    #[error("its `Content-Length` is no length, or there are two different ones")]
    BadLength,
    #[error("chunk {0} of its body is broken")]
    BadChunk(usize),
}

/// Takes a captured request apart.
pub(super) fn read(text: &Bytes) -> Result<Captured, CaptureError> {
    let (head, rest) = split(text).ok_or(CaptureError::NoHead)?;
    let (body, remark) = if is_chunked(&head) { join(&rest)? } else { measure(&head, rest)? };
    Ok(Captured { head, body, remark })
}

/// The head, and what stands behind its empty line.
fn split(text: &Bytes) -> Option<(Head, Bytes)> {
    let ends =
        |mark: &[u8]| text.windows(mark.len()).position(|window| window == mark).map(|at| at + mark.len());
    let end = match (ends(b"\r\n\r\n"), ends(b"\n\n")) {
        (Some(crlf), Some(lf)) => crlf.min(lf),
        (crlf, lf) => crlf.or(lf)?,
    };
    let head = Head::parse(text.slice(..end)).ok()?;
    Some((head, text.slice(end..)))
}

/// Chunks go before a length (RFC 9112, 6.3).
fn is_chunked(head: &Head) -> bool {
    let last = head.headers().all("transfer-encoding").last().unwrap_or_default();
    let coding = last.rsplit(|byte| *byte == b',').next().unwrap_or_default();
    coding.trim_ascii().eq_ignore_ascii_case(b"chunked")
}

/// So much of `rest` as `Content-Length` names; all of it where there is none.
fn measure(head: &Head, rest: Bytes) -> Result<(Bytes, Option<Remark>), CaptureError> {
    let mut lengths = head.headers().all("content-length").map(digits);
    let Some(first) = lengths.next() else { return Ok((rest, None)) };
    let named = first.filter(|_| lengths.all(|other| other == first)).ok_or(CaptureError::BadLength)?;
    let there = rest.len();
    match usize::try_from(named) {
        Ok(length) if length <= there => {
            let behind = there - length;
            Ok((rest.slice(..length), (behind > 0).then_some(Remark::LeftOut(behind))))
        }
        _ => Ok((rest, Some(Remark::CutShort { there, named }))),
    }
}

fn digits(value: &[u8]) -> Option<u64> {
    let text = std::str::from_utf8(value).ok()?;
    text.bytes().all(|byte| byte.is_ascii_digit()).then(|| text.parse().ok())?
}

/// The chunks of a body, put together.
fn join(rest: &Bytes) -> Result<(Bytes, Option<Remark>), CaptureError> {
    let mut body = Vec::new();
    let mut left: &[u8] = rest;
    for number in 1.. {
        let (line, behind) = line(left);
        let Some(size) = chunk_size(line) else {
            return match number {
                1 => Ok((rest.clone(), Some(Remark::Joined))),
                _ if left.is_empty() => Ok((body.into(), Some(Remark::Unfinished))),
                _ => Err(CaptureError::BadChunk(number)),
            };
        };
        if size == 0 {
            left = behind;
            break;
        }
        let Some((data, behind)) = behind.split_at_checked(size) else {
            body.extend_from_slice(behind);
            return Ok((body.into(), Some(Remark::Unfinished)));
        };
        body.extend_from_slice(data);
        let (nothing, behind) = self::line(behind);
        if !nothing.is_empty() {
            return Err(CaptureError::BadChunk(number));
        }
        left = behind;
    }
    let behind = after_trailer(left).len();
    Ok((body.into(), (behind > 0).then_some(Remark::LeftOut(behind))))
}

/// What stands behind the trailer's lines, which end with an empty one.
fn after_trailer(mut left: &[u8]) -> &[u8] {
    while !left.is_empty() {
        let (text, behind) = line(left);
        left = behind;
        if text.is_empty() {
            break;
        }
    }
    left
}

/// The first line without its end, and what stands behind it.
fn line(bytes: &[u8]) -> (&[u8], &[u8]) {
    let end = memchr::memchr(b'\n', bytes);
    let (line, behind) = bytes.split_at(end.map_or(bytes.len(), |at| at + 1));
    let line = line.strip_suffix(b"\n").unwrap_or(line);
    (line.strip_suffix(b"\r").unwrap_or(line), behind)
}

/// The size that a chunk's first line names, in hexadecimal, with any extension.
fn chunk_size(line: &[u8]) -> Option<usize> {
    let size = line.split(|byte| *byte == b';').next().unwrap_or_default().trim_ascii();
    let text =
        std::str::from_utf8(size).ok().filter(|text| text.bytes().all(|byte| byte.is_ascii_hexdigit()))?;
    usize::from_str_radix(text, 16).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The body and the remark of a request with this header line and these bytes behind its head.
    fn read_with(line: &str, rest: &str) -> Result<(String, Option<Remark>), CaptureError> {
        let text = format!("POST /a HTTP/1.1\r\n{line}\r\n\r\n{rest}");
        read(&Bytes::from(text)).map(|it| (String::from_utf8(it.body.to_vec()).unwrap(), it.remark))
    }

    #[test]
    fn a_captured_request_is_split_at_its_first_empty_line() {
        for text in ["POST /a HTTP/1.1\r\nX: 1\r\n\r\nbody\n\n", "POST /a HTTP/1.1\nX: 1\n\nbody\n\n"] {
            let Captured { head, body, remark } = read(&Bytes::from_static(text.as_bytes())).unwrap();
            assert_eq!((head.target(), head.headers().get("x")), ("/a", Some(&b"1"[..])));
            assert_eq!((&body[..], remark), (&b"body\n\n"[..], None));
        }
        assert_eq!(read(&Bytes::from_static(b"just a body")).unwrap_err(), CaptureError::NoHead);
    }

    #[test]
    fn the_chunks_of_a_captured_body_are_put_together() {
        let chunked = "Transfer-Encoding: gzip, Chunked\r\nContent-Length: 1";
        for (rest, remark) in [
            ("3\r\nhel\r\n2;x=1\r\nlo\r\n0\r\n\r\n", None),
            ("3\nhel\n02\nlo\n0\nTrailer: 1\n\n", None),
            ("5\r\nhello\r\n0\r\n", None),
            ("5\r\nhello\r\n0\r\n\r\n\n", Some(Remark::LeftOut(1))),
            ("5\r\nhello\r\n", Some(Remark::Unfinished)),
            ("3\r\nhel\r\nA\r\nlo", Some(Remark::Unfinished)),
            ("hello", Some(Remark::Joined)),
        ] {
            assert_eq!(read_with(chunked, rest).unwrap(), ("hello".to_owned(), remark), "{rest:?}");
        }
        for (rest, number) in [("3\r\nhello\r\n0\r\n\r\n", 1), ("3\r\nhel\r\n?\r\nlo", 2)] {
            assert_eq!(read_with(chunked, rest), Err(CaptureError::BadChunk(number)), "{rest:?}");
        }
    }

    #[test]
    fn a_captured_body_is_as_long_as_its_head_says() {
        for (line, body, remark) in [
            ("Content-Length: 5", "hello", Some(Remark::LeftOut(2))),
            ("Content-Length: 7", "hello\r\n", None),
            ("Content-Length: 8", "hello\r\n", Some(Remark::CutShort { there: 7, named: 8 })),
            ("X: 1", "hello\r\n", None),
        ] {
            assert_eq!(read_with(line, "hello\r\n").unwrap(), (body.to_owned(), remark), "{line}");
        }
        for line in ["Content-Length: +5", "Content-Length: 5\r\nContent-Length: 6", "Content-Length:"] {
            assert_eq!(read_with(line, "hello"), Err(CaptureError::BadLength), "{line}");
        }
    }
}
