//! `hookctl register`: point a vendor's webhook at a URL, and keep its secret.

mod account;
mod doing;
mod koji;
pub(super) mod left;
mod words;

pub(super) use account::Account;
pub(super) use words::{explain, put_back_said};

use super::access::AccessArgs;
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::config::secrets::{Given, Secrets};
use crate::hook::secret::Secret;
use crate::job::register::{Point, Wish};
use crate::vendor::Vendor;
use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCandidates;
use std::path::PathBuf;

const EXAMPLES: &str = "Examples:
  hookctl register https://app.example/webhooks/userjourneys
      Look what is registered, register the URL, keep the signing secret

  hookctl register --show
  hookctl register https://app.example/hooks --replace
      Also when another URL is registered; `hookctl register --restore` puts
      that one back

  hookctl register --rotate
      Delete the webhook and make it anew, with a new secret

  hookctl register --provider koji https://app.example/hooks/koji
      Koji has no API for it: where to click, then wait for its ping";

/// Point a vendor's webhook at a URL; show, move, rotate, restore, remove it
///
/// userjourneys has one webhook a project and gives its signing secret once, when it is made: the secret is
/// kept in the profile, on the disk, before anything else happens. What was registered before is saved first,
/// and another URL is not replaced unless that is said. What is about to change is written down before the
/// vendor is asked, so that an interruption at any moment is found by the next `register`.
/// Koji has no API for webhooks: the command says where to click, waits for its ping and the first delivery,
/// and asks for the secret.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct RegisterArgs {
    /// Where the vendor is to post to: an https URL
    #[arg(value_name = "URL", value_hint = ValueHint::Url)]
    pub url: Option<String>,
    /// The events to be posted, comma-separated; all that the vendor has unless named
    #[arg(short, long, value_name = "EVENTS", value_delimiter = ',', add = ArgValueCandidates::new(super::complete::vendor_events))]
    pub events: Vec<String>,
    /// Replace another URL that is registered; it is saved and can be put back
    #[arg(long, conflicts_with_all = ["show", "remove"])]
    pub replace: bool,
    /// Delete the webhook and make it anew: the vendor makes a new secret, and the old one ends
    #[arg(long, conflicts_with_all = ["show", "remove", "restore"])]
    pub rotate: bool,
    /// Put back what was registered before the last change
    #[arg(long, conflicts_with_all = ["url", "show", "remove"])]
    pub restore: bool,
    /// Remove the webhook
    #[arg(long, conflicts_with_all = ["url", "show"])]
    pub remove: bool,
    /// Show what is registered, and what is known about its secret
    #[arg(long, conflicts_with = "url")]
    pub show: bool,
    /// Say what would be done, and do nothing
    #[arg(long, conflicts_with = "show")]
    pub dry_run: bool,
    /// Print a new signing secret, once
    #[arg(long)]
    pub print_secret: bool,
    /// Do not ask before a secret ends or somebody's webhook is removed
    #[arg(short, long)]
    pub yes: bool,
    /// Keep the signing secret of this file, or of standard input for `-`: one that you have already
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub secret_file: Option<PathBuf>,
    /// The port of the listener that waits for Koji's ping, where none is running
    #[arg(long, value_name = "PORT", default_value_t = 4400, env = "HOOKCTL_PORT", hide_env = true)]
    pub port: u16,
    /// The journal of the listener that waits for Koji's ping
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath, env = "HOOKCTL_JOURNAL", hide_env = true)]
    pub journal: Option<PathBuf>,
    /// How long to wait for Koji's ping, and then for the first delivery
    #[arg(long, value_name = "DURATION", default_value = "10m")]
    pub wait: String,
    /// Whose account.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// Runs `hookctl register`.
pub fn run(args: &RegisterArgs, context: &Context) -> Result<Exit, CommandError> {
    let account = Account::of(&args.access, context)?;
    match account.access.vendor() {
        Vendor::Koji => koji::run(args, &account, context),
        Vendor::UserJourneys => doing::run(args, &account, context),
    }
}

/// The secret that the user gives.
fn given(args: &RegisterArgs, context: &Context) -> Result<Option<Secret>, CommandError> {
    let Some(path) = &args.secret_file else { return Ok(None) };
    let given = [Given::File(path.clone())];
    let secrets = Secrets::load(&given, context.environment(), None)
        .map_err(|error| super::context::unusable(&error))?;
    let found = secrets.of("").map_err(|error| super::context::unusable(&error))?;
    Ok(found.into_iter().next().map(|(secret, _)| secret))
}

/// What is wished; `None` for a look.
fn wish(args: &RegisterArgs, account: &Account) -> Result<Option<Wish>, CommandError> {
    if args.show {
        return Ok(None);
    }
    if args.restore {
        return Ok(Some(Wish::Restore { replace: args.replace }));
    }
    if args.remove {
        return Ok(Some(Wish::Remove));
    }
    let Some(url) = &args.url else {
        return match args.rotate {
            true => Ok(Some(Wish::Rotate)),
            false => Err(CommandError::usage("no URL was given").hint(
                "`hookctl register URL` registers one, `hookctl register --show` shows what is registered",
            )),
        };
    };
    let endpoint = account.endpoint(url, &args.events)?;
    let given = args.secret_file.is_some();
    Ok(Some(Wish::Point(Point { endpoint, replace: args.replace, rotate: args.rotate, given })))
}
