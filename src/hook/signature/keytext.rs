//! How people write keys: PEM, a JSON Web Key, or base64 and hex of either DER
//! or the bare bytes. Finds the bytes; what they mean is `asymmetric`'s.
//!
//! Everything that may be private stays in memory that is wiped.

use super::key::SecretProblem;
use crate::hook::encoding::{decode_base64_secret, decode_base64url};
use crate::hook::json::Path;
use crate::hook::provider::SecretForm;
use zeroize::Zeroizing;

/// A key as it was written.
pub(super) enum Material {
    /// DER of any kind, or the bare bytes of a key.
    Bytes(Zeroizing<Vec<u8>>),
    /// A JSON Web Key (RFC 7517).
    Jwk(Jwk),
}

/// The members of a JSON Web Key that elliptic curves have (RFC 7518, 6.2; RFC 8037).
pub(super) struct Jwk {
    pub(super) curve: Box<str>,
    pub(super) x: Vec<u8>,
    /// Empty where the curve has none.
    pub(super) y: Vec<u8>,
    /// The private part, where it is there.
    pub(super) d: Option<Zeroizing<Vec<u8>>>,
    pub(super) kid: Option<Box<str>>,
}

const BEGIN: &[u8] = b"-----BEGIN ";
const DASHES: &[u8] = b"-----";

/// Parameters of a curve that `openssl ecparam` writes before the key.
const NO_KEY: &[u8] = b"EC PARAMETERS";

/// Reads a key's text; without PEM and JSON it is in the scheme's own form.
pub(super) fn read(text: &[u8], form: SecretForm) -> Result<Material, SecretProblem> {
    let text = text.trim_ascii();
    if text.is_empty() {
        return Err(SecretProblem::Empty);
    }
    if text.starts_with(BEGIN) {
        return pem(text).map(Material::Bytes);
    }
    if text.starts_with(b"{") {
        return jwk(text).map(Material::Jwk).ok_or(SecretProblem::BadJwk);
    }
    let bytes = match form {
        SecretForm::Hex => hex::decode(text).map_err(|_odd| SecretProblem::NotHex)?,
        _ => decode_base64_secret(text).ok_or(SecretProblem::NotBase64)?,
    };
    Ok(Material::Bytes(Zeroizing::new(bytes)))
}

/// The first key or certificate of a PEM text (RFC 7468). Line ends may be
/// written `\n`, as variables in some settings files have them.
fn pem(text: &[u8]) -> Result<Zeroizing<Vec<u8>>, SecretProblem> {
    let mut rest = text;
    while let Some(at) = find(rest, BEGIN) {
        let section = rest.get(at + BEGIN.len()..).unwrap_or_default();
        let label_end = find(section, DASHES).ok_or(SecretProblem::BadPem)?;
        let (label, body) = section.split_at_checked(label_end).ok_or(SecretProblem::BadPem)?;
        let body = body.get(DASHES.len()..).unwrap_or_default();
        let end = find(body, DASHES).ok_or(SecretProblem::BadPem)?;
        let (body, after) = body.split_at_checked(end).ok_or(SecretProblem::BadPem)?;
        if label.starts_with(b"ENCRYPTED") || find(body, b"ENCRYPTED").is_some() {
            return Err(SecretProblem::Encrypted);
        }
        if label != NO_KEY {
            return decode_base64_secret(&joined(body)).map(Zeroizing::new).ok_or(SecretProblem::BadPem);
        }
        rest = after.get(DASHES.len()..).unwrap_or_default();
    }
    Err(SecretProblem::BadPem)
}

/// The base64 of a section without its line ends.
fn joined(body: &[u8]) -> Zeroizing<Vec<u8>> {
    let mut joined = Zeroizing::new(Vec::with_capacity(body.len()));
    let mut bytes = body.iter().copied().peekable();
    while let Some(byte) = bytes.next() {
        match (byte, bytes.peek()) {
            (b'\\', Some(b'n' | b'r')) => drop(bytes.next()),
            _ if byte.is_ascii_whitespace() => {}
            _ => joined.push(byte),
        }
    }
    joined
}

fn find(text: &[u8], wanted: &[u8]) -> Option<usize> {
    text.windows(wanted.len()).position(|window| window == wanted)
}

