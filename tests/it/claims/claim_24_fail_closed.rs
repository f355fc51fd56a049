//! Claim 24: of more than 430 hostile signatures none is accepted and none
//! makes anything panic; no form of an empty secret switches verification off.

use crate::harness::{Home, hmac_sha256_hex};
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use hookctl::hook::delivery::Message;
use hookctl::hook::headers::Headers;
use hookctl::hook::provider::{Catalogue, Provider};
use hookctl::hook::secret::Secret;
use hookctl::hook::signature::Keys;
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::Verdict;
use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

const NOW: Timestamp = Timestamp::from_seconds(1_760_000_000);
const BODY: &[u8] = br#"{"type":"interview.completed","data":{"interview_id":"int_1"}}"#;
const PROVIDERS: [&str; 8] =
    ["koji", "userjourneys", "github", "shopify", "typeform", "slack", "stripe", "standard-webhooks"];

type Fields = Vec<(String, Vec<u8>)>;

struct Scheme {
    provider: Arc<Provider>,
    keys: Keys,
}

fn secret(id: &str, text: &str) -> Secret {
    match id {
        "standard-webhooks" => Secret::new(format!("whsec_{}", STANDARD.encode(text))).unwrap(),
        _ => Secret::new(text).unwrap(),
    }
}

impl Scheme {
    fn new(id: &str, text: &str) -> Self {
        let provider = Catalogue::builtin().get(id).unwrap();
        let keys = provider.keys(&[secret(id, text)]).unwrap();
        Self { provider, keys }
    }

    fn sign(&self, body: &[u8]) -> Fields {
        let headers = Headers::default();
        let message = Message { method: "POST", target: "/", headers: &headers, body, url: None };
        self.provider.sign(&self.keys, &message, NOW, Some("msg_1"), None).unwrap().headers
    }

    fn verify(&self, fields: &Fields, body: &[u8]) -> Verdict {
        let headers = Headers::from_pairs(fields.iter().map(|(name, value)| (name, value)));
        let message = Message { method: "POST", target: "/", headers: &headers, body, url: None };
        self.provider.verify(&self.keys, &message, NOW, None)
    }

    /// The genuine fields: those around the signature's value, its name, what stands before the signature, the signature.
    fn genuine(&self) -> Genuine {
        let mut fields = self.sign(BODY);
        let name = self.provider.signature_headers()[0].to_string();
        let at = fields.iter().position(|(field, _)| field.eq_ignore_ascii_case(&name)).unwrap();
        let value = String::from_utf8(fields.remove(at).1).unwrap();
        let length = self.provider.encode().length(self.provider.hash().bytes());
        let (before, signature) = value.split_at(value.len() - length);
        Genuine { others: fields, name, before: before.to_owned(), signature: signature.to_owned() }
    }
}

struct Genuine {
    others: Fields,
    name: String,
    before: String,
    signature: String,
}

impl Genuine {
    fn with_value(&self, value: impl AsRef<[u8]>) -> Fields {
        let mut fields = self.others.clone();
        fields.push((self.name.clone(), value.as_ref().to_vec()));
        fields
    }

    fn with_signature(&self, signature: impl AsRef<[u8]>) -> Fields {
        self.with_value([self.before.as_bytes(), signature.as_ref()].concat())
    }

    /// The bytes that the signature stands for.
    fn tag(&self) -> Vec<u8> {
        hex::decode(&self.signature).unwrap_or_else(|_| STANDARD.decode(&self.signature).unwrap())
    }
}

/// Signatures that are not the genuine one.
fn signatures(genuine: &Genuine) -> Vec<Vec<u8>> {
    let (signature, tag) = (genuine.signature.as_str(), genuine.tag());
    let hexadecimal = signature.len() == 64;
    let write = |tag: &[u8]| if hexadecimal { hex::encode(tag) } else { STANDARD.encode(tag) };
    let flipped = |at: usize| {
        let mut tag = tag.clone();
        tag[at] ^= 1;
        write(&tag)
    };
    let replaced = |at: usize, with: &str| format!("{}{with}{}", &signature[..at], &signature[at + 1..]);
    let mut found: Vec<Vec<u8>> = (0..signature.len()).map(|length| signature[..length].into()).collect();
    let mut add = |text: String| found.push(text.into_bytes());
    for length in [65, 66, 96, 128, 1_024, 4_096, 8_192, 1 << 20] {
        let padding = "0".repeat(length - signature.len());
        add(format!("{signature}{padding}"));
        add(format!("{padding}{signature}"));
    }
    for at in [0, 1, 15, 16, 30, 31] {
        add(flipped(at));
    }
    for tag in
        [vec![0; 32], vec![0xff; 32], tag.iter().rev().copied().collect(), tag[..31].to_vec(), Vec::new()]
    {
        add(write(&tag));
    }
    add(write(&[&tag[..], &[0]].concat()));
    for inserted in [" ", "\t", "\0", "\r\n", "\n", ",", ";", "=", "%", "\u{200b}", "\u{feff}", "\u{301}"] {
        add(format!("{}{inserted}{}", &signature[..20], &signature[20..]));
        add(replaced(20, inserted));
    }
    // Digits and letters of other alphabets, and lengths that only bytes share.
    for alike in ["\u{ff10}", "\u{660}", "\u{430}", "\u{1d7ce}", "\u{2460}", "g", "-", "_", "*"] {
        add(replaced(0, alike));
        add(alike.repeat(signature.len()));
        add(alike.repeat(signature.len() / alike.len()));
    }
    add(if hexadecimal { STANDARD.encode(&tag) } else { hex::encode(&tag) });
    add(STANDARD.encode(signature));
    add(signature.chars().rev().collect());
    add(format!("\"{signature}\""));
    add(format!("0x{signature}"));
    add(format!("{{\"a\":\"{signature}\"}}"));
    if !hexadecimal {
        let swapped = signature.chars().map(|letter| {
            if letter.is_ascii_lowercase() {
                letter.to_ascii_uppercase()
            } else {
                letter.to_ascii_lowercase()
            }
        });
        add(swapped.collect());
        add(signature.trim_end_matches('=').to_owned());
        add(format!("{signature}="));
        add(signature.replace('=', "%3D"));
        add(non_canonical(signature));
    }
    found.push(b"\xff\xfe".repeat(32));
    found
}

