//! The reports that go into files, or to standard output for `-`.

use super::CheckArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::job::check::Report;
use crate::ui::check::{About, junit, markdown, sarif};
use std::path::{Path, PathBuf};

/// Whether a report takes the place of the table.
pub(super) fn on_stdout(args: &CheckArgs) -> bool {
    named(args).any(|(_, path)| path == Path::new("-"))
}

/// Two documents in one stream are none.
pub(super) fn check(args: &CheckArgs, context: &Context) -> Result<(), CommandError> {
    let mut taken = named(args).filter(|(_, path)| *path == Path::new("-")).map(|(flag, _)| flag);
    match (taken.next(), taken.next()) {
        (Some(flag), Some(other)) => {
            Err(CommandError::usage(format!("`{flag} -` cannot be used with `{other} -`"))
                .hint("name a file for one of the two"))
        }
        (Some(flag), None) if context.json() => {
            Err(CommandError::usage(format!("`{flag} -` cannot be used with JSON records"))
                .hint(format!("name a file: {flag} FILE")))
        }
        _ => Ok(()),
    }
}

fn named(args: &CheckArgs) -> impl Iterator<Item = (&'static str, &PathBuf)> {
    let all = [("--junit", &args.junit), ("--sarif", &args.sarif), ("--markdown", &args.markdown)];
    all.into_iter().filter_map(|(flag, path)| Some((flag, path.as_ref()?)))
}

/// Writes every file that was asked for.
pub(super) fn write(
    args: &CheckArgs,
    report: &Report,
    about: &About<'_>,
    context: &Context,
) -> Result<(), CommandError> {
    type Document = fn(&Report, &About<'_>) -> String;
    let wanted: [(Option<&PathBuf>, Document); 3] = [
        (args.junit.as_ref(), junit::document),
        (args.sarif.as_ref(), sarif::document),
        (args.markdown.as_ref(), markdown::document),
    ];
    for (path, document) in wanted {
        let Some(path) = path else { continue };
        let text = document(report, about);
        if path == Path::new("-") {
            context.write(text.as_bytes())?;
            continue;
        }
        std::fs::write(path, text).map_err(|error| {
            CommandError::local(format!("could not write the report `{}`", path.display())).because(&error)
        })?;
        context.detail(&format!("report {}", path.display()));
    }
    Ok(())
}
