//! Whatever a user writes into a provider file: it is refused with its line, or
//! it makes providers that answer any message and pass none that nobody signed.

use super::case::{Case, keys, now};
use hookctl::hook::detect::Detector;
use hookctl::hook::provider::{Catalogue, Provider};

/// What separates the file from the message that is put to it.
const BETWEEN: &str = "\n---\n";

/// Loads a file and puts a message to every provider in it.
pub fn check(data: &[u8]) {
    let text = String::from_utf8_lossy(data);
    let (text, message) = text.split_once(BETWEEN).unwrap_or((&text, ""));
    let mut catalogue = Catalogue::builtin();
    match catalogue.add("fuzz.toml", text) {
        Err(error) => {
            let lines = text.matches('\n').count() + 1;
            assert!((1..=lines).contains(&error.line), "line {} of {lines}: {error}", error.line);
            assert!(error.to_string().starts_with("fuzz.toml:"), "{error}");
        }
        Ok(ids) => {
            let case = Case::read(message.as_bytes());
            for id in &ids {
                let provider = catalogue.get(id).expect("what was added is there");
                shown(&provider);
                asked(&provider, &case);
            }
            // Making a detector reads the whole catalogue: not for every input.
            if data.len().is_multiple_of(16) {
                let (headers, url) = (case.headers(), case.url());
                let _found = Detector::new(catalogue).detect(&case.message(&headers, &url));
            }
        }
    }
}

/// A profile is shown as TOML that makes the same profile.
fn shown(provider: &Provider) {
    let fields = provider.settings().filter(|(name, _)| *name != "base");
    let text: String = fields.map(|(name, value)| format!("{name} = {value}\n")).collect();
    let mut again = Catalogue::builtin();
    let id = provider.id();
    again.add("shown.toml", &format!("[{id}]\n{text}")).expect("what is shown can be loaded");
    let again = again.get(id).expect("what was added is there");
    assert_eq!(again.algorithm(), provider.algorithm());
    assert_eq!(again.place(), provider.place());
    assert_eq!(again.settings().count(), text.lines().count());
}

fn asked(provider: &Provider, case: &Case) {
    let (headers, url) = (case.headers(), case.url());
    let message = case.message(&headers, &url);
    let _facts = provider.facts(&message);
    let _reply = provider.handshake(None, &message);
    let Some(keys) = keys(provider) else { return };
    let _reply = provider.handshake(Some(&keys), &message);
    let verdict = provider.verify(&keys, &message, now(), None);
    assert!(!verdict.verified(), "{} passed what nobody signed", provider.id());
    if let Ok(signed) = provider.sign(&keys, &message, now(), Some("msg_1"), Some("fake-public-key")) {
        let signed = case.with(signed);
        let (headers, url) = (signed.headers(), signed.url());
        let _verdict = provider.verify(&keys, &signed.message(&headers, &url), now(), None);
    }
}
