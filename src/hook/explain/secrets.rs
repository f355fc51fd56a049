//! The secret: white space, quotes, prefixes, and how its text is read.

use super::Mistake;
use super::attempts::{Attempts, Idea, changed, idea};
use crate::hook::provider::{Kind, Provider, SecretForm};
use crate::hook::secret::Secret;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use std::borrow::Cow;
use zeroize::Zeroizing;

/// More secrets than anybody rotates at once.
const MOST_SECRETS: usize = 4;
/// More profiles than anybody has with secrets.
const MOST_OTHERS: usize = 32;
/// A longer secret is none: a key file, or anything.
const LONGEST: usize = 4 << 10;

type Rewrite = fn(&[u8]) -> Option<Vec<u8>>;

/// The text of the secret changed, and then read as the scheme reads it.
const REWRITES: [(Mistake, &str, Rewrite); 17] = [
    (Mistake::SecretWhitespace, "the secret without the white space around it", |text| trimmed(text)),
    (Mistake::SecretWhitespace, "the secret without the invisible characters around it", without_invisible),
    (Mistake::SecretCharset, "the secret read as UTF-16", from_utf16),
    (Mistake::SecretWhitespace, "the secret and a line break at its end", |text| with(text, b"", b"\n")),
    (Mistake::SecretWhitespace, "the secret and a carriage return and line break at its end", |text| {
        with(text, b"", b"\r\n")
    }),
    (Mistake::SecretWhitespace, "the secret and a space at its end", |text| with(text, b"", b" ")),
    (Mistake::SecretWhitespace, "the secret and a space before it", |text| with(text, b" ", b"")),
    (Mistake::SecretWhitespace, "the secret and a carriage return at its end", |text| with(text, b"", b"\r")),
    (Mistake::SecretWhitespace, "the secret and a tab at its end", |text| with(text, b"", b"\t")),
    (Mistake::SecretQuoted, "the secret without its quotes", unquoted),
    (Mistake::SecretQuoted, "the secret without the variable's name before it", without_name),
    (Mistake::SecretQuoted, "the secret in double quotes", |text| with(text, b"\"", b"\"")),
    (Mistake::SecretQuoted, "the secret in single quotes", |text| with(text, b"'", b"'")),
    (Mistake::SecretEscaped, "the secret with its percent escapes resolved", percent_decoded),
    (Mistake::SecretEscaped, "the secret with percent escapes in it", percent_encoded),
    (Mistake::SecretEscaped, "the secret without the two characters `\\n` at its end", |text| {
        text.strip_suffix(b"\\n").map(<[u8]>::to_vec)
    }),
    (Mistake::SecretEscaped, "the secret and the two characters `\\n` at its end", |text| {
        with(text, b"", b"\\n")
    }),
];

/// Words that stand where a secret should have been. HMAC fills a short key
/// with zeros, so one zero is the empty key.
const MISSING: [(&[u8], &str); 5] = [
    (b"\0", "an empty secret"),
    (b"undefined", "the word `undefined` for a secret"),
    (b"null", "the word `null` for a secret"),
    (b"None", "the word `None` for a secret"),
    (b"secret", "the word `secret` for a secret"),
];

/// Prefixes that vendors put before a secret.
const PREFIXES: [&str; 5] = ["whsec_", "v1,whsec_", "whsk_", "sk_", "whpk_"];

const PREFIX_LOST: &str =
    "the secret here has lost its prefix: keep the whole secret, as its vendor shows it";
const KEPT_ENCODED: &str = "the secret is kept encoded here (as in a Kubernetes manifest): decode it, and keep it as its vendor shows it";

/// How the text can become a key.
const FORMS: [(Mistake, &str, SecretForm); 3] = [
    (Mistake::SecretReadAsText, "the secret as text, not decoded", SecretForm::Utf8),
    (Mistake::SecretReadAsBase64, "the secret decoded as base64", SecretForm::Base64),
    (Mistake::SecretReadAsHex, "the secret decoded as hex", SecretForm::Hex),
];

pub(super) fn tries(attempts: &mut Attempts<'_>) -> bool {
    let case = attempts.case;
    for secret in case.secrets.iter().take(MOST_SECRETS).filter(|secret| secret.expose().len() <= LONGEST) {
        if rewritten(attempts, secret)
            || prefixed(attempts, secret.expose())
            || read_otherwise(attempts, secret.expose(), "")
        {
            return true;
        }
    }
    of_others(attempts) || missing(attempts)
}

fn rewritten(attempts: &mut Attempts<'_>, secret: &Secret) -> bool {
    REWRITES.iter().any(|(mistake, what, rewrite)| {
        let changed = rewrite(secret.expose()).filter(|changed| changed != secret.expose());
        changed.is_some_and(|changed| with_secret(attempts, *mistake, *what, changed))
    })
}

