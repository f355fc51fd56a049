//! Known answers, most of them published by the vendors: every one verifies
//! through its provider's profile, and our own signature is the same.
//!
//! A vector that is tested nowhere fails.

use hookctl::hook::delivery::Message;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Provider};
use hookctl::hook::secret::Secret;
use hookctl::hook::signature::Keys;
use hookctl::hook::time::Timestamp;
use serde_json::Value;
use std::sync::Arc;

const VECTORS: &str = include_str!("../vectors/vectors.json");

/// The secret is a public key, and the signature is another one each time.
const VERIFIED_ONLY: [&str; 1] = ["sendgrid-dropped"];

/// The vendor repeats the signature and adds one of another version.
const REPEATED: [&str; 1] = ["paddle-node-2"];

/// The vendor writes the time in a zone of its own, so that the signed text is another.
const OTHER_ZONE: [&str; 2] = ["box-primary", "box-secondary"];

/// The sender signs headers of its own choice, which we would not choose.
const OWN_CHOICE: [&str; 2] = ["hook0-v1", "hook0-v0-and-v1"];

struct Vector(Value);

impl Vector {
    fn text(&self, field: &str) -> &str {
        self.0[field].as_str().unwrap_or_else(|| panic!("{} has no {field}", self.0["id"]))
    }

    fn id(&self) -> &str {
        self.text("id")
    }

    fn provider(&self, catalogue: &Catalogue) -> Arc<Provider> {
        // One scheme of the family has a table of its own.
        let id =
            if self.text("algorithm") == "ed25519" { "standard-webhooks-v1a" } else { self.text("provider") };
        catalogue.get(id).unwrap()
    }

    fn headers(&self) -> Headers {
        let headers = self.0["headers"].as_object().unwrap().iter();
        Headers::from_pairs(headers.map(|(name, value)| (name.as_str(), value.as_str().unwrap())))
    }

    fn now(&self) -> Timestamp {
        // The vendor's time has milliseconds that `now` leaves out.
        let names = ["X-HubSpot-Request-Timestamp", "X-Contentful-Timestamp"];
        match names.iter().find_map(|name| self.0["headers"][*name].as_str()) {
            Some(millis) => Timestamp::from_micros(millis.parse::<i64>().unwrap() * 1_000),
            None => Timestamp::from_seconds(self.0["now"].as_i64().unwrap_or(1_760_000_000)),
        }
    }

    fn delivery_id(&self) -> Option<&str> {
        self.0["headers"]["webhook-id"].as_str()
    }

    fn message<'m>(&'m self, headers: &'m Headers) -> Message<'m> {
        let url = self.0["url"].as_str();
        let target =
            url.and_then(|url| url.match_indices('/').nth(2)).map_or("/", |(at, _)| &url.unwrap()[at..]);
        Message { method: self.text("method"), target, headers, body: self.text("body").as_bytes(), url }
    }

    fn keys(&self, provider: &Provider) -> Keys {
        provider.keys(&[Secret::new(self.text("secret")).unwrap()]).unwrap()
    }
}

fn vectors() -> Vec<Vector> {
    let whole: Value = serde_json::from_str(VECTORS).unwrap();
    let vectors: Vec<Vector> = whole["vectors"].as_array().unwrap().iter().cloned().map(Vector).collect();
    assert!(vectors.len() >= 44, "vectors were lost");
    vectors
}

/// The parts of a vector's place in parentheses say that it is no header.
fn in_header(vector: &Vector) -> bool {
    !vector.text("signature_header").starts_with('(')
}

#[test]
fn every_vector_verifies() {
    let catalogue = Catalogue::builtin();
    for vector in &vectors() {
        let provider = vector.provider(&catalogue);
        let headers = vector.headers();
        if in_header(vector) || vector.text("signature_header").starts_with("(body)") {
            let message = vector.message(&headers);
            let verdict = provider.verify(&vector.keys(&provider), &message, vector.now(), None);
            assert!(verdict.verified(), "{}: {verdict:?}", vector.id());
            let forged = Message { body: b"{\"other\": true}", ..message };
            let verdict = provider.verify(&vector.keys(&provider), &forged, vector.now(), None);
            assert!(!verdict.verified(), "{}: any body verifies", vector.id());
        } else {
            let other = ["stripe-hmac-empty", "stripe-hmac-sample", "braintree-challenge"];
            assert!(other.contains(&vector.id()), "{} is tested nowhere", vector.id());
        }
    }
}

