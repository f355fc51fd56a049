//! The head of a request and its header fields, byte for byte as they came.
//!
//! A head is one buffer plus spans into it: nothing is lower-cased, regrouped,
//! decoded or turned into text, so what is shown, stored and forwarded is what
//! was sent. Does not repair: a head that does not parse is an error.

use bytes::Bytes;
use std::ops::Range;

/// The most header fields a head may have; `serve` refuses more with 431.
pub const MAX_FIELDS: usize = 128;

/// Why bytes are not a head.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HeadError {
    /// The bytes break the grammar of RFC 9112.
    #[error("not an HTTP/1 head: {0}")]
    Syntax(httparse::Error),
    /// There is no empty line at the end.
    #[error("the head has no empty line at its end")]
    Incomplete,
    /// A part that would break out of its place in the head.
    #[error("a header name or value holds a line break or a control character")]
    BadPart,
    /// A head over 4 GiB.
    #[error("the head is too long")]
    TooLong,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Field {
    name: Range<u32>,
    value: Range<u32>,
    line_end: u32,
}

/// Header fields in the order, case and spelling they came in; repeats are kept.
#[derive(Clone, Debug, PartialEq, Eq, Default)]
pub struct Headers {
    buffer: Bytes,
    fields: Vec<Field>,
}

/// One header field.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct FieldRef<'a> {
    /// The name as it was written.
    pub name: &'a str,
    /// The value without the white space around it; any bytes.
    pub value: &'a [u8],
    /// The whole line with its line ending.
    pub line: &'a [u8],
}

fn slice<'a>(buffer: &'a [u8], range: &Range<u32>) -> &'a [u8] {
    buffer.get(range.start as usize..range.end as usize).unwrap_or_default()
}

/// Where `part`, a slice of `whole`, lies in it.
fn span(whole: &[u8], part: &[u8]) -> Range<u32> {
    let start = (part.as_ptr() as usize).wrapping_sub(whole.as_ptr() as usize);
    let start = u32::try_from(start).unwrap_or(0);
    start..start.saturating_add(u32::try_from(part.len()).unwrap_or(0))
}

impl Headers {
    /// Builds a header block from names and values, in this order.
    pub fn from_pairs<N: AsRef<str>, V: AsRef<[u8]>>(pairs: impl IntoIterator<Item = (N, V)>) -> Self {
        let mut text = Vec::new();
        let mut fields = Vec::new();
        for (name, value) in pairs {
            let (name, value) = (name.as_ref().as_bytes(), value.as_ref());
            let at = |text: &Vec<u8>| u32::try_from(text.len()).unwrap_or(u32::MAX);
            let name_start = at(&text);
            text.extend_from_slice(name);
            let name_end = at(&text);
            text.extend_from_slice(b": ");
            let value_start = at(&text);
            text.extend_from_slice(value);
            let value_end = at(&text);
            text.extend_from_slice(b"\r\n");
            fields.push(Field {
                name: name_start..name_end,
                value: value_start..value_end,
                line_end: at(&text),
            });
        }
        Self { buffer: text.into(), fields }
    }

    /// Parses header lines without a start line, as `Headers::block` writes them.
    ///
    /// # Errors
    /// When the bytes break the grammar.
    pub fn parse_block(block: impl Into<Bytes>) -> Result<Self, HeadError> {
        let block: Bytes = block.into();
        let mut with_end = Vec::with_capacity(block.len() + 2);
        with_end.extend_from_slice(&block);
        with_end.extend_from_slice(b"\r\n");
        Ok(Self { fields: parse_fields(&with_end)?, buffer: block })
    }

    /// Parses header lines with the empty line behind them.
    ///
    /// # Errors
    /// When the bytes break the grammar or stop before the empty line.
    pub fn parse_with_end(lines: impl Into<Bytes>) -> Result<Self, HeadError> {
        let buffer: Bytes = lines.into();
        Ok(Self { fields: parse_fields(&buffer)?, buffer })
    }

    /// The header lines, each with its line ending, without start line and empty line.
    pub fn block(&self) -> &[u8] {
        let (Some(first), Some(last)) = (self.fields.first(), self.fields.last()) else { return b"" };
        slice(&self.buffer, &(first.name.start..last.line_end))
    }

    /// How many fields there are.
    pub fn len(&self) -> usize {
        self.fields.len()
    }

