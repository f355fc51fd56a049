//! What the interpreter of profiles costs: signing, verifying, recognising and
//! reading facts, beside the same HMAC written by hand.
//!
//! The baselines are in here, so that a ratio comes from one run:
//! `cargo bench --bench signature`.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark that fails may say so by panicking")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hmac::{Hmac, KeyInit, Mac};
use hookctl::hook::delivery::Message;
use hookctl::hook::detect::Detector;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::Catalogue;
use hookctl::hook::secret::Secret;
use hookctl::hook::time::Timestamp;
use sha2::Sha256;
use std::hint::black_box;

const SECRET: &str = "koji_test_secret";

fn body(size: usize) -> Vec<u8> {
    let start = br#"{"type":"interview.completed","timestamp":"2026-04-16T10:23:00Z","data":{"interview_id":"abc123","study_id":"xyz789","study_title":"Trial","notes":""#;
    let mut body = start.to_vec();
    body.resize(size - 3, b'n');
    body.extend_from_slice(b"\"}}");
    body
}

fn headers(signature: &str) -> Headers {
    Headers::from_pairs([
        ("Host", "localhost:4400"),
        ("User-Agent", "Koji-Webhooks/1.0"),
        ("Accept", "*/*"),
        ("Accept-Encoding", "gzip, deflate, br"),
        ("Content-Type", "application/json"),
        ("Content-Length", "1024"),
        ("X-Koji-Signature", signature),
    ])
}

fn message<'m>(headers: &'m Headers, body: &'m [u8]) -> Message<'m> {
    Message { method: "POST", target: "/hooks", headers, body, url: None }
}

/// What a careful handler does: a key for each delivery, the header written as text.
fn sign_by_hand(body: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(black_box(SECRET.as_bytes())).unwrap();
    mac.update(body);
    format!("sha256={}", hex::encode(mac.finalize().into_bytes()))
}

fn verify_by_hand(headers: &Headers, body: &[u8]) -> bool {
    let Some(hex) = headers.get("x-koji-signature").and_then(|value| value.strip_prefix(b"sha256=")) else {
        return false;
    };
    let Ok(signature) = hex::decode(hex) else { return false };
    let mut mac = Hmac::<Sha256>::new_from_slice(black_box(SECRET.as_bytes())).unwrap();
    mac.update(body);
    mac.verify_slice(&signature).is_ok()
}

fn signatures(criterion: &mut Criterion) {
    let catalogue = Catalogue::builtin();
    let provider = catalogue.get("koji").unwrap();
    let keys = provider.keys(&[Secret::new(SECRET).unwrap()]).unwrap();
    let now = Timestamp::from_seconds(1_760_000_000);
    for (name, size) in [("1KB", 1_024), ("1MB", 1 << 20)] {
        let body = body(size);
        let signature = sign_by_hand(&body);
        let headers = headers(&signature);
        let message = message(&headers, &body);
        assert!(verify_by_hand(&headers, &body) && provider.verify(&keys, &message, now, None).verified());
        let mut group = criterion.benchmark_group("signature");
        group.throughput(Throughput::Bytes(size as u64));
        group.bench_function(BenchmarkId::new("sign by hand", name), |bench| {
            bench.iter(|| sign_by_hand(black_box(&body)));
        });
        group.bench_function(BenchmarkId::new("sign by profile", name), |bench| {
            bench.iter(|| provider.sign(&keys, black_box(&message), now, None, None).unwrap());
        });
        group.bench_function(BenchmarkId::new("verify by hand", name), |bench| {
            bench.iter(|| verify_by_hand(black_box(&headers), black_box(&body)));
        });
        group.bench_function(BenchmarkId::new("verify by profile", name), |bench| {
            bench.iter(|| provider.verify(&keys, black_box(&message), now, None));
        });
        group.finish();
    }
}

fn reading(criterion: &mut Criterion) {
    let catalogue = Catalogue::builtin();
    let provider = catalogue.get("koji").unwrap();
    let body = body(1_024);
    let headers = headers(&sign_by_hand(&body));
    let message = message(&headers, &body);
    let detector = Detector::new(Catalogue::builtin());
    criterion.bench_function("detect/koji", |bench| bench.iter(|| detector.detect(black_box(&message))));
    let uj = br#"{"event":"interview.completed","timestamp":"2026-03-11T14:32:00.123Z","data":{"interview_id":"a1b2c3d4-5678-90ab-cdef-111111111111","study_id":"e5f6a7b8-1234-56cd-ef78-222222222222","study_name":"Onboarding Feedback","interview_link":"https://app.userjourneys.ai/i/xK9mR2pQ","status":"completed","duration_secs":580}}"#;
    let uj_headers = Headers::from_pairs([
        ("Host", "localhost:4400".to_owned()),
        ("Content-Type", "application/json".to_owned()),
        ("X-Webhook-Event", "interview.completed".to_owned()),
        ("X-Webhook-Signature", sign_by_hand(uj)),
    ]);
    let uj_message = Message { body: uj, headers: &uj_headers, ..message };
    criterion.bench_function("detect/userjourneys", |bench| {
        bench.iter(|| detector.detect(black_box(&uj_message)));
    });
    criterion.bench_function("facts/koji", |bench| bench.iter(|| provider.facts(black_box(&message))));
    criterion.bench_function("handshake/koji", |bench| {
        bench.iter(|| provider.handshake(None, black_box(&message)));
    });
}

fn start(criterion: &mut Criterion) {
    criterion.bench_function("start/catalogue", |bench| bench.iter(Catalogue::builtin));
    criterion.bench_function("start/one provider", |bench| {
        bench.iter(|| Catalogue::builtin().get(black_box("clerk")).unwrap());
    });
    criterion.bench_function("start/detector", |bench| bench.iter(|| Detector::new(Catalogue::builtin())));
}

criterion_group!(benches, signatures, reading, start);
criterion_main!(benches);
