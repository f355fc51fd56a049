//! `hookctl demo`: the whole story in half a minute, offline.

use super::browser;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::faults;
use crate::clock;
use crate::job::demo::{self, Done, Failed, STEPS, SetUp, Step, Teller};
use crate::job::listen::Ledger;
use crate::job::report::Report;
use crate::journal::{Journal, Options};
use crate::ui::record::VERSION;
use crate::ui::style::Role;
use crate::ui::text::{Show, TextOptions, TextReport};
use clap::Args;
use serde::Serialize;
use std::path::Path;
use std::sync::Arc;

const EXAMPLES: &str = "Examples:
  hookctl demo
  hookctl demo --open
  hookctl demo --json --jq 'select(.type == \"step\") | .step'";

/// See the whole story in half a minute, offline
///
/// Starts stand-ins of userjourneys and Koji, an application that verifies by itself, and a listener in front
/// of it. Registers the webhook, asks whether the study takes another response, lets a user take an interview,
/// shows its webhook arrive, fetches the transcript, and sees that the user is not asked again; refuses a
/// forged one; then Koji's verification request, a delivery that fails and comes again, and the structured
/// answers. Each step names the command that does the same. Uses free ports of this machine and a journal of
/// its own that is removed afterwards. Exit code 0 when every step happened, 1 and the step's name when not.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct DemoArgs {
    /// Answer the interview yourself: open the participant's page in the browser, and wait for you
    #[arg(long)]
    open: bool,
}

/// Runs `hookctl demo`.
pub fn run(args: &DemoArgs, context: &Context) -> Result<Exit, CommandError> {
    let folder = std::env::temp_dir().join(format!("hookctl-demo-{}", clock::fresh_id()));
    let told = tell(&folder, args, context);
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
    if let Err(failed) = told {
        return end_badly(&failed, context);
    }
    context.streams().say("every step happened. Begin with your own application:");
    context.streams().hint("hookctl listen --forward 3000");
    Ok(Exit::Done)
}

/// A step of the story, done or failed.
#[derive(Serialize)]
struct StepRecord<'a> {
    v: u8,
    r#type: &'static str,
    step: &'static str,
    outcome: &'static str,
    what: &'a str,
    commands: &'a [String],
}

fn record<'a>(step: Step, outcome: &'static str, what: &'a str, commands: &'a [String]) -> StepRecord<'a> {
    StepRecord { v: VERSION, r#type: "step", step: step.as_str(), outcome, what, commands }
}

fn end_badly(failed: &Failed, context: &Context) -> Result<Exit, CommandError> {
    if context.json() {
        context.record(&record(failed.step, "failed", &failed.why, &[]))?;
    }
    let (number, all) = (failed.step.number(), STEPS.len());
    context.streams().warn(
        &format!("step {number} of {all} ({}) did not happen: {}", failed.step.as_str(), failed.why),
        Some("hookctl doctor"),
    );
    Ok(Exit::No)
}

fn tell(folder: &Path, args: &DemoArgs, context: &Context) -> Result<Result<(), Failed>, CommandError> {
    let failed = |error: &dyn std::error::Error| CommandError::local("could not run the demo").because(error);
    let journal =
        Journal::open(&folder.join("journal.db"), Options::default()).map_err(|error| failed(&error))?;
    let report: Arc<dyn Report> = match context.json_report() {
        Some(json) => Arc::new(json),
        None => {
            let options = TextOptions { show: Show::None, reveal: false, keys: false, inspector: false };
            Arc::new(TextReport::new(Arc::clone(context.streams()), options))
        }
    };
    let set_up = SetUp { ledger: Ledger::Journal(journal), report, broken: faults::broken_step(context) };
    Ok(context.runtime()?.block_on(demo::run(set_up, &Narrator(context, args.open))))
}

/// Tells the steps as they happen.
struct Narrator<'a>(&'a Context, bool);

impl Teller for Narrator<'_> {
    fn begins(&self, step: Step) {
        if self.0.json() {
            return;
        }
        let mut page = self.0.streams().page();
        let number = format!("{:>2}/{}", step.number(), STEPS.len());
        page.put(Role::Dim, number).space(1).put(Role::Strong, step.title()).end_line();
        self.show(&page);
    }

    fn done(&self, step: Step, done: &Done) {
        if self.0.json() {
            // Told again at the end: a stream that is broken stays broken.
            drop(self.0.record(&record(step, "done", &done.what, &done.commands)));
            return;
        }
        let mut page = self.0.streams().page();
        page.space(INDENT).put(Role::Plain, &done.what).end_line();
        for command in &done.commands {
            page.space(INDENT).put(Role::Dim, "$").space(1).put(Role::Key, command).end_line();
        }
        self.show(&page);
    }

    fn opens(&self, link: &str) -> Result<bool, String> {
        if self.1 {
            self.0.streams().say(&format!("answer the questions at {link}"));
            browser::open(link, self.0).map_err(|error| error.message)?;
        }
        Ok(self.1)
    }
}

/// Below the title, behind the step's number.
const INDENT: usize = 6;

impl Narrator<'_> {
    fn show(&self, page: &crate::ui::page::Page) {
        drop(self.0.streams().show(page));
    }
}
