//! userjourneys: every endpoint, as bytes and as fields.

use super::documented::{CHAT, CHATS, INTERVIEW, RELEASE, RELEASES, STUDIES, STUDY};
use super::{KEY, request, userjourneys};
use crate::harness::script::{Act, Script, answer, json};
use hookctl::vendor::userjourneys::InterviewQuery;
use hookctl::vendor::{Failure, Item, Limit, Page, Paging};
use serde_json::{Value, json as value};

const EVENTS: &str = "interview.completed";

fn get(target: &str) -> String {
    request(&format!("GET {target}"), KEY, "application/json", None)
}

fn first() -> Paging {
    Paging::default()
}

#[tokio::test]
async fn studies_are_listed_with_every_documented_field() {
    let script = Script::new([json(200, STUDIES)]);
    let page = userjourneys(&script).studies(&first()).await.unwrap();
    assert_eq!(script.only(), get("/api/v1/studies"));
    let study = &page.items[0];
    assert!(!page.has_more && page.items.len() == 1);
    assert_eq!(study.id, "e5f6a7b8-1234-56cd-ef78-222222222222");
    assert_eq!(study.name.as_deref(), Some("Onboarding Feedback"));
    assert_eq!(study.status.as_deref(), Some("active"));
    assert_eq!(study.interview_link.as_deref(), Some("https://app.userjourneys.ai/i/xK9mR2pQ"));
    assert_eq!(study.accepting_responses, Some(true));
    assert_eq!(study.supported_languages, ["en", "es"]);
    assert_eq!(study.limits.monthly, Some(Limit { limit: Some(200), used: Some(45) }));
    assert_eq!(study.limits.weekly, Some(Limit { limit: Some(50), used: Some(12) }));
    assert_eq!(study.created_at.as_deref(), Some("2026-03-01T00:00:00.000Z"));
    assert_eq!(study.raw, serde_json::from_str::<Value>(STUDIES).unwrap()["data"][0]);
}

#[tokio::test]
async fn a_study_has_its_goal_product_questions_and_count() {
    let script = Script::new([json(200, STUDY)]);
    let study = userjourneys(&script).study("e5f6a7b8-1234-56cd-ef78-222222222222").await.unwrap();
    assert_eq!(script.only(), get("/api/v1/studies/e5f6a7b8-1234-56cd-ef78-222222222222"));
    assert_eq!(study.research_goal.as_deref(), Some("Understand user onboarding experience"));
    assert_eq!(study.product_name.as_deref(), Some("Acme App"));
    assert_eq!(
        study.questions,
        ["What was your first impression of the product?", "What almost stopped you from signing up?"]
    );
    assert_eq!(study.interview_count, Some(45));
}

