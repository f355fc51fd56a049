//! What the commands that ask a vendor share: whose API, which study, and what
//! is said when there is none.

use super::access::{Access, AccessArgs, call_failed};
use super::context::Context;
use super::error::CommandError;
use super::waits::telling;
use crate::job::interviews::Source;
use crate::job::studies::{self, Found, Keep, Known};
use crate::ui::study::name;
use crate::vendor::{Koji, Study, UserJourneys, Vendor, VendorError};

/// The API of userjourneys; for a command that no other vendor has an API for.
pub(super) fn userjourneys(
    context: &Context,
    args: &AccessArgs,
    task: &str,
    (what, instead): (&'static str, &'static str),
) -> Result<(Access, UserJourneys), CommandError> {
    let access = context.access_rather(args, Vendor::UserJourneys)?;
    if access.vendor() != Vendor::UserJourneys {
        return Err(call_failed(task, &VendorError::unsupported(access.vendor(), what, instead)));
    }
    let api = UserJourneys::new(telling(access.client()?, context));
    Ok((access, api))
}

/// Where single interviews come from, of whichever vendor the account is.
pub(super) fn interviews(context: &Context, args: &AccessArgs) -> Result<Source, CommandError> {
    let access = context.access(args)?;
    let client = telling(access.client()?, context);
    Ok(match access.vendor() {
        Vendor::UserJourneys => Source::UserJourneys(UserJourneys::new(client)),
        Vendor::Koji => Source::Koji(Koji::new(client)),
    })
}

/// The study that is meant.
pub(super) async fn study(
    api: &UserJourneys,
    wanted: &str,
    keep: Option<&mut (dyn Keep + Send)>,
) -> Result<Known, CommandError> {
    match studies::find(api, wanted, keep).await {
        Ok(Found::One(known)) => Ok(*known),
        Ok(Found::Several(studies)) => Err(several(wanted, &studies)),
        Ok(Found::None) => {
            Err(CommandError::usage(format!("the study `{wanted}` is not active or does not exist"))
                .hint("`hookctl studies list` shows the active ones; a name must be exact"))
        }
        Err(error) => Err(call_failed("find the study", &error)),
    }
}

fn several(wanted: &str, studies: &[Study]) -> CommandError {
    let mut error = CommandError::usage(format!("{} studies have the name `{wanted}`", studies.len()))
        .hint("name one by its id");
    error.causes = studies
        .iter()
        .map(|study| {
            let made = study.created_at.as_deref().map(|at| format!(", created {at}")).unwrap_or_default();
            format!("{} {}{made}", study.id, name(study))
        })
        .collect();
    error
}

/// The id of a study, where only its interviews are wanted: the interviews of
/// one that is not active any more are still there, and only an id leads to them.
pub(super) async fn study_id(api: &UserJourneys, wanted: &str) -> Result<String, CommandError> {
    if studies::is_id(wanted) { Ok(wanted.to_owned()) } else { Ok(study(api, wanted, None).await?.study.id) }
}
