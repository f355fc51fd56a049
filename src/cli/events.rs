//! `hookctl events`: the journal.

mod export;
mod list;
mod mark;
mod place;
mod prune;
mod replay;
mod show;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::listen::PathModeArg;
use super::shared::{ProviderArgs, SecretArgs};
use crate::clock;
use crate::job::wanted::{Wanted, WordError, Words};
use crate::journal::{Order, ReadError};
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use place::Place;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  hookctl events list
  hookctl events show 12
  hookctl events replay 12 --to 3000
  hookctl events export --format har > deliveries.har";

/// List, show, replay, export, mark and prune the deliveries of the journal
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct EventsArgs {
    /// What to do.
    #[command(subcommand)]
    pub command: EventsCommand,
    /// The journal
    #[arg(long, global = true, value_name = "FILE", value_hint = ValueHint::FilePath, env = "HOOKCTL_JOURNAL", hide_env = true)]
    pub journal: Option<PathBuf>,
}

/// What to do with the journal.
#[derive(Clone, Debug, Subcommand)]
pub enum EventsCommand {
    /// List deliveries, newest first
    #[command(
        after_help = "Examples:\n  hookctl events list --type 'interview.*' --since 1h\n  hookctl events list --dead\n  hookctl events list --json --jq '.seq'"
    )]
    List(ListArgs),
    /// Show one delivery: headers, body, verdict, attempts
    #[command(
        after_help = "Examples:\n  hookctl events show 12\n  hookctl events show 12 --raw > request.http"
    )]
    Show(ShowArgs),
    /// Send deliveries again, byte for byte or re-signed
    #[command(
        after_help = "Examples:\n  hookctl events replay 12 --to 3000\n  hookctl events replay 10..20 --to 3000\n  hookctl events replay --since 10m --to 3000 --resign\n  hookctl events replay 12 --to 3000 --edit"
    )]
    Replay(ReplayArgs),
    /// Write deliveries out: JSON lines, HAR, or a folder of curl scripts
    #[command(
        after_help = "Examples:\n  hookctl events export > deliveries.jsonl\n  hookctl events export --format har > deliveries.har\n  hookctl events export --format curl --dir scripts"
    )]
    Export(ExportArgs),
    /// Write a few words beside a delivery, to find it again
    #[command(
        after_help = "Examples:\n  hookctl events mark 12 'the one that failed'\n  hookctl events list --marked\n  hookctl events mark 12 --remove"
    )]
    Mark(MarkArgs),
    /// Delete old deliveries; those still undelivered are kept unless forced
    #[command(
        after_help = "Examples:\n  hookctl events prune --before 7d --dry-run\n  hookctl events prune --keep 1000 --yes"
    )]
    Prune(PruneArgs),
}

/// Which deliveries.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Filters")]
pub struct FilterArgs {
    /// Only these event types, comma-separated; `interview.*` covers all that begin so
    #[arg(long = "type", value_name = "EVENTS", value_delimiter = ',', visible_alias = "events", add = ArgValueCandidates::new(super::complete::events))]
    pub types: Vec<String>,
    /// Only this provider's
    #[arg(long, value_name = "ID", add = ArgValueCandidates::new(super::complete::providers))]
    pub provider: Option<String>,
    /// Only these verdicts, comma-separated: verified, mismatch, no_header, ...; `failed` for all but verified
    #[arg(long, value_name = "CODES", value_delimiter = ',')]
    pub verdict: Vec<String>,
    /// Only those answered so: 200, 4xx
    #[arg(long, value_name = "STATUS")]
    pub status: Option<String>,
    /// Only those received since: 10m, 2h, 7d, or a time
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only those received before: 10m, 2h, 7d, or a time
    #[arg(long, value_name = "WHEN")]
    pub until: Option<String>,
    /// Only those that hold this text in their head or body
    #[arg(long, value_name = "TEXT")]
    pub text: Option<String>,
    /// Only those whose payload makes this jq expression true
    #[arg(long, value_name = "JQ")]
    pub filter: Option<String>,
    /// Only those that no target has taken yet
    #[arg(long)]
    pub undelivered: bool,
    /// Only dead letters: those that are not tried any more
    #[arg(long)]
    pub dead: bool,
    /// Only those that `events mark` marked
    #[arg(long)]
    pub marked: bool,
}

/// Arguments of `events list`.
#[derive(Args, Clone, Debug)]
pub struct ListArgs {
    /// How many at the most; unless named 50 as text, all as JSON
    #[arg(short = 'n', long, value_name = "N")]
    pub limit: Option<u64>,
    /// Continue before this delivery
    #[arg(long, value_name = "N")]
    pub before: Option<u64>,
    /// Which deliveries.
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// Arguments of `events show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArgs {
    /// The delivery's number
    #[arg(value_name = "N", add = ArgValueCandidates::new(super::complete::deliveries))]
    pub seq: u64,
    /// Write the request as it came: head and body, nothing else
    #[arg(long, conflicts_with = "body")]
    pub raw: bool,
    /// Write the body's bytes, nothing else
    #[arg(long)]
    pub body: bool,
    /// Show signature and authorization values in full
    #[arg(long)]
    pub reveal: bool,
}

