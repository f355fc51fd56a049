//! Claim 23: signatures agree with everyone's. Random messages that `openssl`,
//! Node's `crypto` and Python's `hmac` sign verify through our profiles, and
//! what we sign is what they sign.
//!
//! `MESSAGES=1000` tries as many of each scheme instead of a hundred; `openssl`, a
//! process a message, signs a tenth. The slow tests ask the vendors' own libraries.

use hookctl::hook::delivery::Message;
use hookctl::hook::encoding::Encoding;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Provider};
use hookctl::hook::secret::Secret;
use hookctl::hook::signature::Keys;
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::Code;
use std::io::Write as _;
use std::process::{Command, Stdio};
use std::sync::Arc;

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

/// Standard Webhooks with a key pair, that of RFC 8032, 7.1, test 1: the secret is seed and public key.
const V1A: Scheme = Scheme {
    provider: "standard-webhooks-v1a",
    secret: "whsk_nWGxne/9WmC6hEr0kuwsxERJxWl7MmkZcDusAxyuf2DXWpgBgrEKt9VL/tPJZAc6DuFy89qmIyWvAhpo9wdRGg==",
    key: "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60",
    before: "msg_1.1760000000.",
    base64: true,
    headers: &[
        ("webhook-id", "msg_1"),
        ("webhook-timestamp", "1760000000"),
        ("webhook-signature", "v1a,SIG"),
    ],
};

/// What a PKCS #8 key of Ed25519 has before the seed.
const PKCS8: &str = "302e020100300506032b657004220420";

/// What parsers and printers trip over.
const MARKS: &[u8] = b"{}[]\",:\\/ \r\n\tanu01.e-+&=%";

/// SplitMix64: the same numbers every time, so that a failure can be repeated.
struct Numbers(u64);

