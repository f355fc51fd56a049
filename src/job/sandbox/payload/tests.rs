use super::*;
use crate::hook::sample;

/// 2026-03-11T14:32:00.123456Z.
const NOW: Timestamp = Timestamp::from_micros(1_773_239_520_123_456);

fn finished() -> Finished {
    Finished {
        interview_id: "abc123".to_owned(),
        study_id: "xyz789".to_owned(),
        study_name: "Onboarding \"Feedback\" <1>".to_owned(),
        interview_link: "http://127.0.0.1:4410/i/xK9mR2pQ".to_owned(),
        started_at: NOW.minus(std::time::Duration::from_secs(700)),
        completed_at: NOW.minus(std::time::Duration::from_secs(5)),
        duration_secs: 580,
        language: "en".to_owned(),
        reference_id: Some("user_12345".to_owned()),
        respondent_email: None,
        participant: object(
            json!({ "name": "Sarah", "company": "Acme Corp", "email": "sarah@example.com", "plan": "enterprise" }),
        ),
        grade: "insightful".to_owned(),
        score: 4,
        mode: "text".to_owned(),
        transcript_url: "http://127.0.0.1:4410/studies/xyz789/interviews/abc123".to_owned(),
        structured_answers: vec![
            json!({ "question_id": "q_first_impression", "type": "open_ended", "value": "Quick." }),
            json!({ "question_id": "q_satisfaction", "type": "scale", "value": 2 }),
            json!({ "question_id": "q_reason", "type": "single_choice", "value": "pricing" }),
            json!({ "question_id": "q_tools", "type": "multiple_choice", "value": ["Slack", "HubSpot"] }),
            json!({ "question_id": "q_priorities", "type": "ranking", "value": ["price", "speed", "support"] }),
            json!({ "question_id": "q_recommend", "type": "yes_no", "value": "no" }),
        ],
        summary: "Quick.".to_owned(),
    }
}

fn read(body: &[u8]) -> Value {
    serde_json::from_slice(body).unwrap()
}

/// The paths of all members with the kind of each value, in their order; lists by their first element.
fn shape(value: &Value, path: &str, found: &mut Vec<String>) {
    match value {
        Value::Object(members) => {
            found.push(format!("{path} object"));
            // A participant is free-form.
            for (name, member) in members.iter().filter(|_| !path.ends_with("/participant")) {
                shape(member, &format!("{path}/{name}"), found);
            }
        }
        Value::Array(_) => found.push(format!("{path} list")),
        Value::Number(_) => found.push(format!("{path} number")),
        Value::String(_) => found.push(format!("{path} text")),
        Value::Bool(_) => found.push(format!("{path} bool")),
        Value::Null => found.push(format!("{path} null")),
    }
}

fn shape_of(body: &[u8]) -> Vec<String> {
    let mut found = Vec::new();
    shape(&read(body), "", &mut found);
    found
}

#[test]
fn every_body_has_the_members_of_the_vendors_example_in_its_order() {
    let (now, interview) = (NOW, finished());
    let study = Published {
        study_id: "xyz789".to_owned(),
        study_title: "T".to_owned(),
        published_at: now,
        study_url: "http://127.0.0.1/s".to_owned(),
        interview_link: "http://127.0.0.1/i/x".to_owned(),
    };
    let report = Report {
        report_id: "rep456".to_owned(),
        study_id: "xyz789".to_owned(),
        study_title: "T".to_owned(),
        report_url: "http://127.0.0.1/r".to_owned(),
        generated_at: now,
        scores: vec![3, 4, 4],
    };
    let plain = Finished { structured_answers: Vec::new(), ..interview.clone() };
    let poor = Finished { score: 2, ..interview.clone() };
    for (provider, sample, body) in [
        ("userjourneys", "interview.completed", userjourneys(&interview, now)),
        ("koji", "interview.completed", koji_interview(COMPLETED, &plain, now)),
        ("koji", "interview.completed:structured", koji_interview(COMPLETED, &interview, now)),
        ("koji", "interview.analysis_ready", koji_interview(ANALYSIS_READY, &interview, now)),
        ("koji", "interview.quality_scored", koji_interview(QUALITY_SCORED, &interview, now)),
        ("koji", "interview.failed_quality_gate", koji_interview(FAILED_GATE, &poor, now)),
        ("koji", "study.published", koji_published(&study, now)),
        ("koji", "report.generated", koji_report(&report, now)),
        ("koji", "webhook.test", koji_ping(now)),
    ] {
        let example = sample::find(provider, sample).unwrap().fresh(now, "abc123");
        assert_eq!(shape_of(&body), shape_of(&example), "{provider} {sample}");
    }
}

