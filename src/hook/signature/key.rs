//! From signing secrets to keys: decoded once, with the HMAC's key blocks
//! hashed once, and used for every delivery.

use super::asymmetric::Pair;
use super::keytext;
use crate::hook::digest::{HashName, Mac};
use crate::hook::encoding::decode_base64_secret;
use crate::hook::provider::{Kind, Provider, SecretForm};
use crate::hook::secret::Secret;
use crate::hook::verdict::{Code, Verdict};
use std::fmt;
use std::sync::Arc;
use subtle::ConstantTimeEq as _;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// The keys of one provider, in the order of its secrets.
#[derive(Clone)]
pub struct Keys {
    provider: Arc<str>,
    keys: Vec<Key>,
    public_key: Option<Box<str>>,
    webhook_id: Option<Box<str>>,
}

/// One secret as the scheme uses it.
#[derive(Clone)]
pub(in crate::hook) struct Key {
    secret: Zeroizing<Vec<u8>>,
    mac: Mac,
    /// The key pair of a scheme that has one; secret and HMAC are empty then, and no profile uses them.
    pair: Option<Arc<Pair>>,
}

/// Why secrets give no keys.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    /// There is no secret at all.
    #[error("there is no signing secret for `{0}`")]
    NoSecret(Arc<str>),
    /// A secret is not what the scheme expects.
    #[error("the signing secret for `{provider}` cannot be used: {problem}")]
    BadSecret {
        /// The provider.
        provider: Arc<str>,
        /// What is wrong; says nothing of the secret's content.
        problem: SecretProblem,
    },
}

/// What is wrong with a secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretProblem {
    /// The scheme decodes it as base64 and it is not.
    #[error("it is not base64")]
    NotBase64,
    /// The scheme decodes it as hex and it is not.
    #[error("it is not hexadecimal")]
    NotHex,
    /// The scheme normalises text and it is none.
    #[error("it is not UTF-8 text")]
    NotText,
    /// Nothing is left of it.
    #[error("nothing is left of it after decoding")]
    Empty,
    /// HTTP Basic needs both parts.
    #[error("it must be written `user:password`")]
    NotUserAndPassword,
    /// The scheme needs a key pair or a public key, and it is none of its kind.
    #[error("it is no {0} key, neither a public nor a private one")]
    NotAKey(&'static str),
    /// PEM without an end, or with something else than base64 in it.
    #[error("it begins like PEM and is no whole key or certificate")]
    BadPem,
    /// JSON that is no key on an elliptic curve.
    #[error("it is no JSON Web Key on an elliptic curve (`kty` EC or OKP, `crv`, `x`, `y`)")]
    BadJwk,
    /// A private key behind a password.
    #[error("the private key has a password; `openssl pkey` writes it without one")]
    Encrypted,
    /// A public half that does not belong to the private one.
    #[error("its public half is not that of its private half")]
    Inconsistent,
    /// An RSA key that proves nothing.
    #[error("an RSA key of less than 2048 bits proves nothing")]
    ShortRsa,
}

impl KeyError {
    /// The code that a verdict has for it.
    pub const fn code(&self) -> Code {
        match self {
            Self::NoSecret(_) => Code::NoSecret,
            Self::BadSecret { .. } => Code::BadSecret,
        }
    }

    /// The verdict on a delivery that cannot be checked for it.
    pub fn verdict(&self) -> Verdict {
        let (Self::NoSecret(provider) | Self::BadSecret { provider, .. }) = self;
        Verdict::of(provider, self.code(), self.to_string())
    }
}

impl Keys {
    /// The provider they were made for.
    pub fn provider(&self) -> &Arc<str> {
        &self.provider
    }

    /// How many there are; at least one.
    pub fn len(&self) -> usize {
        self.keys.len()
    }

    /// Always false: keys are made of at least one secret.
    pub fn is_empty(&self) -> bool {
        self.keys.is_empty()
    }

    /// Whether one of these secrets is one of those.
    pub fn share_a_secret(&self, others: &Self) -> bool {
        let known =
            |key: &Key| others.keys.iter().any(|other| bool::from(key.secret().ct_eq(other.secret())));
        self.keys.iter().any(known)
    }

    /// The same keys with the public key or key id that goes with them, for
    /// providers that send one along.
    #[must_use]
    pub fn with_public_key(mut self, public_key: &str) -> Self {
        self.public_key = Some(public_key.into());
        self
    }

    /// The same keys with the id that the vendor gave the webhook, for schemes
    /// that sign it and do not send it.
    #[must_use]
    pub fn with_webhook_id(mut self, webhook_id: Option<&str>) -> Self {
        self.webhook_id = webhook_id.map(Into::into);
        self
    }

    pub(in crate::hook) fn webhook_id(&self) -> Option<&str> {
        self.webhook_id.as_deref()
    }

    pub(in crate::hook) fn public_key(&self) -> Option<&str> {
        self.public_key.as_deref()
    }

