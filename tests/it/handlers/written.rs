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

/// No test runs C#. `GetString` and `TryGetProperty` throw at half a surrogate pair, and Kestrel
/// answers 400 where a header is no text, unless it is told how to read headers.
#[test]
fn a_handler_for_csharp_reads_bytes_and_catches_what_reading_json_throws() {
    for provider in Catalogue::builtin().all() {
        let Ok(source) = write(Language::Csharp, &provider, "FAKE_SECRET") else { continue };
        let reads = source.matches(".GetString()").count() + source.matches(".TryGetProperty(").count();
        assert_eq!(source.matches("catch (InvalidOperationException)").count(), reads, "{}", provider.id());
        assert!(source.contains("RequestHeaderEncodingSelector = _ => Encoding.Latin1"), "{}", provider.id());
    }
}
