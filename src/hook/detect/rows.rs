//! Every row of the catalogue is recognised as itself, or is listed among those that sign the same way.

use super::*;
use crate::hook::digest::HashName;
use crate::hook::headers::Headers;
use crate::hook::provider::{Kind, SecretForm, TimePlace};
use crate::hook::secret::Secret;
use crate::hook::time::Timestamp;
use serde_json::{Value, json};

const NOW: Timestamp = Timestamp::from_seconds(1_760_000_000);

/// Rows whose own delivery is not certainly theirs, with all candidates, the best first.
const SHARED: &[(&str, Sureness, &[&str])] = &[
    // The headers of Standard Webhooks; only some bodies say more.
    ("standard-webhooks", Sureness::Unsure, STANDARD),
    ("openai", Sureness::Unsure, STANDARD),
    (
        "anthropic",
        Sureness::Likely,
        &["anthropic", "standard-webhooks", "openai", "replicate", "bigcommerce", "gitlab"],
    ),
    (
        "replicate",
        Sureness::Likely,
        &["replicate", "standard-webhooks", "openai", "anthropic", "bigcommerce", "gitlab"],
    ),
    (
        "bigcommerce",
        Sureness::Likely,
        &["bigcommerce", "standard-webhooks", "openai", "anthropic", "replicate", "gitlab"],
    ),
    // Those that send through Svix.
    ("svix", Sureness::Unsure, SVIX),
    ("clerk", Sureness::Unsure, SVIX),
    ("resend", Sureness::Unsure, SVIX),
    // Authorization is anybody's.
    ("postmark", Sureness::Likely, &["postmark", "chargebee"]),
    ("chargebee", Sureness::Likely, &["chargebee", "postmark"]),
    ("monday", Sureness::Likely, &["monday", "okta"]),
    ("okta", Sureness::Likely, &["okta"]),
    // A header that several use, in a form that only one of them does.
    ("gocardless", Sureness::Likely, &["gocardless"]),
    ("cloudflare-stream", Sureness::Likely, &["cloudflare-stream"]),
    ("ripple", Sureness::Likely, &["ripple"]),
    ("coinbase-cdp", Sureness::Likely, &["coinbase-cdp"]),
    ("segment", Sureness::Likely, &["segment"]),
    ("coinbase-cdp", Sureness::Likely, &["coinbase-cdp"]),
    // A query parameter that is called `signature`.
    ("pandadoc", Sureness::Likely, &["pandadoc"]),
    // The same header and form: fields of the body decide.
    ("intercom", Sureness::Likely, &["intercom", "github-sha1"]),
    ("clickup", Sureness::Likely, &["clickup", "lemonsqueezy"]),
    ("facebook", Sureness::Likely, &["facebook", "github", "whatsapp"]),
    ("cursor", Sureness::Likely, &["cursor", "userjourneys"]),
];

const STANDARD: &[&str] = &["standard-webhooks", "openai", "anthropic", "replicate", "bigcommerce", "gitlab"];
const SVIX: &[&str] = &["svix", "clerk", "resend"];

/// A delivery as the provider would send it.
struct Sample {
    headers: Vec<(String, Vec<u8>)>,
    target: String,
    body: Vec<u8>,
}

/// Puts a value at a path; a number is a place in an array.
fn put(json: &mut Value, path: &str, value: &str) {
    let (key, rest) = match path.split_once('.') {
        Some((key, rest)) => (key, Some(rest)),
        None => (path, None),
    };
    let inner = if let Ok(at) = key.parse::<usize>() {
        if !json.is_array() {
            *json = json!([{}]);
        }
        &mut json[at]
    } else {
        if !json.is_object() {
            *json = json!({});
        }
        &mut json[key]
    };
    match rest {
        Some(rest) => put(inner, rest, value),
        // What a condition wants stays.
        None if inner.is_null() => *inner = value.into(),
        None => {}
    }
}

/// What the profile says of the request beside its signature.
fn unsigned(provider: &Provider) -> Sample {
    let mut headers: Vec<(String, Vec<u8>)> = Vec::new();
    let (mut json, mut form) = (json!({}), String::new());
    let conditions = provider.detect.iter().filter_map(Condition::first);
    let facts = provider.event.iter().take(1).chain(&provider.delivery).map(|source| (source, None));
    for (source, value) in conditions.chain(facts) {
        let value = value.unwrap_or("one");
        match source {
            Source::Header(name) if headers.iter().all(|(known, _)| *known != **name) => {
                headers.push((name.to_string(), value.into()));
            }
            Source::Json(path) => {
                let array = provider.each.as_ref().map(|each| format!("{}.0.", each.as_str()));
                put(&mut json, &format!("{}{}", array.unwrap_or_default(), path.as_str()), value);
            }
            Source::Form(name) => form = format!("{form}{name}={value}&"),
            _ => {}
        }
    }
    if let (Place::Json(_), None) = (&provider.place, &provider.each) {
        json["signature"] = json!({"timestamp": "1760000000", "token": "one"});
    }
    if matches!(provider.place, Place::Form(_)) {
        form = "bt_payload=one".to_owned();
    }
    let body = if form.is_empty() { json.to_string() } else { form };
    Sample { headers, target: "/hooks".to_owned(), body: body.into_bytes() }
}

