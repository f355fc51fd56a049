//! Limits that fill up and start anew by the sandbox's clock, and studies that vanish.

use super::{ONBOARDING, Sandbox};
use hookctl::hook::time::Timestamp;
use serde_json::{Value, json};

fn study(sandbox: &Sandbox, name: &str) -> Option<Value> {
    let list = sandbox.uj("GET", "/studies?limit=100", "").expect(200);
    list["data"].as_array().unwrap().iter().find(|study| study["name"] == name).cloned()
}

fn complete(sandbox: &Sandbox, name: &str) -> u16 {
    sandbox.control("POST", "/complete", &json!({"study": name}).to_string()).status
}

#[test]
fn a_weekly_limit_fills_up_and_starts_anew_on_monday() {
    let sandbox = Sandbox::new();
    let name = "Small Weekly Study";
    for used in 0..3 {
        let found = study(&sandbox, name).unwrap();
        assert_eq!(found["limits"]["weekly"], json!({"limit": 3, "used": used}));
        assert_eq!(found["accepting_responses"], true);
        assert_eq!(complete(&sandbox, name), 201);
    }
    let full = study(&sandbox, name).unwrap();
    assert_eq!((&full["accepting_responses"], &full["status"]), (&json!(false), &json!("active")));
    assert_eq!(complete(&sandbox, name), 409, "a full study takes nobody");
    // Wednesday 14:32: Monday is four days, nine hours and 28 minutes away.
    sandbox.advance("4d9h27m");
    assert_eq!(study(&sandbox, name).unwrap()["accepting_responses"], false);
    sandbox.advance("1m");
    let anew = study(&sandbox, name).unwrap();
    assert_eq!((&anew["accepting_responses"], &anew["limits"]["weekly"]["used"]), (&json!(true), &json!(0)));
    // The month began anew on the 15th, the subscription day, so it counts none of them either.
    assert_eq!(anew["limits"]["monthly"], json!({"limit": 100, "used": 0}));
}

#[test]
fn a_monthly_limit_fills_up_and_starts_anew_on_the_subscription_day() {
    let sandbox =
        Sandbox::with(|options| options.start_at = Some(Timestamp::parse("2026-03-16T12:00:00Z").unwrap()));
    let name = "Small Monthly Study";
    for _ in 0..2 {
        assert_eq!(complete(&sandbox, name), 201);
    }
    let full = study(&sandbox, name).unwrap();
    assert_eq!((&full["accepting_responses"], &full["limits"]["weekly"]["used"]), (&json!(false), &json!(2)));
    sandbox.advance("29d11h59m");
    assert_eq!(study(&sandbox, name).unwrap()["accepting_responses"], false, "2026-04-14 23:59");
    assert_eq!(study(&sandbox, name).unwrap()["limits"]["weekly"]["used"], 0);
    sandbox.advance("1m");
    assert_eq!(study(&sandbox, name).unwrap()["accepting_responses"], true, "2026-04-15 00:00");
}

#[test]
fn a_quota_of_the_project_closes_a_study_that_shows_room() {
    let sandbox = Sandbox::new();
    let other = sandbox.key("userjourneys", "another");
    let list = sandbox.uj_as(&other, "GET", "/studies", "").expect(200);
    let closed = &list["data"][0];
    assert_eq!(closed["accepting_responses"], false);
    for span in ["weekly", "monthly"] {
        let limit = &closed["limits"][span];
        assert!(limit["used"].as_u64().unwrap() < limit["limit"].as_u64().unwrap(), "{span} shows room");
    }
    sandbox.control("PATCH", "/projects/other", r#"{"monthly_limit":null}"#).expect(200);
    let list = sandbox.uj_as(&other, "GET", "/studies", "").expect(200);
    assert_eq!(list["data"][0]["accepting_responses"], true, "the control: without the quota it is open");
}

#[test]
fn a_paused_study_vanishes_from_the_list_and_takes_nobody() {
    let sandbox = Sandbox::new();
    let name = "Onboarding Feedback";
    assert!(study(&sandbox, name).is_some() && study(&sandbox, "Beta Programme").is_none());
    let path = format!("/studies/{ONBOARDING}");
    sandbox.control("PATCH", &path, r#"{"status":"paused"}"#).expect(200);
    assert!(study(&sandbox, name).is_none());
    let alone = sandbox.uj("GET", &path, "").expect(200);
    assert_eq!((&alone["status"], &alone["accepting_responses"]), (&json!("paused"), &json!(false)));
    assert_eq!(complete(&sandbox, name), 409);
    sandbox
        .control("PATCH", &path, r#"{"status":"active","weekly_limit":null,"monthly_limit":null}"#)
        .expect(200);
    let back = study(&sandbox, name).unwrap();
    assert_eq!(back["limits"], json!({"monthly": null, "weekly": null}), "no limit is null");
    assert_eq!(complete(&sandbox, name), 201);
}

#[test]
fn koji_starts_nothing_for_a_closed_study() {
    let sandbox = Sandbox::new();
    let state = sandbox.control("GET", "/state", "").expect(200);
    for study in state["studies"].as_array().unwrap().iter().filter(|study| study["provider"] == "koji") {
        let path = format!("/studies/{}", study["id"].as_str().unwrap());
        sandbox.control("PATCH", &path, r#"{"monthly_limit":0}"#).expect(200);
    }
    let refused = sandbox.koji("POST", "/api/v1/interviews/start", None, "{}").expect(422);
    assert!(refused["message"].as_str().unwrap().contains("no more responses"), "{refused}");
}
