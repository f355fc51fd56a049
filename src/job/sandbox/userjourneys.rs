//! userjourneys' REST API as its pages describe it; where they are silent, the
//! comment says that the answer is ours.

use super::asked::{self, Caller};
use super::paging::{Query, page};
use super::period;
use super::reply::{Answer, Refused, json, nothing};
use super::state::interviews::Interview;
use super::state::keys::Project;
use super::state::studies::{Capacity, Study};
use super::state::{StateError, random_hex};
use super::state::{documents, registrations::Registration};
use super::world::World;
use crate::hook::time::Timestamp;
use axum::Router;
use axum::extract::{Path, State};
use axum::routing::get;
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Map, Value, json};
use std::sync::Arc;

const PROVIDER: &str = "userjourneys";
/// The only event there is.
const EVENTS: [&str; 1] = ["interview.completed"];

type Shared = State<Arc<World>>;

/// The paths of the API; the retired one only when asked for.
pub(super) fn routes(legacy: bool) -> Router<Arc<World>> {
    let routes = Router::new()
        .route("/api/v1/studies", get(studies))
        .route("/api/v1/studies/{id}", get(study))
        .route("/api/v1/interviews", get(interviews))
        .route("/api/v1/interviews/{id}", get(interview))
        .route("/api/v1/releases", get(releases))
        .route("/api/v1/releases/{id}", get(release))
        .route("/api/v1/chats", get(chats))
        .route("/api/v1/chats/{id}", get(chat))
        .route("/api/v1/webhooks", get(webhook).put(put_webhook).delete(delete_webhook));
    if legacy { routes.route("/api/v1/experiments", get(experiments)) } else { routes }
}

async fn studies(State(world): Shared, caller: Caller, query: Query) -> Answer {
    let now = world.clock.now();
    let found = world.store.with(|db| {
        let all = Study::active(db, PROVIDER, &caller.0.project)?;
        all.into_iter()
            .map(|study| Ok((study.capacity(db, now)?, study)))
            .collect::<Result<Vec<_>, StateError>>()
    })?;
    let shown = |(capacity, study): &(Capacity, Study)| {
        let mut item = study_members(&world, study, *capacity);
        item.insert("created_at".to_owned(), json!(study.created_at.rfc3339_millis()));
        Value::Object(item)
    };
    Ok(json(200, &page(&found, &query, |(_, study)| &study.id, shown)?))
}

