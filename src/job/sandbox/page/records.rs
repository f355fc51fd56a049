//! The history for programs: `GET /_sandbox/deliveries`, one of them, and its retry.

use super::super::guard::Local;
use super::super::history::Delivery;
use super::super::reply::{Answer, Refused, json};
use super::super::world::World;
use super::form::Form;
use axum::extract::{Path, RawQuery, State};
use serde_json::json;
use std::sync::Arc;

const USUAL: u32 = 100;
const MOST: u32 = 1_000;

/// The last `limit` deliveries that fit `provider`, `event` and `state`, oldest first.
pub(super) async fn list(
    State(world): State<Arc<World>>,
    _local: Local,
    RawQuery(query): RawQuery,
) -> Answer {
    let query = Form::parse(query.unwrap_or_default().as_bytes());
    let limit = match query.get("limit").map(str::parse::<u32>) {
        None => USUAL,
        Some(Ok(limit)) if (1..=MOST).contains(&limit) => limit,
        Some(_) => return Err(Refused::invalid(format!("`limit` must be 1 to {MOST}"))),
    };
    let fits = |name: &str, value: &str| query.get(name).is_none_or(|wanted| wanted == value);
    let mut found = world.store.with(|db| Delivery::latest(db, MOST))?;
    found.retain(|delivery| {
        fits("provider", &delivery.provider)
            && fits("event", &delivery.event)
            && fits("state", delivery.stage.as_str())
    });
    found.truncate(usize::try_from(limit).unwrap_or(usize::MAX));
    let records: Vec<_> = found.iter().rev().map(Delivery::record).collect();
    Ok(json(200, &json!({ "deliveries": records })))
}

/// One delivery with its payload and every request.
pub(super) async fn show(State(world): State<Arc<World>>, _local: Local, Path(id): Path<String>) -> Answer {
    Ok(json(200, &whole(&world, number(&id)?)?))
}

/// Sends it again now; gives it as it is then.
pub(super) async fn retry(State(world): State<Arc<World>>, _local: Local, Path(id): Path<String>) -> Answer {
    let id = number(&id)?;
    world.deliveries.retry(&world, id).await?.ok_or_else(unknown)?;
    Ok(json(200, &whole(&world, id)?))
}

fn whole(world: &World, id: i64) -> Result<serde_json::Value, Refused> {
    let found = world.store.with(|db| {
        let Some(delivery) = Delivery::find(db, id)? else { return Ok(None) };
        Ok(Some(delivery.whole_record(&delivery.attempts(db)?)))
    })?;
    found.ok_or_else(unknown)
}

fn number(id: &str) -> Result<i64, Refused> {
    id.parse().map_err(|_not_a_number| unknown())
}

fn unknown() -> Refused {
    Refused::new(404, "unknown_delivery", "there is no such delivery")
}
