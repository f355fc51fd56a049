//! The inspector beside a listener: on unless somebody does without it.

use super::ListenArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::inspect::{Place, is_usual, not_started};
use crate::inspect::{self, Options};
use crate::job::judge::Judge;
use crate::job::listen::bases;
use crate::job::listen::{Inspector, Ledger};
use std::net::SocketAddr;
use std::path::Path;
use std::sync::Arc;

/// What the listener receives, and where it sends it.
pub(super) struct Listening<'a> {
    pub(super) ledger: &'a Ledger,
    pub(super) judge: &'a Arc<Judge>,
    pub(super) address: SocketAddr,
    pub(super) targets: Vec<String>,
}

/// The address that was named.
///
/// # Errors
/// When it is none.
pub(super) fn place(args: &ListenArgs) -> Result<Option<Place>, CommandError> {
    args.inspect.as_deref().map(|text| Place::parse("--inspect", text)).transpose()
}

/// Starts it where there is a journal to show.
///
/// # Errors
/// When its address was named and cannot be had. One that nobody asked for is
/// done without.
pub(super) fn beside(
    args: &ListenArgs,
    listening: &Listening<'_>,
    context: &Context,
) -> Result<Option<Inspector>, CommandError> {
    if args.no_inspect || args.guided {
        return Ok(None);
    }
    let named = place(args)?;
    let Some(journal) = listening.ledger.path() else {
        if named.is_some() {
            context.streams().warn("there is no inspector: without a journal there is nothing to show", None);
        }
        return Ok(None);
    };
    match started(named.unwrap_or(Place::USUAL), journal, listening, args, context) {
        Ok(inspector) => Ok(Some(inspector)),
        Err(error) if named.is_none() => {
            let why = error.causes.first().map(|cause| format!(": {cause}")).unwrap_or_default();
            context.streams().warn(
                &format!("there is no inspector{why}"),
                Some("do without it with `--no-inspect`, or give it an address with `--inspect ADDRESS`"),
            );
            Ok(None)
        }
        Err(error) => Err(error),
    }
}

fn started(
    place: Place,
    journal: &Path,
    listening: &Listening<'_>,
    args: &ListenArgs,
    context: &Context,
) -> Result<Inspector, CommandError> {
    let public_url = args.public_url.as_deref();
    let socket = place.bind().map_err(|error| {
        CommandError::local("could not serve the inspector")
            .because(&error)
            .hint("take another port with `--inspect PORT`, or do without it with `--no-inspect`")
    })?;
    let options = Options {
        journal: journal.to_owned(),
        usual_journal: is_usual(journal, context),
        listening: Some(format!("http://{}", listening.address)),
        targets: listening.targets.clone(),
        path_mode: args.path_mode.into(),
        public_url: public_url.map(str::to_owned),
        bases: bases(listening.address, public_url),
        judge: Arc::clone(listening.judge),
    };
    let running = inspect::start(socket, options).map_err(|error| not_started(&error, journal))?;
    place.warn(context);
    Ok(Inspector { url: running.url().to_owned(), end: Box::pin(running.stop()) })
}