    /// Whether there is no field.
    pub fn is_empty(&self) -> bool {
        self.fields.is_empty()
    }

    /// The fields in their order.
    pub fn iter(&self) -> impl Iterator<Item = FieldRef<'_>> {
        self.fields.iter().map(|field| FieldRef {
            name: std::str::from_utf8(slice(&self.buffer, &field.name)).unwrap_or_default(),
            value: slice(&self.buffer, &field.value),
            line: slice(&self.buffer, &(field.name.start..field.line_end)),
        })
    }

    /// The values of every field of this name, whatever its case.
    pub fn all<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a [u8]> {
        let named = move |field: &&Field| self.is_named(field, name);
        self.fields.iter().filter(named).map(|field| slice(&self.buffer, &field.value))
    }

    fn is_named(&self, field: &Field, name: &str) -> bool {
        slice(&self.buffer, &field.name).eq_ignore_ascii_case(name.as_bytes())
    }

    /// The value of the first field of this name.
    pub fn get(&self, name: &str) -> Option<&[u8]> {
        let field = self.fields.iter().find(|field| self.is_named(field, name))?;
        Some(slice(&self.buffer, &field.value))
    }
}

fn parse_fields(lines: &[u8]) -> Result<Vec<Field>, HeadError> {
    let mut storage = [httparse::EMPTY_HEADER; MAX_FIELDS];
    match httparse::parse_headers(lines, &mut storage).map_err(HeadError::Syntax)? {
        httparse::Status::Partial => Err(HeadError::Incomplete),
        httparse::Status::Complete((end, parsed)) => Ok(fields_of(lines, parsed, end)),
    }
}

fn fields_of(whole: &[u8], parsed: &[httparse::Header<'_>], end: usize) -> Vec<Field> {
    // The block ends with an empty line; a line runs up to the next name.
    let end = u32::try_from(end).unwrap_or(u32::MAX);
    let empty_line =
        if whole.get(..end as usize).is_some_and(|head| head.ends_with(b"\r\n")) { 2 } else { 1 };
    let mut fields: Vec<Field> = parsed
        .iter()
        .map(|header| Field {
            name: span(whole, header.name.as_bytes()),
            value: if header.value.is_empty() { 0..0 } else { span(whole, header.value) },
            line_end: 0,
        })
        .collect();
    let mut line_end = end.saturating_sub(empty_line);
    for field in fields.iter_mut().rev() {
        field.line_end = line_end;
        line_end = field.name.start;
    }
    fields
}

/// The head of a request: its first line and its headers, as they came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Head {
    method: Range<u32>,
    target: Range<u32>,
    version: u8,
    headers: Headers,
}

impl Head {
    /// Parses a request head that ends with its empty line.
    ///
    /// # Errors
    /// When the bytes break the grammar or stop before the empty line.
    pub fn parse(bytes: impl Into<Bytes>) -> Result<Self, HeadError> {
        let buffer: Bytes = bytes.into();
        if u32::try_from(buffer.len()).is_err() {
            return Err(HeadError::TooLong);
        }
        let mut storage = [httparse::EMPTY_HEADER; MAX_FIELDS];
        let mut request = httparse::Request::new(&mut storage);
        let end = match request.parse(&buffer).map_err(HeadError::Syntax)? {
            httparse::Status::Partial => return Err(HeadError::Incomplete),
            httparse::Status::Complete(end) => end,
        };
        let method = span(&buffer, request.method.unwrap_or_default().as_bytes());
        let target = span(&buffer, request.path.unwrap_or_default().as_bytes());
        let version = if request.version == Some(0) { 10 } else { 11 };
        let fields = fields_of(&buffer, request.headers, end);
        Ok(Self { method, target, version, headers: Headers { buffer, fields } })
    }

    /// Builds a head from its parts, as HTTP/1.1.
    ///
    /// # Errors
    /// When a part breaks the grammar (a space in the target, a line break in a value).
    pub fn build<N: AsRef<str>, V: AsRef<[u8]>>(
        method: &str,
        target: &str,
        pairs: impl IntoIterator<Item = (N, V)>,
    ) -> Result<Self, HeadError> {
        let mut text = format!("{method} {target} HTTP/1.1\r\n").into_bytes();
        let headers = Headers::from_pairs(pairs);
        let breaks_out = |part: &[u8]| part.iter().any(|byte| matches!(byte, b'\r' | b'\n' | 0));
        if breaks_out(method.as_bytes())
            || breaks_out(target.as_bytes())
            || headers.iter().any(|field| breaks_out(field.name.as_bytes()) || breaks_out(field.value))
        {
            return Err(HeadError::BadPart);
        }
        text.extend_from_slice(headers.block());
        text.extend_from_slice(b"\r\n");
        Self::parse(text)
    }

