//! Key pairs through the real program, and Node's own cryptography as the judge.

use crate::harness::{Home, Ran, require};
use serde_json::{Value, json};
use std::os::unix::fs::PermissionsExt as _;
use std::process::{Command, Stdio};

const BODY: &str = "{\"type\":\"fake\",\"n\":1}\n";
const IDS: [&str; 6] = ["discord", "telnyx", "standard-webhooks-v1a", "sendgrid", "plaid", "paypal"];

fn keygen(home: &Home, id: &str, more: &[&str]) -> Value {
    let args = [&["providers", "keygen", id, "--json"], more].concat();
    home.run(args).expect(0).records().remove(0)
}

fn sign(home: &Home, id: &str) -> Ran {
    let args = ["sign", "body.json", "--provider", id, "--timestamp", "1760000000", "--id", "msg_1"];
    home.run([&args[..], &["--webhook-id", "FAKEWEBHOOKID", "--json"]].concat())
}

/// Verifies with Node what was signed, from the public keys alone.
const JUDGE: &str = r#"
const crypto = require('node:crypto');
const cases = JSON.parse(require('node:fs').readFileSync(0, 'utf8'));
const crc32 = (text) => { let c = ~0; for (const b of Buffer.from(text)) { c ^= b; for (let k = 0; k < 8; k++) c = (c >>> 1) ^ (0xedb88320 & -(c & 1)); } return (~c) >>> 0; };
const raw = (bytes) => crypto.createPublicKey({ key: { kty: 'OKP', crv: 'Ed25519', x: bytes.toString('base64url') }, format: 'jwk' });
for (const { id, key, headers, body } of cases) {
  const h = (name) => headers[name.toLowerCase()];
  let good;
  if (id === 'discord')
    good = crypto.verify(null, Buffer.from(h('X-Signature-Timestamp') + body), raw(Buffer.from(key, 'hex')), Buffer.from(h('X-Signature-Ed25519'), 'hex'));
  else if (id === 'telnyx')
    good = crypto.verify(null, Buffer.from(h('telnyx-timestamp') + '|' + body), raw(Buffer.from(key, 'base64')), Buffer.from(h('telnyx-signature-ed25519'), 'base64'));
  else if (id === 'standard-webhooks-v1a')
    good = crypto.verify(null, Buffer.from(h('webhook-id') + '.' + h('webhook-timestamp') + '.' + body), raw(Buffer.from(key.replace('whpk_', ''), 'base64')), Buffer.from(h('webhook-signature').replace('v1a,', ''), 'base64'));
  else if (id === 'sendgrid')
    good = crypto.createVerify('sha256').update(h('X-Twilio-Email-Event-Webhook-Timestamp') + body).verify({ key: Buffer.from(key, 'base64'), format: 'der', type: 'spki' }, h('X-Twilio-Email-Event-Webhook-Signature'), 'base64');
  else if (id === 'paypal')
    good = crypto.createVerify('sha256').update([h('PAYPAL-TRANSMISSION-ID'), h('PAYPAL-TRANSMISSION-TIME'), 'FAKEWEBHOOKID', crc32(body)].join('|')).verify(key, h('PAYPAL-TRANSMISSION-SIG'), 'base64');
  else {
    const [head, claims, sig] = h('Plaid-Verification').split('.');
    const jwk = JSON.parse(key), said = JSON.parse(Buffer.from(claims, 'base64url'));
    const thumb = crypto.createHash('sha256').update(JSON.stringify({ crv: jwk.crv, kty: jwk.kty, x: jwk.x, y: jwk.y })).digest('base64url');
    good = crypto.createVerify('sha256').update(head + '.' + claims).verify({ key: crypto.createPublicKey({ key: jwk, format: 'jwk' }), dsaEncoding: 'ieee-p1363' }, sig, 'base64url')
      && JSON.parse(Buffer.from(head, 'base64url')).kid === jwk.kid && jwk.kid === thumb && said.iat === 1760000000
      && said.request_body_sha256 === crypto.createHash('sha256').update(body).digest('hex');
  }
  console.log(id, good);
}
"#;

#[test]
fn node_verifies_what_every_generated_key_signs() {
    require("node");
    let home = Home::default();
    home.write("body.json", BODY);
    let mut cases = Vec::new();
    for id in IDS {
        let made = keygen(&home, id, &[]);
        assert_eq!((made["type"].as_str(), made["result"].as_str()), (Some("key_pair"), Some("created")));
        let mode = std::fs::metadata(made["file"].as_str().unwrap()).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{id}");
        let signed = sign(&home, id).expect(0).records().remove(0);
        let headers: serde_json::Map<String, Value> = signed["headers"]
            .as_array()
            .unwrap()
            .iter()
            .map(|header| (header["name"].as_str().unwrap().to_lowercase(), header["value"].clone()))
            .collect();
        cases.push(json!({"id": id, "key": made["public_key"], "headers": headers, "body": BODY}));
        // The control: another body under the same signature.
        cases.push(json!({"id": id, "key": made["public_key"], "headers": headers, "body": "{}"}));
    }
    let input = Value::from(cases).to_string();
    let mut node = Command::new("node");
    node.args(["-e", JUDGE]).stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped());
    let said = Ran::of(node, input.as_bytes()).expect(0).out();
    let wanted: String = IDS.iter().map(|id| format!("{id} true\n{id} false\n")).collect();
    // Plaid's token is signed apart from the body: only its claim is another's.
    assert_eq!(said, wanted);
}

