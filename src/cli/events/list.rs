//! `hookctl events list`.

use super::{ListArgs, each, open, unreadable};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::journal::{Listed, Order};
use crate::ui::listing;
use std::path::Path;

pub(super) fn run(args: &ListArgs, path: &Path, context: &Context) -> Result<Exit, CommandError> {
    let reader = open(path)?;
    let limit = usize::try_from(args.limit).unwrap_or(usize::MAX);
    let mut wanted = args.filter.wanted(limit, Order::NewestFirst)?;
    wanted.filter.after = args.before;
    let shown = if wanted.jq.is_some() {
        // A jq filter needs the payloads, so the whole entries are read.
        each(&reader, &wanted, limit, |entry| print(&entry.listed, context))?
    } else {
        let page = reader.list(&wanted.filter).map_err(|error| unreadable(&error))?;
        page.items.iter().try_for_each(|listed| print(listed, context))?;
        if let Some(next) = page.next.filter(|_| !context.json()) {
            context.streams().hint(&format!("there are more: hookctl events list --before {next}"));
        }
        page.items.len() as u64
    };
    if shown == 0 && !context.json() {
        context.streams().say("no deliveries match");
    }
    Ok(Exit::Done)
}

fn print(listed: &Listed, context: &Context) -> Result<(), CommandError> {
    if context.json() {
        return context.record(&listing::ListedRecord::new(listed));
    }
    let mut page = context.streams().page();
    listing::line(&mut page, listed);
    Ok(context.streams().show(&page)?)
}
