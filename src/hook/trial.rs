//! Tries a provider's profile out: does what it signs verify, and nothing else?
//!
//! Makes its own secret and message; proves that the profile is consistent, not
//! that it describes the vendor rightly: only vectors of the vendor do that.

use super::delivery::Message;
use super::headers::Headers;
use super::provider::{Cover, Kind, Provider, SecretForm, Vector};
use super::sample::wanted::Wanted;
use super::secret::Secret;
use super::signature::{Keys, Signed};
use super::time::Timestamp;
use super::verdict::Verdict;
use std::sync::Arc;
use std::time::Duration;

const TARGET: &str = "/webhooks?x=1";
const ORIGIN: &str = "https://example.test";
const ID: &str = "msg_trial";

/// Signs and verifies one message; the text says what held, the error what did not.
///
/// # Errors
/// Names the first thing that does not hold.
pub fn trial(provider: &Arc<Provider>, at: Timestamp) -> Result<String, String> {
    let keys = keys(provider, 'a')?;
    let wanted = Wanted::of(provider, "trial", at, ID);
    let bare = Headers::from_pairs(wanted.headers.iter().map(|(name, value)| (name, value.as_bytes())));
    let url = format!("{ORIGIN}{TARGET}");
    let message =
        Message { method: "POST", target: TARGET, headers: &bare, body: &wanted.body, url: Some(&url) };
    let signed = provider.sign(&keys, &message, at, Some(ID), Some("public_trial"));
    let signed = signed.map_err(|error| format!("cannot sign: {error}"))?;
    let body = signed.body.as_deref().unwrap_or(&wanted.body);
    let headers = headers(&wanted, &signed);
    let judge = |keys: &Keys, body: &[u8]| judge(provider, keys, &signed, &headers, body, at);
    let verdict = judge(&keys, body);
    if !verdict.verified() {
        return Err(format!("its own signature does not verify: {} ({})", verdict.reason, verdict.code));
    }
    if judge(&self::keys(provider, 'b')?, body).verified() {
        return Err("a signature of another secret verifies".to_owned());
    }
    if provider.cover() == Cover::Body {
        if judge(&keys, &[body, b" "].concat()).verified() {
            return Err("a changed body verifies".to_owned());
        }
        return Ok("signs, verifies, refuses another secret and a changed body".to_owned());
    }
    Ok("signs, verifies, refuses another secret; the body is not covered whole".to_owned())
}

/// Judges a vector of the profile; it holds when the code is the one it expects.
pub fn vector(provider: &Provider, vector: &Vector) -> Verdict {
    let keys = match provider.keys(&vector.secrets) {
        Ok(keys) => keys,
        Err(error) => return error.verdict(),
    };
    let keys = match &vector.public_key {
        Some(public_key) => keys.with_public_key(public_key),
        None => keys,
    };
    let keys = keys.with_webhook_id(vector.webhook_id.as_deref());
    let headers = Headers::from_pairs(vector.headers.iter().map(|(name, value)| (&**name, value.as_bytes())));
    let message = Message {
        method: &vector.method,
        target: &vector.target(),
        headers: &headers,
        body: &vector.body,
        url: vector.absolute_url(),
    };
    // A vector that names no moment is of any age.
    let (now, tolerance) = vector.at.map_or((Timestamp::default(), Some(Duration::MAX)), |at| (at, None));
    provider.verify(&keys, &message, now, tolerance)
}

fn keys(provider: &Arc<Provider>, fill: char) -> Result<Keys, String> {
    use base64::Engine;
    let raw = fill.to_string().repeat(32);
    if provider.kind().has_key_pair() {
        let secret = provider.generate_secret().map_err(|error| error.to_string())?;
        let keys = provider.keys(&[secret]).map_err(|error| format!("cannot make a key: {error}"))?;
        return Ok(keys.with_webhook_id(Some("webhook_trial")));
    }
    let text = match (provider.kind(), provider.secret_form()) {
        (Kind::Basic, _) => format!("user:{raw}"),
        (_, SecretForm::Base64) => base64::engine::general_purpose::STANDARD.encode(raw),
        (_, SecretForm::Hex) => hex::encode(raw),
        _ => raw,
    };
    let secret = Secret::new(text).map_err(|error| error.to_string())?;
    let keys = provider.keys(&[secret]).map_err(|error| format!("cannot make a key: {error}"))?;
    Ok(keys.with_webhook_id(Some("webhook_trial")))
}

/// The headers of the message, those of the signature in place of what they replace.
fn headers(wanted: &Wanted, signed: &Signed) -> Headers {
    let signs = |name: &str| signed.headers.iter().any(|(signed, _)| signed.eq_ignore_ascii_case(name));
    let beside = wanted.headers.iter().filter(|(name, _)| !signs(name));
    let beside = beside.map(|(name, value)| (name.as_str(), value.as_bytes()));
    let signature = signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice()));
    Headers::from_pairs(beside.chain(signature))
}

fn judge(
    provider: &Provider,
    keys: &Keys,
    signed: &Signed,
    headers: &Headers,
    body: &[u8],
    at: Timestamp,
) -> Verdict {
    let target = signed.target.as_deref().unwrap_or(TARGET);
    let url = format!("{ORIGIN}{target}");
    let message = Message { method: "POST", target, headers, body, url: Some(&url) };
    provider.verify(keys, &message, at, None)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::provider::Catalogue;

    #[test]
    fn every_built_in_provider_holds() {
        for provider in Catalogue::builtin().all() {
            let tried = trial(&provider, Timestamp::from_seconds(1_760_000_000));
            assert!(tried.is_ok(), "{}: {tried:?}", provider.id());
        }
    }
}
