//! Koji: every endpoint in both generations, as bytes and as fields.

use super::documented::OLD_REPLY;
use super::{KOJI_KEY, koji, request};
use crate::harness::script::{Act, Script, answer, json, text};
use hookctl::hook::secret::Secret;
use hookctl::vendor::koji::{Absent, Reason, Start};
use hookctl::vendor::{Failure, Generation};
use serde_json::{Value, json as value};

const ID: &str = "f8e7d6c5-b4a3-2109-8765-432109876543";
const NOT_FOUND: &str = "{\"error\":\"not_found\",\"message\":\"No such route\"}";

fn token() -> Secret {
    Secret::new("st_fake_token").unwrap()
}

fn sent(line: &str, body: &Value) -> String {
    request(line, KOJI_KEY, "application/json", Some(&body.to_string()))
}

/// A request with a session token.
fn in_session(line: &str, accept: &str, body: &Value) -> String {
    let accept = format!("{accept}\r\nx-session-token: st_fake_token");
    request(line, KOJI_KEY, &accept, Some(&body.to_string()))
}

fn said(generation: Generation, body: &Value) -> String {
    let path = if generation == Generation::Current { "message" } else { "messages" };
    let line = format!("POST /api/v1/interviews/{ID}/{path}");
    in_session(&line, "text/event-stream, application/json", body)
}

fn stream(body: &str) -> Act {
    answer(200, &[("Content-Type", "text/event-stream; charset=utf-8")], body)
}

#[tokio::test]
async fn an_interview_starts_with_everything_and_with_nothing() {
    let body = value!({"interview_id": ID, "session_token": "st_fake_token", "initial_message": "Hi", "respondent_id": "r"});
    let script = Script::new([json(201, &body.to_string()), json(201, &body.to_string())]);
    let vendor = koji(&script);
    let start = Start {
        external_id: Some("user_12345".into()),
        display_name: Some("Jane Doe".into()),
        metadata: value!({"segment": "power_users", "n": 1}).as_object().unwrap().clone(),
        mode: Some("text".into()),
        locale: Some("en".into()),
        ..Start::default()
    };
    let started = vendor.start(&start).await.unwrap();
    vendor.start(&Start::default()).await.unwrap();
    let full = value!({
        "mode": "text", "locale": "en",
        "respondent": {"external_id": "user_12345", "display_name": "Jane Doe", "metadata": {"segment": "power_users", "n": 1}},
    });
    let line = "POST /api/v1/interviews/start";
    assert_eq!(script.requests(), [sent(line, &full), sent(line, &value!({}))]);
    assert_eq!((started.interview_id.as_str(), started.generation), (ID, Generation::Current));
    assert_eq!(started.session_token.as_ref().unwrap().expose(), b"st_fake_token");
    assert_eq!(started.initial_message, "Hi");
    assert_eq!(started.raw["respondent_id"], "r");
    assert!(!format!("{started:?}").contains("st_fake_token"));
}

#[tokio::test]
async fn an_interview_starts_in_the_old_form_where_a_project_is_named() {
    let old = value!({"conversation_id": "conv_abc123", "initial_message": {"content": "Hi", "type": "interviewer"}});
    let script = Script::new([json(201, &old.to_string())]);
    let start = Start {
        project_id: Some("p".into()),
        guide_id: Some("g".into()),
        display_name: Some("Jane Smith".into()),
        email: Some("jane@example.com".into()),
        external_id: Some("user_1".into()),
        locale: Some("de".into()),
        mode: Some("voice".into()),
        metadata: value!({"source": "crm-integration"}).as_object().unwrap().clone(),
    };
    let started = koji(&script).start(&start).await.unwrap();
    let body = value!({
        "project_id": "p", "guide_id": "g", "respondent_name": "Jane Smith", "respondent_email": "jane@example.com",
        "language": "de", "mode": "voice", "metadata": {"source": "crm-integration", "external_id": "user_1"},
    });
    assert_eq!(script.only(), sent("POST /api/v1/interviews/start", &body));
    assert_eq!((started.interview_id.as_str(), started.generation), ("conv_abc123", Generation::Old));
    assert_eq!(started.initial_message["content"], "Hi");
    assert!(started.session_token.is_none());
}

#[tokio::test]
async fn a_message_is_replied_to_as_events() {
    let body = "event: delta\ndata: {\"delta\":\"Tell \"}\n\ndata: {\"delta\":{\"content\":\"me \"}}\n\ndata: more.\n\ndata: {\"interview_status\":\"active\",\"messages_count\":4}\n\ndata: [DONE]\n\n";
    let script = Script::new([stream(body)]);
    let vendor = koji(&script);
    let reply = vendor.message(ID, Some(&token()), "It was \"slow\".\n").await.unwrap();
    assert_eq!(script.only(), said(Generation::Current, &value!({"content": "It was \"slow\".\n"})));
    assert_eq!((reply.text.as_str(), reply.ended), ("Tell me more.", true));
    assert_eq!((reply.status.as_deref(), reply.messages), (Some("active"), Some(4)));
    assert_eq!((reply.generation, vendor.generation()), (Generation::Current, Some(Generation::Current)));
    assert_eq!(reply.raw.as_array().unwrap().len(), 4);
}

