//! What is said of a run: the report on standard output, the files, the exit code.

use super::CheckArgs;
use super::accepted::Accepted;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::hook::check::{Case, Leaks};
use crate::job::check::{Plan, Report};
use crate::ui::check::json::{CaseRecord, CheckedRecord};
use crate::ui::check::list::{ListedCaseRecord, cases as explained};
use crate::ui::check::{About, Shown, Totals, table};

/// Explains the cases; for a provider, where one is named.
pub(super) fn list(
    args: &CheckArgs,
    cases: &[&'static Case],
    context: &Context,
) -> Result<Exit, CommandError> {
    let named = match &args.provider.provider {
        Some(id) => Some(id.clone()),
        None => context.named_profile()?.map(|profile| profile.provider),
    };
    let catalogue = context.catalogue(&args.provider.provider_file)?;
    let provider = named.map(|id| context.provider(&catalogue, &id)).transpose()?;
    if context.json() {
        for case in cases {
            context.record(&ListedCaseRecord::new(case, provider.as_deref()))?;
        }
        return Ok(Exit::Done);
    }
    let mut page = context.streams().page();
    explained(&mut page, cases, provider.as_deref());
    context.streams().show(&page)?;
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
        verbose: context.verbose(),
    };
    // What cannot be written to a file is still said, and then is an error.
    let written = super::files::write(args, report, &about, context);
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
