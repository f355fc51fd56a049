//! Koji's two APIs: status codes, permissions, session tokens, rate limit.

use super::{Reply, Sandbox};
use hookctl::job::sandbox::koji::Generation;
use serde_json::{Value, json};

const START: &str = "/api/v1/interviews/start";
const SAID: &str = r#"{"content":"It was quick, but the price surprised me."}"#;

/// Starts an interview; gives its id and token.
fn started(sandbox: &Sandbox) -> (String, String) {
    let body = sandbox.koji("POST", START, None, "{}").expect(201);
    let text = |name: &str| body[name].as_str().unwrap().to_owned();
    assert!(!text("initial_message").is_empty());
    (text("interview_id"), text("session_token"))
}

#[test]
fn the_current_api_from_start_to_end() {
    let sandbox = Sandbox::new();
    let body = json!({
        "respondent": { "external_id": "user_12345", "display_name": "Jane Doe",
                        "metadata": { "segment": "power_users", "source": "onboarding_flow" } },
        "mode": "text", "locale": "en",
    });
    let started = sandbox.koji("POST", START, None, &body.to_string()).expect(201);
    assert_eq!(started.get("conversation_id"), None);
    let (id, token) = (started["interview_id"].as_str().unwrap(), started["session_token"].as_str());
    let open = sandbox.koji("GET", &format!("/api/v1/interviews/{id}"), None, "").expect(200);
    assert_eq!((&open["analysis"], &open["quality_score"]), (&Value::Null, &Value::Null));

    let reply = sandbox.koji("POST", &format!("/api/v1/interviews/{id}/message"), token, SAID);
    assert_eq!((reply.status, reply.header("content-type")), (200, Some("text/event-stream")));
    let stream = String::from_utf8(reply.body).unwrap();
    let events: Vec<&str> = stream.split("\n\n").filter(|event| !event.is_empty()).collect();
    assert_eq!(events.last(), Some(&"data: [DONE]"));
    let words: String = events[..events.len() - 1]
        .iter()
        .map(|event| {
            serde_json::from_str::<Value>(event.strip_prefix("data: ").unwrap()).unwrap()["delta"]
                .as_str()
                .unwrap()
                .to_owned()
        })
        .collect();

    let end = json!({"interview_id": id, "reason": "natural", "feedback": {"rating": "up"}}).to_string();
    let first = sandbox.koji("POST", "/api/interview/complete", token, &end).expect(200);
    sandbox.advance("1h");
    let again = sandbox.koji("POST", "/api/interview/complete", token, &end).expect(200);
    assert_eq!(again, first, "a second call gets the same answer");
    let by_path = sandbox.koji("POST", &format!("/api/v1/interviews/{id}/complete"), token, "").expect(200);
    assert_eq!(by_path, first, "and so does the older path");

    let whole = sandbox.koji("GET", &format!("/api/v1/interviews/{id}"), None, "").expect(200);
    assert_eq!(whole["status"], "completed");
    let score = whole["quality_score"].as_u64().unwrap();
    assert!((1..=5).contains(&score));
    assert_eq!(
        whole["participant"],
        json!({"segment": "power_users", "source": "onboarding_flow", "external_id": "user_12345", "name": "Jane Doe"})
    );
    let said: Vec<&str> = whole["transcript"]
        .as_array()
        .unwrap()
        .iter()
        .map(|turn| turn["content"].as_str().unwrap())
        .collect();
    assert_eq!(said.len(), 3);
    assert_eq!(said[2], words, "the stream is what the transcript keeps");
    for name in ["relevance", "depth", "coverage", "completion", "structured_quality"] {
        assert!(whole["quality"][name].is_number(), "{name}");
    }
    sandbox.koji("POST", &format!("/api/v1/interviews/{id}/message"), token, SAID).expect(422);
}

