//! The sandbox's answers beside the vendors' own JSON examples, field for field:
//! names and their order, types, forms of ids, times and links, and the order of
//! magnitude of numbers. Members that a vendor promises in words only, or whose
//! example is cut, are listed beside the example.

use super::{ONBOARDING, Sandbox};
use regex::Regex;
use serde_json::Value;
use std::sync::LazyLock;

static EXAMPLES: LazyLock<Vec<Value>> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../vectors/vendor-answers.json")).unwrap());

/// The forms of texts; the first that fits the example must fit the answer.
static FORMS: LazyLock<Vec<(&str, Regex)>> = LazyLock::new(|| {
    [
        ("a UUID", r"^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$"),
        ("a time with milliseconds", r"^20\d\d-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z$"),
        ("a participant's link", r"^https?://[^/]+/i/[A-Za-z0-9]{8}$"),
        ("a pull request", r"^https://github\.com/[a-z]+/[a-z]+/pull/\d+$"),
        ("a secret of 32 hex digits", r"^whsec_[0-9a-f]{32}$"),
        ("a message's id", r"^msg_[0-9a-z]+$"),
        ("a word", r"^[a-z_]+(\.[a-z_]+)?$"),
        ("a user's id", r"^user_\d+$"),
        ("a URL", r"^https://"),
        ("a text", r"(?s)^.+$"),
    ]
    .into_iter()
    .map(|(name, pattern)| (name, Regex::new(pattern).unwrap()))
    .collect()
});

/// Every way in which an answer departs from an example.
fn departures(at: &str, example: &Value, answer: &Value, beyond: &[&str]) -> Vec<String> {
    match (example, answer) {
        (Value::Object(wanted), Value::Object(found)) => {
            let names: Vec<&str> = wanted.keys().map(String::as_str).collect();
            let got: Vec<&str> =
                found.keys().map(String::as_str).filter(|name| !beyond.contains(name)).collect();
            let mut all = Vec::new();
            if names != got {
                all.push(format!("{at}: the members are {got:?} and not {names:?}"));
            }
            for name in beyond.iter().filter(|name| !found.contains_key(**name)) {
                all.push(format!("{at}: `{name}` is promised and missing"));
            }
            for (name, value) in wanted.iter().filter(|(name, _)| found.contains_key(*name)) {
                all.extend(departures(&format!("{at}/{name}"), value, &found[name], &[]));
            }
            all
        }
        (Value::Array(wanted), Value::Array(found)) => {
            if found.is_empty() {
                return vec![format!("{at}: the list is empty")];
            }
            let pairs = found
                .iter()
                .enumerate()
                .map(|(number, item)| (number, wanted.get(number).unwrap_or(&wanted[0]), item));
            pairs
                .flat_map(|(number, example, item)| departures(&format!("{at}/{number}"), example, item, &[]))
                .collect()
        }
        (Value::String(wanted), Value::String(found)) => {
            let (name, form) = FORMS.iter().find(|(_, form)| form.is_match(wanted)).unwrap();
            if form.is_match(found) {
                Vec::new()
            } else {
                vec![format!("{at}: `{found}` is not {name}, as `{wanted}` is")]
            }
        }
        (Value::Number(wanted), Value::Number(found)) => {
            let (wanted_value, value) = (wanted.as_f64().unwrap(), found.as_f64().unwrap());
            let whole = wanted.is_f64() || !found.is_f64();
            let near = value == 0.0 || (wanted_value / 100.0..=wanted_value * 100.0).contains(&value);
            if whole && near { Vec::new() } else { vec![format!("{at}: {found} is far from {wanted}")] }
        }
        (Value::Bool(_), Value::Bool(_)) | (Value::Null, _) => Vec::new(),
        (wanted, found) => vec![format!("{at}: {found} is of another type than {wanted}")],
    }
}