/// Arguments of `events replay`.
#[derive(Args, Clone, Debug)]
pub struct ReplayArgs {
    /// A delivery N, or a range A..B with both ends
    #[arg(value_name = "N|A..B", required_unless_present_any = ["since", "dead", "undelivered"], add = ArgValueCandidates::new(super::complete::deliveries))]
    pub which: Option<String>,
    /// Where to send: 3000, localhost:3000/path, https://...
    #[arg(long, value_name = "TARGET")]
    pub to: String,
    /// Keep the recorded path and query, or always use the target's own
    #[arg(long, value_enum, value_name = "MODE", default_value = "keep")]
    pub path_mode: PathModeArg,
    /// Sign again, with a fresh timestamp where the scheme has one
    #[arg(long)]
    pub resign: bool,
    /// Edit the payload in $EDITOR first, and sign again what was changed
    #[arg(long)]
    pub edit: bool,
    /// Add or replace a header; repeat for several
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// The target's deadline; 0 for none
    #[arg(long, value_name = "DURATION", default_value = "10s")]
    pub timeout: String,
    /// Do not check the target's TLS certificate
    #[arg(short = 'k', long, visible_alias = "skip-verify")]
    pub insecure: bool,
    /// Only those received since: 10m, 2h, 7d, or a time
    #[arg(long, value_name = "WHEN")]
    pub since: Option<String>,
    /// Only those that no target has taken yet
    #[arg(long)]
    pub undelivered: bool,
    /// Only dead letters
    #[arg(long)]
    pub dead: bool,
    /// Whose scheme.
    #[command(flatten)]
    pub provider: ProviderArgs,
    /// Which secret.
    #[command(flatten)]
    pub secret: SecretArgs,
}

/// Arguments of `events export`.
#[derive(Args, Clone, Debug)]
pub struct ExportArgs {
    /// What to write
    #[arg(long, value_enum, value_name = "FORMAT", default_value = "jsonl")]
    pub format: ExportFormat,
    /// The folder for curl scripts, which holds none yet; made if it is not there
    #[arg(long, value_name = "FOLDER", value_hint = ValueHint::DirPath)]
    pub dir: Option<PathBuf>,
    /// Which deliveries.
    #[command(flatten)]
    pub filter: FilterArgs,
}

/// `--format`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ExportFormat {
    /// One JSON record a line.
    Jsonl,
    /// HTTP Archive 1.2.
    Har,
    /// A folder with a script and a body file for each delivery, run with `sh FILE`.
    Curl,
}

/// Arguments of `events mark`.
#[derive(Args, Clone, Debug)]
pub struct MarkArgs {
    /// The delivery's number
    #[arg(value_name = "N", add = ArgValueCandidates::new(super::complete::deliveries))]
    pub seq: u64,
    /// The words, up to 200 characters; a mark needs none
    #[arg(value_name = "TEXT", default_value = "", hide_default_value = true)]
    pub text: String,
    /// Take the mark away
    #[arg(long, conflicts_with = "text")]
    pub remove: bool,
}

/// Arguments of `events prune`.
#[derive(Args, Clone, Debug)]
pub struct PruneArgs {
    /// Delete those received before: 7d, 2h, or a time
    #[arg(long, value_name = "WHEN", required_unless_present = "keep")]
    pub before: Option<String>,
    /// Keep the newest N
    #[arg(long, value_name = "N")]
    pub keep: Option<u64>,
    /// Delete those still undelivered as well
    #[arg(long)]
    pub force: bool,
    /// Delete without asking, as a script must say
    #[arg(short, long)]
    pub yes: bool,
    /// Say what would be deleted, and delete nothing
    #[arg(long)]
    pub dry_run: bool,
}

/// Runs `hookctl events`.
pub fn run(args: &EventsArgs, context: &Context) -> Result<Exit, CommandError> {
    let place = Place::of(args.journal.as_deref(), context)?;
    match &args.command {
        EventsCommand::List(list) => list::run(list, &place, context),
        EventsCommand::Show(show) => show::run(show, &place, context),
        EventsCommand::Replay(replay) => replay::run(replay, &place, context),
        EventsCommand::Export(export) => export::run(export, &place, context),
        EventsCommand::Mark(mark) => mark::run(mark, &place, context),
        EventsCommand::Prune(prune) => prune::run(prune, &place, context),
    }
}

fn unreadable(error: &ReadError) -> CommandError {
    CommandError::local("could not read the journal")
        .because(error)
        .hint("`hookctl doctor` says what is wrong with it and what to do")
}

impl From<ReadError> for CommandError {
    fn from(error: ReadError) -> Self {
        unreadable(&error)
    }
}

impl FilterArgs {
    fn wanted(&self, limit: usize, order: Order) -> Result<Wanted, CommandError> {
        let words = Words {
            types: self.types.clone(),
            provider: self.provider.clone(),
            verdict: self.verdict.clone(),
            status: self.status.clone(),
            since: self.since.clone(),
            until: self.until.clone(),
            text: self.text.clone(),
            filter: self.filter.clone(),
            undelivered: self.undelivered,
            dead: self.dead,
            marked: self.marked,
        };
        words.wanted(clock::now(), limit, order).map_err(|error| unusable(&error))
    }
}

/// A filter that cannot be used, with what would be right.
fn unusable(error: &WordError) -> CommandError {
    let flag = error.word();
    let mut refused = match error {
        WordError::Verdict(_) => CommandError::usage(error.to_string()),
        WordError::Status(text) => CommandError::usage(format!("could not use `--{flag} {text}`")),
        WordError::Moment { .. } | WordError::Filter(_) => {
            CommandError::usage(format!("could not use `--{flag}`"))
        }
    };
    match error {
        WordError::Moment { reason, .. } => refused.causes.push(reason.clone()),
        WordError::Filter(source) => refused = refused.because(source),
        WordError::Verdict(_) | WordError::Status(_) => {}
    }
    match error.hint() {
        Some(hint) => refused.hint(hint),
        None => refused,
    }
}
