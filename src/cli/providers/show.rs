//! `hookctl providers show`: one scheme, so that somebody can implement it.

use super::next;
use super::record::WholeRecord;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::config::secrets::variable_of;
use crate::hook::describe::{Description, Rivals, Specimen, Verifier, describe, specimen};
use crate::hook::provider::{Catalogue, Provider, Retry};
use crate::hook::quantity::span;
use crate::ui::page::Page;
use crate::ui::prose::{entries, prose};
use crate::ui::style::Role;

/// How far the parts of the sample are moved in.
const INDENT: usize = 4;

/// Shows one provider.
pub(super) fn run(
    provider: &Provider,
    catalogue: &Catalogue,
    context: &Context,
) -> Result<Exit, CommandError> {
    let described = describe(provider, &catalogue.all());
    let specimen = specimen(provider);
    if context.json() {
        context.record(&WholeRecord::new(provider, &described, specimen.as_ref().ok()))?;
        return Ok(Exit::Done);
    }
    let mut page = context.streams().page();
    page.put(Role::Strong, provider.id().as_ref()).space(2).put(Role::Plain, provider.algorithm()).end_line();
    page.end_line();
    prose(&mut page, &described.scheme, 2);
    page.end_line();
    match &specimen {
        Ok(specimen) => example(&mut page, specimen),
        Err(problem) => prose(&mut page, &format!("No signed example: {problem}."), 2),
    }
    page.end_line();
    entries(&mut page, &lines(provider, &described));
    page.end_line();
    prose(&mut page, "Next:", 2);
    // A command that is broken into lines cannot be copied.
    for command in next::commands(provider) {
        page.space(INDENT).put(Role::Plain, &command).end_line();
    }
    context.streams().show(&page)?;
    Ok(Exit::Done)
}

/// The sample, line for line as it is sent: never broken, so that it can be copied.
fn example(page: &mut Page, specimen: &Specimen) {
    match &specimen.verifies_with {
        Verifier::Secret(secret) => prose(page, &format!("A signed example; the secret is `{secret}`:"), 2),
        Verifier::PublicKey(key) => {
            prose(page, "A signed example, which verifies with this public key:", 2);
            for line in key.lines() {
                page.space(INDENT).put(Role::Plain, line).end_line();
            }
            page.end_line();
        }
    }
    if let Some(id) = specimen.webhook_id {
        prose(page, &format!("with the webhook id `{id}`:"), 2);
    }
    page.space(INDENT).put(Role::Strong, specimen.method).space(1).put(Role::Url, &specimen.url).end_line();
    for (name, value) in &specimen.headers {
        page.space(INDENT).put(Role::Key, name).put(Role::Plain, ": ").put(Role::Plain, value).end_line();
    }
    page.end_line().space(INDENT).put(Role::Plain, &specimen.body).end_line();
}

fn lines(provider: &Provider, described: &Description) -> Vec<(&'static str, Vec<String>)> {
    vec![
        ("key", vec![described.key.clone()]),
        ("replay", vec![described.replay.clone()]),
        ("event", described.event.clone()),
        ("delivery", described.delivery.clone()),
        ("subject", described.subject.clone()),
        ("handshake", described.handshakes.clone()),
        ("deadline", provider.deadline().map(span).into_iter().collect()),
        ("retries", provider.retry().map(retries).into_iter().collect()),
        ("answer", provider.ack().map(answer).into_iter().collect()),
        ("same header", described.rivals.iter().map(rivals).collect()),
        ("pitfalls", described.pitfalls.clone()),
        ("docs", provider.docs().map(str::to_owned).into_iter().collect()),
        ("source", provider.confidence().map(|sure| sure.title().to_owned()).into_iter().collect()),
        ("variable", vec![variable_of(provider.id())]),
        ("origin", vec![provider.origin().to_string()]),
    ]
}

/// The body that the provider wants to hear.
fn answer(body: &str) -> String {
    if body.is_empty() { "an empty body".to_owned() } else { format!("`{body}`") }
}

fn retries(retry: &Retry) -> String {
    match retry {
        Retry::After(times) => {
            let times: Vec<_> = times.iter().map(|time| span(*time)).collect();
            format!("{} after the first failure", times.join(", "))
        }
        Retry::Words(words) => words.clone(),
    }
}

/// Who else uses the header, and what tells them apart.
fn rivals(group: &Rivals) -> String {
    let ids = group.ids.join(", ");
    match &group.told_by {
        Some(told_by) => format!("{ids}: {told_by}"),
        None => format!("{ids}: nothing in a request tells them apart, so name the provider"),
    }
}
