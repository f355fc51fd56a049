//! Every handshake of the catalogue: what `trigger --handshake` asks, `listen`
//! answers; and what is wrong with an answer is said.

use crate::application::{Door, plain};
use crate::harness::{Home, Listening, hmac_sha256_hex, raw_exchange, request, status_of};
use hookctl::hook::provider::{Catalogue, Kind, Provider};
use serde_json::Value;
use std::sync::Arc;

const SECRET: (&str, &str) = ("FAKE_SECRET", "fake-secret");

/// The first key pair of RFC 8032, 7.1: seed and public key.
const ED25519: (&str, &str) = (
    SECRET.0,
    "9d61b19deffd5a60ba844af492ec2cc44449c5697b326919703bac031cae7f60d75a980182b10ab7d54bfed3c964073a0ee172f3daa62325af021a68f707511a",
);

/// Providers that bring their secret along: the listener must have none before.
const BRINGS_A_SECRET: [&str; 2] = ["asana", "notion"];

/// Steps of a handshake beside the vendor's own request, by provider.
const MORE_STEPS: [(&str, &[&str]); 3] =
    [("discord", &["forged"]), ("xero", &["forged"]), ("asana", &["delivery", "forged_delivery"])];

fn with_handshakes() -> Vec<Arc<Provider>> {
    Catalogue::builtin().all().into_iter().filter(|provider| !provider.handshakes().is_empty()).collect()
}

/// Arguments that give the secret, where the handshake is made with one.
fn secret_args(provider: &Provider) -> Vec<&'static str> {
    let needed = provider.handshakes().iter().any(|handshake| handshake.needs_secret(true));
    if needed { vec!["--secret-env", SECRET.0, "--public-key", "fake_public_key"] } else { Vec::new() }
}

fn secret(id: &str) -> (&'static str, &'static str) {
    let kind = Catalogue::builtin().get(id).unwrap().kind();
    if kind == Kind::Ed25519 { ED25519 } else { SECRET }
}

fn listening(home: &Home, provider: &Provider) -> Listening {
    let mut args = vec!["--provider", &**provider.id(), "--no-journal"];
    args.extend(secret_args(provider));
    home.listen_with(args, &[secret(provider.id())])
}

/// Asks every handshake of a provider.
fn ask(home: &Home, provider: &str, to: &str, more: &[&str]) -> (i32, Vec<Value>, String) {
    let mut args = vec!["trigger", "--handshake", "--provider", provider, "--to", to, "--json"];
    args.extend(more);
    let ran = home.run_with(args, b"", &[secret(provider)]);
    (ran.code(), ran.records(), ran.err())
}

#[test]
fn every_handshake_that_is_triggered_is_answered_by_the_listener() {
    let home = Home::default();
    let mut walked = Vec::new();
    for provider in with_handshakes() {
        let id: &str = provider.id();
        let listening = listening(&home, &provider);
        let to = format!("{}/hooks?tenant=7", listening.url);
        let (code, records, errors) = ask(&home, id, &to, &secret_args(&provider));
        assert_eq!(code, 0, "{id}: {records:?} {errors}");
        let more = MORE_STEPS.iter().find(|(other, _)| *other == id).map_or(&[][..], |(_, steps)| steps);
        assert_eq!(records.len(), provider.handshakes().len() + more.len(), "{id}: {records:?}");
        for record in &records {
            assert_eq!((&record["passed"], &record["wrong"]), (&true.into(), &Value::Array(vec![])), "{id}");
            assert_eq!(record["advice"], Value::Array(vec![]), "{id}: the listener is a model");
        }
        let steps: Vec<_> = records.iter().map(|record| record["step"].as_str().unwrap()).collect();
        assert!(steps.ends_with(more), "{id}: {steps:?}");
        assert_eq!(steps[0], "genuine");
        walked.push(id.to_owned());
        let (_, _, errors) = listening.stop();
        let brought = errors.contains("sent its signing secret");
        assert_eq!(brought, BRINGS_A_SECRET.contains(&id), "{id}: {errors}");
    }
    assert_eq!(
        walked,
        [
            "koji",
            "slack",
            "discord",
            "zoom",
            "asana",
            "notion",
            "trello",
            "dropbox",
            "xero",
            "braintree",
            "monday",
            "facebook",
            "whatsapp",
            "twitter",
            "okta",
            "twitch"
        ],
        "the rows of the catalogue that have a handshake"
    );
}

