//! The signature itself: there, but written or named otherwise than the scheme does.

use super::Mistake;
use super::attempts::{Attempts, Idea, idea};
use crate::hook::encoding::Encoding;
use crate::hook::headers::Headers;
use crate::hook::provider::{Kind, Place, Provider, TimePlace};
use crate::hook::template::Source;
use crate::hook::verdict::Code;
use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD_NO_PAD, URL_SAFE_NO_PAD};

/// More than any sender writes into one request.
const MOST_SIGNATURES: usize = 8;
/// The longest value that is looked at: a longer one is no signature.
const LONGEST: usize = 2 << 10;
/// The lengths of the digests that vendors use.
const LENGTHS: [usize; 3] = [20, 32, 64];

/// A digest that stands somewhere in the headers.
#[derive(Clone, Debug)]
pub(super) struct Observed {
    /// The header it stands in.
    pub(super) header: String,
    /// The digest.
    pub(super) tag: Vec<u8>,
    /// Its characters as they stand.
    text: Vec<u8>,
    /// The whole value.
    value: Vec<u8>,
    encoding: Encoding,
    /// The text of a hex digest was encoded once more.
    doubled: bool,
}

/// The digests in the provider's own headers, or else in any other.
pub(super) fn observed(attempts: &Attempts<'_>) -> Vec<Observed> {
    let headers = attempts.message().headers;
    let own = |name: &str| {
        attempts.case.provider.signature_headers().iter().any(|known| known.eq_ignore_ascii_case(name))
    };
    let among = |wanted: bool| -> Vec<Observed> {
        headers
            .iter()
            .filter(|field| own(field.name) == wanted && field.value.len() <= LONGEST)
            .flat_map(|field| digests(field.name, field.value))
            .take(MOST_SIGNATURES)
            .collect()
    };
    let found = among(true);
    if found.is_empty() { among(false) } else { found }
}

fn digests(name: &str, value: &[u8]) -> Vec<Observed> {
    let part_of_digest = |byte: &u8| byte.is_ascii_alphanumeric() || b"+/-_".contains(byte);
    let observed = |text: &[u8]| {
        let (tag, encoding, doubled) = digest(text)?;
        let (text, value) = (text.to_vec(), value.to_vec());
        Some(Observed { header: name.to_owned(), tag, text, value, encoding, doubled })
    };
    value.split(|byte| !part_of_digest(byte)).filter_map(observed).collect()
}

/// Reads a digest, however it is written. No text is one in two ways: the lengths differ.
fn digest(text: &[u8]) -> Option<(Vec<u8>, Encoding, bool)> {
    let whole = |bytes: Vec<u8>| LENGTHS.contains(&bytes.len()).then_some(bytes);
    if let Some(tag) = hex::decode(text).ok().and_then(whole) {
        return Some((tag, Encoding::Hex, false));
    }
    let read = [(&STANDARD_NO_PAD, Encoding::Base64), (&URL_SAFE_NO_PAD, Encoding::Base64Url)];
    let (bytes, encoding) =
        read.into_iter().find_map(|(engine, encoding)| Some((engine.decode(text).ok()?, encoding)))?;
    match hex::decode(&bytes).ok().and_then(whole) {
        Some(tag) => Some((tag, encoding, true)),
        None => whole(bytes).map(|tag| (tag, encoding, false)),
    }
}

/// The headers with this digest written the way `provider` writes it.
pub(super) fn written(attempts: &Attempts<'_>, provider: &Provider, found: &Observed) -> Option<Headers> {
    let Place::Headers(names) = &provider.place else { return None };
    let time = match provider.timestamp {
        Some(TimePlace::Value) => Some(time_in(&provider.value.read(&found.value), &found.value)?),
        _ => None,
    };
    let signature = provider.encode.encode(&found.tag);
    let value = provider.value.write(&[signature], |source| match source {
        Source::Ts => time.clone(),
        _ => None,
    });
    Some(replaced(attempts.message().headers, names, names.first()?, value.as_bytes()))
}

/// The timestamp of a value, or the digits in it that look like one.
fn time_in(read: &crate::hook::signature::value::Written<'_>, value: &[u8]) -> Option<String> {
    let looks_like = |text: &&[u8]| matches!(text.len(), 10 | 13) && text.iter().all(u8::is_ascii_digit);
    let text =
        read.timestamp.or_else(|| value.split(|byte| !byte.is_ascii_alphanumeric()).find(looks_like))?;
    String::from_utf8(text.to_vec()).ok()
}

/// The headers without those of these names, and with one of `name`.
pub(super) fn replaced(headers: &Headers, without: &[Box<str>], name: &str, value: &[u8]) -> Headers {
    let kept =
        headers.iter().filter(|field| !without.iter().any(|known| known.eq_ignore_ascii_case(field.name)));
    Headers::from_pairs(kept.map(|field| (field.name, field.value)).chain([(name, value)]))
}

pub(super) fn tries(attempts: &mut Attempts<'_>) -> bool {
    let case = attempts.case;
    if case.verdict.code == Code::Mismatch && case.provider.kind != Kind::Token {
        return false;
    }
    match case.provider.kind {
        Kind::Token => token(attempts),
        Kind::Hmac | Kind::Hash => digest_elsewhere(attempts),
        _ => false,
    }
}

