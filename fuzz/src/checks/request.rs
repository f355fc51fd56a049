//! Whatever request comes: it is recognised or not, read and answered, in
//! every profile of the catalogue.

use super::case::{CATALOGUE, Case};
use hookctl::hook::detect::Detector;
use hookctl::hook::headers::{Head, Headers};
use std::sync::{Arc, LazyLock};

static DETECTOR: LazyLock<Detector> = LazyLock::new(|| Detector::new(Arc::clone(&CATALOGUE)));

/// Detects, reads facts, answers handshakes.
pub fn check(data: &[u8]) {
    head(data);
    let case = Case::read(data);
    let (headers, url) = (case.headers(), case.url());
    let message = case.message(&headers, &url);
    let _found = DETECTOR.detect(&message);
    if let Some((provider, keys)) = case.provider() {
        let _facts = provider.facts(&message);
        for reply in [provider.handshake(None, &message), provider.handshake(Some(keys), &message)] {
            let Some(reply) = reply else { continue };
            assert!((200..600).contains(&reply.status), "{} answers {}", provider.id(), reply.status);
            for (name, value) in &reply.headers {
                assert!(!value.iter().any(|byte| b"\r\n\0".contains(byte)), "{name} breaks out of its line");
            }
        }
    }
}

/// What is a head keeps its bytes.
fn head(data: &[u8]) {
    if let Ok(head) = Head::parse(data.to_vec()) {
        assert!(data.starts_with(head.as_bytes()), "a head is what came");
    }
    if let Ok(headers) = Headers::parse_block(data.to_vec()) {
        // What came behind an empty line is no part of the block.
        let again = Headers::parse_block(headers.block().to_vec()).expect("a block is a block");
        assert_eq!((again.block(), again.len()), (headers.block(), headers.len()), "a block reads as itself");
    }
}
