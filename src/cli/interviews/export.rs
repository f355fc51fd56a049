//! `hookctl interviews export`.

use super::{ExportArgs, Format, KOJI};
use crate::cli::access::{Access, call_failed};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::vendors;
use crate::clock;
use crate::job::interviews;
use crate::job::part::{Part, PartError};
use crate::ui::human;
use crate::ui::interview::{csv, markdown};
use crate::ui::progress::Progress;
use crate::ui::record::InterviewRecord;
use crate::ui::sanitize;
use crate::vendor::{Interview, UserJourneys};
use std::path::Path;

pub(super) async fn run(args: &ExportArgs, context: &Context) -> Result<Exit, CommandError> {
    let (access, api) = vendors::userjourneys(context, &args.access, "export the interviews", KOJI)?;
    let mut wanted = args.query.wanted(String::new())?;
    wanted.query.study_id = vendors::study_id(&api, &args.query.study).await?;
    let listed = interviews::list(&api, &wanted).await;
    let listed = listed.map_err(|error| call_failed("export the interviews", &error))?;
    let progress = context.progress("exporting", listed.len() as u64);
    let study = wanted.query.study_id;
    let whole = (!args.no_transcripts).then_some(&api);
    let export = Export { args, context, provider: &access.provider, api: whole, progress: &progress };
    let ended = match &args.out {
        Some(file) => export.write_file(file, &study, &purpose(args, &access, &study), &listed).await,
        None => export.print_all(&study, &listed).await,
    };
    progress.finish();
    ended
}

/// What a file is for. A part of another purpose is not gone on with.
fn purpose(args: &ExportArgs, access: &Access, study: &str) -> String {
    let query = &args.query;
    let filters = [&query.status, &query.quality, &query.reference_id, &query.since];
    // Another version may write other columns.
    format!(
        "{} {:?} {} {study} {} {filters:?}",
        env!("CARGO_PKG_VERSION"),
        args.format,
        access.base,
        args.no_transcripts
    )
}

struct Export<'a> {
    args: &'a ExportArgs,
    context: &'a Context,
    provider: &'a str,
    /// Fetches each interview whole; `None` when the list's lines will do.
    api: Option<&'a UserJourneys>,
    progress: &'a Progress,
}

impl Export<'_> {
    async fn write_file(
        &self,
        file: &Path,
        study: &str,
        purpose: &str,
        listed: &[Interview],
    ) -> Result<Exit, CommandError> {
        let opened = Part::open(file, purpose, &self.head(study), clock::now());
        let mut part = opened.map_err(|error| not_written(&error))?;
        if !part.is_empty() {
            self.context.streams().say(&format!(
                "going on after {} of an earlier run",
                human::counted(part.len() as u64, "interview", "interviews")
            ));
        }
        for interview in listed {
            if !part.has(&interview.id) {
                let piece = self.piece(interview).await.map_err(|error| {
                    let hint = "the same command goes on from here";
                    let hint =
                        error.hint.as_deref().map_or(hint.to_owned(), |mends| format!("{mends}; {hint}"));
                    error.hint(hint)
                })?;
                if let Some(piece) = piece {
                    part.add(&interview.id, &piece).map_err(|error| not_written(&error))?;
                }
            }
            self.progress.step();
        }
        let count = part.finish().map_err(|error| not_written(&error))?;
        let what = human::counted(count as u64, "interview", "interviews");
        self.progress.aside(|| self.context.streams().say(&format!("wrote {what} to {}", file.display())));
        Ok(Exit::Done)
    }

    async fn print_all(&self, study: &str, listed: &[Interview]) -> Result<Exit, CommandError> {
        self.print(&self.head(study))?;
        for interview in listed {
            if self.args.format == Format::Jsonl {
                if let Some(whole) = self.whole(interview).await? {
                    let record = InterviewRecord::new(self.provider, whole.as_ref().unwrap_or(interview));
                    self.progress.aside(|| self.context.record(&record))?;
                }
            } else if let Some(piece) = self.piece(interview).await? {
                self.print(&piece)?;
            }
            self.progress.step();
        }
        Ok(Exit::Done)
    }

    fn print(&self, bytes: &[u8]) -> Result<(), CommandError> {
        self.progress.aside(|| self.context.write(bytes)).map(drop)
    }

    fn head(&self, study: &str) -> Vec<u8> {
        match self.args.format {
            Format::Jsonl => Vec::new(),
            Format::Csv => csv::head(),
            Format::Markdown => markdown::head(study).into_bytes(),
        }
    }

    /// An interview as it is written; `None` when it is gone.
    async fn piece(&self, listed: &Interview) -> Result<Option<Vec<u8>>, CommandError> {
        let Some(whole) = self.whole(listed).await? else { return Ok(None) };
        let interview = whole.as_ref().unwrap_or(listed);
        Ok(Some(match self.args.format {
            Format::Csv => csv::line(interview),
            Format::Markdown => markdown::section(interview).into_bytes(),
            Format::Jsonl => {
                let record = InterviewRecord::new(self.provider, interview);
                let text = serde_json::to_string(&record).map_err(|error| {
                    CommandError::new(Exit::Bug, "could not write a record").because(&error)
                })?;
                format!("{}\n", sanitize::json(&text)).into_bytes()
            }
        }))
    }

    /// The whole interview; `Some(None)` when the line will do, `None` when it is gone.
    async fn whole(&self, listed: &Interview) -> Result<Option<Option<Interview>>, CommandError> {
        let Some(api) = self.api else { return Ok(Some(None)) };
        match api.interview(&listed.id).await {
            Ok(whole) => Ok(Some(Some(whole))),
            // Deleted since the list was made.
            Err(error) if error.status() == Some(404) => {
                let text = format!("the interview {} is listed, but is not there any more", listed.id);
                self.progress.aside(|| self.context.streams().warn(&text, None));
                Ok(None)
            }
            Err(error) => Err(call_failed("export the interviews", &error)),
        }
    }
}

fn not_written(error: &PartError) -> CommandError {
    let told = CommandError::local("could not export the interviews").because(error);
    match error {
        PartError::Busy(_) => told.hint("wait for it, or name another file with `--out FILE`"),
        PartError::Io { .. } => told.hint("name a file that can be written with `--out FILE`"),
    }
}