#[tokio::test]
async fn a_message_falls_back_on_404_and_the_generation_that_answered_is_remembered() {
    let script = Script::new([
        json(404, NOT_FOUND),
        json(200, OLD_REPLY),
        json(200, OLD_REPLY),
        json(200, "{\"status\":\"completed\"}"),
    ]);
    let vendor = koji(&script);
    let reply = vendor.message(ID, Some(&token()), "Hm").await.unwrap();
    vendor.message(ID, Some(&token()), "Hm").await.unwrap();
    vendor.complete(ID, Some(&token()), Reason::Natural, None).await.unwrap();
    let old = value!({"content": "Hm", "type": "respondent"});
    assert_eq!(
        script.requests(),
        [
            said(Generation::Current, &value!({"content": "Hm"})),
            said(Generation::Old, &old),
            said(Generation::Old, &old),
            in_session(
                &format!("POST /api/v1/interviews/{ID}/complete"),
                "application/json",
                &value!({"reason": "natural"})
            ),
        ]
    );
    assert!(reply.text.starts_with("That's really interesting!") && reply.ended);
    assert_eq!((reply.status.as_deref(), reply.messages), (Some("active"), Some(4)));
    assert_eq!(vendor.generation(), Some(Generation::Old));
}

#[tokio::test]
async fn the_content_type_decides_how_a_reply_is_read_and_not_the_path() {
    let script = Script::new([
        json(200, "{\"response\":\"As JSON.\"}"),
        json(404, NOT_FOUND),
        stream("data: As events.\n\n"),
        answer(200, &[], "data: Untold.\n\n"),
    ]);
    let first = koji(&script).message(ID, None, "a").await.unwrap();
    let second = koji(&script).message(ID, None, "a").await.unwrap();
    let third = koji(&script).message(ID, None, "a").await.unwrap();
    assert_eq!((first.text.as_str(), first.ended), ("As JSON.", true));
    assert_eq!((second.text.as_str(), second.generation), ("As events.", Generation::Old));
    assert!(!second.ended, "the stream did not say so");
    assert_eq!(third.text, "Untold.");
}

#[tokio::test]
async fn a_stream_that_stays_open_after_its_end_is_not_waited_for() {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n";
    let body = "data: {\"text\":\"Bye.\"}\r\n\r\ndata: [DONE]\r\n\r\n";
    let script = Script::new([Act::Hang(format!("{head}{body}").into_bytes())]);
    let reply = koji(&script).message(ID, None, "a").await.unwrap();
    assert_eq!((reply.text.as_str(), reply.ended), ("Bye.", true));
}

#[tokio::test]
async fn a_stream_with_an_error_is_an_error() {
    for body in
        ["event: error\ndata: {\"message\":\"x\"}\n\n", "data: a\n\ndata: {\"error\":\"overloaded\"}\n\n"]
    {
        let script = Script::new([stream(body)]);
        let error = koji(&script).message(ID, None, "a").await.unwrap_err();
        assert_eq!((error.kind(), error.outcome_unknown()), (Failure::Shape, true), "{error}");
    }
}

#[tokio::test]
async fn a_message_is_never_sent_twice_to_one_path() {
    for act in [Act::Drop, json(500, "{}"), json(503, "{}"), answer(429, &[("Retry-After", "0")], "{}")] {
        let script = Script::new([act]);
        koji(&script).message(ID, None, "a").await.unwrap_err();
        koji(&Script::new([Act::Drop])).start(&Start::default()).await.unwrap_err();
        assert_eq!(script.lines().len(), 1);
    }
}

#[tokio::test]
async fn an_interview_is_completed_in_both_generations() {
    let done = json(200, "{\"status\":\"completed\",\"analysis\":\"queued\"}");
    let script = Script::new([done, json(404, NOT_FOUND), answer(204, &[], "")]);
    let feedback = value!({"thumbs": "up"});
    let current =
        koji(&script).complete(ID, Some(&token()), Reason::default(), Some(&feedback)).await.unwrap();
    let old = koji(&script).complete(ID, Some(&token()), Reason::RespondentLeft, None).await.unwrap();
    assert_eq!(
        script.requests(),
        [
            in_session(
                "POST /api/interview/complete",
                "application/json",
                &value!({"interview_id": ID, "reason": "manual", "feedback": {"thumbs": "up"}})
            ),
            in_session(
                "POST /api/interview/complete",
                "application/json",
                &value!({"interview_id": ID, "reason": "respondent_left"})
            ),
            in_session(
                &format!("POST /api/v1/interviews/{ID}/complete"),
                "application/json",
                &value!({"reason": "respondent_left"})
            ),
        ]
    );
    assert_eq!((current.generation, &current.raw["analysis"]), (Generation::Current, &value!("queued")));
    assert_eq!((old.generation, old.raw), (Generation::Old, Value::Null));
    let names =
        [Reason::Natural, Reason::RespondentLeft, Reason::Timeout, Reason::Manual].map(Reason::as_str);
    assert_eq!(names, ["natural", "respondent_left", "timeout", "manual"]);
}

