//! Keys that a handler does not know, for forging.

use super::CraftError;
use crate::hook::digest::HashName;
use crate::hook::encoding::Encoding;
use crate::hook::provider::{Kind, Provider, SecretForm};
use crate::hook::secret::Secret;
use crate::hook::signature::{KeygenError, Keys};
use std::sync::Arc;

/// A secret for a handler that is started for one run, in the form that the vendor gives
/// one and made from the seed; key pairs are fresh.
///
/// # Errors
/// When no key pair can be made.
pub fn fresh_secret(provider: &Provider, seed: u64) -> Result<Secret, CraftError> {
    secret(provider, b"hookctl", &format!("hookctl check {seed}: a secret for one run"))
}

/// Keys of the same form as `known` and made from the seed; key pairs are fresh.
pub(super) fn other(provider: &Arc<Provider>, known: &Keys, seed: u64) -> Result<Keys, CraftError> {
    let secret = secret(provider, user(known), &format!("hookctl check {seed}: a secret that nobody has"))?;
    let keys = provider.keys(&[secret])?.with_webhook_id(known.webhook_id());
    Ok(match known.public_key() {
        Some(public_key) => keys.with_public_key(public_key),
        None => keys,
    })
}

fn secret(provider: &Provider, user: &[u8], words: &str) -> Result<Secret, CraftError> {
    if provider.kind().has_key_pair() {
        return Ok(provider.generate_secret()?);
    }
    Secret::new(text(provider, user, words)).map_err(|_empty| CraftError::OtherPair(KeygenError::NotMade))
}

/// A secret in the form that the vendor gives one, made from these words.
pub(super) fn text(provider: &Provider, user: &[u8], words: &str) -> Vec<u8> {
    let made = HashName::Sha256.digest(words.as_bytes());
    let bytes = made.as_bytes();
    let text = match (provider.kind(), provider.secret_form()) {
        (Kind::Basic, _) => return [user, b":", hex::encode(bytes).as_bytes()].concat(),
        (_, SecretForm::Base64 | SecretForm::SpkiBase64) => Encoding::Base64.encode(bytes),
        _ => hex::encode(bytes),
    };
    [provider.secret_prefix.as_bytes(), text.as_bytes()].concat()
}

/// The user that the handler knows: only the password is another.
fn user(known: &Keys) -> &[u8] {
    let secret = known.first().map(crate::hook::signature::Key::secret).unwrap_or_default();
    secret.split(|byte| *byte == b':').next().unwrap_or_default()
}
