//! The payload in the user's editor: a private folder, no shell, no secrets.

use super::children;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::clock;
use bytes::Bytes;
use std::path::Path;
use std::process::Command;

/// Opens bytes in the user's editor under a file of this name, and gives what was saved.
///
/// # Errors
/// When the editor cannot be started or does not end well.
pub(super) fn edited(content: &[u8], name: &str, context: &Context) -> Result<Bytes, CommandError> {
    let environment = context.environment();
    let editor = environment.text("VISUAL").or_else(|| environment.text("EDITOR")).unwrap_or("vi");
    // $EDITOR may hold arguments, as git and others allow; no shell reads it.
    let mut words = editor.split_whitespace();
    let mut command = Command::new(words.next().unwrap_or("vi"));
    command.args(words).env_clear().envs(children::environment(environment));
    let folder = std::env::temp_dir().join(format!("hookctl-{}", clock::fresh_id()));
    let saved = edit_in(&folder, content, name, &mut command);
    // The folder holds the payload; leaving it behind is worth a warning, not a failure.
    if let Err(error) = std::fs::remove_dir_all(&folder) {
        context.streams().warn(&format!("could not remove `{}`: {error}", folder.display()), None);
    }
    saved
}

fn edit_in(folder: &Path, content: &[u8], name: &str, editor: &mut Command) -> Result<Bytes, CommandError> {
    let failed = |error: &std::io::Error| CommandError::local("could not edit the payload").because(error);
    let mut builder = std::fs::DirBuilder::new();
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder).map_err(|error| failed(&error))?;
    let file = folder.join(name);
    std::fs::write(&file, content).map_err(|error| failed(&error))?;
    let status = editor.arg(&file).status().map_err(|error| {
        let program = editor.get_program().to_string_lossy();
        CommandError::config(format!("could not start the editor `{program}`"))
            .because(&error)
            .hint("set EDITOR to the editor you use")
    })?;
    if !status.success() {
        return Err(CommandError::new(Exit::No, "the editor did not end well; nothing was sent"));
    }
    std::fs::read(&file).map(Bytes::from).map_err(|error| failed(&error))
}
