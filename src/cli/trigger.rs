//! `hookctl trigger`: send a signed sample to a URL.

mod handshake;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::shared::{ProviderArgs, SecretArgs};
use super::sign::moment;
use super::signals::Stop;
use super::values::{duration, headers};
use crate::forward::{ForwardOptions, Forwarder};
use crate::hook::provider::Provider;
use crate::hook::quantity;
use crate::hook::sample::{self, Sample};
use crate::hook::schedule::Schedule;
use crate::hook::signature::Keys;
use crate::hook::target::PathMode;
use crate::job::report::Report;
use crate::job::trigger::{self, Payload, Plan, Sent};
use crate::ui::sent::{SentReport, Whole};
use crate::ui::style::Role;
use crate::ui::table::{Cell, table};
use clap::{Args, ValueEnum, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

const EXAMPLES: &str = "Examples:
  hookctl trigger interview.completed --provider koji --to 3000/webhooks/koji
      Send Koji's sample, signed with KOJI_WEBHOOK_SECRET, to localhost:3000

  hookctl trigger interview.analysis_ready --to 4400 --set /data/quality_score=2
      Change one value; the provider is the only one that has such an event

  hookctl trigger report.generated --to 4400 --retry vendor --speed 60x
      Behave as Koji does: 10 s deadline, retries at 30 s, 5 min and 30 min,
      here a minute a second

  hookctl trigger push --provider github --to 3000 --data body.json --count 9
      Your own payload, nine times

  hookctl trigger --handshake --provider slack --to 3000/slack/events
      Ask what Slack asks when the URL is saved, and say what is wrong with
      the answer; the secret comes from SLACK_WEBHOOK_SECRET";

/// Send a signed sample event to a URL
///
/// Shows the answer's status, headers, body and duration: of retries the last one's, of `--count` those of the first
/// ten failures, and with `--verbose` all. Exit code 1 when it is not 2xx, 5 when there is none.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct TriggerArgs {
    /// The event, such as interview.completed; see `hookctl trigger --list`
    #[arg(value_name = "EVENT", required_unless_present_any = ["list", "handshake"], add = ArgValueCandidates::new(super::complete::samples))]
    pub event: Option<String>,
    /// Where to send it: 3000, localhost:3000/path, https://...
    #[arg(long, value_name = "TARGET", required_unless_present = "list")]
    pub to: Option<String>,
    /// List the events that have a sample
    #[arg(long)]
    pub list: bool,
    /// Ask what the provider asks before it delivers, and check the answer: all its handshakes, or the one of this name
    #[arg(long, value_name = "NAME", num_args = 0..=1, default_missing_value = "", conflicts_with_all = ["event", "set", "data", "count", "rate", "retry", "speed"])]
    pub handshake: Option<String>,
    /// Change a value of the sample, such as /data/quality_score=2; repeat for several
    #[arg(long, value_name = "POINTER=VALUE")]
    pub set: Vec<String>,
    /// Send your own payload: a file, or `-` for standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub data: Option<PathBuf>,
    /// How many to send [default: 1]
    #[arg(long, value_name = "N")]
    pub count: Option<u64>,
    /// How fast to send them, such as 10/s or 600/m; with `--count`
    #[arg(long, value_name = "RATE")]
    pub rate: Option<String>,
    /// Send once, or retry as the vendor does
    #[arg(long, value_enum, value_name = "RETRY", default_value = "none")]
    pub retry: TriggerRetryArg,
    /// Compress the waits of `--retry vendor`, such as 60x; the deadline of a try stays real time
    #[arg(long, value_name = "FACTOR")]
    pub speed: Option<String>,
    /// The delivery's id; a fresh one unless named
    #[arg(long, value_name = "ID")]
    pub id: Option<String>,
    /// The moment of signing, unix seconds or RFC 3339; now unless named
    #[arg(long, value_name = "T")]
    pub timestamp: Option<String>,
    /// Add or replace a header; repeat for several
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// The public part of a key pair, for schemes that send one
    #[arg(long, value_name = "KEY")]
    pub public_key: Option<String>,
    /// Send it unsigned
    #[arg(long)]
    pub unsigned: bool,
    /// The target's deadline; the vendor's unless named, else 10s
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
    /// Do not check the target's TLS certificate
    #[arg(short = 'k', long, visible_alias = "skip-verify")]
    pub insecure: bool,
    /// Whose scheme.
    #[command(flatten)]
    pub provider: ProviderArgs,
    /// Which secret.
    #[command(flatten)]
    pub secret: SecretArgs,
}

/// `--retry`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum TriggerRetryArg {
    /// Once.
    None,
    /// By the vendor's own timetable.
    Vendor,
}

/// The deadline when neither the vendor nor the user names one.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(10);

