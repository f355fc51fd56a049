//! What a vendor's dashboard has: studies with their links, webhooks, and the
//! history of deliveries with status, code, payload and a retry.

use super::super::control::webhooks;
use super::super::deliveries::Deliveries;
use super::super::guard::Local;
use super::super::history::{Attempt, Delivery, Stage};
use super::super::payload::KOJI_EVENTS;
use super::super::reply::{Answer, Refused};
use super::super::state::registrations::Registration;
use super::super::state::studies::{Capacity, Study};
use super::super::world::{MAIN, World};
use super::form::Form;
use super::html::{Markup, document, fill, only, text};
use super::talk::tag;
use super::{page, see};
use crate::hook::quantity::parse_duration;
use axum::extract::{Path, State};
use bytes::Bytes;
use serde_json::{Value, json};
use std::sync::Arc;

/// How many deliveries the page shows.
const SHOWN: u32 = 100;

/// `GET /`.
pub(super) async fn show(State(world): State<Arc<World>>, _local: Local) -> Answer {
    Ok(page(200, whole(&world, Markup::default())?))
}

fn whole(world: &World, notice: Markup) -> Result<Markup, Refused> {
    let now = world.clock.now();
    let (studies, webhooks, deliveries) = world.store.with(|db| {
        let mut studies = Vec::new();
        for study in Study::all(db)?.into_iter().filter(|study| study.project == MAIN) {
            studies.push((study.capacity(db, now)?, study));
        }
        let mut webhooks = Registration::of_project(db, "userjourneys", MAIN)?;
        webhooks.extend(Registration::of_project(db, "koji", MAIN)?);
        Ok((studies, webhooks, Delivery::latest(db, SHOWN)?))
    })?;
    let events = KOJI_EVENTS.iter().map(|event| event_choice(event)).collect();
    let main = fill(
        include_str!("dashboard.html"),
        &[
            ("notice", notice),
            ("now", text(now.rfc3339_seconds())),
            ("speed", text(speed(world.clock.speed()))),
            ("webhooks", all_webhooks(&webhooks)),
            ("events", events),
            ("history", history(&deliveries)),
            ("studies", studies.iter().map(|(capacity, study)| study_row(world, study, *capacity)).collect()),
        ],
    );
    Ok(document("hookctl sandbox", true, main))
}

fn speed(times: f64) -> String {
    if (times - 1.0).abs() < f64::EPSILON {
        return "as fast as real time".to_owned();
    }
    format!("{times} times as fast as real time")
}

fn all_webhooks(webhooks: &[Registration]) -> Markup {
    if webhooks.is_empty() {
        return Markup::of("<p>None yet. Until one is registered, nothing is sent.</p>");
    }
    webhooks.iter().map(webhook).collect()
}

fn webhook(registration: &Registration) -> Markup {
    let koji = registration.provider == "koji";
    fill(
        include_str!("webhook.html"),
        &[
            ("url", text(&registration.url)),
            ("provider", text(&registration.provider)),
            ("events", text(registration.events.join(", "))),
            ("secret", if koji { secret(registration) } else { Markup::default() }),
            ("remove", if koji { removal(registration) } else { Markup::default() }),
        ],
    )
}

/// Koji shows the secret once the webhook is saved; userjourneys never again.
fn secret(registration: &Registration) -> Markup {
    fill(
        "<details><summary>Signing secret</summary><pre>{secret}</pre></details>",
        &[("secret", text(&registration.signing_secret))],
    )
}

fn removal(registration: &Registration) -> Markup {
    fill(
        "<form method=\"post\" action=\"/_sandbox/pages/webhooks/{id}/remove\">\
         <button class=\"quiet small\" type=\"submit\">Remove<span class=\"hidden\"> {url}</span></button></form>",
        &[("id", text(registration.id.to_string())), ("url", text(&registration.url))],
    )
}

fn event_choice(event: &str) -> Markup {
    fill(
        "<label class=\"choice\"><input type=\"checkbox\" name=\"events\" value=\"{event}\" checked> <span>{event}</span></label>",
        &[("event", text(event))],
    )
}

fn study_row(world: &World, study: &Study, capacity: Capacity) -> Markup {
    let used = |used: u32, limit: Option<u32>| {
        limit.map_or_else(|| format!("{used}, no limit"), |limit| format!("{used} of {limit}"))
    };
    let state = if capacity.accepting { ("delivered", "open") } else { ("dropped", "closed") };
    fill(
        include_str!("study.html"),
        &[
            ("link", text(world.link(&study.code))),
            ("name", text(&study.name)),
            ("provider", text(&study.provider)),
            ("class", Markup::of(state.0)),
            ("state", Markup::of(state.1)),
            ("week", text(used(capacity.weekly_used, study.weekly_limit))),
            ("month", text(used(capacity.monthly_used, study.monthly_limit))),
        ],
    )
}

fn history(deliveries: &[Delivery]) -> Markup {
    if deliveries.is_empty() {
        return Markup::of("<p>Nothing was sent yet. Finish an interview of a study below.</p>");
    }
    let rows = deliveries.iter().map(row).collect();
    fill(include_str!("history.html"), &[("rows", rows)])
}

