//! `studies list` and `studies show`.

use super::{Asked, KEY, STUDY, list, one, refusal, study, with};
use serde_json::json;

#[test]
fn every_page_is_listed_and_the_requests_are_these_bytes() {
    let asked = Asked::of([
        list(&[study("s1", "One"), study("s2", "Two")], true),
        list(&[study("s3", "Three")], false),
    ]);
    let records = asked.run(&["studies", "list", "--json"]).expect(0).records();
    let names: Vec<_> = records.iter().map(|record| record["study"]["name"].as_str().unwrap()).collect();
    assert_eq!(names, ["One", "Two", "Three"]);
    assert_eq!(
        records[0],
        json!({"v": 1, "type": "study", "provider": "userjourneys", "study": study("s1", "One")})
    );
    let request = |query: &str| {
        format!(
            "GET /api/v1/studies?{query} HTTP/1.1\r\nauthorization: Bearer {KEY}\r\naccept: application/json\r\n\
             user-agent: hookctl/VERSION\r\nhost: 127.0.0.1:PORT\r\n\r\n"
        )
    };
    assert_eq!(asked.script.requests(), [request("limit=100"), request("limit=100&starting_after=s2")]);
}

#[test]
fn a_study_by_name_comes_with_what_only_its_id_shows() {
    let detail = with(
        study(STUDY, "Onboarding Feedback"),
        &[
            ("research_goal", json!("Understand user onboarding experience")),
            ("questions", json!([{"text": "What was your first impression of the product?"}])),
            ("interview_count", json!(57)),
        ],
    );
    let asked = Asked::of([list(&[study(STUDY, "Onboarding Feedback")], false), one(&detail), one(&detail)]);
    let out = asked.run(&["studies", "show", "Onboarding Feedback"]).expect(0).out();
    for said in ["12 of 50 used, 38 left", "Monday", "What was your first impression", "57", "xK9mR2pQ"] {
        assert!(out.contains(said), "{said}: {out}");
    }
    // By its id one call is enough.
    asked.run(&["studies", "show", STUDY]).expect(0);
    let detail = format!("GET /studies/{STUDY}");
    assert_eq!(asked.lines(), ["GET /studies?limit=100", detail.as_str(), detail.as_str()]);
}

#[test]
fn what_is_not_there_is_not_active_or_does_not_exist() {
    let asked = Asked::of([list(&[study("s1", "One")], false), refusal(404), list(&[], false)]);
    for wanted in ["one", STUDY] {
        let said = asked.run(&["studies", "show", wanted]).expect(2).err();
        assert!(said.contains(&format!("the study `{wanted}` is not active or does not exist")), "{said}");
    }
    assert_eq!(asked.script.left(), 0);
}

#[test]
fn several_of_one_name_are_listed_and_none_is_taken() {
    let asked = Asked::of([
        list(&[study("s1", "Twice"), study("s2", "Once")], true),
        list(&[study("s3", "Twice")], false),
    ]);
    let said = asked.run(&["studies", "show", "Twice"]).expect(2).err();
    assert!(
        said.contains("2 studies have the name `Twice`")
            && said.contains("s1 Twice")
            && said.contains("s3 Twice"),
        "{said}"
    );
}

#[test]
fn koji_has_no_such_api_and_is_not_asked() {
    let asked = Asked::of([]);
    let koji = [("KOJI_API_KEY", "pk_live_fake0000"), ("KOJI_BASE_URL", &*asked.script.base())];
    for args in [
        &["studies", "list", "--provider", "koji"][..],
        &["studies", "show", "x", "--provider", "koji"],
        &["capacity", "x", "--provider", "koji"],
        &["link", "x", "--provider", "koji"],
        &["interviews", "list", "--study", "x", "--provider", "koji"],
        &["interviews", "export", "--study", "x", "--provider", "koji"],
        &["interviews", "reconcile", "--study", "x", "--provider", "koji"],
    ] {
        let said = asked.run_with(args, &koji).expect(2).err();
        assert!(said.contains("Koji has no REST API for") && said.contains("hint: "), "{args:?}: {said}");
    }
    assert!(asked.script.requests().is_empty());
}