    /// The same head, known to have come over another version of HTTP (20 for HTTP/2).
    #[must_use]
    pub fn with_version(mut self, version: u8) -> Self {
        self.version = version;
        self
    }

    /// The method as written.
    pub fn method(&self) -> &str {
        std::str::from_utf8(slice(&self.headers.buffer, &self.method)).unwrap_or_default()
    }

    /// The request target as written: path and query.
    pub fn target(&self) -> &str {
        std::str::from_utf8(slice(&self.headers.buffer, &self.target)).unwrap_or_default()
    }

    /// The target up to the question mark.
    pub fn path(&self) -> &str {
        self.target().split_once('?').map_or(self.target(), |(path, _)| path)
    }

    /// The target after the question mark.
    pub fn query(&self) -> Option<&str> {
        self.target().split_once('?').map(|(_, query)| query)
    }

    /// 10, 11 or 20.
    pub fn version(&self) -> u8 {
        self.version
    }

    /// The header fields.
    pub fn headers(&self) -> &Headers {
        &self.headers
    }

    /// The whole head as it came, with its empty line.
    pub fn as_bytes(&self) -> &Bytes {
        &self.headers.buffer
    }
}

/// Whether it is a token (RFC 9110, 5.6.2), as the names of fields and methods are.
pub fn is_token(text: &[u8]) -> bool {
    let allowed = |byte: &u8| byte.is_ascii_alphanumeric() || b"!#$%&'*+-.^_`|~".contains(byte);
    !text.is_empty() && text.iter().all(allowed)
}

#[cfg(test)]
mod tests {
    use super::*;

    const RAW: &[u8] =
        b"POST /hooks?x=1 HTTP/1.1\r\nHost: a\r\nX-KOJI-signature:  sha256=ab \r\nEmpty:\r\nx: \xff\xfe\r\nX: two\r\n\r\n";

    #[test]
    fn a_head_keeps_order_case_repeats_and_bytes() {
        let head = Head::parse(RAW).unwrap();
        assert_eq!(
            (head.method(), head.target(), head.path(), head.query()),
            ("POST", "/hooks?x=1", "/hooks", Some("x=1"))
        );
        let names: Vec<_> = head.headers().iter().map(|field| field.name).collect();
        assert_eq!(names, ["Host", "X-KOJI-signature", "Empty", "x", "X"]);
        assert_eq!(head.headers().get("x-koji-signature"), Some(&b"sha256=ab"[..]));
        assert_eq!(head.headers().get("empty"), Some(&b""[..]));
        assert_eq!(head.headers().all("x").collect::<Vec<_>>(), [&b"\xff\xfe"[..], b"two"]);
        assert_eq!(head.as_bytes(), RAW);
    }

    #[test]
    fn lines_put_together_are_the_block() {
        let head = Head::parse(RAW).unwrap();
        let lines: Vec<u8> = head.headers().iter().flat_map(|field| field.line.to_vec()).collect();
        assert_eq!(lines, head.headers().block());
        assert!(lines.starts_with(b"Host: a\r\nX-KOJI-signature:  sha256=ab \r\n"));
        let again = Headers::parse_block(lines.clone()).unwrap();
        assert_eq!(again.block(), lines);
        assert_eq!(again.len(), 5);
    }

    #[test]
    fn half_a_head_and_garbage_are_errors() {
        assert_eq!(Head::parse(&b"POST / HTTP/1.1\r\nHost: a\r\n"[..]), Err(HeadError::Incomplete));
        assert!(matches!(Head::parse(&b"\x16\x03\x01\r\n\r\n"[..]), Err(HeadError::Syntax(_))));
        assert!(Head::build("POST", "/ a", [("a", "b")]).is_err());
        assert_eq!(Head::build("POST", "/", [("a", "b\r\nc: d")]), Err(HeadError::BadPart));
    }
}
