//! `hookctl providers show`.

use super::record::{ProviderRecord, settings};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::config::secrets::variable_of;
use crate::hook::provider::{Provider, Retry};
use crate::ui::human;
use crate::ui::style::Role;
use crate::ui::table::facts;
use serde_json::Value;

/// What the algorithm or another line says already.
const SAID_ELSEWHERE: [&str; 8] =
    ["base", "kind", "hash", "encode", "tolerance", "deadline", "retry", "conf"];

/// Shows one provider.
pub(super) fn run(provider: &Provider, context: &Context) -> Result<Exit, CommandError> {
    if context.json() {
        context.record(&ProviderRecord::new(provider))?;
        return Ok(Exit::Done);
    }
    let known = settings(provider);
    let mut lines: Vec<(&str, Vec<String>)> = vec![("scheme", vec![provider.algorithm()])];
    for (name, _) in provider.settings().iter().filter(|(name, _)| !SAID_ELSEWHERE.contains(name)) {
        let values = known.get(*name).map(|value| values(name, value)).unwrap_or_default();
        lines.push((name, values));
    }
    lines.push(("replay", vec![replay(provider)]));
    if let Some(deadline) = provider.deadline() {
        lines.push(("deadline", vec![human::duration(deadline)]));
    }
    match provider.retry() {
        Some(Retry::After(times)) => {
            let times: Vec<_> = times.iter().map(|time| human::duration(*time)).collect();
            lines.push(("retries", vec![format!("{} after the first failure", times.join(", "))]));
        }
        Some(Retry::Words(words)) => lines.push(("retries", vec![words.clone()])),
        None => {}
    }
    if let Some(confidence) = provider.confidence() {
        lines.push(("source", vec![confidence.title().to_owned()]));
    }
    lines.push(("variable", vec![variable_of(provider.id())]));
    lines.push(("origin", vec![provider.origin().to_string()]));
    let mut page = context.streams().page();
    page.put(Role::Strong, provider.id().as_ref()).end_line();
    facts(&mut page, &lines);
    context.streams().show(&page)?;
    Ok(Exit::Done)
}

fn replay(provider: &Provider) -> String {
    match (provider.replay_detectable(), provider.tolerance()) {
        (true, Some(tolerance)) => {
            format!("refused when signed more than {} ago or ahead", human::duration(tolerance))
        }
        (true, None) => "the time is signed, but the provider names no tolerance: not refused".to_owned(),
        (false, _) => "cannot be detected: the scheme signs no time".to_owned(),
    }
}

/// A setting as lines for a person: the alternatives of a condition in one,
/// everything else that is a list on a line each.
fn values(name: &str, value: &Value) -> Vec<String> {
    match value {
        Value::Array(items) if name == "handshake" => items.iter().map(handshake).collect(),
        Value::Array(items) => items.iter().map(plain).collect(),
        Value::Object(fields) => {
            fields.iter().map(|(name, value)| format!("{name}: {}", plain(value))).collect()
        }
        single => vec![plain(single)],
    }
}

fn handshake(value: &Value) -> String {
    let field = |name: &str| value.get(name).map(plain);
    let name = field("name").unwrap_or_else(|| "handshake".to_owned());
    let when = field("when").unwrap_or_default();
    format!("{name}, answered {}: {when}", field("status").unwrap_or_else(|| "200".to_owned()))
}

fn plain(value: &Value) -> String {
    match value {
        Value::String(text) if text.trim() != text || text.is_empty() => value.to_string(),
        Value::String(text) => text.clone(),
        Value::Array(items) => items.iter().map(plain).collect::<Vec<_>>().join(" or "),
        other => other.to_string(),
    }
}
