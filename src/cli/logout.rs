//! `hookctl logout`: forget an API key, or all that a profile holds.

use super::access::{AccessArgs, profile_refused};
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::config::profiles::Profiles;
use crate::ui::prompt;
use clap::Args;
use serde_json::json;

const EXAMPLES: &str = "Examples:
  hookctl logout
  hookctl logout --profile staging
  hookctl logout --provider koji --everything --yes";

/// Forget the API key of a profile
///
/// The signing secret and the rest of the profile stay: a vendor shows a signing secret once, and deliveries still
/// come. `--everything` forgets them too. The key itself stays valid until it is revoked at the vendor.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct LogoutArgs {
    /// The vendor whose profile it is, where none is named
    #[arg(long, value_name = "ID")]
    pub provider: Option<String>,
    /// Forget the signing secret and the whole profile as well
    #[arg(long)]
    pub everything: bool,
    /// Do not ask
    #[arg(short, long)]
    pub yes: bool,
}

/// Runs `hookctl logout`.
pub fn run(args: &LogoutArgs, context: &Context) -> Result<Exit, CommandError> {
    let profiles = context.profiles()?;
    let name = profile(args, context)?;
    let refused = |error| profile_refused(&error);
    let held = Held::of(&name, &profiles)?;
    let forgotten = if args.everything {
        held.confirm(&name, args, context)?;
        let _turn = profiles.turn().map_err(refused)?;
        profiles.remove(&name).map_err(refused)?
    } else {
        let _turn = profiles.turn().map_err(refused)?;
        let found = profiles.remove_api_key(&name).map_err(refused)?;
        if let Some(profile) = profiles.get(&name).map_err(refused)?.filter(|_| found) {
            let checked = None;
            profiles.save(&crate::config::profiles::Profile { checked, ..profile }).map_err(refused)?;
        }
        found
    };
    said(&name, forgotten, &held, args, context)
}

/// What a profile holds besides its key.
struct Held {
    secret: bool,
    registration: bool,
}

impl Held {
    fn of(name: &str, profiles: &Profiles) -> Result<Self, CommandError> {
        let folder = profiles.folder(name).map_err(|error| profile_refused(&error))?;
        let secret = profiles.signing_secret_file(name).map_err(|error| profile_refused(&error))?;
        Ok(Self { secret: secret.exists(), registration: folder.join("registration.json").exists() })
    }

    /// A signing secret cannot be read at the vendor again, so its loss is asked about.
    fn confirm(&self, name: &str, args: &LogoutArgs, context: &Context) -> Result<(), CommandError> {
        if args.yes || !(self.secret || self.registration) {
            return Ok(());
        }
        let what = if self.secret { "its signing secret" } else { "what is known of its webhook" };
        let question = format!("Forget the profile {name} and {what}, which the vendor does not show again?");
        match prompt::confirm(context.gate(), &question, false) {
            Ok(true) => Ok(()),
            Ok(false) => Err(CommandError::new(Exit::No, "nothing was forgotten")),
            Err(error) => Err(CommandError::usage(format!("the profile `{name}` holds {what}"))
                .because(&error)
                .hint("`--yes` forgets it without a question")),
        }
    }
}

/// The profile that is meant; a named one must be there.
fn profile(args: &LogoutArgs, context: &Context) -> Result<String, CommandError> {
    let access = AccessArgs { provider: args.provider.clone(), ..AccessArgs::default() };
    context.profile_name(&access)
}

fn said(
    name: &str,
    forgotten: bool,
    held: &Held,
    args: &LogoutArgs,
    context: &Context,
) -> Result<Exit, CommandError> {
    if context.json() {
        context.record(&json!({
            "v": 1, "type": "logout", "profile": name, "forgotten": forgotten, "everything": args.everything,
        }))?;
        return Ok(Exit::Done);
    }
    let streams = context.streams();
    streams.say(&match (forgotten, args.everything) {
        (true, true) => format!("forgot the profile {name}"),
        (true, false) => format!("forgot the API key of the profile {name}"),
        (false, _) => format!("there was nothing to forget: no API key is stored for {name}"),
    });
    if forgotten && !args.everything && held.secret {
        streams.say("its signing secret stays, so that deliveries can still be verified");
        streams.hint(&format!("`hookctl logout --everything --profile {name}` forgets that too"));
    }
    Ok(Exit::Done)
}
