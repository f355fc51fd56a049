//! Whatever a stranger writes into the place of a signature: it is answered,
//! and it is not a pass.

use super::case::{Case, now};

/// Verifies a message that nobody signed.
pub fn check(data: &[u8]) {
    let case = Case::read(data);
    let Some((provider, keys)) = case.provider() else { return };
    let (headers, url) = (case.headers(), case.url());
    let message = case.message(&headers, &url);
    let verdict = provider.verify(keys, &message, now(), None);
    assert!(!verdict.verified(), "{} passed what nobody signed: {case:?}", provider.id());
    assert!(!verdict.reason.is_empty(), "a verdict says why");
}
