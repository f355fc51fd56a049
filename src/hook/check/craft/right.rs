//! The signature that a handler works out for what it was sent, so that it is seen
//! when an answer tells it.

use super::Workshop;
use super::draft::Draft;
use super::signing::Signing;
use super::slot::{edit_values, spans};
use crate::hook::encoding::Encoding;
use crate::hook::provider::Kind;
use crate::hook::sample::Sample;
use crate::hook::time::Timestamp;
use std::cell::RefCell;

/// The right signatures of a draft as it will be sent, as bytes, for each of these times
/// that may stand beside it. None where the handler cannot make one: of a key pair it has
/// the public key, and a token is no signature.
pub(super) fn signatures(
    workshop: &Workshop,
    sample: &Sample,
    draft: &Draft,
    id: &str,
    times: [Timestamp; 2],
) -> Vec<Vec<u8>> {
    if !matches!(workshop.provider.kind(), Kind::Hmac | Kind::Hash | Kind::JwtHs) {
        return Vec::new();
    }
    let mut found = Vec::new();
    let [first, second] = times;
    for at in std::iter::once(first).chain((second != first).then_some(second)) {
        for signature in of_time(workshop, sample, draft, id, at) {
            if !found.contains(&signature) {
                found.push(signature);
            }
        }
    }
    found
}

fn of_time(workshop: &Workshop, sample: &Sample, draft: &Draft, id: &str, at: Timestamp) -> Vec<Vec<u8>> {
    let mut right = draft.clone();
    // What cannot be signed has no right signature.
    if Signing::of(workshop, sample, id, at, std::iter::empty()).sign(&mut right).is_err() {
        return Vec::new();
    }
    let provider = &*workshop.provider;
    let encoding = if provider.kind().is_token() { Encoding::Base64Url } else { provider.encode() };
    let found = RefCell::new(Vec::new());
    edit_values(provider, &mut right, |value| {
        let written = spans(provider, value).into_iter().filter_map(|span| value.get(span));
        found.borrow_mut().extend(written.filter_map(|text| encoding.decode(text)));
        value.to_vec()
    });
    found.into_inner()
}
