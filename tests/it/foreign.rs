//! Messages signed by other implementations, the `openssl` program and Node's
//! `crypto`, verify through our profiles.

use hookctl::hook::delivery::Message;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::Catalogue;
use hookctl::hook::secret::Secret;
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::Code;
use std::io::Write as _;
use std::process::{Command, Stdio};

const NOW: i64 = 1_760_000_000;

/// Bytes that a signer that decodes, trims or re-serialises would change.
const BODIES: [&[u8]; 5] = [
    b"{\"type\":\"interview.completed\",\"data\":{\"interview_id\":\"i\"}}",
    b"",
    b" { \"a\" : 1.0, \"z\x00\" : \"Zo\xc3\xab\" }\r\n\n",
    b"\xff\xfe\x00\x01\r\n%7B+&=",
    &[b'x'; 100_000],
];

/// One scheme as somebody who knows only its documentation would write it down.
struct Scheme {
    provider: &'static str,
    /// The secret as the vendor shows it, and the bytes of the key in hex.
    secret: &'static str,
    key: &'static str,
    /// What is signed before the body.
    before: &'static str,
    base64: bool,
    headers: &'static [(&'static str, &'static str)],
}

const SCHEMES: [Scheme; 7] = [
    Scheme {
        provider: "koji",
        secret: "koji_test_secret",
        key: "6b6f6a695f746573745f736563726574",
        before: "",
        base64: false,
        headers: &[("X-Koji-Signature", "sha256=SIG")],
    },
    Scheme {
        provider: "userjourneys",
        secret: "whsec_00ff",
        key: "77687365635f30306666",
        before: "",
        base64: false,
        headers: &[("X-Webhook-Signature", "sha256=SIG")],
    },
    Scheme {
        provider: "github",
        secret: "fake",
        key: "66616b65",
        before: "",
        base64: false,
        headers: &[("x-hub-signature-256", "sha256=SIG")],
    },
    Scheme {
        provider: "stripe",
        secret: "whsec_fake",
        key: "77687365635f66616b65",
        before: "1760000000.",
        base64: false,
        headers: &[("Stripe-Signature", "t=1760000000,v1=SIG")],
    },
    Scheme {
        provider: "standard-webhooks",
        secret: "whsec_AP/+EA==",
        key: "00fffe10",
        before: "msg_1.1760000000.",
        base64: true,
        headers: &[
            ("webhook-id", "msg_1"),
            ("webhook-timestamp", "1760000000"),
            ("webhook-signature", "v1,SIG"),
        ],
    },
    Scheme {
        provider: "slack",
        secret: "fake",
        key: "66616b65",
        before: "v0:1760000000:",
        base64: false,
        headers: &[("X-Slack-Request-Timestamp", "1760000000"), ("X-Slack-Signature", "v0=SIG")],
    },
    Scheme {
        provider: "shopify",
        secret: "fake",
        key: "66616b65",
        before: "",
        base64: true,
        headers: &[("X-Shopify-Hmac-Sha256", "SIG")],
    },
];

/// Runs a program with `input` and gives what it prints.
fn run(program: &str, arguments: &[&str], input: &[u8]) -> String {
    let mut child = Command::new(program)
        .args(arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap_or_else(|error| panic!("`{program}` must be installed to run this test: {error}"));
    child.stdin.take().unwrap().write_all(input).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "`{program}` failed: {}", output.status);
    String::from_utf8(output.stdout).unwrap().trim().to_owned()
}

/// A key in hex and what to sign with it.
type Order = (&'static str, Vec<u8>);

fn openssl(orders: &[Order]) -> Vec<String> {
    let sign = |(key, content): &Order| {
        let key = format!("hexkey:{key}");
        let printed = run("openssl", &["dgst", "-sha256", "-mac", "HMAC", "-macopt", &key], content);
        printed.rsplit("= ").next().unwrap().to_owned()
    };
    orders.iter().map(sign).collect()
}

/// One process for all, because Node takes a while to start.
fn node(orders: &[Order]) -> Vec<String> {
    let script = "const { createHmac } = require('crypto');\
                  for (const order of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {\
                    const [key, content] = order.map((text) => Buffer.from(text, 'hex'));\
                    console.log(createHmac('sha256', key).update(content).digest('hex'));\
                  }";
    let orders: Vec<_> =
        orders.iter().map(|(key, content)| [(*key).to_owned(), hex::encode(content)]).collect();
    let input = serde_json::to_vec(&orders).unwrap();
    run("node", &["-e", script], &input).lines().map(str::to_owned).collect()
}

fn verify(scheme: &Scheme, hex: &str, body: &[u8]) -> Code {
    let signature = if scheme.base64 {
        hookctl::hook::encoding::Encoding::Base64.encode(&hex::decode(hex).unwrap())
    } else {
        hex.to_owned()
    };
    let headers = scheme.headers.iter().map(|(name, value)| (*name, value.replace("SIG", &signature)));
    let headers = Headers::from_pairs(headers);
    let provider = Catalogue::builtin().get(scheme.provider).unwrap();
    let keys = provider.keys(&[Secret::new(scheme.secret).unwrap()]).unwrap();
    let message = Message { method: "POST", target: "/", headers: &headers, body, url: None };
    provider.verify(&keys, &message, Timestamp::from_seconds(NOW), None).code
}

fn every_message_verifies(sign: fn(&[Order]) -> Vec<String>) {
    let messages: Vec<_> =
        SCHEMES.iter().flat_map(|scheme| BODIES.iter().map(move |body| (scheme, *body))).collect();
    let order = |(scheme, body): &(&Scheme, &[u8])| (scheme.key, [scheme.before.as_bytes(), body].concat());
    let signatures = sign(&messages.iter().map(order).collect::<Vec<_>>());
    assert_eq!(signatures.len(), messages.len());
    for ((scheme, body), signature) in messages.into_iter().zip(signatures) {
        assert_eq!(verify(scheme, &signature, body), Code::Verified, "{}", scheme.provider);
        let changed = [body, b" "].concat();
        assert_eq!(verify(scheme, &signature, &changed), Code::Mismatch, "{}", scheme.provider);
    }
}

#[test]
fn what_openssl_signs_verifies() {
    every_message_verifies(openssl);
}

#[test]
fn what_node_signs_verifies() {
    every_message_verifies(node);
}
