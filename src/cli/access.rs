//! Which account a command works with: its profile, the API's address, and the key.
//!
//! Each fact has its own order, first that is there. The profile: `--profile`,
//! `HOOKCTL_PROFILE`, the settings, else the one of the vendor's name. The
//! address: `--base-url`, the vendor's variable, the profile, the vendor's own.
//! The key: `--api-key-file` and `--api-key-env`, the vendor's variable, the
//! profile. A stored key goes nowhere but to the host it was stored for.

mod choice;
mod refusal;

use super::context::Context;
use super::error::CommandError;
use crate::config::credentials::{self, GivenKey, Key, base_variable_of};
use crate::config::profiles::{Profile, Profiles, of_provider};
use crate::hook::secret::Secret;
use crate::hook::target::Target;
use crate::outbound::api::{Api, ApiOptions};
use crate::vendor::{BaseUrl, Client, Vendor};
use choice::{Chosen, Meant};
use clap::{Args, ValueHint};
use clap_complete::engine::ArgValueCandidates;
pub(super) use refusal::{call_failed, key_refused, profile_refused};
use std::path::PathBuf;

/// Whose API is called, where, and with which key.
#[derive(Args, Clone, Debug, Default)]
#[command(next_help_heading = "Account")]
pub struct AccessArgs {
    /// The vendor whose API is called: userjourneys or koji
    #[arg(long, value_name = "ID", add = ArgValueCandidates::new(super::complete::vendors))]
    pub provider: Option<String>,
    /// Where the API lives, in place of the vendor's own address
    ///
    /// Also from USERJOURNEYS_BASE_URL and KOJI_BASE_URL. Plain http is taken for this machine alone.
    #[arg(long, value_name = "URL", value_hint = ValueHint::Url)]
    pub base_url: Option<String>,
    /// Read the API key from this environment variable
    #[arg(long, value_name = "NAME", conflicts_with = "api_key_file")]
    pub api_key_env: Option<String>,
    /// Read the API key from a file, or from standard input for `-`
    ///
    /// Where none is given, it comes from USERJOURNEYS_API_KEY or KOJI_API_KEY, or from the profile.
    #[arg(long, value_name = "FILE", value_hint = ValueHint::FilePath)]
    pub api_key_file: Option<PathBuf>,
}

/// The account of one run.
#[derive(Clone, Debug)]
pub struct Access {
    /// The profile's name; the vendor's id where none is stored.
    pub profile: String,
    /// Whether the profile is stored.
    pub stored: bool,
    /// The vendor: `userjourneys` or `koji`.
    pub provider: String,
    /// Where its API lives.
    pub base: BaseUrl,
    /// The API key, where one is known.
    pub key: Option<Secret>,
    /// Where each fact comes from.
    pub origin: Origins,
}

/// Where the facts of an account come from, as shown: `--base-url`, `KOJI_API_KEY`, a file.
#[derive(Clone, Debug)]
pub struct Origins {
    /// Of the profile's name.
    pub profile: String,
    /// Of the base URL.
    pub base: String,
    /// Of the key; `None` when there is none.
    pub key: Option<String>,
}

impl Access {
    /// A client with the key of this account.
    ///
    /// # Errors
    /// When no key is known.
    pub fn client(&self) -> Result<Client, CommandError> {
        self.client_with(ApiOptions::default())
    }

    /// The same with other time limits.
    ///
    /// # Errors
    /// When no key is known.
    pub fn client_with(&self, options: ApiOptions) -> Result<Client, CommandError> {
        let key = self.key.clone().ok_or_else(|| self.no_key())?;
        Ok(Client::new(Api::new(options), self.base.clone(), Some(key)).of(self.vendor()))
    }

    fn no_key(&self) -> CommandError {
        let vendor = self.vendor();
        let of =
            if self.stored { format!("the profile `{}`", self.profile) } else { vendor.name().to_owned() };
        CommandError::config(format!("no API key is known for {of}")).hint(format!(
            "`{}` stores one, or put it into {}",
            login(&self.profile, vendor.id()),
            vendor.key_variable()
        ))
    }

    /// Whether the key is the profile's own.
    pub(super) fn key_is_stored(&self) -> bool {
        self.origin.key.as_ref().is_some_and(|origin| *origin == of_profile(&self.profile))
    }

    /// What is known of the vendor.
    pub fn vendor(&self) -> Vendor {
        Vendor::of(&self.provider).unwrap_or(Vendor::UserJourneys)
    }
}

