//! The sandbox's own API under `/_sandbox/`: complete, advance, reset, limits,
//! troubles, Koji's webhook settings.
//!
//! It has no key, so it is guarded against web pages: the `Host` must be this
//! machine (or a page whose name was pointed here could read it), a call from
//! another page is refused, nothing allows another origin, and whatever changes
//! something must be JSON, which a form cannot send.

use super::asked;
use super::conversation::{self, End, Start};
use super::reply::{Answer, Refused, json, nothing};
use super::script::Quality;
use super::state::keys::{Key, Project};
use super::state::random_hex;
use super::state::registrations::Registration;
use super::state::studies::Study;
use super::trouble::Trouble;
use super::world::{MAIN, World};
use super::{period, seed};
use crate::hook::quantity::parse_duration;
use crate::hook::target::is_loopback_host;
use axum::Router;
use axum::extract::{FromRequestParts, Path, State};
use axum::routing::{delete, get, patch, post};
use bytes::Bytes;
use http::request::Parts;
use http::{HeaderMap, HeaderValue, header};
use serde_json::{Value, json};
use std::sync::Arc;

type Shared = State<Arc<World>>;

/// The paths of the API.
pub(super) fn routes() -> Router<Arc<World>> {
    Router::new()
        .route("/_sandbox/state", get(state))
        .route("/_sandbox/complete", post(complete))
        .route("/_sandbox/advance", post(advance))
        .route("/_sandbox/reset", post(reset))
        .route("/_sandbox/api-faults", get(troubles).post(add_trouble).delete(clear_troubles))
        .route("/_sandbox/studies/{id}", patch(change_study))
        .route("/_sandbox/projects/{id}", patch(change_project))
        .route("/_sandbox/koji/webhooks", get(koji_webhooks).post(add_koji_webhook))
        .route("/_sandbox/koji/webhooks/{id}", delete(delete_koji_webhook))
}

/// Proof that a call does not come from some web page.
pub(super) struct Local;

impl FromRequestParts<Arc<World>> for Local {
    type Rejection = Refused;

    async fn from_request_parts(parts: &mut Parts, world: &Arc<World>) -> Result<Self, Refused> {
        guard(&parts.headers, &world.url)
    }
}

fn guard(headers: &HeaderMap, own: &str) -> Result<Local, Refused> {
    let text = |name| headers.get(name).map(|value: &HeaderValue| value.to_str().unwrap_or("?"));
    let host = text(header::HOST).unwrap_or_default();
    let (name, port) = host.rsplit_once(':').unwrap_or((host, ""));
    let own_port = own.rsplit_once(':').map_or("", |(_, port)| port);
    if !is_loopback_host(name) || port != own_port {
        return Err(Refused::new(403, "forbidden", "the sandbox is controlled from this machine only"));
    }
    let origin = text(header::ORIGIN);
    let same = |origin: &str| origin.strip_prefix("http://") == Some(host);
    let site = text(header::HeaderName::from_static("sec-fetch-site"));
    if origin.is_some_and(|origin| !same(origin)) || !matches!(site, None | Some("same-origin" | "none")) {
        return Err(Refused::new(403, "forbidden", "a web page may not control the sandbox"));
    }
    Ok(Local)
}

async fn state(State(world): Shared, _local: Local) -> Answer {
    let now = world.clock.now();
    let (keys, studies, webhooks) = world.store.with(|db| {
        let mut studies = Vec::new();
        for study in Study::all(db)? {
            studies.push(shown(&world, &study, study.capacity(db, now)?));
        }
        let mut webhooks = Registration::of_project(db, "userjourneys", MAIN)?;
        webhooks.extend(Registration::of_project(db, "koji", MAIN)?);
        Ok((Key::all(db)?, studies, webhooks))
    })?;
    Ok(json(
        200,
        &json!({
            "url": world.url,
            "userjourneys_base_url": world.userjourneys_base(),
            "koji_base_url": world.koji_base(),
            "now": now.rfc3339_millis(),
            "speed": world.clock.speed(),
            "week_ends": period::week_end(now).rfc3339_seconds(),
            "keys": keys,
            "studies": studies,
            "webhooks": webhooks.iter().map(webhook_members).collect::<Vec<_>>(),
            "api_faults": world.troubles.list(),
        }),
    ))
}

fn shown(world: &World, study: &Study, capacity: super::state::studies::Capacity) -> Value {
    json!({
        "id": study.id,
        "provider": study.provider,
        "project": study.project,
        "name": study.name,
        "status": study.status,
        "link": world.link(&study.code),
        "accepting_responses": capacity.accepting,
        "weekly": { "limit": study.weekly_limit, "used": capacity.weekly_used },
        "monthly": { "limit": study.monthly_limit, "used": capacity.monthly_used },
        "project_monthly_used": capacity.project_used,
    })
}

