//! Where an HTTP/1.1 answer ends, and what it says.
//!
//! Knows Content-Length and chunked bodies; an answer that ends with its
//! connection is refused, because a keep-alive load cannot go on after it.

use crate::Failure;

/// One whole answer at the start of a buffer.
pub(crate) struct Answer {
    pub(crate) status: u16,
    /// Bytes of head and body.
    pub(crate) length: usize,
    /// The server closes the connection after it.
    pub(crate) closes: bool,
}

/// Reads the answer a buffer starts with; `None` while it is not whole.
pub(crate) fn read(buffer: &[u8]) -> Result<Option<Answer>, Failure> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let head = match response.parse(buffer)? {
        httparse::Status::Complete(head) => head,
        httparse::Status::Partial => return Ok(None),
    };
    let status = response.code.unwrap_or_default();
    let mut declared = None;
    let mut chunked = false;
    let mut closes = false;
    for header in response.headers.iter() {
        if header.name.eq_ignore_ascii_case("content-length") {
            declared = Some(std::str::from_utf8(header.value)?.trim().parse::<usize>()?);
        } else if header.name.eq_ignore_ascii_case("transfer-encoding") {
            chunked = header.value.eq_ignore_ascii_case(b"chunked");
        } else if header.name.eq_ignore_ascii_case("connection") {
            closes = header.value.eq_ignore_ascii_case(b"close");
        }
    }
    let rest = buffer.get(head..).unwrap_or_default();
    let body = match (chunked, declared) {
        (true, _) => chunked_length(rest)?,
        (false, Some(length)) => (rest.len() >= length).then_some(length),
        (false, None) if matches!(status, 204 | 304) => Some(0),
        (false, None) => return Err(format!("an answer {status} of unknown length").into()),
    };
    Ok(body.map(|body| Answer { status, length: head + body, closes }))
}

/// The length of a chunked body with its last line; `None` while it is not whole.
fn chunked_length(body: &[u8]) -> Result<Option<usize>, Failure> {
    let mut at = 0_usize;
    loop {
        let rest = body.get(at..).unwrap_or_default();
        let (line, size) = match httparse::parse_chunk_size(rest).map_err(|_| "a broken chunk size")? {
            httparse::Status::Complete(found) => found,
            httparse::Status::Partial => return Ok(None),
        };
        // A chunk, like the last one of no bytes, ends with CR LF; no server here sends trailers.
        at = at.saturating_add(line).saturating_add(usize::try_from(size)?).saturating_add(2);
        if at > body.len() {
            return Ok(None);
        }
        if size == 0 {
            return Ok(Some(at));
        }
    }
}
