//! The commands that ask a vendor, before a vendor that answers by a script.

use super::Story;
use crate::asking::{INTERVIEW, KEY, STUDY, interview, list, one, refusal, study, whole, with};
use crate::harness::script::{Act, Script, answer};
use serde_json::json;

/// A story before a vendor that answers so.
fn before(acts: impl IntoIterator<Item = Act>) -> Story {
    let script = Script::new(acts);
    let mut story = Story::new();
    story.variable("USERJOURNEYS_API_KEY", KEY);
    story.variable("USERJOURNEYS_BASE_URL", &format!("{}/api/v1", script.base()));
    story
}

#[test]
fn studies_and_their_room() {
    let full = json!({"weekly": {"limit": 50, "used": 50}, "monthly": null});
    let closed = with(study(STUDY, "Onboarding Feedback"), &[("accepting_responses", json!(false))]);
    let weekly = with(closed.clone(), &[("limits", full)]);
    let other = with(study("c0ffee00-0000-4000-8000-000000000001", "Churn"), &[("limits", json!(null))]);
    let detail = with(
        study(STUDY, "Onboarding Feedback"),
        &[
            ("research_goal", json!("Understand user onboarding experience")),
            ("product_name", json!("Acme App")),
            ("questions", json!([{"text": "What was your first impression of the product?"}])),
            ("interview_count", json!(1057)),
        ],
    );
    let mut story = before([
        list(&[study(STUDY, "Onboarding Feedback"), other.clone(), closed.clone()], false),
        list(&[], false),
        one(&detail),
        one(&study(STUDY, "Onboarding Feedback")),
        one(&weekly),
        one(&closed),
        one(&with(other, &[("accepting_responses", json!(null))])),
        one(&study(STUDY, "Onboarding Feedback")),
        one(&closed),
    ]);
    let asked = |more: &[&'static str]| [&["capacity", STUDY, "--no-cache"], more].concat();
    story
        .run(0, &["studies", "list"])
        .run(0, &["studies", "list"])
        .run(0, &["studies", "show", STUDY])
        .run(0, &asked(&[]))
        .run(1, &asked(&[]))
        .run(1, &asked(&[]))
        .run(0, &asked(&[]))
        .run(0, &asked(&["--json"]))
        .run(0, &["link", STUDY, "--reference-id", "ann+test@example.com"]);
    story.golden("studies.txt");
}

#[test]
fn interviews() {
    let mut story = before([
        list(&[interview("i1"), interview("i2")], false),
        list(&[], false),
        one(&whole(INTERVIEW)),
        one(&whole(INTERVIEW)),
        one(&whole(INTERVIEW)),
        list(&[interview("i1")], false),
        one(&whole("i1")),
        list(&[interview("i1")], false),
        list(&[], false),
    ]);
    story
        .run(0, &["interviews", "list", "--study", STUDY])
        .run(0, &["interviews", "list", "--study", STUDY, "--status", "started"])
        .run(0, &["interviews", "show", INTERVIEW])
        .run(0, &["interviews", "show", INTERVIEW, "--markdown"])
        .run(0, &["interviews", "show", INTERVIEW, "--json"])
        .run(0, &["interviews", "export", "--study", STUDY, "--format", "csv", "--out", "all.csv"])
        .run(1, &["interviews", "reconcile", "--study", STUDY])
        .run(0, &["interviews", "reconcile", "--study", STUDY]);
    story.golden("interviews.txt");
}

#[test]
fn what_a_vendor_refuses() {
    let html = answer(200, &[("Content-Type", "text/html")], "<!doctype html><p>Sign in");
    let mut story = before([
        refusal(401),
        refusal(401),
        refusal(401),
        refusal(401),
        html,
        list(&[study("s1", "Twice"), study("s2", "Twice")], false),
        list(&[], false),
        refusal(404),
        one(&interview(INTERVIEW)),
        one(&with(study(STUDY, "a"), &[("interview_link", json!("javascript:alert(1)"))])),
    ]);
    story
        .run(4, &["studies", "list"])
        .run(4, &["studies", "show", STUDY])
        .run(4, &["interviews", "export", "--study", STUDY])
        .run(4, &["interviews", "reconcile", "--study", STUDY])
        .run(5, &["studies", "list"])
        .run(2, &["capacity", "Twice", "--no-cache"])
        .run(2, &["capacity", "Nonesuch", "--no-cache"])
        .run(4, &["interviews", "show", "nonesuch"])
        .run(1, &["interviews", "show", INTERVIEW, "--transcript"])
        .run(5, &["link", STUDY])
        .run(2, &["capacity", STUDY, "--max-age", "soon"])
        .run(2, &["interviews", "list", "--study", STUDY, "--since", "soon"])
        .run(2, &["interviews", "list"])
        .variable("USERJOURNEYS_API_KEY", "")
        .variable("KOJI_API_KEY", "pk_live_fake0000000000");
    for args in [
        &["studies", "list"][..],
        &["capacity", "x"],
        &["link", "x"],
        &["interviews", "list", "--study", "x"],
    ] {
        story.run(2, &[args, &["--provider", "koji"]].concat());
    }
    story.golden("asking.errors.txt");
}
