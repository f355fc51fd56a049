//! The control API: closed to web pages, and what it does.

use super::{ONBOARDING, Sandbox};
use hookctl::job::sandbox::state::Place;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

const WRITES: [(&str, &str, &str); 7] = [
    ("POST", "/complete", r#"{"study":"Onboarding Feedback"}"#),
    ("POST", "/advance", r#"{"by":"1h"}"#),
    ("POST", "/reset", "{}"),
    ("POST", "/api-faults", r#"{"kind":"server_error"}"#),
    ("PATCH", "/projects/main", r#"{"monthly_limit":1}"#),
    ("PATCH", "/studies/e5f6a7b8-1234-56cd-ef78-222222222222", r#"{"status":"paused"}"#),
    ("POST", "/koji/webhooks", r#"{"url":"https://example.com/hook"}"#),
];

#[test]
fn no_web_page_can_control_the_sandbox_or_read_it() {
    let sandbox = Sandbox::new();
    let port = sandbox.running.address.port();
    let own = format!("127.0.0.1:{port}");
    let before = sandbox.control("GET", "/state", "").expect(200);
    let rebound = format!("evil.example:{port}");
    let page = format!("http://{own}");
    let json = ("Content-Type", "application/json");
    let dotted = format!("localhost.:{port}");
    let pages: [&[(&str, &str)]; 7] = [
        &[("Host", rebound.as_str()), json],
        &[("Host", dotted.as_str()), json],
        &[("Host", "127.0.0.1:1"), json],
        &[("Host", own.as_str()), ("Origin", "https://evil.example"), json],
        &[("Host", own.as_str()), ("Origin", "null"), json],
        &[("Host", own.as_str()), ("Origin", "http://localhost:3000"), json],
        &[("Host", own.as_str()), ("Sec-Fetch-Site", "cross-site"), json],
    ];
    for headers in pages {
        for (method, path, body) in WRITES.into_iter().chain([("GET", "/state", "")]) {
            let reply = sandbox.call(method, &format!("/_sandbox{path}"), headers, body);
            reply.expect(403);
            assert_eq!(reply.header("access-control-allow-origin"), None);
        }
    }
    // What a form of a page can send is no JSON.
    for kind in ["text/plain", "application/x-www-form-urlencoded", "multipart/form-data; boundary=x"] {
        for (method, path, body) in WRITES {
            let headers = [("Host", own.as_str()), ("Content-Type", kind)];
            sandbox.call(method, &format!("/_sandbox{path}"), &headers, body).expect(400);
        }
    }
    // A page that asks whether it may is not told yes.
    let preflight = [
        ("Host", own.as_str()),
        ("Origin", "https://evil.example"),
        ("Access-Control-Request-Method", "POST"),
    ];
    let reply = sandbox.call("OPTIONS", "/_sandbox/complete", &preflight, "");
    assert!(reply.status >= 400 && reply.header("access-control-allow-origin").is_none(), "{}", reply.head);
    assert_eq!(sandbox.control("GET", "/state", "").expect(200), before, "nothing has changed");
    // The controls: this machine by any of its names, and the sandbox's own pages.
    for host in [own.clone(), format!("localhost:{port}"), format!("LOCALHOST:{port}")] {
        sandbox.call("GET", "/_sandbox/state", &[("Host", &host)], "").expect(200);
    }
    let same = [("Host", own.as_str()), ("Origin", page.as_str()), ("Sec-Fetch-Site", "same-origin"), json];
    sandbox.call("POST", "/_sandbox/reset", &same, "{}").expect(200);
}

#[test]
fn api_faults_come_as_often_as_they_were_asked_for() {
    let sandbox = Sandbox::new();
    let fault = |body: &Value| sandbox.control("POST", "/api-faults", &body.to_string()).expect(201);
    fault(&json!({"kind": "unauthorized", "provider": "userjourneys", "times": 1}));
    fault(&json!({"kind": "rate_limited", "provider": "userjourneys", "times": 1, "retry_after": 7}));
    fault(&json!({"kind": "server_error", "provider": "userjourneys", "times": 1, "path": "/studies"}));
    // A call that a fault does not name passes it by.
    let statuses = |count: usize| (0..count).map(|_| sandbox.uj("GET", "/studies", "")).collect::<Vec<_>>();
    let replies = statuses(4);
    assert_eq!(replies.iter().map(|reply| reply.status).collect::<Vec<_>>(), [401, 429, 500, 200]);
    assert_eq!(replies[1].header("retry-after"), Some("7"));
    let kinds: Vec<Value> = replies[..3].iter().map(|reply| reply.json()["error"]["type"].clone()).collect();
    assert_eq!(kinds, ["authentication_error", "rate_limit_error", "api_error"]);

    fault(&json!({"kind": "rate_limited", "provider": "koji"}));
    for _ in 0..2 {
        let refused = sandbox.koji("POST", "/api/v1/interviews/start", None, "{}");
        assert_eq!(refused.expect(429)["error"], "rate_limited");
        assert_eq!(
            (refused.header("x-ratelimit-remaining"), refused.header("retry-after")),
            (Some("0"), None)
        );
    }
    sandbox.uj("GET", "/studies", "").expect(200);
    assert_eq!(sandbox.control("DELETE", "/api-faults", "").status, 204);
    sandbox.koji("POST", "/api/v1/interviews/start", None, "{}").expect(201);

    fault(&json!({"kind": "slow", "times": 1, "delay_ms": 80}));
    let begun = Instant::now();
    sandbox.uj("GET", "/studies", "").expect(200);
    assert!(begun.elapsed() >= Duration::from_millis(80));
    for body in [r#"{"kind":"lost"}"#, r#"{"kind":"slow","how":1}"#, "{}", "[]"] {
        sandbox.control("POST", "/api-faults", body).expect(400);
    }
}

#[test]
fn completing_names_the_study_by_id_code_or_name() {
    let sandbox = Sandbox::new();
    for study in [ONBOARDING, "xK9mR2pQ", "Onboarding Feedback"] {
        let made = sandbox.complete(&json!({"study": study, "quality": "successful"}).to_string());
        assert_eq!((&made["study_id"], &made["quality_score"]), (&json!(ONBOARDING), &json!("successful")));
        assert_eq!(made["provider"], "userjourneys");
    }
    assert_eq!(sandbox.complete("{}")["study_id"], ONBOARDING, "the newest open one");
    let koji = sandbox.complete(r#"{"provider":"koji","quality":"2"}"#);
    assert_eq!((&koji["study_name"], &koji["quality_score"]), (&json!("Post-Trial Feedback"), &json!(2)));
    for (body, status) in [
        (r#"{"study":"Checkout Experience"}"#, 409),
        (r#"{"study":"Nothing"}"#, 404),
        (r#"{"study":"Onboarding Feedback","provider":"koji"}"#, 404),
        (r#"{"study":"Beta Programme"}"#, 409),
        (r#"{"provider":"github"}"#, 400),
        (r#"{"quality":"great"}"#, 400),
        (r#"{"study":7}"#, 400),
    ] {
        sandbox.control("POST", "/complete", body).expect(status);
    }
}

#[test]
fn a_reset_puts_everything_back_but_keys_and_time() {
    let sandbox = Sandbox::new();
    let state = |sandbox: &Sandbox| sandbox.control("GET", "/state", "").expect(200);
    let before = state(&sandbox);
    let used = |state: &Value| {
        state["studies"]
            .as_array()
            .unwrap()
            .iter()
            .map(|study| study["weekly"]["used"].as_u64().unwrap())
            .sum::<u64>()
    };
    for _ in 0..3 {
        sandbox.complete(r#"{"study":"Small Weekly Study"}"#);
    }
    sandbox.control("PATCH", &format!("/studies/{ONBOARDING}"), r#"{"status":"paused"}"#).expect(200);
    let hook = r#"{"url":"https://example.com/hook","events":["interview.completed"]}"#;
    sandbox.uj("PUT", "/webhooks", hook).expect(201);
    sandbox.control("POST", "/api-faults", r#"{"kind":"slow","path":"/never"}"#).expect(201);
    let during = state(&sandbox);
    assert_eq!(used(&during), used(&before) + 3);
    assert_eq!(during["webhooks"].as_array().unwrap().len(), 1);
    sandbox.control("POST", "/reset", "{}").expect(200);
    assert_eq!(state(&sandbox), before);
    sandbox.uj("GET", "/webhooks", "").expect(404);
    sandbox.advance("1h");
    sandbox.control("POST", "/reset", "{}").expect(200);
    assert_eq!(state(&sandbox)["now"], "2026-03-11T15:32:00.000Z");
}

#[test]
fn a_kept_state_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("sandbox.db");
    let open = || Sandbox::with(|options| options.state = Place::File(path.clone()));
    let first = open();
    let (key, hook) = (
        first.key("userjourneys", "main"),
        r#"{"url":"https://example.com/hook","events":["interview.completed"]}"#,
    );
    first.uj("PUT", "/webhooks", hook).expect(201);
    let made = first.complete("{}");
    first.advance("2h");
    let state = first.control("GET", "/state", "").expect(200);
    first.stop();
    let second = open();
    assert_eq!(second.key("userjourneys", "main"), key, "applications keep working");
    let again = second.control("GET", "/state", "").expect(200);
    assert_eq!(
        (&again["now"], &again["studies"][2]["weekly"]),
        (&json!("2026-03-11T16:32:00.000Z"), &state["studies"][2]["weekly"])
    );
    second.uj("GET", "/webhooks", "").expect(200);
    second.uj("GET", &format!("/interviews/{}", made["interview_id"].as_str().unwrap()), "").expect(200);
    #[cfg(unix)]
    {
        use std::os::unix::fs::PermissionsExt;
        assert_eq!(std::fs::metadata(&path).unwrap().permissions().mode() & 0o077, 0, "it holds keys");
    }
}

#[test]
fn a_file_of_another_program_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    let text = folder.path().join("notes.txt");
    std::fs::write(
        &text,
        "not a database, and longer than its header is, so that it is looked at ".repeat(20),
    )
    .unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let before = std::fs::read(&text).unwrap();
    let options = hookctl::job::sandbox::Options { state: Place::File(text.clone()), ..Default::default() };
    let error = runtime.block_on(hookctl::job::sandbox::start(options)).unwrap_err();
    assert!(error.to_string().contains("is not a sandbox's state"), "{error}");
    assert_eq!(std::fs::read(&text).unwrap(), before);
}

#[test]
fn kojis_dashboard_keeps_several_webhooks() {
    let sandbox = Sandbox::new();
    // Nobody answers the ping there: it is refused, and nothing is kept.
    let nobody = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let body = json!({"url": format!("http://{nobody}/hook")}).to_string();
    let refused = sandbox.control("POST", "/koji/webhooks", &body).expect(422);
    assert_eq!(refused["error"], "verification_failed");
    for body in [
        r#"{"url":"http://example.com/hook"}"#,
        r#"{"url":"https://example.com/h","events":["nothing"]}"#,
        "{}",
    ] {
        sandbox.control("POST", "/koji/webhooks", body).expect(400);
    }
    let list = sandbox.control("GET", "/koji/webhooks", "").expect(200);
    assert_eq!(list["webhooks"], json!([]));
    assert_eq!(sandbox.control("DELETE", "/koji/webhooks/1", "").status, 404);
}
