//! Every way in which a secret may stand in an answer.

use crate::hook::secret::Secret;
use base64::Engine as _;
use base64::alphabet;
use base64::engine::general_purpose::{GeneralPurposeConfig, STANDARD_NO_PAD, URL_SAFE_NO_PAD};
use base64::engine::{DecodePaddingMode, GeneralPurpose};
use std::fmt::Write as _;

/// Shorter texts are not looked for.
pub(super) const SHORTEST: usize = 6;
/// The least part of a secret that is looked for by itself.
const SHORTEST_PART: usize = 16;
/// Secrets are shown with and without padding.
const LENIENT: GeneralPurpose = GeneralPurpose::new(
    &alphabet::STANDARD,
    GeneralPurposeConfig::new().with_decode_padding_mode(DecodePaddingMode::Indifferent),
);

/// The spellings of a secret.
pub(super) fn of(secret: &Secret) -> Vec<Secret> {
    let mut found = Vec::new();
    for form in forms(secret.expose()) {
        found.extend(written(&form).into_iter().filter(|text| text.len() >= SHORTEST));
    }
    found.into_iter().filter_map(|text| Secret::new(text).ok()).collect()
}

/// The secret, the parts that tell it as well, and what it is decoded.
fn forms(secret: &[u8]) -> Vec<Vec<u8>> {
    let mut forms = vec![secret.to_vec()];
    let part = |part: &[u8], least: usize| (part.len() >= least).then(|| part.to_vec());
    // `whsec_...` without what stands before it, `user:password`, the lines of a key.
    let after = |sign: u8| secret.iter().position(|byte| *byte == sign).and_then(|at| secret.get(at + 1..));
    forms.extend(after(b'_').and_then(|rest| part(rest, SHORTEST_PART)));
    forms.extend(after(b':').and_then(|rest| part(rest, SHORTEST)));
    let longest = secret.split(|byte| *byte == b'\n').max_by_key(|line| line.len());
    forms.extend(longest.and_then(|line| part(line.trim_ascii(), SHORTEST_PART)));
    let decoded: Vec<Vec<u8>> = forms.iter().flat_map(|form| decoded(form)).collect();
    forms.extend(decoded);
    forms
}

fn decoded(text: &[u8]) -> Vec<Vec<u8>> {
    let decoded = [LENIENT.decode(text).ok(), hex::decode(text).ok()];
    decoded.into_iter().flatten().filter(|bytes| bytes.len() >= 12).collect()
}

fn written(bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut all = vec![
        bytes.to_vec(),
        hex::encode(bytes).into_bytes(),
        hex::encode_upper(bytes).into_bytes(),
        percent(bytes, false),
        percent(bytes, true),
    ];
    // A secret within a longer text stands in its base64 in one of three ways.
    for shift in 0..3 {
        all.push(within_base64(&STANDARD_NO_PAD, bytes, shift));
        all.push(within_base64(&URL_SAFE_NO_PAD, bytes, shift));
    }
    if let Ok(text) = std::str::from_utf8(bytes) {
        let json = serde_json::to_string(text).unwrap_or_default();
        all.push(json.trim_matches('"').as_bytes().to_vec());
        let html =
            text.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;").replace('"', "&quot;");
        all.push(html.replace('\'', "&#39;").into_bytes());
    }
    all
}

/// The letters of base64 that depend on nothing but these bytes, after `shift` others.
fn within_base64(engine: &GeneralPurpose, bytes: &[u8], shift: usize) -> Vec<u8> {
    let encoded = engine.encode([&vec![0; shift], bytes].concat());
    let first = (shift * 8).div_ceil(6);
    let last = (shift + bytes.len()) * 8 / 6;
    encoded.get(first..last).unwrap_or_default().as_bytes().to_vec()
}

fn percent(bytes: &[u8], lower: bool) -> Vec<u8> {
    let mut text = String::with_capacity(bytes.len());
    for byte in bytes {
        match byte {
            b'a'..=b'z' | b'A'..=b'Z' | b'0'..=b'9' | b'-' | b'_' | b'.' | b'~' => {
                text.push(char::from(*byte));
            }
            // Writing to a text cannot fail.
            other if lower => drop(write!(text, "%{other:02x}")),
            other => drop(write!(text, "%{other:02X}")),
        }
    }
    text.into_bytes()
}
