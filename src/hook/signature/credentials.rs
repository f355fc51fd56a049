//! Secrets that are sent along as they are: tokens and HTTP Basic.
//!
//! Nothing is signed, so neither the body nor the time is covered, and the
//! verdict says so.

use super::key::Keys;
use super::scope::Scope;
use super::verify::{Failure, Outcome, fail};
use crate::hook::delivery::Message;
use crate::hook::digest::HashName;
use crate::hook::encoding::decode_base64;
use crate::hook::provider::Provider;
use crate::hook::verdict::Code;
use subtle::Choice;

impl Provider {
    pub(super) fn verify_token(&self, keys: &Keys, message: &Message<'_>) -> Outcome<&'static str> {
        let scope = Scope::new(message);
        let values = self.values(&scope)?;
        let mut matches = Choice::from(0);
        let mut read = false;
        for value in values.iter().filter(|value| !value.trim_ascii().is_empty()) {
            for token in self.value.read(value).signatures {
                read = true;
                matches |= any_secret(keys, token);
            }
        }
        match (bool::from(matches), read) {
            (true, _) => {
                Ok("the token is the secret; it covers neither body nor time, so a replay cannot be detected")
            }
            (false, true) => fail(Code::Mismatch, "the token is not the secret"),
            (false, false) => fail(Code::Malformed, format!("{} is empty", self.place_title())),
        }
    }

    pub(super) fn verify_basic(&self, keys: &Keys, message: &Message<'_>) -> Outcome<&'static str> {
        let scope = Scope::new(message);
        let values = self.values(&scope)?;
        let mut failure = None;
        for value in &values {
            match basic_credentials(value) {
                Ok(credentials) if bool::from(any_secret(keys, &credentials)) => {
                    return Ok(
                        "the credentials hold; they cover neither body nor time, so a replay cannot be detected",
                    );
                }
                Ok(_) => failure = Some(Failure(Code::Mismatch, "the credentials are not the secret".into())),
                Err(found) => failure = failure.or(Some(found)),
            }
        }
        failure.map_or_else(|| fail(Code::Mismatch, "the credentials are not the secret"), Err)
    }
}

/// Compares digests, so that not even the length of a secret shows in the time.
fn any_secret(keys: &Keys, token: &[u8]) -> Choice {
    let token = HashName::Sha256.digest(token);
    keys.iter()
        .fold(Choice::from(0), |matches, key| matches | HashName::Sha256.digest(key.secret()).same(&token))
}

/// RFC 7617; the name of the scheme has no case.
fn basic_credentials(value: &[u8]) -> Outcome<Vec<u8>> {
    let scheme = value.get(..6).filter(|scheme| scheme.eq_ignore_ascii_case(b"basic "));
    let Some(rest) = scheme.and_then(|scheme| value.get(scheme.len()..)) else {
        return fail(Code::WrongPrefix, "`Authorization` does not begin with `Basic `");
    };
    match decode_base64(rest.trim_ascii()) {
        Some(credentials) if credentials.contains(&b':') => Ok(credentials),
        Some(_) => fail(Code::Malformed, "the credentials are not `user:password`"),
        None => fail(Code::BadEncoding, "the credentials are not base64"),
    }
}
