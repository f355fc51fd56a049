//! `capacity`: the answer, why, and from where.

use super::{Asked, STUDY, list, one, refusal, study, with};
use crate::harness::script::{Act, answer, json};
use crate::harness::{Home, Listening, hmac_sha256_hex, post};
use serde_json::{Value, json};

const BY_ID: &[&str] = &["capacity", STUDY, "--json"];

fn limits(weekly: (u64, u64), monthly: (u64, u64)) -> Value {
    json!({
        "weekly": {"limit": weekly.0, "used": weekly.1}, "monthly": {"limit": monthly.0, "used": monthly.1},
    })
}

fn closed(limits: Value) -> Value {
    with(study(STUDY, "Onboarding Feedback"), &[("accepting_responses", json!(false)), ("limits", limits)])
}

#[test]
fn the_exit_code_is_the_vendors_flag_and_the_limits_say_why() {
    for (answer, code, reasons) in [
        (study(STUDY, "a"), 0, json!([])),
        (closed(limits((50, 50), (200, 45))), 1, json!(["weekly_limit"])),
        (closed(limits((50, 12), (200, 200))), 1, json!(["monthly_limit"])),
        (closed(limits((50, 12), (200, 45))), 1, json!(["project_quota"])),
        (closed(Value::Null), 1, json!(["project_quota"])),
        (with(closed(Value::Null), &[("status", json!("paused"))]), 1, json!(["not_active"])),
        // The flag is trusted, whatever the numbers say.
        (with(study(STUDY, "a"), &[("limits", limits((5, 5), (5, 5)))]), 0, json!([])),
    ] {
        let asked = Asked::of([one(&answer)]);
        let record = &asked.run(BY_ID).expect(code).records()[0];
        assert_eq!(
            (&record["reasons"], &record["accepting_responses"]),
            (&reasons, &json!(code == 0)),
            "{answer}"
        );
        assert_eq!(asked.lines(), [format!("GET /studies/{STUDY}")]);
    }
}

#[test]
fn the_record_holds_limit_use_rest_and_reset() {
    let asked = Asked::of([one(&study(STUDY, "Onboarding Feedback"))]);
    let record = &asked.run(BY_ID).expect(0).records()[0];
    assert_eq!(record["study"], json!({"id": STUDY, "name": "Onboarding Feedback", "status": "active"}));
    let weekly = &record["limits"]["weekly"];
    assert_eq!((&weekly["limit"], &weekly["used"], &weekly["left"]), (&json!(50), &json!(12), &json!(38)));
    let reset = weekly["resets_at"].as_str().unwrap();
    assert!(reset.ends_with("T00:00:00.000Z"), "{reset}");
    assert!(record["limits"]["monthly"]["resets"].as_str().unwrap().contains("subscription"));
    assert_eq!((&record["cached"], &record["decided_by"]), (&json!(false), &json!("vendor")));
}

#[test]
fn a_person_reads_why_and_a_script_reads_nothing() {
    let asked =
        Asked::of([one(&closed(limits((50, 50), (200, 45)))), one(&closed(limits((50, 12), (200, 45))))]);
    let out = asked.run(&["capacity", STUDY, "--no-cache"]).expect(1).out();
    for said in ["takes no responses: its weekly limit is reached", "50 of 50 used, 0 left", "Monday"] {
        assert!(out.contains(said), "{said}: {out}");
    }
    let ran = asked.run(&["capacity", STUDY, "--no-cache", "--quiet"]).expect(1);
    assert_eq!((ran.out(), ran.err()), (String::new(), String::new()));
}

