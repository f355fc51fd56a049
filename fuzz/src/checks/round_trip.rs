//! What a provider signs verifies, whatever the message is; with one byte more
//! in a body that is signed it does not.

use super::case::{Case, now};
use hookctl::hook::provider::{Cover, Provider};
use hookctl::hook::signature::Keys;
use hookctl::hook::verdict::{Code, Verdict};

/// Signs a message, verifies it, and verifies it again after a change.
pub fn check(data: &[u8]) {
    let case = Case::read(data);
    let Some((provider, keys)) = case.provider() else { return };
    let (headers, url) = (case.headers(), case.url());
    let message = case.message(&headers, &url);
    let Ok(signed) = provider.sign(keys, &message, now(), Some("msg_1"), Some("fake-public-key")) else {
        return;
    };
    let signed = case.with(signed);
    let verdict = verify(provider, keys, &signed);
    let good = verdict.verified() || (time_is_the_bodys(provider) && is_of_time(verdict.code));
    assert!(good, "{}: {} {signed:?}", provider.id(), verdict.reason);
    if covers_every_byte(provider) {
        let tampered = signed.tampered();
        let verdict = verify(provider, keys, &tampered);
        assert!(!verdict.verified(), "{} passed a changed body: {tampered:?}", provider.id());
    }
}

fn verify(provider: &Provider, keys: &Keys, case: &Case) -> Verdict {
    let (headers, url) = (case.headers(), case.url());
    provider.verify(keys, &case.message(&headers, &url), now(), None)
}

/// Whether the time stands in the body: one that is there already is signed as it
/// is, old or no time at all.
fn time_is_the_bodys(provider: &Provider) -> bool {
    provider.setting("timestamp").is_some_and(|place| place.starts_with("\"json:"))
}

fn is_of_time(code: Code) -> bool {
    matches!(code, Code::TooOld | Code::InFuture | Code::Malformed)
}

/// Not where the body is signed as its sorted fields, each once.
fn covers_every_byte(provider: &Provider) -> bool {
    let by_fields = provider.setting("content").is_some_and(|content| content.contains("{params"));
    provider.cover() == Cover::Body && !by_fields
}
