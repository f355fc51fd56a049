//! `hookctl events list`.

use super::{ListArgs, Place};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::journal::{Listed, Order};
use crate::ui::listing;

/// How many a person is shown who named no number. A program gets all: it does
/// not read that there would be more.
const SHOWN: u64 = 50;

pub(super) fn run(args: &ListArgs, place: &Place, context: &Context) -> Result<Exit, CommandError> {
    let reader = place.reader()?;
    let unless_named = if context.json() { u64::MAX } else { SHOWN };
    let limit = usize::try_from(args.limit.unwrap_or(unless_named)).unwrap_or(usize::MAX);
    let mut wanted = args.filter.wanted(limit, Order::NewestFirst)?;
    wanted.filter.after = args.before;
    let (mut items, mut shown, mut last, mut more) = (Vec::new(), 0, None, false);
    // One more than is wanted tells whether there is more.
    wanted.each_listed(&reader, limit.saturating_add(1), |listed: Listed| {
        if shown == limit {
            more = true;
            return Ok(());
        }
        (shown, last) = (shown + 1, Some(listed.seq));
        if context.json() {
            return context.record(&listing::ListedRecord::new(&listed));
        }
        items.push(listed);
        Ok::<(), CommandError>(())
    })?;
    if !context.json() {
        if items.is_empty() && !more {
            context.streams().say("no deliveries match");
        }
        let mut page = context.streams().page();
        listing::list(&mut page, &items);
        context.streams().show(&page)?;
    }
    if let Some(last) = last.filter(|_| more) {
        context.streams().hint(&format!("there are more: {}", next(args, last, place, context)));
    }
    Ok(Exit::Done)
}

/// The command that lists what comes after this delivery.
fn next(args: &ListArgs, last: u64, place: &Place, context: &Context) -> String {
    let limit = args.limit.map(|limit| format!("-n {limit}"));
    let words =
        [Some(args.filter.words()), limit, Some(format!("--before {last}")), context.record_options()];
    let words: Vec<String> = words.into_iter().flatten().filter(|words| !words.is_empty()).collect();
    place.command(&format!("list {}", words.join(" ")))
}
