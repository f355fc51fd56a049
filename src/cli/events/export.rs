//! `hookctl events export`.

use super::{ExportArgs, ExportFormat, Wanted, open};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::job::export;
use crate::journal::{Order, Reader};
use crate::ui::human;
use crate::ui::listing::EntryParts;
use crate::ui::sanitize;
use std::path::Path;

pub(super) fn run(args: &ExportArgs, path: &Path, context: &Context) -> Result<Exit, CommandError> {
    let reader = open(path)?;
    let wanted = args.filter.wanted(usize::MAX, Order::OldestFirst)?;
    match args.format {
        ExportFormat::Jsonl => {
            wanted.each(&reader, usize::MAX, |entry| {
                context.record(&EntryParts::from(&entry).record(&entry))
            })?;
            Ok(Exit::Done)
        }
        ExportFormat::Har => har(&reader, &wanted, context),
        ExportFormat::Curl => curl(args, &reader, &wanted, context),
    }
}

fn har(reader: &Reader, wanted: &Wanted, context: &Context) -> Result<Exit, CommandError> {
    let (open, close) = export::har_frame();
    context.write(open.as_bytes())?;
    let mut separator = "";
    wanted.each(reader, usize::MAX, |entry| {
        let text = format!("{separator}{}", export::har_entry(&entry));
        separator = ",";
        // Standard output may be a terminal, and what strangers sent is in there.
        context.write(sanitize::json(&text).as_bytes()).map(drop)
    })?;
    context.write(close.as_bytes())
}

fn curl(
    args: &ExportArgs,
    reader: &Reader,
    wanted: &Wanted,
    context: &Context,
) -> Result<Exit, CommandError> {
    let folder = args
        .dir
        .as_deref()
        .ok_or_else(|| CommandError::usage("curl scripts need a folder").hint("add `--dir FOLDER`"))?;
    let unwritten = |error: &std::io::Error| {
        CommandError::local(format!("could not write into `{}`", folder.display())).because(error)
    };
    std::fs::create_dir_all(folder).map_err(|error| unwritten(&error))?;
    let written = wanted.each(reader, usize::MAX, |entry| {
        export::curl_script(&entry, folder).map(drop).map_err(|error| unwritten(&error))
    })?;
    context.line(&format!("wrote {} to {}", human::counted(written, "script", "scripts"), folder.display()))
}
