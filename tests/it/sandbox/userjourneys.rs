//! userjourneys' status codes, paging, filters and its webhook setting.

use super::{ONBOARDING, Sandbox};
use serde_json::{Value, json};
use std::collections::HashSet;

const HOOK: &str = r#"{"url":"https://example.com/hook","events":["interview.completed"]}"#;

/// Every page of a list.
fn all(sandbox: &Sandbox, path: &str, limit: usize) -> Vec<Value> {
    let (mut items, mut after) = (Vec::new(), String::new());
    let sign = if path.contains('?') { '&' } else { '?' };
    loop {
        let page = sandbox.uj("GET", &format!("{path}{sign}limit={limit}{after}"), "").expect(200);
        items.extend(page["data"].as_array().unwrap().iter().cloned());
        if page["has_more"] == false {
            return items;
        }
        assert_eq!(page["data"].as_array().unwrap().len(), limit);
        after = format!("&starting_after={}", items.last().unwrap()["id"].as_str().unwrap());
    }
}

#[test]
fn every_endpoint_refuses_a_call_without_a_good_key() {
    let sandbox = Sandbox::with(|options| options.legacy = true);
    let id = "a1b2c3d4-5678-90ab-cdef-111111111111";
    let calls = [
        ("GET", "/studies".to_owned()),
        ("GET", format!("/studies/{ONBOARDING}")),
        ("GET", format!("/interviews?study_id={ONBOARDING}")),
        ("GET", format!("/interviews/{id}")),
        ("GET", "/releases".to_owned()),
        ("GET", format!("/releases/{id}")),
        ("GET", "/chats".to_owned()),
        ("GET", format!("/chats/{id}")),
        ("GET", "/webhooks".to_owned()),
        ("PUT", "/webhooks".to_owned()),
        ("DELETE", "/webhooks".to_owned()),
        ("GET", "/experiments".to_owned()),
    ];
    let bad = [
        sandbox.key("userjourneys", "revoked"),
        sandbox.key("koji", "main"),
        "uj_live_fake".to_owned(),
        String::new(),
    ];
    for (method, path) in &calls {
        for key in &bad {
            let body = sandbox.uj_as(key, method, path, HOOK).expect(401);
            assert_eq!(body["error"]["type"], "authentication_error", "{method} {path}");
        }
        sandbox.call(method, &format!("/api/v1{path}"), &[], "").expect(401);
        let basic = [("Authorization", "Basic dXNlcjpwYXNz")];
        sandbox.call(method, &format!("/api/v1{path}"), &basic, "").expect(401);
    }
    // The control: nothing was registered by the refused PUT, and the good key is let in.
    sandbox.uj("GET", "/webhooks", "").expect(404);
    sandbox.uj("GET", "/studies", "").expect(200);
}

#[test]
fn studies_fill_more_than_one_page_and_two_have_one_name() {
    let sandbox = Sandbox::new();
    let first = sandbox.uj("GET", "/studies", "").expect(200);
    assert_eq!((first["data"].as_array().unwrap().len(), &first["has_more"]), (20, &json!(true)));
    let whole = all(&sandbox, "/studies", 100);
    assert!(whole.len() > 20);
    for limit in [1, 7, 20] {
        assert_eq!(all(&sandbox, "/studies", limit), whole, "{limit}");
    }
    let ids: HashSet<&str> = whole.iter().map(|study| study["id"].as_str().unwrap()).collect();
    assert_eq!(ids.len(), whole.len());
    let of_name: Vec<usize> =
        (0..whole.len()).filter(|at| whole[*at]["name"] == "Checkout Experience").collect();
    assert!(of_name.len() == 2 && of_name[0] < 20 && of_name[1] >= 20, "{of_name:?}");
    let created: Vec<&str> = whole.iter().map(|study| study["created_at"].as_str().unwrap()).collect();
    assert!(created.is_sorted_by(|newer, older| newer >= older));
    for (query, length) in [("limit=0", 1), ("limit=1000", whole.len()), ("limit=-3", 1)] {
        let page = sandbox.uj("GET", &format!("/studies?{query}"), "").expect(200);
        assert_eq!(page["data"].as_array().unwrap().len(), length, "{query}");
    }
    for query in ["limit=ten", "starting_after=nobody"] {
        let body = sandbox.uj("GET", &format!("/studies?{query}"), "").expect(400);
        assert_eq!(body["error"]["type"], "invalid_request_error");
        assert!(body["error"]["message"].is_string());
    }
}