#[test]
fn our_own_signature_is_the_vendors() {
    let catalogue = Catalogue::builtin();
    for vector in vectors().iter().filter(|vector| !VERIFIED_ONLY.contains(&vector.id()) && in_header(vector))
    {
        if OTHER_ZONE.contains(&vector.id()) || OWN_CHOICE.contains(&vector.id()) {
            continue;
        }
        let provider = vector.provider(&catalogue);
        // What lists its headers signs those that are sent anyway.
        let lists = vector.text("provider") == "contentful";
        let headers = if lists { vector.headers() } else { Headers::default() };
        let message = vector.message(&headers);
        let keys = vector.keys(&provider);
        let signed =
            provider.sign(&keys, &message, vector.now(), vector.delivery_id(), Some("123456789")).unwrap();
        let header = vector.text("signature_header");
        let value = signed.headers.iter().find(|(name, _)| name.eq_ignore_ascii_case(header)).unwrap();
        let value = std::str::from_utf8(&value.1).unwrap();
        assert!(value.contains(vector.text("expected_signature")), "{}: {value}", vector.id());
        if !REPEATED.contains(&vector.id()) {
            assert_eq!(value, vector.text("header_value"), "{}", vector.id());
        }
        // What goes along is the vendor's too.
        for (name, value) in &signed.headers {
            let theirs = vector.headers();
            let theirs = theirs.get(name).filter(|_| !name.eq_ignore_ascii_case(header));
            assert_eq!(theirs.unwrap_or(value), value, "{}: {name}", vector.id());
        }
    }
}

#[test]
fn the_hmac_of_every_signed_string_is_the_expected_one() {
    for vector in vectors() {
        let (hash, encode) = (vector.text("algorithm"), vector.text("encoding"));
        let Some(hash) = hash.strip_prefix("hmac-") else { continue };
        let base = vector.provider(&Catalogue::builtin());
        let encode = if encode == "b64" { "base64" } else { encode };
        let secret = base.secret_form().as_str();
        let text = format!(
            "[primitive]\nheader = \"X\"\nhash = \"{hash}\"\nencode = \"{encode}\"\nsecret = \"{secret}\"\n\
             secret_prefix = \"{}\"\n",
            if secret == "base64" { "whsec_" } else { "" }
        );
        let mut catalogue = Catalogue::builtin();
        catalogue.add("primitive.toml", &text).unwrap();
        let provider = catalogue.get("primitive").unwrap();
        let headers = Headers::default();
        let body = vector.text("signed_string").as_bytes();
        let message = Message { body, ..vector.message(&headers) };
        let signed = provider.sign(&vector.keys(&provider), &message, vector.now(), None, None).unwrap();
        let expected = vector.text("expected_signature");
        assert_eq!(signed.headers, [("X".to_owned(), expected.as_bytes().to_vec())], "{}", vector.id());
    }
}

#[test]
fn adyens_signature_is_put_where_it_was() {
    let catalogue = Catalogue::builtin();
    let vectors = vectors();
    let vector = vectors.iter().find(|vector| vector.id() == "adyen-standard-docs").unwrap();
    let provider = vector.provider(&catalogue);
    let headers = Headers::default();
    let expected = vector.text("expected_signature");
    let without = vector.text("body").replace(expected, "");
    let message = Message { body: without.as_bytes(), ..vector.message(&headers) };
    let signed = provider.sign(&vector.keys(&provider), &message, vector.now(), None, None).unwrap();
    assert_eq!(signed.body.unwrap(), vector.text("body").as_bytes());
    assert!(signed.headers.is_empty());
}

#[test]
fn braintrees_challenge_is_answered_with_the_published_response() {
    let catalogue = Catalogue::builtin();
    let vectors = vectors();
    let vector = vectors.iter().find(|vector| vector.id() == "braintree-challenge").unwrap();
    let provider = vector.provider(&catalogue);
    let keys = vector.keys(&provider).with_public_key("integration_public_key");
    let target = format!("/hooks?bt_challenge={}", vector.text("body"));
    let headers = Headers::default();
    let message = Message { method: "GET", target: &target, headers: &headers, body: b"", url: None };
    let reply = provider.handshake(Some(&keys), &message).unwrap();
    let expected = format!("integration_public_key|{}", vector.text("expected_signature"));
    assert_eq!((reply.status, reply.body), (200, expected.into_bytes()));
    let refused = provider.handshake(None, &message).unwrap();
    assert_eq!((refused.status, refused.body), (503, Vec::new()));
}
