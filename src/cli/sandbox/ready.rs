//! What a sandbox says once it answers: URLs, keys, studies, and the lines for an application.

use super::super::context::Context;
use super::super::error::CommandError;
use crate::job::sandbox::Running;
use crate::job::sandbox::state::Place;
use crate::job::sandbox::state::keys::Key;
use crate::ui::style::Role;
use crate::ui::table::{Cell, facts, table};
use serde_json::{Map, Value, json};

/// Shows it as text, or as the record `ready`.
pub(super) fn show(running: &Running, context: &Context) -> Result<(), CommandError> {
    if context.json() { context.record(&record(running)) } else { text(running, context) }
}

/// The variables an application needs, in the vendors' own words.
fn variables(running: &Running) -> Vec<(&'static str, String)> {
    let key = |provider| running.key(provider).unwrap_or_default().to_owned();
    vec![
        ("USERJOURNEYS_API_KEY", key("userjourneys")),
        ("USERJOURNEYS_BASE_URL", running.uj_base.clone()),
        ("KOJI_API_KEY", key("koji")),
        ("KOJI_BASE_URL", running.koji_base.clone()),
    ]
}

fn place(running: &Running) -> String {
    match &running.world.options.state {
        Place::Memory => "memory".to_owned(),
        Place::File(path) => path.display().to_string(),
    }
}

fn record(running: &Running) -> Value {
    let studies = running.studies.iter().map(|study| {
        json!({
            "id": study.id,
            "provider": study.provider,
            "project": study.project,
            "name": study.name,
            "status": study.status,
            "link": running.world.link(&study.code),
        })
    });
    let env: Map<String, Value> =
        variables(running).into_iter().map(|(name, value)| (name.to_owned(), json!(value))).collect();
    json!({
        "v": 1,
        "type": "ready",
        "url": running.world.url,
        "userjourneys": { "base_url": running.uj_base, "api_key": running.key("userjourneys") },
        "koji": { "base_url": running.koji_base, "api_key": running.key("koji") },
        "keys": running.keys,
        "studies": studies.collect::<Vec<_>>(),
        "env": env,
        "state": place(running),
        "speed": running.world.clock.speed(),
        "now": running.world.clock.now().rfc3339_millis(),
    })
}

fn text(running: &Running, context: &Context) -> Result<(), CommandError> {
    let streams = context.streams();
    let mut page = streams.page();
    page.put(Role::Strong, "sandbox ready").end_line().end_line();
    let speed = running.world.clock.speed();
    facts(
        &mut page,
        &[
            ("userjourneys", vec![running.uj_base.clone()]),
            ("Koji", vec![running.koji_base.clone()]),
            ("state", vec![place(running)]),
            ("clock", vec![format!("{}, {speed}x", running.world.clock.now().rfc3339_seconds())]),
        ],
    );
    page.end_line().put(Role::Dim, "keys").end_line();
    table(&mut page, &running.keys.iter().map(key_row).collect::<Vec<_>>());
    page.end_line().put(Role::Dim, "studies").end_line();
    let rows = running.studies.iter().map(|study| {
        let status = if study.status == "active" { Role::Plain } else { Role::Warning };
        vec![
            Cell::new(Role::Plain, &study.provider),
            Cell::new(Role::Strong, &study.name),
            Cell::new(status, &study.status),
            Cell::new(Role::Url, running.world.link(&study.code)),
        ]
    });
    table(&mut page, &rows.collect::<Vec<_>>());
    page.end_line().put(Role::Dim, "for your application").end_line();
    for (name, value) in variables(running) {
        page.put(Role::Plain, format!("{name}={value}")).end_line();
    }
    streams.show(&page)?;
    streams.hint("hookctl sandbox complete --study 'Onboarding Feedback' --reference-id user_12345");
    Ok(())
}

fn key_row(key: &Key) -> Vec<Cell> {
    vec![
        Cell::new(Role::Plain, &key.provider),
        Cell::new(Role::Plain, &key.key),
        Cell::new(Role::Dim, &key.name),
    ]
}
