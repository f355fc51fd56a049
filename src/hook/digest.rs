//! Hashes and HMACs by name, fed piece by piece.
//!
//! The algorithm is data here, so that one interpreter serves every scheme.
//! Never compares anything: comparing in constant time is the verifier's job.

use hmac::{Hmac, KeyInit, Mac as _};
use sha1::Sha1;
use sha2::{Digest as _, Sha256, Sha512};
use subtle::{Choice, ConstantTimeEq};

/// A hash function of a signature scheme.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum HashName {
    /// SHA-1, where a vendor still uses it inside an HMAC.
    Sha1,
    /// SHA-256.
    #[default]
    Sha256,
    /// SHA-512.
    Sha512,
}

impl HashName {
    /// The name as profiles write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sha1 => "sha1",
            Self::Sha256 => "sha256",
            Self::Sha512 => "sha512",
        }
    }

    /// The name for a person, such as `SHA-256`.
    pub const fn title(self) -> &'static str {
        match self {
            Self::Sha1 => "SHA-1",
            Self::Sha256 => "SHA-256",
            Self::Sha512 => "SHA-512",
        }
    }

    /// The length of a digest in bytes.
    pub const fn bytes(self) -> usize {
        match self {
            Self::Sha1 => 20,
            Self::Sha256 => 32,
            Self::Sha512 => 64,
        }
    }

    /// The digest of `data` in one go.
    pub fn digest(self, data: &[u8]) -> Tag {
        let mut state = Digester::new(self);
        state.write(data);
        state.finish()
    }
}

/// Takes the bytes of a message piece by piece.
pub trait Sink {
    /// Takes the next piece.
    fn write(&mut self, bytes: &[u8]);
}

impl Sink for Vec<u8> {
    fn write(&mut self, bytes: &[u8]) {
        self.extend_from_slice(bytes);
    }
}

/// A digest or a MAC, up to 64 bytes, kept off the heap.
#[derive(Clone, Copy)]
pub struct Tag {
    bytes: [u8; 64],
    length: usize,
}

impl Tag {
    /// The bytes.
    pub fn as_bytes(&self) -> &[u8] {
        self.bytes.get(..self.length).unwrap_or_default()
    }

    /// A tag of exactly these bytes; `None` when they are more than a digest has.
    pub fn from_bytes(bytes: &[u8]) -> Option<Self> {
        let mut tag = Self { bytes: [0; 64], length: bytes.len() };
        tag.bytes.get_mut(..bytes.len())?.copy_from_slice(bytes);
        Some(tag)
    }

    /// Whether both are the same, in a time that depends on the length alone.
    pub fn same(&self, other: &Self) -> Choice {
        self.as_bytes().ct_eq(other.as_bytes())
    }
}

/// A running hash.
#[derive(Clone)]
pub struct Digester(DigestState);

#[derive(Clone)]
enum DigestState {
    Sha1(Sha1),
    Sha256(Sha256),
    Sha512(Sha512),
}

impl Digester {
    /// Begins.
    pub fn new(name: HashName) -> Self {
        Self(match name {
            HashName::Sha1 => DigestState::Sha1(Sha1::new()),
            HashName::Sha256 => DigestState::Sha256(Sha256::new()),
            HashName::Sha512 => DigestState::Sha512(Sha512::new()),
        })
    }

    /// The digest of everything written.
    pub fn finish(self) -> Tag {
        match self.0 {
            DigestState::Sha1(state) => tag(&state.finalize()),
            DigestState::Sha256(state) => tag(&state.finalize()),
            DigestState::Sha512(state) => tag(&state.finalize()),
        }
    }
}

impl Sink for Digester {
    fn write(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            DigestState::Sha1(state) => state.update(bytes),
            DigestState::Sha256(state) => state.update(bytes),
            DigestState::Sha512(state) => state.update(bytes),
        }
    }
}

/// A running HMAC. A fresh one holds the key's two padded blocks already
/// hashed, so cloning it for each delivery saves that work.
#[derive(Clone)]
pub struct Mac(MacState);

#[derive(Clone)]
enum MacState {
    Sha1(Hmac<Sha1>),
    Sha256(Hmac<Sha256>),
    Sha512(Hmac<Sha512>),
}

impl Mac {
    /// Begins with this key, of any length.
    pub fn new(name: HashName, key: &[u8]) -> Self {
        const ANY_LENGTH: &str = "HMAC takes a key of any length";
        Self(match name {
            HashName::Sha1 => MacState::Sha1(Hmac::new_from_slice(key).expect(ANY_LENGTH)),
            HashName::Sha256 => MacState::Sha256(Hmac::new_from_slice(key).expect(ANY_LENGTH)),
            HashName::Sha512 => MacState::Sha512(Hmac::new_from_slice(key).expect(ANY_LENGTH)),
        })
    }

    /// The MAC of everything written.
    pub fn finish(self) -> Tag {
        match self.0 {
            MacState::Sha1(state) => tag(&state.finalize().into_bytes()),
            MacState::Sha256(state) => tag(&state.finalize().into_bytes()),
            MacState::Sha512(state) => tag(&state.finalize().into_bytes()),
        }
    }
}

impl Sink for Mac {
    fn write(&mut self, bytes: &[u8]) {
        match &mut self.0 {
            MacState::Sha1(state) => state.update(bytes),
            MacState::Sha256(state) => state.update(bytes),
            MacState::Sha512(state) => state.update(bytes),
        }
    }
}

fn tag(bytes: &[u8]) -> Tag {
    Tag::from_bytes(bytes).expect("no digest is longer than 64 bytes")
}

#[cfg(test)]
mod tests {
    use super::*;

    /// RFC 4231, test case 2, and RFC 2202, test case 2.
    #[test]
    fn hmac_gives_the_published_values() {
        let mac = |name| {
            let mut state = Mac::new(name, b"Jefe");
            state.write(b"what do ya want ");
            state.write(b"for nothing?");
            hex::encode(state.finish().as_bytes())
        };
        assert_eq!(mac(HashName::Sha1), "effcdf6ae5eb2fa2d27416d5f184df9c259a7c79");
        assert_eq!(mac(HashName::Sha256), "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
        assert!(mac(HashName::Sha512).starts_with("164b7a7bfcf819e2e395fbe73b56e0a387bd64222e831fd6"));
    }

    #[test]
    fn tags_of_different_length_differ() {
        let long = Tag::from_bytes(b"ab").unwrap();
        let short = Tag::from_bytes(b"a").unwrap();
        assert!(!bool::from(long.same(&short)));
        assert!(bool::from(long.same(&long.clone())));
        assert!(Tag::from_bytes(&[0; 65]).is_none());
    }
}
