//! `hookctl events export`.

use super::{ExportArgs, ExportFormat, Place, Wanted};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::job::export;
use crate::journal::{Order, Reader};
use crate::ui::human;
use crate::ui::listing::EntryParts;
use crate::ui::sanitize;
use std::ffi::OsStr;
use std::path::Path;

pub(super) fn run(args: &ExportArgs, place: &Place, context: &Context) -> Result<Exit, CommandError> {
    if args.dir.is_some() && args.format != ExportFormat::Curl {
        return Err(CommandError::usage("`--dir` is for curl scripts; other formats go to standard output")
            .hint("write it to a file with `>`, or add `--format curl`"));
    }
    let reader = place.reader()?;
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
    if holds_scripts(folder).map_err(|error| unwritten(&error))? {
        return Err(CommandError::usage(format!("`{}` holds an export already", folder.display()))
            .hint("name another folder with `--dir`, or empty this one first"));
    }
    let written = wanted.each(reader, usize::MAX, |entry| {
        export::curl_script(&entry, folder).map(drop).map_err(|error| unwritten(&error))
    })?;
    context.line(&format!("wrote {} to {}", human::counted(written, "script", "scripts"), folder.display()))
}

/// Whether a folder holds scripts of an earlier export: some of them would stay
/// as they were, beside those that are written.
fn holds_scripts(folder: &Path) -> std::io::Result<bool> {
    let numbered = |path: &Path| {
        let stem = path.file_stem().and_then(OsStr::to_str).unwrap_or_default();
        let ending = path.extension().and_then(OsStr::to_str).unwrap_or_default();
        ["sh", "body"].contains(&ending) && stem.len() >= 6 && stem.bytes().all(|byte| byte.is_ascii_digit())
    };
    for entry in std::fs::read_dir(folder)? {
        if numbered(&entry?.path()) {
            return Ok(true);
        }
    }
    Ok(false)
}
