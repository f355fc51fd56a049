//! `interviews reconcile`: whose webhook never arrived, and what is put in its place.

use super::{Asked, SECRET, STUDY, interview, list, one, study};
use crate::harness::{hmac_sha256_hex, post};
use serde_json::Value;

/// Receives the webhook of `arrived`, and a forged one of `forged`.
fn receive(asked: &Asked, arrived: &str, forged: &str) {
    let secret = [("USERJOURNEYS_WEBHOOK_SECRET", SECRET)];
    let listening = asked.home.listen_with(["--provider", "userjourneys"], &secret);
    for (id, secret, status) in [(arrived, SECRET, 200), (forged, "whsec_of_somebody_else", 401)] {
        let body = format!(
            r#"{{"event":"interview.completed","data":{{"interview_id":"{id}","study_id":"{STUDY}","study_name":"a"}}}}"#
        );
        let signature = format!("sha256={}", hmac_sha256_hex(secret, body.as_bytes()));
        assert_eq!(
            post(listening.address, "/", &[("X-Webhook-Signature", &signature)], body.as_bytes()),
            status
        );
    }
    listening.stop();
}

#[test]
fn what_never_arrived_is_listed_and_can_be_put_into_the_journal() {
    let listed = || list(&[interview("arrived"), interview("forged"), interview("lost")], false);
    let detail = || one(&study(STUDY, "Onboarding Feedback"));
    let asked = Asked::of([listed(), listed(), detail(), listed(), listed()]);
    receive(&asked, "arrived", "forged");
    let args = ["interviews", "reconcile", "--study", STUDY, "--json"];
    let records = asked.run(&args).expect(1).records();
    let told = |records: &[Value]| -> Vec<(String, bool, Option<u64>)> {
        let missing = records.iter().filter(|record| record["type"] == "missing");
        missing
            .map(|record| {
                let id = record["interview"]["id"].as_str().unwrap().to_owned();
                (id, record["refused"].as_bool().unwrap(), record["synthesized"].as_u64())
            })
            .collect()
    };
    assert_eq!(told(&records), [("forged".to_owned(), true, None), ("lost".to_owned(), false, None)]);
    let summary = records.last().unwrap();
    let count = |name: &str| summary[name].as_u64().unwrap();
    assert_eq!((count("completed"), count("arrived"), count("missing"), count("synthesized")), (3, 1, 2, 0));
    let query = format!("GET /interviews?study_id={STUDY}&status=completed&limit=100");
    assert_eq!(asked.lines(), [query]);

    let records = asked.run(&[&args[..], &["--synthesize"]].concat()).expect(0).records();
    assert_eq!(told(&records), [("forged".to_owned(), true, Some(3)), ("lost".to_owned(), false, Some(4))]);
    let made = &asked.home.run(["events", "show", "4", "--json"]).expect(0).records()[0];
    assert_eq!(
        (&made["verdict"]["code"], &made["verdict"]["verified"]),
        (&"synthesized".into(), &false.into())
    );
    let body: Value = serde_json::from_str(made["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        (&body["data"]["interview_id"], &body["data"]["study_name"]),
        (&"lost".into(), &"Onboarding Feedback".into())
    );
    let names: Vec<_> =
        made["headers"].as_array().unwrap().iter().map(|field| field["name"].as_str().unwrap()).collect();
    assert!(names.contains(&"X-Hookctl-Synthesized") && !names.contains(&"X-Webhook-Signature"), "{names:?}");
    let listed = asked.home.run(["events", "list", "--verdict", "synthesized", "--json"]).expect(0).records();
    assert_eq!(listed.len(), 2);

    // Once made, it is not missing any more, and is not counted as arrived.
    let records = asked.run(&args).expect(0).records();
    let summary = records.last().unwrap();
    assert_eq!((&summary["missing"], &summary["synthesized_before"]), (&0.into(), &2.into()));

    // Signed and sent on, it is a webhook like any other.
    let secret = [("USERJOURNEYS_WEBHOOK_SECRET", SECRET)];
    let listening = asked.home.listen_with(["--provider", "userjourneys"], &secret);
    let replay = ["events", "replay", "4", "--to", &listening.url, "--resign", "--provider", "userjourneys"];
    asked.home.run_with(replay, b"", &secret).expect(0);
    assert_eq!(listening.next("delivery")["verdict"]["code"], "verified");
    listening.stop();
    let records = asked.run(&args).expect(0).records();
    let summary = records.last().unwrap();
    assert_eq!((&summary["arrived"], &summary["synthesized_before"]), (&2.into(), &1.into()));
    assert_eq!(asked.script.left(), 0);
}

#[test]
fn a_running_listener_keeps_its_journal_and_the_comparison_works_beside_it() {
    let asked = Asked::of([list(&[interview("lost")], false)]);
    let listening = asked.home.listen(["--provider", "userjourneys"]);
    let args = ["interviews", "reconcile", "--study", STUDY];
    let said = asked.run(&[&args[..], &["--synthesize"]].concat()).expect(6).err();
    assert!(said.contains("stop the listener first"), "{said}");
    assert!(asked.lines().is_empty(), "nothing was asked");
    let ran = asked.run(&args).expect(1);
    assert!(ran.out().contains("lost") && ran.err().contains("1 missing"), "{}", ran.block());
    listening.stop();
}

#[test]
fn without_a_journal_everything_is_missing_and_none_is_made_for_a_question() {
    let asked = Asked::of([list(&[interview("lost")], false)]);
    asked.run(&["interviews", "reconcile", "--study", STUDY]).expect(1);
    assert!(!asked.home.join("data/journal.db").exists());
}
