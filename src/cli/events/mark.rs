//! `hookctl events mark`.

use super::{MarkArgs, Place};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::journal::MAX_MARK;
use serde::Serialize;

#[derive(Serialize)]
struct MarkedRecord<'a> {
    v: u8,
    r#type: &'static str,
    seq: u64,
    mark: Option<&'a str>,
}

pub(super) fn run(args: &MarkArgs, place: &Place, context: &Context) -> Result<Exit, CommandError> {
    let mark = (!args.remove).then_some(args.text.as_str());
    if args.text.chars().count() > MAX_MARK {
        return Err(CommandError::usage("the mark is too long").hint(format!(
            "say it in {MAX_MARK} characters, such as `{}`",
            place.command(&format!("mark {} TEXT", args.seq))
        )));
    }
    let mut guest = place.guest()?;
    let there = guest
        .mark(args.seq, mark)
        .map_err(|error| CommandError::local("could not mark the delivery").because(&error))?;
    if !there {
        return Err(place.missing(args.seq));
    }
    if context.json() {
        context.record(&MarkedRecord { v: 1, r#type: "marked", seq: args.seq, mark })?;
        return Ok(Exit::Done);
    }
    let what = if args.remove { "took the mark away from" } else { "marked" };
    context.line(&format!("{what} #{}", args.seq))
}
