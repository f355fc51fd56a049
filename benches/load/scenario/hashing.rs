//! The rate of the crates that sign a large body, against `openssl speed`.

use crate::Failure;
use crate::bench::Bench;
use crate::report::{Goal, Report};
use crate::requests;
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const BYTES: usize = 1 << 20;

pub(crate) fn run(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let body: Vec<u8> = (0_u8..251).cycle().take(BYTES).collect();
    let (mut own, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        own.push(own_rate(&body));
        match openssl_rate() {
            Ok(rate) => theirs.push(rate),
            Err(error) => return report.note(&format!("openssl is skipped: {error}")),
        }
    }
    let ratio = own.iter().zip(&theirs).map(|(own, theirs)| own / theirs).collect();
    report.figure("openssl speed -hmac sha256", "MB a second", theirs, None)?;
    report.figure("hmac and sha2 crates", "MB a second", own, None)?;
    report.figure("the crates : openssl", "rate", ratio, Some(Goal::AtLeast(0.95)))
}

/// Megabytes a second of signing the body over and over for a second.
fn own_rate(body: &[u8]) -> f64 {
    let began = Instant::now();
    let mut signed = 0_usize;
    while began.elapsed() < Duration::from_secs(1) {
        std::hint::black_box(requests::signature(std::hint::black_box(body)));
        signed += body.len();
    }
    signed as f64 / began.elapsed().as_secs_f64() / 1e6
}

/// The same of openssl, from its machine-readable report.
fn openssl_rate() -> Result<f64, Failure> {
    let output = Command::new("openssl")
        .args(["speed", "-mr", "-seconds", "1", "-bytes"])
        .arg(BYTES.to_string())
        .args(["-hmac", "sha256"])
        .stdin(Stdio::null())
        .output()?;
    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    let rate = said
        .lines()
        .filter(|line| line.starts_with("+F:"))
        .find_map(|line| line.rsplit(':').next()?.trim().parse::<f64>().ok())
        .ok_or_else(|| format!("`openssl speed` gave no rate ({})", output.status))?;
    Ok(rate / 1e6)
}