#[test]
fn a_key_is_kept_until_it_is_replaced_by_force() {
    let home = Home::default();
    home.write("body.json", BODY);
    let first = keygen(&home, "discord", &[]);
    let again = home.run(["providers", "keygen", "discord", "--json"]).expect(0);
    assert!(again.err().contains("--force"), "{}", again.err());
    let again = again.records().remove(0);
    assert_eq!((&again["public_key"], again["result"].as_str()), (&first["public_key"], Some("kept")));
    let other = keygen(&home, "discord", &["--force", "--print-secret"]);
    assert_ne!(other["public_key"], first["public_key"]);
    assert!(other["private_key"].as_str().unwrap().starts_with("-----BEGIN PRIVATE KEY-----\n"));
    assert!(first.get("private_key").is_none());
    let former = home.join("settings/secrets/discord.former");
    assert_eq!(std::fs::metadata(former).unwrap().permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_public_key_is_refused_where_something_is_to_be_signed() {
    let home = Home::default();
    home.write("body.json", BODY);
    let none = sign(&home, "discord").expect(3);
    assert!(none.err().contains("hookctl providers keygen discord"), "{}", none.err());
    let made = keygen(&home, "discord", &[]);
    let public = made["public_key"].as_str().unwrap();
    home.secret("settings/secrets/discord", public);
    let refused = sign(&home, "discord").expect(3);
    assert!(refused.err().contains("does not sign"), "{}", refused.err());
    assert!(refused.err().contains("hookctl providers keygen discord"), "{}", refused.err());
    let kept = home.run(["providers", "keygen", "discord"]).expect(3);
    assert!(kept.err().contains("public key") && kept.err().contains("--force"), "{}", kept.err());
    assert_eq!(std::fs::read_to_string(home.join("settings/secrets/discord")).unwrap(), public);
}

#[test]
fn keygen_says_what_it_cannot_do() {
    let home = Home::default();
    let shared = home.run(["providers", "keygen", "koji"]).expect(2);
    assert!(shared.err().contains("the same secret") && shared.err().contains("KOJI_WEBHOOK_SECRET"));
    home.run(["providers", "keygen", "discrod"]).expect(2);
    home.write("settings/secrets", "a file where the folder should be");
    home.run(["providers", "keygen", "discord"]).expect(6);
}

#[test]
fn a_variable_that_counts_before_the_stored_key_is_named() {
    let home = Home::default();
    let variables =
        [("DISCORD_WEBHOOK_SECRET", "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c")];
    let ran = home.run_with(["providers", "keygen", "discord"], b"", &variables).expect(0);
    assert!(ran.err().contains("DISCORD_WEBHOOK_SECRET counts before"), "{}", ran.err());
    assert!(ran.err().contains("32 bytes in hex"), "{}", ran.err());
}

#[test]
fn listen_verifies_what_trigger_signs_with_a_generated_key() {
    let home = Home::default();
    let public = keygen(&home, "sendgrid", &[])["public_key"].as_str().unwrap().to_owned();
    let file = home.secret("public", &public);
    home.write("body.json", "[{\"event\":\"dropped\",\"sg_event_id\":\"fake-1\"}]\r\n");
    let listening = home.listen(["--provider", "sendgrid", "--secret-file", file.to_str().unwrap()]);
    let url = format!("http://{}/", listening.address);
    home.run(["trigger", "dropped", "--provider", "sendgrid", "--data", "body.json", "--to", &url]).expect(0);
    let delivery = listening.next("delivery");
    assert_eq!(
        delivery["verdict"]["code"].as_str().or(delivery["verdict"].as_str()),
        Some("verified"),
        "{delivery}"
    );
    // The control: the same bytes from whoever has another key.
    keygen(&home, "sendgrid", &["--force"]);
    home.run(["trigger", "dropped", "--provider", "sendgrid", "--data", "body.json", "--to", &url]);
    let delivery = listening.next("delivery");
    assert_ne!(
        delivery["verdict"]["code"].as_str().or(delivery["verdict"].as_str()),
        Some("verified"),
        "{delivery}"
    );
    listening.stop();
}
