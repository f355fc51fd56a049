//! `hookctl doctor`: what is wrong with the set-up, and the command that mends it.
//!
//! Looks and says; changes nothing but what opening does, and with `--online`
//! the webhook that a crashed listener has left behind. A check is a function
//! of `CHECKS` that says what it found, and never ends the others.

mod folders;
mod journal;
mod port;
mod profiles;
mod providers;
mod settings;
mod webhook;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::ui::style::{Mark, Role};
use clap::Args;
use serde::Serialize;

const EXAMPLES: &str = "Examples:
  hookctl doctor
  hookctl doctor --online
  hookctl doctor --json --jq 'select(.outcome == \"problem\") | .mend'";

/// Say what is wrong with the set-up, and the command that mends it
///
/// Looks at folders and their modes, the settings files, your own providers, profiles, the journal, and the port that `listen` takes.
/// With `--online` the vendors are asked whether they take the stored keys, and a webhook that a crashed listener
/// has left registered is put back. Exit code 3 when something is wrong.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct DoctorArgs {
    /// Ask the vendors whether they take the keys
    #[arg(long)]
    pub online: bool,
}

/// How bad it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Outcome {
    Ok,
    Note,
    Problem,
}

/// What a check found.
#[derive(Debug, Serialize)]
pub(super) struct Finding {
    outcome: Outcome,
    what: String,
    /// The command that mends it.
    mend: Option<String>,
}

impl Finding {
    /// All is well.
    pub(super) fn ok(what: impl Into<String>) -> Self {
        Self { outcome: Outcome::Ok, what: what.into(), mend: None }
    }

    /// Something to know.
    pub(super) fn note(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { outcome: Outcome::Note, what: what.into(), mend: Some(mend.into()) }
    }

    /// Something to mend.
    pub(super) fn problem(what: impl Into<String>, mend: impl Into<String>) -> Self {
        Self { outcome: Outcome::Problem, what: what.into(), mend: Some(mend.into()) }
    }

    /// What another command would fail with.
    pub(super) fn error(error: CommandError) -> Self {
        let what = std::iter::once(error.message).chain(error.causes).collect::<Vec<_>>().join(": ");
        Self { outcome: Outcome::Problem, what, mend: error.hint }
    }
}

/// What checks look at.
pub(super) struct Patient<'a> {
    pub(super) context: &'a Context,
    pub(super) online: bool,
}

type Check = fn(&Patient<'_>) -> Vec<Finding>;

/// Every check with its name, in the order in which they are made.
const CHECKS: [(&str, Check); 7] = [
    ("settings", settings::check),
    ("folders", folders::check),
    ("providers", providers::check),
    ("profiles", profiles::check),
    ("webhook", webhook::check),
    ("journal", journal::check),
    ("port", port::check),
];

/// The JSON record of a finding.
#[derive(Serialize)]
struct FindingRecord<'a> {
    v: u8,
    r#type: &'static str,
    check: &'static str,
    #[serde(flatten)]
    finding: &'a Finding,
}

/// Runs `hookctl doctor`.
pub fn run(args: &DoctorArgs, context: &Context) -> Result<Exit, CommandError> {
    let patient = Patient { context, online: args.online };
    let mut problems = 0_u64;
    for (name, check) in CHECKS {
        for finding in check(&patient) {
            problems += u64::from(finding.outcome == Outcome::Problem);
            show(name, &finding, context)?;
        }
    }
    if context.json() {
        context.record(&serde_json::json!({"v": 1, "type": "summary", "problems": problems}))?;
    }
    Ok(if problems == 0 { Exit::Done } else { Exit::Config })
}

fn show(name: &'static str, finding: &Finding, context: &Context) -> Result<(), CommandError> {
    if context.json() {
        return context.record(&FindingRecord { v: 1, r#type: "check", check: name, finding });
    }
    let (role, mark) = match finding.outcome {
        Outcome::Ok => (Role::Verified, Mark::Yes),
        Outcome::Note => (Role::Warning, Mark::Alert),
        Outcome::Problem => (Role::Failed, Mark::No),
    };
    let mut page = context.streams().page();
    page.mark(role, mark)
        .space(1)
        .put(Role::Strong, name)
        .pad_to(12)
        .put(Role::Plain, &finding.what)
        .end_line();
    if let Some(mend) = &finding.mend {
        page.pad_to(12).put(Role::Dim, "hint:").space(1).put(Role::Plain, mend).end_line();
    }
    Ok(context.streams().show(&page)?)
}
