//! The profiles: readable, with a key, and with `--online` a key that is taken.

use super::{Finding, Patient};
use crate::cli::access::{Access, Origins, base_url, login, profile_refused};
use crate::cli::whoami;
use crate::config::credentials::shown;
use crate::config::profiles::{Profile, Profiles};
use crate::hook::secret::Secret;
use crate::job::account::Standing;
use crate::vendor::{BaseUrl, Vendor};

pub(super) fn check(patient: &Patient<'_>) -> Vec<Finding> {
    // Without folders that is said already.
    let Ok(folders) = patient.context.folders() else { return Vec::new() };
    // Looked at without repairing: the check of the folders says what is open.
    let profiles = Profiles::at(&folders);
    let names = profiles.names();
    let mut found: Vec<Finding> =
        names.iter().flat_map(|name| of_profile(name, &profiles, patient)).collect();
    let named = patient.context.profile().filter(|(name, _)| !names.iter().any(|known| known == name));
    found.extend(named.map(|(name, origin)| {
        Finding::problem(
            format!("there is no profile `{name}`, which {origin} names"),
            format!("hookctl login --profile {name}"),
        )
    }));
    if found.is_empty() {
        found.push(Finding::ok("none yet; `hookctl login` makes one"));
    }
    found
}

fn of_profile(name: &str, profiles: &Profiles, patient: &Patient<'_>) -> Vec<Finding> {
    match profiles.get(name) {
        Ok(Some(profile)) => of_readable(&profile, profiles, patient),
        Ok(None) => Vec::new(),
        Err(error) => {
            let mut finding = Finding::error(profile_refused(&error));
            finding.mend = Some(format!("hookctl logout --everything --profile {name}, then log in again"));
            vec![finding]
        }
    }
}

fn of_readable(profile: &Profile, profiles: &Profiles, patient: &Patient<'_>) -> Vec<Finding> {
    let name = &profile.name;
    let again = || login(name, &profile.provider);
    let Some(vendor) = Vendor::of(&profile.provider) else {
        return vec![Finding::problem(
            format!("{name}: of `{}` no REST API is known", profile.provider),
            format!("hookctl logout --everything --profile {name}"),
        )];
    };
    if let Some(Err(error)) = profile.base_url.as_deref().map(BaseUrl::parse) {
        return vec![Finding::problem(
            format!("{name}: {error}"),
            format!("hookctl config set profiles.{name}.base_url {}", vendor.default_base()),
        )];
    }
    let secret = match profiles.signing_secret(name) {
        Ok(secret) => secret.is_some(),
        Err(error) => return vec![Finding::error(profile_refused(&error))],
    };
    match profiles.api_key(name) {
        Err(error) => {
            let mut finding = Finding::error(profile_refused(&error));
            finding.mend = Some(again());
            vec![finding]
        }
        Ok(None) if secret => vec![Finding::ok(format!("{name}: a signing secret, no API key"))],
        Ok(None) => vec![Finding::note(format!("{name}: no API key is stored"), again())],
        Ok(Some(key)) if patient.online => vec![online(profile, vendor, key, patient)],
        Ok(Some(key)) => {
            let when = profile
                .checked
                .as_ref()
                .map_or_else(|| "never checked".to_owned(), |at| format!("checked {at}"));
            let secret = if secret { ", a signing secret" } else { "" };
            vec![Finding::ok(format!("{name}: {} of {}, {when}{secret}", shown(&key), vendor.name()))]
        }
    }
}

/// Asks the vendor, with what is stored and nothing of the environment.
fn online(profile: &Profile, vendor: Vendor, key: Secret, patient: &Patient<'_>) -> Finding {
    let name = &profile.name;
    let text = profile.base_url.as_deref().unwrap_or_else(|| vendor.default_base());
    let asked = base_url(text, "the profile").and_then(|base| {
        let origin = Origins { profile: name.clone(), base: name.clone(), key: Some(name.clone()) };
        let access = Access {
            profile: name.clone(),
            stored: true,
            provider: vendor.id().to_owned(),
            base,
            key: Some(key),
            origin,
        };
        Ok((whoami::ask(&access, patient.context)?, access.base))
    });
    match asked {
        Ok((Standing::Taken, base)) => Finding::ok(format!("{name}: {} takes the key", base.host())),
        Ok((Standing::Limited, base)) => Finding::note(
            format!("{name}: {} knows the key, which lacks the permission to read", base.host()),
            "give the key more permissions in the dashboard",
        ),
        Err(mut error) => {
            error.message = format!("{name}: {}", error.message);
            Finding::error(error)
        }
    }
}