#[tokio::test]
async fn interviews_are_asked_for_with_every_filter_encoded() {
    let list = format!("{{\"object\":\"list\",\"data\":[{INTERVIEW}],\"has_more\":false}}");
    let script = Script::new([json(200, &list), json(200, &list)]);
    let vendor = userjourneys(&script);
    let query = InterviewQuery {
        study_id: "e5f6a7b8-1234-56cd-ef78-222222222222".into(),
        status: Some("completed".into()),
        reference_id: Some("a b&c=d/ü+%".into()),
        quality_score: Some("insightful".into()),
    };
    let paging = Paging { limit: Some(100), after: Some("a1".into()) };
    let page = vendor.interviews(&query, &paging).await.unwrap();
    let plain = InterviewQuery { study_id: "s".into(), ..InterviewQuery::default() };
    vendor.interviews(&plain, &first()).await.unwrap();
    assert_eq!(
        script.requests(),
        [
            get(
                "/api/v1/interviews?study_id=e5f6a7b8-1234-56cd-ef78-222222222222&status=completed&reference_id=a+b%26c%3Dd%2F%C3%BC%2B%25&quality_score=insightful&limit=100&starting_after=a1"
            ),
            get("/api/v1/interviews?study_id=s"),
        ]
    );
    let interview = &page.items[0];
    assert_eq!(interview.id, "a1b2c3d4-5678-90ab-cdef-111111111111");
    assert_eq!(interview.study_id.as_deref(), Some("e5f6a7b8-1234-56cd-ef78-222222222222"));
    assert_eq!(interview.status.as_deref(), Some("completed"));
    assert_eq!(interview.reference_id.as_deref(), Some("user_12345"));
    assert_eq!(interview.respondent_email, None);
    assert_eq!(interview.language.as_deref(), Some("en"));
    assert_eq!(interview.quality_score.as_deref(), Some("insightful"));
    assert_eq!(interview.duration_secs, Some(580.0));
    assert_eq!(interview.headline.as_deref(), Some("User loves the onboarding but struggles with payment"));
    assert!(interview.summary.as_deref().unwrap().starts_with("The respondent had"));
    assert_eq!(interview.started_at.as_deref(), Some("2026-03-11T14:20:00.000Z"));
    assert_eq!(interview.completed_at.as_deref(), Some("2026-03-11T14:30:00.456Z"));
    assert_eq!(interview.created_at.as_deref(), Some("2026-03-11T14:20:00.000Z"));
    assert_eq!(interview.transcript(), None);
    assert!(interview.answers().is_empty());
}

#[tokio::test]
async fn an_interview_has_its_transcript_and_answers_and_unknown_fields_and_values_are_kept() {
    let mut object: Value = serde_json::from_str(INTERVIEW).unwrap();
    object["transcript"] =
        value!([{"role": "interviewer", "text": "Why?", "timestamp": "2026-03-11T14:20:01.000Z"}]);
    object["answers"] = value!([{"question": "Why?", "answer": "So."}]);
    object["status"] = value!("paused_by_moderator");
    object["quality_score"] = value!("legendary");
    object["mood"] = value!({"joy": 0.5});
    let script = Script::new([json(200, &object.to_string())]);
    let interview = userjourneys(&script).interview("a1b2c3d4-5678-90ab-cdef-111111111111").await.unwrap();
    assert_eq!(script.only(), get("/api/v1/interviews/a1b2c3d4-5678-90ab-cdef-111111111111"));
    assert_eq!(interview.status.as_deref(), Some("paused_by_moderator"));
    assert_eq!(interview.quality_score.as_deref(), Some("legendary"));
    assert!(interview.transcript().is_some() && interview.answers().len() == 1);
    assert_eq!(interview.raw, object);
}

#[tokio::test]
async fn releases_and_chats_are_listed_and_shown() {
    let script = Script::new([json(200, RELEASES), json(200, RELEASE), json(200, CHATS), json(200, CHAT)]);
    let vendor = userjourneys(&script);
    let releases = vendor.releases(Some("dismissed"), &first()).await.unwrap();
    let release = vendor.release("6a9f3b0d-6a8c-4cde-9e47-9d53f78a3d56").await.unwrap();
    let chats = vendor.chats(&Paging { limit: Some(5), after: None }).await.unwrap();
    let chat = vendor.chat("7af6cf75-20ec-49f4-b113-929c01dfbe45").await.unwrap();
    assert_eq!(
        script.requests(),
        [
            get("/api/v1/releases?status=dismissed"),
            get("/api/v1/releases/6a9f3b0d-6a8c-4cde-9e47-9d53f78a3d56"),
            get("/api/v1/chats?limit=5"),
            get("/api/v1/chats/7af6cf75-20ec-49f4-b113-929c01dfbe45"),
        ]
    );
    let listed = &releases.items[0];
    assert_eq!(listed.id, "6a9f3b0d-6a8c-4cde-9e47-9d53f78a3d56");
    assert_eq!(listed.status.as_deref(), Some("active"));
    assert_eq!(listed.chat_id.as_deref(), Some("7af6cf75-20ec-49f4-b113-929c01dfbe45"));
    assert_eq!(listed.github_pr_number, Some(482));
    assert_eq!(listed.github_pr_title.as_deref(), Some("Ship release summary emails"));
    assert_eq!(listed.github_pr_url.as_deref(), Some("https://github.com/acme/product/pull/482"));
    assert_eq!(listed.github_pr_author.as_deref(), Some("alex"));
    assert_eq!(listed.merged_at.as_deref(), Some("2026-04-10T15:22:13.000Z"));
    assert_eq!(listed.last_analysis_at.as_deref(), Some("2026-04-10T15:25:44.000Z"));
    assert_eq!(listed.created_at.as_deref(), Some("2026-04-10T15:22:20.000Z"));
    assert_eq!(
        (listed.github_pr_description.as_deref(), release.github_pr_description.as_deref()),
        (None, Some("Adds them."))
    );
    let listed = &chats.items[0];
    assert_eq!(listed.id, chat.id);
    assert_eq!(listed.title.as_deref(), Some("Investigate the spike in onboarding drop-off"));
    assert_eq!(listed.source.as_deref(), Some("web"));
    assert_eq!(listed.is_streaming, Some(false));
    assert_eq!(listed.created_at.as_deref(), Some("2026-04-10T15:18:03.000Z"));
    assert_eq!(listed.updated_at.as_deref(), Some("2026-04-10T15:24:18.000Z"));
    assert_eq!((listed.message_count, chat.message_count), (None, Some(12)));
}