#[test]
fn the_answer_is_kept_for_a_while_for_this_key_alone() {
    let asked = Asked::of((0..6).map(|_| list(&[study(STUDY, "Onboarding Feedback")], false)));
    let name = ["capacity", "Onboarding Feedback", "--json"];
    let cached = |args: &[&str], more: &[(&str, &str)]| {
        asked.run_with(args, more).expect(0).records()[0]["cached"].as_bool().unwrap()
    };
    assert!(!cached(&name, &[]));
    assert!(cached(&name, &[]), "the second is not asked for");
    assert!(cached(BY_ID, &[]), "nor by its id, which the list told");
    assert_eq!(asked.lines().len(), 1);
    let again = |more: &[&'static str]| [&name[..], more].concat();
    assert!(!cached(&again(&["--no-cache"]), &[]));
    assert!(!cached(&again(&["--max-age", "0"]), &[]));
    assert!(
        !cached(&name, &[("USERJOURNEYS_API_KEY", "uj_live_fake_of_another_project")]),
        "another project's"
    );
    assert!(cached(&again(&["--max-age", "1h"]), &[]), "the first key's is still there");
    assert_eq!(asked.lines().len(), 4);
    // What is kept must not hide a study that was made since.
    asked.run(&["capacity", "New", "--json"]).expect(2);
    assert_eq!(asked.lines().len(), 5);
    // The key is nowhere in the file.
    let journal = std::fs::read(asked.home.join("data/journal.db")).unwrap();
    assert!(!journal.windows(super::KEY.len()).any(|window| window == super::KEY.as_bytes()));
}

/// A listener that owns the journal which the cache shares.
fn listener(home: &Home) -> Listening {
    home.listen_with(["--provider", "userjourneys"], &[("USERJOURNEYS_WEBHOOK_SECRET", super::SECRET)])
}

#[test]
fn a_listener_on_the_same_journal_is_not_disturbed() {
    let asked = Asked::of([one(&study(STUDY, "a"))]);
    let listening = listener(&asked.home);
    let body = br#"{"event":"interview.completed","data":{"interview_id":"i1","study_id":"s1"}}"#;
    let signature = format!("sha256={}", hmac_sha256_hex(super::SECRET, body));
    for seq in 1..=5 {
        let cached = asked.run(BY_ID).expect(0).records()[0]["cached"] == true;
        assert_eq!(cached, seq > 1, "kept beside the owner");
        assert_eq!(post(listening.address, "/", &[("X-Webhook-Signature", &signature)], body), 200);
    }
    let (code, records, said) = listening.stop();
    assert_eq!(code, 0, "{said}");
    let seqs: Vec<_> = records.iter().filter_map(|record| record["seq"].as_u64()).collect();
    assert_eq!(seqs, [1, 2, 3, 4, 5]);
}

#[test]
fn without_a_usable_journal_the_vendor_is_asked_each_time() {
    let asked = Asked::of([one(&study(STUDY, "a")), one(&study(STUDY, "a"))]);
    let foreign = asked.home.write("foreign.txt", "not a journal, and to stay so");
    let args = ["capacity", STUDY, "--json", "--journal", foreign.to_str().unwrap()];
    for _ in 0..2 {
        let ran = asked.run(&args).expect(0);
        assert!(
            ran.err().contains("nothing is kept: ") && ran.records()[0]["cached"] == false,
            "{}",
            ran.err()
        );
    }
    assert_eq!(std::fs::read(&foreign).unwrap(), b"not a journal, and to stay so");
}

#[test]
fn each_kind_of_failure_has_its_exit_code_and_remedy() {
    let html = answer(200, &[("Content-Type", "text/html")], "<!doctype html><p>Sign in");
    for (act, code, remedy) in [
        (refusal(401), 4, "hookctl login"),
        (json(403, "{}"), 4, "hint"),
        (html, 5, "base URL"),
        (json(200, "{\"id\": \"x\", \"na"), 5, "base URL"),
        (json(200, "[]"), 5, "base URL"),
    ] as [(Act, i32, &str); 5]
    {
        let asked = Asked::of([act]);
        let said = asked.run(BY_ID).expect(code).err();
        assert!(said.contains(&format!("`GET /studies/{STUDY}`")) && said.contains(remedy), "{said}");
    }
    let asked = Asked::of([]);
    let said = asked.home.run(BY_ID.iter().copied()).expect(3).err();
    assert!(said.contains("no API key is known") && said.contains("hookctl login"), "{said}");
}
