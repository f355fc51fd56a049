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
    if provider.kind.has_key_pair() {
        return public(provider);
    }
    let form = form(provider.secret);
    let prefix = code(&provider.secret_prefix);
    match (&*provider.secret_prefix, provider.secret_without_prefix == provider.secret) {
        ("", _) => form.to_owned(),
        (_, true) => format!("cut off {prefix} where it is there; then {form}"),
        (_, false) => {
            let other = self::form(provider.secret_without_prefix);
            format!("cut off {prefix}; then {form}. A secret without that prefix: {other}")
        }
    }
}

fn form(form: SecretForm) -> &'static str {
    match form {
        SecretForm::Utf8 => "the secret's characters as they are (UTF-8), not decoded",
        SecretForm::Base64 => "the bytes that the secret says in base64",
        SecretForm::Hex => "the bytes that the secret says in hex",
        SecretForm::Sha1 => "the 20 bytes of the secret's SHA-1 digest",
        SecretForm::Nfkd => "the secret in Unicode's compatibility decomposition (NFKD), as UTF-8",
        SecretForm::SpkiBase64 => "base64 of a DER SubjectPublicKeyInfo",
    }
}

/// Who receives has the public half.
fn public(provider: &Provider) -> String {
    let form = match (provider.kind, provider.secret) {
        (Kind::JwtEs256, _) => "a JSON Web Key or PEM",
        (Kind::Ed25519, SecretForm::Hex) => "32 bytes in hex",
        (Kind::Ed25519, SecretForm::Base64) => "32 bytes in base64",
        (_, SecretForm::SpkiBase64) => "base64 of a DER SubjectPublicKeyInfo",
        _ => "PEM, or a certificate in PEM",
    };
    match &*provider.public_prefix {
        "" => format!("the vendor's public key: {form}"),
        prefix => format!("the vendor's public key: {form}, after {}", code(prefix)),
    }
}
