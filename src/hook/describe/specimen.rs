//! A small signed request of a provider, made with an invented secret.
//!
//! The body holds what the profile looks at and nothing else, so that it is
//! short enough to be read. It is really signed: it verifies as it stands.

use crate::hook::delivery::Message;
use crate::hook::encoding::Encoding;
use crate::hook::headers::Headers;
use crate::hook::provider::{Kind, Provider, SecretForm};
use crate::hook::sample::wanted::Wanted;
use crate::hook::secret::Secret;
use crate::hook::signature::Keys;
use crate::hook::time::Timestamp;

/// What a specimen verifies with; made for it, and nobody uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Verifier {
    /// The signing secret.
    Secret(String),
    /// The public key, in the vendor's form. The private one is thrown away.
    PublicKey(String),
}

impl Verifier {
    /// The text to be given as the signing secret.
    pub fn text(&self) -> &str {
        let (Self::Secret(text) | Self::PublicKey(text)) = self;
        text
    }
}

/// A signed request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Specimen {
    /// The method.
    pub method: &'static str,
    /// The whole URL it is sent to.
    pub url: String,
    /// Path and query.
    pub target: String,
    /// The headers, those of the signature included.
    pub headers: Vec<(String, Vec<u8>)>,
    /// The body.
    pub body: Vec<u8>,
    /// What it verifies with.
    pub verifies_with: Verifier,
    /// The vendor's id of the webhook, for schemes that sign it.
    pub webhook_id: Option<&'static str>,
    /// The moment of signing.
    pub at: Timestamp,
}

const ORIGIN: &str = "https://example.com";
const TARGET: &str = "/webhooks";
const ID: &str = "evt_1";
const PUBLIC_KEY: &str = "public_key_1";
const WEBHOOK_ID: &str = "WH-1";
/// 2023-11-14T22:13:20Z: the same sample every day.
const AT: Timestamp = Timestamp::from_seconds(1_700_000_000);
/// 32 bytes, as long as the keys of most vendors.
const INVENTED: &str = "an-invented-secret-for-everybody";

/// Makes the request.
///
/// # Errors
/// Says why the scheme cannot be signed.
pub fn specimen(provider: &Provider) -> Result<Specimen, String> {
    let (keys, verifies_with) = invented(provider)?;
    let webhook_id = provider.signs_webhook_id().then_some(WEBHOOK_ID);
    let keys = keys.with_webhook_id(webhook_id);
    // In a token it would name another key than the one shown.
    let public_key = (!provider.kind.is_token()).then_some(PUBLIC_KEY);
    let wanted = Wanted::of(provider, "example", AT, ID);
    let bare = Headers::from_pairs(wanted.headers.iter().map(|(name, value)| (name, value.as_bytes())));
    let url = format!("{ORIGIN}{TARGET}");
    let message =
        Message { method: "POST", target: TARGET, headers: &bare, body: &wanted.body, url: Some(&url) };
    let signed =
        provider.sign(&keys, &message, AT, Some(ID), public_key).map_err(|error| error.to_string())?;
    let beside = wanted.headers.into_iter().map(|(name, value)| (name, value.into_bytes()));
    let twice = |name: &str| signed.headers.iter().any(|(other, _)| other.eq_ignore_ascii_case(name));
    let mut headers: Vec<(String, Vec<u8>)> = beside.filter(|(name, _)| !twice(name)).collect();
    headers.extend(signed.headers.iter().cloned());
    let target = signed.target.unwrap_or_else(|| TARGET.to_owned());
    Ok(Specimen {
        method: "POST",
        url: format!("{ORIGIN}{target}"),
        target,
        headers,
        body: signed.body.unwrap_or(wanted.body),
        verifies_with,
        webhook_id,
        at: AT,
    })
}

fn invented(provider: &Provider) -> Result<(Keys, Verifier), String> {
    let keys = |secret| provider.keys(&[secret]).map_err(|error| error.to_string());
    if provider.kind.has_key_pair() {
        let keys = keys(invented_pair(provider)?)?;
        let public_key = provider.public_key(&keys).ok_or("it has no public key")?;
        return Ok((keys, Verifier::PublicKey(public_key.text)));
    }
    let text = invented_secret(provider);
    let secret = Secret::new(text.as_str()).map_err(|error| error.to_string())?;
    Ok((keys(secret)?, Verifier::Secret(text)))
}

/// What stands before the seed in the PKCS #8 form of a private key of Ed25519 (RFC 8410, 7).
const ED25519: [u8; 16] = *b"\x30\x2e\x02\x01\x00\x30\x05\x06\x03\x2b\x65\x70\x04\x22\x04\x20";

/// A private key: the same one every time for Ed25519, whose signatures are
/// the same every time as well; a fresh one for the others.
fn invented_pair(provider: &Provider) -> Result<Secret, String> {
    if provider.kind != Kind::Ed25519 {
        return provider.generate_secret().map_err(|error| error.to_string());
    }
    let der = [&ED25519, INVENTED.as_bytes()].concat();
    let pem = format!(
        "-----BEGIN PRIVATE KEY-----\n{}\n-----END PRIVATE KEY-----\n",
        Encoding::Base64.encode(&der)
    );
    Secret::new(pem).map_err(|error| error.to_string())
}

/// A secret in the form that the vendor gives one.
fn invented_secret(provider: &Provider) -> String {
    let text = match (provider.kind, provider.secret) {
        (Kind::Basic, _) => format!("user:{INVENTED}"),
        (_, SecretForm::Base64) => Encoding::Base64.encode(INVENTED.as_bytes()),
        (_, SecretForm::Hex) => hex::encode(INVENTED),
        _ => INVENTED.to_owned(),
    };
    format!("{}{text}", provider.secret_prefix)
}
