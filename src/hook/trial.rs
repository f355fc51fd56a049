//! Tries a provider's profile out: does what it signs verify, and nothing else?
//!
//! Makes its own secret and message; proves that the profile is consistent, not
//! that it describes the vendor rightly: only vectors of the vendor do that.

use super::delivery::Message;
use super::headers::Headers;
use super::provider::{Cover, Kind, Provider, SecretForm, Vector};
use super::secret::Secret;
use super::signature::{Keys, Signed};
use super::time::Timestamp;
use super::verdict::Verdict;
use std::sync::Arc;
use std::time::Duration;

const BODY: &[u8] = br#"{"type":"trial","id":"1","data":{"text":"hookctl"}}"#;
const URL: &str = "https://example.test/webhooks?x=1";

/// Signs and verifies one message; the text says what held, the error what did not.
///
/// # Errors
/// Names the first thing that does not hold.
pub fn trial(provider: &Arc<Provider>, at: Timestamp) -> Result<String, String> {
    let keys = keys(provider, 'a')?;
    let bare = Headers::default();
    let message =
        Message { method: "POST", target: "/webhooks?x=1", headers: &bare, body: BODY, url: Some(URL) };
    let signed = provider.sign(&keys, &message, at, Some("msg_trial"), Some("public_trial"));
    let signed = signed.map_err(|error| format!("cannot sign: {error}"))?;
    let verdict = judge(provider, &keys, &signed, None, at);
    if !verdict.verified() {
        return Err(format!("its own signature does not verify: {} ({})", verdict.reason, verdict.code));
    }
    let other = judge(provider, &self::keys(provider, 'b')?, &signed, None, at);
    if other.verified() {
        return Err("a signature of another secret verifies".to_owned());
    }
    if provider.cover() == Cover::Body {
        let body = signed.body.as_deref().unwrap_or(BODY);
        let changed = [body, b" "].concat();
        if judge(provider, &keys, &signed, Some(&changed), at).verified() {
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

fn judge(provider: &Provider, keys: &Keys, signed: &Signed, body: Option<&[u8]>, at: Timestamp) -> Verdict {
    let headers =
        Headers::from_pairs(signed.headers.iter().map(|(name, value)| (name.as_str(), value.as_slice())));
    let target = signed.target.as_deref().unwrap_or("/webhooks?x=1");
    let url = format!("https://example.test{target}");
    let message = Message {
        method: "POST",
        target,
        headers: &headers,
        body: body.or(signed.body.as_deref()).unwrap_or(BODY),
        url: Some(&url),
    };
    provider.verify(keys, &message, at, None)
}