/// A profile as an origin.
fn of_profile(name: &str) -> String {
    format!("profile {name}")
}

/// The command that stores a key for a profile.
pub(super) fn login(profile: &str, provider: &str) -> String {
    let name = if profile == provider { String::new() } else { format!(" --profile {profile}") };
    format!("hookctl login --provider {provider}{name}")
}

impl Context {
    /// The user's profiles; says what was wrong with their modes.
    ///
    /// # Errors
    /// When there is no home folder.
    pub fn profiles(&self) -> Result<Profiles, CommandError> {
        let profiles = Profiles::open(&self.folders()?);
        for warning in &profiles.warnings {
            self.streams().warn(warning, None);
        }
        Ok(profiles)
    }

    /// The profile that the user named, with what it holds.
    ///
    /// # Errors
    /// When there is none of this name, or it cannot be read.
    pub fn named_profile(&self) -> Result<Option<Profile>, CommandError> {
        let Some((name, origin)) = self.profile() else { return Ok(None) };
        choice::existing(name, origin, &self.profiles()?).map(Some)
    }

    /// The profile that stands for a provider: the named one, else that of its name, else the only one.
    /// Without a provider the named one, or the only one there is.
    ///
    /// # Errors
    /// When one cannot be read, or there is none of the name that was given.
    pub fn profile_of(&self, provider: Option<&str>) -> Result<Option<Profile>, CommandError> {
        if let Some(named) = self.named_profile()? {
            return Ok(Some(named));
        }
        // Without a home folder there are no profiles; that is no reason to fail.
        let Ok(folders) = self.folders() else { return Ok(None) };
        let mut all = Profiles::open(&folders).list().map_err(|error| profile_refused(&error))?;
        Ok(match provider {
            Some(provider) => of_provider(&all, provider).cloned(),
            None if all.len() == 1 => all.pop(),
            None => None,
        })
    }

    /// A target as typed; of a path alone, below the profile's default target.
    ///
    /// # Errors
    /// When it is no target, or a path and there is no default.
    pub fn target(&self, flag: &str, text: &str, provider: Option<&str>) -> Result<Target, CommandError> {
        if !text.trim_start().starts_with('/') {
            return super::values::target(flag, text);
        }
        let profile = self.profile_of(provider)?;
        let default = profile.as_ref().and_then(|profile| profile.target.as_deref());
        let default = default.map(|text| super::values::target("target of the profile", text)).transpose()?;
        Target::parse(text, default.as_ref()).map_err(|error| {
            let refused = CommandError::usage(format!("could not use `{flag}`")).because(&error);
            match profile {
                Some(profile) if default.is_none() => refused.hint(format!(
                    "`hookctl config set profiles.{}.target localhost:3000` sets the default target",
                    profile.name
                )),
                _ => refused,
            }
        })
    }

    /// A setting's value below the command line.
    pub(super) fn setting(&self, key: &str) -> Option<String> {
        let setting = crate::config::setting::Setting::of(key)?;
        self.settings().value(setting, self.environment()).0.into_iter().next()
    }

    /// The account that the arguments, the environment and the profiles name.
    ///
    /// # Errors
    /// When they contradict each other, or a source that is named cannot be used. A missing key is no error here.
    pub fn access(&self, args: &AccessArgs) -> Result<Access, CommandError> {
        self.account(args, Meant::Any)
    }

    /// The same for a command that asks what only this vendor has: with accounts
    /// of several vendors it need not be named.
    ///
    /// # Errors
    /// The same as `access`.
    pub fn access_rather(&self, args: &AccessArgs, vendor: Vendor) -> Result<Access, CommandError> {
        self.account(args, Meant::Rather(vendor))
    }

    /// The name of the profile that the arguments mean, stored or not.
    ///
    /// # Errors
    /// When they contradict each other, or a named one is not there.
    pub(super) fn profile_name(&self, args: &AccessArgs) -> Result<String, CommandError> {
        Chosen::of(args, Meant::Any, self, &self.profiles()?).map(|chosen| chosen.name)
    }