#[test]
fn the_older_api_from_start_to_end() {
    let sandbox = Sandbox::new();
    let key = sandbox.key("koji", "older");
    let body = json!({"project_id": "f8e7d6c5-b4a3-2109-8765-432109876543", "respondent_name": "Jane Smith",
        "respondent_email": "jane@example.com", "metadata": {"source": "crm-integration"}, "language": "es", "mode": "voice"});
    let started = sandbox.koji_as(&key, "POST", START, None, &body.to_string()).expect(201);
    assert_eq!(started["conversation_id"], started["interview_id"]);
    let (id, token) = (started["interview_id"].as_str().unwrap(), started["session_token"].as_str());
    let path = format!("/api/v1/interviews/{id}");
    let reply = sandbox.koji_as(&key, "POST", &format!("{path}/messages"), token, SAID).expect(200);
    assert_eq!(reply["messages_count"], 3);
    let end = r#"{"reason":"timeout"}"#;
    let first = sandbox.koji_as(&key, "POST", &format!("{path}/complete"), token, end).expect(200);
    assert_eq!((&first["interview_id"], &first["reason"]), (&json!(id), &json!("timeout")));
    let again = sandbox.koji_as(&key, "POST", &format!("{path}/complete"), token, "").expect(200);
    assert_eq!(again, first);
    let whole = sandbox.koji_as(&key, "GET", &path, None, "").expect(200);
    assert_eq!((&whole["interaction_mode"], &whole["locale"]), (&json!("voice"), &json!("es")));
    assert_eq!(
        whole["participant"],
        json!({"source": "crm-integration", "name": "Jane Smith", "email": "jane@example.com"})
    );
}