/// A key, or an answer of an API that holds one as `key`.
fn jwk(text: &[u8]) -> Option<Jwk> {
    let inner = Path::parse("key")?.find(text).map(|found| found.raw().as_bytes());
    let json = inner.filter(|raw| raw.starts_with(b"{")).unwrap_or(text);
    // Borrowed from the text wherever nothing is escaped, so that no copy of `d` is left.
    let member = |name: &str| Path::parse(name)?.find(json)?.text();
    let bytes = |name: &str| decode_base64url(member(name)?.as_bytes());
    if !matches!(&*member("kty")?, "EC" | "OKP") {
        return None;
    }
    let y = if member("y").is_some() { bytes("y")? } else { Vec::new() };
    let d = if member("d").is_some() { Some(Zeroizing::new(bytes("d")?)) } else { None };
    Some(Jwk { curve: member("crv")?.into(), x: bytes("x")?, y, d, kid: member("kid").map(Into::into) })
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn bytes(text: &str) -> Result<Vec<u8>, SecretProblem> {
        match read(text.as_bytes(), SecretForm::Base64)? {
            Material::Bytes(bytes) => Ok(bytes.to_vec()),
            Material::Jwk(jwk) => Ok(jwk.x),
        }
    }

    #[test]
    fn a_key_is_found_however_it_is_written() {
        for text in [
            "YWJj",
            " YWJj\n",
            "-----BEGIN PUBLIC KEY-----\nYW\r\nJj\n-----END PUBLIC KEY-----\n",
            "-----BEGIN X-----\\nYWJj\\n-----END X-----",
            "-----BEGIN EC PARAMETERS-----\nAAAA\n-----END EC PARAMETERS-----\n-----BEGIN EC PRIVATE KEY-----\nYWJj\n-----END EC PRIVATE KEY-----",
            r#"{"kty":"OKP","crv":"Ed25519","x":"YWJj"}"#,
            r#"{"key":{"kty":"EC","crv":"P-256","x":"YWJj","y":"YQ"},"request_id":"r"}"#,
        ] {
            assert_eq!(bytes(text), Ok(b"abc".to_vec()), "{text}");
        }
        assert!(matches!(read(b"616263", SecretForm::Hex), Ok(Material::Bytes(b)) if **b == *b"abc"));
    }

    #[test]
    fn what_is_no_key_is_named() {
        for (text, problem) in [
            ("  \n", SecretProblem::Empty),
            ("a*", SecretProblem::NotBase64),
            ("-----BEGIN X-----\nYWJj", SecretProblem::BadPem),
            ("-----BEGIN X", SecretProblem::BadPem),
            ("-----BEGIN X-----\nY*\n-----END X-----", SecretProblem::BadPem),
            ("-----BEGIN EC PARAMETERS-----\nAAAA\n-----END EC PARAMETERS-----", SecretProblem::BadPem),
            (
                "-----BEGIN ENCRYPTED PRIVATE KEY-----\nYWJj\n-----END ENCRYPTED PRIVATE KEY-----",
                SecretProblem::Encrypted,
            ),
            (
                "-----BEGIN RSA PRIVATE KEY-----\nProc-Type: 4,ENCRYPTED\n\nYWJj\n-----END RSA PRIVATE KEY-----",
                SecretProblem::Encrypted,
            ),
            (r#"{"kty":"RSA","n":"YWJj","e":"AQAB"}"#, SecretProblem::BadJwk),
            (r#"{"kty":"EC","crv":"P-256","x":"a*"}"#, SecretProblem::BadJwk),
            (r#"{"kty":"EC""#, SecretProblem::BadJwk),
        ] {
            assert_eq!(bytes(text), Err(problem), "{text}");
        }
    }

    proptest! {
        #[test]
        fn any_text_is_read_or_refused(text: Vec<u8>, pem in "(-----BEGIN |-----|EC PARAMETERS|X|YWJj|\\\\n|\n){0,12}") {
            for form in [SecretForm::Hex, SecretForm::Base64, SecretForm::Utf8] {
                let _ = read(&text, form).is_ok();
                let _ = read(format!("-----BEGIN {pem}").as_bytes(), form).is_ok();
            }
        }
    }
}