/// Finishes an interview for somebody: `{"study","provider","reference_id","quality","email","name","metadata"}`, all optional.
async fn complete(State(world): Shared, _local: Local, headers: HeaderMap, body: Bytes) -> Answer {
    let body = asked::object(&headers, &body)?;
    let study = named_study(&world, asked::text(&body, "study")?, asked::text(&body, "provider")?)?;
    let quality = match asked::text(&body, "quality")? {
        None => None,
        Some(text) => Some(Quality::parse(&text).ok_or_else(|| {
            Refused::invalid("`quality` must be 1 to 5, or `insightful`, `successful` or `unsuccessful`")
        })?),
    };
    let start = Start {
        reference_id: asked::text(&body, "reference_id")?,
        email: asked::text(&body, "email")?,
        name: asked::text(&body, "name")?,
        metadata: body
            .get("metadata")
            .filter(|value| value.is_object())
            .cloned()
            .unwrap_or_else(|| json!({})),
        ..Start::default()
    };
    let end = End { quality, reason: Some("natural".to_owned()), ..End::default() };
    let interview = conversation::complete(&world, &study, start, end).map_err(|error| match error {
        conversation::ConversationError::Closed(_) => Refused::new(409, "study_closed", error.to_string()),
        other => other.into(),
    })?;
    Ok(json(
        201,
        &json!({
            "interview_id": interview.id,
            "study_id": study.id,
            "study_name": study.name,
            "provider": study.provider,
            "reference_id": interview.reference_id,
            "quality_score": if study.provider == "koji" { json!(interview.score) } else { json!(interview.quality) },
            "completed_at": interview.completed_at.map(crate::hook::time::Timestamp::rfc3339_millis),
        }),
    ))
}

/// A study by id, code or name; the newest open one of the vendor when none is named.
fn named_study(world: &World, name: Option<String>, provider: Option<String>) -> Result<Study, Refused> {
    if provider.as_deref().is_some_and(|provider| !["userjourneys", "koji"].contains(&provider)) {
        return Err(Refused::invalid("`provider` must be `userjourneys` or `koji`"));
    }
    let usual = if name.is_none() { Some("userjourneys".to_owned()) } else { None };
    let provider = provider.or(usual);
    let now = world.clock.now();
    let mut fits = world.store.with(|db| {
        let mut fits = Study::all(db)?;
        fits.retain(|study| provider.as_ref().is_none_or(|provider| *provider == study.provider));
        match &name {
            Some(name) => fits.retain(|study| [&study.id, &study.code, &study.name].contains(&name)),
            None => {
                let mut open = Vec::new();
                for study in fits {
                    if study.project == MAIN && study.capacity(db, now)?.accepting {
                        open.push(study);
                    }
                }
                fits = open;
            }
        }
        Ok(fits)
    })?;
    let several = fits.len() > 1 && name.is_some();
    if several {
        let ids: Vec<&str> = fits.iter().map(|study| study.id.as_str()).collect();
        return Err(Refused::new(
            409,
            "ambiguous",
            format!("several studies have this name: {}", ids.join(", ")),
        ));
    }
    if fits.is_empty() {
        return Err(Refused::not_found("there is no such study; `GET /_sandbox/state` lists them"));
    }
    Ok(fits.swap_remove(0))
}

/// Moves the clock: `{"by":"30m"}`.
async fn advance(State(world): Shared, _local: Local, headers: HeaderMap, body: Bytes) -> Answer {
    let body = asked::object(&headers, &body)?;
    let by = asked::text(&body, "by")?.ok_or_else(|| Refused::invalid("`by` is required, such as `30m`"))?;
    let by = parse_duration(&by).map_err(|error| Refused::invalid(error.to_string()))?;
    let now = world.clock.advance(by);
    seed::keep_moment(&world)?;
    Ok(json(200, &json!({ "now": now.rfc3339_millis() })))
}

/// Studies, interviews and webhooks as at the start; keys stay, and time does not go back.
async fn reset(State(world): Shared, _local: Local, headers: HeaderMap, body: Bytes) -> Answer {
    asked::object(&headers, &body)?;
    seed::replant(&world.store, world.clock.now())?;
    world.troubles.clear();
    world.rates.clear();
    world.deliveries.reset(&world);
    Ok(json(200, &json!({ "now": world.clock.now().rfc3339_millis() })))
}

async fn troubles(State(world): Shared, _local: Local) -> Answer {
    Ok(json(200, &json!({ "api_faults": world.troubles.list() })))
}

async fn add_trouble(State(world): Shared, _local: Local, headers: HeaderMap, body: Bytes) -> Answer {
    let body = asked::object(&headers, &body)?;
    let trouble: Trouble =
        serde_json::from_value(body).map_err(|error| Refused::invalid(error.to_string()))?;
    if !world.troubles.add(trouble) {
        return Err(Refused::invalid("too many faults at once; DELETE /_sandbox/api-faults calls them off"));
    }
    Ok(json(201, &json!({ "api_faults": world.troubles.list() })))
}

async fn clear_troubles(State(world): Shared, _local: Local) -> Answer {
    world.troubles.clear();
    Ok(nothing())
}

