//! `hookctl events list`.

use super::{ListArgs, open, unreadable};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::journal::Order;
use crate::ui::listing;
use std::path::Path;

pub(super) fn run(args: &ListArgs, path: &Path, context: &Context) -> Result<Exit, CommandError> {
    let reader = open(path)?;
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let mut wanted = args.filter.wanted(limit, Order::NewestFirst)?;
    wanted.filter.after = args.before;
    let (items, next) = if wanted.jq.is_some() {
        // A jq filter needs the payloads, so the whole entries are read.
        let mut found = Vec::new();
        wanted.each(&reader, limit, |entry| {
            found.push(entry.listed);
            Ok::<(), CommandError>(())
        })?;
        (found, None)
    } else {
        let page = reader.list(&wanted.filter).map_err(|error| unreadable(&error))?;
        (page.items, page.next)
    };
    if context.json() {
        items.iter().try_for_each(|listed| context.record(&listing::ListedRecord::new(listed)))?;
        return Ok(Exit::Done);
    }
    if items.is_empty() {
        context.streams().say("no deliveries match");
    }
    let mut page = context.streams().page();
    listing::list(&mut page, &items);
    context.streams().show(&page)?;
    if let Some(next) = next {
        context.streams().hint(&format!("there are more: hookctl events list --before {next}"));
    }
    Ok(Exit::Done)
}
