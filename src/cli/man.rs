//! `hookctl man`: the manual pages, made from the same definitions as `--help`.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use clap::Args;

const EXAMPLES: &str = "Examples:
  hookctl man listen | man -l -
  hookctl man --all ~/.local/share/man/man1";

/// Print a manual page, or write them all to a folder
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ManArgs {
    /// The command, such as `listen` or `events replay`; hookctl itself unless named
    #[arg(value_name = "COMMAND")]
    pub command: Vec<String>,
    /// Write every page to this folder
    #[arg(long, value_name = "FOLDER", conflicts_with = "command")]
    pub all: Option<std::path::PathBuf>,
}

/// Every page: its file name and its text.
///
/// # Errors
/// When a page cannot be rendered, which would be a bug.
pub fn pages() -> Result<Vec<(String, Vec<u8>)>, std::io::Error> {
    let mut root = super::command();
    root.build();
    let mut pages = Vec::new();
    collect(&root, "hookctl", &mut pages)?;
    Ok(pages)
}

fn collect(
    command: &clap::Command,
    name: &str,
    pages: &mut Vec<(String, Vec<u8>)>,
) -> Result<(), std::io::Error> {
    if command.get_name() == "help" {
        return Ok(());
    }
    let mut text = Vec::new();
    let page = command.clone().name(name.to_owned()).display_name(name.to_owned());
    clap_mangen::Man::new(page).date("").source("hookctl").manual("hookctl manual").render(&mut text)?;
    pages.push((format!("{name}.1"), text));
    for inner in command.get_subcommands() {
        collect(inner, &format!("{name}-{}", inner.get_name()), pages)?;
    }
    Ok(())
}

/// Runs `hookctl man`.
pub fn run(args: &ManArgs, context: &Context) -> Result<Exit, CommandError> {
    let pages =
        pages().map_err(|error| CommandError::new(Exit::Bug, "could not make the pages").because(&error))?;
    if let Some(folder) = &args.all {
        for (name, text) in &pages {
            let path = folder.join(name);
            std::fs::create_dir_all(folder).and_then(|()| std::fs::write(&path, text)).map_err(|error| {
                CommandError::local(format!("could not write `{}`", path.display())).because(&error)
            })?;
        }
        return Ok(Exit::Done);
    }
    let wanted = std::iter::once("hookctl")
        .chain(args.command.iter().map(String::as_str))
        .collect::<Vec<_>>()
        .join("-");
    let page = pages.iter().find(|(name, _)| *name == format!("{wanted}.1"));
    let (_, text) = page.ok_or_else(|| {
        CommandError::usage(format!("there is no command `{}`", args.command.join(" "))).hint("hookctl help")
    })?;
    context.write(text)
}