/// The same bytes with other spare bits in the last letter: a second spelling.
fn non_canonical(signature: &str) -> String {
    const ALPHABET: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let last = signature.len() - 2;
    let at = ALPHABET.iter().position(|letter| *letter == signature.as_bytes()[last]).unwrap();
    format!("{}{}=", &signature[..last], char::from(ALPHABET[at ^ 1]))
}

/// Whole headers that are not the genuine ones.
fn headers(scheme: &Scheme, genuine: &Genuine) -> Vec<Fields> {
    let signature = &genuine.signature;
    let mut found = vec![genuine.others.clone(), genuine.with_value("")];
    let prefixes = [
        "sha1=", "sha512=", "md5=", "none=", "SHA256=", "sha256:", "sha256", "sha256==", "hmac=", "v0,",
        "v2=", "v1a,", "=", "v1,v1,", "t=,v1=", "{sig}", "*=",
    ];
    // A prefix that stands for another rule does not hold the signature up, unless it is the scheme's own.
    let foreign = prefixes.iter().filter(|prefix| !genuine.before.starts_with(**prefix));
    found.extend(foreign.map(|prefix| genuine.with_value(format!("{prefix}{signature}"))));
    if !genuine.before.is_empty() {
        found.push(genuine.with_value(signature));
        found.push(genuine.with_value(&genuine.before));
        found.push(genuine.with_value(genuine.before.to_uppercase() + signature));
    }
    let wrong = "0".repeat(signature.len());
    let list = |separator: &str, count| vec![format!("{}{wrong}", genuine.before); count].join(separator);
    found.extend([",", ", ", " ", ";"].map(|separator| genuine.with_value(list(separator, 2))));
    found.push(genuine.with_value(list(",", 10_000)));
    found.push(genuine.with_value(list(" ", 10_000)));
    let mut twice = genuine.with_signature(&wrong);
    twice.push((genuine.name.clone(), b"".to_vec()));
    found.push(twice);
    // Names that only look like the header's.
    for name in [genuine.name.replace('-', "_"), format!("{} ", genuine.name), format!("X-{}", genuine.name)]
    {
        let mut fields = genuine.others.clone();
        fields.push((name, format!("{}{signature}", genuine.before).into_bytes()));
        found.push(fields);
    }
    // Signed, but by another secret, or not these bytes.
    let others = ["another-fake-secret", "fake-secret", "fake-secret-one ", "Fake-secret-one"];
    found.extend(others.map(|text| Scheme::new(scheme.provider.id(), text).sign(BODY)));
    let re_serialised =
        serde_json::to_vec_pretty(&serde_json::from_slice::<serde_json::Value>(BODY).unwrap()).unwrap();
    let with_line_feed = [BODY, b"\n"].concat();
    for body in [&re_serialised[..], &with_line_feed, b"", &BODY[1..], b"[]"] {
        found.push(scheme.sign(body));
    }
    found
}

/// Timestamps in place of the genuine one, where the scheme signs one.
fn timestamps(genuine: &Genuine) -> Vec<Fields> {
    let now = NOW.seconds().to_string();
    let wrong = [
        "",
        "0",
        "-1",
        "1",
        "1760000001",
        "1759999699",
        "1760000301",
        "1760000000000",
        "1760000000.0",
        "0x68e7a380",
        "01760000000",
        "+1760000000",
        " 1760000000 ",
        "1e9",
        "2147483648",
        "9223372036854775807",
        "9223372036854775808",
        "99999999999999999999999",
        "now",
        "NaN",
        "\u{ff11}760000000",
    ];
    let replace = |bytes: &[u8], with: &str| String::from_utf8_lossy(bytes).replace(&now, with).into_bytes();
    let whole = genuine.with_signature(&genuine.signature);
    if !whole.iter().any(|(_, value)| replace(value, "") != *value) {
        return Vec::new();
    }
    wrong
        .iter()
        .map(|with| whole.iter().map(|(name, value)| (name.clone(), replace(value, with))).collect())
        .collect()
}

