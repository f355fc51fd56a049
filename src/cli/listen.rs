//! `hookctl listen`: receive webhooks on this machine.

use super::context::{Context, unusable};
use super::error::CommandError;
use super::exit::Exit;
use super::screen::Screen;
use super::shared::{ProviderArgs, SecretArgs};
use super::signals::Stop;
use super::values::{duration, filter, headers, size, statuses, target};
use crate::config::secrets::{Secrets, variable_of};
use crate::forward::{ForwardOptions, Forwarder};
use crate::hook::provider::{Catalogue, Provider};
use crate::hook::schedule::Schedule;
use crate::hook::secret::Secret;
use crate::hook::signature::KeyError;
use crate::hook::target::Target;
use crate::job::judge::Judge;
use crate::job::listen::{self, Ended, Ledger, Options, Rooms, Until};
use crate::job::report::{AnswerPolicy, SecretOrigin};
use crate::journal::{Counter, Journal, OpenError};
use crate::serve::{self, BindError, Limits};
use clap::{Args, ValueEnum, ValueHint};
use std::net::IpAddr;
use std::path::{Path, PathBuf};

const EXAMPLES: &str = "Examples:
  hookctl listen --forward 3000
      Verify, keep and show each delivery; pass it to localhost:3000 and
      answer as it does

  hookctl listen --provider koji --secret-file s.txt --forward 3000/hooks/koji
      Koji's webhooks only, below the path that the handler expects

  hookctl listen --forward 3000 --answer ack
      Answer at once and forward afterwards: slow handlers lose nothing

  hookctl listen --json --until 1 --for 60s
      In a script: print the next delivery as JSON; exit 124 when none comes
      within a minute";

/// Receive webhooks on this machine: verify, keep, show, forward
///
/// Each delivery is verified over its raw bytes, kept in the journal before it is answered, shown, and
/// forwarded with the same bytes. Without a target, verified deliveries are answered 200 and others 401
/// (`strict`). With a target, the sender gets the target's own answer (`mirror`), or 200 at once with
/// `--answer ack`. Without any signing secret nothing can be verified: deliveries are marked and passed on.
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
    /// Address to listen on; anything but loopback lets other machines send to you
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1", env = "HOOKCTL_HOST", hide_env = true)]
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
    /// The URL that the sender uses, for schemes that sign it
    #[arg(long, value_name = "URL", env = "HOOKCTL_PUBLIC_URL", hide_env = true)]
    pub public_url: Option<String>,
    /// Only these event types, comma-separated; `interview.*` covers all that begin so
    #[arg(short, long, value_name = "EVENTS", value_delimiter = ',')]
    pub events: Vec<String>,
    /// Only deliveries whose payload makes this jq expression true
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
    /// Try failed deliveries again (with `--answer ack`), or not
    #[arg(long, value_enum, value_name = "RETRY", default_value = "schedule")]
    pub retry: RetryArg,
    /// Stop after N matching deliveries, or after one whose payload makes this jq expression true
    #[arg(long, value_name = "N|JQ")]
    pub until: Option<String>,
    /// Stop after this time, with exit code 124
    #[arg(long = "for", value_name = "DURATION")]
    pub run_for: Option<String>,
    /// Exit 1 when a forwarded delivery is answered otherwise: 200, 2xx
    #[arg(long, value_name = "STATUS")]
    pub expect_status: Option<String>,
    /// The journal to keep deliveries in
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "HOOKCTL_JOURNAL", hide_env = true, conflicts_with = "no_journal")]
    pub journal: Option<PathBuf>,
    /// Keep nothing on disk
    #[arg(long)]
    pub no_journal: bool,
    /// The largest body that is accepted
    #[arg(long, value_name = "SIZE", default_value = "25MiB")]
    pub max_body: String,
    /// What is shown under each delivery
    #[arg(long, value_enum, value_name = "PARTS", default_value = "body")]
    pub show: ShowArg,
    /// Print the environment lines that an application under test needs, once ready
    #[arg(long)]
    pub print_env: bool,
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
    /// 200 when verified, 401 when not.
    Strict,
    /// The target's own answer.
    Mirror,
    /// 200 once stored; forwarded afterwards, with retries.
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

