//! A hundred failures that are nobody's mistake: forged, tampered with, or of
//! another secret. A diagnosis of one of them would lead astray.

use super::explained;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use hookctl::hook::delivery::Message;
use hookctl::hook::digest::HashName;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::Catalogue;
use hookctl::hook::secret::Secret;
use hookctl::hook::time::Timestamp;
use serde_json::{Value, json};

const NOW: i64 = 1_760_000_000;
const PROVIDERS: [&str; 10] = [
    "koji",
    "userjourneys",
    "github",
    "stripe",
    "slack",
    "svix",
    "shopify",
    "square",
    "hubspot-v3",
    "gitlab-token",
];

/// The bytes that a seed stands for, always the same.
fn bytes(seed: &str) -> Vec<u8> {
    HashName::Sha256.digest(seed.as_bytes()).as_bytes().to_vec()
}

fn secret(provider: &str, seed: &str) -> String {
    match provider {
        "svix" => format!("whsec_{}", STANDARD.encode(bytes(seed))),
        _ => hex::encode(bytes(seed)),
    }
}

fn body(seed: &str) -> String {
    let part = hex::encode(bytes(seed));
    json!({ "type": "a.b", "id": part, "name": format!("é {part}"), "data": { "list": [1, 2.5, null], "x": part } })
        .to_string()
}

/// A signed delivery of a provider with one thing wrong that no reader can undo.
fn case(number: usize) -> Value {
    let id = PROVIDERS[number % PROVIDERS.len()];
    let provider = Catalogue::builtin().get(id).unwrap();
    let seed = format!("seed {number}");
    let (secret, body) = (secret(id, &seed), body(&seed));
    let keys = provider.keys(&[Secret::new(secret.as_str()).unwrap()]).unwrap();
    let none = Headers::default();
    let url = Some("https://example.test/hooks?a=b");
    let message =
        Message { method: "POST", target: "/hooks?a=b", headers: &none, body: body.as_bytes(), url };
    let signed = provider.sign(&keys, &message, Timestamp::from_seconds(NOW), Some("msg_1"), None).unwrap();
    let mut headers: Vec<(String, String)> =
        signed.headers.into_iter().map(|(name, value)| (name, String::from_utf8(value).unwrap())).collect();
    let (mut secret, mut body) = (secret, body.clone());
    let covers_body = id != "gitlab-token";
    match number / PROVIDERS.len() % 5 {
        0 => secret = self::secret(id, "another endpoint"),
        1 if covers_body => body = body.replace("a.b", "a.c"),
        2 if covers_body => body = self::body("another body"),
        3 => {
            // Forged: a well-formed signature of nothing.
            let forged = self::body(&format!("forged {number}"));
            let keys = provider.keys(&[Secret::new(self::secret(id, "a forger")).unwrap()]).unwrap();
            let message = Message { body: forged.as_bytes(), ..message };
            let signed =
                provider.sign(&keys, &message, Timestamp::from_seconds(NOW), Some("msg_1"), None).unwrap();
            headers = signed
                .headers
                .into_iter()
                .map(|(name, value)| (name, String::from_utf8(value).unwrap()))
                .collect();
        }
        _ => headers.iter_mut().for_each(|(_, value)| value.truncate(value.len() / 2)),
    }
    json!({
        "provider": id, "secret": secret, "now": NOW, "method": "POST", "target": "/hooks?a=b",
        "url": "https://example.test/hooks?a=b", "headers": headers, "body": STANDARD.encode(body),
        "others": [self::secret(id, "a third endpoint")], "bases": ["https://tunnel.example.test"],
        "neighbours": [{ "seq": 1, "headers": headers, "body": STANDARD.encode(self::body("before")) }],
    })
}

#[test]
fn a_hundred_unrelated_failures_are_not_explained() {
    for number in 0..100 {
        let case = case(number);
        let (verdict, explanation) = explained(&case);
        assert!(!verdict.verified(), "{case}");
        assert_eq!(explanation.found, None, "{number}: {verdict:?}");
    }
}

/// The control: the same deliveries without anything wrong hold.
#[test]
fn the_same_deliveries_hold_without_the_fault() {
    for (number, id) in PROVIDERS.into_iter().enumerate() {
        let mut case = case(number);
        case["secret"] = secret(id, &format!("seed {number}")).into();
        assert!(explained(&case).0.verified(), "{id}");
    }
}
