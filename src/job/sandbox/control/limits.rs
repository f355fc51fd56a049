//! What a dashboard changes of studies and projects: status, limits, reports.

use super::super::asked;
use super::super::guard::Local;
use super::super::reply::{Answer, Refused, json};
use super::super::state::keys::Project;
use super::super::state::studies::Study;
use super::{Shared, shown};
use axum::extract::{Path, State};
use bytes::Bytes;
use http::HeaderMap;
use serde_json::{Value, json};

/// `{"status","weekly_limit","monthly_limit"}`; a limit of null is none.
pub(super) async fn change_study(
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
        world.deliveries.published(&world, &study.id)?;
    }
    Ok(json(200, &shown(&world, &study, capacity)))
}

/// `{"monthly_limit"}`; null is none.
pub(super) async fn change_project(
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

/// Makes a report of a study, which Koji tells of.
pub(super) async fn report(
    State(world): Shared,
    _local: Local,
    Path(id): Path<String>,
    headers: HeaderMap,
    body: Bytes,
) -> Answer {
    asked::object(&headers, &body)?;
    let study = world.store.with(|db| Study::find(db, &id))?;
    let study = study.filter(|study| study.provider == "koji");
    let study = study.ok_or_else(|| Refused::not_found("there is no such study of Koji's"))?;
    world.deliveries.reported(&world, &study.id)?;
    Ok(json(201, &json!({ "study_id": study.id })))
}
