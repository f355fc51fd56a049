//! The command line: arguments, dispatch, exit codes. One file a command.
//!
//! Errors are printed here, once, and nowhere else.

pub mod complete;
pub mod completions;
pub mod context;
pub mod demo;
pub mod error;
pub mod events;
pub mod exit;
mod faults;
mod journal;
mod keys;
pub mod listen;
pub mod man;
mod misuse;
pub mod providers;
mod screen;
pub mod shared;
pub mod sign;
mod signals;
pub mod trigger;
mod values;
pub mod verify;

use clap::{CommandFactory, FromArgMatches, Parser, Subcommand};
use context::Context;
use error::CommandError;
use exit::Exit;
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

/// The whole command line.
#[derive(Debug, Parser)]
#[command(
    name = "hookctl",
    version,
    about = "Receive, verify, keep, show, forward and replay signed webhooks",
    long_about = LONG_ABOUT,
    after_help = EXAMPLES,
    after_long_help = after_long_help(),
    max_term_width = 100,
    disable_help_subcommand = false
)]
pub struct Cli {
    /// Options that every command takes.
    #[command(flatten)]
    pub everywhere: shared::Everywhere,
    /// The command.
    #[command(subcommand)]
    pub command: Command,
}

/// The commands.
#[derive(Debug, Subcommand)]
#[expect(missing_docs, reason = "a comment here would replace the help text of the command's arguments")]
pub enum Command {
    Demo(demo::DemoArgs),
    Listen(Box<listen::ListenArgs>),
    Sign(Box<sign::SignArgs>),
    Verify(Box<verify::VerifyArgs>),
    Trigger(Box<trigger::TriggerArgs>),
    Events(Box<events::EventsArgs>),
    Providers(Box<providers::ProvidersArgs>),
    Completions(completions::CompletionsArgs),
    Man(man::ManArgs),
}

/// The clap definition, from which help, man pages and completions are made.
pub fn command() -> clap::Command {
    Cli::command()
}

/// Runs the program and gives its exit code.
pub fn main() -> ExitCode {
    // A shell that completes sets COMPLETE and wants candidates, nothing else.
    clap_complete::CompleteEnv::with_factory(command).complete();
    match std::panic::catch_unwind(run) {
        Ok(exit) => exit.into(),
        Err(_) => Exit::Bug.into(),
    }
}

fn run() -> Exit {
    let parsed = command().try_get_matches().and_then(|matches| Cli::from_arg_matches(&matches));
    let cli = match parsed {
        Ok(cli) => cli,
        Err(answer) => return not_parsed(&answer),
    };
    let context = Context::new(&cli.everywhere);
    let context = match context {
        Ok(context) => context,
        Err((streams, error)) => return fail(&streams, &error),
    };
    match dispatch(cli.command, &context) {
        Ok(exit) => exit,
        Err(error) => fail(context.streams(), &error),
    }
}

fn dispatch(command: Command, context: &Context) -> Result<Exit, CommandError> {
    match command {
        Command::Demo(args) => demo::run(&args, context),
        Command::Listen(args) => listen::run(&args, context),
        Command::Sign(args) => sign::run(&args, context),
        Command::Verify(args) => verify::run(&args, context),
        Command::Trigger(args) => trigger::run(&args, context),
        Command::Events(args) => events::run(&args, context),
        Command::Providers(args) => providers::run(&args, context),
        Command::Completions(args) => completions::run(&args, context),
        Command::Man(args) => man::run(&args, context),
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