/// 200 with a body.
fn says(body: &[u8]) -> Vec<u8> {
    let head = format!("HTTP/1.1 200 OK\r\nContent-Length: {}\r\nConnection: close\r\n\r\n", body.len());
    [head.as_bytes(), body].concat()
}

/// Answers as a handler that knows nothing of handshakes would.
fn knows_nothing(status: u16) -> Door {
    Door::open_with(move |_, _| plain(status))
}

#[test]
fn a_handler_that_knows_nothing_of_handshakes_fails_each_that_wants_an_answer() {
    let home = Home::default();
    for provider in with_handshakes() {
        let id: &str = provider.id();
        let door = knows_nothing(500);
        let (code, records, _) = ask(&home, id, &door.url(), &secret_args(&provider));
        assert_eq!(code, 1, "{id}");
        assert!(records.iter().all(|record| record["passed"] == false), "{id}: {records:?}");
        assert_eq!(records[0]["wrong"][0]["code"], "status", "{id}");
    }
}

#[track_caller]
fn wrong(provider: &str, answer: impl Fn() -> Vec<u8> + Send + Sync + 'static) -> Vec<(String, String)> {
    let (home, door) = (Home::default(), Door::open_with(move |_, _| answer()));
    let (code, records, errors) = ask(&home, provider, &door.url(), &["--secret-env", SECRET.0]);
    assert_eq!(code, 1, "{errors}");
    let findings = records.iter().flat_map(|record| record["wrong"].as_array().unwrap().clone());
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    findings.map(|finding| (text(&finding["code"]), text(&finding["text"]))).collect()
}

#[test]
fn what_is_wrong_with_an_answer_is_said_in_words() {
    let said = wrong("slack", || says(b"{\"ok\":true}"));
    assert_eq!(said[0].0, "body");
    assert!(said[0].1.starts_with("its body is `{\"ok\":true}`, and must be `"), "{said:?}");
    let said = wrong("zoom", || says(b"{\"plainToken\":\"x\"}"));
    assert!(said[0].1.starts_with("its `plainToken` is `\"x\"`, and must be `"), "{said:?}");
    let said = wrong("asana", || plain(200));
    assert_eq!(said[0].0, "header");
    assert!(said[0].1.starts_with("it lacks the header X-Hook-Secret"), "{said:?}");
    assert_eq!(said.last().unwrap().0, "forged_taken", "it takes what is signed with any secret");
    let said = wrong("xero", || plain(200));
    assert_eq!(said.iter().map(|finding| &*finding.0).collect::<Vec<_>>(), ["forged_taken"], "{said:?}");
    let said = wrong("trello", || plain(301));
    assert_eq!(said[0].0, "redirect");
    let said = wrong("dropbox", || plain(200));
    assert!(said.iter().any(|finding| finding.1.starts_with("its body is empty, and must be `")), "{said:?}");
}

#[test]
fn a_correct_handler_of_another_make_passes() {
    let home = Home::default();
    let door = Door::open_with(|_, seen| {
        let body: Value = serde_json::from_slice(&seen.body).unwrap();
        let token = body["payload"]["plainToken"].as_str().unwrap();
        let signed = hmac_sha256_hex(SECRET.1, token.as_bytes());
        // Another order, white space, and a member more than was asked for.
        let text =
            format!("{{ \"encryptedToken\": \"{signed}\",\n \"plainToken\": \"{token}\", \"ok\": true }}");
        says(text.as_bytes())
    });
    let (code, records, errors) = ask(&home, "zoom", &door.url(), &["--secret-env", SECRET.0]);
    assert_eq!(code, 0, "{records:?} {errors}");
}

