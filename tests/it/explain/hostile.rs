//! What a stranger may send to be explained: it ends, and within bounds.

use super::explained;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookctl::hook::explain::{Explanation, Mistake, Tried, TriedOutcome};
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

/// What is looked for behind a forged signature of this body. What it may cost in time is the bench's to say.
fn forged(body: &[u8]) -> Explanation {
    let signature = signature(&format!("sha256={}", "0".repeat(64)));
    let (_, explanation) = explained(&case("koji", &signature[..1], body));
    assert_eq!(explanation.found, None);
    explanation
}

fn not_tried(explanation: &Explanation) -> usize {
    explanation.tried.iter().filter(|tried| tried.outcome == TriedOutcome::TooMuch).count()
}

/// `unit` again and again, up to a length.
fn filled(open: &str, unit: &str, close: &str, length: usize) -> Vec<u8> {
    let times = (length - open.len() - close.len()) / unit.len();
    [open, &unit.repeat(times), close].concat().into_bytes()
}

#[test]
fn deep_wide_and_large_bodies_are_bounded() {
    let deep = "[".repeat(200_000) + &"]".repeat(200_000);
    let keys: Vec<String> = (0..20_000).map(|at| format!("\"k{}\":{at}", at % 100)).collect();
    let wide = format!("{{{}}}", keys.join(","));
    let bomb = "[1,".repeat(300_000);
    for (body, passed_over) in [(deep, 1), (wide, 0), (bomb, 1)] {
        let explanation = forged(body.as_bytes());
        assert_eq!(not_tried(&explanation), passed_over, "{body:.20}");
    }
}

/// 100 KB of it took half a second and 48 MB: each of a hundred levels was indented for each number.
#[test]
fn a_body_that_is_deep_and_wide_is_not_indented() {
    let (open, close) = ("[".repeat(120), "1".to_owned() + &"]".repeat(120));
    for length in [100_000, 256 << 10] {
        let explanation = forged(&filled(&open, "1,", &close, length));
        let indented = |what: &str| what.contains("indented by four spaces");
        let outcomes: Vec<TriedOutcome> = explanation
            .tried
            .iter()
            .filter(|tried| indented(&tried.what))
            .map(|tried| tried.outcome)
            .collect();
        assert!(!outcomes.is_empty(), "what is passed over is said");
        assert!(outcomes.iter().all(|outcome| *outcome == TriedOutcome::TooMuch));
        assert!(
            explanation
                .tried
                .iter()
                .any(|tried| tried.what == "the body with a space after each comma and colon")
        );
    }
}

#[test]
fn every_way_of_writing_an_ordinary_body_is_tried() {
    let turn = r#"{"turn":7,"score":4.50,"url":"https://example.test/7","text":"Ça <va> & \"bien\""},"#;
    for (open, unit, close) in [
        (r#"{"type":"interview.completed","data":{"turns":["#, turn, "null]}}"),
        (r#"{"text":""#, "Žofie a Søn ", "\"}"),
        ("{\"numbers\":[", "1.25,", "0]}"),
        ("a=1", "&field=%C3%A9+x", "&b=2"),
    ] {
        for length in [1_000, 100_000] {
            let explanation = forged(&filled(open, unit, close, length));
            // Other character sets and PowerShell are the least likely and come last.
            let last =
                |tried: &Tried| tried.mistake == Mistake::BodyCharset || tried.what.contains("PowerShell");
            let missing: Vec<_> = explanation
                .tried
                .iter()
                .filter(|tried| tried.outcome == TriedOutcome::TooMuch && !last(tried))
                .collect();
            assert!(missing.is_empty(), "{unit}: {missing:?}");
        }
    }
}

/// Whatever is dear: what is not tried any more is said to be.
#[test]
fn what_there_is_no_work_left_for_is_named() {
    for (open, unit, close) in [
        ("[", "1e5,", "1]"),
        ("[", "{\"\\u00e9\":\"'\"},", "1]"),
        ("[", "[],", "1]"),
        ("[\"", "é'<\u{2028}", "\"]"),
        ("\"", "e\u{301}\u{323}", "\""),
    ] {
        let explanation = forged(&filled(open, unit, close, 1 << 20));
        assert!(not_tried(&explanation) > 0, "{unit}");
    }
    // Too deep to be written anew at all.
    assert!(
        not_tried(&forged(&filled(&"[".repeat(200), "1,", &("1".to_owned() + &"]".repeat(200)), 1_000))) > 0
    );
    assert!(not_tried(&forged("a=1&".repeat(20_000).as_bytes())) > 0);
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
