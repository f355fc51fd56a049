//! `hookctl listen`: receive webhooks on this machine.

mod env;
mod hands;
mod hints;
mod inspector;
mod itself;
mod registered;
mod setup;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::shared::{ProviderArgs, SecretArgs};
use super::signals::Stop;
use crate::job::report::AnswerPolicy;
use clap::{Args, ValueEnum, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use registered::Registered;
use setup::Setup;
use std::net::IpAddr;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  hookctl listen --forward 3000
      Verify, keep and show each delivery; pass it to localhost:3000 and
      answer as it does

  hookctl listen --provider koji --secret-file s.txt --forward 3000/hooks/koji
      Koji's webhooks only, below the path that the handler expects

  hookctl listen --forward 3000 --answer ack
      Answer at once and forward afterwards: slow handlers lose nothing

  hookctl listen --register --public-url https://tunnel.example
      Move userjourneys' webhook here while this runs, and back at the end

  hookctl listen --json --until 1 --for 60s
      In a script: print the next delivery as JSON; exit 124 when none comes
      within a minute";

/// Receive webhooks on this machine: verify, keep, show, forward
///
/// Each delivery is verified over its raw bytes, kept in the journal before it is answered, shown, and
/// forwarded with the same bytes. Without a target, verified deliveries are answered 200 and others 401
/// (`strict`). With a target, the sender gets the target's own answer (`mirror`), or 200 at once with
/// `--answer ack`. Without any signing secret nothing can be verified: deliveries are marked and passed on.
/// In a terminal the deliveries are a list to move in, open, filter and send again from; `?` names the keys. Lines
/// one after the other, as in a pipe, come with `--output text`, `--show`, `--until` and `--for`, and without a journal.
/// With `--quiet` no delivery is shown, only what goes wrong; `hookctl events list` shows them from the journal.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct ListenArgs {
    /// Forward every delivery here: 3000, localhost:3000/path, https://...; repeat for several
    #[arg(
        short,
        long,
        visible_alias = "forward-to",
        value_name = "TARGET",
        env = "HOOKCTL_FORWARD",
        hide_env = true
    )]
    pub forward: Vec<String>,
    /// Keep the incoming path and query, or always use the target's own
    #[arg(long, value_enum, value_name = "MODE", default_value = "keep")]
    pub path_mode: PathModeArg,
    /// Port to listen on; 0 takes a free one
    #[arg(long, value_name = "PORT", default_value_t = 4400, env = "HOOKCTL_PORT", hide_env = true)]
    pub port: u16,
    /// Address to listen on, or localhost; anything but loopback lets other machines send to you
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", value_parser = crate::config::setting::host, env = "HOOKCTL_HOST", hide_env = true)]
    pub host: IpAddr,
    /// How deliveries are answered; mirror with a target and strict without, unless named
    #[arg(long, value_enum, value_name = "POLICY", env = "HOOKCTL_ANSWER", hide_env = true)]
    pub answer: Option<AnswerArg>,
    /// Do not verify signatures
    #[arg(long)]
    pub no_verify_signature: bool,
    /// Also pass on deliveries whose signature does not hold
    #[arg(long)]
    pub forward_unverified: bool,
    /// Accepted age of a signed timestamp, in place of the provider's
    #[arg(long, value_name = "DURATION")]
    pub tolerance: Option<String>,
    /// The public key or key id that goes with the secret, for handshakes that are answered with it
    #[arg(long, value_name = "KEY")]
    pub public_key: Option<String>,
    /// The URL that the sender uses, for schemes that sign it
    #[arg(long, value_name = "URL", env = "HOOKCTL_PUBLIC_URL", hide_env = true)]
    pub public_url: Option<String>,
    /// Register the public URL with the vendor while this runs, and put back what was there before
    #[arg(long)]
    pub register: bool,
    /// Only these event types, comma-separated; `interview.*` covers all that begin so
    #[arg(short, long, value_name = "EVENTS", value_delimiter = ',', add = ArgValueCandidates::new(super::complete::events))]
    pub events: Vec<String>,
    /// Only deliveries whose payload makes this jq expression true
    ///
    /// What it leaves out is kept, not shown and not forwarded; the sender gets hookctl's own 200, with `--answer
    /// mirror` too. A payload on which the expression fails is left out as well: the first is told, the summary
    /// counts them.
    #[arg(long, value_name = "JQ")]
    pub filter: Option<String>,
    /// Add or replace a header of the forwarded request; repeat for several
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// The target's deadline; 0 for none. Unless named, the provider's, or 10s
    #[arg(long, value_name = "DURATION", env = "HOOKCTL_TIMEOUT", hide_env = true)]
    pub timeout: Option<String>,
    /// Do not check the target's TLS certificate
    #[arg(short = 'k', long, visible_alias = "skip-verify")]
    pub insecure: bool,
    /// With `--answer ack`, try failed deliveries again, or not; by the schedule unless named
    #[arg(long, value_enum, value_name = "RETRY")]
    pub retry: Option<RetryArg>,
    /// Stop after N matching events, or after a delivery whose payload makes this jq expression true
    ///
    /// Neither handshakes and pings nor repeats of an earlier delivery count towards N, nor does what is refused. An
    /// expression that fails on a payload is not true: the first failure is told, the summary counts them.
    #[arg(long, value_name = "N|JQ")]
    pub until: Option<String>,
    /// Stop after this time, with exit code 124
    #[arg(long = "for", value_name = "DURATION")]
    pub run_for: Option<String>,
    /// Exit 1 when a forwarded delivery is answered otherwise: 200, 2xx
    #[arg(long, value_name = "STATUS")]
    pub expect_status: Option<String>,
    /// Fetch the interview of each verified interview.completed, after it was answered, and keep it with the delivery
    ///
    /// With the API key of the provider's profile or its variable, such as USERJOURNEYS_API_KEY.
    #[arg(long)]
    pub enrich: bool,
    /// The journal to keep deliveries in
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "HOOKCTL_JOURNAL", hide_env = true, conflicts_with = "no_journal")]
    pub journal: Option<PathBuf>,
    /// How much the journal keeps before the oldest go: a number of deliveries, a size, an age [default: 10000,1GiB,30d]
    #[arg(long, value_name = "LIMITS", env = "HOOKCTL_KEEP", hide_env = true)]
    pub keep: Option<String>,
    /// Keep nothing on disk
    #[arg(long)]
    pub no_journal: bool,
    /// Serve the inspector here, a port or an address; on 127.0.0.1:4401, or a free port, unless named
    #[arg(long, value_name = "ADDRESS", env = "HOOKCTL_INSPECT", hide_env = true)]
    pub inspect: Option<String>,
    /// Serve no inspector
    #[arg(long)]
    pub no_inspect: bool,
    /// The largest body that is accepted
    #[arg(long, value_name = "SIZE", default_value = "25MiB")]
    pub max_body: String,
    /// What is shown under each delivery, line by line; the payload unless named
    #[arg(long, value_enum, value_name = "PARTS")]
    pub show: Option<ShowArg>,
    /// Print the environment lines that an application under test needs, once ready
    ///
    /// HOOKCTL_URL, and the file of each secret that comes from one, such as KOJI_WEBHOOK_SECRET_FILE: lines for a
    /// shell to source. A secret itself is never printed.
    #[arg(long)]
    pub print_env: bool,
    /// Runs beside a prompt, which needs the keys.
    #[arg(skip)]
    pub guided: bool,
    /// Whose scheme.
    #[command(flatten)]
    pub provider: ProviderArgs,
    /// Which secret.
    #[command(flatten)]
    pub secret: SecretArgs,
}

