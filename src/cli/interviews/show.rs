//! `hookctl interviews show`.

use super::ShowArgs;
use crate::cli::access::call_failed;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::vendors;
use crate::ui::interview::{self, markdown};
use crate::ui::record::InterviewRecord;

pub(super) async fn run(args: &ShowArgs, context: &Context) -> Result<Exit, CommandError> {
    let source = vendors::interviews(context, &args.access)?;
    let found = source.interview(&args.id).await;
    let found = found.map_err(|error| call_failed("show the interview", &error))?;
    if args.markdown {
        let text = markdown::section(&found);
        return context.write(text.trim_start().as_bytes());
    }
    if context.json() {
        context.record(&InterviewRecord::new(source.provider(), &found))?;
        return Ok(Exit::Done);
    }
    let mut page = context.streams().page();
    let lacks = if args.transcript {
        (!interview::transcript(&mut page, &found, 0)).then_some("transcript")
    } else if args.summary {
        (!interview::summary(&mut page, &found)).then_some("summary")
    } else {
        interview::whole(&mut page, &found);
        None
    };
    if let Some(part) = lacks {
        let status = found.status.as_deref().unwrap_or("not said");
        let text = format!("the interview has no {part} yet; its status: {status}");
        context.streams().warn(&text, None);
        return Ok(Exit::No);
    }
    context.streams().show(&page)?;
    Ok(Exit::Done)
}
