//! The filters of the template language: what `|word` does to the bytes of a
//! placeholder.

use super::Lookup;
use crate::hook::digest::HashName;
use crate::hook::encoding::Encoding;
use crate::hook::json;

/// What is done to a placeholder's bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Filter {
    /// The digest, as bytes.
    Digest(HashName),
    /// The HMAC under the profile's key and hash, as bytes.
    Hmac,
    /// The CRC-32 as a decimal number.
    Crc32,
    /// The bytes as text.
    Encode(Encoding),
    /// ASCII letters made small.
    Lower,
    /// ASCII letters made capital.
    Upper,
    /// Escaped for the inside of a JSON string.
    Json,
    /// A path as JavaScript's `encodeURI` writes it, its query escaped whole before that.
    Uri,
}

pub(super) const FILTERS: [(&str, Filter); 12] = [
    ("sha1", Filter::Digest(HashName::Sha1)),
    ("sha256", Filter::Digest(HashName::Sha256)),
    ("sha512", Filter::Digest(HashName::Sha512)),
    ("hmac", Filter::Hmac),
    ("crc32", Filter::Crc32),
    ("hex", Filter::Encode(Encoding::Hex)),
    ("base64", Filter::Encode(Encoding::Base64)),
    ("base64url", Filter::Encode(Encoding::Base64Url)),
    ("lower", Filter::Lower),
    ("upper", Filter::Upper),
    ("json", Filter::Json),
    ("uri", Filter::Uri),
];

impl Filter {
    /// The word that profiles write.
    pub fn as_str(self) -> &'static str {
        FILTERS.iter().find(|(_, filter)| *filter == self).map_or("", |(name, _)| name)
    }

    pub(super) fn apply(self, bytes: &[u8], lookup: &impl Lookup) -> Option<Vec<u8>> {
        Some(match self {
            Self::Digest(name) => name.digest(bytes).as_bytes().to_vec(),
            Self::Hmac => lookup.hmac(bytes)?.as_bytes().to_vec(),
            Self::Crc32 => crc32fast::hash(bytes).to_string().into_bytes(),
            Self::Encode(encoding) => encoding.encode(bytes).into_bytes(),
            Self::Lower => bytes.to_ascii_lowercase(),
            Self::Upper => bytes.to_ascii_uppercase(),
            Self::Json => {
                let quoted = json::quoted(&String::from_utf8_lossy(bytes));
                quoted.strip_prefix('"')?.strip_suffix('"')?.as_bytes().to_vec()
            }
            Self::Uri => uri(bytes),
        })
    }
}

/// What `encodeURIComponent` leaves as it is, beside letters and digits.
const PLAIN: &[u8] = b"-_.!~*'()";

/// What `encodeURI` leaves as well.
const OF_URIS: &[u8] = b";/?:@&=+$,#";

/// A path, and a query that is escaped as one component and then once more:
/// so does the library of the one vendor that signs it.
/// <https://github.com/contentful/node-apps-toolkit/blob/main/src/requests/utils.ts>
fn uri(target: &[u8]) -> Vec<u8> {
    let mut parts = target.splitn(2, |byte| *byte == b'?');
    let mut written = Vec::with_capacity(target.len());
    escape(parts.next().unwrap_or_default(), OF_URIS, &mut written);
    // Split at every question mark: what follows a second one is not signed.
    let query = parts.next().and_then(|rest| rest.split(|byte| *byte == b'?').next());
    if let Some(query) = query.filter(|query| !query.is_empty()) {
        let mut component = Vec::with_capacity(query.len());
        escape(query, b"", &mut component);
        written.push(b'?');
        escape(&component, OF_URIS, &mut written);
    }
    written
}

fn escape(bytes: &[u8], also_plain: &[u8], written: &mut Vec<u8>) {
    for byte in bytes {
        if byte.is_ascii_alphanumeric() || PLAIN.contains(byte) || also_plain.contains(byte) {
            written.push(*byte);
        } else {
            written.extend_from_slice(format!("%{byte:02X}").as_bytes());
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_uri_is_escaped_as_javascript_does() {
        let text = |target: &str| String::from_utf8(uri(target.as_bytes())).unwrap();
        // encodeURI("/a b/é=;'%20"), and encodeURI(querystring.escape("x=1&y= z")) behind it.
        assert_eq!(text("/a b/\u{e9}=;'%20"), "/a%20b/%C3%A9=;'%2520");
        assert_eq!(text("/a?x=1&y= z"), "/a?x%253D1%2526y%253D%2520z");
        assert_eq!(text("/a?"), "/a");
        assert_eq!(text("/a?b?c"), "/a?b");
    }
}
