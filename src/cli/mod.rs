//! The command line: arguments, dispatch, exit codes. One file a command.
//!
//! Errors are printed here, once, and nowhere else.

pub mod access;
pub mod api;
mod bound;
mod browser;
pub mod capacity;
pub mod check;
mod children;
pub mod complete;
pub mod completions;
pub mod config;
pub mod context;
pub mod demo;
pub mod doctor;
mod dumps;
mod editor;
pub mod error;
pub mod events;
pub mod exit;
mod faults;
mod handler;
pub mod inspect;
pub mod interviews;
mod journal;
mod keys;
pub mod link;
pub mod listen;
pub mod login;
pub mod logout;
pub mod man;
mod misuse;
mod pages;
mod preset;
pub mod providers;
pub mod register;
pub mod sandbox;
mod screen;
pub mod shared;
pub mod sign;
mod signals;
pub mod studies;
pub mod trigger;
mod values;
mod vendors;
pub mod verify;
mod waits;
pub mod whoami;

use crate::config::environment::Environment;
use crate::config::settings::Settings;
use clap::{ArgMatches, Args, CommandFactory, FromArgMatches, Parser};
use context::Context;
use error::CommandError;
use exit::Exit;
use std::ffi::OsStr;
use std::process::ExitCode;

const LONG_ABOUT: &str = "Receive, verify, keep, show, forward and replay signed webhooks

Something sends a signed webhook to this machine. hookctl says whether the signature holds, and why not when it does not; \
keeps the exact bytes in a journal; shows the payload; and passes it on to your application.";

const EXAMPLES: &str = "Examples:
  hookctl demo
  hookctl listen --forward 3000
  hookctl trigger interview.completed --provider koji --to 4400
  hookctl events list

`hookctl COMMAND --help` is the manual of a command.";

/// The examples and the exit codes, which every command shares.
fn after_long_help() -> String {
    format!("{EXAMPLES}\n\nExit codes:\n{}", exit::table("  "))
}

/// The whole command line but the commands.
#[derive(Debug, Parser)]
#[command(
    name = "hookctl",
    version,
    about = "Receive, verify, keep, show, forward and replay signed webhooks",
    long_about = LONG_ABOUT,
    after_help = EXAMPLES,
    after_long_help = after_long_help(),
    max_term_width = 100,
    disable_help_subcommand = false,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub everywhere: shared::Everywhere,
}

/// A command: its word, its arguments, and what it does with them.
struct Entry {
    name: &'static str,
    define: fn(clap::Command) -> clap::Command,
    run: fn(&ArgMatches, &Context) -> Result<Exit, CommandError>,
}

macro_rules! entry {
    ($room:ident, $args:ident) => {
        Entry {
            name: stringify!($room),
            define: <$room::$args as Args>::augment_args,
            run: |found, context| $room::run(&read::<$room::$args>(found)?, context),
        }
    };
}

/// The commands in the order of the help.
const COMMANDS: &[Entry] = &[
    entry!(demo, DemoArgs),
    entry!(listen, ListenArgs),
    entry!(register, RegisterArgs),
    entry!(studies, StudiesArgs),
    entry!(capacity, CapacityArgs),
    entry!(link, LinkArgs),
    entry!(interviews, InterviewsArgs),
    entry!(sign, SignArgs),
    entry!(verify, VerifyArgs),
    entry!(trigger, TriggerArgs),
    entry!(check, CheckArgs),
    entry!(events, EventsArgs),
    entry!(inspect, InspectArgs),
    entry!(sandbox, SandboxArgs),
    entry!(providers, ProvidersArgs),
    entry!(login, LoginArgs),
    entry!(logout, LogoutArgs),
    entry!(whoami, WhoamiArgs),
    entry!(config, ConfigArgs),
    entry!(api, ApiArgs),
    entry!(doctor, DoctorArgs),
    entry!(completions, CompletionsArgs),
    entry!(man, ManArgs),
];

/// The arguments of a command, from what was parsed by their own definition.
fn read<A: FromArgMatches>(found: &ArgMatches) -> Result<A, CommandError> {
    A::from_arg_matches(found).map_err(|error| {
        CommandError::new(Exit::Bug, "could not read the parsed command line").because(&error)
    })
}

fn tree(wanted: impl Fn(&str) -> bool) -> clap::Command {
    let entries = COMMANDS.iter().filter(|entry| wanted(entry.name));
    Cli::command().subcommands(entries.map(|entry| (entry.define)(clap::Command::new(entry.name))))
}

