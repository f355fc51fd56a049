//! `hookctl login`: store the credentials of a profile, once the vendor has taken them.

mod store;
mod who;

use super::access::{AccessArgs, key_refused};
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use super::shared::SecretArgs;
use super::whoami;
use crate::config::credentials;
use crate::hook::secret::Secret;
use crate::job::account::Standing;
use clap::Args;
use std::path::Path;
use store::Login;

const EXAMPLES: &str = "Examples:
  hookctl login
      Ask for the vendor and its API key, check the key, and store it

  hookctl login --provider koji --api-key-file - < key.txt
      In a script; so is --api-key-env NAME, and KOJI_API_KEY is taken as well

  hookctl login --profile staging --provider userjourneys --target 3000
      A second account, and what `listen --forward /path` is below

  hookctl login --provider koji --secret-file secret.txt --no-check
      Store the signing secret that Koji's dashboard showed";

/// Store the API key and the signing secret of a profile
///
/// The key is checked against the vendor's API before it is stored. It is kept in a file that only you can read,
/// below the settings folder (`hookctl config path`), and sent to nobody but the vendor. Without `--profile` the
/// profile has the vendor's name.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct LoginArgs {
    /// Store without asking the vendor
    #[arg(long)]
    pub no_check: bool,
    /// The profile's default target: what `--forward /path` and `--to /path` are below
    #[arg(long, value_name = "TARGET")]
    pub target: Option<String>,
    /// Which account.
    #[command(flatten)]
    pub access: AccessArgs,
    /// Which signing secret.
    #[command(flatten)]
    pub secret: SecretArgs,
}

/// Runs `hookctl login`.
pub fn run(args: &LoginArgs, context: &Context) -> Result<Exit, CommandError> {
    one_stdin(args)?;
    let target = args.target.as_deref().map(|text| super::values::target("--target", text));
    let target = target.transpose().map_err(|error| error.hint("such as `--target localhost:3000`"))?;
    let secret = secret(args, context)?;
    let given = super::access::key_given(&args.access, context)?;
    let who = who::is(args, given.as_ref(), context)?;
    let key = match given {
        Some(key) => Some(key),
        None => who::key(&who, secret.is_some(), context)?,
    };
    if let Some(key) = &key {
        credentials::check(key, who.vendor).map_err(|error| key_refused(&error))?;
        if !credentials::is_usual(&key.secret, who.vendor) {
            let usual = who.vendor.key_prefixes().first().copied().unwrap_or_default();
            context.streams().warn(
                &format!("the keys of {} begin with `{usual}`, and this one does not", who.vendor.name()),
                None,
            );
        }
    }
    let login = Login { target: target.map(|target| target.to_string()), key, secret, who };
    let access = login.access();
    let asked = !args.no_check && access.key.is_some();
    let standing = if asked { Some(ask(&login, context)?) } else { None };
    login.store(standing.is_some(), context)?;
    if standing == Some(Standing::Limited) {
        context.streams().warn("the vendor knows the key, which lacks the permission to read", None);
    }
    whoami::stored(&login.who.profile, context)?;
    Ok(Exit::Done)
}

fn ask(login: &Login, context: &Context) -> Result<Standing, CommandError> {
    whoami::ask(&login.access(), context).map_err(|mut error| {
        error.message.push_str("; nothing was stored");
        if error.exit == Exit::Network {
            let hint = error.hint.take().map(|hint| format!("{hint}; "));
            error.hint = Some(format!("{}`--no-check` stores it unchecked", hint.unwrap_or_default()));
        }
        error
    })
}

/// The signing secret to store; one, for it is not known which of several signs.
fn secret(args: &LoginArgs, context: &Context) -> Result<Option<Secret>, CommandError> {
    let named = args.secret.given()?.len();
    if named > 1 {
        return Err(CommandError::usage("a profile has one signing secret").hint("name the newest"));
    }
    if named == 0 {
        return Ok(None);
    }
    let secrets = context.given_secrets(&args.secret)?;
    Ok(secrets.of("").map_err(|error| super::context::unusable(&error))?.into_iter().next().map(|(s, _)| s))
}

/// Standard input can hold one of them.
fn one_stdin(args: &LoginArgs) -> Result<(), CommandError> {
    let stdin = |path: &Path| path == Path::new("-");
    let key = args.access.api_key_file.as_deref().is_some_and(stdin);
    let secret = args.secret.secret_file.iter().any(|path| stdin(path));
    if key && secret {
        return Err(CommandError::usage("standard input cannot be both the key and the signing secret")
            .hint("give one of them by a file or a variable"));
    }
    Ok(())
}
