//! The same through the program: text, records, the whole table, and a listener.

use crate::harness::{Home, Listening, hmac_sha256_hex, post};
use hmac::{Hmac, KeyInit, Mac};
use serde_json::Value;
use sha1::Sha1;

const SECRET: &str = "an-invented-secret";
const BODY: &str = r#"{"type":"interview.completed","data":{"interview_id":"i1"}}"#;

fn home() -> Home {
    let home = Home::default();
    home.secret("secret.txt", SECRET);
    home.write("body.json", BODY);
    home
}

fn signed(body: &str) -> String {
    format!("X-Koji-Signature: sha256={}", hmac_sha256_hex(SECRET, body.as_bytes()))
}

const VERIFY: [&str; 6] = ["verify", "body.json", "--provider", "koji", "--secret-file", "secret.txt"];

#[test]
fn verify_says_the_cause_and_what_to_change() {
    let home = home();
    let header = signed(&format!("{BODY}\n"));
    let ran = home.run(VERIFY.iter().chain(&["-H", &header])).expect(1);
    let cause = "the signature holds for the body and a line break at its end (body_newline_lost)";
    assert!(ran.out().contains(cause), "{}", ran.out());
    assert!(ran.out().contains("change"), "{}", ran.out());
    assert!(!ran.err().contains("hint"), "the cause is known: {}", ran.err());
    let records = home.run(VERIFY.iter().chain(&["-H", &header, "--json"])).expect(1).records();
    let diagnosis = &records[0]["diagnosis"];
    assert_eq!(diagnosis["code"], "body_newline_lost");
    assert!(diagnosis["text"].is_string() && diagnosis["mend"].is_string());
    assert_eq!(records[0]["code"], "mismatch", "a diagnosis changes no verdict");
    assert_eq!(records[0]["tried"], Value::Null);
}

#[test]
fn explain_shows_everything_that_was_tried() {
    let home = home();
    let header = signed("something else altogether");
    let ran = home.run(VERIFY.iter().chain(&["-H", &header, "--explain", "--json"])).expect(1);
    let record = &ran.records()[0];
    assert_eq!(record["diagnosis"], Value::Null);
    let tried = record["tried"].as_array().unwrap();
    assert!(tried.len() > 50, "{} were tried", tried.len());
    assert!(tried.iter().all(|tried| tried["outcome"] == "no"));
    let ran = home.run(VERIFY.iter().chain(&["-H", &header, "--explain"])).expect(1);
    for code in ["secret_whitespace", "plain_hash", "body_indented"] {
        assert!(ran.out().contains(code), "{}", ran.out());
    }
    let without = home.run(VERIFY.iter().chain(&["-H", &header])).expect(1);
    assert!(without.out().contains("usual mistakes"), "{}", without.out());
    assert!(!without.out().contains("secret_whitespace"), "{}", without.out());
}

#[test]
fn what_holds_and_what_nobody_could_judge_is_not_explained() {
    let home = home();
    let header = signed(BODY);
    let holds = home.run(VERIFY.iter().chain(&["-H", &header, "--explain", "--json"])).expect(0).records();
    assert_eq!((&holds[0]["diagnosis"], &holds[0]["tried"]), (&Value::Null, &Value::Null));
    let unsigned = home.run(VERIFY.iter().chain(&["--explain", "--json"])).expect(1).records();
    assert_eq!(unsigned[0]["tried"].as_array().unwrap().len(), 0, "there is no signature to explain");
}