/// `{"status","weekly_limit","monthly_limit"}`; a limit of null is none.
async fn change_study(
    State(world): Shared,
    _local: Local,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let body = asked::object(&headers, &body)?;
    let status = asked::text(&body, "status")?;
    if status.as_deref().is_some_and(|status| !["active", "paused", "completed", "draft"].contains(&status)) {
        return Err(Refused::invalid("`status` must be `active`, `paused`, `completed` or `draft`"));
    }
    let (weekly, monthly) = (limit(&body, "weekly_limit")?, limit(&body, "monthly_limit")?);
    let now = world.clock.now();
    let changed = world.store.with(|db| {
        let Some(mut study) = Study::find(db, &id)? else { return Ok(None) };
        let before = study.status.clone();
        study.status = status.unwrap_or(study.status);
        study.weekly_limit = weekly.unwrap_or(study.weekly_limit);
        study.monthly_limit = monthly.unwrap_or(study.monthly_limit);
        study.put(db)?;
        let live = before != "active" && study.status == "active";
        Ok(Some((study.capacity(db, now)?, live, study)))
    })?;
    let (capacity, live, study) = changed.ok_or_else(|| Refused::not_found("there is no such study"))?;
    if live {
        world.deliveries.published(&world, &study.id);
    }
    Ok(json(200, &shown(&world, &study, capacity)))
}

/// `{"monthly_limit"}`; null is none.
async fn change_project(
    State(world): Shared,
    _local: Local,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let body = asked::object(&headers, &body)?;
    let monthly = limit(&body, "monthly_limit")?;
    let changed = world.store.with(|db| {
        let Some(mut project) = Project::find(db, &id)? else { return Ok(None) };
        project.monthly_limit = monthly.unwrap_or(project.monthly_limit);
        project.put(db)?;
        Ok(Some(project))
    })?;
    let project = changed.ok_or_else(|| Refused::not_found("there is no such project"))?;
    Ok(json(200, &json!(project)))
}

/// A limit that may be left as it is (missing) or taken away (null).
fn limit(body: &Value, name: &str) -> Result<Option<Option<u32>>, Refused> {
    match body.get(name) {
        None => Ok(None),
        Some(Value::Null) => Ok(Some(None)),
        Some(value) => {
            let limit = value.as_u64().and_then(|limit| u32::try_from(limit).ok());
            limit
                .map(|limit| Some(Some(limit)))
                .ok_or_else(|| Refused::invalid(format!("`{name}` must be a whole number or null")))
        }
    }
}

/// The events that an endpoint can be registered for; the union of Koji's pages.
const KOJI_EVENTS: [&str; 6] = [
    "interview.completed",
    "interview.analysis_ready",
    "interview.quality_scored",
    "interview.failed_quality_gate",
    "study.published",
    "report.generated",
];

async fn koji_webhooks(State(world): Shared, _local: Local) -> Answer {
    let all = world.store.with(|db| Registration::of_project(db, "koji", MAIN))?;
    Ok(json(200, &json!({ "webhooks": all.iter().map(webhook_members).collect::<Vec<_>>() })))
}

fn webhook_members(registration: &Registration) -> Value {
    json!({
        "id": registration.id,
        "provider": registration.provider,
        "url": registration.url,
        "events": registration.events,
        "created_at": registration.created_at.rfc3339_millis(),
    })
}

/// What Koji's dashboard does: `{"url","events"}`, every event unless named. The
/// receiver is asked first, and the secret is shown afterwards.
async fn add_koji_webhook(State(world): Shared, _local: Local, headers: HeaderMap, body: Bytes) -> Answer {
    let mut body = asked::object(&headers, &body)?;
    let url = asked::text(&body, "url")?.ok_or_else(|| Refused::invalid("`url` is required"))?;
    asked::webhook_url(&url)?;
    if body.get("events").is_none_or(Value::is_null)
        && let Some(members) = body.as_object_mut()
    {
        members.insert("events".to_owned(), json!(KOJI_EVENTS));
    }
    let registration = Registration {
        id: 0,
        provider: "koji".to_owned(),
        project: MAIN.to_owned(),
        url,
        events: asked::events(&body, &KOJI_EVENTS)?,
        signing_secret: format!("koji_sandbox{}", random_hex(32)),
        created_at: world.clock.now(),
    };
    let asked_first = world.deliveries.registered(&world, &registration).await;
    asked_first.map_err(|refused| Refused::new(422, "verification_failed", refused.to_string()))?;
    let kept = world.store.with(|db| registration.insert(db))?;
    let mut answer = webhook_members(&kept);
    if let Some(members) = answer.as_object_mut() {
        members.insert("signing_secret".to_owned(), json!(kept.signing_secret));
    }
    Ok(json(201, &answer))
}

async fn delete_koji_webhook(State(world): Shared, _local: Local, Path(id): Path<String>) -> Answer {
    let id = id.parse::<i64>().map_err(|_| Refused::not_found("there is no such webhook"))?;
    let found = world.store.with(|db| match Registration::find(db, id)? {
        Some(found) if found.provider == "koji" => Registration::delete(db, id),
        _ => Ok(false),
    })?;
    if found { Ok(nothing()) } else { Err(Refused::not_found("there is no such webhook")) }
}
