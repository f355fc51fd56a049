//! Koji's REST API, both generations at once. Its answers are hardly documented:
//! what is ours is said where it is made.

use super::asked::{self, Caller};
use super::conversation::{self, ConversationError, End, Start};
use super::reply::{Answer, Refused, content, json};
use super::state::StateError;
use super::state::interviews::{Answer as Answered, Interview, Turn};
use super::state::studies::Study;
use super::world::World;
use crate::hook::time::Timestamp;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::{get, post};
use bytes::Bytes;
use http::{HeaderMap, HeaderValue};
use serde_json::{Value, json};
use std::sync::Arc;

const PROVIDER: &str = "koji";
const MODES: [&str; 2] = ["text", "voice"];
const REASONS: [&str; 4] = ["natural", "respondent_left", "timeout", "manual"];

type Shared = State<Arc<World>>;

/// Which generation of Koji's API is there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Generation {
    /// Both sets of paths.
    #[default]
    Both,
    /// `/message` with a stream, `/api/interview/complete`.
    Current,
    /// `/messages` with JSON, `/:id/complete`.
    Old,
}

/// The paths of the API.
pub(super) fn routes(generation: Generation) -> Router<Arc<World>> {
    let mut routes = Router::new()
        .route("/koji/api/v1/interviews/start", post(start))
        .route("/koji/api/v1/interviews/{id}", get(interview));
    if generation != Generation::Old {
        routes = routes
            .route("/koji/api/v1/interviews/{id}/message", post(message))
            .route("/koji/api/interview/complete", post(complete_by_body));
    }
    if generation != Generation::Current {
        routes = routes
            .route("/koji/api/v1/interviews/{id}/messages", post(messages))
            .route("/koji/api/v1/interviews/{id}/complete", post(complete_by_path));
    }
    routes
}

impl From<ConversationError> for Refused {
    fn from(error: ConversationError) -> Self {
        let text = error.to_string();
        match error {
            ConversationError::Unknown(_) => Self::not_found(text),
            // What Koji answers here is not documented: ours.
            ConversationError::Closed(_) | ConversationError::Ended(_) => {
                Self::new(422, "validation_error", text)
            }
            ConversationError::State(error) => error.into(),
        }
    }
}

async fn start(State(world): Shared, caller: Caller, headers: HeaderMap, body: Bytes) -> Answer {
    caller.may("interview:start")?;
    // Every member is optional, and so is the body.
    let body = if body.is_empty() { json!({}) } else { asked::object(&headers, &body)? };
    let study = world.store.with(|db| briefed(Study::active(db, PROVIDER, &caller.0.project)?, &body))?;
    let study = study.ok_or_else(|| {
        Refused::new(422, "validation_error", "the project has no published research brief")
    })?;
    let old = ["project_id", "guide_id", "respondent_name", "respondent_email", "metadata", "language"];
    let is_old = old.iter().any(|name| body.get(name).is_some());
    let interview = conversation::begin(&world, &study, participant(&body)?)?;
    let first = world.store.with(|db| interview.turns(db))?.into_iter().next();
    let mut answer = json!({
        "interview_id": interview.id,
        "session_token": interview.session_token,
        "initial_message": first.map(|turn| turn.text).unwrap_or_default(),
    });
    if is_old && let Some(members) = answer.as_object_mut() {
        // The old overview calls it so, with an id of another form.
        members.insert("conversation_id".to_owned(), json!(interview.id));
    }
    Ok(json(201, &answer))
}

/// The study to interview for: the one named, else the newest.
fn briefed(studies: Vec<Study>, body: &Value) -> Result<Option<Study>, StateError> {
    let named = body.get("guide_id").or(body.get("study_id")).and_then(Value::as_str);
    Ok(studies.into_iter().find(|study| named.is_none_or(|id| study.id == id || study.code == id)))
}

