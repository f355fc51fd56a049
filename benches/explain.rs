//! What it costs to look for a mistake where there is none, so that everything
//! is tried: `cargo bench --bench explain`. The bound is 50 ms for 100 KB.
#![allow(missing_docs, clippy::unwrap_used, reason = "a benchmark that fails may say so by panicking")]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hookctl::hook::delivery::Message;
use hookctl::hook::explain::{Case, Context, explain, relatives};
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::Catalogue;
use hookctl::hook::secret::Secret;
use hookctl::hook::time::Timestamp;
use std::fmt::Write as _;
use std::hint::black_box;

const NOW: i64 = 1_760_000_000;

/// A transcript: many small objects, letters outside of ASCII, numbers, slashes.
fn body(size: usize) -> Vec<u8> {
    let mut text = String::from(r#"{"type":"interview.completed","data":{"turns":["#);
    for turn in 0.. {
        let line = format!(
            r#"{{"turn":{turn},"score":{turn}.50,"url":"https://example.test/{turn}","text":"Ça <va> & \"bien\""}},"#
        );
        if text.len() + line.len() + 8 > size {
            break;
        }
        write!(text, "{line}").unwrap();
    }
    text.push_str("null]}}");
    text.into_bytes()
}

fn explaining(criterion: &mut Criterion) {
    let catalogue = Catalogue::builtin();
    let mut group = criterion.benchmark_group("explain");
    let no = |length: usize| "0".repeat(length);
    let time = NOW.to_string();
    for (id, pairs) in [
        ("koji", vec![("X-Koji-Signature", format!("sha256={}", no(64)))]),
        ("github", vec![("X-Hub-Signature-256", format!("sha256={}", no(64)))]),
        ("stripe", vec![("Stripe-Signature", format!("t={time},v1={}", no(64)))]),
        (
            "svix",
            vec![
                ("svix-id", "msg_1".to_owned()),
                ("svix-timestamp", time.clone()),
                ("svix-signature", format!("v1,{}=", "A".repeat(43))),
            ],
        ),
        (
            "square",
            vec![
                ("Host", "localhost".to_owned()),
                ("x-square-hmacsha256-signature", format!("{}=", "A".repeat(43))),
            ],
        ),
    ] {
        let provider = catalogue.get(id).unwrap();
        let secrets = [Secret::new("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw").unwrap()];
        let headers = Headers::from_pairs(pairs);
        let relatives = relatives(&catalogue, &provider);
        let keys = provider.keys(&secrets).unwrap();
        let now = Timestamp::from_seconds(NOW);
        for size in [1_000, 100_000] {
            let body = body(size);
            let message =
                Message { method: "POST", target: "/hooks?a=b", headers: &headers, body: &body, url: None };
            let verdict = provider.verify(&keys, &message, now, None);
            let case = Case {
                provider: &provider,
                relatives: &relatives,
                secrets: &secrets,
                others: &[],
                message,
                now,
                tolerance: None,
                verdict: &verdict,
                context: Context::default(),
            };
            let tried = explain(&case);
            assert!(tried.found.is_none() && tried.tried.len() > 40, "{id}: {verdict:?}");
            group.throughput(Throughput::Bytes(size as u64));
            group
                .bench_function(BenchmarkId::new(id, size), |bench| bench.iter(|| explain(black_box(&case))));
        }
    }
    group.finish();
}

criterion_group!(benches, explaining);
criterion_main!(benches);