/// Runs `hookctl listen`.
pub fn run(args: &ListenArgs, context: &Context) -> Result<Exit, CommandError> {
    let setup = Setup::new(args, context)?;
    setup.warn(args, context);
    let runtime = context.runtime()?;
    let ended = runtime.block_on(setup.run(args, context));
    // What a second Ctrl-C leaves behind is not waited for.
    runtime.shutdown_background();
    ended
}

/// Everything that can be wrong about the arguments, checked before a socket is opened.
struct Setup {
    judge: Judge,
    forwarder: Forwarder,
    options: Options,
}

impl Setup {
    fn new(args: &ListenArgs, context: &Context) -> Result<Self, CommandError> {
        let catalogue = context.catalogue(&args.provider.provider_file)?;
        let named =
            args.provider.provider.as_deref().map(|id| context.provider(&catalogue, id)).transpose()?;
        let secrets = context.secrets(&args.secret)?;
        let known = known_secrets(&secrets, &catalogue, named.as_deref())?;
        // A sender must not be able to have its own signature dropped on the way.
        let protected: Vec<String> = match &named {
            Some(provider) => signature_headers(provider),
            None => catalogue.all().iter().flat_map(|provider| signature_headers(provider)).collect(),
        };
        let forwarder = forwarder(args, protected.clone())?;
        let options = options(args, known, protected)?;
        let tolerance = args.tolerance.as_deref().map(|text| duration("--tolerance", text)).transpose()?;
        Ok(Self { judge: Judge::new(catalogue, named, Box::new(secrets), tolerance), forwarder, options })
    }

    fn warn(&self, args: &ListenArgs, context: &Context) {
        let streams = context.streams();
        if !args.host.is_loopback() {
            streams.warn(
                &format!(
                    "other machines can send to {}: everything that reaches this address is received",
                    args.host
                ),
                Some("drop `--host` to listen on this machine only"),
            );
        }
        if args.insecure {
            streams.warn("the TLS certificates of targets are not checked", None);
        }
        if args.no_verify_signature {
            streams.warn("signatures are not required: anybody can send", None);
        } else if self.options.secrets.is_empty() {
            streams.warn(
                "no signing secret is known: deliveries are marked as unverified and passed on",
                Some("give it with `--secret-file FILE`, or in a variable such as KOJI_WEBHOOK_SECRET"),
            );
        }
    }

    async fn run(self, args: &ListenArgs, context: &Context) -> Result<Exit, CommandError> {
        let not_started = |error: std::io::Error| CommandError::local("could not start").because(&error);
        // First of all: opening the journal may run into a file size limit, which is a signal.
        let stop = Stop::new().map_err(not_started)?;
        let ledger = ledger(args, context)?;
        let socket = serve::bind(args.host, args.port).map_err(|error| not_bound(&error))?;
        if args.print_env {
            let address = socket.local_addr().map_err(not_started)?;
            print_env(&self.options, &format!("http://{address}"), context)?;
        }
        let broken = stop.clone();
        context.streams().when_broken(move |_| broken.ask());
        let Screen { report, commands, keys } = super::screen::of_listen(args, context, &stop);
        let bounded = args.until.is_some() || args.run_for.is_some();
        let rooms = Rooms { ledger, judge: self.judge, forwarder: self.forwarder, report, commands };
        let ended = tokio::select! {
            ended = listen::run(socket, rooms, self.options, stop.first()) => ended,
            () = stop.second() => return Ok(Exit::Interrupted),
        };
        drop(keys);
        let outcome =
            ended.map_err(|error| CommandError::local("could not listen to the end").because(&error))?;
        if !outcome.heard {
            // Nobody takes the output, so nothing can be said about it, or asked of it.
            return Ok(Exit::Local);
        }
        if let Some(failure) = context.streams().failure() {
            return Err(failure.into());
        }
        Ok(match outcome.ended {
            _ if outcome.unexpected > 0 => Exit::No,
            Ended::TimeUp => Exit::TimeUp,
            // A script that waits for something did not get it.
            Ended::Stopped if bounded => Exit::Interrupted,
            Ended::Stopped | Ended::Enough => Exit::Done,
        })
    }
}

