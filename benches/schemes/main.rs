//! What the interpreter of profiles costs for every row of the catalogue, beside
//! the same signature made by hand in the same run; and what the catalogue costs
//! at the start of the program.
//!
//! `cargo bench --bench schemes [-- --quick] [ROW...]`
//!
//! Fails when a row is over its limit, and names the worst; so it does when a row
//! with an HMAC asks for something that nobody wrote by hand yet. Rows of kinds
//! with key pairs are measured against their library called directly.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::panic,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark speaks to a person, and says that it failed by panicking"
)]

mod hand;
mod pairs;
mod sample;
mod start;
mod timing;

use hand::Hand;
use hookctl::hook::provider::{Catalogue, Kind};
use sample::Sample;
use std::hint::black_box;
use std::process::ExitCode;
use timing::{Effort, Ratio};

/// By a profile : by hand.
const LIMIT: f64 = 1.5;

fn main() -> ExitCode {
    // Cargo puts `--bench` among the arguments.
    let arguments: Vec<String> = std::env::args().skip(1).filter(|argument| argument != "--bench").collect();
    let effort = Effort::new(arguments.iter().any(|argument| argument == "--quick"));
    let rows: Vec<&str> = arguments.iter().map(String::as_str).filter(|row| !row.starts_with("--")).collect();
    let mut held = hmac_rows(effort, &rows);
    if rows.is_empty() {
        held &= key_pairs(effort);
        held &= start::within_limits(effort);
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// Signing and verifying 1 KB through every row with an HMAC.
fn hmac_rows(effort: Effort, wanted: &[&str]) -> bool {
    let rows = Catalogue::builtin().all().into_iter().filter(|provider| provider.kind() == Kind::Hmac);
    let rows = rows.filter(|provider| wanted.is_empty() || wanted.contains(&&**provider.id()));
    let (mut signing, mut verifying) = (Vec::new(), Vec::new());
    println!("{:<28} {:>22} {:>24}", "1 KB, by profile : by hand", "sign (ns)", "verify (ns)");
    for provider in rows {
        // Told first: a row that the baseline cannot do ends the benchmark here.
        print!("{:<28}", provider.id());
        let hand = Hand::new(&provider);
        let sample = Sample::new(&provider, &hand);
        let signed =
            timing::ratio(effort, || sample.sign_by_profile(), || black_box(hand.sign(&sample.unsigned())));
        let verified = timing::ratio(
            effort,
            || sample.verify_by_profile(),
            || black_box(hand.verify(&sample.arrived())),
        );
        println!(" {signed} {verified}");
        signing.push((provider.id().to_string(), signed));
        verifying.push((provider.id().to_string(), verified));
    }
    let signed = worst("signing", &signing, LIMIT);
    worst("verifying", &verifying, LIMIT) && signed
}

/// Verifying 1 KB through every row with Ed25519 or ECDSA.
fn key_pairs(effort: Effort) -> bool {
    println!("\n{:<28} {:>47}", "1 KB, by profile : aws-lc-rs", "verify (ns)");
    let rows = pairs::rows(effort);
    for (row, ratio) in &rows {
        println!("{row:<28} {:>22} {ratio}", "");
    }
    worst("verifying", &rows, pairs::LIMIT)
}

/// Names the row that is farthest from its baseline; whether all are near enough.
fn worst(what: &str, ratios: &[(String, Ratio)], limit: f64) -> bool {
    let Some((row, ratio)) = ratios.iter().max_by(|a, b| a.1.value().total_cmp(&b.1.value())) else {
        return true;
    };
    let good = ratio.value() <= limit;
    let mark = if good { "ok" } else { "FAILED" };
    println!(
        "{what}: the worst of {} is {row} with {:.2} (limit {limit}) {mark}",
        ratios.len(),
        ratio.value()
    );
    good
}
