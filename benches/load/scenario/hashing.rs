//! Signing and verifying through the interpreted profile: 1 MiB against
//! `openssl speed`, 1 KB against the same HMAC written by hand.

use crate::Failure;
use crate::bench::Bench;
use crate::machine;
use crate::report::{Goal, Report};
use crate::requests::{self, SECRET};
use hmac::{Hmac, KeyInit, Mac};
use hookctl::hook::delivery::Message;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Provider};
use hookctl::hook::secret::Secret;
use hookctl::hook::signature::Keys;
use hookctl::hook::time::Timestamp;
use sha2::Sha256;
use std::hint::black_box;
use std::process::{Command, Stdio};
use std::sync::Arc;
use std::time::{Duration, Instant};

const LARGE: usize = 1 << 20;
const HEADER: &str = "X-Koji-Signature";
/// How long one operation is repeated to find its rate.
const LENGTH: Duration = Duration::from_secs(1);
/// Koji signs no time, so that any moment serves.
const NOW: Timestamp = Timestamp::from_micros(1_767_605_400_000_000);

/// Something that is done over and over, and says whether it succeeded.
type Operation<'a> = &'a dyn Fn() -> bool;

/// What a listener holds while it runs: the compiled profile and its keys.
struct Profile {
    provider: Arc<Provider>,
    keys: Keys,
}

impl Profile {
    fn koji() -> Result<Self, Failure> {
        let provider = Catalogue::builtin().get("koji")?;
        let keys = provider.keys(&[Secret::new(SECRET)?])?;
        Ok(Self { provider, keys })
    }

    /// The value of the signature header.
    fn sign(&self, body: &[u8]) -> Result<Vec<u8>, Failure> {
        let headers = Headers::from_pairs([("Content-Type", "application/json")]);
        let signed = self.provider.sign(&self.keys, &message(&headers, body), NOW, None, None)?;
        let header = signed.headers.into_iter().find(|(name, _)| name.eq_ignore_ascii_case(HEADER));
        Ok(header.ok_or("signing gave no signature")?.1)
    }

    fn verifies(&self, headers: &Headers, body: &[u8]) -> bool {
        self.provider.verify(&self.keys, &message(headers, body), NOW, None).verified()
    }
}

fn message<'a>(headers: &'a Headers, body: &'a [u8]) -> Message<'a> {
    Message { method: "POST", target: "/webhooks/koji", headers, body, url: None }
}

/// 1 MiB signed by the library and hashed by openssl.
pub(crate) fn openssl(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let body: Vec<u8> = (0_u8..251).cycle().take(LARGE).collect();
    let profile = Profile::koji()?;
    if profile.sign(&body)? != requests::signature(&body).into_bytes() {
        return Err("the library and the benchmark sign differently".into());
    }
    let (mut own, mut theirs) = (Vec::new(), Vec::new());
    for _ in 0..bench.rounds {
        own.push(rate(|| profile.sign(black_box(&body)).is_ok())? * LARGE as f64 / 1e6);
        match openssl_rate() {
            Ok(rate) => theirs.push(rate),
            Err(error) => return report.note(&format!("openssl is skipped: {error}")),
        }
    }
    let ratio = own.iter().zip(&theirs).map(|(own, theirs)| own / theirs).collect();
    report.figure("openssl speed -hmac sha256", "MB a second of CPU", theirs, None)?;
    report.figure("hookctl's library", "MB a second of CPU", own, None)?;
    report.figure("library : openssl", "rate", ratio, Some(Goal::AtLeast(0.95)))
}

/// 1 KB through the profile and by hand. By hand is as good as it gets: keyed once, nothing looked up.
pub(crate) fn profile(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let body = requests::body(0);
    let value = requests::signature(&body);
    let headers = Headers::from_pairs([("Content-Type", "application/json"), (HEADER, value.as_str())]);
    let forged = Headers::from_pairs([(HEADER, requests::signature(&requests::body(1)))]);
    let profile = Profile::koji()?;
    if !profile.verifies(&headers, &body) || profile.verifies(&forged, &body) {
        return Err("the library judges the benchmark's own signatures wrongly".into());
    }
    let keyed = Hmac::<Sha256>::new_from_slice(SECRET.as_bytes()).expect("HMAC takes keys of any length");
    let by_hand = |body: &[u8]| {
        let mut mac = keyed.clone();
        mac.update(body);
        mac
    };
    let signs = |body: &[u8]| format!("sha256={}", hex::encode(by_hand(body).finalize().into_bytes()));
    let holds = |value: &str, body: &[u8]| {
        let tag = value.strip_prefix("sha256=").and_then(|tag| hex::decode(tag).ok());
        tag.is_some_and(|tag| by_hand(body).verify_slice(&tag).is_ok())
    };
    let operations: [(&str, Operation<'_>, Operation<'_>); 2] = [
        ("sign", &|| signs(black_box(&body)).len() == value.len(), &|| {
            profile.sign(black_box(&body)).is_ok()
        }),
        ("verify", &|| holds(&value, black_box(&body)), &|| profile.verifies(&headers, black_box(&body))),
    ];
    for (subject, hand, own) in operations {
        let (mut by_hand, mut by_profile) = (Vec::new(), Vec::new());
        for _ in 0..bench.rounds {
            by_hand.push(1e6 / rate(hand)?);
            by_profile.push(1e6 / rate(own)?);
        }
        let ratio = by_profile.iter().zip(&by_hand).map(|(own, hand)| own / hand).collect();
        report.figure(&format!("{subject} by hand"), "CPU µs", by_hand, None)?;
        report.figure(&format!("{subject} by the profile"), "CPU µs", by_profile, None)?;
        report.figure(&format!("{subject}, profile : hand"), "CPU", ratio, Some(Goal::AtMost(1.5)))?;
    }
    Ok(())
}

/// How often something is done in a second of CPU, the clock of `openssl speed`
/// as well; what fails counts for nothing.
fn rate(once: impl Fn() -> bool) -> Result<f64, Failure> {
    let process = std::process::id();
    let before = machine::cpu_us(process)?;
    let began = Instant::now();
    let mut done = 0_u64;
    while began.elapsed() < LENGTH {
        done += u64::from(black_box(once()));
    }
    Ok(done as f64 / (machine::cpu_us(process)? - before) * 1e6)
}

/// Megabytes a second of openssl, from its machine-readable report.
fn openssl_rate() -> Result<f64, Failure> {
    let output = Command::new("openssl")
        .args(["speed", "-mr", "-seconds", "1", "-bytes"])
        .arg(LARGE.to_string())
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
