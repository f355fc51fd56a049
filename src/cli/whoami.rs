//! `hookctl whoami`: the account that commands work with, and where each fact of it comes from.

use super::access::{Access, AccessArgs, call_failed, profile_refused};
use super::context::Context;
use super::error::CommandError;
use super::exit::Exit;
use crate::clock;
use crate::config::credentials::shown;
use crate::config::profiles::{Profile, Profiles};
use crate::config::secrets::{Secrets, SecretsError};
use crate::job::account::{self, Standing};
use crate::outbound::api::ApiOptions;
use crate::ui::table::facts;
use crate::vendor::Vendor;
use clap::Args;
use serde::Serialize;
use std::time::Duration;

const EXAMPLES: &str = "Examples:
  hookctl whoami
  hookctl whoami --provider koji --check
  hookctl whoami --all --json --jq .profile";

/// How long a vendor may take to say whether it takes a key.
const PATIENCE: Duration = Duration::from_secs(30);

/// Show the account that commands work with
///
/// Profile, vendor, address, API key (never whole), signing secret, default target, and where each comes from.
/// Exit code 3 when there is neither a key nor a profile.
#[derive(Args, Clone, Debug)]
#[command(after_help = EXAMPLES)]
pub struct WhoamiArgs {
    /// Every stored profile
    #[arg(long, conflicts_with_all = ["provider", "base_url", "api_key_env", "api_key_file", "profile", "check"])]
    pub all: bool,
    /// Ask the vendor whether it takes the key
    #[arg(long)]
    pub check: bool,
    /// Which account.
    #[command(flatten)]
    pub access: AccessArgs,
}

/// The JSON record of an account.
#[derive(Serialize)]
pub(super) struct AccountRecord {
    v: u8,
    r#type: &'static str,
    profile: String,
    /// Where the profile's name comes from.
    profile_origin: String,
    stored: bool,
    provider: String,
    base_url: String,
    base_url_origin: String,
    /// Its ends alone: `uj_live_…a1b2`.
    api_key: Option<String>,
    api_key_origin: Option<String>,
    /// When the vendor last took the stored key.
    checked: Option<String>,
    /// Where the signing secret comes from.
    signing_secret: Option<String>,
    target: Option<String>,
}

/// Runs `hookctl whoami`.
pub fn run(args: &WhoamiArgs, context: &Context) -> Result<Exit, CommandError> {
    if args.all {
        return all(context);
    }
    let access = context.access(&args.access)?;
    if access.key.is_none() && !access.stored {
        access.client()?;
    }
    let standing = if args.check { Some(ask(&access, context)?) } else { None };
    let profiles = context.profiles()?;
    if standing.is_some() && access.key_is_stored() {
        let _turn = profiles.turn().map_err(|error| profile_refused(&error))?;
        mark_checked(&access.profile, &profiles)?;
    }
    let profile = profiles.get(&access.profile).map_err(|error| profile_refused(&error))?;
    show(&AccountRecord::new(&access, profile, context)?, context)?;
    if standing == Some(Standing::Limited) {
        context.streams().warn("the vendor knows the key, which lacks the permission to read", None);
    }
    Ok(Exit::Done)
}

/// Every stored profile, as if it were named.
fn all(context: &Context) -> Result<Exit, CommandError> {
    let profiles = context.profiles()?;
    let names = profiles.names();
    if names.is_empty() && !context.json() {
        context.streams().say("there are no profiles yet");
        context.streams().hint("hookctl login");
    }
    for (at, name) in names.iter().enumerate() {
        if at > 0 && !context.json() {
            context.write(b"\n")?;
        }
        stored(name, context)?;
    }
    Ok(Exit::Done)
}

