//! `hookctl providers test`.

use super::ProvidersArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::clock;
use crate::ui::style::Role;
use serde::Serialize;
use std::path::Path;

/// One provider of a file, tried out.
#[derive(Serialize)]
struct TrialRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    outcome: &'static str,
    reason: String,
}

/// Reads a file and lets each provider in it sign and verify a message of its own.
pub(super) fn run(file: &Path, args: &ProvidersArgs, context: &Context) -> Result<Exit, CommandError> {
    let mut catalogue = context.catalogue(&args.provider_file)?;
    let text = context.read(file)?;
    let text = std::str::from_utf8(&text)
        .map_err(|error| CommandError::config(format!("`{}` is not text", file.display())).because(&error))?;
    let ids = catalogue
        .add(&file.display().to_string(), text)
        .map_err(|error| CommandError::config("could not use the provider file").because(&error))?;
    let mut good = true;
    for id in &ids {
        let provider = context.provider(&catalogue, id)?;
        let trial = crate::hook::trial::trial(&provider, clock::now());
        good &= trial.is_ok();
        report(id, trial, context)?;
    }
    Ok(if good { Exit::Done } else { Exit::No })
}

fn report(id: &str, trial: Result<String, String>, context: &Context) -> Result<(), CommandError> {
    let (outcome, role, reason) = match trial {
        Ok(reason) => ("pass", Role::Verified, reason),
        Err(reason) => ("fail", Role::Failed, reason),
    };
    if context.json() {
        return context.record(&TrialRecord { v: 1, r#type: "trial", provider: id, outcome, reason });
    }
    let mut page = context.streams().page();
    page.put(role, outcome).pad_to(6).put(Role::Strong, id).space(2).put(Role::Plain, reason).end_line();
    Ok(context.streams().show(&page)?)
}
