//! A signing secret: bytes with no textual form.
//!
//! There is no `Display`, no `Serialize`, no `Deref`; `Debug` is redacted and
//! the bytes are wiped on drop. Only `hook` reads them, to make a key.

use std::fmt;
use zeroize::Zeroizing;

/// A signing secret exactly as its vendor gave it, before any decoding.
#[derive(Clone)]
pub struct Secret(Zeroizing<Vec<u8>>);

/// Why bytes are not a usable secret.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SecretError {
    /// An empty key signs and verifies anything anybody computes with an empty key.
    #[error("the signing secret is empty")]
    Empty,
}

impl Secret {
    /// Takes the bytes as they are.
    ///
    /// # Errors
    /// Refuses an empty secret.
    pub fn new(bytes: impl Into<Vec<u8>>) -> Result<Self, SecretError> {
        let bytes = Zeroizing::new(bytes.into());
        if bytes.is_empty() {
            return Err(SecretError::Empty);
        }
        Ok(Self(bytes))
    }

    /// Takes the content of a file or a line of input: one line ending at the
    /// end belongs to the file, not to the secret, and is dropped.
    ///
    /// # Errors
    /// Refuses a secret that is empty or only white space.
    pub fn from_file_content(bytes: &[u8]) -> Result<Self, SecretError> {
        let bytes = bytes.strip_suffix(b"\n").unwrap_or(bytes);
        let bytes = bytes.strip_suffix(b"\r").unwrap_or(bytes);
        if bytes.trim_ascii().is_empty() {
            return Err(SecretError::Empty);
        }
        Self::new(bytes)
    }

    /// Fewer bytes than this can be found by trying, by whoever has seen one delivery with its signature.
    pub const SHORT: usize = 16;

    /// Whether it is shorter than [`SHORT`](Self::SHORT). Some vendors let their users choose
    /// one, so it is warned of and not refused.
    pub fn is_short(&self) -> bool {
        self.0.len() < Self::SHORT
    }

    /// The bytes, for making a key and for handing to the user's own file.
    pub fn expose(&self) -> &[u8] {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(redacted)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn empty_secrets_are_refused_however_they_come() {
        assert_eq!(Secret::new("").unwrap_err(), SecretError::Empty);
        for content in ["", "\n", "\r\n", "  \n", "\t"] {
            assert_eq!(
                Secret::from_file_content(content.as_bytes()).unwrap_err(),
                SecretError::Empty,
                "{content:?}"
            );
        }
    }

    #[test]
    fn one_line_ending_belongs_to_the_file() {
        for (content, secret) in
            [("abc\n", "abc"), ("abc\r\n", "abc"), ("abc", "abc"), ("abc\n\n", "abc\n"), (" abc ", " abc ")]
        {
            assert_eq!(Secret::from_file_content(content.as_bytes()).unwrap().expose(), secret.as_bytes());
        }
    }

    #[test]
    fn debug_shows_nothing() {
        assert_eq!(format!("{:?}", Secret::new("whsec_CANARY").unwrap()), "Secret(redacted)");
    }
}
