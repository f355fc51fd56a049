//! What people get wrong, each with a stable code and what mends it.

use std::fmt;

/// What people get wrong about a signature. The text forms are a contract:
/// scripts match them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[allow(missing_docs, reason = "the table below says of each what it is")]
pub enum Mistake {
    SecretWhitespace,
    SecretQuoted,
    SecretEscaped,
    SecretCharset,
    SecretPrefixKept,
    SecretPrefixStripped,
    SecretReadAsText,
    SecretReadAsBase64,
    SecretReadAsHex,
    SecretMissing,
    SecretOfAnotherProfile,
    OtherScheme,
    OtherHash,
    PlainHash,
    ContentOtherwise,
    SignatureBare,
    SignaturePrefix,
    SignatureUppercase,
    SignatureEncoding,
    SignatureQuoted,
    SignatureInAnotherHeader,
    BodyNewlineAdded,
    BodyNewlineLost,
    BodyLineEndings,
    BodyByteOrderMark,
    BodyCompact,
    BodySpaced,
    BodyIndented,
    BodySortedKeys,
    BodyAsciiEscaped,
    BodySlashesEscaped,
    BodyHtmlEscaped,
    BodyObjectText,
    BodyWrapped,
    BodyPart,
    BodyEmpty,
    BodyCharset,
    BodyCompressed,
    BodyDecompressed,
    BodyFormReencoded,
    TimestampUnit,
    TimestampElsewhere,
    IdElsewhere,
    UrlHost,
    UrlScheme,
    UrlPort,
    UrlQuery,
    UrlPath,
    UrlEncoding,
    IdOfAnotherDelivery,
    TimestampOfAnotherDelivery,
    BodyOfAnotherDelivery,
}

/// What a mistake is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Area {
    /// The signing secret.
    Secret,
    /// What is computed, and over what.
    Scheme,
    /// How the signature is written, and where.
    Spelling,
    /// The bytes of the body.
    Body,
    /// The signed time and the signed id.
    Time,
    /// The signed URL.
    Url,
    /// Parts of another delivery.
    Delivery,
}

impl Area {
    /// The word for a person.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Secret => "secret",
            Self::Scheme => "scheme",
            Self::Spelling => "spelling",
            Self::Body => "body",
            Self::Time => "time and id",
            Self::Url => "URL",
            Self::Delivery => "other deliveries",
        }
    }

    /// What stands between "the signature holds" and what was tried.
    pub(super) const fn lead(self) -> &'static str {
        match self {
            Self::Secret | Self::Time | Self::Url | Self::Delivery => "with",
            Self::Scheme => "as",
            Self::Spelling => "once",
            Self::Body => "for",
        }
    }
}

struct Row {
    mistake: Mistake,
    code: &'static str,
    area: Area,
    mend: &'static str,
}

const fn row(mistake: Mistake, code: &'static str, area: Area, mend: &'static str) -> Row {
    Row { mistake, code, area, mend }
}

const RAW: &str = "verify the raw bytes before anything parses them (express.raw, request.get_data(), php://input), \
                   and sign exactly the bytes that are sent";
const ONE_URL: &str =
    "verify with the URL that the sender was given: `--url URL`, for `listen` `--public-url URL`";
const WRITTEN: &str = "write the signature the way the scheme does; `hookctl sign` shows it";