fn page_of(ids: &[&str], has_more: bool) -> Act {
    let data: Vec<Value> = ids.iter().map(|id| value!({"id": id})).collect();
    json(200, &value!({"object": "list", "data": data, "has_more": has_more}).to_string())
}

#[tokio::test]
async fn all_pages_are_followed_by_the_last_id() {
    let script = Script::new([page_of(&["a", "b"], true), page_of(&["c"], true), page_of(&[], false)]);
    let studies = userjourneys(&script).all_studies().await.unwrap();
    let ids: Vec<&str> = studies.iter().map(Item::id).collect();
    assert_eq!(ids, ["a", "b", "c"]);
    assert_eq!(
        script.lines(),
        [
            "GET /api/v1/studies?limit=100",
            "GET /api/v1/studies?limit=100&starting_after=b",
            "GET /api/v1/studies?limit=100&starting_after=c",
        ]
    );
}

#[tokio::test]
async fn a_list_without_an_end_is_an_error_and_not_an_endless_loop() {
    for acts in [
        vec![page_of(&["a"], true), page_of(&["a"], true)],
        vec![page_of(&[], true)],
        vec![page_of(&["a"], true), page_of(&["b"], true), page_of(&["a"], true)],
    ] {
        let script = Script::new(acts);
        let error = userjourneys(&script).all_studies().await.unwrap_err();
        assert_eq!((error.kind(), script.left()), (Failure::Shape, 0), "{error}");
        assert!(error.to_string().contains("a list that does not come to its end"), "{error}");
    }
}

#[tokio::test]
async fn has_more_that_is_missing_is_the_last_page() {
    let script = Script::new([json(200, "{\"data\":[{\"id\":\"a\"}]}")]);
    let page: Page<_> = userjourneys(&script).studies(&first()).await.unwrap();
    assert_eq!(first().next(&page), None);
}

#[tokio::test]
async fn the_webhook_is_made_with_its_secret_which_is_nowhere_else() {
    let body = format!(
        "{{\"url\":\"https://your-app.com/webhooks/userjourneys\",\"events\":[\"{EVENTS}\"],\"signing_secret\":\"whsec_fake69ff6a12af94c6e3901a061180ca\"}}"
    );
    let script = Script::new([json(201, &body)]);
    let put = userjourneys(&script)
        .put_webhook("https://your-app.com/webhooks/userjourneys", &[EVENTS.to_owned()])
        .await
        .unwrap();
    let sent =
        format!("{{\"url\":\"https://your-app.com/webhooks/userjourneys\",\"events\":[\"{EVENTS}\"]}}");
    assert_eq!(script.only(), request("PUT /api/v1/webhooks", KEY, "application/json", Some(&sent)));
    assert!(put.created);
    assert_eq!(put.secret.as_ref().unwrap().expose(), b"whsec_fake69ff6a12af94c6e3901a061180ca");
    assert_eq!(put.registration.events, [EVENTS]);
    assert!(!format!("{put:?}").contains("whsec_"), "{put:?}");
}

