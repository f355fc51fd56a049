//! What is done to a signature after it was made.

use super::draft::Draft;
use super::slot::{edit_signatures, edit_values, spans};
use super::{CraftError, Workshop, body, head, time};
use crate::hook::check::change::Change;
use crate::hook::encoding::Encoding;
use crate::hook::provider::{Kind, Provider};
use crate::hook::template::Source;
use crate::hook::time::Timestamp;

/// As long as a value may be and still pass most servers' limits.
const HUGE: usize = 8 * 1024;
/// The word that stands before no signature.
const NO_WORD: &[u8] = b"none";

/// Makes one change.
pub(super) fn apply(
    draft: &mut Draft,
    workshop: &Workshop,
    change: Change,
    now: Timestamp,
) -> Result<(), CraftError> {
    let provider = &*workshop.provider;
    match change {
        Change::ReusedTimestamp => return time::refresh(provider, draft, now),
        Change::ByteChanged => {
            draft.body = body::with_another_byte(&draft.body);
            return Ok(());
        }
        Change::GzipSignedBefore => {
            head::compress(draft);
            return Ok(());
        }
        Change::OtherHeader => {
            rename(provider, draft);
            return Ok(());
        }
        Change::OneRightHeader => {
            twice(provider, draft, |value| edit_signatures(provider, value, |right| wrong(provider, right)));
            return Ok(());
        }
        Change::TwoWrongHeaders => {
            twice(provider, draft, <[u8]>::to_vec);
            let wrong = |right: &[u8]| wrong(provider, right);
            edit_values(provider, draft, |value| edit_signatures(provider, value, wrong));
            return Ok(());
        }
        _ => {}
    }
    let mut values = |edit: &dyn Fn(&[u8]) -> Vec<u8>| edit_values(provider, draft, edit);
    let each = |edit: fn(&[u8]) -> Vec<u8>| move |value: &[u8]| edit_signatures(provider, value, edit);
    match change {
        Change::EmptySignature => values(&|_| Vec::new()),
        Change::ShortSignature => values(&each(|signature| first(signature, signature.len() / 2))),
        Change::OneDigitSignature => values(&each(|signature| first(signature, 1))),
        Change::LongSignature => values(&each(|signature| signature.repeat(2))),
        Change::GarbageSignature => values(&each(|signature| vec![b'~'; signature.len()])),
        Change::NonAsciiSignature => values(&each(|signature| "ä".repeat(signature.len() / 2).into_bytes())),
        Change::HugeSignature => values(&each(huge)),
        Change::UpperCaseSignature => values(&each(<[u8]>::to_ascii_uppercase)),
        Change::BareSignature => values(&|value| bare(provider, value)),
        Change::WrongPrefix => values(&|value| with_word(provider, value, &|_| NO_WORD.to_vec())),
        Change::WeakerHash => values(&|value| with_word(provider, value, &weaker_word)),
        Change::OneRightValue => values(&|value| two_values(provider, value)),
        Change::AlgNone => values(&unsigned_token),
        other => return Err(CraftError::Change(other)),
    }
    Ok(())
}

fn first(text: &[u8], count: usize) -> Vec<u8> {
    text.iter().take(count).copied().collect()
}

fn huge(signature: &[u8]) -> Vec<u8> {
    signature.iter().cycle().take(HUGE).copied().collect()
}

