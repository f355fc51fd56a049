//! The clients of the vendors' APIs against a vendor that answers by a script:
//! the bytes of the requests, the fields of the answers, and what is said when
//! an answer is not what it should be.

mod documented;
mod failures;
mod koji;
mod pacing;
mod userjourneys;

use crate::harness::script::Script;
use hookctl::hook::secret::Secret;
use hookctl::outbound::api::{Api, ApiOptions};
use hookctl::vendor::retry::Policy;
use hookctl::vendor::{BaseUrl, Client, Koji, UserJourneys};
use std::time::Duration;

const KEY: &str = "uj_live_fake0000000000000000000000a1b2";
const KOJI_KEY: &str = "pk_live_fake0000000000000000000000c3d4";

/// Waits are a thousand times shorter.
fn policy() -> Policy {
    Policy { speed: 1_000.0, ..Policy::default() }
}

fn client(base: &str, key: &str) -> Client {
    let options = ApiOptions { idle_timeout: Duration::from_secs(20), ..ApiOptions::default() };
    let key = Some(Secret::new(key).unwrap());
    Client::new(Api::new(options), BaseUrl::parse(base).unwrap(), key).with_policy(policy())
}

fn userjourneys(script: &Script) -> UserJourneys {
    UserJourneys::new(client(&format!("{}/api/v1", script.base()), KEY))
}

fn koji(script: &Script) -> Koji {
    Koji::new(client(&script.base(), KOJI_KEY))
}

/// A whole request as it is sent.
fn request(line: &str, key: &str, accept: &str, body: Option<&str>) -> String {
    let kind = if body.is_some() { "content-type: application/json\r\n" } else { "" };
    let length = body.map(|body| format!("content-length: {}\r\n", body.len())).unwrap_or_default();
    format!(
        "{line} HTTP/1.1\r\nauthorization: Bearer {key}\r\naccept: {accept}\r\n{kind}user-agent: hookctl/VERSION\r\nhost: 127.0.0.1:PORT\r\n{length}\r\n{}",
        body.unwrap_or_default()
    )
}

/// The text of an error with all causes beneath it, and how it shows in debug output.
fn words(error: &hookctl::vendor::VendorError) -> String {
    let mut found = format!("{error}\n{error:?}\n{:?}", error.remedy());
    let mut next = std::error::Error::source(error);
    while let Some(cause) = next {
        found.push_str(&format!("\n{cause}"));
        next = cause.source();
    }
    found
}
