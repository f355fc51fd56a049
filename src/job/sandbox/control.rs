//! The sandbox's own API under `/_sandbox/`: complete, advance, reset, limits,
//! troubles, Koji's webhook settings.
//!
//! It has no key, so it is guarded against web pages: the `Host` must be this
//! machine (or a page whose name was pointed here could read it), a call from
//! another page is refused, nothing allows another origin, and whatever changes
//! something must be JSON, which a form cannot send.

mod limits;
pub(super) mod webhooks;

use super::asked;
use super::conversation::{self, End, Start};
use super::deliveries::Deliveries;
use super::guard::Local;
use super::reply::{Answer, Refused, json, nothing};
use super::script::Quality;
use super::state::keys::Key;
use super::state::registrations::Registration;
use super::state::studies::Study;
use super::trouble::Trouble;
use super::world::{MAIN, World};
use super::{period, seed};
use crate::hook::quantity::parse_duration;
use axum::Router;
use axum::extract::State;
use axum::routing::{delete, get, patch, post};
use bytes::Bytes;
use http::HeaderMap;
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
        .route("/_sandbox/studies/{id}", patch(limits::change_study))
        .route("/_sandbox/studies/{id}/report", post(limits::report))
        .route("/_sandbox/projects/{id}", patch(limits::change_project))
        .route("/_sandbox/koji/webhooks", get(webhooks::koji_webhooks).post(webhooks::add_koji_webhook))
        .route("/_sandbox/koji/webhooks/{id}", delete(webhooks::delete_koji_webhook))
}

async fn state(State(world): Shared, _local: Local) -> Answer {
    let now = world.clock.now();
    let (keys, studies, registered) = world.store.with(|db| {
        let mut studies = Vec::new();
        for study in Study::all(db)? {
            studies.push(shown(&world, &study, study.capacity(db, now)?));
        }
        let mut registered = Registration::of_project(db, "userjourneys", MAIN)?;
        registered.extend(Registration::of_project(db, "koji", MAIN)?);
        Ok((Key::all(db)?, studies, registered))
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
            "webhooks": registered.iter().map(webhooks::webhook_members).collect::<Vec<_>>(),
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
    let (name, provider) = (asked::text(&body, "study")?, asked::text(&body, "provider")?);
    let study = named_study(&world, name.as_deref(), provider.as_deref())?;
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
fn named_study(world: &World, name: Option<&str>, provider: Option<&str>) -> Result<Study, Refused> {
    if provider.is_some_and(|provider| !["userjourneys", "koji"].contains(&provider)) {
        return Err(Refused::invalid("`provider` must be `userjourneys` or `koji`"));
    }
    let provider = provider.or(name.is_none().then_some("userjourneys"));
    let now = world.clock.now();
    let mut fits = world.store.with(|db| {
        let mut fits = Study::all(db)?;
        fits.retain(|study| provider.is_none_or(|provider| provider == study.provider));
        match name {
            Some(name) => {
                fits.retain(|study| [&study.id, &study.code, &study.name].into_iter().any(|own| own == name));
            }
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
    let now = Deliveries::advance(&world, by).await?;
    seed::keep_moment(&world)?;
    Ok(json(200, &json!({ "now": now.rfc3339_millis() })))
}

/// Studies, interviews and webhooks as at the start; keys stay, and time does not go back.
async fn reset(State(world): Shared, _local: Local, headers: HeaderMap, body: Bytes) -> Answer {
    asked::object(&headers, &body)?;
    // First, so that nothing is posted that belongs to no webhook any more.
    world.deliveries.reset(&world)?;
    seed::replant(&world.store, world.clock.now())?;
    world.troubles.clear();
    world.rates.clear();
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