/// What the list and the detail of a study share, in the vendor's order.
fn study_members(world: &World, study: &Study, capacity: Capacity) -> Map<String, Value> {
    let members = json!({
        "id": study.id,
        "object": "study",
        "name": study.name,
        "status": study.status,
        "interview_link": world.link(&study.code),
        "accepting_responses": capacity.accepting,
        "supported_languages": study.languages,
        // How a study without limit looks is not documented: `null` is ours.
        "limits": {
            "monthly": study.monthly_limit.map(|limit| json!({ "limit": limit, "used": capacity.monthly_used })),
            "weekly": study.weekly_limit.map(|limit| json!({ "limit": limit, "used": capacity.weekly_used })),
        },
    });
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

async fn study(State(world): Shared, caller: Caller, Path(id): Path<String>) -> Answer {
    let now = world.clock.now();
    let found = world.store.with(|db| {
        let Some(study) = own_study(Study::find(db, &id)?, &caller) else { return Ok(None) };
        let interviews = Interview::of_study(db, &study.id)?.len();
        Ok(Some((study.capacity(db, now)?, study.questions(db)?, interviews, study)))
    })?;
    let (capacity, questions, interviews, study) =
        found.ok_or_else(|| Refused::not_found("there is no such study"))?;
    let mut item = study_members(&world, &study, capacity);
    let questions: Vec<Value> = questions.iter().map(|question| json!({ "text": question.text })).collect();
    item.insert("research_goal".to_owned(), json!(study.research_goal));
    item.insert("product_name".to_owned(), json!(study.product_name));
    item.insert("questions".to_owned(), json!(questions));
    item.insert("interview_count".to_owned(), json!(interviews));
    item.insert("created_at".to_owned(), json!(study.created_at.rfc3339_millis()));
    Ok(json(200, &Value::Object(item)))
}

fn own_study(study: Option<Study>, caller: &Caller) -> Option<Study> {
    study.filter(|study| study.project == caller.0.project && study.provider == PROVIDER)
}

async fn interviews(State(world): Shared, caller: Caller, query: Query) -> Answer {
    let study = query.get("study_id").filter(|id| !id.is_empty());
    let study = study.ok_or_else(|| Refused::invalid("`study_id` is required"))?;
    let found = world.store.with(|db| {
        let Some(study) = own_study(Study::find(db, study)?, &caller) else { return Ok(None) };
        Ok(Some(Interview::of_study(db, &study.id)?))
    })?;
    let mut found = found.ok_or_else(|| Refused::not_found("there is no such study"))?;
    let same = |name: &str, value: Option<&str>| query.get(name).is_none_or(|wanted| value == Some(wanted));
    found.retain(|interview| {
        same("status", Some(&interview.status))
            && same("reference_id", interview.reference_id.as_deref())
            && same("quality_score", interview.quality.as_deref())
    });
    let shown = |interview: &Interview| Value::Object(interview_members(interview));
    Ok(json(200, &page(&found, &query, |interview| &interview.id, shown)?))
}

fn interview_members(interview: &Interview) -> Map<String, Value> {
    let members = json!({
        "id": interview.id,
        "object": "interview",
        "study_id": interview.study,
        "status": interview.status,
        "reference_id": interview.reference_id,
        "respondent_email": interview.respondent_email,
        "language": interview.language,
        "quality_score": interview.quality,
        "duration_secs": interview.duration_secs,
        "headline": interview.headline,
        "summary": interview.summary,
        "started_at": interview.started_at.rfc3339_millis(),
        "completed_at": interview.completed_at.map(Timestamp::rfc3339_millis),
        "created_at": interview.created_at.rfc3339_millis(),
    });
    match members {
        Value::Object(members) => members,
        _ => Map::new(),
    }
}

async fn interview(State(world): Shared, caller: Caller, Path(id): Path<String>) -> Answer {
    let found = world.store.with(|db| {
        let mine =
            |interview: &Interview| interview.project == caller.0.project && interview.provider == PROVIDER;
        let Some(interview) = Interview::find(db, &id)?.filter(mine) else { return Ok(None) };
        Ok(Some((interview.turns(db)?, interview.answers(db)?, interview)))
    })?;
    let (turns, answers, interview) =
        found.ok_or_else(|| Refused::not_found("there is no such interview in your project"))?;
    // The elements of both lists, and the name of the second, are not documented: ours.
    let turns = turns
        .iter()
        .map(|turn| json!({ "role": turn.role, "text": turn.text, "timestamp": turn.at.rfc3339_millis() }));
    let answers = answers.iter().map(|answer| json!({ "question": answer.question, "answer": answer.value }));
    let mut item = interview_members(&interview);
    item.insert("transcript".to_owned(), turns.collect());
    item.insert("answers".to_owned(), answers.collect());
    Ok(json(200, &Value::Object(item)))
}

async fn releases(State(world): Shared, caller: Caller, query: Query) -> Answer {
    let mut found = world.store.with(|db| documents::of_project(db, "release", &caller.0.project))?;
    if let Some(wanted) = query.get("status") {
        if !["active", "dismissed"].contains(&wanted) {
            return Err(Refused::invalid("`status` must be `active` or `dismissed`"));
        }
        found.retain(|release| release.body.get("status").and_then(Value::as_str) == Some(wanted));
    }
    Ok(json(200, &page(&found, &query, |release| &release.id, |release| release.body.clone())?))
}

async fn release(State(world): Shared, caller: Caller, Path(id): Path<String>) -> Answer {
    let found = world.store.with(|db| documents::find(db, "release", &caller.0.project, &id))?;
    let found = found.ok_or_else(|| Refused::not_found("there is no such release"))?;
    Ok(json(200, &found.whole("github_pr_title")))
}

async fn chats(State(world): Shared, caller: Caller, query: Query) -> Answer {
    let found = world.store.with(|db| documents::of_project(db, "chat", &caller.0.project))?;
    Ok(json(200, &page(&found, &query, |chat| &chat.id, |chat| chat.body.clone())?))
}

async fn chat(State(world): Shared, caller: Caller, Path(id): Path<String>) -> Answer {
    let found = world.store.with(|db| documents::find(db, "chat", &caller.0.project, &id))?;
    // The chat of a release is none of these: release-generated chats are not public.
    let found = found.ok_or_else(|| Refused::not_found("there is no such chat"))?;
    Ok(json(200, &found.whole("updated_at")))
}

async fn webhook(State(world): Shared, caller: Caller) -> Answer {
    let registration =
        registered(&world, &caller)?.ok_or_else(|| Refused::not_found("no webhook is configured"))?;
    Ok(json(200, &json!({ "url": registration.url, "events": registration.events })))
}

fn registered(world: &World, caller: &Caller) -> Result<Option<Registration>, Refused> {
    let all = world.store.with(|db| Registration::of_project(db, PROVIDER, &caller.0.project))?;
    Ok(all.into_iter().next())
}

async fn put_webhook(State(world): Shared, caller: Caller, headers: HeaderMap, body: Bytes) -> Answer {
    let body = asked::object(&headers, &body)?;
    let url = asked::text(&body, "url")?.ok_or_else(|| Refused::invalid("`url` is required"))?;
    asked::webhook_url(&url)?;
    let events = asked::events(&body, &EVENTS)?;
    let (created, registration) = world.store.with(|db| {
        let known = Registration::of_project(db, PROVIDER, &caller.0.project)?.into_iter().next();
        if let Some(known) = known {
            // The secret stays: the page says that only a new webhook has a new one.
            let changed = Registration { url, events, ..known };
            changed.update(db)?;
            return Ok((false, changed));
        }
        let new = Registration {
            id: 0,
            provider: PROVIDER.to_owned(),
            project: caller.0.project.clone(),
            url,
            events,
            signing_secret: format!("whsec_{}", random_hex(32)),
            created_at: world.clock.now(),
        };
        Ok((true, new.insert(db)?))
    })?;
    let mut answer = json!({ "url": registration.url, "events": registration.events });
    if created && let Some(members) = answer.as_object_mut() {
        members.insert("signing_secret".to_owned(), json!(registration.signing_secret));
    }
    Ok(json(if created { 201 } else { 200 }, &answer))
}

async fn delete_webhook(State(world): Shared, caller: Caller) -> Answer {
    let registration = registered(&world, &caller)?;
    // That there is none to delete is not documented: 404 is ours, as with GET.
    let registration = registration.ok_or_else(|| Refused::not_found("no webhook is configured"))?;
    world.store.with(|db| Registration::delete(db, registration.id))?;
    Ok(nothing())
}

/// The retired predecessor of `/studies`.
async fn experiments(State(world): Shared, caller: Caller) -> Answer {
    let now = world.clock.now();
    let (project, found) = world.store.with(|db| {
        let all = Study::active(db, PROVIDER, &caller.0.project)?;
        let all = all.into_iter().map(|study| Ok((study.capacity(db, now)?, study)));
        Ok((Project::find(db, &caller.0.project)?, all.collect::<Result<Vec<_>, StateError>>()?))
    })?;
    let left = |limit: Option<u32>, used| limit.map(|limit| limit.saturating_sub(used));
    let experiment = |(capacity, study): &(Capacity, Study)| {
        json!({
            "id": study.id,
            "name": study.name,
            "short_code": study.code,
            "status": study.status,
            "interview_link": world.link(&study.code),
            "monthly_limit": study.monthly_limit,
            "monthly_used": capacity.monthly_used,
            "monthly_remaining": left(study.monthly_limit, capacity.monthly_used),
            "weekly_limit": study.weekly_limit,
            "weekly_used": capacity.weekly_used,
            "weekly_remaining": left(study.weekly_limit, capacity.weekly_used),
            "accepting_interviews": capacity.accepting,
        })
    };
    let limit = project.as_ref().and_then(|project| project.monthly_limit);
    let used = found.first().map_or(0, |(capacity, _)| capacity.project_used);
    let day = project.map_or(1, |project| project.subscription_day);
    Ok(json(
        200,
        &json!({
            "project": {
                "monthly_limit": limit,
                "monthly_used": used,
                "monthly_remaining": left(limit, used),
                "period_start": period::month_start(now, day).rfc3339_millis(),
                "period_end": null,
            },
            "experiments": found.iter().map(experiment).collect::<Vec<_>>(),
        }),
    ))
}