    /// The same secrets under another hash: what a sender that names a weaker one would use.
    #[must_use]
    pub(in crate::hook) fn with_hash(&self, hash: HashName) -> Self {
        let keys = self.keys.iter().map(|key| Key::new(hash, key.secret.clone())).collect();
        Self { keys, ..self.clone() }
    }

    /// One of them by itself.
    pub(in crate::hook) fn only(&self, key: &Key) -> Self {
        Self { keys: vec![key.clone()], ..self.clone() }
    }

    pub(in crate::hook) fn iter(&self) -> impl Iterator<Item = &Key> {
        self.keys.iter()
    }

    pub(in crate::hook) fn first(&self) -> Option<&Key> {
        self.keys.first()
    }
}

impl fmt::Debug for Keys {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Keys").field("provider", &self.provider).field("keys", &self.keys.len()).finish()
    }
}

impl Key {
    fn new(hash: HashName, secret: Zeroizing<Vec<u8>>) -> Self {
        let mac = Mac::new(hash, &secret);
        Self { secret, mac, pair: None }
    }

    fn of_pair(hash: HashName, pair: Pair) -> Self {
        Self { pair: Some(Arc::new(pair)), ..Self::new(hash, Zeroizing::default()) }
    }

    /// The key pair, for schemes that have one.
    pub(in crate::hook) fn pair(&self) -> Option<&Pair> {
        self.pair.as_deref()
    }

    /// The decoded secret.
    pub(in crate::hook) fn secret(&self) -> &[u8] {
        &self.secret
    }

    /// An HMAC that waits for its message.
    pub(in crate::hook) fn mac(&self) -> Mac {
        self.mac.clone()
    }
}

impl Provider {
    /// Decodes secrets the way this scheme does.
    ///
    /// # Errors
    /// When there is none, or one cannot be decoded.
    pub fn keys(&self, secrets: &[Secret]) -> Result<Keys, KeyError> {
        let provider = || Arc::clone(self.id());
        if secrets.is_empty() {
            return Err(KeyError::NoSecret(provider()));
        }
        let key = |secret: &Secret| {
            let key = if self.kind.has_key_pair() {
                self.pair(secret).map(|pair| Key::of_pair(self.hash, pair))
            } else {
                self.decode(secret).map(|decoded| Key::new(self.hash, decoded))
            };
            key.map_err(|problem| KeyError::BadSecret { provider: provider(), problem })
        };
        let keys = secrets.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Keys { provider: provider(), keys, public_key: None, webhook_id: None })
    }

    /// The keys of whoever has the empty secret, for forging what a handler must
    /// refuse. No secret that can be configured makes them.
    pub(in crate::hook) fn empty_keys(&self, like: &Keys) -> Keys {
        let nothing: &[u8] = b"";
        let secret = match self.secret {
            SecretForm::Sha1 => HashName::Sha1.digest(nothing).as_bytes().to_vec(),
            _ => nothing.to_vec(),
        };
        Keys { keys: vec![Key::new(self.hash, Zeroizing::new(secret))], ..like.clone() }
    }

    /// A key pair, or half of one. Bare bytes are the half that the vendor gives
    /// out, the public one, unless a prefix says that they are the private one.
    fn pair(&self, secret: &Secret) -> Result<Pair, SecretProblem> {
        let text = secret.expose().trim_ascii();
        let after = |prefix: &str| text.strip_prefix(prefix.as_bytes()).filter(|_| !prefix.is_empty());
        let (rest, seed) = match (after(&self.secret_prefix), after(&self.public_prefix)) {
            (Some(rest), _) => (rest, true),
            (None, Some(rest)) => (rest, false),
            (None, None) => (text, false),
        };
        Pair::read(self.kind, &keytext::read(rest, self.secret)?, seed)
    }

    fn decode(&self, secret: &Secret) -> Result<Zeroizing<Vec<u8>>, SecretProblem> {
        let bytes = secret.expose();
        let prefix = self.secret_prefix.as_bytes();
        let (bytes, form) = match bytes.strip_prefix(prefix) {
            Some(rest) => (rest, self.secret),
            None => (bytes, self.secret_without_prefix),
        };
        if bytes.is_empty() {
            return Err(SecretProblem::Empty);
        }
        if self.kind == Kind::Basic && !bytes.contains(&b':') {
            return Err(SecretProblem::NotUserAndPassword);
        }
        let decoded = match form {
            SecretForm::Utf8 => bytes.to_vec(),
            SecretForm::Base64 | SecretForm::SpkiBase64 => {
                decode_base64_secret(bytes).ok_or(SecretProblem::NotBase64)?
            }
            SecretForm::Hex => hex::decode(bytes).map_err(|_odd| SecretProblem::NotHex)?,
            SecretForm::Sha1 => HashName::Sha1.digest(bytes).as_bytes().to_vec(),
            SecretForm::Nfkd => {
                let text = std::str::from_utf8(bytes).map_err(|_bytes| SecretProblem::NotText)?;
                text.nfkd().collect::<String>().into_bytes()
            }
        };
        // Whoever has no key could sign with an empty one.
        if decoded.is_empty() { Err(SecretProblem::Empty) } else { Ok(Zeroizing::new(decoded)) }
    }
}