/// The clap definition, from which help, man pages and completions are made.
pub fn command() -> clap::Command {
    tree(|_| true)
}

/// The definition of what is needed to parse a command line that begins with
/// this word: a command is not to wait for the definitions of all others.
fn command_for(first: Option<&OsStr>) -> clap::Command {
    let first = first.and_then(OsStr::to_str).unwrap_or_default();
    let known = COMMANDS.iter().any(|entry| entry.name == first);
    if known || matches!(first, "-V" | "--version") { tree(|name| name == first) } else { command() }
}

/// Runs the program and gives its exit code.
pub fn main() -> ExitCode {
    dumps::forbid();
    // A shell that completes sets COMPLETE and wants candidates, nothing else.
    clap_complete::CompleteEnv::with_factory(command).complete();
    match std::panic::catch_unwind(run) {
        Ok(exit) => exit.into(),
        Err(_) => Exit::Bug.into(),
    }
}

fn run() -> Exit {
    let environment = Environment::of_process();
    let settings = Settings::of_process(&environment);
    let definition = preset::apply(command_for(std::env::args_os().nth(1).as_deref()), &settings);
    let matches = match definition.try_get_matches() {
        Ok(matches) => matches,
        Err(answer) => return not_parsed(&answer),
    };
    let cli = match Cli::from_arg_matches(&matches) {
        Ok(cli) => cli,
        Err(answer) => return not_parsed(&answer),
    };
    let profile = preset::profile(cli.everywhere.profile.as_deref(), &matches, &settings);
    let context = match Context::new(&cli.everywhere, environment, settings, profile) {
        Ok(context) => context,
        Err((streams, error)) => return fail(&streams, &error),
    };
    match dispatch(&matches, &context) {
        Ok(exit) => exit,
        Err(error) => fail(context.streams(), &error),
    }
}

fn dispatch(matches: &ArgMatches, context: &Context) -> Result<Exit, CommandError> {
    let called = matches.subcommand();
    let entry =
        called.and_then(|(name, found)| Some((COMMANDS.iter().find(|entry| entry.name == name)?, found)));
    match entry {
        Some((entry, found)) => {
            context.check_settings(entry.name)?;
            (entry.run)(found, context)
        }
        None => Err(CommandError::usage("no command was given").hint("hookctl --help")),
    }
}

/// Help and version are no error; help instead of a missing command is one.
fn not_parsed(answer: &clap::Error) -> Exit {
    use clap::error::ErrorKind::{DisplayHelp, DisplayHelpOnMissingArgumentOrSubcommand, DisplayVersion};
    match answer.kind() {
        DisplayHelp | DisplayVersion | DisplayHelpOnMissingArgumentOrSubcommand => {
            match answer.print() {
                // A reader that has gone away has read enough.
                Err(error) if error.kind() != std::io::ErrorKind::BrokenPipe => {
                    let error = CommandError::local("could not write the help").because(&error);
                    fail(&Context::streams_of_process(), &error)
                }
                Ok(()) | Err(_) if answer.use_stderr() => Exit::Usage,
                Ok(()) | Err(_) => Exit::Done,
            }
        }
        _ => {
            let mut root = command();
            root.build();
            let args: Vec<String> =
                std::env::args_os().skip(1).map(|word| word.to_string_lossy().into_owned()).collect();
            fail(&Context::streams_of_process(), &misuse::refused(answer, &root, &args))
        }
    }
}

fn fail(streams: &crate::ui::stream::Streams, error: &CommandError) -> Exit {
    if error.exit != Exit::Done {
        crate::ui::error::show(streams, &error.message, &error.causes, error.hint.as_slice());
    }
    error.exit
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_command_alone_is_defined_as_among_all() {
        let mut all = command();
        all.build();
        for entry in COMMANDS {
            let mut alone = command_for(Some(OsStr::new(entry.name)));
            alone.build();
            let help = |tree: &clap::Command| {
                tree.find_subcommand(entry.name).unwrap().clone().render_long_help().to_string()
            };
            assert_eq!(help(&alone), help(&all), "{}", entry.name);
            assert_eq!(alone.get_subcommands().filter(|inner| inner.get_name() != "help").count(), 1);
        }
        let version = command_for(Some(OsStr::new("--version")));
        assert_eq!(version.get_subcommands().count(), 0);
        for other in [None, Some("help"), Some("--json"), Some("sing")] {
            assert_eq!(command_for(other.map(OsStr::new)).get_subcommands().count(), COMMANDS.len());
        }
    }
}