fn secret(provider: &Provider) -> Secret {
    let prefix = &provider.secret_prefix;
    Secret::new(match (provider.kind, provider.secret) {
        (Kind::Basic, _) => "user:fake".to_owned(),
        (_, SecretForm::Base64) => format!("{prefix}ZmFrZS1zZWNyZXQ="),
        (_, SecretForm::Hex) => "fa4e".to_owned(),
        _ => "fake-secret".to_owned(),
    })
    .unwrap()
}

/// The delivery with its signature; of a kind that takes a key pair, with something of its form.
fn signed(provider: &Provider) -> Sample {
    let mut sample = unsigned(provider);
    if !matches!(provider.kind, Kind::Hmac | Kind::Hash | Kind::Token | Kind::Basic) {
        sample.headers.extend(of_its_form(provider));
        return sample;
    }
    let keys = provider.keys(&[secret(provider)]).unwrap();
    let known = Headers::from_pairs(sample.headers.iter().map(|(name, value)| (name.as_str(), value)));
    let message = Message {
        method: "POST",
        target: &sample.target,
        headers: &known,
        body: &sample.body,
        url: Some("https://example.test/hooks"),
    };
    let signed = provider.sign(&keys, &message, NOW, Some("msg_1"), Some("pk_1")).unwrap();
    for (name, value) in signed.headers {
        sample.headers.retain(|(known, _)| *known != name);
        sample.headers.push((name, value));
    }
    sample.body = signed.body.unwrap_or(sample.body);
    sample.target = signed.target.unwrap_or(sample.target);
    sample
}

fn of_its_form(provider: &Provider) -> Vec<(String, Vec<u8>)> {
    let written = match provider.kind {
        Kind::JwtHs | Kind::JwtEs256 => "eyJhbGciOiJub25lIn0.eyJhIjoxfQ.c2ln".to_owned(),
        _ => {
            let signature = provider.encode.encode(HashName::Sha512.digest(b"any").as_bytes());
            provider.value.write(&[signature], |_| Some("1760000000".to_owned()))
        }
    };
    let mut headers = vec![(provider.signature_headers()[0].to_string(), written.into_bytes())];
    let time = match &provider.timestamp {
        Some(TimePlace::Source(source)) => Some(source),
        _ => None,
    };
    for source in time.into_iter().chain(&provider.id_source) {
        if let Source::Header(name) = source {
            headers.push((name.to_string(), b"1760000000".to_vec()));
        }
    }
    headers
}

fn found(detector: &Detector, sample: &Sample) -> Detection {
    let headers = Headers::from_pairs(sample.headers.iter().map(|(name, value)| (name.as_str(), value)));
    let message =
        Message { method: "POST", target: &sample.target, headers: &headers, body: &sample.body, url: None };
    detector.detect(&message)
}

#[test]
fn every_row_is_recognised_or_listed_among_its_equals() {
    let catalogue = Catalogue::builtin();
    let detector = Detector::new(Catalogue::builtin());
    let mut wrong = Vec::new();
    for provider in catalogue.all() {
        let id: &str = provider.id();
        let found = found(&detector, &signed(&provider));
        let ids: Vec<&str> = found.ids.iter().map(AsRef::as_ref).collect();
        let shared = SHARED.iter().find(|(row, _, _)| *row == id);
        let (sureness, wanted) = shared.map_or((Sureness::Certain, &[][..]), |(_, sure, ids)| (*sure, *ids));
        let right = match sureness {
            Sureness::Certain => ids.first() == Some(&id),
            _ => ids == wanted && ids.contains(&id),
        };
        if found.sureness != sureness || !right {
            wrong.push(format!("    (\"{id}\", Sureness::{:?}, &{ids:?}),", found.sureness));
        }
    }
    assert!(wrong.is_empty(), "the table of shared shapes is not right:\n{}", wrong.join("\n"));
}

#[test]
fn a_row_of_the_table_is_a_row_of_the_catalogue() {
    let ids = Catalogue::builtin().ids();
    for (row, sureness, equals) in SHARED {
        assert!(ids.iter().any(|id| id == row), "{row}");
        assert!(*sureness != Sureness::Certain && !equals.is_empty(), "{row}");
    }
}