#[tokio::test]
async fn a_secret_in_a_wrapped_answer_is_not_lost() {
    let body = "{\"object\":\"webhook\",\"webhook\":{\"url\":\"https://a.example/\",\"signing_secret\":\"whsec_fake\"}}";
    let script = Script::new([json(201, body)]);
    let put = userjourneys(&script).put_webhook("https://a.example/", &[EVENTS.to_owned()]).await.unwrap();
    assert_eq!(put.secret.as_ref().unwrap().expose(), b"whsec_fake");
    assert_eq!((put.registration.url.as_str(), put.registration.events.len()), ("https://a.example/", 1));
    assert!(!put.registration.raw.to_string().contains("whsec_"));
}

#[tokio::test]
async fn the_webhook_that_is_moved_has_no_secret() {
    let script = Script::new([json(
        200,
        "{\"url\":\"https://b.example/\",\"events\":[\"interview.completed\"],\"enabled\":true}",
    )]);
    let put = userjourneys(&script).put_webhook("https://b.example/", &[EVENTS.to_owned()]).await.unwrap();
    assert!(!put.created && put.secret.is_none());
    assert_eq!(put.registration.raw["enabled"], true);
}

#[tokio::test]
async fn the_webhook_is_shown_and_404_means_that_there_is_none() {
    let there = "{\"url\":\"https://a.example/\",\"events\":[\"interview.completed\",\"x\"]}";
    let script = Script::new([json(200, there), json(404, "{\"error\":\"none\"}")]);
    let vendor = userjourneys(&script);
    let found = vendor.webhook().await.unwrap().unwrap();
    assert_eq!(
        (found.url.as_str(), found.events),
        ("https://a.example/", vec![EVENTS.to_owned(), "x".into()])
    );
    assert_eq!(vendor.webhook().await.unwrap(), None);
    assert_eq!(script.requests(), [get("/api/v1/webhooks"), get("/api/v1/webhooks")]);
}

#[tokio::test]
async fn the_webhook_is_removed_and_one_that_is_not_there_is_no_error() {
    let script = Script::new([answer(204, &[], ""), json(404, "{}"), Act::Drop, json(404, "{}")]);
    let vendor = userjourneys(&script);
    assert!(vendor.delete_webhook().await.unwrap());
    assert!(!vendor.delete_webhook().await.unwrap());
    // The first answer was lost, and the second says that it is gone.
    assert!(vendor.delete_webhook().await.unwrap());
    let sent = request("DELETE /api/v1/webhooks", KEY, "application/json", None);
    assert_eq!(script.requests(), vec![sent; 4]);
}

#[tokio::test]
async fn an_id_cannot_leave_its_place_in_the_path() {
    let script = Script::new([json(404, "{}"), json(404, "{}")]);
    let vendor = userjourneys(&script);
    for id in ["", ".", "..", "%2e%2E"] {
        let error = vendor.study(id).await.unwrap_err();
        assert_eq!(error.kind(), Failure::Setup, "{id}: {error}");
    }
    for id in ["../webhooks?x=#y", "a/b ü\r\nX: y"] {
        assert_eq!(vendor.study(id).await.unwrap_err().status(), Some(404), "{id}");
    }
    assert_eq!(
        script.lines(),
        ["GET /api/v1/studies/..%2Fwebhooks%3Fx%3D%23y", "GET /api/v1/studies/a%2Fb%20%C3%BC%0D%0AX%3A%20y",]
    );
}