    fn account(&self, args: &AccessArgs, meant: Meant) -> Result<Access, CommandError> {
        let profiles = self.profiles()?;
        let chosen = Chosen::of(args, meant, self, &profiles)?;
        let given = key_given(args, self)?;
        let found = match given {
            Some(key) => Some(key),
            None => {
                credentials::of_environment(chosen.vendor, self.environment()).map_err(|e| key_refused(&e))?
            }
        };
        let (base, origin) = base_of(args, chosen.vendor, chosen.stored.as_ref(), self)?;
        let key = match found {
            Some(key) => Some(key),
            None => stored_key(&chosen, &base, &profiles)?,
        };
        if let Some(key) = &key {
            credentials::check(key, chosen.vendor).map_err(|error| key_refused(&error))?;
            self.detail(&format!("API key {} from {}", credentials::shown(&key.secret), key.origin));
        }
        self.detail(&format!("profile {} from {}", chosen.name, chosen.origin));
        self.detail(&format!("API at {base} from {origin}"));
        Ok(Access {
            stored: chosen.stored.is_some(),
            profile: chosen.name,
            provider: chosen.vendor.id().to_owned(),
            base,
            origin: Origins {
                profile: chosen.origin,
                base: origin,
                key: key.as_ref().map(|key| key.origin.trim_matches('`').to_owned()),
            },
            key: key.map(|key| key.secret),
        })
    }
}

/// A vendor by the id of `--provider`.
pub(super) fn vendor(id: &str) -> Result<Vendor, CommandError> {
    Vendor::of(id).ok_or_else(|| {
        let known: Vec<&str> = Vendor::ALL.into_iter().map(Vendor::id).collect();
        CommandError::usage(format!("no REST API of `{id}` is known"))
            .hint(format!("`--provider` takes {} here", known.join(" and ")))
    })
}

/// The key named on the command line.
pub(super) fn key_given(args: &AccessArgs, context: &Context) -> Result<Option<Key>, CommandError> {
    let given = match (&args.api_key_file, &args.api_key_env) {
        (Some(path), _) => GivenKey::File(path.clone()),
        (None, Some(name)) => GivenKey::Variable(name.clone()),
        (None, None) => return Ok(None),
    };
    given.read(context.environment()).map(Some).map_err(|error| key_refused(&error))
}

/// The API's address and where it comes from.
pub(super) fn base_of(
    args: &AccessArgs,
    vendor: Vendor,
    stored: Option<&Profile>,
    context: &Context,
) -> Result<(BaseUrl, String), CommandError> {
    let variable = base_variable_of(vendor);
    let of_profile =
        || stored.and_then(|profile| Some((profile.base_url.as_deref()?, of_profile(&profile.name))));
    let (text, origin) = if let Some(text) = &args.base_url {
        (text.as_str(), "--base-url".to_owned())
    } else if let Some(text) = context.environment().text(&variable) {
        (text, variable.clone())
    } else {
        of_profile().unwrap_or((vendor.default_base(), "default".to_owned()))
    };
    Ok((base_url(text, &origin)?, origin))
}

/// Reads a base URL; `origin` is named when it is none.
pub(super) fn base_url(text: &str, origin: &str) -> Result<BaseUrl, CommandError> {
    BaseUrl::parse(text).map_err(|error| {
        let refused = if origin == "--base-url" { CommandError::usage } else { CommandError::config };
        let what = if origin == "--base-url" {
            "`--base-url`".to_owned()
        } else {
            format!("the base URL of {origin}")
        };
        refused(format!("could not use {what}"))
            .because(&error)
            .hint("write it as https://HOST/PATH; plain http is for this machine alone")
    })
}

/// The profile's own key, for the host it was stored for and no other.
fn stored_key(chosen: &Chosen, base: &BaseUrl, profiles: &Profiles) -> Result<Option<Key>, CommandError> {
    let Some(profile) = &chosen.stored else { return Ok(None) };
    let Some(secret) = profiles.api_key(&profile.name).map_err(|error| profile_refused(&error))? else {
        return Ok(None);
    };
    let own = profile.base_url.as_deref().unwrap_or(chosen.vendor.default_base());
    if !same_host(own, base.as_str()) {
        return Err(CommandError::config(format!(
            "the API key of the profile `{}` is for {own}, and is not sent to {base}",
            profile.name
        ))
        .hint(format!(
            "give the key for it with `--api-key-env NAME`, or in {}",
            chosen.vendor.key_variable()
        )));
    }
    Ok(Some(Key { secret, origin: of_profile(&profile.name) }))
}

/// Whether two base URLs are of one host.
pub(super) fn same_host(one: &str, other: &str) -> bool {
    host_of(one) == host_of(other)
}

/// Scheme, host and port of a base URL.
fn host_of(base: &str) -> Vec<&str> {
    base.splitn(4, '/').take(3).collect()
}