fn with_secret(
    attempts: &mut Attempts<'_>,
    mistake: Mistake,
    what: impl Into<Cow<'static, str>>,
    secret: Vec<u8>,
) -> bool {
    let provider = attempts.case.provider;
    Secret::new(secret).is_ok_and(|secret| attempts.secrets_hold(idea(mistake, what), provider, &[secret]))
}

/// The prefix left where the scheme takes it off, and the other way round.
fn prefixed(attempts: &mut Attempts<'_>, text: &[u8]) -> bool {
    let provider = attempts.case.provider;
    if !takes_key_text(provider) {
        return false;
    }
    let own = &*provider.secret_prefix;
    let text = text.trim_ascii();
    if !own.is_empty() {
        let whole = [own.as_bytes(), text.strip_prefix(own.as_bytes()).unwrap_or(text)].concat();
        let what = format!("the whole secret as text, `{own}` included");
        return as_key(attempts, Mistake::SecretPrefixKept, what, whole, SecretForm::Utf8);
    }
    for prefix in PREFIXES {
        if let Some(rest) = text.strip_prefix(prefix.as_bytes()) {
            let what = format!("the secret without `{prefix}`");
            let decoded = format!("{what}, decoded as base64");
            return as_key(attempts, Mistake::SecretPrefixStripped, what, rest.to_vec(), SecretForm::Utf8)
                || as_key(
                    attempts,
                    Mistake::SecretPrefixStripped,
                    decoded,
                    rest.to_vec(),
                    SecretForm::Base64,
                )
                || read_otherwise(attempts, rest, " and without its prefix");
        }
    }
    PREFIXES.iter().take(1).any(|prefix| {
        let lost = idea(Mistake::SecretPrefixStripped, format!("the secret and `{prefix}` before it"));
        let whole = [prefix.as_bytes(), text].concat();
        read_as(attempts, lost.mended_by(PREFIX_LOST), whole, SecretForm::Utf8)
    })
}

fn read_otherwise(attempts: &mut Attempts<'_>, text: &[u8], more: &str) -> bool {
    let provider = attempts.case.provider;
    if !takes_key_text(provider) {
        return false;
    }
    let text = text.trim_ascii();
    let text = text.strip_prefix(provider.secret_prefix.as_bytes()).unwrap_or(text);
    FORMS.iter().filter(|(_, _, form)| *form != provider.secret || !more.is_empty()).any(
        |(mistake, what, form)| {
            let tried = idea(*mistake, format!("{what}{more}"));
            let tried = if is_kept_encoded(text, *form) { tried.mended_by(KEPT_ENCODED) } else { tried };
            read_as(attempts, tried, text.to_vec(), *form)
        },
    ) || encoded_with_line_break(attempts, text)
}

/// Whether what the text decodes to can be read: then it is the secret itself,
/// kept encoded, as it stands in a Kubernetes manifest.
fn is_kept_encoded(text: &[u8], form: SecretForm) -> bool {
    decoded(text, form).is_some_and(|secret| secret.trim_ascii().iter().all(u8::is_ascii_graphic))
}

fn decoded(text: &[u8], form: SecretForm) -> Option<Zeroizing<Vec<u8>>> {
    match form {
        SecretForm::Base64 => STANDARD.decode(text).ok().map(Zeroizing::new),
        SecretForm::Hex => hex::decode(text).ok().map(Zeroizing::new),
        _ => None,
    }
}

/// `echo SECRET | base64` encodes the line break, too.
fn encoded_with_line_break(attempts: &mut Attempts<'_>, text: &[u8]) -> bool {
    let secret = decoded(text, SecretForm::Base64);
    let Some(secret) = secret.as_ref().and_then(|secret| secret.strip_suffix(b"\n")) else { return false };
    let what = "the secret decoded as base64, without the line break at its end";
    let tried = idea(Mistake::SecretReadAsBase64, what).mended_by(KEPT_ENCODED);
    read_as(attempts, tried, secret.to_vec(), SecretForm::Utf8)
}

/// A secret of this text under the same scheme with another way of reading secrets.
fn as_key(
    attempts: &mut Attempts<'_>,
    mistake: Mistake,
    what: impl Into<Cow<'static, str>>,
    text: Vec<u8>,
    form: SecretForm,
) -> bool {
    read_as(attempts, idea(mistake, what), text, form)
}

fn read_as(attempts: &mut Attempts<'_>, tried: Idea, text: Vec<u8>, form: SecretForm) -> bool {
    let provider = changed(attempts.case.provider, |provider| {
        (provider.secret, provider.secret_without_prefix) = (form, form);
        provider.secret_prefix = Box::default();
    });
    // What cannot be decoded so was not read so.
    let readable =
        Secret::new(text).ok().filter(|secret| provider.keys(std::slice::from_ref(secret)).is_ok());
    readable.is_some_and(|secret| attempts.secrets_hold(tried, &provider, &[secret]))
}

