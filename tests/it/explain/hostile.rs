//! What a stranger may send to be explained: it ends, and within bounds.

use super::explained;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookctl::hook::explain::TriedOutcome;
use proptest::prelude::*;
use serde_json::{Value, json};

fn case(provider: &str, headers: &[(&str, String)], body: &[u8]) -> Value {
    json!({
        "provider": provider, "secret": "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw", "now": 1_760_000_000,
        "method": "POST", "target": "/hooks?a=%zz", "url": "https://example.test:x/hooks?a=%zz",
        "headers": headers, "body": STANDARD.encode(body),
    })
}

fn signature(value: &str) -> Vec<(&'static str, String)> {
    vec![
        ("X-Koji-Signature", value.to_owned()),
        ("Stripe-Signature", value.to_owned()),
        ("x-square-hmacsha256-signature", value.to_owned()),
        ("svix-signature", value.to_owned()),
        ("svix-id", value.to_owned()),
        ("svix-timestamp", value.to_owned()),
        ("Content-Encoding", "gzip".to_owned()),
        ("Content-Type", "application/x-www-form-urlencoded".to_owned()),
    ]
}

const PROVIDERS: [&str; 4] = ["koji", "stripe", "square", "svix"];

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]

    #[test]
    fn anything_is_explained_without_a_panic(
        value in "(t=[0-9]{0,20},v1=|sha256=|SHA1=|v1,|\"){0,2}([0-9a-fA-F]{0,130}|[A-Za-z0-9+/=_-]{0,90}|[ -~é]{0,40})",
        body in proptest::collection::vec(any::<u8>(), 0..300),
        text in r#"[\[\]{}":,\\ua0-9.eE+\-tfn =&%é\r\n]{0,120}"#,
    ) {
        for provider in PROVIDERS {
            for body in [body.as_slice(), text.as_bytes()] {
                let (verdict, explanation) = explained(&case(provider, &signature(&value), body));
                prop_assert!(!verdict.verified());
                let found = explanation.found.map(|found| found.mistake.as_str());
                // What says of itself that it is compressed and is not.
                prop_assert!(matches!(found, None | Some("body_decompressed" | "timestamp_unit")), "{found:?}");
            }
        }
    }
}

#[test]
fn deep_wide_and_large_bodies_are_bounded() {
    let signature = signature(&format!("sha256={}", "0".repeat(64)));
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let keys: Vec<String> = (0..20_000).map(|at| format!("\"k{}\":{at}", at % 100)).collect();
    let wide = format!("{{{}}}", keys.join(","));
    let bomb = "[1,".repeat(300_000);
    for body in [deep.as_bytes(), wide.as_bytes(), bomb.as_bytes()] {
        let (_, explanation) = explained(&case("koji", &signature[..1], body));
        assert_eq!(explanation.found, None);
    }
}

#[test]
fn of_a_large_body_only_what_is_cheap_is_tried() {
    let signature = signature(&format!("sha256={}", "0".repeat(64)));
    let large = vec![b'a'; 12 << 20];
    let (_, explanation) = explained(&case("koji", &signature[..1], &large));
    assert_eq!(explanation.found, None);
    let hashed = explanation.tried.iter().filter(|tried| tried.outcome == TriedOutcome::No).count();
    assert!((1..30).contains(&hashed), "{hashed} were tried");
    assert!(explanation.tried.iter().any(|tried| tried.outcome == TriedOutcome::TooMuch));
}

/// A gzip bomb costs no more than the bound of what is inflated.
#[test]
fn a_bomb_is_not_inflated() {
    let script = "import gzip,sys;sys.stdout.buffer.write(gzip.compress(b'0' * (64 << 20)))";
    let bomb = std::process::Command::new("python3").args(["-c", script]).output().unwrap().stdout;
    let signature = signature(&format!("sha256={}", "0".repeat(64)));
    let (_, explanation) = explained(&case("koji", &signature[..1], &bomb));
    assert_eq!(explanation.found, None);
    assert!(explanation.tried.iter().all(|tried| tried.mistake.as_str() != "body_compressed"));
}
