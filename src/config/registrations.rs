//! What `register` keeps of a profile's webhook: a record for each API that the
//! profile was pointed at, so that a sandbox never takes the place of production.

use super::profiles::{ProfileError, ProfileLock, Profiles};
use crate::hook::digest::HashName;
use crate::hook::secret::Secret;
use crate::job::register::{Saved, Store, StoreError};
use std::collections::BTreeMap;

/// How much of a digest tells one secret from another.
const FINGERPRINT: usize = 16;

/// What a listener that crashed has left registered.
#[derive(Clone, Debug)]
pub struct LeftBehind {
    /// The profile.
    pub profile: String,
    /// The API.
    pub base: String,
    /// What is registered there.
    pub url: String,
}

/// What listeners have left registered that run no more. What cannot be read is passed over.
pub fn left_behind(profiles: &Profiles) -> Vec<LeftBehind> {
    let mut found = Vec::new();
    for profile in profiles.names() {
        let records: Records = profiles.registration(&profile).ok().flatten().unwrap_or_default();
        let left: Vec<LeftBehind> = records
            .into_iter()
            .filter_map(|(base, saved)| {
                let url = saved.temporary?.endpoint.url;
                Some(LeftBehind { profile: profile.clone(), base, url })
            })
            .collect();
        // A listener that runs has the profile's lock.
        if !left.is_empty() && profiles.lock(&profile).is_ok() {
            found.extend(left);
        }
    }
    found
}

/// The profiles whose webhook was being changed when hookctl ended.
pub fn interrupted(profiles: &Profiles) -> Vec<String> {
    let is = |profile: &String| {
        let records: Records = profiles.registration(profile).ok().flatten().unwrap_or_default();
        // Whoever is at work right now has the lock.
        records.values().any(|saved| saved.intent.is_some()) && profiles.lock(profile).is_ok()
    };
    profiles.names().into_iter().filter(is).collect()
}

/// `registration.json`: the records by their API.
type Records = BTreeMap<String, Saved>;

/// The registration of a profile at one API.
#[derive(Debug)]
pub struct Registration<'a> {
    profiles: &'a Profiles,
    profile: &'a str,
    base: &'a str,
}

impl<'a> Registration<'a> {
    /// The registration of `profile` at the API `base`.
    pub fn of(profiles: &'a Profiles, profile: &'a str, base: &'a str) -> Self {
        Self { profiles, profile, base }
    }

    /// Takes it for a change; nobody else can until the lock is dropped.
    ///
    /// # Errors
    /// When somebody else has it.
    pub fn lock(&self) -> Result<ProfileLock, ProfileError> {
        self.profiles.lock(self.profile)
    }

    /// Another API whose signing secret the profile holds: one of this API would take its place.
    ///
    /// # Errors
    /// When what is kept cannot be read.
    pub fn secret_of_another(&self) -> Result<Option<String>, StoreError> {
        let records = self.records()?;
        let other = records.into_iter().find(|(base, saved)| base != self.base && saved.secret_known);
        Ok(other.map(|(base, _)| base))
    }

    fn records(&self) -> Result<Records, StoreError> {
        let found = self.profiles.registration(self.profile);
        Ok(found
            .map_err(|error| failed("could not read what is kept of the registration", error))?
            .unwrap_or_default())
    }
}

impl Store for Registration<'_> {
    fn load(&self) -> Result<Saved, StoreError> {
        Ok(self.records()?.remove(self.base).unwrap_or_default())
    }

    fn save(&self, saved: &Saved) -> Result<(), StoreError> {
        let mut records = self.records()?;
        if *saved == Saved::default() {
            records.remove(self.base);
        } else {
            records.insert(self.base.to_owned(), saved.clone());
        }
        let stored = self.profiles.store_registration(self.profile, &records);
        stored.map_err(|error| failed("could not keep the registration", error))
    }

    fn reserve(&self) -> Result<(), StoreError> {
        let reserved = self.profiles.reserve(self.profile);
        reserved.map_err(|error| failed("there is no room on the disk for a signing secret", error))
    }

    fn release(&self) {
        self.profiles.release(self.profile);
    }

    fn keep(&self, secret: &Secret) -> Result<(), StoreError> {
        let stored = self.profiles.store_signing_secret(self.profile, secret);
        stored.map_err(|error| failed("could not store the signing secret", error))
    }

    fn fingerprint(&self) -> Result<Option<String>, StoreError> {
        let found = self.profiles.signing_secret(self.profile);
        let found = found.map_err(|error| failed("could not read the signing secret", error))?;
        Ok(found.map(|secret| fingerprint(&secret)))
    }
}

fn fingerprint(secret: &Secret) -> String {
    let mut text = hex::encode(HashName::Sha256.digest(secret.expose()).as_bytes());
    text.truncate(FINGERPRINT);
    text
}

fn failed(what: &str, error: ProfileError) -> StoreError {
    StoreError { what: what.to_owned(), source: Some(Box::new(error)) }
}
