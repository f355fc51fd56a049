//! Claim 23, with the vendors' own libraries: what they sign verifies here, what
//! is signed here verifies there, and both refuse the same message with another
//! body. A thousand messages a library; `MESSAGES` says otherwise.

use crate::programs::packages;
use hookctl::hook::delivery::Message;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Kind, Provider};
use hookctl::hook::secret::Secret;
use hookctl::hook::signature::Keys;
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::Code;
use serde_json::{Value, json};
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

const URL: &str = "https://example.com/hooks?a=1";
const ID: &str = "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W";

/// A library, the row it implements, and a secret of that row's form.
struct Library(&'static str, &'static str, &'static str);

const PYTHON: [Library; 5] = [
    Library("standardwebhooks", "standard-webhooks", "whsec_bm90IGEgc2VjcmV0LCBmb3IgdGVzdHM="),
    Library("stripe", "stripe", "whsec_not_a_secret_for_tests"),
    Library("slack_sdk", "slack", "not-a-secret-for-tests"),
    Library("twilio", "twilio", "not-a-token-for-tests"),
    Library("discord-interactions", "discord", ""),
];

const NODE: [Library; 5] = [
    Library("standardwebhooks", "standard-webhooks", "whsec_bm90IGEgc2VjcmV0LCBmb3IgdGVzdHM="),
    Library("svix", "svix", "whsec_bm90IGEgc2VjcmV0LCBmb3IgdGVzdHM="),
    Library("stripe", "stripe", "whsec_not_a_secret_for_tests"),
    Library("@octokit/webhooks-methods", "github", "not-a-secret-for-tests"),
    Library("twilio", "twilio", "not-a-token-for-tests"),
];

/// What trips up those who parse and write a body anew, count characters for bytes, or trim.
const PIECES: [&str; 14] = [
    "\"",
    "\\",
    "/",
    "<&>",
    "\u{e9}",
    "\u{1f600}",
    "\u{2028}",
    "%7B+&=;",
    " ",
    "\r\n",
    "\t",
    "null",
    "1.0",
    "'",
];

/// SplitMix64: the same messages every time.
fn next(state: &mut u64) -> usize {
    *state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let mixed = (*state ^ (*state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    ((mixed ^ (mixed >> 27)) >> 8) as usize
}

fn text(state: &mut u64) -> String {
    (0..next(state) % 20).map(|_| PIECES[next(state) % PIECES.len()]).collect()
}

/// JSON with spaces and notations that no serialiser would choose, or a form for Twilio.
fn body(provider: &Provider, state: &mut u64) -> String {
    let text = text(state);
    if &**provider.id() == "twilio" {
        let fields = [("Body", text.as_str()), ("AccountSid", "AC1"), ("Media", ""), ("AddOns", "{}")];
        return form_urlencoded::Serializer::new(String::new()).extend_pairs(fields).finish();
    }
    let space = [" ", "", "\n  "][next(state) % 3];
    let end = ["", "\n", "\r\n"][next(state) % 3];
    format!("{{{space}\"id\" :{},\"n\":{space}1.50e1, \"text\":{}}}{end}", next(state), json!(text))
}

fn messages() -> usize {
    std::env::var("MESSAGES").ok().and_then(|count| count.parse().ok()).unwrap_or(1000)
}

/// The row of a library, with its keys and what the library is given of them.
fn ready(library: &Library) -> (Arc<Provider>, Keys, String) {
    let provider = Catalogue::builtin().get(library.1).unwrap();
    let pair = provider.kind() == Kind::Ed25519;
    let secret = if pair { provider.generate_secret().unwrap() } else { Secret::new(library.2).unwrap() };
    let keys = provider.keys(&[secret]).unwrap();
    let public = provider.public_key(&keys).map(|key| key.text).unwrap_or_default();
    (provider, keys, public)
}

fn headers_of(provider: &Provider, more: &[(String, Vec<u8>)]) -> Headers {
    let form = &**provider.id() == "twilio";
    let kind = if form { "application/x-www-form-urlencoded" } else { "application/json" };
    let content_type = ("content-type".to_owned(), kind.as_bytes().to_vec());
    Headers::from_pairs(
        std::iter::once(&content_type).chain(more).map(|(name, value)| (name.as_str(), value)),
    )
}

fn judged(provider: &Provider, keys: &Keys, headers: &Headers, body: &[u8], now: Timestamp) -> Code {
    let message = Message { method: "POST", target: "/hooks?a=1", headers, body, url: Some(URL) };
    provider.verify(keys, &message, now, None).code
}

/// The same message with another body.
fn altered(provider: &Provider, body: &str) -> String {
    format!("{body}{}", if &**provider.id() == "twilio" { "&More=1" } else { " " })
}

#[track_caller]
fn agrees(library: &Library, seed: u64, judge: &mut Command) {
    let (provider, keys, public) = ready(library);
    let now = hookctl::clock::now();
    let mut state = seed;
    let bodies: Vec<String> = (0..messages()).map(|_| body(&provider, &mut state)).collect();
    let cases: Vec<Value> = bodies
        .iter()
        .map(|body| {
            let headers = headers_of(&provider, &[]);
            let message = Message {
                method: "POST",
                target: "/hooks?a=1",
                headers: &headers,
                body: body.as_bytes(),
                url: Some(URL),
            };
            let signed = provider.sign(&keys, &message, now, Some(ID), None).unwrap().headers;
            let fields = signed.into_iter().map(|(name, value)| {
                (name.to_ascii_lowercase(), Value::from(String::from_utf8(value).unwrap()))
            });
            json!({
                "package": library.0, "secret": library.2, "public": public, "id": ID, "url": URL,
                "body": hex::encode(body), "other": hex::encode(altered(&provider, body)),
                "headers": fields.collect::<serde_json::Map<_, _>>(),
            })
        })
        .collect();
    let told = ask(judge, &json!({ "now": now.seconds(), "cases": cases }));
    assert_eq!(told.len(), bodies.len());
    for (body, told) in bodies.iter().zip(told) {
        let of = || format!("{} on {body:?}: {told}", library.0);
        assert_eq!((&told["accepts"], &told["refuses"]), (&json!(true), &json!(true)), "{}", of());
        // Some libraries only verify.
        let Some(theirs) = told["headers"].as_object() else { continue };
        let theirs: Vec<_> =
            theirs.iter().map(|(name, value)| (name.clone(), value.as_str().unwrap().into())).collect();
        let headers = headers_of(&provider, &theirs);
        assert_eq!(judged(&provider, &keys, &headers, body.as_bytes(), now), Code::Verified, "{}", of());
        let other = altered(&provider, body);
        assert_eq!(judged(&provider, &keys, &headers, other.as_bytes(), now), Code::Mismatch, "{}", of());
    }
}

/// What a judge prints, a line a case.
#[track_caller]
fn ask(judge: &mut Command, cases: &Value) -> Vec<Value> {
    let mut child = judge.stdin(Stdio::piped()).stdout(Stdio::piped()).spawn().unwrap();
    let mut input = child.stdin.take().unwrap();
    let cases = cases.to_string();
    // Beside reading: the judge prints while it reads no more.
    let writer = std::thread::spawn(move || input.write_all(cases.as_bytes()).unwrap());
    let output = child.wait_with_output().unwrap();
    writer.join().unwrap();
    assert!(output.status.success(), "{judge:?}: {}", output.status);
    String::from_utf8(output.stdout)
        .unwrap()
        .lines()
        .map(|line| serde_json::from_str(line).unwrap())
        .collect()
}

const JUDGES: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/slow/vendors");

#[test]
fn the_vendors_own_libraries_for_python_and_we_agree() {
    for (seed, library) in (1..).zip(&PYTHON) {
        let mut judge = Command::new(packages::python_with("vendors-python"));
        agrees(library, seed, judge.arg(format!("{JUDGES}/judge.py")));
    }
}

#[test]
fn the_vendors_own_libraries_for_node_and_we_agree() {
    let folder = packages::vendors_for_node();
    // Node looks for packages beside the file.
    let script = folder.join("judge.mjs");
    std::fs::copy(format!("{JUDGES}/judge.mjs"), &script).unwrap();
    for (seed, library) in (11..).zip(&NODE) {
        agrees(library, seed, Command::new("node").arg(&script));
    }
}
