//! `hookctl interviews list`.

use super::{KOJI, ListArgs};
use crate::cli::access::call_failed;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::vendors;
use crate::job::interviews::{self, Wanted};
use crate::ui::interview;
use crate::ui::record::InterviewRecord;

pub(super) async fn run(args: &ListArgs, context: &Context) -> Result<Exit, CommandError> {
    let (access, api) = vendors::userjourneys(context, &args.access, "list the interviews", KOJI)?;
    // Before anything is asked: a time that cannot be read is found at once.
    let wanted = args.query.wanted(String::new())?;
    let id = vendors::study_id(&api, &args.query.study).await?;
    let mut wanted = Wanted { most: Some(args.limit.saturating_add(1)), ..wanted };
    wanted.query.study_id = id;
    let found = interviews::list(&api, &wanted).await;
    let mut found = found.map_err(|error| call_failed("list the interviews", &error))?;
    let more = found.len() > args.limit;
    found.truncate(args.limit);
    if context.json() {
        for interview in &found {
            context.record(&InterviewRecord::new(&access.provider, interview))?;
        }
    } else if found.is_empty() {
        context.streams().say("no interview matches");
    } else {
        let mut page = context.streams().page();
        interview::list(&mut page, &found);
        context.streams().show(&page)?;
    }
    if more {
        context
            .streams()
            .hint(&format!("there are more; `--limit {}` shows them", args.limit.saturating_mul(10)));
    }
    Ok(Exit::Done)
}
