//! `hookctl studies`: the vendor's studies.

use super::access::{AccessArgs, call_failed};
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::vendors;
use crate::clock;
use crate::ui::record::StudyRecord;
use crate::ui::study;
use clap::{Args, Subcommand};

const EXAMPLES: &str = "Examples:
  hookctl studies list
  hookctl studies show 'Onboarding Feedback'
  hookctl studies list --json --jq '.study | {id, name}'";

/// What Koji's users do instead.
const KOJI: (&str, &str) = (
    "studies",
    "see them in Koji's dashboard; `hookctl events list --provider koji` shows what its webhooks tell of them",
);

/// List and show the vendor's studies
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct StudiesArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: StudiesCommand,
}

/// What to do with studies.
#[derive(Clone, Debug, Subcommand)]
pub enum StudiesCommand {
    /// List the active studies with their room
    #[command(
        after_help = "Examples:\n  hookctl studies list\n  hookctl studies list --jq 'select(.study.accepting_responses).study.id'"
    )]
    List(ListArgs),
    /// Show one study: link, limits, questions
    #[command(
        after_help = "Examples:\n  hookctl studies show 'Onboarding Feedback'\n  hookctl studies show e5f6a7b8-1234-56cd-ef78-222222222222 --json"
    )]
    Show(ShowArgs),
}

/// Arguments of `studies list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// Whose API.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Arguments of `studies show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// The study's id, or its exact name
    #[arg(value_name = "STUDY")]
    pub study: String,
    /// Whose API.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Runs `hookctl studies`.
pub fn run(args: &StudiesArgs, context: &Context) -> Result<Exit, CommandError> {
    let runtime = context.runtime()?;
    match &args.command {
        StudiesCommand::List(args) => runtime.block_on(list(args, context)),
        StudiesCommand::Show(args) => runtime.block_on(show(args, context)),
    }
}

async fn list(args: &ListArgs, context: &Context) -> Result<Exit, CommandError> {
    let (access, api) = vendors::userjourneys(context, &args.access, "list the studies", KOJI)?;
    let found = api.all_studies().await.map_err(|error| call_failed("list the studies", &error))?;
    if context.json() {
        for study in &found {
            context.record(&StudyRecord::new(&access.provider, study))?;
        }
        return Ok(Exit::Done);
    }
    if found.is_empty() {
        context.streams().say("no study is active; those that are paused or finished are not listed");
        return Ok(Exit::Done);
    }
    let mut page = context.streams().page();
    study::list(&mut page, &found);
    context.streams().show(&page)?;
    Ok(Exit::Done)
}

async fn show(args: &ShowArgs, context: &Context) -> Result<Exit, CommandError> {
    let (access, api) = vendors::userjourneys(context, &args.access, "show the study", KOJI)?;
    let mut found = vendors::study(&api, &args.study, None).await?.study;
    if found.id != args.study {
        // Only asked for by its id does a study come with its questions.
        found = api.study(&found.id).await.map_err(|error| call_failed("show the study", &error))?;
    }
    if context.json() {
        context.record(&StudyRecord::new(&access.provider, &found))?;
        return Ok(Exit::Done);
    }
    let mut page = context.streams().page();
    study::whole(&mut page, &found, clock::now());
    context.streams().show(&page)?;
    Ok(Exit::Done)
}
