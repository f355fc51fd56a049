//! `hookctl check`: does a handler survive what the world will send it?

mod accepted;
mod again;
mod choice;
mod files;
mod own;
mod plan;
pub mod reference;
mod running;
mod source;
mod told;

use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::shared::{ProviderArgs, SecretArgs};
use crate::hook::check::{Language, Severity};
use accepted::Accepted;
use clap::{Args, ValueEnum, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use own::Own;
pub(in crate::cli) use own::PARENT;
use plan::Subject;
use running::Ended;
use source::Source;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  hookctl check localhost:3000/webhooks/koji --provider koji
      Send forged, odd, repeated and broken deliveries, and say what the
      handler gets wrong; the secret comes from KOJI_WEBHOOK_SECRET

  hookctl check 3000/hooks --provider stripe --probe http://localhost:3000/count
      Read a counter before and after, so that a duplicate that is counted
      twice and a forged delivery that changes something are found

  hookctl check 3000/webhooks --provider koji --case no-signature
      Run one case again

  hookctl check 3000/webhooks --provider koji --wait 30s --junit check.xml
      In CI: wait until the application answers, and write a report

  hookctl check 3000 --provider koji --baseline known.json --update-baseline
      Accept what is found now, and fail on what is new from here on

  hookctl check --self --provider stripe
      What `hookctl listen` makes of it: nothing to set up

  hookctl check --list
      Every case, and why it matters";

/// Check that a webhook handler survives what the world will send it
///
/// Sends at most 200 requests to the URL and nowhere else. Exit code 1 when a case of severity `must` fails.
/// With `--verbose` the report shows the request of every finding, and not of the first that a mend is for.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct CheckArgs {
    /// The handler: 3000/webhooks, localhost:3000/path, https://...
    #[arg(value_name = "URL", required_unless_present_any = ["list", "own"])]
    pub url: Option<String>,
    /// Check this program's own `listen`, which is started for the run with a secret of its own
    ///
    /// Koji's deliveries, unless `--provider` names others.
    #[arg(
        long = "self",
        conflicts_with_all = ["url", "list", "secret", "secret_file", "secret_env", "probe", "source", "insecure"]
    )]
    pub own: bool,
    /// List the cases and why each matters
    #[arg(long)]
    pub list: bool,
    /// Run only this case or group; several with commas, or repeat it
    #[arg(long, value_name = "ID", add = ArgValueCandidates::new(super::complete::cases))]
    pub case: Vec<String>,
    /// Leave out this case or group; several with commas, or repeat it
    #[arg(long, value_name = "ID", add = ArgValueCandidates::new(super::complete::cases))]
    pub skip: Vec<String>,
    /// Exit with 1 from this severity on
    #[arg(long, value_enum, value_name = "SEVERITY", default_value = "must")]
    pub fail_on: FailOn,
    /// Read a counter before and after: a URL, or a command
    #[arg(long, value_name = "URL|CMD")]
    pub probe: Option<String>,
    /// Read the handler's source for what no request can show, such as a weak comparison; repeat for several
    #[arg(long, value_name = "FILE|DIR", value_hint = ValueHint::AnyPath)]
    pub source: Vec<PathBuf>,
    /// Write the mends for this language; found out by the answers unless named
    #[arg(long, value_name = "LANGUAGE", value_parser = super::handler::language())]
    pub lang: Option<Language>,
    /// Write a JUnit report, or `-` for standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub junit: Option<PathBuf>,
    /// Write a SARIF report, or `-` for standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub sarif: Option<PathBuf>,
    /// Write a Markdown report, or `-` for standard output
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub markdown: Option<PathBuf>,
    /// Accept the findings of this file, and fail on new ones only
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub baseline: Option<PathBuf>,
    /// Write the findings of this run into the file of `--baseline`
    #[arg(long, requires = "baseline")]
    pub update_baseline: bool,
    /// Make good deliveries of your own payload: a file, or `-` for standard input
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub data: Option<PathBuf>,
    /// Wait until the target answers, for so long
    #[arg(long, value_name = "DURATION", default_value = "0s")]
    pub wait: String,
    /// The most requests
    #[arg(long, value_name = "N", default_value_t = 200)]
    pub max_requests: u64,
    /// How fast, such as 5/s; as fast as it answers on this machine, 5/s elsewhere, unless named
    #[arg(long, value_name = "RATE")]
    pub rate: Option<String>,
    /// How long an answer may take; the vendor's deadline unless named, else 10s
    #[arg(long, value_name = "DURATION")]
    pub timeout: Option<String>,
    /// Make the run of this seed again: the same ids and the same random bytes
    #[arg(long, value_name = "N")]
    pub seed: Option<u64>,
    /// Add or replace a header; repeat for several
    #[arg(short = 'H', long = "header", value_name = "NAME: VALUE")]
    pub headers: Vec<String>,
    /// The public part of a key pair, for schemes that send one
    #[arg(long, value_name = "KEY")]
    pub public_key: Option<String>,
    /// Do not ask before a target that is not on this machine is checked
    #[arg(short, long)]
    pub yes: bool,
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

/// `--fail-on`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum FailOn {
    /// Only what lets strangers in or ends the process.
    Must,
    /// Also what loses deliveries or does them twice.
    Should,
    /// Anything.
    Note,
}

impl FailOn {
    /// The least severity that counts.
    const fn severity(self) -> Severity {
        match self {
            Self::Must => Severity::Must,
            Self::Should => Severity::Should,
            Self::Note => Severity::Note,
        }
    }
}

/// Runs `hookctl check`.
///
/// # Errors
/// When the run cannot begin, or what it found cannot be written.
pub fn run(args: &CheckArgs, context: &Context) -> Result<Exit, CommandError> {
    let cases = choice::cases(args)?;
    if args.list {
        return told::list(args, &cases, context);
    }
    files::check(args, context)?;
    let mut accepted = Accepted::read(args)?;
    let source = Source::read(args, context)?;
    let (read, sent) = choice::by_source(args, cases)?;
    let seed = plan::seed(args);
    // Dropped at the end of the run, and with it the listener.
    let (_listener, subject) = if args.own {
        let (listener, subject) = Own::start(args, seed, context)?;
        (Some(listener), subject)
    } else {
        (None, Subject::named(args, context)?)
    };
    let plan = plan::plan(args, sent, subject, seed, context)?;
    let Ended { mut report, interrupted } = if plan.cases.is_empty() {
        Ended::nothing(&plan)
    } else {
        plan::agreed(args, &plan.workshop.target, context)?;
        running::run(&plan, context)?
    };
    report.findings.extend(source.findings(&read));
    // Half a run says nothing of the cases that it did not come to.
    if args.update_baseline && !interrupted {
        accepted.update(&report)?;
    }
    let exit = told::tell(args, &plan, &report, &accepted, context)?;
    if let Some(failure) = context.streams().failure() {
        return Err(failure.into());
    }
    Ok(if interrupted { Exit::Interrupted } else { exit })
}
