//! The time beside a signature.

use super::CraftError;
use super::draft::Draft;
use super::slot::edit_values;
use crate::hook::check::change::Change;
use crate::hook::encoding::{Encoding, decode_base64url};
use crate::hook::provider::{Provider, TimePlace};
use crate::hook::sample::{edit, pointer};
use crate::hook::template::Source;
use crate::hook::time::Timestamp;
use serde_json::{Map, Value};

/// Puts the time of signing into a body that is to carry it, in the form that stands there.
pub(super) fn write(provider: &Provider, draft: &mut Draft, at: Timestamp) {
    let Some(TimePlace::Source(Source::Json(path))) = &provider.timestamp else { return };
    let pointer = pointer(path);
    let Ok(now) = edit::value_at(&draft.body, &pointer) else { return };
    let written = provider.time_form.write(at);
    let new = if now.starts_with('"') { edit::quoted(&written) } else { written };
    if let Ok(body) = edit::replace(&draft.body, &pointer, &new) {
        draft.body = body;
    }
}

/// Puts the time of `now` beside a signature that was made long before.
pub(super) fn refresh(provider: &Provider, draft: &mut Draft, now: Timestamp) -> Result<(), CraftError> {
    if provider.kind().is_token() {
        edit_values(provider, draft, |value| token_of_now(value, now));
        return Ok(());
    }
    let written = provider.time_form.write(now);
    match &provider.timestamp {
        Some(TimePlace::Value) => {
            edit_values(provider, draft, |value| value_of_now(provider, value, &written));
        }
        Some(TimePlace::Source(Source::Header(name))) => {
            let named = |known: &str| known.eq_ignore_ascii_case(name);
            for (_, value) in draft.fields.iter_mut().filter(|(name, _)| named(name)) {
                *value = written.clone().into_bytes();
            }
        }
        Some(TimePlace::Source(Source::Json(_))) => write(provider, draft, now),
        _ => return Err(CraftError::Change(Change::ReusedTimestamp)),
    }
    Ok(())
}

/// The value with another time in it.
fn value_of_now(provider: &Provider, value: &[u8], written: &str) -> Vec<u8> {
    let Some(old) = provider.value.read(value).timestamp else { return value.to_vec() };
    let start = (old.as_ptr() as usize).wrapping_sub(value.as_ptr() as usize);
    let (before, rest) = value.split_at_checked(start).unwrap_or((value, b""));
    [before, written.as_bytes(), rest.get(old.len()..).unwrap_or_default()].concat()
}

/// The token with claims that were made now, under its old signature.
fn token_of_now(value: &[u8], now: Timestamp) -> Vec<u8> {
    let mut parts: Vec<Vec<u8>> = value.split(|byte| *byte == b'.').map(<[u8]>::to_vec).collect();
    if let Some(claims) = parts.get_mut(1) {
        let read = decode_base64url(claims).and_then(|text| serde_json::from_slice(&text).ok());
        let mut read: Map<String, Value> = read.unwrap_or_default();
        read.insert("iat".to_owned(), now.seconds().into());
        *claims = Encoding::Base64Url.encode(Value::Object(read).to_string().as_bytes()).into_bytes();
    }
    parts.join(&b'.')
}
