//! What is printed for every provider and language.

use hookctl::hook::handler::{Language, write};
use hookctl::hook::provider::Catalogue;

#[test]
fn every_provider_has_a_handler_or_a_reason_in_every_language() {
    for provider in Catalogue::builtin().all() {
        for language in Language::ALL {
            match write(language, &provider, "FAKE_SECRET") {
                Ok(source) => {
                    assert!(source.contains("FAKE_SECRET"), "{} {language}", provider.id());
                    for left in ["%%", "@{"] {
                        assert!(!source.contains(left), "{} {language}: {left}\n{source}", provider.id());
                    }
                }
                Err(refusal) => assert!(!refusal.reason.is_empty() && !refusal.instead.contains(&language)),
            }
        }
    }
}
