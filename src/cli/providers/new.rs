//! `hookctl providers new`: a commented profile to begin with.

use super::NewArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::hook::provider::{Catalogue, starter};
use serde::Serialize;
use std::io::{ErrorKind, Write as _};
use std::path::Path;

/// The JSON record of a profile to begin with.
#[derive(Serialize)]
struct StarterRecord<'a> {
    v: u8,
    r#type: &'static str,
    provider: &'a str,
    /// The file it was written to.
    file: Option<String>,
    /// The profile, where it was not written to a file.
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<&'a str>,
}

/// Writes a profile into a new file, or to standard output.
pub(super) fn run(args: &NewArgs, context: &Context) -> Result<Exit, CommandError> {
    let id = args.id.as_str();
    let text = starter(id).map_err(CommandError::usage)?;
    if Catalogue::builtin().get(id).is_ok() {
        context.streams().warn(
            &format!("`{id}` is built in, and this profile replaces it"),
            Some(&format!("to change a part of it, write `base = \"{id}\"` and only what differs")),
        );
    }
    if let Some(file) = &args.file {
        write(file, &text)?;
    }
    let file = args.file.as_ref().map(|file| file.display().to_string());
    if context.json() {
        let text = file.is_none().then_some(text.as_str());
        context.record(&StarterRecord { v: 1, r#type: "template", provider: id, file, text })?;
        return Ok(Exit::Done);
    }
    match file {
        None => context.write(text.as_bytes()),
        Some(file) => {
            context.streams().say(&format!("wrote {file}"));
            context.streams().hint(&format!("hookctl providers test {file}"));
            Ok(Exit::Done)
        }
    }
}

/// What is there already may be somebody's work, so it is never written over.
fn write(file: &Path, text: &str) -> Result<(), CommandError> {
    let written = std::fs::File::create_new(file).and_then(|mut file| file.write_all(text.as_bytes()));
    written.map_err(|error| match error.kind() {
        ErrorKind::AlreadyExists => CommandError::usage(format!("`{}` is there already", file.display()))
            .hint("name another file, or take this one away first"),
        _ => CommandError::local(format!("could not write `{}`", file.display())).because(&error),
    })
}
