//! The webhooks that hookctl registered: one that a crashed listener left
//! behind, or a change that was interrupted. With `--online` the first is put back.

use super::{Finding, Patient};
use crate::cli::access::AccessArgs;
use crate::cli::error::CommandError;
use crate::cli::register::left;
use crate::cli::signals::Stop;
use crate::config::profiles::Profiles;
use crate::config::registrations::{self, LeftBehind};
use crate::job::register::Ended;

pub(super) fn check(patient: &Patient<'_>) -> Vec<Finding> {
    // Without folders there are no profiles; that is said already.
    let Ok(folders) = patient.context.folders() else { return Vec::new() };
    let profiles = Profiles::at(&folders);
    let mut found: Vec<Finding> =
        registrations::left_behind(&profiles).iter().map(|left| of_left(left, &profiles, patient)).collect();
    found.extend(registrations::interrupted(&profiles).into_iter().map(|profile| {
        Finding::note(
            format!("{profile}: a change of the webhook was interrupted; its signing secret may be lost"),
            format!("hookctl register --show --profile {profile}"),
        )
    }));
    found
}

fn of_left(left: &LeftBehind, profiles: &Profiles, patient: &Patient<'_>) -> Finding {
    let problem = Finding::problem(format!("{}: {}", left.profile, left::said(left)), left::restore(left));
    if !patient.online {
        return problem;
    }
    match put_back(left, profiles, patient) {
        Ok(Ended::Changed(other)) => Finding::note(
            format!("{}: somebody registered {} meanwhile; it was left as it is", left.profile, other.url),
            format!("hookctl register --show --profile {}", left.profile),
        ),
        Ok(_) => {
            Finding::ok(format!("{}: what was registered before a listener crashed is back", left.profile))
        }
        Err(error) => Finding { what: format!("{}: {}", problem.what, error.message), ..problem },
    }
}

fn put_back(left: &LeftBehind, profiles: &Profiles, patient: &Patient<'_>) -> Result<Ended, CommandError> {
    let provider = profiles.get(&left.profile).ok().flatten().map(|profile| profile.provider);
    let args = AccessArgs { provider, ..AccessArgs::default() };
    let runtime = patient.context.runtime()?;
    let ended = runtime.block_on(async {
        let stop = Stop::new().map_err(|error| CommandError::local("could not start").because(&error))?;
        left::mend(left, &args, &stop, patient.context).await
    });
    runtime.shutdown_background();
    ended
}
