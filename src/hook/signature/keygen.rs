//! Makes key pairs for local tests, and writes public keys the way vendors do.
//!
//! The one place of `hook` whose answer is not a function of what it is given:
//! the randomness is the system's, through aws-lc. A signature of ECDSA is
//! randomised as well.

use super::asymmetric::{Pair, Private, signing};
use super::key::{Key, Keys};
use crate::hook::encoding::Encoding;
use crate::hook::provider::{Kind, Provider, SecretForm};
use crate::hook::secret::Secret;
use aws_lc_rs::encoding::{AsDer as _, Pkcs8V1Der};
use aws_lc_rs::rsa;
use aws_lc_rs::signature::{EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use std::sync::Arc;
use zeroize::Zeroizing;

/// Why there is no key pair.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeygenError {
    /// Both sides of the scheme have the same secret.
    #[error("`{0}` has no key pair: both sides have the same secret")]
    NoKeyPair(Arc<str>),
    /// The cryptographic library made none and gave no reason.
    #[error("the key pair could not be made")]
    NotMade,
}

/// How a public key is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PublicForm {
    /// The 32 bytes of Ed25519 in hex, as Discord shows it.
    Hex,
    /// The 32 bytes of Ed25519 in base64, after the prefix of the profile.
    Base64,
    /// A SubjectPublicKeyInfo in base64, as SendGrid shows it.
    Spki,
    /// A SubjectPublicKeyInfo in PEM.
    Pem,
    /// A JSON Web Key, as Plaid answers it.
    Jwk,
}

impl PublicForm {
    /// The form for a person.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Hex => "32 bytes in hex",
            Self::Base64 => "32 bytes in base64",
            Self::Spki => "SPKI in base64",
            Self::Pem => "SPKI in PEM",
            Self::Jwk => "JSON Web Key",
        }
    }
}

/// A public key in a vendor's form.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PublicKey {
    /// How it is written.
    pub form: PublicForm,
    /// The key; several lines for PEM, without an end of the last one.
    pub text: String,
}

impl Provider {
    /// A fresh private key, in the form in which a secret file keeps it: PKCS #8
    /// in PEM, or seed and public key in base64 where the scheme has a prefix
    /// for private keys.
    ///
    /// # Errors
    /// When the scheme has no key pair, or the library makes none.
    pub fn generate_secret(&self) -> Result<Secret, KeygenError> {
        let not_made = |_unspecified| KeygenError::NotMade;
        let private = match self.kind() {
            Kind::Ed25519 => Private::Ed25519(Ed25519KeyPair::generate().map_err(not_made)?),
            kind @ (Kind::EcdsaP256 | Kind::JwtEs256) => {
                Private::P256(EcdsaKeyPair::generate(signing(kind)).map_err(not_made)?)
            }
            Kind::RsaSha256 => Private::Rsa(rsa::KeyPair::generate(rsa::KeySize::Rsa2048).map_err(not_made)?),
            _ => return Err(KeygenError::NoKeyPair(Arc::clone(self.id()))),
        };
        let text = match &private {
            Private::Ed25519(pair) if !self.secret_prefix.is_empty() => self.prefixed(pair),
            other => private_pem(other),
        };
        let mut text = text.ok_or(KeygenError::NotMade)?;
        Secret::new(std::mem::take(&mut *text)).map_err(|_empty| KeygenError::NotMade)
    }

    fn prefixed(&self, pair: &Ed25519KeyPair) -> Option<Zeroizing<Vec<u8>>> {
        use aws_lc_rs::encoding::{AsBigEndian as _, Curve25519SeedBin};
        let seed: Curve25519SeedBin<'_> = pair.seed().ok()?.as_be_bytes().ok()?;
        let whole = Zeroizing::new([seed.as_ref(), pair.public_key().as_ref()].concat());
        let text = Zeroizing::new(Encoding::Base64.encode(&whole));
        Some(Zeroizing::new([self.secret_prefix.as_bytes(), text.as_bytes()].concat()))
    }