/// Who takes part, in the words of either generation.
fn participant(body: &Value) -> Result<Start, Refused> {
    let none = json!({});
    let respondent = body.get("respondent").unwrap_or(&none);
    if !respondent.is_object() {
        return Err(Refused::invalid("`respondent` must be an object"));
    }
    let metadata = respondent.get("metadata").or(body.get("metadata")).cloned().unwrap_or(none.clone());
    if !metadata.is_object() {
        return Err(Refused::invalid("`metadata` must be an object"));
    }
    let mode = asked::text(body, "mode")?;
    if mode.as_deref().is_some_and(|mode| !MODES.contains(&mode)) {
        return Err(Refused::invalid("`mode` must be `text` or `voice`"));
    }
    let name = match asked::text(respondent, "display_name")? {
        Some(name) => Some(name),
        None => asked::text(body, "respondent_name")?,
    };
    let language = match asked::text(body, "locale")? {
        Some(locale) => Some(locale),
        None => asked::text(body, "language")?,
    };
    let reference_id = asked::text(respondent, "external_id")?;
    Ok(Start { reference_id, email: asked::text(body, "respondent_email")?, name, metadata, mode, language })
}

/// An interview of the caller's project.
fn own(world: &World, caller: &Caller, id: &str) -> Result<Interview, Refused> {
    let found = world.store.with(|db| Interview::find(db, id))?;
    found
        .filter(|interview| interview.project == caller.0.project && interview.provider == PROVIDER)
        .ok_or_else(|| Refused::not_found("there is no such interview in your project"))
}

/// Refuses a call without the token that `start` gave for this interview.
fn in_session(interview: &Interview, headers: &HeaderMap) -> Result<(), Refused> {
    let given = headers.get("x-session-token").map(HeaderValue::as_bytes);
    match given {
        None => Err(Refused::new(401, "unauthorized", "the header `X-Session-Token` is missing")),
        Some(given) if Some(given) == interview.session_token.as_deref().map(str::as_bytes) => Ok(()),
        Some(_) => Err(Refused::new(403, "forbidden", "the session token is not this interview's")),
    }
}

fn said(
    world: &World,
    caller: &Caller,
    id: &str,
    headers: &HeaderMap,
    body: &Bytes,
) -> Result<(Turn, Turn), Refused> {
    caller.may("interview:chat")?;
    let interview = own(world, caller, id)?;
    in_session(&interview, headers)?;
    let body = asked::object(headers, body)?;
    let text = asked::text(&body, "content")?.filter(|text| !text.trim().is_empty());
    let text = text.ok_or_else(|| Refused::invalid("`content` is required"))?;
    Ok(conversation::say(world, id, &text)?)
}

/// The current generation: the reply as a stream of events. Their form is ours.
async fn message(
    State(world): Shared,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (_, reply) = said(&world, &caller, &id, &headers, &body)?;
    let mut stream = String::new();
    for part in reply.text.split_inclusive(' ') {
        stream.push_str(&format!("data: {}\n\n", json!({ "delta": part })));
    }
    stream.push_str("data: [DONE]\n\n");
    let mut answer = content(200, "text/event-stream", stream);
    answer.headers_mut().insert(http::header::CACHE_CONTROL, HeaderValue::from_static("no-cache"));
    Ok(answer)
}

/// The old generation: the reply as JSON.
async fn messages(
    State(world): Shared,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let (said, reply) = said(&world, &caller, &id, &headers, &body)?;
    let count = world.store.with(|db| own_turns(db, &id))?.len();
    Ok(json(
        200,
        &json!({
            "message_id": said.id,
            "interviewer_response": { "content": reply.text, "message_id": reply.id },
            "interview_status": "active",
            "messages_count": count,
        }),
    ))
}

fn own_turns(db: &rusqlite::Transaction<'_>, id: &str) -> Result<Vec<Turn>, StateError> {
    Interview::find(db, id)?.map_or_else(|| Ok(Vec::new()), |interview| interview.turns(db))
}

async fn complete_by_body(State(world): Shared, caller: Caller, headers: HeaderMap, body: Bytes) -> Answer {
    caller.may("interview:complete")?;
    let body = asked::object(&headers, &body)?;
    let id =
        asked::text(&body, "interview_id")?.ok_or_else(|| Refused::invalid("`interview_id` is required"))?;
    complete(&world, &caller, &id, &headers, &body)
}

