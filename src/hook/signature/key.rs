//! From signing secrets to keys: decoded once, with the HMAC's key blocks
//! hashed once, and used for every delivery.

use crate::hook::digest::{HashName, Mac};
use crate::hook::encoding::decode_base64_secret;
use crate::hook::provider::{Kind, Provider, SecretForm, Unsupported};
use crate::hook::secret::Secret;
use crate::hook::verdict::{Code, Verdict};
use std::fmt;
use std::sync::Arc;
use unicode_normalization::UnicodeNormalization as _;
use zeroize::Zeroizing;

/// The keys of one provider, in the order of its secrets.
#[derive(Clone)]
pub struct Keys {
    provider: Arc<str>,
    keys: Vec<Key>,
    public_key: Option<Box<str>>,
}

/// One secret as the scheme uses it.
#[derive(Clone)]
pub(in crate::hook) struct Key {
    secret: Zeroizing<Vec<u8>>,
    mac: Mac,
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
    /// The scheme is of a kind that is only listed.
    #[error("`{provider}`: {unsupported}")]
    Unsupported {
        /// The provider.
        provider: Arc<str>,
        /// The kind.
        unsupported: Unsupported,
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
}

impl KeyError {
    /// The code that a verdict has for it.
    pub const fn code(&self) -> Code {
        match self {
            Self::NoSecret(_) => Code::NoSecret,
            Self::BadSecret { .. } => Code::BadSecret,
            Self::Unsupported { .. } => Code::Unsupported,
        }
    }

    /// The verdict on a delivery that cannot be checked for it.
    pub fn verdict(&self) -> Verdict {
        let (Self::NoSecret(provider)
        | Self::BadSecret { provider, .. }
        | Self::Unsupported { provider, .. }) = self;
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

    /// The same keys with the public key or key id that goes with them, for
    /// providers that send one along.
    #[must_use]
    pub fn with_public_key(mut self, public_key: &str) -> Self {
        self.public_key = Some(public_key.into());
        self
    }

    pub(in crate::hook) fn public_key(&self) -> Option<&str> {
        self.public_key.as_deref()
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
        Self { secret, mac }
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
    /// When there is none, one cannot be decoded, or the kind is not supported.
    pub fn keys(&self, secrets: &[Secret]) -> Result<Keys, KeyError> {
        let provider = || Arc::clone(self.id());
        self.supported()
            .map_err(|unsupported| KeyError::Unsupported { provider: provider(), unsupported })?;
        if secrets.is_empty() {
            return Err(KeyError::NoSecret(provider()));
        }
        let key = |secret: &Secret| {
            let decoded = self
                .decode(secret)
                .map_err(|problem| KeyError::BadSecret { provider: provider(), problem })?;
            Ok(Key::new(self.hash, decoded))
        };
        let keys = secrets.iter().map(key).collect::<Result<_, _>>()?;
        Ok(Keys { provider: provider(), keys, public_key: None })
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
