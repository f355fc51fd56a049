//! `listen --enrich`: the interview of each verified webhook, after its answer.

use super::{Asked, INTERVIEW, KEY, SECRET, STUDY, one, refusal, whole};
use crate::harness::script::Act;
use crate::harness::{Listening, hmac_sha256_hex, post};

fn listen(asked: &Asked, more: &[&str]) -> Listening {
    let base = asked.base();
    let variables = [
        ("USERJOURNEYS_API_KEY", KEY),
        ("USERJOURNEYS_BASE_URL", &*base),
        ("USERJOURNEYS_WEBHOOK_SECRET", SECRET),
    ];
    asked.home.listen_with([&["--provider", "userjourneys", "--enrich"], more].concat(), &variables)
}

fn send(listening: &Listening, event: &str, id: &str, secret: &str) -> u16 {
    let body = format!(r#"{{"event":"{event}","data":{{"interview_id":"{id}","study_id":"{STUDY}"}}}}"#);
    let signature = format!("sha256={}", hmac_sha256_hex(secret, body.as_bytes()));
    post(listening.address, "/", &[("X-Webhook-Signature", &signature)], body.as_bytes())
}

#[test]
fn the_interview_follows_its_delivery_and_stays_with_it() {
    let asked = Asked::of([one(&whole(INTERVIEW))]);
    let listening = listen(&asked, &["--until", "1"]);
    // What is not verified is not asked for, nor another event.
    assert_eq!(send(&listening, "interview.completed", "forged", "whsec_of_somebody_else"), 401);
    assert_eq!(send(&listening, "interview.completed", INTERVIEW, SECRET), 200);
    let (code, records, said) = listening.finish();
    assert_eq!(code, 0, "{said}");
    let kinds: Vec<_> = records.iter().map(|record| record["type"].as_str().unwrap()).collect();
    assert_eq!(kinds, ["delivery", "delivery", "interview", "summary"]);
    let record = &records[2];
    assert_eq!(
        (&record["seq"], &record["provider"], &record["id"]),
        (&2.into(), &"userjourneys".into(), &INTERVIEW.into())
    );
    assert_eq!(record["interview"], whole(INTERVIEW));
    assert_eq!(asked.lines(), [format!("GET /interviews/{INTERVIEW}")]);
    let kept = &asked.home.run(["events", "show", "2", "--json"]).expect(0).records()[0];
    assert_eq!(kept["interview"], whole(INTERVIEW));
    let shown = asked.home.run(["events", "show", "2"]).expect(0).out();
    assert!(shown.contains("respondent: =PAYMENT(1)") && shown.contains("interview fetched "), "{shown}");
    let without = &asked.home.run(["events", "show", "1", "--json"]).expect(0).records()[0];
    assert!(without.get("interview").is_none());
}

#[test]
fn a_vendor_that_never_answers_holds_neither_the_sender_nor_the_stop() {
    let asked = Asked::of([Act::Hang(Vec::new())]);
    let listening = listen(&asked, &[]);
    for id in ["i1", "i2", "i3"] {
        assert_eq!(send(&listening, "interview.completed", id, SECRET), 200);
        listening.next("delivery");
    }
    let begun = std::time::Instant::now();
    let (code, records, said) = listening.stop();
    assert_eq!(code, 0, "{said}");
    assert!(begun.elapsed() < std::time::Duration::from_secs(20), "{:?}", begun.elapsed());
    assert_eq!(records.last().unwrap()["received"], 3);
    assert!(said.contains("3 interviews were not fetched: hookctl stopped"), "{said}");
}

#[test]
fn what_the_vendor_refuses_is_said_and_the_delivery_stands() {
    let asked = Asked::of([refusal(404)]);
    let listening = listen(&asked, &["--until", "1"]);
    assert_eq!(send(&listening, "interview.completed", INTERVIEW, SECRET), 200);
    let (code, records, said) = listening.finish();
    assert_eq!(code, 0, "{said}");
    let record = records.iter().find(|record| record["type"] == "interview").unwrap();
    assert!(record["interview"].is_null() && record["failure"].as_str().unwrap().contains("404"), "{record}");
}

#[test]
fn without_a_key_it_does_not_begin() {
    let asked = Asked::of([]);
    let args = ["listen", "--port", "0", "--provider", "userjourneys", "--enrich"];
    let said = asked.home.run(args).expect(3).err();
    assert!(said.contains("no API key is known"), "{said}");
    assert!(!asked.home.join("data/journal.db").exists());
}
