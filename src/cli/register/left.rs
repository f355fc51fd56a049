//! What a listener that crashed has left registered, and putting it back.

use super::account::Account;
use super::words::explain;
use crate::cli::access::AccessArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::signals::Stop;
use crate::config::registrations::LeftBehind;
use crate::job::register::{Ended, put_back};
use std::time::Duration;

/// How long the vendor may take: nobody asked for this just now.
const PATIENCE: Duration = Duration::from_secs(10);

/// The command that puts it back.
pub(in crate::cli) fn restore(left: &LeftBehind) -> String {
    format!("hookctl register --restore --profile {}", left.profile)
}

/// What is wrong.
pub(in crate::cli) fn said(left: &LeftBehind) -> String {
    format!("a listener that ended without a farewell left {} registered", left.url)
}

/// Puts it back, where it is of the account that these arguments name.
pub(in crate::cli) async fn mend(
    left: &LeftBehind,
    args: &AccessArgs,
    stop: &Stop,
    context: &Context,
) -> Result<Ended, CommandError> {
    let account = Account::of(args, context)?;
    if account.access.profile != left.profile || account.access.base.as_str() != left.base {
        return Err(CommandError::config("it is of another account than this run"));
    }
    let _lock = account.lock()?;
    let (remote, store) = (account.remote()?, account.registration());
    let late = || CommandError::new(Exit::TimeUp, "the vendor did not answer in time");
    tokio::select! {
        ended = tokio::time::timeout(PATIENCE, put_back(&remote, &store)) => {
            ended.map_err(|_| late())?.map_err(|failed| explain(&failed, &account))
        }
        () = stop.first() => Err(CommandError::new(Exit::Interrupted, "interrupted")),
    }
}
