//! The file of `--baseline`: read before the run, written after it where that is asked for.

use super::CheckArgs;
use crate::cli::error::CommandError;
use crate::job::check::Report;
use crate::ui::check::baseline::Baseline;
use std::io::ErrorKind;
use std::path::PathBuf;

/// The findings that are accepted, and where they are kept.
#[derive(Default)]
pub(super) struct Accepted {
    kept: Option<(PathBuf, Baseline)>,
}

impl Accepted {
    /// Reads the file. One that is not there yet is empty when it is about to be written.
    pub(super) fn read(args: &CheckArgs) -> Result<Self, CommandError> {
        let Some(path) = &args.baseline else { return Ok(Self::default()) };
        let shown = path.display();
        let text = match std::fs::read_to_string(path) {
            Ok(text) => text,
            Err(error) if error.kind() == ErrorKind::NotFound && args.update_baseline => {
                return Ok(Self { kept: Some((path.clone(), Baseline::default())) });
            }
            Err(error) => {
                let refused =
                    CommandError::usage(format!("could not read the baseline `{shown}`")).because(&error);
                return Err(match error.kind() {
                    ErrorKind::NotFound => refused.hint("`--update-baseline` writes it"),
                    _ => refused,
                });
            }
        };
        let baseline = Baseline::read(&text).map_err(|error| {
            CommandError::usage(format!("could not use the baseline `{shown}`"))
                .because(&error)
                .hint("name the file that `--update-baseline` wrote")
        })?;
        Ok(Self { kept: Some((path.clone(), baseline)) })
    }

    /// The findings that are accepted.
    pub(super) fn baseline(&self) -> Option<&Baseline> {
        self.kept.as_ref().map(|(_, baseline)| baseline)
    }

    /// Accepts what this run found, and keeps it.
    pub(super) fn update(&mut self, report: &Report) -> Result<(), CommandError> {
        let Some((path, baseline)) = &mut self.kept else { return Ok(()) };
        *baseline = baseline.updated(report);
        std::fs::write(&path, baseline.text()).map_err(|error| {
            CommandError::local(format!("could not write the baseline `{}`", path.display())).because(&error)
        })
    }
}