#[test]
fn interviews_are_listed_by_study_and_filtered() {
    let sandbox = Sandbox::new();
    sandbox.uj("GET", "/interviews", "").expect(400);
    sandbox.uj("GET", "/interviews?study_id=", "").expect(400);
    sandbox.uj("GET", "/interviews?study_id=a1b2c3d4-5678-90ab-cdef-111111111111", "").expect(404);
    let of_study = format!("/interviews?study_id={ONBOARDING}");
    let whole = all(&sandbox, &of_study, 5);
    assert!(whole.len() > 20 && whole.iter().all(|interview| interview["study_id"] == ONBOARDING));
    for (name, values) in [
        ("status", vec!["completed", "started", "processing"]),
        ("quality_score", vec!["insightful", "successful", "unsuccessful"]),
        ("reference_id", vec!["user_12345"]),
    ] {
        for value in values {
            let wanted: Vec<&Value> = whole.iter().filter(|interview| interview[name] == value).collect();
            let found = all(&sandbox, &format!("{of_study}&{name}={value}"), 3);
            assert!(!wanted.is_empty() && found.iter().eq(wanted), "{name}={value}");
        }
        assert!(all(&sandbox, &format!("{of_study}&{name}=no-such"), 3).is_empty());
    }
    for interview in whole.iter().filter(|interview| interview["status"] != "completed") {
        for name in ["quality_score", "completed_at", "headline", "summary"] {
            assert_eq!(interview[name], Value::Null, "{name}");
        }
    }
}

#[test]
fn a_reference_id_comes_back_as_it_was_given() {
    let sandbox = Sandbox::new();
    let reference = "jane+doe@example.com/ü&=?";
    let body = json!({"study": "Onboarding Feedback", "reference_id": reference, "quality": "unsuccessful"});
    let made = sandbox.complete(&body.to_string());
    assert_eq!((&made["reference_id"], &made["quality_score"]), (&json!(reference), &json!("unsuccessful")));
    let encoded: String = form_urlencoded::byte_serialize(reference.as_bytes()).collect();
    let found = all(&sandbox, &format!("/interviews?study_id={ONBOARDING}&reference_id={encoded}"), 10);
    assert_eq!(found.len(), 1);
    let whole =
        sandbox.uj("GET", &format!("/interviews/{}", made["interview_id"].as_str().unwrap()), "").expect(200);
    assert_eq!(whole["reference_id"], reference);
    let turns = whole["transcript"].as_array().unwrap();
    assert!(
        turns.len() >= 4
            && turns.iter().all(|turn| turn["text"].is_string() && turn["timestamp"].is_string())
    );
    let roles: Vec<&str> = turns.iter().map(|turn| turn["role"].as_str().unwrap()).collect();
    assert_eq!(roles[..4], ["interviewer", "respondent", "interviewer", "respondent"]);
    assert_eq!(whole["answers"].as_array().unwrap().len(), 2, "one for each question");
}

#[test]
fn what_belongs_to_another_project_is_not_found() {
    let sandbox = Sandbox::new();
    let other = sandbox.key("userjourneys", "another");
    let theirs = sandbox.uj_as(&other, "GET", "/studies", "").expect(200);
    let study = theirs["data"][0]["id"].as_str().unwrap().to_owned();
    let path = format!("/interviews?study_id={study}");
    let interview =
        sandbox.uj_as(&other, "GET", &path, "").expect(200)["data"][0]["id"].as_str().unwrap().to_owned();
    let release = sandbox.uj("GET", "/releases", "").expect(200)["data"][0].clone();
    for (key, path, status) in [
        (&other, format!("/interviews/{interview}"), 200),
        (&sandbox.key("userjourneys", "main"), format!("/interviews/{interview}"), 404),
        (&sandbox.key("userjourneys", "main"), format!("/studies/{study}"), 404),
        (&sandbox.key("userjourneys", "main"), path.clone(), 404),
        (&other, format!("/studies/{ONBOARDING}"), 404),
        (&other, format!("/releases/{}", release["id"].as_str().unwrap()), 404),
        // The chat of a release is not public, whoever asks.
        (
            &sandbox.key("userjourneys", "main"),
            format!("/chats/{}", release["chat_id"].as_str().unwrap()),
            404,
        ),
    ] {
        sandbox.uj_as(key, "GET", &path, "").expect(status);
    }
}

