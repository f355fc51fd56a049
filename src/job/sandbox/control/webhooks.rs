//! Koji's webhook settings, which its dashboard has and its API has not.

use super::super::asked;
use super::super::guard::Local;
use super::super::payload::KOJI_EVENTS;
use super::super::reply::{Answer, Refused, json, nothing};
use super::super::state::random_hex;
use super::super::state::registrations::Registration;
use super::super::world::{MAIN, World};
use super::Shared;
use axum::extract::{Path, State};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

pub(super) async fn koji_webhooks(State(world): Shared, _local: Local) -> Answer {
    let all = world.store.with(|db| Registration::of_project(db, "koji", MAIN))?;
    Ok(json(200, &json!({ "webhooks": all.iter().map(webhook_members).collect::<Vec<_>>() })))
}

pub(super) fn webhook_members(registration: &Registration) -> Value {
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
pub(super) async fn add_koji_webhook(
    State(world): Shared,
    _local: Local,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    let kept = add(&world, asked::object(&headers, &body)?).await?;
    let mut answer = webhook_members(&kept);
    if let Some(members) = answer.as_object_mut() {
        members.insert("signing_secret".to_owned(), json!(kept.signing_secret));
    }
    Ok(json(201, &answer))
}

/// Adds a webhook of Koji, whoever asks: the API or the page.
pub(in super::super) async fn add(world: &World, mut body: Value) -> Result<Registration, Refused> {
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
    let asked_first = world.deliveries.registered(world, &registration).await;
    asked_first.map_err(|refused| Refused::new(422, "verification_failed", refused.to_string()))?;
    Ok(world.store.with(|db| registration.insert(db))?)
}

pub(super) async fn delete_koji_webhook(
    State(world): Shared,
    _local: Local,
    Path(id): Path<String>,
) -> Answer {
    remove(&world, &id)?;
    Ok(nothing())
}

/// Removes a webhook of Koji, whoever asks.
pub(in super::super) fn remove(world: &World, id: &str) -> Result<(), Refused> {
    let unknown = || Refused::not_found("there is no such webhook");
    let id = id.parse::<i64>().map_err(|_| unknown())?;
    let found = world.store.with(|db| match Registration::find(db, id)? {
        Some(found) if found.provider == "koji" => Registration::delete(db, id),
        _ => Ok(false),
    })?;
    if found { Ok(()) } else { Err(unknown()) }
}
