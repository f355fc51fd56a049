//! `hookctl providers list`.

use super::record::{ProviderRecord, settings};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::hook::provider::{Catalogue, Provider};
use crate::ui::style::Role;
use crate::ui::table::{Cell, table};
use serde_json::Value;

/// Lists every provider, a line each.
pub(super) fn run(catalogue: &Catalogue, context: &Context) -> Result<Exit, CommandError> {
    let mut providers = catalogue.all();
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

fn row(provider: &Provider) -> Vec<Cell> {
    let headers = provider.signature_headers().join(", ");
    let place = if headers.is_empty() { setting(provider, "at") } else { headers };
    vec![
        Cell::new(Role::Strong, provider.id().as_ref()),
        Cell::new(Role::Plain, provider.algorithm()),
        Cell::new(Role::Plain, place),
    ]
}

/// The text of a setting; empty when the provider has none of this name.
fn setting(provider: &Provider, name: &str) -> String {
    let found = settings(provider).remove(name);
    found.as_ref().and_then(Value::as_str).unwrap_or_default().to_owned()
}
