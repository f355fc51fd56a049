//! `hookctl sandbox`: local stand-ins of the vendors, and the commands that talk to a running one.

mod deliveries;
mod delivering;
mod found;
mod ready;
mod remote;
mod run;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use clap::{Args, Subcommand, ValueEnum, ValueHint};
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  hookctl sandbox
      Both vendors on http://127.0.0.1:4410, gone when it ends

  hookctl sandbox --port 0 --speed 60x --state sandbox.db --json
      A free port, a minute a second, kept in a file; JSON for scripts

  hookctl sandbox --api-fault 429:3 --api-fault slow=2s
      Three calls are answered 429, every other one comes two seconds late

  hookctl sandbox --drop 10% --duplicate 50% --corrupt 5%
      Faults on the way of the webhooks, for tests of a receiver

  hookctl sandbox complete --study 'Onboarding Feedback' --reference-id user_7
  hookctl sandbox advance 30m
  hookctl sandbox deliveries list";

/// Run local stand-ins of userjourneys and Koji: REST API, participant page, signed webhooks
///
/// One process on this machine answers both vendors' REST APIs with keys made at the start, shows a page at the
/// link of each study where a person can answer it, and posts signed webhooks with the vendors' retries. Limits
/// of studies fill up and start anew by the sandbox's own clock. Nothing here reaches a real vendor.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES, args_conflicts_with_subcommands = true)]
pub struct SandboxArgs {
    /// What to ask of a sandbox that is running.
    #[command(subcommand)]
    pub command: Option<SandboxCommand>,
    /// How to run one.
    #[command(flatten)]
    pub run: RunArgs,
}

/// Arguments of `sandbox` itself.
#[derive(Args, Clone, Debug)]
pub struct RunArgs {
    /// The port on this machine; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 4410)]
    pub port: u16,
    /// How many times faster its clock goes, such as 60x
    #[arg(long, value_name = "FACTOR", default_value = "1x")]
    pub speed: String,
    /// Where its state is kept: a file, or `memory`
    #[arg(long, value_name = "FILE", default_value = "memory", value_hint = ValueHint::FilePath)]
    pub state: PathBuf,
    /// What its clock shows at first, unix seconds or RFC 3339; real time unless named
    #[arg(long, value_name = "T")]
    pub start_at: Option<String>,
    /// Also answer userjourneys' retired GET /experiments
    #[arg(long)]
    pub legacy: bool,
    /// Which of Koji's two APIs answers
    #[arg(long, value_enum, value_name = "WHICH", default_value = "both")]
    pub koji_api: KojiApiArg,
    /// Calls a minute that Koji's API takes from one key
    #[arg(long, value_name = "N", default_value_t = 60)]
    pub koji_rate: u32,
    /// Let API calls fail: 401, 429, 500 or slow; `429:3` for three calls, `slow=5s`; repeat for several
    #[arg(long, value_name = "FAULT")]
    pub api_fault: Vec<String>,
    /// How it delivers webhooks.
    #[command(flatten)]
    pub delivering: delivering::DeliveringArgs,
}

/// `--koji-api`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KojiApiArg {
    /// Both at once.
    Both,
    /// Only the current one: /message, /api/interview/complete.
    Current,
    /// Only the older one: /messages, /:id/complete.
    Old,
}

/// What to ask of a running sandbox.
#[derive(Clone, Debug, Subcommand)]
pub enum SandboxCommand {
    /// Finish an interview for a participant, which fires the webhooks
    #[command(after_help = "Examples:\n  hookctl sandbox --drop 10% --duplicate 50% --corrupt 5%
      Faults on the way of the webhooks, for tests of a receiver

  hookctl sandbox complete --study 'Onboarding Feedback' --reference-id user_7\n  hookctl sandbox complete --provider koji --quality 2")]
    Complete(CompleteArgs),
    /// Move the clock ahead, and let happen what becomes due
    #[command(after_help = "Examples:\n  hookctl sandbox advance 30m\n  hookctl sandbox advance 7d")]
    Advance(AdvanceArgs),
    /// List, show and retry what the sandbox has sent
    #[command(
        after_help = "Examples:\n  hookctl sandbox deliveries list --state failed\n  hookctl sandbox deliveries show 3\n  hookctl sandbox deliveries retry 3"
    )]
    Deliveries(deliveries::DeliveriesArgs),
    /// Put studies, interviews and webhooks back to the start; keys stay
    #[command(after_help = "Examples:\n  hookctl sandbox reset")]
    Reset(ResetArgs),
}

/// Which sandbox.
#[derive(Args, Clone, Debug)]
pub struct WhichArgs {
    /// The sandbox's URL; the one started last unless named
    #[arg(long, value_name = "URL", env = "HOOKCTL_SANDBOX_URL", hide_env = true)]
    pub url: Option<String>,
}

/// Arguments of `sandbox complete`.
#[derive(Args, Clone, Debug)]
pub struct CompleteArgs {
    /// The study: its id, its link's code, or its exact name; an open one unless named
    #[arg(long, value_name = "STUDY")]
    pub study: Option<String>,
    /// The participant's id, as on the link
    #[arg(long, value_name = "ID")]
    pub reference_id: Option<String>,
    /// How good the interview was: 1 to 5, or insightful, successful, unsuccessful
    #[arg(long, value_name = "QUALITY")]
    pub quality: Option<String>,
    /// Whose study: userjourneys or koji
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// The participant's e-mail address
    #[arg(long, value_name = "ADDRESS")]
    pub email: Option<String>,
    /// The participant's name
    #[arg(long, value_name = "NAME")]
    pub name: Option<String>,
    /// Which sandbox.
    #[command(flatten)]
    pub which: WhichArgs,
}

/// Arguments of `sandbox advance`.
#[derive(Args, Clone, Debug)]
pub struct AdvanceArgs {
    /// How far, such as 30s, 5m or 7d
    #[arg(value_name = "DURATION")]
    pub by: String,
    /// Which sandbox.
    #[command(flatten)]
    pub which: WhichArgs,
}

/// Arguments of `sandbox reset`.
#[derive(Args, Clone, Debug)]
pub struct ResetArgs {
    /// Which sandbox.
    #[command(flatten)]
    pub which: WhichArgs,
}

/// Runs `hookctl sandbox`.
pub fn run(args: &SandboxArgs, context: &Context) -> Result<Exit, CommandError> {
    match &args.command {
        None => run::run(&args.run, context),
        Some(SandboxCommand::Complete(args)) => remote::complete(args, context),
        Some(SandboxCommand::Advance(args)) => remote::advance(args, context),
        Some(SandboxCommand::Deliveries(args)) => deliveries::run(args, context),
        Some(SandboxCommand::Reset(args)) => remote::reset(args, context),
    }
}
