//! Puts an account on the disk, in an order in which a kill leaves no key with
//! another host's address, and no claim that an unknown key was checked.

use super::who::Who;
use crate::cli::access::{Access, Origins, login, profile_refused, same_host};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::whoami;
use crate::config::credentials::Key;
use crate::config::profiles::Profile;
use crate::hook::secret::Secret;

/// What is to be stored.
pub(super) struct Login {
    pub(super) who: Who,
    pub(super) key: Option<Key>,
    pub(super) secret: Option<Secret>,
    pub(super) target: Option<String>,
}

impl Login {
    /// The account as it will be.
    pub(super) fn access(&self) -> Access {
        let origin = self.key.as_ref().map(|key| key.origin.clone());
        Access {
            profile: self.who.profile.clone(),
            stored: self.who.former.is_some(),
            provider: self.who.vendor.id().to_owned(),
            base: self.who.base.clone(),
            key: self.key.as_ref().map(|key| key.secret.clone()),
            origin: Origins { profile: "login".to_owned(), base: "login".to_owned(), key: origin },
        }
    }

    /// Stores it.
    pub(super) fn store(&self, checked: bool, context: &Context) -> Result<(), CommandError> {
        let profiles = context.profiles()?;
        let refused = |error| profile_refused(&error);
        let _turn = profiles.turn().map_err(refused)?;
        let name = &self.who.profile;
        // As it is now: somebody may have changed it while the vendor was asked.
        let former = profiles.get(name).map_err(refused)?;
        let former = former.as_ref();
        let default = self.who.vendor.default_base();
        let moved = former.is_some_and(|former| {
            !same_host(former.base_url.as_deref().unwrap_or(default), self.who.base.as_str())
        });
        if moved && profiles.remove_api_key(name).map_err(refused)? && self.key.is_none() {
            context.streams().warn(
                "the former API key was for another host and is forgotten",
                Some(&login(name, self.who.vendor.id())),
            );
        }
        let kept = former.and_then(|former| former.checked.clone()).filter(|_| self.key.is_none() && !moved);
        profiles
            .save(&Profile {
                name: name.clone(),
                provider: self.who.vendor.id().to_owned(),
                base_url: Some(self.who.base.to_string()).filter(|base| base != default),
                target: self.target.clone().or_else(|| former.and_then(|former| former.target.clone())),
                checked: kept,
            })
            .map_err(refused)?;
        if let Some(key) = &self.key {
            profiles.store_api_key(name, &key.secret).map_err(refused)?;
        }
        if let Some(secret) = &self.secret {
            profiles.store_signing_secret(name, secret).map_err(refused)?;
        }
        if checked { whoami::mark_checked(name, &profiles) } else { Ok(()) }
    }
}
