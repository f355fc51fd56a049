//! Verifying under key pairs, beside their library called directly with the
//! content in one piece, the signature decoded and the key parsed.

use crate::sample::{ID, NOW};
use crate::timing::{Effort, Ratio, ratio};
use aws_lc_rs::signature::{ECDSA_P256_SHA256_ASN1, ED25519, ParsedPublicKey, VerificationAlgorithm};
use hookctl::hook::delivery::Message;
use hookctl::hook::encoding::{Encoding, decode_base64};
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Kind, Provider};
use hookctl::hook::signature::{Keys, PublicForm};
use hookctl::hook::time::Timestamp;
use std::hint::black_box;
use std::sync::Arc;

/// By a profile : aws-lc-rs.
pub(crate) const LIMIT: f64 = 1.10;

/// Every row of the two kinds, with its ratio.
pub(crate) fn rows(effort: Effort) -> Vec<(String, Ratio)> {
    let pairs = |provider: &Arc<Provider>| matches!(provider.kind(), Kind::Ed25519 | Kind::EcdsaP256);
    let rows = Catalogue::builtin().all().into_iter().filter(pairs);
    rows.map(|provider| (provider.id().to_string(), row(effort, &provider))).collect()
}

fn row(effort: Effort, provider: &Provider) -> Ratio {
    let keys = provider.keys(&[provider.generate_secret().unwrap()]).unwrap();
    let body = vec![b'n'; 1_024];
    let now = Timestamp::from_seconds(NOW);
    let bare = Headers::default();
    let message = |headers| Message { method: "POST", target: "/hooks", headers, body: &body, url: None };
    let signed = provider.sign(&keys, &message(&bare), now, Some(ID), None).unwrap();
    let headers = Headers::from_pairs(signed.headers);
    let message = message(&headers);
    let (key, content, signature) =
        (public_key(provider, &keys), content(provider, &body), signature(provider, &headers));
    let by_profile = || provider.verify(&keys, black_box(&message), now, None).verified();
    let direct = || key.verify_sig(black_box(&content), black_box(&signature)).is_ok();
    assert!(by_profile(), "{} by profile", provider.id());
    assert!(direct(), "{} called directly", provider.id());
    ratio(effort, by_profile, direct)
}

fn public_key(provider: &Provider, keys: &Keys) -> ParsedPublicKey {
    let key = provider.public_key(keys).unwrap();
    let base64 = key.text.strip_prefix("whpk_").unwrap_or(&key.text);
    let bytes = match key.form {
        PublicForm::Hex => hex::decode(&key.text).unwrap(),
        _ => decode_base64(base64.as_bytes()).unwrap(),
    };
    let algorithm: &'static dyn VerificationAlgorithm = match provider.kind() {
        Kind::Ed25519 => &ED25519,
        _ => &ECDSA_P256_SHA256_ASN1,
    };
    ParsedPublicKey::new(algorithm, &bytes).unwrap()
}

fn content(provider: &Provider, body: &[u8]) -> Vec<u8> {
    let setting = provider.setting("content").unwrap_or_else(|| "{body}".to_owned());
    let template = setting.trim_matches('"');
    let (before, after) = template.split_once("{body}").unwrap();
    let text = |part: &str| part.replace("{id}", ID).replace("{ts}", &NOW.to_string()).into_bytes();
    [text(before), body.to_vec(), text(after)].concat()
}

fn signature(provider: &Provider, headers: &Headers) -> Vec<u8> {
    let value = headers.get(&provider.signature_headers()[0]).unwrap();
    let value = value.strip_prefix(b"v1a,").unwrap_or(value);
    match provider.encode() {
        Encoding::Hex => hex::decode(value).unwrap(),
        _ => decode_base64(value).unwrap(),
    }
}
