//! How long a whole run of `check` takes against a handler that costs nothing,
//! and how much of it the cases wait: `cargo bench --bench check [-- PROVIDER...]`.
//!
//! The goal is ten seconds, and at most half of them waited. It is printed and
//! fails nothing; a case that fails does. What is measured is the program
//! itself, with its start, against the handler of the tests.
#![allow(
    missing_docs,
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::string_slice,
    clippy::print_stdout,
    reason = "a benchmark that fails may say so by panicking"
)]

#[path = "../tests/it/check/handler/mod.rs"]
mod handler;
#[path = "../tests/harness/mod.rs"]
mod harness;
#[path = "../tests/it/check/kit.rs"]
mod kit;

use harness::Home;
use hookctl::config::secrets::variable_of;
use kit::Kit;
use std::time::{Duration, Instant};

const GOAL: Duration = Duration::from_secs(10);
const ROUNDS: usize = 5;

fn main() {
    let named: Vec<String> = std::env::args().skip(1).filter(|word| !word.starts_with('-')).collect();
    let all = ["koji", "userjourneys", "stripe", "standard-webhooks", "slack", "github"];
    let providers: Vec<&str> =
        if named.is_empty() { all.to_vec() } else { named.iter().map(String::as_str).collect() };
    println!("{:<20} {:>9} {:>9} {:>9} {:>9}", "provider", "requests", "median", "slowest", "waited");
    for provider in providers {
        measure(provider);
    }
}

fn measure(provider: &str) {
    let mut rounds: Vec<(Duration, u64, Duration)> = (0..ROUNDS).map(|_| round(provider)).collect();
    rounds.sort();
    let (median, requests, waited) = rounds[ROUNDS / 2];
    let (slowest, ..) = rounds[ROUNDS - 1];
    let met = if slowest < GOAL && waited * 2 <= median { "" } else { "  over the goal" };
    println!("{provider:<20} {requests:>9} {median:>9.2?} {slowest:>9.2?} {waited:>9.2?}{met}");
}

/// How long it took, how many requests were sent, and how long the cases waited.
fn round(provider: &str) -> (Duration, u64, Duration) {
    let (home, kit) = (Home::default(), Kit::new(provider));
    let handler = kit.handler(&[]);
    let secret = String::from_utf8(kit.secret.expose().to_vec()).unwrap();
    let args = ["check", &handler.url(), "--provider", provider, "--probe", &handler.counter(), "--json"];
    let begun = Instant::now();
    let ran = home.run_with(args, b"", &[(&variable_of(provider), &secret)]);
    let took = begun.elapsed();
    assert_eq!(ran.code(), 0, "{}", ran.block());
    let summary = ran.records().pop().unwrap();
    let waited = Duration::from_secs_f64(summary["waited_ms"].as_f64().unwrap() / 1_000.0);
    (took, summary["requests"].as_u64().unwrap(), waited)
}