/// The token with a head that names no algorithm, and no signature.
fn unsigned_token(value: &[u8]) -> Vec<u8> {
    let mut parts = value.split(|byte| *byte == b'.');
    let claims = parts.nth(1).unwrap_or_default();
    let head = Encoding::Base64Url.encode(br#"{"alg":"none","typ":"JWT"}"#);
    [head.as_bytes(), b".", claims, b"."].concat()
}

/// The first signature alone.
fn bare(provider: &Provider, value: &[u8]) -> Vec<u8> {
    let span = spans(provider, value).into_iter().next();
    span.and_then(|span| value.get(span)).unwrap_or_default().to_vec()
}

/// What stands before each signature, such as `sha256=`.
pub(in crate::hook::check) fn prefix(provider: &Provider) -> &str {
    match provider.kind() {
        Kind::Basic => "Basic ",
        Kind::Token => provider.value.prefix(&Source::Secret),
        _ => provider.value.prefix(&Source::Sig),
    }
}

/// The value with another word in the prefix of each signature; what joins it
/// to the signature stays.
fn with_word(provider: &Provider, value: &[u8], word: &dyn Fn(&[u8]) -> Vec<u8>) -> Vec<u8> {
    let prefix = prefix(provider).as_bytes();
    let letters = prefix.iter().rposition(u8::is_ascii_alphanumeric).map_or(0, |at| at + 1);
    let (old, joint) = prefix.split_at_checked(letters).unwrap_or_default();
    let new = [&word(old), joint].concat();
    let (mut written, mut at) = (Vec::new(), 0);
    for span in spans(provider, value) {
        let begins = span.start.saturating_sub(prefix.len());
        written.extend_from_slice(value.get(at..begins).unwrap_or_default());
        written.extend_from_slice(&new);
        at = span.start;
    }
    written.extend_from_slice(value.get(at..).unwrap_or_default());
    written
}

/// The name of the weaker hash in the place of the right one's.
fn weaker_word(word: &[u8]) -> Vec<u8> {
    let text = String::from_utf8_lossy(word);
    text.replace("sha256", "sha1").replace("sha512", "sha1").into_bytes()
}

/// A wrong signature before the right one, in one value.
fn two_values(provider: &Provider, value: &[u8]) -> Vec<u8> {
    let separator = provider.value.separator().unwrap_or(",").as_bytes();
    let prefix = prefix(provider).as_bytes();
    edit_signatures(provider, value, |right| [&wrong(provider, right), separator, prefix, right].concat())
}

/// A well-formed signature of the same length that is not this one.
fn wrong(provider: &Provider, right: &[u8]) -> Vec<u8> {
    let turned = |bytes: Vec<u8>| bytes.into_iter().map(|byte| !byte).collect::<Vec<_>>();
    match provider.kind() {
        Kind::Token => right.iter().copied().map(next_letter).collect(),
        Kind::Basic => {
            let text = Encoding::Base64.decode(right).unwrap_or_default();
            let colon = text.iter().position(|byte| *byte == b':').unwrap_or(0);
            let other = text.iter().enumerate();
            let other = other.map(|(at, byte)| if at > colon { next_letter(*byte) } else { *byte });
            Encoding::Base64.encode(&other.collect::<Vec<_>>()).into_bytes()
        }
        kind => {
            let encode = if kind.is_token() { Encoding::Base64Url } else { provider.encode() };
            match encode.decode(right) {
                Some(bytes) => encode.encode(&turned(bytes)).into_bytes(),
                None => right.iter().copied().map(next_letter).collect(),
            }
        }
    }
}

/// Another letter or digit for each.
pub(super) fn next_letter(byte: u8) -> u8 {
    match byte {
        b'z' => b'a',
        b'Z' => b'A',
        b'9' => b'0',
        letter if letter.is_ascii_alphanumeric() => letter + 1,
        other => other,
    }
}

/// Puts a second header before each that carries the signature.
fn twice(provider: &Provider, draft: &mut Draft, first: impl Fn(&[u8]) -> Vec<u8>) {
    let ours = |name: &str| provider.signature_headers().iter().any(|known| known.eq_ignore_ascii_case(name));
    let fields = std::mem::take(&mut draft.fields);
    for (name, value) in fields {
        if ours(&name) {
            draft.fields.push((name.clone(), first(&value)));
        }
        draft.fields.push((name, value));
    }
}

/// Moves the signature into a header of other providers.
fn rename(provider: &Provider, draft: &mut Draft) {
    let ours = |name: &str| provider.signature_headers().iter().any(|known| known.eq_ignore_ascii_case(name));
    let other = if ours("X-Hub-Signature-256") { "X-Signature" } else { "X-Hub-Signature-256" };
    for (name, _) in draft.fields.iter_mut().filter(|(name, _)| ours(name)) {
        other.clone_into(name);
    }
}
