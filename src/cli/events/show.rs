//! `hookctl events show`.

use super::{Place, ShowArgs, unreadable};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::ui::listing;

pub(super) fn run(args: &ShowArgs, place: &Place, context: &Context) -> Result<Exit, CommandError> {
    let reader = place.reader()?;
    let entry =
        reader.get(args.seq).map_err(|error| unreadable(&error))?.ok_or_else(|| place.missing(args.seq))?;
    if args.raw || args.body {
        let head = if args.raw { entry.delivery.head.as_bytes().as_ref() } else { &[][..] };
        return context.write(&[head, &entry.delivery.body].concat());
    }
    if context.json() {
        context.record(&listing::EntryParts::from(&entry).record(&entry))?;
        return Ok(Exit::Done);
    }
    let mut page = context.streams().page();
    listing::whole(&mut page, &entry, args.reveal);
    context.streams().show(&page)?;
    Ok(Exit::Done)
}