#[test]
fn structured_answers_have_the_value_of_their_type() {
    let sandbox = Sandbox::new();
    let made = sandbox.complete(r#"{"provider":"koji","study":"Post-Trial Feedback","quality":"4"}"#);
    let path = format!("/api/v1/interviews/{}", made["interview_id"].as_str().unwrap());
    let whole = sandbox.koji("GET", &path, None, "").expect(200);
    let value = |kind: &str| {
        let answers = whole["structured_answers"].as_array().unwrap();
        let found =
            answers.iter().find(|answer| answer["type"] == kind).unwrap_or_else(|| panic!("no {kind}"));
        assert!(found["question_id"].is_string());
        found["value"].clone()
    };
    assert!(value("scale").is_number() && value("single_choice").is_string());
    assert!(["yes", "no"].contains(&value("yes_no").as_str().unwrap()));
    for kind in ["multiple_choice", "ranking"] {
        assert!(value(kind).as_array().unwrap().iter().all(Value::is_string));
    }
    assert_eq!(whole["quality_score"], 4);
}

#[test]
fn keys_tokens_and_permissions_are_held_on_every_path() {
    let sandbox = Sandbox::with(|options| options.koji_rate = 1_000);
    let (id, token) = started(&sandbox);
    let (_, foreign) = started(&sandbox);
    let end = json!({"interview_id": id}).to_string();
    // Path, body, needs a token.
    let calls = [
        ("POST", START.to_owned(), "{}", false),
        ("POST", format!("/api/v1/interviews/{id}/message"), SAID, true),
        ("POST", format!("/api/v1/interviews/{id}/messages"), SAID, true),
        ("POST", "/api/interview/complete".to_owned(), end.as_str(), true),
        ("POST", format!("/api/v1/interviews/{id}/complete"), "{}", true),
        ("GET", format!("/api/v1/interviews/{id}"), "", false),
    ];
    let bad =
        [sandbox.key("koji", "revoked"), sandbox.key("userjourneys", "main"), "pk_live_fake".to_owned()];
    for (method, path, body, in_session) in &calls {
        let as_key = |key: &str, token: Option<&str>| sandbox.koji_as(key, method, path, token, body);
        for key in &bad {
            let refused = as_key(key, Some(&token));
            assert_eq!(refused.expect(401)["error"], "unauthorized", "{path}");
            limits_are_told(&refused);
        }
        if *method == "POST" {
            let refused = as_key(&sandbox.key("koji", "only read"), Some(&token)).expect(403);
            assert_eq!(refused["error"], "forbidden", "{path}");
        }
        if *in_session {
            let main = sandbox.key("koji", "main");
            assert_eq!(as_key(&main, None).expect(401)["error"], "unauthorized", "{path}");
            assert_eq!(as_key(&main, Some(&foreign)).expect(403)["error"], "forbidden", "{path}");
        }
        if path != START {
            assert_eq!(
                as_key(&sandbox.key("koji", "another"), Some(&token)).expect(404)["error"],
                "not_found",
                "{path}"
            );
        }
    }
    // The controls: a reader may read, and the right key and token are let in.
    let read = sandbox.koji_as(&sandbox.key("koji", "only read"), "GET", &calls[5].1, None, "");
    assert_eq!(read.expect(200)["status"], "active", "no refused call has changed anything");
    assert_eq!(sandbox.koji("POST", &calls[1].1, Some(&token), SAID).status, 200);
}

fn limits_are_told(reply: &Reply) {
    for name in ["x-ratelimit-limit", "x-ratelimit-remaining", "x-ratelimit-reset"] {
        assert!(
            reply.header(name).is_some_and(|value| value.parse::<u64>().is_ok()),
            "{name}: {}",
            reply.head
        );
    }
}

#[test]
fn every_answer_tells_the_limits_and_the_last_call_is_refused() {
    let sandbox = Sandbox::with(|options| options.koji_rate = 5);
    for (left, path) in [(4, "/api/v1/interviews/none"), (3, "/nothing"), (2, START), (1, START), (0, START)]
    {
        let reply = sandbox.koji("GET", path, None, "");
        limits_are_told(&reply);
        assert_eq!(reply.header("x-ratelimit-remaining"), Some(left.to_string().as_str()), "{path}");
        assert_ne!(reply.status, 429);
    }
    for _ in 0..2 {
        let refused = sandbox.koji("POST", START, None, "{}");
        assert_eq!(refused.expect(429)["error"], "rate_limited");
        limits_are_told(&refused);
    }
    // Another key has a window of its own, and userjourneys has none.
    sandbox.koji_as(&sandbox.key("koji", "older"), "POST", START, None, "{}").expect(201);
    assert_eq!(sandbox.uj("GET", "/studies", "").header("x-ratelimit-limit"), None);
}

#[test]
fn what_cannot_be_used_is_refused() {
    let sandbox = Sandbox::with(|options| options.koji_rate = 1_000);
    let (id, token) = started(&sandbox);
    let message = format!("/api/v1/interviews/{id}/message");
    let complete = format!("/api/v1/interviews/{id}/complete");
    for (path, body) in [
        (START, "not json"),
        (START, "[]"),
        (START, r#"{"mode":"video"}"#),
        (START, r#"{"respondent":"Jane"}"#),
        (START, r#"{"respondent":{"metadata":[]}}"#),
        (message.as_str(), "{}"),
        (message.as_str(), r#"{"content":" "}"#),
        (message.as_str(), r#"{"content":7}"#),
        (complete.as_str(), r#"{"reason":"bored"}"#),
        (complete.as_str(), r#"{"feedback":"good"}"#),
        ("/api/interview/complete", "{}"),
    ] {
        let refused = sandbox.koji("POST", path, Some(&token), body).expect(400);
        assert!(refused["error"] == "validation_error" && refused["message"].is_string(), "{path} {body}");
    }
    assert_eq!(sandbox.koji("GET", START, None, "").expect(405)["error"], "method_not_allowed");
    let nobody = sandbox.key("koji", "another");
    let refused = sandbox.koji_as(&nobody, "POST", START, None, "{}").expect(422);
    assert!(refused["message"].as_str().unwrap().contains("published"), "{refused}");
}

#[test]
fn one_generation_alone_can_be_had() {
    for (generation, current, old) in [(Generation::Current, 200, 404), (Generation::Old, 404, 200)] {
        let sandbox = Sandbox::with(|options| options.koji_api = generation);
        let (id, token) = started(&sandbox);
        let call = |path: &str, body: &str| sandbox.koji("POST", path, Some(&token), body).status;
        assert_eq!(call(&format!("/api/v1/interviews/{id}/message"), SAID), current);
        assert_eq!(call(&format!("/api/v1/interviews/{id}/messages"), SAID), old);
        assert_eq!(call("/api/interview/complete", &json!({"interview_id": id}).to_string()), current);
        assert_eq!(call(&format!("/api/v1/interviews/{id}/complete"), "{}"), old);
    }
}
