//! `hookctl demo`: the main job in a few seconds, offline.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::clock;
use crate::job::demo;
use crate::job::listen::Ledger;
use crate::job::report::Report;
use crate::journal::{Journal, Options};
use crate::ui::text::{Show, TextOptions, TextReport};
use clap::Args;
use std::path::Path;
use std::sync::Arc;

const EXAMPLES: &str = "Examples:
  hookctl demo
  hookctl demo --json --jq .type";

/// See the main job at work in a few seconds, offline
///
/// Starts an application, a listener that forwards to it, and a sender; sends a signed webhook of Koji and
/// one of userjourneys over real sockets, then a forged one; shows what the listener saw. Uses free ports of
/// this machine and a journal of its own that is removed afterwards. Exit code 0 when the signed ones were
/// verified, forwarded and answered 200, and the forged one was refused.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct DemoArgs {}

/// Runs `hookctl demo`.
pub fn run(_args: &DemoArgs, context: &Context) -> Result<Exit, CommandError> {
    let folder = std::env::temp_dir().join(format!("hookctl-demo-{}", clock::fresh_id()));
    let told = tell(&folder, context);
    // Left behind, the folder is worth a warning, not a failure.
    if let Err(error) = std::fs::remove_dir_all(&folder)
        && folder.exists()
    {
        context.streams().warn(&format!("could not remove `{}`: {error}", folder.display()), None);
    }
    let told = told?;
    if let Some(failure) = context.streams().failure() {
        return Err(failure.into());
    }
    if !told.went_well() {
        let statuses: Vec<_> = told
            .statuses
            .iter()
            .map(|status| status.map_or("no answer".to_owned(), |s| s.to_string()))
            .collect();
        context.streams().warn(&format!("the demo did not go as it must: {}", statuses.join(", ")), None);
        return Ok(Exit::No);
    }
    context.streams().say(
        "both signed deliveries were verified, kept, forwarded and answered by the application; \
         the forged one was refused and not forwarded.",
    );
    context.streams().hint("hookctl listen --forward 3000");
    Ok(Exit::Done)
}

fn tell(folder: &Path, context: &Context) -> Result<demo::Told, CommandError> {
    let failed = |error: &dyn std::error::Error| CommandError::local("could not run the demo").because(error);
    let journal =
        Journal::open(&folder.join("journal.db"), Options::default()).map_err(|error| failed(&error))?;
    let report: Arc<dyn Report> = match context.json_report() {
        Some(json) => Arc::new(json),
        None => {
            let options = TextOptions { show: Show::Body, reveal: false, keys: false };
            Arc::new(TextReport::new(Arc::clone(context.streams()), options))
        }
    };
    let runtime = context.runtime()?;
    runtime.block_on(demo::run(Ledger::Journal(journal), report)).map_err(|error| failed(&error))
}