async fn complete_by_path(
    State(world): Shared,
    caller: Caller,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    caller.may("interview:complete")?;
    let body = if body.is_empty() { json!({}) } else { asked::object(&headers, &body)? };
    complete(&world, &caller, &id, &headers, &body)
}

/// Idempotent: a second call gets the same answer. What it says is ours.
fn complete(world: &World, caller: &Caller, id: &str, headers: &HeaderMap, body: &Value) -> Answer {
    let interview = own(world, caller, id)?;
    in_session(&interview, headers)?;
    let reason = asked::text(body, "reason")?.unwrap_or_else(|| "manual".to_owned());
    if !REASONS.contains(&reason.as_str()) {
        return Err(Refused::invalid(format!("`reason` must be one of: {}", REASONS.join(", "))));
    }
    let feedback = body.get("feedback").filter(|feedback| !feedback.is_null());
    if feedback.is_some_and(|feedback| !feedback.is_object()) {
        return Err(Refused::invalid("`feedback` must be an object"));
    }
    let end = End { reason: Some(reason), feedback: feedback.map(Value::to_string), ..End::default() };
    let ended = conversation::end(world, id, end)?;
    Ok(json(
        200,
        &json!({
            "interview_id": ended.id,
            "status": ended.status,
            "reason": ended.reason,
            "completed_at": ended.completed_at.map(Timestamp::rfc3339_seconds),
        }),
    ))
}

/// Transcript, analysis, scores, statistics: promised in words, so the members are ours.
async fn interview(State(world): Shared, caller: Caller, Path(id): Path<String>) -> Answer {
    caller.may("interview:read")?;
    let interview = own(&world, &caller, &id)?;
    let (turns, answers, study) = world
        .store
        .with(|db| Ok((interview.turns(db)?, interview.answers(db)?, Study::find(db, &interview.study)?)))?;
    Ok(json(200, &shown(&interview, &turns, &answers, study.as_ref())))
}

fn shown(interview: &Interview, turns: &[Turn], answers: &[Answered], study: Option<&Study>) -> Value {
    let transcript = turns.iter().map(
        |turn| json!({ "role": turn.role, "content": turn.text, "timestamp": turn.at.rfc3339_seconds() }),
    );
    let structured = answers.iter().filter(|answer| answer.kind != "open_ended").map(|answer| {
        json!({
            "question_id": answer.question_id,
            "question": answer.question,
            "type": answer.kind,
            "value": answer.value,
        })
    });
    json!({
        "interview_id": interview.id,
        "study_id": interview.study,
        "study_title": study.map(|study| study.name.as_str()),
        "status": if interview.completed_at.is_some() { "completed" } else { "active" },
        "interaction_mode": interview.mode,
        "locale": interview.language,
        "participant": participant_of(interview),
        "started_at": interview.started_at.rfc3339_seconds(),
        "completed_at": interview.completed_at.map(Timestamp::rfc3339_seconds),
        "transcript": transcript.collect::<Value>(),
        "analysis": interview.summary.as_ref().map(|summary| json!({
            "summary": summary,
            "themes": ["pricing confusion"],
            "sentiment": if interview.score.unwrap_or(3) >= 3 { "positive" } else { "negative" },
            "insights": [interview.headline],
        })),
        "quality_score": interview.score,
        "quality": interview.score.map(|score| json!({
            "score": score,
            "relevance": score,
            "depth": score,
            "coverage": score,
            "completion": score,
            "structured_quality": score,
        })),
        "structured_answers": structured.collect::<Value>(),
        "statistics": { "message_count": turns.len(), "duration_secs": interview.duration_secs },
    })
}

/// Koji's free attributes of a participant, with what is known by name.
pub fn participant_of(interview: &Interview) -> Value {
    let mut participant = interview.metadata.as_object().cloned().unwrap_or_default();
    let known = [
        ("external_id", &interview.reference_id),
        ("name", &interview.respondent_name),
        ("email", &interview.respondent_email),
    ];
    for (name, value) in known {
        if let Some(value) = value {
            participant.entry(name).or_insert_with(|| json!(value));
        }
    }
    Value::Object(participant)
}