impl Numbers {
    fn next(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let mut mixed = self.0;
        mixed = (mixed ^ (mixed >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        mixed = (mixed ^ (mixed >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        mixed ^ (mixed >> 31)
    }

    fn below(&mut self, limit: u64) -> u64 {
        self.next() % limit
    }

    /// Text, JSON or any bytes; mostly short.
    fn body(&mut self) -> Vec<u8> {
        let length = if self.below(10) == 0 { self.below(20_000) } else { self.below(300) };
        match self.below(3) {
            0 => (0..length).map(|_| self.next().to_le_bytes()[0]).collect(),
            1 => (0..length).map(|_| MARKS[self.below(MARKS.len() as u64) as usize]).collect(),
            _ => {
                let number = f64::from_bits(self.next() >> 2);
                let (letters, id) = ("\u{e9}\u{1f600}/".repeat(length as usize % 50), self.next());
                format!("{{\"id\": {id}, \"name\":\"{letters}\",\"number\":{number:?}}}").into_bytes()
            }
        }
    }
}

fn messages() -> usize {
    std::env::var("MESSAGES").ok().and_then(|count| count.parse().ok()).unwrap_or(100)
}

fn bodies(seed: u64, count: usize) -> Vec<Vec<u8>> {
    let mut numbers = Numbers(seed);
    let random = (0..count).map(|_| numbers.body());
    BODIES.iter().map(|body| body.to_vec()).chain(random).collect()
}

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

/// One process for all, because an interpreter takes a while to start.
fn scripted(program: &str, flag: &str, script: &str, orders: &[Order]) -> Vec<String> {
    let orders: Vec<_> =
        orders.iter().map(|(key, content)| [(*key).to_owned(), hex::encode(content)]).collect();
    let input = serde_json::to_vec(&orders).unwrap();
    run(program, &[flag, script], &input).lines().map(str::to_owned).collect()
}

fn node(orders: &[Order]) -> Vec<String> {
    let script = "const { createHmac } = require('crypto');\
                  for (const order of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {\
                    const [key, content] = order.map((text) => Buffer.from(text, 'hex'));\
                    console.log(createHmac('sha256', key).update(content).digest('hex'));\
                  }";
    scripted("node", "-e", script, orders)
}

fn python(orders: &[Order]) -> Vec<String> {
    let script = "import hmac, json, sys\n\
                  for order in json.load(sys.stdin):\n    \
                      key, content = map(bytes.fromhex, order)\n    \
                      print(hmac.new(key, content, 'sha256').hexdigest())\n";
    scripted("python3", "-c", script, orders)
}

/// Node's Ed25519.
fn node_pair(orders: &[Order]) -> Vec<String> {
    let script = format!(
        "const {{ createPrivateKey, sign }} = require('crypto');\
         for (const order of JSON.parse(require('fs').readFileSync(0, 'utf8'))) {{\
           const der = Buffer.from('{PKCS8}' + order[0], 'hex');\
           const key = createPrivateKey({{ key: der, format: 'der', type: 'pkcs8' }});\
           console.log(sign(null, Buffer.from(order[1], 'hex'), key).toString('hex'));\
         }}"
    );
    scripted("node", "-e", &script, orders)
}

impl Scheme {
    fn ready(&self) -> (Arc<Provider>, Keys) {
        let provider = Catalogue::builtin().get(self.provider).unwrap();
        let keys = provider.keys(&[Secret::new(self.secret).unwrap()]).unwrap();
        (provider, keys)
    }

    fn written(&self, hex: &str) -> String {
        if self.base64 { Encoding::Base64.encode(&hex::decode(hex).unwrap()) } else { hex.to_owned() }
    }

    /// The headers that go with a signature.
    fn fields(&self, hex: &str) -> Vec<(&'static str, String)> {
        let signature = self.written(hex);
        self.headers.iter().map(|(name, value)| (*name, value.replace("SIG", &signature))).collect()
    }

    fn order(&self, body: &[u8]) -> Order {
        (self.key, [self.before.as_bytes(), body].concat())
    }
}

fn judged(provider: &Provider, keys: &Keys, fields: &[(&str, String)], body: &[u8]) -> Code {
    let headers = Headers::from_pairs(fields.iter().map(|(name, value)| (*name, value)));
    let message = Message { method: "POST", target: "/", headers: &headers, body, url: None };
    provider.verify(keys, &message, Timestamp::from_seconds(NOW), None).code
}

/// Whether every message that they sign verifies, and is what we sign.
fn agrees(scheme: &Scheme, bodies: &[Vec<u8>], sign: fn(&[Order]) -> Vec<String>) {
    let signatures = sign(&bodies.iter().map(|body| scheme.order(body)).collect::<Vec<_>>());
    assert_eq!(signatures.len(), bodies.len());
    let (provider, keys) = scheme.ready();
    let none = Headers::default();
    for (body, signature) in bodies.iter().zip(signatures) {
        let told = || format!("{}: {}", scheme.provider, hex::encode(&body[..body.len().min(300)]));
        let fields = scheme.fields(&signature);
        assert_eq!(judged(&provider, &keys, &fields, body), Code::Verified, "{}", told());
        let changed = [body, &b" "[..]].concat();
        assert_eq!(judged(&provider, &keys, &fields, &changed), Code::Mismatch, "{}", told());
        let message = Message { method: "POST", target: "/", headers: &none, body, url: None };
        let now = Timestamp::from_seconds(NOW);
        let ours = provider.sign(&keys, &message, now, Some("msg_1"), None).unwrap().headers;
        let mut ours: Vec<_> =
            ours.into_iter().map(|(name, value)| (name, String::from_utf8(value).unwrap())).collect();
        let mut theirs: Vec<_> = fields.into_iter().map(|(name, value)| (name.to_owned(), value)).collect();
        for headers in [&mut ours, &mut theirs] {
            headers.iter_mut().for_each(|(name, _)| name.make_ascii_lowercase());
            headers.sort();
        }
        assert_eq!(ours, theirs, "{}", told());
    }
}

#[test]
fn openssl_and_we_agree() {
    // A process each: a few are enough, the others sign the same.
    for (at, scheme) in SCHEMES.iter().enumerate() {
        agrees(scheme, &bodies(at as u64, messages() / 10), openssl);
    }
}

#[test]
fn node_and_we_agree() {
    for (at, scheme) in SCHEMES.iter().enumerate() {
        agrees(scheme, &bodies(100 + at as u64, messages()), node);
    }
    agrees(&V1A, &bodies(200, messages()), node_pair);
}

#[test]
fn python_and_we_agree() {
    for (at, scheme) in SCHEMES.iter().enumerate() {
        agrees(scheme, &bodies(300 + at as u64, messages()), python);
    }
}

/// The largest body that `listen` takes.
#[test]
fn openssl_and_we_agree_on_a_body_of_25_mib() {
    let body: Vec<u8> = b"{\"a\":\"\xc3\xab\0\r\n\"}".iter().copied().cycle().take(25 << 20).collect();
    agrees(&SCHEMES[0], &[body], openssl);
}

/// While secrets are changed the valid signature may stand anywhere in the list.
#[test]
fn a_signature_holds_in_every_place_of_a_list() {
    let body = b"{}";
    for scheme in SCHEMES.iter().filter(|scheme| ["stripe", "standard-webhooks"].contains(&scheme.provider)) {
        let (provider, keys) = scheme.ready();
        let right = openssl(&[scheme.order(body)]).remove(0);
        let (prefix, separator) = if scheme.base64 { ("v1,", " ") } else { ("v1=", ",") };
        for length in 1..=20 {
            for place in 0..=length {
                let mut signatures = vec![scheme.written(&"0".repeat(64)); length];
                if let Some(slot) = signatures.get_mut(place) {
                    *slot = scheme.written(&right);
                }
                let list: Vec<String> = signatures.iter().map(|one| format!("{prefix}{one}")).collect();
                let list = list.join(separator);
                let mut fields = scheme.fields(&right);
                let last = fields.last_mut().unwrap();
                last.1 = if scheme.base64 { list } else { format!("t={NOW},{list}") };
                // The control: behind the last place there is none.
                let code = if place < length { Code::Verified } else { Code::Mismatch };
                assert_eq!(
                    judged(&provider, &keys, &fields, body),
                    code,
                    "{} {place}/{length}",
                    scheme.provider
                );
            }
        }
    }
}

/// An old and a new secret at once, and either signature holds under both.
#[test]
fn two_secrets_hold_side_by_side() {
    let old = &SCHEMES[3];
    let provider = Catalogue::builtin().get(old.provider).unwrap();
    let secrets = ["whsec_new", old.secret].map(|text| Secret::new(text).unwrap());
    let keys = provider.keys(&secrets).unwrap();
    let fields = old.fields(&openssl(&[old.order(b"{}")])[0]);
    assert_eq!(judged(&provider, &keys, &fields, b"{}"), Code::Verified);
    let fields = old.fields(&openssl(&[("77687365635f6e6577", [b"1760000000.", &b"{}"[..]].concat())])[0]);
    assert_eq!(judged(&provider, &keys, &fields, b"{}"), Code::Verified);
    let fields = old.fields(&openssl(&[("00", [b"1760000000.", &b"{}"[..]].concat())])[0]);
    assert_eq!(judged(&provider, &keys, &fields, b"{}"), Code::Mismatch);
}

/// `whsec_` means what the profile says, whatever the secret looks like.
#[test]
fn the_profile_decides_how_a_secret_is_read() {
    let secret = "whsec_AP/+EA==";
    let whole = hex::encode(secret);
    let decoded = "00fffe10".to_owned();
    for (scheme, right, wrong) in
        [(&SCHEMES[1], &whole, &decoded), (&SCHEMES[3], &whole, &decoded), (&SCHEMES[4], &decoded, &whole)]
    {
        let provider = Catalogue::builtin().get(scheme.provider).unwrap();
        let keys = provider.keys(&[Secret::new(secret).unwrap()]).unwrap();
        for (key, code) in [(right, Code::Verified), (wrong, Code::Mismatch)] {
            let signed = run(
                "openssl",
                &["dgst", "-sha256", "-mac", "HMAC", "-macopt", &format!("hexkey:{key}")],
                &[scheme.before.as_bytes(), b"{}"].concat(),
            );
            let fields = scheme.fields(signed.rsplit("= ").next().unwrap());
            assert_eq!(judged(&provider, &keys, &fields, b"{}"), code, "{} {key}", scheme.provider);
        }
    }
}