fn row(delivery: &Delivery) -> Markup {
    fill(
        include_str!("history_row.html"),
        &[
            ("id", text(delivery.id.to_string())),
            ("event", text(&delivery.event)),
            ("provider", text(&delivery.provider)),
            ("tag", tag(delivery)),
            ("code", text(delivery.status.map_or_else(|| "none".to_owned(), |status| status.to_string()))),
            ("tries", text(delivery.tries.to_string())),
            ("at", text(delivery.created_at.rfc3339_seconds())),
            ("retry", retry_button(delivery)),
        ],
    )
}

fn retry_button(delivery: &Delivery) -> Markup {
    let ping = delivery.registration == 0;
    let not_sent_yet = delivery.stage == Stage::Pending && delivery.tries == 0;
    if delivery.stage == Stage::Delivered || ping || not_sent_yet {
        return Markup::default();
    }
    fill(
        "<form method=\"post\" action=\"/_sandbox/pages/deliveries/{id}/retry\">\
         <button class=\"quiet small\" type=\"submit\">Retry<span class=\"hidden\"> delivery {id}</span></button></form>",
        &[("id", text(delivery.id.to_string()))],
    )
}

/// One delivery: payload and every request.
pub(super) async fn delivery(
    State(world): State<Arc<World>>,
    _local: Local,
    Path(id): Path<String>,
) -> Answer {
    let id = number(&id)?;
    let found = world.store.with(|db| {
        let Some(delivery) = Delivery::find(db, id)? else { return Ok(None) };
        let attempts = delivery.attempts(db)?;
        Ok(Some((delivery, attempts)))
    })?;
    let (delivery, attempts) = found.ok_or_else(unknown)?;
    let next = delivery.due.map_or_else(|| "none".to_owned(), crate::hook::time::Timestamp::rfc3339_seconds);
    let main = fill(
        include_str!("delivery.html"),
        &[
            ("id", text(delivery.id.to_string())),
            ("event", text(&delivery.event)),
            ("tag", tag(&delivery)),
            ("url", text(&delivery.url)),
            ("provider", text(&delivery.provider)),
            ("at", text(delivery.created_at.rfc3339_millis())),
            ("next", text(next)),
            ("retry", retry_button(&delivery)),
            ("attempts", attempts.iter().map(attempt_row).collect()),
            ("empty", only(attempts.is_empty(), "<p>None yet.</p>")),
            ("payload", text(pretty(&delivery.body))),
        ],
    );
    Ok(page(200, document(&format!("Delivery {}", delivery.id), true, main)))
}

fn attempt_row(attempt: &Attempt) -> Markup {
    let result = match (attempt.status, &attempt.detail) {
        (Some(status), _) => status.to_string(),
        (None, detail) => detail.clone().unwrap_or_default(),
    };
    let why = match &attempt.fault {
        Some(fault) => format!("{}, {fault} on purpose", attempt.kind.as_str()),
        None => attempt.kind.as_str().to_owned(),
    };
    fill(
        include_str!("attempt.html"),
        &[
            ("at", text(attempt.at.rfc3339_millis())),
            ("why", text(why)),
            ("result", text(result)),
            ("took", text(format!("{} ms", attempt.duration_ms()))),
            ("answer", text(&attempt.answer)),
        ],
    )
}

fn pretty(body: &[u8]) -> String {
    let parsed = serde_json::from_slice::<Value>(body).ok();
    let pretty = parsed.and_then(|value| serde_json::to_string_pretty(&value).ok());
    pretty.unwrap_or_else(|| String::from_utf8_lossy(body).into_owned())
}

/// The button of a failed delivery.
pub(super) async fn retry(State(world): State<Arc<World>>, Path(id): Path<String>, _local: Local) -> Answer {
    let id = number(&id)?;
    world.deliveries.retry(&world, id).await?.ok_or_else(unknown)?;
    Ok(see(&format!("/_sandbox/pages/deliveries/{id}")))
}

/// Koji's "Add Webhook".
pub(super) async fn add_webhook(State(world): State<Arc<World>>, _local: Local, body: Bytes) -> Answer {
    let form = Form::parse(&body);
    let events: Vec<&str> = form.all("events").collect();
    let asked = json!({ "url": form.get("url"), "events": events });
    match webhooks::add(&world, asked).await {
        Ok(_) => Ok(see("/#webhooks")),
        Err(refused) => {
            let notice = fill(
                "<div class=\"card summary\" role=\"alert\"><h2>The webhook was not saved</h2><p>{why}</p></div>",
                &[("why", text(&refused.message))],
            );
            Ok(page(refused.status, whole(&world, notice)?))
        }
    }
}

/// Removes one of Koji's webhooks.
pub(super) async fn remove_webhook(
    State(world): State<Arc<World>>,
    Path(id): Path<String>,
    _local: Local,
) -> Answer {
    webhooks::remove(&world, &id)?;
    Ok(see("/#webhooks"))
}

/// Moves the clock.
pub(super) async fn advance(State(world): State<Arc<World>>, _local: Local, body: Bytes) -> Answer {
    let form = Form::parse(&body);
    let by = parse_duration(form.get("by").unwrap_or_default());
    let by = by.map_err(|error| Refused::invalid(error.to_string()))?;
    Deliveries::advance(&world, by).await?;
    Ok(see("/#history"))
}

fn number(id: &str) -> Result<i64, Refused> {
    id.parse().map_err(|_not_a_number| unknown())
}

fn unknown() -> Refused {
    Refused::not_found("there is no such delivery")
}
