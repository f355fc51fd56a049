//! Twilio's `{params}` and the URL that goes with it.
//!
//! A form is signed as its fields, sorted and run together. Any other body is
//! signed through the URL, whose query then names the body's digest:
//! <https://www.twilio.com/docs/usage/webhooks/webhooks-security>.

use crate::hook::digest::HashName;
use crate::hook::encoding::Encoding;
use crate::hook::form;
use std::borrow::Cow;

/// The query parameter that names the digest of a body that is no form.
const BODY_DIGEST: &str = "bodySHA256";

/// More fields than any form has: the sorting of a hostile body stays bounded.
const MOST_FIELDS: usize = 10_000;

/// Why the parameters do not cover the body.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum ParamsError {
    /// The URL names the digest of another body.
    #[error("the body is not the one whose digest the URL carries in `bodySHA256`")]
    OtherBody,
    /// The form has too many fields.
    #[error("the form has more than 10,000 fields")]
    TooMany,
}

/// Whether the parameters and the URL together cover the body.
pub(super) fn check(url: &str, body: &[u8]) -> Result<(), ParamsError> {
    match body_digest(url) {
        Some(digest) => match Encoding::Hex.decode_tag(&digest, HashName::Sha256.bytes()) {
            Some(tag) if bool::from(tag.same(&HashName::Sha256.digest(body))) => Ok(()),
            _ => Err(ParamsError::OtherBody),
        },
        None if form::fields(body).nth(MOST_FIELDS).is_some() => Err(ParamsError::TooMany),
        None => Ok(()),
    }
}

/// The fields sorted by name and value, each once, names and values run together.
pub(super) fn params(url: &str, body: &[u8]) -> Vec<u8> {
    if body_digest(url).is_some() {
        return Vec::new();
    }
    let mut fields: Vec<_> = form::fields(body).take(MOST_FIELDS).collect();
    fields.sort();
    fields.dedup();
    let mut text = Vec::with_capacity(body.len());
    for (name, value) in &fields {
        text.extend_from_slice(name);
        text.extend_from_slice(value);
    }
    text
}

/// The parameter that the URL lacks for a body that is no form; nothing where
/// it has one, or the body may be a form. JSON never is one.
pub(super) fn missing_digest(url: &str, body: &[u8]) -> Option<(&'static str, String)> {
    let json = matches!(body.trim_ascii_start().first(), Some(b'{' | b'['));
    let missing = json && body_digest(url).is_none();
    missing.then(|| (BODY_DIGEST, Encoding::Hex.encode(HashName::Sha256.digest(body).as_bytes())))
}

fn body_digest(url: &str) -> Option<Cow<'_, [u8]>> {
    let (_, query) = url.split_once('?')?;
    form::find(query.as_bytes(), BODY_DIGEST)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_sorted_each_once_and_run_together() {
        assert_eq!(params("http://a/", b"b=2&a=2&a=1&a=2"), b"a1a2b2");
        assert_eq!(params("http://a/?bodySHA256=00", b"b=2"), b"");
    }

    #[test]
    fn only_json_needs_a_digest_that_is_not_there() {
        let missing = |url, body: &str| missing_digest(url, body.as_bytes()).map(|(_, digest)| digest);
        let digest = hex::encode(HashName::Sha256.digest(b" {}").as_bytes());
        assert_eq!(missing("http://a/?b=c", " {}"), Some(digest));
        assert_eq!(missing("http://a/?bodySHA256=0", " {}"), None);
        assert_eq!(missing("http://a/", "a=1"), None);
        assert_eq!(missing("http://a/", ""), None);
    }

    #[test]
    fn a_named_digest_must_be_the_bodys() {
        let url =
            format!("http://a/?x=1&bodySHA256={}", hex::encode(HashName::Sha256.digest(b"{}").as_bytes()));
        assert_eq!(check(&url, b"{}"), Ok(()));
        assert_eq!(check(&url, b"{ }"), Err(ParamsError::OtherBody));
        assert_eq!(check("http://a/?bodySHA256=", b""), Err(ParamsError::OtherBody));
        assert_eq!(check("http://a/", "a&".repeat(10_000).as_bytes()), Ok(()));
        assert_eq!(check("http://a/", "a&".repeat(10_001).as_bytes()), Err(ParamsError::TooMany));
    }
}
