//! `interviews list` and `interviews show`.

use super::{Asked, INTERVIEW, STUDY, interview, list, one, refusal, study, whole, with};
use crate::harness::script::json as answered;
use serde_json::json;

#[test]
fn the_filters_go_to_the_vendor_encoded_and_time_is_filtered_here() {
    let old = with(interview("old"), &[("completed_at", json!("2026-03-01T00:00:00Z"))]);
    let asked = Asked::of([list(&[interview("i1"), old], true), list(&[interview("i2")], false)]);
    let args = [
        "interviews",
        "list",
        "--study",
        STUDY,
        "--status",
        "completed",
        "--quality",
        "insightful",
        "--reference-id",
        "a+b&c",
        "--since",
        "2026-03-05T00:00:00Z",
        "--json",
    ];
    let records = asked.run(&args).expect(0).records();
    let ids: Vec<_> = records.iter().map(|record| record["interview"]["id"].as_str().unwrap()).collect();
    assert_eq!(ids, ["i1", "i2"]);
    assert_eq!(
        records[0],
        json!({"v": 1, "type": "interview", "provider": "userjourneys", "interview": interview("i1")})
    );
    let query = format!(
        "GET /interviews?study_id={STUDY}&status=completed&reference_id=a%2Bb%26c&quality_score=insightful&limit=100"
    );
    assert_eq!(asked.lines(), [query.clone(), format!("{query}&starting_after=old")]);
}

#[test]
fn a_study_is_named_as_well_and_few_are_asked_for_when_few_are_wanted() {
    let asked = Asked::of([
        list(&[study(STUDY, "Onboarding Feedback")], false),
        list(&[interview("i1"), interview("i2"), interview("i3")], true),
    ]);
    let ran = asked.run(&["interviews", "list", "--study", "Onboarding Feedback", "-n", "2"]).expect(0);
    assert_eq!(ran.out().lines().count(), 2, "{}", ran.out());
    assert!(ran.out().contains("User loves the onboarding") && ran.err().contains("there are more"));
    assert_eq!(
        asked.lines(),
        ["GET /studies?limit=100".to_owned(), format!("GET /interviews?study_id={STUDY}&limit=3")]
    );
}

#[test]
fn an_interview_is_shown_whole_or_in_part() {
    let asked = Asked::of((0..5).map(|_| one(&whole(INTERVIEW))));
    let show =
        |more: &[&str]| asked.run(&[&["interviews", "show", INTERVIEW], more].concat()).expect(0).out();
    let all = show(&[]);
    for said in [
        "user_12345",
        "insightful",
        "9m 40s",
        "What almost stopped you?",
        "The price",
        "respondent: =PAYMENT(1)",
    ] {
        assert!(all.contains(said), "{said}: {all}");
    }
    assert_eq!(show(&["--transcript"]), "interviewer: What was hard?\nrespondent: =PAYMENT(1)\n");
    assert!(
        show(&["--summary"])
            .starts_with("User loves the onboarding but struggles with payment\nThe respondent")
    );
    let markdown = show(&["--markdown"]);
    assert!(
        markdown.starts_with("## User loves") && markdown.contains("**respondent**: \\=PAYMENT(1)"),
        "{markdown}"
    );
    let record: serde_json::Value = serde_json::from_str(&show(&["--json"])).unwrap();
    assert_eq!(record["interview"], whole(INTERVIEW));
    assert_eq!(asked.lines()[0], format!("GET /interviews/{INTERVIEW}"));
}

#[test]
fn a_part_that_is_not_there_yet_is_a_no_and_an_interview_that_is_not_there_is_refused() {
    let started = with(interview(INTERVIEW), &[("status", json!("processing"))]);
    let asked = Asked::of([one(&started), refusal(404)]);
    let ran = asked.run(&["interviews", "show", INTERVIEW, "--transcript"]).expect(1);
    assert!(ran.err().contains("no transcript yet; its status: processing"), "{}", ran.err());
    let said = asked.run(&["interviews", "show", "nonesuch"]).expect(4).err();
    assert!(said.contains("404") && said.contains("`GET /interviews/nonesuch`"), "{said}");
    // An id cannot leave its place in the path.
    asked.run(&["interviews", "show", "../studies?x"]).expect(5);
    assert_eq!(asked.lines()[2], "GET /interviews/..%2Fstudies%3Fx");
    asked.run(&["interviews", "show", ".."]).expect(3);
}

#[test]
fn an_interview_of_koji_is_shown_with_its_own_key() {
    let body = json!({
        "interview_id": "abc123", "status": "completed", "quality_score": 4,
        "messages": [{"role": "assistant", "content": "Hi"}, {"role": "user", "content": "Hello"}],
        "structured_answers": [{"question": "Recommend?", "type": "scale", "value": 9}],
    });
    let asked = Asked::of([answered(200, &body.to_string())]);
    let koji = [("KOJI_API_KEY", "pk_live_fake0000000000"), ("KOJI_BASE_URL", &*asked.script.base())];
    let out = asked.run_with(&["interviews", "show", "abc123", "--provider", "koji"], &koji).expect(0).out();
    for said in ["abc123", "Recommend?", "9", "user: Hello"] {
        assert!(out.contains(said), "{said}: {out}");
    }
    let request = asked.script.only();
    assert!(request.starts_with("GET /api/v1/interviews/abc123 HTTP/1.1\r\n"), "{request}");
    assert!(request.contains("authorization: Bearer pk_live_fake0000000000\r\n"), "{request}");
}
