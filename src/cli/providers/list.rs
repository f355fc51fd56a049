//! `hookctl providers list`.

use super::ListArgs;
use super::record::ProviderRecord;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::hook::describe::settings;
use crate::hook::provider::{Catalogue, Provider};
use crate::ui::style::Role;
use crate::ui::table::{Cell, table};
use serde_json::Value;

/// Lists the wanted providers, a line each; exits with 1 when there is none.
pub(super) fn run(args: &ListArgs, catalogue: &Catalogue, context: &Context) -> Result<Exit, CommandError> {
    let mut providers = catalogue.all();
    providers.retain(|provider| wanted(args, provider));
    if providers.is_empty() {
        context.streams().say("no provider is like that");
        context.streams().hint("hookctl providers list");
        return Ok(Exit::No);
    }
    // In the order people look a name up.
    providers.sort_by(|a, b| a.id().cmp(b.id()));
    if context.json() {
        for provider in &providers {
            context.record(&ProviderRecord::new(provider))?;
        }
        return Ok(Exit::Done);
    }
    let mut page = context.streams().page();
    let rows: Vec<Vec<Cell>> = providers.iter().map(|provider| row(provider)).collect();
    table(&mut page, &rows);
    context.streams().show(&page)?;
    Ok(Exit::Done)
}

fn wanted(args: &ListArgs, provider: &Provider) -> bool {
    let kind = args.kind.is_empty() || args.kind.iter().any(|kind| kind == provider.kind().as_str());
    let Some(search) = args.search.as_ref().filter(|_| kind) else { return kind };
    let search = search.to_lowercase();
    let place = place(provider);
    let algorithm = provider.algorithm();
    let texts =
        [Some(provider.id().as_ref()), Some(&place), Some(&algorithm), provider.docs(), provider.note()];
    texts.into_iter().flatten().any(|text| text.to_lowercase().contains(&search))
}

fn row(provider: &Provider) -> Vec<Cell> {
    vec![
        Cell::new(Role::Strong, provider.id().as_ref()),
        Cell::new(Role::Plain, provider.algorithm()),
        Cell::new(Role::Plain, place(provider)),
    ]
}

/// Where the signature is.
fn place(provider: &Provider) -> String {
    let headers = provider.signature_headers().join(", ");
    if headers.is_empty() { setting(provider, "at") } else { headers }
}

/// The text of a setting; empty when the provider has none of this name.
fn setting(provider: &Provider, name: &str) -> String {
    let found = settings(provider).remove(name);
    found.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}