#[track_caller]
fn like(name: &str, answer: &Value) {
    let vector = EXAMPLES
        .iter()
        .find(|vector| vector["name"] == name)
        .unwrap_or_else(|| panic!("no example `{name}`"));
    let beyond: Vec<&str> =
        vector["beyond"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
    let found = departures("", &vector["answer"], answer, &beyond);
    assert!(found.is_empty(), "{name}: {found:#?}\n{answer:#}");
}

#[test]
fn the_comparison_sees_a_missing_a_new_a_moved_and_a_changed_member() {
    let example = serde_json::json!({"id": "a1b2c3d4-5678-90ab-cdef-111111111111", "used": 45, "at": "2026-03-11T14:20:00.000Z", "to": ["en"]});
    let same = serde_json::json!({"id": "00000000-0000-0000-0000-000000000000", "used": 0, "at": "2026-12-31T00:00:00.001Z", "to": ["de", "es"]});
    assert_eq!(departures("", &example, &same, &[]), Vec::<String>::new());
    for (pointer, value) in [
        ("/id", serde_json::json!("1")),
        ("/id", serde_json::json!(null)),
        ("/used", serde_json::json!(45_000)),
        ("/used", serde_json::json!(45.5)),
        ("/used", serde_json::json!("45")),
        ("/at", serde_json::json!("2026-03-11T14:20:00Z")),
        ("/to", serde_json::json!([])),
        ("/to", serde_json::json!("en")),
    ] {
        let mut changed = same.clone();
        *changed.pointer_mut(pointer).unwrap() = value;
        assert_eq!(departures("", &example, &changed, &[]).len(), 1, "{changed}");
    }
    let (mut less, mut more) = (same.clone(), same.clone());
    less.as_object_mut().unwrap().shift_remove("used");
    more.as_object_mut().unwrap().insert("extra".to_owned(), Value::Null);
    assert_eq!(departures("", &example, &less, &[]).len(), 1);
    assert_eq!(departures("", &example, &more, &[]).len(), 1);
    assert!(departures("", &example, &more, &["extra"]).is_empty());
}

#[test]
fn userjourneys_answers_as_its_pages_show() {
    let sandbox = Sandbox::with(|options| options.legacy = true);
    let get = |path: &str| sandbox.uj("GET", path, "").expect(200);
    like("userjourneys: list of studies", &only_limited(get("/studies")));
    like("userjourneys: study", &get(&format!("/studies/{ONBOARDING}")));
    let interviews = get(&format!("/interviews?study_id={ONBOARDING}&quality_score=insightful"));
    like("userjourneys: list of interviews", &interviews);
    let id = interviews["data"][0]["id"].as_str().unwrap();
    like("userjourneys: interview", &get(&format!("/interviews/{id}")));
    let releases = get("/releases");
    like("userjourneys: list of releases", &releases);
    let chats = get("/chats");
    like("userjourneys: list of chats", &chats);
    like("userjourneys: chat", &get(&format!("/chats/{}", chats["data"][0]["id"].as_str().unwrap())));
    let experiments = get("/experiments");
    let mut first = experiments.clone();
    // Studies without a limit have `null` there; the example has limits.
    first["experiments"].as_array_mut().unwrap().retain(|study| study["weekly_limit"].is_number());
    like("userjourneys: experiments", &first);
    let webhook = r#"{"url":"https://your-app.com/webhooks/userjourneys","events":["interview.completed"]}"#;
    like("userjourneys: webhook created", &sandbox.uj("PUT", "/webhooks", webhook).expect(201));
    like("userjourneys: webhook", &sandbox.uj("PUT", "/webhooks", webhook).expect(200));
    like("userjourneys: webhook", &get("/webhooks"));
    sandbox.stop();
}

/// How a study without limit looks is not documented, so it is not in the example.
fn only_limited(mut studies: Value) -> Value {
    studies["data"].as_array_mut().unwrap().retain(|study| study["limits"]["weekly"].is_object());
    studies
}

#[test]
fn a_release_adds_its_description_after_the_title() {
    let sandbox = Sandbox::new();
    let id = sandbox.uj("GET", "/releases", "").expect(200)["data"][0]["id"].as_str().unwrap().to_owned();
    let release = sandbox.uj("GET", &format!("/releases/{id}"), "").expect(200);
    let names: Vec<&String> = release.as_object().unwrap().keys().collect();
    let title = names.iter().position(|name| *name == "github_pr_title").unwrap();
    assert_eq!(names[title + 1], "github_pr_description");
    assert!(release["github_pr_description"].is_string());
}

#[test]
fn koji_answers_as_its_pages_show() {
    let sandbox = Sandbox::with(|options| options.koji_rate = 3);
    let started = sandbox.koji("POST", "/api/v1/interviews/start", None, "{}").expect(201);
    assert_eq!(
        started.as_object().unwrap().keys().collect::<Vec<_>>(),
        ["interview_id", "session_token", "initial_message"]
    );
    let path = format!("/api/v1/interviews/{}/messages", started["interview_id"].as_str().unwrap());
    let said = r#"{"content":"The export took three tries.","type":"respondent"}"#;
    let token = started["session_token"].as_str();
    like("koji: message of the older API", &sandbox.koji("POST", &path, token, said).expect(200));
    sandbox.koji("POST", &path, token, said).expect(200);
    let refused = sandbox.koji("POST", &path, token, said);
    like("koji: rate limited", &refused.expect(429));
    assert_eq!(
        (refused.header("x-ratelimit-limit"), refused.header("x-ratelimit-remaining")),
        (Some("3"), Some("0"))
    );
    assert_eq!(refused.header("retry-after"), None, "the current pages name none");
}
