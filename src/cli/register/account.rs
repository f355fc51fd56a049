//! The account whose webhook it is, with the place where its registration is kept.

use crate::cli::access::{Access, AccessArgs, profile_refused};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::config::profiles::{Profile, ProfileLock, Profiles};
use crate::config::registrations::Registration;
use crate::job::register::{self, Endpoint, EndpointError, StoreError};
use crate::vendor::{UserJourneys, Vendor};

/// The events of Koji: those of the guide and those of the set-up page.
const KOJI_EVENTS: [&str; 6] = [
    "interview.completed",
    "interview.analysis_ready",
    "interview.quality_scored",
    "interview.failed_quality_gate",
    "study.published",
    "report.generated",
];

/// An account and where its registration is kept.
pub(in crate::cli) struct Account {
    pub(in crate::cli) access: Access,
    profiles: Profiles,
}

impl Account {
    /// The account that the arguments name.
    pub(in crate::cli) fn of(args: &AccessArgs, context: &Context) -> Result<Self, CommandError> {
        Ok(Self { access: context.access_rather(args, Vendor::UserJourneys)?, profiles: context.profiles()? })
    }

    /// Where its registration is kept.
    pub(in crate::cli) fn registration(&self) -> Registration<'_> {
        Registration::of(&self.profiles, &self.access.profile, self.access.base.as_str())
    }

    /// The vendor's API.
    pub(in crate::cli) fn remote(&self) -> Result<UserJourneys, CommandError> {
        Ok(UserJourneys::new(self.access.client()?))
    }

    /// All events that the vendor has.
    pub(super) fn known_events(&self) -> &'static [&'static str] {
        match self.access.vendor() {
            Vendor::UserJourneys => &register::EVENTS,
            Vendor::Koji => &KOJI_EVENTS,
        }
    }

    /// A URL and events that the vendor can take.
    pub(in crate::cli) fn endpoint(&self, url: &str, events: &[String]) -> Result<Endpoint, CommandError> {
        register::check_url(url, self.access.base.is_loopback()).map_err(|error| not_a_url(&error))?;
        let known = self.known_events();
        let events = match events {
            [] => known.iter().map(|event| (*event).to_owned()).collect(),
            events => events.to_vec(),
        };
        register::check_events(&events, &self.access.provider, known).map_err(|error| {
            CommandError::usage("could not use `--events`")
                .because(&error)
                .hint("drop `--events` for all of them; `hookctl api PUT /webhooks` registers what hookctl does not know")
        })?;
        Ok(Endpoint { url: url.to_owned(), events })
    }

    /// Takes the registration for a change. The profile is stored, so that what is kept in it is found.
    pub(in crate::cli) fn lock(&self) -> Result<ProfileLock, CommandError> {
        let lock = self.registration().lock().map_err(|error| {
            profile_refused(&error)
                .hint("wait until it has ended; a listener with `--register` has it until it is stopped")
        })?;
        if !self.access.stored {
            let profile = Profile {
                name: self.access.profile.clone(),
                provider: self.access.provider.clone(),
                base_url: None,
                target: None,
                checked: None,
            };
            self.profiles.save(&profile).map_err(|error| profile_refused(&error))?;
        }
        Ok(lock)
    }

    /// Refuses to put a secret in the place of one that another API gave once.
    pub(in crate::cli) fn require_own_secret(&self) -> Result<(), CommandError> {
        let other = self.registration().secret_of_another().map_err(|error| not_kept(&error))?;
        let Some(other) = other else { return Ok(()) };
        let (profile, provider) = (&self.access.profile, &self.access.provider);
        Err(CommandError::config(format!(
            "the profile `{profile}` holds the signing secret of {other}, and one of {} would take its place",
            self.access.base
        ))
        .hint(format!("use another profile: `hookctl login --provider {provider} --profile NAME`")))
    }
}

/// The disk failed.
pub(in crate::cli) fn not_kept(error: &StoreError) -> CommandError {
    CommandError::local("could not keep the registration").because(error)
}

fn not_a_url(error: &EndpointError) -> CommandError {
    let hint = match error {
        EndpointError::OnlyHere(_) => {
            "give the https URL of a tunnel or of your server; `hookctl sandbox` takes URLs of this machine"
        }
        EndpointError::Credentials => "the signature says who sends: leave the credentials out",
        _ => "write it as https://HOST/PATH",
    };
    CommandError::usage("could not use the URL").because(error).hint(hint)
}