#[test]
fn releases_are_filtered_by_status_and_sorted_by_merge() {
    let sandbox = Sandbox::new();
    let whole = all(&sandbox, "/releases", 1);
    let merged: Vec<&str> = whole.iter().map(|release| release["merged_at"].as_str().unwrap()).collect();
    assert!(merged.len() > 2 && merged.is_sorted_by(|newer, older| newer > older));
    for status in ["active", "dismissed"] {
        let found = all(&sandbox, &format!("/releases?status={status}"), 2);
        assert!(!found.is_empty() && found.iter().all(|release| release["status"] == status));
    }
    sandbox.uj("GET", "/releases?status=merged", "").expect(400);
}

#[test]
fn one_webhook_a_project_whose_secret_is_shown_once() {
    let sandbox = Sandbox::new();
    sandbox.uj("GET", "/webhooks", "").expect(404);
    sandbox.uj("DELETE", "/webhooks", "").expect(404);
    let first = sandbox.uj("PUT", "/webhooks", HOOK).expect(201);
    let moved = HOOK.replace("/hook", "/moved");
    let second = sandbox.uj("PUT", "/webhooks", &moved).expect(200);
    assert_eq!(
        (second["url"].as_str(), second.get("signing_secret")),
        (Some("https://example.com/moved"), None)
    );
    assert_eq!(sandbox.uj("GET", "/webhooks", "").expect(200), second);
    let other = sandbox.key("userjourneys", "another");
    sandbox.uj_as(&other, "GET", "/webhooks", "").expect(404);
    let gone = sandbox.uj("DELETE", "/webhooks", "");
    assert_eq!((gone.status, gone.body.len()), (204, 0));
    sandbox.uj("GET", "/webhooks", "").expect(404);
    let anew = sandbox.uj("PUT", "/webhooks", HOOK).expect(201);
    assert_ne!(anew["signing_secret"], first["signing_secret"], "deleting and creating rotates");
}

#[test]
fn a_webhook_that_is_no_good_is_refused_and_nothing_is_kept() {
    let sandbox = Sandbox::new();
    for body in [
        "",
        "not json",
        "[]",
        r#"{"events":["interview.completed"]}"#,
        r#"{"url":"https://example.com/hook"}"#,
        r#"{"url":"https://example.com/hook","events":[]}"#,
        r#"{"url":"https://example.com/hook","events":"interview.completed"}"#,
        r#"{"url":"https://example.com/hook","events":["interview.started"]}"#,
        r#"{"url":"http://example.com/hook","events":["interview.completed"]}"#,
        r#"{"url":"ftp://example.com/hook","events":["interview.completed"]}"#,
        r#"{"url":7,"events":["interview.completed"]}"#,
    ] {
        sandbox.uj("PUT", "/webhooks", body).expect(400);
    }
    let key = format!("Bearer {}", sandbox.key("userjourneys", "main"));
    let plain = [("Authorization", key.as_str()), ("Content-Type", "text/plain")];
    sandbox.call("PUT", "/api/v1/webhooks", &plain, HOOK).expect(400);
    sandbox.uj("GET", "/webhooks", "").expect(404);
    // The control: plain http is taken on this machine, for trying things out.
    let near = r#"{"url":"http://127.0.0.1:9/hook","events":["interview.completed"]}"#;
    sandbox.uj("PUT", "/webhooks", near).expect(201);
}

#[test]
fn paths_and_methods_that_are_not_there() {
    let sandbox = Sandbox::new();
    sandbox.uj("GET", "/experiments", "").expect(404);
    sandbox.uj("GET", "/nothing", "").expect(404);
    sandbox.uj("GET", "/studies/none", "").expect(404);
    assert!(sandbox.uj("GET", "/studies/%FF", "").expect(400)["error"]["message"].is_string());
    assert!(sandbox.koji("GET", "/api/v1/interviews/%FF", None, "").expect(400)["message"].is_string());
    let body = sandbox.uj("POST", "/studies", "{}").expect(405);
    assert!(body["error"]["message"].is_string());
}