#[tokio::test]
async fn completing_is_sent_again_for_a_second_time_changes_nothing() {
    let script = Script::new([Act::Drop, json(502, "{}"), json(200, "{}")]);
    koji(&script).complete(ID, None, Reason::Manual, None).await.unwrap();
    assert_eq!(script.lines(), ["POST /api/interview/complete"; 3]);
}

#[tokio::test]
async fn an_interview_that_neither_generation_knows_is_not_found_and_nothing_is_remembered() {
    let script =
        Script::new([json(404, NOT_FOUND), json(404, "{\"message\":\"other\"}"), stream("data: a\n\n")]);
    let vendor = koji(&script);
    let error = vendor.message(ID, None, "a").await.unwrap_err();
    assert_eq!((error.status(), vendor.generation()), (Some(404), None));
    assert!(
        error.to_string().contains("/message`") && error.to_string().contains("No such route"),
        "{error}"
    );
    assert!(vendor.message(ID, None, "a").await.is_ok());
}

#[tokio::test]
async fn a_refusal_that_is_not_404_is_not_asked_of_the_other_generation() {
    let script = Script::new([json(403, "{\"error\":\"forbidden\",\"message\":\"Missing permission\"}")]);
    let error = koji(&script).message(ID, None, "a").await.unwrap_err();
    assert_eq!((error.kind(), script.lines().len()), (Failure::Refused, 1));
    assert!(error.remedy().unwrap().contains("permission"));
}

#[tokio::test]
async fn an_interview_is_read_in_the_shapes_that_the_pages_promise() {
    let analysed = value!({
        "status": "analyzed", "messages": [{"role": "assistant", "content": "Why?"}, {"role": "user", "content": "So."}],
        "analysis": {"summary": "Slow.", "themes": ["speed"], "sentiment": "negative"},
        "quality": {"score": 4, "depth": 5},
        "structured_answers": [{"question_id": "q_satisfaction", "type": "scale", "value": 2}],
    });
    let pending = value!({"interview_id": ID, "status": "processing", "quality_score": null});
    let script = Script::new([json(200, &analysed.to_string()), json(200, &pending.to_string())]);
    let vendor = koji(&script);
    let interview = vendor.interview(ID).await.unwrap();
    let line = format!("GET /api/v1/interviews/{ID}");
    assert_eq!(script.only(), request(&line, KOJI_KEY, "application/json", None));
    assert_eq!((interview.id.as_str(), interview.status.as_deref()), (ID, Some("analyzed")));
    assert_eq!(
        (interview.summary.as_deref(), interview.quality_score.as_deref()),
        (Some("Slow."), Some("4"))
    );
    assert_eq!((interview.transcript().is_some(), interview.answers().len()), (true, 1));
    assert_eq!(interview.raw, analysed, "what the vendor sent stays as it is");
    let interview = vendor.interview(ID).await.unwrap();
    assert_eq!(
        (interview.id.as_str(), interview.quality_score.as_deref(), interview.transcript()),
        (ID, None, None)
    );
}

#[test]
fn what_koji_has_no_rest_api_for_is_said_with_what_there_is_instead() {
    for (absent, words) in [
        (Absent::Studies, "Koji has no REST API for studies"),
        (Absent::Capacity, "Koji has no REST API for the capacity of a study"),
        (Absent::Interviews, "Koji has no REST API for lists of interviews"),
        (Absent::Webhooks, "Koji has no REST API for webhooks"),
        (Absent::Links, "Koji has no REST API for participants' links"),
        (Absent::Reports, "Koji has no REST API for reports"),
    ] {
        let error = absent.error();
        assert_eq!((error.to_string().as_str(), error.kind()), (words, Failure::Unsupported));
        assert!(error.remedy().is_some());
    }
}

#[tokio::test]
async fn a_start_without_an_id_is_not_an_interview() {
    let script = Script::new([Act::Answer(
        text(201, &[("Content-Type", "application/json")], "{\"session_token\":\"st_fake_token\"}")
            .into_bytes(),
    )]);
    let error = koji(&script).start(&Start::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), error.outcome_unknown()), (Failure::Shape, Some(201), true));
    assert!(!super::words(&error).contains("st_fake"), "{error}");
}