/// Runs `hookctl trigger`.
pub fn run(args: &TriggerArgs, context: &Context) -> Result<Exit, CommandError> {
    match &args.handshake {
        Some(_) if args.list => return handshake::list(args, context),
        Some(name) => return handshake::run(args, name, context),
        None if args.list => return list(args, context),
        None => {}
    }
    if args.count == Some(0) {
        return Err(CommandError::usage("could not use `--count 0`: nothing would be sent")
            .hint("give the number of deliveries, such as `--count 3`"));
    }
    let plan = Arc::new(plan(args, context)?);
    let vendors = plan.schedule.deadline().or(plan.provider.deadline());
    let forwarder = Arc::new(forwarder(args, vendors.unwrap_or(DEFAULT_DEADLINE))?);
    let progress = context.progress("sending", if plan.count > 1 { plan.count } else { 0 });
    let report = Arc::new(SentReport::new(
        Arc::clone(context.streams()),
        context.json_report(),
        progress,
        whole(plan.count, context),
    ));
    let heard = Arc::clone(&report) as Arc<dyn Report>;
    let runtime = context.runtime()?;
    let ended = runtime.block_on(async {
        let stop = Stop::new().map_err(|error| CommandError::local("could not start").because(&error))?;
        let sent = trigger::run(plan, forwarder, heard);
        tokio::select! {
            sent = sent => sent.map(Some).map_err(|error| {
                let failed = CommandError::usage("could not build the delivery").because(&error);
                super::keys::with_mend(failed, &error, &args.secret)
            }),
            () = stop.first() => Ok(None),
        }
    });
    report.finish();
    runtime.shutdown_background();
    if let Some(failure) = context.streams().failure() {
        return Err(failure.into());
    }
    Ok(ended?.map_or(Exit::Interrupted, exit_of))
}

/// Which answers are shown with headers and body.
fn whole(count: u64, context: &Context) -> Whole {
    match count {
        _ if context.verbose() => Whole::Every,
        1 => Whole::Last,
        _ => Whole::LastFailed,
    }
}

/// What a sender answers for: 0 when all were taken, 5 when nobody answered, else 1.
fn exit_of(sent: Sent) -> Exit {
    match sent {
        Sent { refused: 0, unanswered: 0, .. } => Exit::Done,
        Sent { refused: 0, taken: 0, .. } => Exit::Network,
        _ => Exit::No,
    }
}

fn plan(args: &TriggerArgs, context: &Context) -> Result<Plan, CommandError> {
    let catalogue = context.catalogue(&args.provider.provider_file)?;
    let event = args.event.clone().unwrap_or_default();
    let id = provider_id(args, &event, context)?;
    let provider = context.provider(&catalogue, &id)?;
    let to = args.to.as_deref().unwrap_or_default();
    Ok(Plan {
        keys: keys(args, context, &provider)?,
        payload: payload(args, context, &id, &event)?,
        schedule: schedule(args, &provider, context)?,
        event,
        target: context.target("--to", to, Some(&id))?,
        headers: headers("--header", &args.headers)?,
        id: args.id.clone(),
        at: moment(args.timestamp.as_deref())?,
        public_key: args.public_key.clone(),
        count: args.count.unwrap_or(1),
        interval: interval(args)?,
        provider,
    })
}

/// The time between two deliveries.
fn interval(args: &TriggerArgs) -> Result<Option<Duration>, CommandError> {
    let Some(rate) = &args.rate else { return Ok(None) };
    let interval = quantity::parse_rate(rate)
        .map_err(|error| CommandError::usage("could not use `--rate`").because(&error))?;
    if args.count.is_none() {
        return Err(CommandError::usage("`--rate` is for several deliveries, and one is sent")
            .hint(format!("say how many: --count 100 --rate {rate}")));
    }
    Ok(Some(interval))
}

/// The provider named, else of the named profile, else the only one that has a sample of this event.
fn provider_id(args: &TriggerArgs, event: &str, context: &Context) -> Result<String, CommandError> {
    if let Some(id) = &args.provider.provider {
        return Ok(id.clone());
    }
    if let Some(profile) = context.named_profile()? {
        return Ok(profile.provider);
    }
    let mut owners: Vec<&str> =
        sample::all().filter(|sample| sample.name == event).map(|sample| sample.provider.as_str()).collect();
    owners.dedup();
    match owners.as_slice() {
        [only] => Ok((*only).to_owned()),
        [] => Err(CommandError::usage(format!("no provider has a sample of `{event}`"))
            .hint("hookctl trigger --list")),
        several => {
            Err(CommandError::usage(format!("several providers have `{event}`: {}", several.join(", ")))
                .hint("name one with `--provider ID`"))
        }
    }
}

