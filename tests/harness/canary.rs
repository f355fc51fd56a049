//! A secret that must be found nowhere, in any spelling.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use std::path::Path;

/// A planted secret, of 24 bytes or more. Its first 12 are not to be seen either.
#[derive(Clone, Debug)]
pub struct Canary(pub String);

impl Canary {
    pub fn new(text: &str) -> Self {
        assert!(text.len() >= 24, "too short to be found in base64");
        Self(text.to_owned())
    }

    /// How it may be spelled where it must not be.
    pub fn spellings(&self) -> Vec<Vec<u8>> {
        let (text, bytes) = (&self.0, self.0.as_bytes());
        let mut found = vec![
            text.clone(),
            text[..12].to_owned(),
            hex::encode(bytes),
            hex::encode_upper(bytes),
            form_urlencoded::byte_serialize(bytes).collect(),
            format!("{bytes:?}"),
            text.chars().rev().collect(),
        ];
        // Base64 spells a text in three ways, by where it begins.
        for skipped in 0..3 {
            let whole = skipped + (bytes.len() - skipped) / 3 * 3;
            found.push(STANDARD_NO_PAD.encode(&bytes[skipped..whole]));
            found.push(URL_SAFE_NO_PAD.encode(&bytes[skipped..whole]));
        }
        found.into_iter().map(String::into_bytes).collect()
    }

    /// The spellings that are in these bytes.
    pub fn spelled_in(&self, bytes: &[u8]) -> Vec<String> {
        let spellings = self.spellings().into_iter();
        let found = spellings.filter(|canary| bytes.windows(canary.len()).any(|window| window == canary));
        found.map(|canary| String::from_utf8(canary).unwrap()).collect()
    }

    #[track_caller]
    pub fn assert_not_in(&self, what: &str, bytes: &[u8]) {
        assert_eq!(self.spelled_in(bytes), [""; 0], "in {what}");
    }
}

/// Every file below a folder.
pub fn every_file(folder: &Path, look: &mut impl FnMut(&Path, &[u8])) {
    for entry in std::fs::read_dir(folder).unwrap().map(Result::unwrap) {
        if entry.file_type().unwrap().is_dir() {
            every_file(&entry.path(), look);
        } else {
            look(&entry.path(), &std::fs::read(entry.path()).unwrap());
        }
    }
}