#[test]
fn listen_says_it_beside_the_failed_delivery() {
    let home = home();
    let args = ["listen", "--port", "0", "--provider", "koji", "--secret-file", "secret.txt", "--json"];
    let listening = Listening::start(home.command(args));
    let indented = serde_json::to_string_pretty(&serde_json::from_str::<Value>(BODY).unwrap()).unwrap();
    let signature = format!("sha256={}", hmac_sha256_hex(SECRET, indented.as_bytes()));
    let status = post(listening.address, "/", &[("X-Koji-Signature", &signature)], BODY.as_bytes());
    assert_eq!(status, 401, "a diagnosis is no pass");
    let delivery = listening.next("delivery");
    let diagnosis = listening.next("diagnosis");
    assert_eq!(diagnosis["seq"], delivery["seq"]);
    assert_eq!(diagnosis["diagnosis"]["code"], "body_indented");
    // The body of the delivery before, under its own signature.
    let other = BODY.replace("i1", "i2");
    let signature = format!("sha256={}", hmac_sha256_hex(SECRET, BODY.as_bytes()));
    assert_eq!(post(listening.address, "/", &[("X-Koji-Signature", &signature)], other.as_bytes()), 401);
    assert_eq!(listening.next("diagnosis")["diagnosis"]["code"], "body_of_another_delivery");
    let (code, rest, _) = listening.stop();
    assert_eq!(code, 0);
    assert!(rest.iter().all(|record| record["type"] != "diagnosis"));
    let again = home.run(["verify", "--event", "1", "--secret-file", "secret.txt", "--json"]).expect(1);
    assert_eq!(again.records()[0]["diagnosis"]["code"], "body_indented");
}

#[test]
fn a_forgery_is_not_explained_by_a_listener() {
    let home = home();
    let args = ["listen", "--port", "0", "--provider", "koji", "--secret-file", "secret.txt", "--json"];
    let listening = Listening::start(home.command(args));
    let forged = format!("sha256={}", "0".repeat(64));
    for _ in 0..60 {
        assert_eq!(post(listening.address, "/", &[("X-Koji-Signature", &forged)], BODY.as_bytes()), 401);
    }
    let (code, rest, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
    assert_eq!(rest.iter().filter(|record| record["type"] == "delivery").count(), 60);
    assert!(rest.iter().all(|record| record["type"] != "diagnosis"));
}

/// The provider is recognised by a header for which no secret is kept.
#[test]
fn a_secret_that_is_kept_for_another_provider_is_named() {
    let home = home();
    home.secret("settings/secrets/github", SECRET);
    let listening = Listening::start(home.command(["listen", "--port", "0", "--json"]));
    let mut old = Hmac::<Sha1>::new_from_slice(SECRET.as_bytes()).unwrap();
    old.update(BODY.as_bytes());
    let signature = format!("sha1={}", hex::encode(old.finalize().into_bytes()));
    let github = ("X-GitHub-Event", "push");
    assert_eq!(
        post(listening.address, "/", &[("X-Hub-Signature", &signature), github], BODY.as_bytes()),
        401
    );
    let diagnosis = listening.next("diagnosis");
    assert_eq!(diagnosis["diagnosis"]["code"], "secret_of_another_profile", "{diagnosis}");
    // The control: with another secret nothing explains it.
    let forged = format!("sha1={}", "0".repeat(40));
    post(listening.address, "/", &[("X-Hub-Signature", &forged), github], BODY.as_bytes());
    let (_, rest, _) = listening.stop();
    assert!(rest.iter().all(|record| record["type"] != "diagnosis"), "{rest:?}");
}

#[test]
fn the_secret_of_another_profile_is_named() {
    let home = home();
    home.secret("settings/secrets/github", "the-secret-of-github");
    let header =
        format!("X-Koji-Signature: sha256={}", hmac_sha256_hex("the-secret-of-github", BODY.as_bytes()));
    let ran = home.run(VERIFY.iter().chain(&["-H", &header, "--json"])).expect(1);
    let diagnosis = &ran.records()[0]["diagnosis"];
    assert_eq!(diagnosis["code"], "secret_of_another_profile", "{diagnosis}");
    assert!(diagnosis["text"].as_str().unwrap().contains("secrets/github"));
    assert!(!ran.out().contains("the-secret-of-github"));
}