/// Shows a profile as it is stored, whatever the environment says.
pub(super) fn stored(name: &str, context: &Context) -> Result<(), CommandError> {
    let profiles = context.profiles()?;
    let refused = |error| profile_refused(&error);
    let Some(profile) = profiles.get(name).map_err(refused)? else { return Ok(()) };
    let origin = format!("profile {name}");
    let key = profiles.api_key(name).map_err(refused)?;
    let secret = profiles.signing_secret_and_file(name).map_err(refused)?;
    let vendor = Vendor::of(&profile.provider);
    let default = vendor.map_or("", Vendor::default_base);
    let base_url_origin = if profile.base_url.is_some() { origin.clone() } else { "default".to_owned() };
    let record = AccountRecord {
        v: 1,
        r#type: "account",
        profile: profile.name,
        profile_origin: "stored".to_owned(),
        stored: true,
        provider: profile.provider,
        base_url: profile.base_url.unwrap_or_else(|| default.to_owned()),
        base_url_origin,
        api_key_origin: key.as_ref().map(|_| origin),
        checked: profile.checked.filter(|_| key.is_some()),
        api_key: key.as_ref().map(shown),
        signing_secret: secret.map(|(_, path)| path.display().to_string()),
        target: profile.target,
    };
    show(&record, context)
}

impl AccountRecord {
    fn new(access: &Access, profile: Option<Profile>, context: &Context) -> Result<Self, CommandError> {
        let (checked, target) = profile.clone().map_or((None, None), |p| (p.checked, p.target));
        Ok(Self {
            v: 1,
            r#type: "account",
            profile: access.profile.clone(),
            profile_origin: access.origin.profile.clone(),
            stored: access.stored,
            provider: access.provider.clone(),
            base_url: access.base.to_string(),
            base_url_origin: access.origin.base.clone(),
            api_key: access.key.as_ref().map(shown),
            api_key_origin: access.origin.key.clone(),
            // Of another key than the stored one nothing is known.
            checked: checked.filter(|_| access.key_is_stored()),
            signing_secret: signing_secret(access, profile, context)?,
            target,
        })
    }
}

/// Where the signing secret of an account comes from, where there is one.
fn signing_secret(
    access: &Access,
    profile: Option<Profile>,
    context: &Context,
) -> Result<Option<String>, CommandError> {
    let unusable = |error: SecretsError| super::context::unusable(&error);
    let folders = context.folders()?;
    let secrets = Secrets::load(&[], context.environment(), Some(&folders)).map_err(unusable)?;
    let found = secrets.for_profile(profile).of(&access.provider).map_err(unusable)?;
    Ok(found.into_iter().next().map(|(_, origin)| origin.to_string()))
}

/// Asks the vendor about the key of an account.
pub(super) fn ask(access: &Access, context: &Context) -> Result<Standing, CommandError> {
    let client = access.client_with(ApiOptions { timeout: PATIENCE, ..ApiOptions::default() })?;
    let runtime = context.runtime()?;
    let asked = runtime.block_on(account::check(access.vendor(), client.with_time_limit(PATIENCE)));
    runtime.shutdown_background();
    asked.map_err(|error| call_failed("check the API key", &error))
}

/// Remembers that the vendor took the stored key.
pub(super) fn mark_checked(name: &str, profiles: &Profiles) -> Result<(), CommandError> {
    let refused = |error| profile_refused(&error);
    let Some(profile) = profiles.get(name).map_err(refused)? else { return Ok(()) };
    let checked = Some(clock::now().rfc3339_millis());
    profiles.save(&Profile { checked, ..profile }).map_err(refused)
}

fn show(record: &AccountRecord, context: &Context) -> Result<(), CommandError> {
    if context.json() {
        return context.record(record);
    }
    let with = |text: &str, origin: &str| vec![format!("{text}  ({origin})")];
    let key = match (&record.api_key, &record.api_key_origin) {
        (Some(key), Some(origin)) => with(key, origin),
        _ => vec!["none".to_owned()],
    };
    let profile = match record.profile_origin.as_str() {
        _ if !record.stored => with(&record.profile, "not stored"),
        "stored" => vec![record.profile.clone()],
        origin => with(&record.profile, origin),
    };
    let none = || "none".to_owned();
    let rows = [
        ("profile", profile),
        ("provider", vec![record.provider.clone()]),
        ("base URL", with(&record.base_url, &record.base_url_origin)),
        ("API key", key),
        ("checked", vec![record.checked.clone().unwrap_or_else(|| "never".to_owned())]),
        ("signing secret", vec![record.signing_secret.clone().unwrap_or_else(none)]),
        ("target", vec![record.target.clone().unwrap_or_else(none)]),
    ];
    let mut page = context.streams().page();
    facts(&mut page, &rows);
    Ok(context.streams().show(&page)?)
}