fn options(
    args: &ListenArgs,
    known: Vec<SecretOrigin>,
    protected: Vec<String>,
) -> Result<Options, CommandError> {
    let targets = targets(&args.forward)?;
    let answer = args.policy();
    if answer == AnswerPolicy::Ack && args.no_journal {
        return Err(CommandError::usage("`--answer ack` needs the journal")
            .hint("drop `--no-journal`: what is acknowledged before it is forwarded must be on disk"));
    }
    if answer != AnswerPolicy::Strict && targets.is_empty() {
        return Err(CommandError::usage(format!("`--answer {}` needs a target", answer.as_str()))
            .hint("add `--forward TARGET`, such as `--forward 3000`"));
    }
    Ok(Options {
        answer,
        targets,
        verify: !args.no_verify_signature,
        require_signature: !args.no_verify_signature && !known.is_empty(),
        forward_unverified: args.forward_unverified,
        events: args.events.clone(),
        filter: args.filter.as_deref().map(|text| filter("--filter", text)).transpose()?,
        until: args.until.as_deref().map_or(Ok(Until::Stopped), until)?,
        run_for: args.run_for.as_deref().map(|text| duration("--for", text)).transpose()?,
        expect_status: args
            .expect_status
            .as_deref()
            .map(|text| statuses("--expect-status", text))
            .transpose()?,
        public_url: args.public_url.clone(),
        timeout: args.timeout.as_deref().map(|text| duration("--timeout", text)).transpose()?,
        schedule: match args.retry {
            RetryArg::Schedule => Schedule::forward(),
            RetryArg::None => Schedule::none(),
        },
        protected,
        limits: Limits { max_body: size("--max-body", &args.max_body)?, ..Limits::default() },
        secrets: known,
    })
}

/// The targets. Named twice, one would get every delivery twice.
fn targets(words: &[String]) -> Result<Vec<Target>, CommandError> {
    let mut targets: Vec<Target> = Vec::new();
    for text in words {
        let found = target("--forward", text)?;
        if targets.iter().any(|other| other.to_string() == found.to_string()) {
            return Err(CommandError::usage(format!("`--forward {text}` names `{found}` a second time"))
                .hint("name each target once: it gets every delivery"));
        }
        targets.push(found);
    }
    Ok(targets)
}

fn until(text: &str) -> Result<Until, CommandError> {
    match text.parse() {
        Ok(0) => Err(CommandError::usage("could not use `--until`: 0 deliveries are there at once")),
        Ok(count) => Ok(Until::Count(count)),
        Err(_) => filter("--until", text).map(Until::Matches),
    }
}

fn forwarder(args: &ListenArgs, kept: Vec<String>) -> Result<Forwarder, CommandError> {
    Forwarder::new(ForwardOptions {
        path_mode: args.path_mode.into(),
        extra_headers: headers("--header", &args.headers)?,
        kept_headers: kept,
        insecure: args.insecure,
        ..ForwardOptions::default()
    })
    .map_err(|error| CommandError::usage("could not use `--header`").because(&error))
}

fn signature_headers(provider: &Provider) -> Vec<String> {
    provider.signature_headers().iter().map(ToString::to_string).collect()
}