const ROWS: [Row; 52] = [
    row(
        Mistake::SecretWhitespace,
        "secret_whitespace",
        Area::Secret,
        "keep the secret without white space on both sides: `printf %s \"$SECRET\" > FILE`, and trim what is read",
    ),
    row(
        Mistake::SecretQuoted,
        "secret_quoted",
        Area::Secret,
        "quotes and the variable's name belong to the shell or the .env file, not to the secret: take them off on both \
         sides",
    ),
    row(
        Mistake::SecretEscaped,
        "secret_escaped",
        Area::Secret,
        "use the secret as its vendor shows it, with nothing escaped, on both sides",
    ),
    row(
        Mistake::SecretCharset,
        "secret_charset",
        Area::Secret,
        "write the file as UTF-8 without a byte order mark (PowerShell: Out-File -Encoding ascii), and only the secret",
    ),
    row(
        Mistake::SecretPrefixKept,
        "secret_prefix_kept",
        Area::Secret,
        "the scheme does not sign with the prefix: strip it where the signature is made",
    ),
    row(
        Mistake::SecretPrefixStripped,
        "secret_prefix_stripped",
        Area::Secret,
        "the scheme signs with the whole secret: keep its prefix where the signature is made",
    ),
    row(
        Mistake::SecretReadAsText,
        "secret_read_as_text",
        Area::Secret,
        "the scheme decodes the secret first: decode it where the signature is made",
    ),
    row(
        Mistake::SecretReadAsBase64,
        "secret_read_as_base64",
        Area::Secret,
        "the scheme does not decode the secret as base64: use it as the scheme says where the signature is made",
    ),
    row(
        Mistake::SecretReadAsHex,
        "secret_read_as_hex",
        Area::Secret,
        "the scheme does not decode the secret as hex: use it as the scheme says where the signature is made",
    ),
    row(
        Mistake::SecretMissing,
        "secret_missing",
        Area::Secret,
        "set the secret where the signature is made: its variable is empty there",
    ),
    row(
        Mistake::SecretOfAnotherProfile,
        "secret_of_another_profile",
        Area::Secret,
        "name the profile whose endpoint it is with `--profile NAME`, or give its secret with `--secret-file FILE`",
    ),
    row(
        Mistake::OtherScheme,
        "other_scheme",
        Area::Scheme,
        "name that scheme with `--provider ID`, or have the sender use the one you verify",
    ),
    row(
        Mistake::OtherHash,
        "other_hash",
        Area::Scheme,
        "use the hash function that the scheme names: `hookctl providers show ID`",
    ),
    row(
        Mistake::PlainHash,
        "plain_hash",
        Area::Scheme,
        "make an HMAC with the secret as its key; a plain hash is something else",
    ),
    row(
        Mistake::ContentOtherwise,
        "content_otherwise",
        Area::Scheme,
        "sign exactly what the scheme says, in its order: `hookctl providers show ID`",
    ),
    row(Mistake::SignatureBare, "signature_bare", Area::Spelling, WRITTEN),
    row(Mistake::SignaturePrefix, "signature_prefix", Area::Spelling, WRITTEN),
    row(Mistake::SignatureUppercase, "signature_uppercase", Area::Spelling, WRITTEN),
    row(Mistake::SignatureEncoding, "signature_encoding", Area::Spelling, WRITTEN),
    row(Mistake::SignatureQuoted, "signature_quoted", Area::Spelling, WRITTEN),
    row(
        Mistake::SignatureInAnotherHeader,
        "signature_in_another_header",
        Area::Spelling,
        "send it in the header that the scheme names, or see that no proxy renames it",
    ),
    row(
        Mistake::BodyNewlineAdded,
        "body_newline_added",
        Area::Body,
        "something added a line break after it was signed (an editor, `echo`, println): keep the bytes as they came",
    ),
    row(
        Mistake::BodyNewlineLost,
        "body_newline_lost",
        Area::Body,
        "something took the last line break away after it was signed (trim, `$(...)`): keep the bytes as they came",
    ),
    row(
        Mistake::BodyLineEndings,
        "body_line_endings",
        Area::Body,
        "something rewrote the line endings (git, an editor, text mode): open and keep the body as bytes",
    ),
    row(
        Mistake::BodyByteOrderMark,
        "body_byte_order_mark",
        Area::Body,
        "sign and send the same bytes: write the body as UTF-8 without a byte order mark, or sign it with it",
    ),
    row(Mistake::BodyCompact, "body_compact", Area::Body, RAW),
    row(Mistake::BodySpaced, "body_spaced", Area::Body, RAW),
    row(Mistake::BodyIndented, "body_indented", Area::Body, RAW),
    row(Mistake::BodySortedKeys, "body_sorted_keys", Area::Body, RAW),
    row(Mistake::BodyAsciiEscaped, "body_ascii_escaped", Area::Body, RAW),
    row(Mistake::BodySlashesEscaped, "body_slashes_escaped", Area::Body, RAW),
    row(Mistake::BodyHtmlEscaped, "body_html_escaped", Area::Body, RAW),
    row(
        Mistake::BodyObjectText,
        "body_object_text",
        Area::Body,
        "an object was put into text where the raw bytes belong: sign the bytes of the body",
    ),
    row(
        Mistake::BodyWrapped,
        "body_wrapped",
        Area::Body,
        "take the body out of what wraps it (a gateway's base64, a JSON string, an event), and verify that",
    ),
    row(Mistake::BodyPart, "body_part", Area::Body, "sign the whole body, not a part of it"),
    row(
        Mistake::BodyEmpty,
        "body_empty",
        Area::Body,
        "nothing was read when it was signed or verified: read the body once, before anything else consumes it",
    ),
    row(
        Mistake::BodyCharset,
        "body_charset",
        Area::Body,
        "keep the body as bytes: it was decoded and encoded in different character sets on the way",
    ),
    row(
        Mistake::BodyCompressed,
        "body_compressed",
        Area::Body,
        "sign the bytes that are sent, after compressing them, or send them uncompressed",
    ),
    row(
        Mistake::BodyDecompressed,
        "body_decompressed",
        Area::Body,
        "verify before the framework or a proxy decompresses: express.raw({ inflate: false }), no gunzip in between",
    ),
    row(Mistake::BodyFormReencoded, "body_form_reencoded", Area::Body, RAW),
    row(
        Mistake::TimestampUnit,
        "timestamp_unit",
        Area::Time,
        "write and sign the time in the form that the scheme names: `hookctl providers show ID`",
    ),
    row(
        Mistake::TimestampElsewhere,
        "timestamp_elsewhere",
        Area::Time,
        "sign the very timestamp that is sent, where the scheme sends it",
    ),
    row(
        Mistake::IdElsewhere,
        "id_elsewhere",
        Area::Time,
        "sign the very id that is sent, where the scheme sends it",
    ),
    row(Mistake::UrlHost, "url_host", Area::Url, ONE_URL),
    row(Mistake::UrlScheme, "url_scheme", Area::Url, ONE_URL),
    row(Mistake::UrlPort, "url_port", Area::Url, ONE_URL),
    row(Mistake::UrlQuery, "url_query", Area::Url, ONE_URL),
    row(Mistake::UrlPath, "url_path", Area::Url, ONE_URL),
    row(Mistake::UrlEncoding, "url_encoding", Area::Url, ONE_URL),
    row(
        Mistake::IdOfAnotherDelivery,
        "id_of_another_delivery",
        Area::Delivery,
        "send id, timestamp and signature of one delivery together; sign anew what is sent anew",
    ),
    row(
        Mistake::TimestampOfAnotherDelivery,
        "timestamp_of_another_delivery",
        Area::Delivery,
        "send id, timestamp and signature of one delivery together; sign anew what is sent anew",
    ),
    row(
        Mistake::BodyOfAnotherDelivery,
        "body_of_another_delivery",
        Area::Delivery,
        "keep the headers of a delivery with its own body",
    ),
];

impl Mistake {
    /// Every mistake, in the order of the documentation.
    pub fn all() -> impl Iterator<Item = Self> {
        ROWS.iter().map(|row| row.mistake)
    }

    fn row(self) -> Option<&'static Row> {
        ROWS.iter().find(|row| row.mistake == self)
    }

    /// The stable text form, as in JSON records.
    pub fn as_str(self) -> &'static str {
        self.row().map_or("", |row| row.code)
    }

    /// What it is about.
    pub fn area(self) -> Area {
        self.row().map_or(Area::Scheme, |row| row.area)
    }

    /// What to change.
    pub fn mend(self) -> &'static str {
        self.row().map_or("", |row| row.mend)
    }
}

impl fmt::Display for Mistake {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_mistake_has_a_code_of_its_own() {
        for (at, row) in ROWS.iter().enumerate() {
            // The order of the enum is that of the table, so none is missing.
            assert_eq!(row.mistake as usize, at, "{}", row.code);
            assert!(
                row.code
                    .bytes()
                    .all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
            );
            assert!(ROWS.iter().take(at).all(|earlier| earlier.code != row.code), "{}", row.code);
        }
    }
}