/// Whether a text becomes the key itself: other kinds have keys of their own form.
fn takes_key_text(provider: &Provider) -> bool {
    matches!(provider.kind, Kind::Hmac | Kind::Hash | Kind::JwtHs)
}

/// A secret that is kept for something else.
pub(super) fn of_others(attempts: &mut Attempts<'_>) -> bool {
    let case = attempts.case;
    let used = |secret: &Secret| case.secrets.iter().any(|known| known.expose() == secret.expose());
    case.others.iter().filter(|other| !used(&other.secret)).take(MOST_OTHERS).any(|other| {
        let what = format!("the secret of {}", other.name);
        let tried = std::slice::from_ref(&other.secret);
        attempts.secrets_hold(idea(Mistake::SecretOfAnotherProfile, what), case.provider, tried)
    })
}

fn missing(attempts: &mut Attempts<'_>) -> bool {
    if attempts.case.provider.kind != Kind::Hmac {
        return false;
    }
    MISSING
        .iter()
        .any(|(text, what)| as_key(attempts, Mistake::SecretMissing, *what, text.to_vec(), SecretForm::Utf8))
}

fn trimmed(text: &[u8]) -> Option<Vec<u8>> {
    Some(text.trim_ascii().to_vec())
}

fn with(text: &[u8], before: &[u8], after: &[u8]) -> Option<Vec<u8>> {
    Some([before, text, after].concat())
}

/// Quotes of shells and .env files, and those that an editor makes of them.
const QUOTES: [(&str, &str); 5] =
    [("\"", "\""), ("'", "'"), ("`", "`"), ("\u{201c}", "\u{201d}"), ("\u{2018}", "\u{2019}")];

fn unquoted(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    QUOTES.into_iter().find_map(|(open, close)| {
        let inner = text.strip_prefix(open.as_bytes())?;
        Some(inner.strip_suffix(close.as_bytes())?.to_vec())
    })
}

/// What a page or an editor leaves around a copied text: no white space of
/// ASCII, and nothing that can be seen.
fn without_invisible(text: &[u8]) -> Option<Vec<u8>> {
    let invisible = |letter: char| {
        letter.is_whitespace() || matches!(letter, '\u{200b}'..='\u{200f}' | '\u{2060}' | '\u{feff}')
    };
    Some(std::str::from_utf8(text).ok()?.trim_matches(invisible).as_bytes().to_vec())
}

/// As PowerShell's `>` and Notepad write a file: with a byte order mark.
fn from_utf16(text: &[u8]) -> Option<Vec<u8>> {
    let (units, read) = match text {
        [0xff, 0xfe, rest @ ..] => (rest.as_chunks().0, u16::from_le_bytes as fn([u8; 2]) -> u16),
        [0xfe, 0xff, rest @ ..] => (rest.as_chunks().0, u16::from_be_bytes as _),
        _ => return None,
    };
    let units: Zeroizing<Vec<u16>> = Zeroizing::new(units.iter().map(|unit| read(*unit)).collect());
    let text = Zeroizing::new(String::from_utf16(&units).ok()?);
    Some(text.trim().as_bytes().to_vec())
}

/// A whole line of a .env file: `export NAME="value"`.
fn without_name(text: &[u8]) -> Option<Vec<u8>> {
    let text = text.trim_ascii();
    let text = text.strip_prefix(b"export ").unwrap_or(text);
    let equals = text.iter().position(|byte| *byte == b'=')?;
    let (name, value) = text.split_at_checked(equals)?;
    let is_name = name.first()?.is_ascii_alphabetic()
        && name.iter().all(|byte| byte.is_ascii_uppercase() || byte.is_ascii_digit() || *byte == b'_');
    let value = value.get(1..).filter(|value| is_name && !value.is_empty())?;
    Some(unquoted(value).unwrap_or_else(|| value.to_vec()))
}

fn percent_decoded(text: &[u8]) -> Option<Vec<u8>> {
    let name_and_value = Zeroizing::new([b"s=", &**percent_safe(text)?].concat());
    crate::hook::form::find(&name_and_value, "s").map(Cow::into_owned)
}

/// The text for a reader of forms, which takes `+` for a space and `&` for an end.
fn percent_safe(text: &[u8]) -> Option<Zeroizing<Vec<u8>>> {
    if !text.contains(&b'%') {
        return None;
    }
    let mut safe = Zeroizing::new(Vec::with_capacity(3 * text.len()));
    for byte in text {
        match byte {
            b'+' => safe.extend_from_slice(b"%2B"),
            b'&' => safe.extend_from_slice(b"%26"),
            other => safe.push(*other),
        }
    }
    Some(safe)
}

fn percent_encoded(text: &[u8]) -> Option<Vec<u8>> {
    let encoded: String = form_urlencoded::byte_serialize(text).collect();
    Some(encoded.into_bytes())
}