/// Where the secrets that are known come from. Any makes verification compulsory.
fn known_secrets(
    secrets: &Secrets,
    catalogue: &Catalogue,
    named: Option<&Provider>,
) -> Result<Vec<SecretOrigin>, CommandError> {
    let ids = match named {
        Some(provider) => vec![provider.id().to_string()],
        None if secrets.any_given() => {
            let given = secrets.of("").map_err(|error| unusable(&error))?;
            return Ok(given
                .into_iter()
                .map(|(_, origin)| SecretOrigin { provider: None, origin })
                .collect());
        }
        None => catalogue.ids(),
    };
    let mut known = Vec::new();
    for id in ids {
        let found = secrets.of(&id).map_err(|error| unusable(&error))?;
        if let Some(provider) = named {
            require_usable(provider, &found)?;
        }
        known
            .extend(found.into_iter().map(|(_, origin)| SecretOrigin { provider: Some(id.clone()), origin }));
    }
    Ok(known)
}

/// A secret that the named scheme cannot use would refuse every delivery: better said at the start.
fn require_usable(provider: &Provider, found: &[(Secret, String)]) -> Result<(), CommandError> {
    let secrets: Vec<Secret> = found.iter().map(|(secret, _)| secret.clone()).collect();
    match provider.keys(&secrets) {
        Err(error @ KeyError::BadSecret { .. }) => {
            Err(CommandError::config("could not use the signing secret").because(&error))
        }
        // No secret yet, or a scheme that is only listed: said elsewhere.
        Ok(_) | Err(KeyError::NoSecret(_) | KeyError::Unsupported { .. }) => Ok(()),
    }
}

fn ledger(args: &ListenArgs, context: &Context) -> Result<Ledger, CommandError> {
    if args.no_journal {
        return Ok(Ledger::Counter(Counter::default()));
    }
    let path = context.journal(args.journal.as_deref())?;
    let journal = Journal::open(&path, super::faults::journal_options(context))
        .map_err(|error| not_opened(&error, &path))?;
    for warning in journal.warnings() {
        context.streams().warn(warning, None);
    }
    Ok(Ledger::Journal(journal))
}

/// A journal that cannot be opened, with the command that mends it.
pub(super) fn not_opened(error: &OpenError, path: &Path) -> CommandError {
    let hint = match error {
        OpenError::Locked { pid: Some(pid), .. } => {
            format!("stop process {pid} (`kill {pid}`), or keep another journal with `--journal FILE`")
        }
        OpenError::Locked { pid: None, .. } => "stop the other listener, or use `--journal FILE`".to_owned(),
        OpenError::NotFound { .. } => {
            "`hookctl listen` makes it with the first delivery; another is named with `--journal FILE`"
                .to_owned()
        }
        OpenError::ReadOnly { .. } => {
            format!("chmod u+rw `{}` and its folder, or use `--journal FILE`", path.display())
        }
        OpenError::NewerSchema { .. } | OpenError::SqliteTooOld { .. } => {
            "install the current hookctl".to_owned()
        }
        OpenError::OlderSchema { .. } => {
            "run `hookctl listen` once: it brings the journal up to date".to_owned()
        }
        OpenError::NotAJournal { .. } => {
            "name a journal, or a file that is not there yet, with `--journal FILE`".to_owned()
        }
        OpenError::Io { .. } | OpenError::Sqlite { .. } => {
            "keep another journal with `--journal FILE`".to_owned()
        }
    };
    CommandError::local("could not open the journal").because(error).hint(hint)
}

fn not_bound(error: &BindError) -> CommandError {
    CommandError::local("could not listen")
        .because(error)
        .hint("take another port with `--port PORT`, or a free one with `--port 0`")
}

/// The lines an application under test needs: where to send, and which variable holds the secret.
fn print_env(options: &Options, url: &str, context: &Context) -> Result<(), CommandError> {
    let mut text = format!("HOOKCTL_URL={url}\n");
    for known in &options.secrets {
        if let Some(provider) = &known.provider {
            text.push_str(&format!("# the signing secret of {provider} comes from {}\n", known.origin));
            text.push_str(&format!("HOOKCTL_{}={}\n", variable_of(provider), known.origin));
        }
    }
    context.write(text.as_bytes()).map(drop)
}
