//! What it costs to look for a mistake where there is none, so that everything
//! is tried: `cargo bench --bench explain`. Fails where 100 KB take more than
//! 50 ms, whatever they are.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark prints what it measures, and may fail by panicking"
)]

use criterion::{BenchmarkId, Criterion, Throughput, criterion_group, criterion_main};
use hookctl::hook::delivery::Message;
use hookctl::hook::explain::{Case, Context, Explanation, NamedSecret, explain, relatives};
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::Catalogue;
use hookctl::hook::secret::Secret;
use hookctl::hook::time::Timestamp;
use std::fmt::Write as _;
use std::hint::black_box;
use std::time::{Duration, Instant};

const NOW: i64 = 1_760_000_000;
/// What 100 KB may take.
const MOST: Duration = Duration::from_millis(50);
/// Of so many runs the middle one counts.
const RUNS: usize = 9;

/// A transcript: many small objects, letters outside of ASCII, numbers, slashes.
fn transcript(size: usize) -> Vec<u8> {
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

/// `unit` again and again, up to a length.
fn filled(open: &str, unit: &str, close: &str, size: usize) -> Vec<u8> {
    let times = (size - open.len() - close.len()) / unit.len();
    [open, &unit.repeat(times), close].concat().into_bytes()
}

/// What is dear to write anew: none of it may be dearer than what is looked for in it is worth.
fn shapes(size: usize) -> Vec<(&'static str, Vec<u8>)> {
    let (open, close) = ("[".repeat(120), "1".to_owned() + &"]".repeat(120));
    let keys: String = (0..).map(|at| format!("\"k{}\":1,", 999_999 - at)).take(size / 12).collect();
    vec![
        ("deep and wide", filled(&open, "1,", &close, size)),
        ("many values", filled("[", "1,", "1]", size)),
        ("many lists", filled("[", "[],", "1]", size)),
        ("decimals", filled("[", "1.5,", "1.5]", size)),
        ("decimals with zeros", filled("[", "1.50,", "1]", size)),
        ("exponents", filled("[", "1e5,", "1]", size)),
        ("text outside of ASCII", filled("{\"text\":\"", "Žluťoučký kůň ", "\"}", size)),
        ("objects of text outside of ASCII", filled("[", "{\"é\":\"ž <a> &\"},", "1]", size)),
        ("escapes", filled("[\"", "\\u00e9\\/", "\"]", size)),
        ("marks", filled("[\"", "'<&+", "\"]", size)),
        ("many strings with escapes", filled("[", "\"\\/\",", "1]", size)),
        ("accents", filled("\"", "e\u{301}\u{323}", "\"", size)),
        ("unsorted keys", format!("{{{keys}\"a\":1}}").into_bytes()),
        ("a form", filled("a=1", "&k=%C3%A9+x", "&b=2", size)),
        ("a form of many fields", filled("a=1", "&k", "&b=2", size)),
        ("a form of one field", filled("a=", "%C3%A9", "&b=2", size)),
        ("empty deflated blocks", [0x02, 0x08, 0x20, 0x80, 0x00].repeat(size / 5)),
        ("empty gzip members", EMPTY_MEMBER.repeat(size / EMPTY_MEMBER.len())),
        ("no text", (0..size).map(|at| u8::try_from(at * 7 % 251).unwrap() | 0x80).collect()),
    ]
}

/// Gzip of nothing (RFC 1952).
const EMPTY_MEMBER: [u8; 20] = [0x1f, 0x8b, 8, 0, 0, 0, 0, 0, 0, 3, 3, 0, 0, 0, 0, 0, 0, 0, 0, 0];

/// A failure of a provider's scheme that is nobody's mistake.
struct Failure {
    id: &'static str,
    headers: Headers,
    secrets: usize,
    others: usize,
}

fn failure(id: &'static str, pairs: Vec<(&str, String)>) -> Failure {
    Failure { id, headers: Headers::from_pairs(pairs), secrets: 1, others: 0 }
}

fn koji() -> Failure {
    failure("koji", vec![("X-Koji-Signature", format!("sha256={}", "0".repeat(64)))])
}

fn failures() -> Vec<Failure> {
    let (time, hex, base64) = (NOW.to_string(), "0".repeat(64), format!("{}=", "A".repeat(43)));
    let form = ("Content-Type", "application/x-www-form-urlencoded".to_owned());
    vec![
        koji(),
        failure("github", vec![("X-Hub-Signature-256", format!("sha256={hex}"))]),
        failure("stripe", vec![("Stripe-Signature", format!("t={time},v1={hex}"))]),
        failure(
            "svix",
            vec![
                ("svix-id", "msg_1".to_owned()),
                ("svix-timestamp", time),
                ("svix-signature", format!("v1,{base64}")),
            ],
        ),
        failure("square", vec![("Host", "localhost".to_owned()), ("x-square-hmacsha256-signature", base64)]),
        failure("twilio", vec![form, ("X-Twilio-Signature", format!("{}=", "A".repeat(27)))]),
    ]
}

/// Looks for the mistake with this body, by way of `run`.
fn with<T>(failure: &Failure, body: &[u8], run: impl FnOnce(&dyn Fn() -> Explanation) -> T) -> T {
    let catalogue = Catalogue::builtin();
    let provider = catalogue.get(failure.id).unwrap();
    let secret = |at: usize| Secret::new(format!("whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLa{at:02}")).unwrap();
    let secrets: Vec<Secret> = (0..failure.secrets).map(secret).collect();
    let others: Vec<NamedSecret> = (0..failure.others)
        .map(|at| NamedSecret { name: format!("the profile {at}"), secret: secret(10 + at) })
        .collect();
    let relatives = relatives(&catalogue, &provider);
    let keys = provider.keys(&secrets).unwrap();
    let now = Timestamp::from_seconds(NOW);
    let (headers, url) = (&failure.headers, Some("https://example.test/hooks?a=b"));
    let message = Message { method: "POST", target: "/hooks?a=b", headers, body, url };
    let verdict = provider.verify(&keys, &message, now, None);
    let case = Case {
        provider: &provider,
        relatives: &relatives,
        secrets: &secrets,
        others: &others,
        message,
        now,
        tolerance: None,
        verdict: &verdict,
        context: Context::default(),
    };
    run(&|| {
        let explanation = explain(black_box(&case));
        assert!(explanation.found.is_none() && !explanation.tried.is_empty(), "{}: {verdict:?}", failure.id);
        explanation
    })
}

/// Fails where it takes longer than it may; says what it took.
fn hold(name: &str, failure: &Failure, body: &[u8]) {
    let (middle, work) = with(failure, body, |explain| {
        let mut took: Vec<Duration> = (0..RUNS)
            .map(|_| {
                let begun = Instant::now();
                explain();
                begun.elapsed()
            })
            .collect();
        took.sort();
        (took[RUNS / 2], explain().work)
    });
    println!(
        "{:8} {name:34} {:6} bytes {middle:>10.1?}, {:4.2} ns for each counted byte",
        failure.id,
        body.len(),
        middle.as_nanos() as f64 / work as f64
    );
    assert!(middle < MOST, "{} {name}: {middle:?} for {} bytes", failure.id, body.len());
}

fn explaining(criterion: &mut Criterion) {
    for (name, body) in shapes(100_000) {
        hold(name, &koji(), &body);
    }
    for failure in failures() {
        hold("a transcript", &failure, &transcript(100_000));
        hold("a form", &failure, &filled("a=1", "&k=%C3%A9+x", "&b=2", 100_000));
    }
    let many = || Failure { secrets: 4, others: 64, ..koji() };
    hold("a transcript, many secrets", &many(), &transcript(100_000));
    hold("small, many secrets", &many(), &transcript(1_000));
    let mut group = criterion.benchmark_group("explain");
    for failure in failures().iter().take(5) {
        for size in [1_000, 100_000] {
            let body = transcript(size);
            group.throughput(Throughput::Bytes(size as u64));
            with(failure, &body, |explain| {
                assert!(explain().tried.len() > 40);
                group.bench_function(BenchmarkId::new(failure.id, size), |bench| bench.iter(explain));
            });
        }
    }
    group.finish();
}

criterion_group!(benches, explaining);
criterion_main!(benches);