#[test]
fn koji_writes_whole_seconds_and_userjourneys_milliseconds() {
    let uj = read(&userjourneys(&finished(), NOW));
    assert_eq!(uj["timestamp"], "2026-03-11T14:32:00.123Z");
    assert_eq!(uj["data"]["completed_at"], "2026-03-11T14:31:55.123Z");
    let koji = read(&koji_interview(COMPLETED, &finished(), NOW));
    assert_eq!(koji["timestamp"], "2026-03-11T14:32:00Z");
    assert_eq!(koji["data"]["completed_at"], "2026-03-11T14:31:55Z");
}

#[test]
fn the_documented_example_of_userjourneys_is_met_value_for_value() {
    let interview = Finished {
        interview_id: "a1b2c3d4-5678-90ab-cdef-111111111111".to_owned(),
        study_id: "e5f6a7b8-1234-56cd-ef78-222222222222".to_owned(),
        study_name: "Onboarding Feedback".to_owned(),
        interview_link: "https://app.userjourneys.ai/i/xK9mR2pQ".to_owned(),
        started_at: Timestamp::parse("2026-03-11T14:20:00.000Z").unwrap(),
        completed_at: Timestamp::parse("2026-03-11T14:30:00.456Z").unwrap(),
        ..finished()
    };
    let documented = r#"{"event":"interview.completed","timestamp":"2026-03-11T14:32:00.123Z","data":{"interview_id":"a1b2c3d4-5678-90ab-cdef-111111111111","study_id":"e5f6a7b8-1234-56cd-ef78-222222222222","study_name":"Onboarding Feedback","interview_link":"https://app.userjourneys.ai/i/xK9mR2pQ","status":"completed","started_at":"2026-03-11T14:20:00.000Z","completed_at":"2026-03-11T14:30:00.456Z","duration_secs":580,"quality_score":"insightful","language":"en","reference_id":"user_12345","respondent_email":null,"respondent_id":null}}"#;
    assert_eq!(String::from_utf8(userjourneys(&interview, NOW)).unwrap(), documented);
}

#[test]
fn the_gate_and_the_chosen_description_decide_which_events_come() {
    let names = |events: KojiEvents, score| -> Vec<&str> {
        events.of_interview(score).into_iter().map(|(event, _)| event).collect()
    };
    assert_eq!(names(KojiEvents::Guide, 3), [COMPLETED]);
    assert_eq!(names(KojiEvents::Guide, 2), [FAILED_GATE]);
    assert_eq!(names(KojiEvents::Setup, 2), [COMPLETED, QUALITY_SCORED, ANALYSIS_READY]);
    assert_eq!(names(KojiEvents::Union, 4), [COMPLETED, QUALITY_SCORED, ANALYSIS_READY]);
    assert_eq!(names(KojiEvents::Union, 1), [FAILED_GATE, QUALITY_SCORED, ANALYSIS_READY]);
}

#[test]
fn a_failed_gate_has_no_structured_answers_and_an_anonymous_one_no_participant() {
    let poor = Finished { score: 2, participant: Map::new(), ..finished() };
    let body = read(&koji_interview(FAILED_GATE, &poor, NOW));
    assert_eq!(body["data"].get("structured_answers"), None);
    assert_eq!(body["data"]["participant"], json!({}));
    let judged = read(&koji_interview(QUALITY_SCORED, &poor, NOW));
    assert_eq!((&judged["data"]["passed"], &judged["data"]["quality_score"]), (&json!(false), &json!(2)));
}

#[test]
fn a_report_averages_its_scores() {
    let report = |scores| Report {
        report_id: "r".to_owned(),
        study_id: "s".to_owned(),
        study_title: "t".to_owned(),
        report_url: "u".to_owned(),
        generated_at: NOW,
        scores,
    };
    let summary = |scores| read(&koji_report(&report(scores), NOW))["data"]["summary"].clone();
    assert_eq!(summary(vec![3, 4, 4])["average_quality_score"], 3.7);
    assert_eq!(summary(vec![3, 4, 4])["interview_count"], 3);
    assert_eq!(summary(Vec::new())["average_quality_score"], Value::Null);
}
