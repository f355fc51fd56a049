//! Claim 8: a redelivery is named as one, with another body where it has one,
//! is passed on all the same, and nobody without the secret has a say in it.

use crate::harness::target::Application;
use crate::harness::{Home, Listening, hmac_sha256_hex, post};
use serde_json::{Value, json};

const SECRET: &str = "not-a-secret-of-the-redeliveries";

fn listen(home: &Home, target: &Application) -> Listening {
    home.listen_with(["--provider", "koji", "--forward", &target.url()], &[("KOJI_WEBHOOK_SECRET", SECRET)])
}

/// An interview of this id, signed by `secret`; what the listener says of it.
fn send(listening: &Listening, secret: &str, id: &str, more: &str) -> Value {
    let event = json!({ "type": "interview.completed", "data": { "interview_id": id, "more": more } });
    let body = event.to_string();
    let signature = format!("sha256={}", hmac_sha256_hex(secret, body.as_bytes()));
    let expected = if secret == SECRET { 200 } else { 401 };
    let status = post(listening.address, "/", &[("X-Koji-Signature", &signature)], body.as_bytes());
    assert_eq!(status, expected, "{id}");
    loop {
        let record = listening.any();
        if ["delivery", "duplicate"].contains(&record["type"].as_str().unwrap()) {
            return record;
        }
    }
}

#[test]
fn a_redelivery_is_named_after_restarts_too_and_a_forged_one_changes_nothing() {
    let (home, target) = (Home::default(), Application::start());
    let listening = listen(&home, &target);
    // Who knows the id that comes next cannot make it a repeat.
    let forged = send(&listening, "guessed", "int_1", "");
    assert_eq!((&forged["type"], &forged["verdict"]["verified"]), (&"delivery".into(), &false.into()));
    let genuine = send(&listening, SECRET, "int_1", "");
    assert_eq!((&genuine["type"], &genuine["duplicate_of"]), (&"delivery".into(), &Value::Null));
    let first = genuine["seq"].clone();
    let again = send(&listening, SECRET, "int_1", "");
    assert_eq!((&again["type"], &again["duplicate_of"]), (&"duplicate".into(), &first));
    // Neither a forged repeat nor a restart makes it forget.
    send(&listening, "guessed", "int_1", "");
    assert_eq!(listening.stop().0, 0);
    let listening = listen(&home, &target);
    let after_restart = send(&listening, SECRET, "int_1", "");
    assert_eq!((&after_restart["type"], &after_restart["duplicate_of"]), (&"duplicate".into(), &first));
    listening.kill();
    let listening = listen(&home, &target);
    let other_body = send(&listening, SECRET, "int_1", "an amended body");
    assert_eq!((&other_body["type"], &other_body["duplicate_of"]), (&"duplicate".into(), &first));
    assert_eq!((&other_body["same_body"], &after_restart["same_body"]), (&false.into(), &true.into()));
    assert_eq!((&again["same_body"], &genuine["same_body"]), (&true.into(), &Value::Null));
    assert_eq!(listening.stop().0, 0);
    let listed = home.run(["events", "list", "--text", "an amended body"]).expect(0).out();
    assert!(listed.contains(&format!("repeats #{first}, another body")), "{listed}");
    let plain = home.run(["events", "show", &after_restart["seq"].to_string()]).expect(0).out();
    assert!(plain.contains(&format!("repeats #{first}\n")), "{plain}");
    let shown = home.run(["events", "show", &other_body["seq"].to_string(), "--json"]).expect(0);
    assert_eq!(shown.records()[0]["same_body"], false);
    // All that verified reached the target, the repeats as well; nothing forged did.
    assert_eq!(target.received().len(), 4);
}

#[test]
fn ids_of_any_form_are_told_apart_and_recognised() {
    let (home, target) = (Home::default(), Application::start());
    let listening = listen(&home, &target);
    let long = "i".repeat(8 << 10);
    let nearly = format!("{}j", &long[1..]);
    let ids = [
        "a",
        "A",
        ".",
        "..",
        "",
        " ",
        "a:b",
        "{json:type}",
        "\u{202e}a",
        "😀",
        "é",
        "e\u{301}",
        &long,
        &nearly,
    ];
    let firsts: Vec<Value> = ids.iter().map(|id| send(&listening, SECRET, id, id)).collect();
    for (id, first) in ids.iter().zip(&firsts) {
        assert_eq!(first["type"], "delivery", "{id:?} was taken for another");
        let again = send(&listening, SECRET, id, id);
        assert_eq!((&again["type"], &again["duplicate_of"]), (&"duplicate".into(), &first["seq"]), "{id:?}");
    }
    assert_eq!(listening.stop().0, 0);
    assert_eq!(target.received().len(), 2 * ids.len());
}