#[test]
fn the_verify_token_is_shown_nowhere() {
    let (home, door) = (Home::default(), knows_nothing(200));
    for format in ["--json", "--output=text"] {
        let args = ["trigger", "--handshake", "--provider", "facebook", "--to", &door.url(), "-v", format];
        let args = args.iter().chain(&["--secret-env", SECRET.0]);
        let ran = home.run_with(args, b"", &[SECRET]);
        assert!(!format!("{}{}", ran.out(), ran.err()).contains(SECRET.1), "{}", ran.out());
    }
    let head = String::from_utf8_lossy(&door.wait_for(2)[0].head).into_owned();
    assert!(head.contains(&format!("hub.verify_token={}", SECRET.1)), "it was sent: {head}");
}

#[test]
fn what_a_handshake_needs_is_named() {
    let home = Home::default();
    let run = |args: &[&str]| home.run([&["trigger", "--to", "1"][..], args].concat());
    let slack = run(&["--handshake", "--provider", "slack"]).expect(3);
    assert!(slack.err().contains("SLACK_WEBHOOK_SECRET"), "{}", slack.err());
    let none = run(&["--handshake", "--provider", "stripe"]).expect(2);
    assert!(none.err().contains("`stripe` has no handshake"), "{}", none.err());
    let other = run(&["--handshake", "pong", "--provider", "koji"]).expect(2);
    assert!(other.err().contains("endpoint verification, ping"), "{}", other.err());
    run(&["--handshake", "--", "interview.completed"]).expect(2);
    run(&["--handshake"]).expect(2);
    // Nobody there.
    let door = Door::shut(|_, _| plain(200));
    let args = ["trigger", "--handshake", "Endpoint-Check", "--provider", "trello", "--to", &door.url()];
    home.run(args).expect(5);
}

#[test]
fn a_wrongly_signed_handshake_is_refused_only_where_the_vendor_wants_it() {
    let home = Home::default();
    // Xero's own, with the listener's secret another one.
    for (provider, code) in [("xero", 1), ("slack", 0)] {
        let listening = home.listen_with(
            ["--provider", provider, "--no-journal", "--secret-env", "OTHER"],
            &[("OTHER", "fake-other")],
        );
        let (ended, records, _) = ask(&home, provider, &listening.url, &["--secret-env", SECRET.0]);
        assert_eq!(ended, code, "{provider}: {records:?}");
        listening.stop();
    }
}

/// Asana's and Notion's secrets come once: a listener that is started again verifies with them.
#[test]
fn a_secret_that_a_handshake_brought_is_known_after_a_restart() {
    for (provider, header) in [("asana", "X-Hook-Signature"), ("notion", "X-Notion-Signature")] {
        let home = Home::default();
        let file = home.join("settings/secrets").join(provider);
        let listening = home.listen(["--provider", provider, "--no-journal"]);
        assert_eq!(ask(&home, provider, &listening.url, &[]).0, 0);
        let (_, _, errors) = listening.stop();
        assert!(errors.contains("it is not kept: `--no-journal` keeps nothing on disk"), "{errors}");
        assert!(!file.exists());

        let listening = home.listen(["--provider", provider]);
        assert_eq!(ask(&home, provider, &listening.url, &[]).0, 0);
        let (_, _, errors) = listening.stop();
        assert!(errors.contains(&format!("it is kept in `{}`", file.display())), "{errors}");
        let secret = std::fs::read_to_string(&file).unwrap();
        assert!(!errors.contains(secret.trim()), "it is shown nowhere: {errors}");

        let listening = home.listen(["--provider", provider]);
        let send = |key: &str| {
            let body = b"{\"events\":[]}";
            let prefix = if provider == "notion" { "sha256=" } else { "" };
            let value = format!("{prefix}{}", hmac_sha256_hex(key, body));
            let sent = request("POST", "/", &[(header, &value)], body);
            status_of(&raw_exchange(listening.address, &sent))
        };
        assert_eq!((send(secret.trim()), send("fake-other")), (200, 401), "{provider}");
        // Another handshake, which anybody can send, replaces nothing.
        assert_eq!(ask(&home, provider, &listening.url, &[]).1[0]["status"], 200);
        assert_eq!(send(secret.trim()), 200, "{provider}");
        listening.stop();
        assert_eq!(std::fs::read_to_string(&file).unwrap(), secret);
    }
}
