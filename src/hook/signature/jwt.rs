//! JSON Web Tokens in their compact form (RFC 7515, RFC 7519): cut apart, read, written.
//!
//! Cutting a token apart reads none of its JSON, so that a signature can be
//! judged before anything is parsed. Whoever judges it says which algorithm it
//! must be: what a token says of itself decides nothing. Tokens that want an
//! extension understood (`crit`) are refused, and so is everything over 16 KiB.

use crate::hook::encoding::{Encoding, decode_base64url};
use crate::hook::time::Timestamp;
use serde_json::{Map, Value};
use std::borrow::Cow;

/// The longest token that is read: far over any vendor's.
pub const MOST_BYTES: usize = 16 * 1024;

/// Seconds further from 1970 are no date, and would not be exact as a double.
const MOST_SECONDS: f64 = 1e15;

/// A token that was cut apart; nothing in it is known to be true.
#[derive(Clone, Debug)]
pub struct Token<'t> {
    signed: &'t [u8],
    header: &'t [u8],
    claims: &'t [u8],
    signature: Vec<u8>,
}

/// What a token says of its own making.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Header {
    /// The algorithm, such as `HS256`.
    pub alg: String,
    /// The id of the key that signed it.
    pub kid: Option<String>,
}

/// What a token claims. Of a name that stands there twice the last counts.
#[derive(Clone, Debug, PartialEq)]
pub struct Claims(Map<String, Value>);

/// Why a text is no token.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum JwtError {
    /// It is longer than any token.
    #[error("it is over 16 KiB")]
    TooLong,
    /// It is not `header.claims.signature`.
    #[error("it is not three parts with two dots")]
    NotThreeParts,
    /// The signature is not base64url without padding.
    #[error("its signature is not base64url")]
    BadSignature,
    /// The header is no JSON object in base64url with an `alg`.
    #[error("its header is not a JSON object that names an algorithm")]
    BadHeader,
    /// The header asks for an extension.
    #[error("its header asks for an extension (`crit`) that hookctl does not know")]
    Critical,
    /// The claims are no JSON object in base64url.
    #[error("its claims are not a JSON object")]
    BadClaims,
}

/// Cuts a token apart, and reads none of its JSON.
///
/// # Errors
/// When it is too long, has not three parts, or a signature in another writing.
pub fn read(text: &[u8]) -> Result<Token<'_>, JwtError> {
    if text.len() > MOST_BYTES {
        return Err(JwtError::TooLong);
    }
    let mut parts = text.split(|byte| *byte == b'.');
    let (Some(header), Some(claims), Some(signature), None) =
        (parts.next(), parts.next(), parts.next(), parts.next())
    else {
        return Err(JwtError::NotThreeParts);
    };
    let signed = text.get(..header.len() + 1 + claims.len()).ok_or(JwtError::NotThreeParts)?;
    let signature = decode_base64url(signature).filter(|signature| !signature.is_empty());
    Ok(Token { signed, header, claims, signature: signature.ok_or(JwtError::BadSignature)? })
}

impl Token<'_> {
    /// What the signature covers: header and claims as they are written.
    pub fn signed(&self) -> &[u8] {
        self.signed
    }

    /// The signature's bytes; at least one.
    pub fn signature(&self) -> &[u8] {
        &self.signature
    }

    /// Reads the header.
    ///
    /// # Errors
    /// When it is no JSON object with an `alg`, or asks for an extension.
    pub fn header(&self) -> Result<Header, JwtError> {
        let object = object(self.header).ok_or(JwtError::BadHeader)?;
        let text = |name: &str| object.get(name).and_then(Value::as_str).map(str::to_owned);
        let header = Header { alg: text("alg").ok_or(JwtError::BadHeader)?, kid: text("kid") };
        // RFC 7515, 4.1.11: what must be understood and is not makes the token invalid.
        if object.contains_key("crit") { Err(JwtError::Critical) } else { Ok(header) }
    }

    /// Reads the claims. To be believed only once the signature was judged.
    ///
    /// # Errors
    /// When they are no JSON object.
    pub fn claims(&self) -> Result<Claims, JwtError> {
        object(self.claims).map(Claims).ok_or(JwtError::BadClaims)
    }
}

