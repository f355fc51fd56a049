//! `hookctl completions`: scripts that complete live values.

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use clap::{Args, ValueEnum};
use clap_complete::env::Shells;

const EXAMPLES: &str = "Examples:
  hookctl completions bash > ~/.local/share/bash-completion/completions/hookctl
  hookctl completions zsh > ~/.zfunc/_hookctl
  hookctl completions fish > ~/.config/fish/completions/hookctl.fish";

/// Print a completion script
///
/// The script asks hookctl itself, so provider ids, event names and delivery numbers are the live ones.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CompletionsArgs {
    /// The shell
    #[arg(value_enum, value_name = "SHELL")]
    pub shell: Shell,
}

/// The shells that are completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Shell {
    /// Bash.
    Bash,
    /// Zsh.
    Zsh,
    /// Fish.
    Fish,
    /// PowerShell.
    #[value(name = "powershell")]
    PowerShell,
    /// Elvish.
    Elvish,
}

impl Shell {
    /// Every shell with the file its script is checked in as.
    pub const ALL: [(Self, &'static str, &'static str); 5] = [
        (Self::Bash, "bash", "hookctl.bash"),
        (Self::Zsh, "zsh", "_hookctl"),
        (Self::Fish, "fish", "hookctl.fish"),
        (Self::PowerShell, "powershell", "_hookctl.ps1"),
        (Self::Elvish, "elvish", "hookctl.elv"),
    ];
}

/// Bash takes words apart at `:` and `=` and quotes nothing, and `clap_complete`'s
/// script leaves it at that: `--provider=ko`, `repo:push` and `Push Hook` need one of our own.
const BASH: &str = include_str!("../../completions/hookctl.bash");

/// How `clap_complete`'s script for zsh ends.
const ZSH_END: &str = "compdef _clap_dynamic_completer_hookctl hookctl";

/// How it must end to work from a folder in `fpath` as well: zsh loads the file
/// at the first Tab as the function `_hookctl`, and wants candidates from that call.
const ZSH_AUTOLOADED: &str = "if [ \"$funcstack[1]\" = \"_hookctl\" ]; then
    _clap_dynamic_completer_hookctl \"$@\"
else
    compdef _clap_dynamic_completer_hookctl hookctl
fi";

/// The script for a shell.
pub fn script(shell: Shell) -> Result<Vec<u8>, std::io::Error> {
    let text = match shell {
        Shell::Bash => BASH.to_owned(),
        Shell::Zsh => registration(shell)?.replace(ZSH_END, ZSH_AUTOLOADED),
        Shell::Fish | Shell::PowerShell | Shell::Elvish => registration(shell)?,
    };
    Ok(text.into_bytes())
}

/// The script as `clap_complete` writes it.
fn registration(shell: Shell) -> Result<String, std::io::Error> {
    let name = Shell::ALL.iter().find(|(known, ..)| *known == shell).map_or("bash", |(_, name, _)| *name);
    let mut text = Vec::new();
    let shells = Shells::builtins();
    let completer = shells.completer(name).ok_or(std::io::ErrorKind::NotFound)?;
    completer.write_registration("COMPLETE", "hookctl", "hookctl", "hookctl", &mut text)?;
    String::from_utf8(text).map_err(std::io::Error::other)
}

/// Runs `hookctl completions`.
pub fn run(args: &CompletionsArgs, context: &Context) -> Result<Exit, CommandError> {
    let text = script(args.shell)
        .map_err(|error| CommandError::new(Exit::Bug, "could not write the script").because(&error))?;
    context.write(&text)
}
