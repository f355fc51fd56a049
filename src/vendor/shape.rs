//! Reads the body of an answer as JSON, and says what it is when it is none.
//!
//! Bounded: a body of structure alone would take many times its size in
//! memory, so its values are counted before any of them is made.

use super::call::Answer;
use super::error::{Misshapen, Trouble, VendorError};
use http::header;
use serde_json::Value;

/// The most values that are read. The largest real answer, an interview of two
/// hours, has some ten thousand.
const MOST_VALUES: usize = 50_000;

/// How much is shown of what a vendor says about an error.
const MOST_SAID: usize = 300;

pub(super) fn json(answer: &Answer) -> Result<Value, VendorError> {
    parse(answer).map_err(|what| answer.error(Trouble::Misshapen(what)))
}

fn parse(answer: &Answer) -> Result<Value, Misshapen> {
    if let Some(encoding) = encoding(answer) {
        return Err(Misshapen::Compressed(encoding));
    }
    let body = answer.body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(&answer.body).trim_ascii();
    if body.is_empty() {
        return Err(Misshapen::Empty);
    }
    if body.starts_with(b"<") || answer.content_type().as_deref() == Some("text/html") {
        return Err(Misshapen::Html);
    }
    if values(body) > MOST_VALUES {
        return Err(Misshapen::TooMany(MOST_VALUES));
    }
    serde_json::from_slice(body)
        .map_err(|error| if error.is_eof() { Misshapen::Cut } else { Misshapen::NotJson })
}

/// A compressed body by its header, or by its first bytes.
fn encoding(answer: &Answer) -> Option<String> {
    let named = answer.headers.get(header::CONTENT_ENCODING).and_then(|value| value.to_str().ok());
    let named = named.map(|name| name.trim().to_ascii_lowercase());
    let named = named.filter(|name| !name.is_empty() && name != "identity");
    named.or_else(|| answer.body.starts_with(&[0x1f, 0x8b]).then(|| "gzip".to_owned()))
}

/// No fewer values than there are: a comma in a text counts as one more.
fn values(body: &[u8]) -> usize {
    body.iter().filter(|byte| matches!(byte, b',' | b'[' | b'{' | b':')).count()
}

/// What a vendor says about an error, in any of the forms that are in use.
pub(super) fn said(answer: &Answer) -> Option<String> {
    if encoding(answer).is_some() {
        return None;
    }
    let found = match parse(answer) {
        Ok(value) => message(&value),
        Err(Misshapen::Html | Misshapen::Empty | Misshapen::TooMany(_)) => None,
        // Not JSON: a text, as it is.
        Err(_) => {
            Some(String::from_utf8_lossy(answer.body.get(..2_000).unwrap_or(&answer.body)).into_owned())
        }
    };
    found.map(|text| shortened(&text)).filter(|text| !text.is_empty())
}

fn message(value: &Value) -> Option<String> {
    let text = |value: &Value| value.as_str().filter(|text| !text.trim().is_empty()).map(str::to_owned);
    let of = |object: &Value| {
        ["message", "detail", "description", "title", "code", "type"]
            .iter()
            .find_map(|name| text(object.get(name)?))
    };
    let inside = || match value.get("error")? {
        Value::String(_) => text(value.get("error")?),
        object => of(object),
    };
    let listed = || match value.get("errors")?.as_array()?.first()? {
        Value::String(text) => Some(text.clone()),
        object => of(object),
    };
    let found = text(value)
        .or_else(|| text(value.get("message")?))
        .or_else(inside)
        .or_else(listed)
        .or_else(|| of(value));
    // Something of another shape is better shown than kept back.
    found.or_else(|| serde_json::to_string(value).ok())
}

fn shortened(text: &str) -> String {
    let mut words = text.split_whitespace().collect::<Vec<_>>().join(" ");
    if let Some((at, _)) = words.char_indices().nth(MOST_SAID) {
        words.truncate(at);
        words.push('…');
    }
    words
}