fn digest_elsewhere(attempts: &mut Attempts<'_>) -> bool {
    let provider = attempts.case.provider;
    let fitting: Vec<Observed> =
        observed(attempts).into_iter().filter(|found| found.tag.len() == provider.hash.bytes()).collect();
    for found in &fitting {
        let Some(headers) = written(attempts, provider, found) else { continue };
        if attempts.headers_hold(misspelled(provider, found), &headers) {
            return true;
        }
    }
    // Whatever else is wrong is looked for under the signature that is meant.
    let meant = fitting.first().and_then(|found| written(attempts, provider, found));
    if let Some(headers) = meant {
        attempts.respell(headers);
    }
    false
}

/// What is wrong with a signature that stands there otherwise than it should.
fn misspelled(provider: &Provider, found: &Observed) -> Idea {
    let own = provider.signature_headers().iter().any(|name| name.eq_ignore_ascii_case(&found.header));
    if !own {
        let names = provider.signature_headers().join("` or `");
        let what = format!("it is read from `{}` and not from `{names}`", found.header);
        return idea(Mistake::SignatureInAnotherHeader, what);
    }
    let encode = provider.encode.as_str();
    if found.doubled {
        let what = format!("the digest is written in {encode} once, and not its hexadecimal text in base64");
        return idea(Mistake::SignatureEncoding, what);
    }
    if found.encoding != provider.encode && !same_alphabet(provider, found) {
        let what = format!("it is written in {encode} and not in {}", found.encoding.as_str());
        return idea(Mistake::SignatureEncoding, what);
    }
    let whole = provider.encode.encode(&found.tag);
    let unpadded = whole.trim_end_matches('=');
    if unpadded != whole && unpadded.as_bytes() == found.text && !contains(&found.value, whole.as_bytes()) {
        return idea(Mistake::SignatureEncoding, format!("it is written in {encode} with its padding (`=`)"));
    }
    let prefix = provider.value.prefix(&Source::Sig);
    let value = found.value.trim_ascii();
    if value == found.text && prefix.is_empty() {
        return idea(Mistake::SignatureUppercase, "it is in small letters");
    }
    if value.iter().any(|byte| b"\"'`<>".contains(byte)) || (prefix.is_empty() && value != found.text) {
        return idea(Mistake::SignatureQuoted, "what stands around it is taken away");
    }
    if value == found.text {
        return idea(Mistake::SignatureBare, format!("`{prefix}` stands before it"));
    }
    if value.to_ascii_lowercase().starts_with(prefix.to_ascii_lowercase().as_bytes()) {
        return idea(Mistake::SignatureUppercase, format!("its `{prefix}` is in small letters"));
    }
    idea(Mistake::SignaturePrefix, format!("it begins with `{prefix}`"))
}

fn contains(value: &[u8], part: &[u8]) -> bool {
    memchr::memmem::find(value, part).is_some()
}

/// Base64 without the letters in which its two alphabets differ is both.
fn same_alphabet(provider: &Provider, found: &Observed) -> bool {
    provider.encode != Encoding::Hex
        && found.encoding != Encoding::Hex
        && provider.encode.encode(&found.tag).trim_end_matches('=').as_bytes() == found.text
        && provider.encode == Encoding::Base64Url
}

/// A token in another header, or with something before it or around it.
fn token(attempts: &mut Attempts<'_>) -> bool {
    let provider = attempts.case.provider;
    let Some(name) = provider.signature_headers().first() else { return false };
    let headers = attempts.message().headers;
    let prefix = provider.value.prefix(&Source::Secret);
    for field in headers.iter().filter(|field| field.value.len() <= LONGEST) {
        let own = field.name.eq_ignore_ascii_case(name);
        for (mistake, what, bare) in bare_tokens(field.value) {
            let value = [prefix.as_bytes(), bare].concat();
            if own && value == field.value {
                continue;
            }
            let (mistake, what) = if own {
                (mistake, what.to_owned())
            } else {
                let what = format!("it is read from `{}` and not from `{name}`", field.name);
                (Mistake::SignatureInAnotherHeader, what)
            };
            let changed = replaced(headers, provider.signature_headers(), name, &value);
            if attempts.headers_hold(idea(mistake, what), &changed) {
                return true;
            }
        }
    }
    false
}

fn bare_tokens(value: &[u8]) -> Vec<(Mistake, &'static str, &[u8])> {
    let mut found = vec![(Mistake::SignaturePrefix, "nothing but the token stands there", value)];
    for prefix in [&b"Bearer "[..], b"bearer ", b"Token ", b"token "] {
        if let Some(rest) = value.strip_prefix(prefix) {
            found.push((Mistake::SignaturePrefix, "nothing stands before the token", rest));
        }
    }
    for quote in [&b"\""[..], b"'"] {
        if let Some(inner) = value.strip_prefix(quote).and_then(|rest| rest.strip_suffix(quote)) {
            found.push((Mistake::SignatureQuoted, "the quotes around it are taken away", inner));
        }
    }
    found
}
