//! From arguments to a plan, and whether the target may be checked.

use super::CheckArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::keys;
use crate::cli::values::{duration, headers};
use crate::clock;
use crate::hook::check::{Case, Workshop};
use crate::hook::provider::Provider;
use crate::hook::quantity;
use crate::hook::sample::{self, Sample};
use crate::hook::schedule::Schedule;
use crate::hook::secret::Secret;
use crate::hook::signature::Keys;
use crate::hook::target::Target;
use crate::job::check::{Plan, Probe};
use crate::ui::prompt;
use std::sync::Arc;
use std::time::Duration;

/// The deadline when neither the vendor nor the user names one.
const DEFAULT_DEADLINE: Duration = Duration::from_secs(10);
/// The time between two requests to a machine that is not this one.
const POLITE: Duration = Duration::from_millis(200);

/// Who is checked: whose deliveries are sent where, and signed with what.
pub(super) struct Subject {
    pub(super) provider: Arc<Provider>,
    pub(super) target: Target,
    pub(super) keys: Keys,
    /// What the keys are made of.
    pub(super) secrets: Vec<Secret>,
}

impl Subject {
    /// The handler that was named.
    pub(super) fn named(args: &CheckArgs, context: &Context) -> Result<Self, CommandError> {
        let catalogue = context.catalogue(&args.provider.provider_file)?;
        let provider = context.one_provider(&catalogue, args.provider.provider.as_deref())?;
        let target = context.target("URL", args.url.as_deref().unwrap_or_default(), Some(provider.id()))?;
        if args.public_key.is_none() && provider.sends_public_key() {
            return Err(CommandError::usage(format!(
                "`{}` sends a public key with each delivery",
                provider.id()
            ))
            .hint("add `--public-key KEY`: the one that belongs to the handler's private key"));
        }
        let secrets = context.secrets(&args.secret)?;
        let webhook_id = args.provider.webhook_id.as_deref();
        let (keys, secrets) = keys::with_secrets(&provider, &secrets, webhook_id, context)?;
        let keys = match &args.public_key {
            Some(public_key) => keys.with_public_key(public_key),
            None => keys,
        };
        Ok(Self { provider, target, keys, secrets })
    }
}

/// What every run is made from: the seed that was named, or any.
pub(super) fn seed(args: &CheckArgs) -> u64 {
    args.seed.unwrap_or_else(|| clock::dice().into())
}

/// What is checked, and how.
pub(super) fn plan(
    args: &CheckArgs,
    cases: Vec<&'static Case>,
    subject: Subject,
    seed: u64,
    context: &Context,
) -> Result<Plan, CommandError> {
    let Subject { provider, target, keys, secrets } = subject;
    let samples = samples(args, &provider, context)?;
    let deadline = deadline(args, &provider)?;
    let workshop = Workshop::new(provider, keys, target, seed)
        .map_err(|error| CommandError::config("could not build the deliveries").because(&error))?;
    Ok(Plan {
        cases,
        samples,
        secrets,
        most_requests: most(args)?,
        interval: interval(args, &workshop.target)?,
        deadline,
        insecure: args.insecure,
        probe: args.probe.as_deref().map(probe).transpose()?,
        wait: duration("--wait", &args.wait)?,
        language: args.lang,
        workshop: Workshop { headers: headers("--header", &args.headers)?, ..workshop },
    })
}

/// The user's own payload first, so that good deliveries are made of it.
fn samples(args: &CheckArgs, provider: &Provider, context: &Context) -> Result<Vec<Sample>, CommandError> {
    let mut samples = Vec::new();
    if let Some(path) = &args.data {
        samples.push(Sample::of_payload(context.read(path)?.into(), provider));
    }
    samples.extend_from_slice(sample::samples(provider.id()));
    if samples.is_empty() {
        samples.push(Sample::generic(provider));
    }
    Ok(samples)
}

fn most(args: &CheckArgs) -> Result<u64, CommandError> {
    match args.max_requests {
        0 => Err(CommandError::usage("could not use `--max-requests`: with no request nothing is found out")
            .hint("a whole run takes up to 200")),
        most => Ok(most),
    }
}

fn interval(args: &CheckArgs, target: &Target) -> Result<Option<Duration>, CommandError> {
    let named = args.rate.as_deref().map(quantity::parse_rate).transpose();
    let named = named.map_err(|error| CommandError::usage("could not use `--rate`").because(&error))?;
    Ok(named.or_else(|| (!target.is_loopback()).then_some(POLITE)))
}

fn deadline(args: &CheckArgs, provider: &Provider) -> Result<Duration, CommandError> {
    if let Some(text) = &args.timeout {
        return match duration("--timeout", text)? {
            Duration::ZERO => {
                Err(CommandError::usage("could not use `--timeout`: no answer comes in no time")
                    .hint("write how long an answer may take, such as 10s"))
            }
            named => Ok(named),
        };
    }
    let vendors = Schedule::vendor(provider.id()).and_then(|schedule| schedule.deadline());
    Ok(vendors.or(provider.deadline()).unwrap_or(DEFAULT_DEADLINE))
}

/// A URL is what has a scheme, or a host with a port; anything else is a command.
fn probe(text: &str) -> Result<Probe, CommandError> {
    let text = text.trim();
    if text.is_empty() {
        return Err(CommandError::usage("could not use `--probe`: it is empty")
            .hint("name a URL whose answer holds a number, or a command that prints one"));
    }
    if is_url(text) {
        crate::cli::values::target("--probe", text).map(Probe::Url)
    } else {
        Ok(Probe::Command(text.to_owned()))
    }
}

fn is_url(text: &str) -> bool {
    let scheme = text.get(..8).unwrap_or(text).to_ascii_lowercase();
    if scheme.starts_with("http://") || scheme.starts_with("https://") {
        return true;
    }
    let authority = text.split(['/', '?']).next().unwrap_or(text);
    let port = authority.rsplit_once(':').map_or(authority, |(_, port)| port);
    !text.contains(char::is_whitespace) && !port.is_empty() && port.bytes().all(|byte| byte.is_ascii_digit())
}

/// Forged and broken requests are for one's own machine: anybody else's is asked about first.
pub(super) fn agreed(args: &CheckArgs, target: &Target, context: &Context) -> Result<(), CommandError> {
    if target.is_loopback() || args.yes {
        return Ok(());
    }
    let what = format!(
        "send up to {} forged, broken and repeated deliveries to {}?",
        args.max_requests,
        target.origin()
    );
    match prompt::confirm(context.gate(), &what, false) {
        Ok(true) => Ok(()),
        Ok(false) => Err(CommandError::new(Exit::No, "nothing was sent")),
        Err(error) => Err(CommandError::usage(format!("`{}` is not this machine", target.origin()))
            .because(&error)
            .hint("add `--yes` when you may send forged and broken deliveries there")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_probe_is_a_url_or_a_command() {
        for url in [
            "http://localhost:3000/count",
            "HTTPS://x.test/c",
            "localhost:3000/count",
            "3000/count",
            ":3000",
            "[::1]:3000/c?x=1",
        ] {
            assert!(matches!(probe(url), Ok(Probe::Url(_))), "{url}");
        }
        for command in [
            "wc -l < orders.txt",
            "/usr/bin/count",
            "./count",
            "count",
            "sqlite3 app.db 'select count(*) from x'",
            "echo http://x:3000",
        ] {
            assert!(matches!(probe(command), Ok(Probe::Command(_))), "{command}");
        }
        assert!(probe(" ").is_err());
    }
}