/// serde_json goes 128 levels deep and no further; the text has been bounded.
fn object(part: &[u8]) -> Option<Map<String, Value>> {
    serde_json::from_slice(&decode_base64url(part)?).ok()
}

impl Claims {
    /// Whether there is such a claim, and it is not null.
    pub fn has(&self, name: &str) -> bool {
        self.0.get(name).is_some_and(|value| !value.is_null())
    }

    /// Whether a claim says exactly this. An audience may be a list of which
    /// one must be it (RFC 7519, 4.1.3).
    pub fn says(&self, name: &str, wanted: &[u8]) -> bool {
        let same = |value: &Value| text(value).is_some_and(|text| text.as_bytes() == wanted);
        match self.0.get(name) {
            Some(Value::Array(several)) if name == "aud" => several.iter().any(same),
            Some(value) => same(value),
            None => false,
        }
    }

    /// A moment in seconds since 1970, parts of a second left off; `None`
    /// when there is no such claim.
    ///
    /// # Errors
    /// When the claim is there and is no such number.
    pub fn moment(&self, name: &'static str) -> Result<Option<Timestamp>, BadMoment> {
        let Some(value) = self.0.get(name).filter(|value| !value.is_null()) else { return Ok(None) };
        let seconds =
            value.as_f64().filter(|seconds| seconds.abs() <= MOST_SECONDS).ok_or(BadMoment(name))?;
        #[expect(clippy::cast_possible_truncation, reason = "a whole number within 1e15 fits")]
        let seconds = seconds.floor() as i64;
        Ok(Some(Timestamp::from_seconds(seconds)))
    }
}

/// A claim that should be a moment and is none.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("its claim `{0}` is not a number of seconds")]
pub struct BadMoment(pub &'static str);

fn text(value: &Value) -> Option<Cow<'_, str>> {
    match value {
        Value::String(text) => Some(Cow::Borrowed(text)),
        Value::Number(_) | Value::Bool(_) => Some(Cow::Owned(value.to_string())),
        Value::Null | Value::Array(_) | Value::Object(_) => None,
    }
}

/// Header and claims as they are signed; members are written in their order.
pub fn write(header: &Map<String, Value>, claims: &Map<String, Value>) -> String {
    let part = |object: &Map<String, Value>| {
        let text = serde_json::to_vec(object).unwrap_or_default();
        Encoding::Base64Url.encode(&text)
    };
    format!("{}.{}", part(header), part(claims))
}