/// `--path-mode`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum PathModeArg {
    /// The incoming path and query, after the target's own path.
    Keep,
    /// The target's own path and query, whatever came in.
    Fixed,
}

/// `--answer`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum AnswerArg {
    /// 200 when verified, 401 when not; nothing is forwarded.
    Strict,
    /// The target's own answer.
    Mirror,
    /// 200 once stored; forwarded afterwards, with retries unless `--retry none`.
    Ack,
}

/// `--retry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RetryArg {
    /// After 1s, 5s, 30s, 2m, 10m, then every 30m up to 72h.
    Schedule,
    /// One attempt; what fails is a dead letter.
    None,
}

/// `--show`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum ShowArg {
    /// The payload.
    Body,
    /// The header fields.
    Headers,
    /// Both.
    All,
    /// Neither.
    None,
}

impl ListenArgs {
    fn policy(&self) -> AnswerPolicy {
        match self.answer {
            Some(AnswerArg::Ack) => AnswerPolicy::Ack,
            Some(AnswerArg::Strict) => AnswerPolicy::Strict,
            None if self.forward.is_empty() => AnswerPolicy::Strict,
            Some(AnswerArg::Mirror) | None => AnswerPolicy::Mirror,
        }
    }
}

/// The arguments of a listener beside the guided registration with Koji: nobody's keys, nothing forwarded.
pub(super) fn for_guide(port: u16, journal: &std::path::Path) -> Result<ListenArgs, CommandError> {
    let words = ["listen", "--provider", "koji", "--show", "none", "--port"];
    let words = words.iter().map(|word| (*word).to_owned()).chain([port.to_string()]);
    let found = ListenArgs::augment_args(clap::Command::new("listen")).try_get_matches_from(words);
    let args = found.and_then(|found| <ListenArgs as clap::FromArgMatches>::from_arg_matches(&found));
    let args =
        args.map_err(|error| CommandError::new(Exit::Bug, "could not start a listener").because(&error))?;
    Ok(ListenArgs {
        journal: Some(journal.to_owned()),
        forward: Vec::new(),
        answer: None,
        guided: true,
        ..args
    })
}

/// Listens beside something else, until that asks for a stop.
pub(super) async fn beside(args: &ListenArgs, stop: &Stop, context: &Context) -> Result<Exit, CommandError> {
    Setup::new(args, context)?.beside(args, stop, context).await
}

/// Runs `hookctl listen`.
pub fn run(args: &ListenArgs, context: &Context) -> Result<Exit, CommandError> {
    let setup = Setup::new(args, context)?;
    let registered = Registered::of(args, context)?;
    super::pages::small();
    let runtime = context.runtime()?;
    let ended = runtime.block_on(setup.run(args, context, registered));
    // What a second Ctrl-C leaves behind is not waited for.
    runtime.shutdown_background();
    ended
}
