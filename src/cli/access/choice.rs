//! Which profile is meant: the one that was named, else the one of the vendor's
//! name, else the only one there is.

use super::refusal::profile_refused;
use super::{AccessArgs, vendor};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::misuse::nearest;
use crate::config::profiles::{Profile, Profiles, of_provider};
use crate::vendor::Vendor;

/// The profile that was chosen.
pub(super) struct Chosen {
    pub(super) name: String,
    pub(super) origin: String,
    pub(super) stored: Option<Profile>,
    pub(super) vendor: Vendor,
}

/// Whose account a command can work with.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Meant {
    /// Any vendor's.
    Any,
    /// Any vendor's, but this one's where nobody says which: no other has what is asked for.
    Rather(Vendor),
}

impl Chosen {
    pub(super) fn of(
        args: &AccessArgs,
        meant: Meant,
        context: &Context,
        profiles: &Profiles,
    ) -> Result<Self, CommandError> {
        let named = args.provider.as_deref().map(vendor).transpose()?;
        match context.profile() {
            Some((name, origin)) => Self::named(name, origin, named, profiles),
            None => Self::unnamed(named, meant, context, profiles),
        }
    }

    /// The profile that the user named must be there, and be the vendor's.
    fn named(
        name: &str,
        origin: &str,
        provider: Option<Vendor>,
        profiles: &Profiles,
    ) -> Result<Self, CommandError> {
        let stored = existing(name, origin, profiles)?;
        let vendor = vendor_of(&stored)?;
        match provider {
            Some(other) if other != vendor => Err(CommandError::usage(format!(
                "the profile `{name}` ({origin}) is of {}, and `--provider {}` is another vendor",
                vendor.name(),
                other.id()
            ))
            .hint("drop one of the two")),
            _ => Ok(Self { name: name.to_owned(), origin: origin.to_owned(), stored: Some(stored), vendor }),
        }
    }

    /// No profile was named: the one of the vendor's name, or the only one there is.
    fn unnamed(
        provider: Option<Vendor>,
        meant: Meant,
        context: &Context,
        profiles: &Profiles,
    ) -> Result<Self, CommandError> {
        let all = profiles.list().map_err(|error| profile_refused(&error))?;
        let vendor = match provider {
            Some(vendor) => vendor,
            None => likely(&all, meant, context)?,
        };
        let stored = of_provider(&all, vendor.id());
        let own = all.iter().filter(|profile| profile.provider == vendor.id());
        if stored.is_none() && own.clone().count() > 0 {
            let names: Vec<&str> = own.map(|profile| profile.name.as_str()).collect();
            return Err(CommandError::usage(format!(
                "several profiles are of {}: {}",
                vendor.name(),
                names.join(", ")
            ))
            .hint("name one with `--profile NAME`, or `hookctl config set profile NAME`"));
        }
        Ok(Self {
            name: stored.map_or(vendor.id(), |profile| profile.name.as_str()).to_owned(),
            origin: "default".to_owned(),
            stored: stored.cloned(),
            vendor,
        })
    }
}

/// The vendor that is meant when none is named: the only one with a profile, else with a key in the environment.
fn likely(all: &[Profile], meant: Meant, context: &Context) -> Result<Vendor, CommandError> {
    if let Some(vendor) = context.setting("provider").and_then(|id| Vendor::of(&id)) {
        return Ok(vendor);
    }
    let with_profile = |vendor: &Vendor| all.iter().any(|profile| profile.provider == vendor.id());
    let with_key = |vendor: &Vendor| context.environment().text(vendor.key_variable()).is_some();
    let mut known: Vec<Vendor> = Vendor::ALL.into_iter().filter(with_profile).collect();
    if known.is_empty() {
        known = Vendor::ALL.into_iter().filter(with_key).collect();
    }
    match known.as_slice() {
        [] => Ok(Vendor::UserJourneys),
        [only] => Ok(*only),
        several => {
            if let Meant::Rather(vendor) = meant {
                return Ok(vendor);
            }
            let names: Vec<&str> = several.iter().map(|vendor| vendor.id()).collect();
            Err(CommandError::usage(format!("the account may be any of {}", names.join(", ")))
                .hint("name one with `--provider ID` or `--profile NAME`"))
        }
    }
}

fn vendor_of(profile: &Profile) -> Result<Vendor, CommandError> {
    Vendor::of(&profile.provider).ok_or_else(|| {
        CommandError::config(format!(
            "the profile `{}` is of `{}`, of which no REST API is known",
            profile.name, profile.provider
        ))
        .hint(format!("`hookctl login --profile {}` stores it anew", profile.name))
    })
}

/// The profile of this name, which must be there.
pub(super) fn existing(name: &str, origin: &str, profiles: &Profiles) -> Result<Profile, CommandError> {
    let found = profiles.get(name).map_err(|error| profile_refused(&error))?;
    found.ok_or_else(|| no_such_profile(name, origin, profiles))
}

fn no_such_profile(name: &str, origin: &str, profiles: &Profiles) -> CommandError {
    let names = profiles.names();
    let near = nearest(name, names.iter().map(String::as_str));
    let error = CommandError::config(format!("there is no profile `{name}` ({origin})"));
    match near {
        Some(near) => {
            error.hint(format!("did you mean `--profile {near}`? `hookctl whoami --all` lists them"))
        }
        None => error.hint(format!("`hookctl login --profile {name}` makes it")),
    }
}