fn keys(
    args: &TriggerArgs,
    context: &Context,
    provider: &Arc<Provider>,
) -> Result<Option<Arc<Keys>>, CommandError> {
    if args.unsigned {
        return Ok(None);
    }
    super::keys::of(provider, &context.secrets(&args.secret)?, args.provider.webhook_id.as_deref(), context)
        .map(|keys| Some(Arc::new(keys)))
        .map_err(|error| {
            let unsigned = "send it unsigned with `--unsigned`";
            let hint =
                error.hint.as_ref().map_or(unsigned.to_owned(), |hint| format!("{hint}, or {unsigned}"));
            error.hint(hint)
        })
}

fn payload(
    args: &TriggerArgs,
    context: &Context,
    provider: &str,
    event: &str,
) -> Result<Payload, CommandError> {
    let known = sample::find(provider, event);
    if let Some(path) = &args.data {
        if !args.set.is_empty() {
            return Err(CommandError::usage(
                "`--set` changes samples, and `--data` sends your bytes as they are",
            )
            .hint("use one of the two"));
        }
        return Ok(Payload::Given { body: context.read(path)?, sample: known.ok() });
    }
    let sample = known.map_err(|error| {
        let hint = "`hookctl trigger --list` shows the samples; `--data FILE` sends your own";
        CommandError::usage("could not find a sample").because(&error).hint(hint)
    })?;
    let edits = args.set.iter().map(|text| edit(text)).collect::<Result<_, _>>()?;
    Ok(Payload::Sample { sample, edits })
}

fn edit(text: &str) -> Result<(String, String), CommandError> {
    text.split_once('=')
        .filter(|(pointer, _)| pointer.starts_with('/'))
        .map(|(pointer, value)| (pointer.to_owned(), value.to_owned()))
        .ok_or_else(|| {
            let hint = if text.starts_with('=') {
                "this would replace the whole payload; `--data FILE` sends another one"
            } else {
                "write a JSON pointer and a value: --set /data/quality_score=2"
            };
            CommandError::usage(format!("could not use `--set {text}`")).hint(hint)
        })
}

fn schedule(args: &TriggerArgs, provider: &Provider, context: &Context) -> Result<Schedule, CommandError> {
    let speed = args.speed.as_deref().map(quantity::parse_speed).transpose();
    let speed = speed.map_err(|error| CommandError::usage("could not use `--speed`").because(&error))?;
    match (args.retry, speed) {
        (TriggerRetryArg::None, None) => Ok(Schedule::none()),
        (TriggerRetryArg::None, Some(_)) => {
            Err(CommandError::usage("`--speed` compresses the waits between tries, and there is one try")
                .hint("add `--retry vendor`"))
        }
        (TriggerRetryArg::Vendor, speed) => {
            let schedule = Schedule::of(provider).ok_or_else(|| no_timetable(provider))?;
            if schedule.tries() == Some(1) {
                context.streams().say(&format!("{} documents no retries: one try", provider.id()));
            }
            Ok(schedule.scaled(speed.unwrap_or(1.0)))
        }
    }
}

fn no_timetable(provider: &Provider) -> CommandError {
    let known: Vec<_> = Schedule::vendors().collect();
    CommandError::usage(format!("no retry timetable of `{}` is known", provider.id()))
        .hint(format!(
            "`--retry vendor` knows {}; a provider file of your own says it as `retry = [30, 300]`, seconds after \
             the first failure",
            known.join(", ")
        ))
}

fn forwarder(args: &TriggerArgs, vendors: Duration) -> Result<Forwarder, CommandError> {
    let named = args.timeout.as_deref().map(|text| duration("--timeout", text)).transpose()?;
    Forwarder::new(ForwardOptions {
        path_mode: PathMode::Fixed,
        timeout: named.unwrap_or(vendors),
        insecure: args.insecure,
        ..ForwardOptions::default()
    })
    .map_err(|error| CommandError::usage("could not use `--header`").because(&error))
}

fn list(args: &TriggerArgs, context: &Context) -> Result<Exit, CommandError> {
    let samples: Vec<&Sample> = match &args.provider.provider {
        Some(id) => {
            context.provider(&context.catalogue(&args.provider.provider_file)?, id)?;
            sample::samples(id).iter().collect()
        }
        None => sample::all().collect(),
    };
    if samples.is_empty() && !context.json() {
        context.streams().say("there are no samples of this provider");
        context.streams().hint("send your own payload with `--data FILE`");
    }
    if context.json() {
        for sample in samples {
            context.record(&serde_json::json!({
                "v": 1, "type": "sample", "provider": sample.provider, "event": sample.name,
                "title": sample.title, "invented": sample.invented,
            }))?;
        }
        return Ok(Exit::Done);
    }
    let streams = context.streams();
    let row = |sample: &&Sample| {
        vec![
            Cell::new(Role::Strong, &sample.provider),
            Cell::new(Role::Event, &sample.name),
            Cell::new(Role::Plain, &sample.title),
        ]
    };
    let mut page = streams.page();
    table(&mut page, &samples.iter().map(row).collect::<Vec<_>>());
    streams.show(&page)?;
    Ok(Exit::Done)
}