    /// The public key of the first of these keys; `None` where the scheme has none.
    pub fn public_key(&self, keys: &Keys) -> Option<PublicKey> {
        let pair = keys.first().and_then(Key::pair)?;
        let form = self.public_form();
        let text = match form {
            PublicForm::Hex => hex::encode(pair.bare(32)),
            PublicForm::Base64 => {
                format!("{}{}", self.public_prefix, Encoding::Base64.encode(&pair.bare(32)))
            }
            PublicForm::Spki => Encoding::Base64.encode(&pair.spki()),
            PublicForm::Pem => pem("PUBLIC KEY", &Encoding::Base64.encode(&pair.spki())),
            PublicForm::Jwk => pair.jwk(),
        };
        Some(PublicKey { form, text })
    }

    fn public_form(&self) -> PublicForm {
        match (self.kind(), self.secret_form()) {
            (Kind::JwtEs256, _) => PublicForm::Jwk,
            (Kind::Ed25519, SecretForm::Hex) => PublicForm::Hex,
            (Kind::Ed25519, form) if form != SecretForm::SpkiBase64 => PublicForm::Base64,
            (Kind::Ed25519 | Kind::EcdsaP256, _) => PublicForm::Spki,
            _ => PublicForm::Pem,
        }
    }
}

impl Keys {
    /// Whether the first of them can sign: false for the public half of a key pair.
    pub fn can_sign(&self) -> bool {
        self.first().is_some_and(|key| key.pair().is_none_or(Pair::is_private))
    }
}

fn private_pem(private: &Private) -> Option<Zeroizing<Vec<u8>>> {
    let text = |der: &[u8]| {
        let base64 = Zeroizing::new(Encoding::Base64.encode(der));
        Zeroizing::new(pem("PRIVATE KEY", &base64).into_bytes())
    };
    match private {
        Private::Ed25519(pair) => Some(text(pair.to_pkcs8v1().ok()?.as_ref())),
        Private::P256(pair) => Some(text(pair.to_pkcs8v1().ok()?.as_ref())),
        Private::Rsa(pair) => {
            let der: Pkcs8V1Der<'_> = pair.as_der().ok()?;
            Some(text(der.as_ref()))
        }
    }
}

/// PEM with lines of 64 letters (RFC 7468, 2).
fn pem(label: &str, base64: &str) -> String {
    // Of the right size at once: a text that grows leaves copies behind.
    let mut text = String::with_capacity(base64.len() + base64.len() / 64 + 2 * label.len() + 64);
    text.push_str("-----BEGIN ");
    text.push_str(label);
    text.push_str("-----\n");
    let mut rest = base64;
    while !rest.is_empty() {
        let (line, after) = rest.split_at_checked(64).unwrap_or((rest, ""));
        text.push_str(line);
        text.push('\n');
        rest = after;
    }
    text.push_str("-----END ");
    text.push_str(label);
    text.push_str("-----");
    text
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::provider::Catalogue;

    #[test]
    fn every_pair_is_read_again_and_its_public_half_too() {
        let catalogue = Catalogue::builtin();
        for provider in catalogue.all().iter().filter(|provider| provider.kind().has_key_pair()) {
            let secret = provider.generate_secret().unwrap();
            let keys = provider.keys(&[secret]).unwrap();
            assert!(keys.can_sign(), "{}", provider.id());
            let public = provider.public_key(&keys).unwrap();
            let other = provider.keys(&[Secret::new(public.text.as_str()).unwrap()]).unwrap();
            assert!(!other.can_sign(), "{}", provider.id());
            assert_eq!(provider.public_key(&other).unwrap(), public, "{}", provider.id());
        }
    }

    #[test]
    fn a_shared_secret_is_no_key_pair() {
        let koji = Catalogue::builtin().get("koji").unwrap();
        assert_eq!(koji.generate_secret().unwrap_err(), KeygenError::NoKeyPair("koji".into()));
        let keys = koji.keys(&[Secret::new("fake").unwrap()]).unwrap();
        assert!(keys.can_sign() && koji.public_key(&keys).is_none());
    }

    #[test]
    fn pem_has_lines_of_64_letters() {
        let text = pem("X", &"a".repeat(65));
        assert_eq!(text, format!("-----BEGIN X-----\n{}\na\n-----END X-----", "a".repeat(64)));
    }
}
