//! How bytes are written as text: hex and base64, read back strictly.
//!
//! Refuses white space, wrong padding, left-over bits and letters of another
//! alphabet, so that one signature has one spelling. The exception is hex,
//! where upper and lower case digits both count: some senders write capitals,
//! and they name the same bytes.

use super::digest::Tag;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose, GeneralPurposeConfig};

/// Base64 for signing secrets: vendors show them with and without padding.
const SECRET: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// Base64url for signatures: vendors write it with and without padding.
const URL_SAFE: GeneralPurpose = GeneralPurpose::new(
    &base64::alphabet::URL_SAFE,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// How a signature is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Default)]
pub enum Encoding {
    /// Two hexadecimal digits a byte.
    #[default]
    Hex,
    /// Base64 with padding.
    Base64,
    /// Base64 in the alphabet for URLs; written without padding.
    Base64Url,
}

impl Encoding {
    /// The name as profiles write it.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Hex => "hex",
            Self::Base64 => "base64",
            Self::Base64Url => "base64url",
        }
    }

    /// Writes bytes.
    pub fn encode(self, bytes: &[u8]) -> String {
        match self {
            Self::Hex => hex::encode(bytes),
            Self::Base64 => STANDARD.encode(bytes),
            Self::Base64Url => URL_SAFE_NO_PAD.encode(bytes),
        }
    }

    /// How many characters a digest of `bytes` bytes takes, padding included.
    pub const fn length(self, bytes: usize) -> usize {
        match self {
            Self::Hex => bytes * 2,
            Self::Base64 => bytes.div_ceil(3) * 4,
            Self::Base64Url => (bytes * 4).div_ceil(3),
        }
    }

    /// Reads bytes of any length, as strictly as a tag.
    pub fn decode(self, text: &[u8]) -> Option<Vec<u8>> {
        match self {
            Self::Hex => hex::decode(text).ok(),
            Self::Base64 => STANDARD.decode(text).ok(),
            Self::Base64Url => URL_SAFE.decode(text).ok(),
        }
    }

    /// Reads a tag of exactly `bytes` bytes, without allocating.
    pub fn decode_tag(self, text: &[u8], bytes: usize) -> Option<Tag> {
        // 64 bytes are the longest tag; the decoder of base64 wants room for one group more.
        let mut room = [0; 96];
        let filled = match self {
            Self::Hex => {
                let target = room.get_mut(..text.len().checked_div(2)?)?;
                // Without a branch for each digit: of random digits the processor guesses half wrong.
                base16ct::mixed::decode(text, target).ok()?.len()
            }
            Self::Base64 => STANDARD.decode_slice(text, &mut room).ok()?,
            Self::Base64Url => URL_SAFE.decode_slice(text, &mut room).ok()?,
        };
        if filled != bytes {
            return None;
        }
        Tag::from_bytes(room.get(..filled)?)
    }
}

/// Reads a signing secret in base64, padded or not.
pub fn decode_base64_secret(text: &[u8]) -> Option<Vec<u8>> {
    SECRET.decode(text).ok()
}

/// Reads standard padded base64.
pub fn decode_base64(text: &[u8]) -> Option<Vec<u8>> {
    STANDARD.decode(text).ok()
}

/// Reads base64url as JSON Web Tokens write it: without padding (RFC 7515, section 2).
pub fn decode_base64url(text: &[u8]) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reading_is_strict() {
        let tag = [0xfb; 20];
        for encoding in [Encoding::Hex, Encoding::Base64, Encoding::Base64Url] {
            let text = encoding.encode(&tag);
            assert_eq!(text.len(), encoding.length(20));
            assert_eq!(encoding.decode_tag(text.as_bytes(), 20).unwrap().as_bytes(), tag);
            assert!(encoding.decode_tag(text.as_bytes(), 32).is_none(), "wrong length");
            for spoiled in [
                format!("{text} "),
                format!(" {text}"),
                format!("{text}\n"),
                text.chars().skip(1).collect(),
                format!("{text}{text}{text}{text}{text}{text}{text}"),
                String::new(),
                text.replace(text.chars().next().unwrap(), "é"),
            ] {
                assert!(encoding.decode_tag(spoiled.as_bytes(), 20).is_none(), "{encoding:?} {spoiled:?}");
            }
        }
    }

    #[test]
    fn one_signature_has_one_base64_spelling() {
        let text = Encoding::Base64.encode(&[0; 20]);
        assert!(text.ends_with("AA="));
        // The same bytes with a left-over bit set, without padding, and in the other alphabet.
        let bits = text.replace("AA=", "AB=");
        assert!(Encoding::Base64.decode_tag(bits.as_bytes(), 20).is_none());
        assert!(Encoding::Base64.decode_tag(text.trim_end_matches('=').as_bytes(), 20).is_none());
        assert!(
            Encoding::Base64.decode_tag(Encoding::Base64Url.encode(&[0xfb; 20]).as_bytes(), 20).is_none()
        );
    }

    #[test]
    fn hex_digits_may_be_capitals() {
        assert!(Encoding::Hex.decode_tag("AB".repeat(20).as_bytes(), 20).is_some());
    }
}
