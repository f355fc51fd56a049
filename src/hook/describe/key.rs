//! How the signing secret becomes the key.

use super::words::code;
use crate::hook::provider::{Kind, Provider, SecretForm};

/// What to do with the secret before it is used.
pub(super) fn key(provider: &Provider) -> String {
    match provider.kind {
        Kind::Token => return "the secret as it is, compared in constant time".to_owned(),
        Kind::Basic => return "the secret is `user:password`".to_owned(),
        _ => {}
    }
    let asymmetric = matches!(provider.kind, Kind::Ed25519 | Kind::EcdsaP256 | Kind::JwtEs256);
    let form = form(provider.secret, asymmetric);
    let prefix = code(&provider.secret_prefix);
    match (&*provider.secret_prefix, provider.secret_without_prefix == provider.secret) {
        ("", _) => form,
        (_, true) => format!("cut off {prefix} where it is there; then {form}"),
        (_, false) => {
            let other = self::form(provider.secret_without_prefix, asymmetric);
            format!("cut off {prefix}; then {form}. A secret without that prefix: {other}")
        }
    }
}

fn form(form: SecretForm, asymmetric: bool) -> String {
    match (form, asymmetric) {
        (SecretForm::Utf8, true) => "the vendor's public key",
        (SecretForm::Base64, true) => "the vendor's public key, in base64",
        (SecretForm::Hex, true) => "the vendor's public key, in hex",
        (SecretForm::Utf8, false) => "the secret's characters as they are (UTF-8), not decoded",
        (SecretForm::Base64, false) => "the bytes that the secret says in base64",
        (SecretForm::Hex, false) => "the bytes that the secret says in hex",
        (SecretForm::Sha1, _) => "the 20 bytes of the secret's SHA-1 digest",
        (SecretForm::Nfkd, _) => "the secret in Unicode's compatibility decomposition (NFKD), as UTF-8",
        (SecretForm::SpkiBase64, _) => "the vendor's public key: base64 of a DER SubjectPublicKeyInfo",
    }
    .to_owned()
}