/// A whole token.
pub fn finish(signed: &str, signature: &[u8]) -> String {
    format!("{signed}.{}", Encoding::Base64Url.encode(signature))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// RFC 7515, A.1.
    const HS256: &str = "eyJ0eXAiOiJKV1QiLA0KICJhbGciOiJIUzI1NiJ9.eyJpc3MiOiJqb2UiLA0KICJleHAiOjEzMDA4MTkzODAsDQogImh0dHA6Ly9leGFtcGxlLmNvbS9pc19yb290Ijp0cnVlfQ.dBjftJeZ4CVP-mB92K27uhbUJU1p1r_wW1gFWFOEjXk";

    fn token(header: &str, claims: &str) -> String {
        let part = |text: &str| Encoding::Base64Url.encode(text.as_bytes());
        format!("{}.{}.AA", part(header), part(claims))
    }

    fn claims(text: &str) -> Claims {
        read(token("{}", text).as_bytes()).unwrap().claims().unwrap()
    }

    #[test]
    fn the_published_token_is_read() {
        let token = read(HS256.as_bytes()).unwrap();
        assert_eq!(token.header(), Ok(Header { alg: "HS256".to_owned(), kid: None }));
        assert_eq!(token.signature().len(), 32);
        assert!(HS256.as_bytes().starts_with(token.signed()));
        let claims = token.claims().unwrap();
        assert!(claims.says("iss", b"joe") && claims.says("http://example.com/is_root", b"true"));
        assert_eq!(claims.moment("exp"), Ok(Some(Timestamp::from_seconds(1_300_819_380))));
        assert_eq!(claims.moment("iat"), Ok(None));
    }

    #[test]
    fn what_is_no_token_is_named() {
        let error = |text: &str| read(text.as_bytes()).unwrap_err();
        for text in ["", ".", "a.b", "a.b.c.d", "eyJh"] {
            assert_eq!(error(text), JwtError::NotThreeParts, "{text}");
        }
        for text in ["a.b.", "a.b.A", "a.b.AB", "a.b.AA==", "a.b.A+", "a.b. AA", "a.b.é", ".."] {
            assert_eq!(error(text), JwtError::BadSignature, "{text}");
        }
        assert_eq!(error(&"a".repeat(MOST_BYTES + 1)), JwtError::TooLong);
        for header in ["", "[]", "1", "{}", r#"{"alg":1}"#, "{\"alg\":\"a\"", &"[".repeat(9_000)] {
            assert_eq!(read(token(header, "{}").as_bytes()).unwrap().header(), Err(JwtError::BadHeader));
            let as_claims = token("{}", header);
            let claims = read(as_claims.as_bytes()).unwrap().claims();
            assert_eq!(claims.is_ok(), header.ends_with('}'), "{header}");
        }
        let critical = token(r#"{"alg":"HS256","crit":["b64"],"b64":false}"#, "{}");
        assert_eq!(read(critical.as_bytes()).unwrap().header(), Err(JwtError::Critical));
    }

    #[test]
    fn moments_are_whole_seconds_or_refused() {
        for (written, read) in
            [("1", 1), ("0", 0), ("-5", -5), ("1.9", 1), ("1e3", 1_000), ("2147483648", 1 << 31)]
        {
            let claims = claims(&format!("{{\"iat\":{written}}}"));
            assert_eq!(claims.moment("iat"), Ok(Some(Timestamp::from_seconds(read))), "{written}");
        }
        for written in ["\"1\"", "true", "[1]", "{}", "1e16", "9223372036854775808", "-1e300"] {
            let claims = claims(&format!("{{\"iat\":{written}}}"));
            assert_eq!(claims.moment("iat"), Err(BadMoment("iat")), "{written}");
        }
        assert_eq!(claims(r#"{"iat":null}"#).moment("iat"), Ok(None));
    }

    #[test]
    fn only_an_audience_may_be_a_list() {
        let claims = claims(r#"{"aud":["a","b"],"sha256":["a"],"n":5,"x":null,"y":1,"y":2}"#);
        assert!(claims.says("aud", b"b") && !claims.says("aud", b"c"));
        assert!(!claims.says("sha256", b"a") && claims.says("n", b"5") && claims.says("y", b"2"));
        assert!(!claims.has("x") && !claims.says("x", b"") && !claims.says("none", b""));
    }

    proptest! {
        #[test]
        fn any_bytes_are_a_token_or_an_error(text: Vec<u8>, parts in "[A-Za-z0-9_=.-]{0,60}") {
            for text in [text.as_slice(), parts.as_bytes()] {
                if let Ok(token) = read(text) {
                    let _ = (token.header(), token.claims());
                }
            }
        }

        #[test]
        fn what_is_written_is_read(alg in "[A-Z0-9]{1,8}", name in ".{0,8}", value in ".{0,20}", signature in proptest::collection::vec(any::<u8>(), 1..64)) {
            let object = |name: &str, value: &str| {
                Map::from_iter([(name.to_owned(), Value::from(value))])
            };
            let whole = finish(&write(&object("alg", &alg), &object(&name, &value)), &signature);
            let token = read(whole.as_bytes()).unwrap();
            prop_assert_eq!(token.header().unwrap().alg, alg);
            prop_assert!(token.claims().unwrap().says(&name, value.as_bytes()));
            prop_assert_eq!(token.signature(), signature);
        }
    }
}