#[test]
fn no_hostile_signature_is_accepted_and_none_panics() {
    let mut tried: BTreeMap<&str, usize> = BTreeMap::new();
    let mut codes: BTreeMap<&str, usize> = BTreeMap::new();
    for id in PROVIDERS {
        let scheme = Scheme::new(id, "fake-secret-one");
        let genuine = scheme.genuine();
        let whole = genuine.with_signature(&genuine.signature);
        assert!(scheme.verify(&whole, BODY).verified(), "{id}: the genuine one is the control");
        let mut cases: Vec<Fields> =
            signatures(&genuine).iter().map(|one| genuine.with_signature(one)).collect();
        cases.extend(headers(&scheme, &genuine));
        cases.extend(timestamps(&genuine));
        for case in cases {
            // What says the same as the genuine header is no attack.
            if case == whole {
                continue;
            }
            let told = || {
                format!(
                    "{id}: {}",
                    case.iter()
                        .map(|(name, value)| format!(
                            "{name}: {}",
                            String::from_utf8_lossy(&value[..value.len().min(200)])
                        ))
                        .collect::<Vec<_>>()
                        .join("; ")
                )
            };
            let verdict = catch_unwind(AssertUnwindSafe(|| scheme.verify(&case, BODY)));
            let verdict = verdict.unwrap_or_else(|_| panic!("{} panicked", told()));
            assert!(!verdict.verified(), "{} was accepted", told());
            assert!(!verdict.reason.is_empty(), "{}", told());
            *tried.entry(id).or_default() += 1;
            *codes.entry(verdict.code.as_str()).or_default() += 1;
        }
        for at in 0..BODY.len() {
            let mut changed = BODY.to_vec();
            changed[at] ^= 0x20;
            assert!(!scheme.verify(&whole, &changed).verified(), "{id}: byte {at} of the body");
        }
    }
    let all: usize = tried.values().sum();
    println!("{all} hostile signatures: {tried:?}; refused by rule: {codes:?}");
    assert!(all >= 430 && codes.len() >= 5, "{tried:?} {codes:?}");
}

#[test]
fn no_form_of_an_empty_secret_is_a_secret() {
    let home = Home::default();
    let empty = hmac_sha256_hex("", BODY);
    let header = format!("X-Koji-Signature: sha256={empty}");
    let body = std::str::from_utf8(BODY).unwrap();
    let verify = ["verify", "--data", body, "--provider", "koji", "-H", &header];
    let with = |more: &[&str], variables: &[(&str, &str)]| {
        home.run_with(verify.iter().chain(more).copied(), b"", variables)
    };
    for content in ["", "\n", "\r\n", "\n\n"] {
        let file = home.secret("empty", content);
        with(&["--secret-file", file.to_str().unwrap()], &[]).expect(3);
    }
    with(&["--secret", ""], &[]).expect(3);
    with(&["--secret-env", "EMPTY"], &[("EMPTY", "")]).expect(3);
    with(&["--secret-env", "EMPTY"], &[("EMPTY", "\n")]).expect(3);
    with(&["--secret-env", "UNSET"], &[]).expect(3);
    with(&[], &[("KOJI_WEBHOOK_SECRET", "")]).expect(3);
    with(&[], &[]).expect(3);
    // There are no magic values: these are secrets like any other, and wrong ones.
    for word in ["***", "none", "null", "disabled", "test-signature", "whsec_", "0", "false"] {
        with(&["--secret-env", "WORD"], &[("WORD", word)]).expect(1);
    }
    let listed =
        ["verify", "--data", body, "--provider", "standard-webhooks", "-H", "webhook-signature: v1,"];
    for word in ["whsec_", "whsec_====", "whsec_*"] {
        home.run_with(listed.iter().chain(&["--secret-env", "WORD"]).copied(), b"", &[("WORD", word)])
            .expect(3);
    }
    // The control: with its secret the signature holds.
    let right = format!("X-Koji-Signature: sha256={}", hmac_sha256_hex("fake-secret-one", BODY));
    let args = ["verify", "--data", body, "--provider", "koji", "-H", &right, "--secret-env", "WORD"];
    home.run_with(args, b"", &[("WORD", "fake-secret-one")]).expect(0);
}

#[test]
fn a_listener_with_an_unusable_secret_does_not_start() {
    let home = Home::default();
    for (args, variables) in [
        (&["--secret-env", "EMPTY"][..], &[("EMPTY", "")][..]),
        (&["--provider", "koji"], &[("KOJI_WEBHOOK_SECRET", "")]),
        (&[], &[("KOJI_WEBHOOK_SECRET", "\n")]),
        (&["--provider", "standard-webhooks", "--secret-env", "WORD"], &[("WORD", "whsec_")]),
    ] {
        // If it starts all the same, the time limit ends it with another code.
        let all = ["listen", "--port", "0", "--for", "5s"].iter().chain(args).copied();
        home.run_with(all, b"", variables).expect(3);
    }
}
