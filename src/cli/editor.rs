//! The payload in the user's editor: a private folder, no shell, no secrets.

use super::children;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::clock;
use bytes::Bytes;
use std::path::{Path, PathBuf};
use std::process::Command;

/// Opens bytes in the user's editor under a file of this name, and gives what was saved.
///
/// # Errors
/// When there is no editor for this place, it cannot be started or does not end well.
pub(super) fn edited(content: &[u8], name: &str, context: &Context) -> Result<Bytes, CommandError> {
    let environment = context.environment();
    let named = environment.text("VISUAL").or_else(|| environment.text("EDITOR"));
    // `vi` without a terminal waits for keys that nobody can press.
    if named.is_none()
        && let Err(error) = context.gate().check()
    {
        return Err(CommandError::usage("there is no editor to open the payload in")
            .because(&error)
            .hint("set EDITOR to a program that changes the file it is given, or type this in a terminal"));
    }
    // $EDITOR may hold arguments, as git and others allow; no shell reads it.
    let mut words = named.unwrap_or("vi").split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("vi"));
    command.args(words).env_clear().envs(children::environment(environment));
    let file = put(content, name).map_err(|error| failed(&error))?;
    let saved = edit_in(&file, content, &mut command);
    // What somebody wrote stays where an editor that broke down left it.
    if saved.is_ok() || std::fs::read(&file).is_ok_and(|found| found == content) {
        remove(&file, context);
    }
    saved
}

/// Writes bytes into a file of this name, in a new folder for its owner alone.
///
/// # Errors
/// When the disk refuses.
pub(super) fn put(content: &[u8], name: &str) -> std::io::Result<PathBuf> {
    let folder = std::env::temp_dir().join(format!("hookctl-{}", clock::fresh_id()));
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(&folder)?;
    let file = folder.join(name);
    std::fs::write(&file, content)?;
    Ok(file)
}

/// The folder holds the payload; leaving it behind is worth a warning, not a failure.
fn remove(file: &Path, context: &Context) {
    let folder = file.parent().unwrap_or(file);
    if let Err(error) = std::fs::remove_dir_all(folder) {
        context.streams().warn(&format!("could not remove `{}`: {error}", folder.display()), None);
    }
}

fn failed(error: &std::io::Error) -> CommandError {
    CommandError::local("could not edit the payload").because(error)
}

fn edit_in(file: &Path, content: &[u8], editor: &mut Command) -> Result<Bytes, CommandError> {
    let status = editor.arg(file).status().map_err(|error| {
        let program = editor.get_program().to_string_lossy();
        CommandError::config(format!("could not start the editor `{program}`"))
            .because(&error)
            .hint("set EDITOR to the editor you use")
    })?;
    let saved = std::fs::read(file).map(Bytes::from);
    if !status.success() {
        let ended = CommandError::new(Exit::No, "the editor did not end well; nothing was sent");
        let kept = saved.is_ok_and(|saved| saved != content);
        return Err(if kept { ended.hint(format!("what it saved is in {}", file.display())) } else { ended });
    }
    saved.map_err(|error| failed(&error))
}
