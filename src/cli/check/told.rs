//! What is said of a run: the report on standard output, the files, the exit code.

use super::CheckArgs;
use super::accepted::Accepted;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::hook::check::{Case, Leaks};
use crate::job::check::{Plan, Report};
use crate::ui::check::json::{CaseRecord, CheckedRecord};
use crate::ui::check::{About, Shown, Totals, table};

/// Explains the cases.
pub(super) fn list(cases: &[&'static Case], context: &Context) -> Result<Exit, CommandError> {
    for case in cases {
        context.line(&format!("{}  {}", case.id, case.title))?;
    }
    Ok(Exit::Done)
}

/// Writes the report wherever it is wanted, and says how the program ends.
pub(super) fn tell(
    args: &CheckArgs,
    plan: &Plan,
    report: &Report,
    accepted: &Accepted,
    context: &Context,
) -> Result<Exit, CommandError> {
    let leaks = Leaks::new(plan.secrets.clone());
    let command = super::again::command(args, context);
    let source = args.source.first().map(|path| path.to_string_lossy().replace('\\', "/"));
    let about = About {
        target: &plan.workshop.target,
        provider: &plan.workshop.provider,
        command: &command,
        source: source.as_deref(),
        fail_on: args.fail_on.severity(),
        baseline: accepted.baseline(),
        leaks: &leaks,
    };
    // What cannot be written to a file is still said, and then is an error.
    let written = super::files::write(args, report, &about);
    show(args, report, &about, context)?;
    written?;
    let fails = Totals::of_report(report, &about).fails(about.fail_on);
    Ok(if fails { Exit::No } else { Exit::Done })
}

fn show(args: &CheckArgs, report: &Report, about: &About<'_>, context: &Context) -> Result<(), CommandError> {
    if super::files::on_stdout(args) {
        return Ok(());
    }
    if context.json() {
        for shown in &Shown::all(report, about) {
            context.record(&CaseRecord::from(shown))?;
        }
        return context.record(&CheckedRecord::new(report, about));
    }
    let mut page = context.streams().page();
    table::report(&mut page, report, about);
    Ok(context.streams().show(&page)?)
}
