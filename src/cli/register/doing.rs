//! Registers with a vendor that has an API for it: look, plan, ask, do, say.

use super::account::{Account, not_kept};
use super::words::{self, Said};
use super::{RegisterArgs, given, wish};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::signals::Stop;
use crate::hook::secret::Secret;
use crate::job::register::{
    Done, Endpoint, Known, Lasting, Means, Plan, Refusal, Saved, SecretState, look, plan, run as act,
};
use crate::ui::prompt;
use tokio::runtime::Runtime;

pub(super) fn run(args: &RegisterArgs, account: &Account, context: &Context) -> Result<Exit, CommandError> {
    let wish = wish(args, account)?;
    let given = given(args, context)?;
    // Before the vendor is asked: what is missing is said at once.
    account.remote()?;
    let runtime = context.runtime()?;
    let work = Work { args, account, context, runtime: &runtime };
    let ended = match &wish {
        None => work.show(),
        Some(wish) => {
            let _lock = if args.dry_run { None } else { Some(account.lock()?) };
            let Some(seen) = work.look()? else { return Ok(Exit::Interrupted) };
            let planned = plan(wish, seen.known()).map_err(|refusal| words::refused(&refusal, account))?;
            match args.dry_run {
                true => words::planned(&planned, account, context),
                false => work.go(&planned, &seen, given.as_ref()),
            }
        }
    };
    runtime.shutdown_background();
    ended
}

/// What was found before anything is done.
struct Seen {
    saved: Saved,
    held: Option<String>,
    found: Option<Endpoint>,
}

impl Seen {
    fn known(&self) -> Known<'_> {
        Known { saved: &self.saved, held: self.held.as_deref(), found: self.found.as_ref() }
    }
}

struct Work<'a> {
    args: &'a RegisterArgs,
    account: &'a Account,
    context: &'a Context,
    runtime: &'a Runtime,
}

impl Work<'_> {
    /// What the vendor has; `None` when a person stops it, which changes nothing.
    fn look(&self) -> Result<Option<Seen>, CommandError> {
        let (remote, store) = (self.account.remote()?, self.account.registration());
        self.runtime.block_on(async {
            let stop = Stop::new().map_err(|error| CommandError::local("could not start").because(&error))?;
            tokio::select! {
                seen = look(&remote, &store) => {
                    let (saved, held, found) = seen.map_err(|failed| words::failed(&failed, self.account))?;
                    Ok(Some(Seen { saved, held, found }))
                }
                () = stop.first() => Ok(None),
            }
        })
    }

    fn show(&self) -> Result<Exit, CommandError> {
        let Some(seen) = self.look()? else { return Ok(Exit::Interrupted) };
        let secret = seen.saved.secret(seen.found.as_ref(), seen.held.as_deref());
        let said = Said {
            result: "shown",
            endpoint: seen.found.as_ref(),
            secret,
            stored: false,
            saved: &seen.saved,
            fresh: None,
        };
        words::registration(&said, self.account, self.context)?;
        words::advise(&seen.saved, seen.found.as_ref(), secret, self.context);
        Ok(Exit::Done)
    }

    fn go(&self, planned: &Plan, seen: &Seen, given: Option<&Secret>) -> Result<Exit, CommandError> {
        if planned.mints || given.is_some() {
            self.account.require_own_secret()?;
        }
        self.agreed(planned)?;
        let (remote, store) = (self.account.remote()?, self.account.registration());
        let means = Means {
            remote: &remote,
            store: &store,
            saved: &seen.saved,
            found: seen.found.as_ref(),
            given,
            lasting: Lasting::UntilChanged,
        };
        let done = self.runtime.block_on(async {
            let stop = Stop::new().map_err(|error| CommandError::local("could not start").because(&error))?;
            tokio::select! {
                // The first Ctrl-C waits: between the vendor's answer and the disk nobody is interrupted.
                done = act(planned, means) => done.map_err(|failed| words::failed(&failed, self.account)),
                () = stop.second() => Err(words::cut_short(self.account)),
            }
        })?;
        self.say(&done)
    }

    /// Asks before a secret ends or somebody's webhook goes.
    fn agreed(&self, planned: &Plan) -> Result<(), CommandError> {
        let Some(ends) = planned.ends.as_ref().filter(|_| !self.args.yes) else { return Ok(()) };
        let consequence = words::consequence(planned, ends);
        self.context.streams().warn(&consequence, None);
        let asked = prompt::confirm(self.context.gate(), "Go on?", false);
        match asked {
            Ok(true) => Ok(()),
            Ok(false) => Err(CommandError::new(Exit::No, "nothing was changed")),
            Err(error) => Err(CommandError::usage("could not ask whether to go on")
                .because(&error)
                .hint("say it with `--yes`")),
        }
    }

    fn say(&self, done: &Done) -> Result<Exit, CommandError> {
        let saved = crate::job::register::Store::load(&self.account.registration()).unwrap_or_default();
        // Not on the disk, it is shown even unasked: there is no other place for it.
        let shown = done.fresh.as_ref().filter(|_| self.args.print_secret || done.unkept.is_some());
        let said = Said {
            result: done.outcome.as_str(),
            endpoint: done.endpoint.as_ref(),
            secret: done.secret,
            stored: done.fresh.is_some() && done.unkept.is_none(),
            saved: &saved,
            fresh: shown,
        };
        let written = words::registration(&said, self.account, self.context);
        if let Some(error) = &done.unkept {
            return Err(words::unkept(error, written.is_ok(), done.endpoint.as_ref()));
        }
        written?;
        if let Some(error) = &done.unsettled {
            let text = format!(
                "the secret is kept, but not the record of the change: {}",
                not_kept(error).causes.join(": ")
            );
            self.context.streams().warn(&text, Some("hookctl register --show"));
        }
        if self.args.print_secret && shown.is_none() {
            let text = "the vendor gives a signing secret once, with a new webhook: there is none to print";
            self.context.streams().warn(text, Some("`hookctl register --rotate` makes a new one"));
        }
        words::advise(&saved, done.endpoint.as_ref(), done.secret, self.context);
        words::overruled(self.account, self.context);
        match (done.secret, &done.endpoint) {
            (SecretState::Lost, Some(endpoint)) => {
                Err(words::refused(&Refusal::Lost(endpoint.clone()), self.account))
            }
            _ => Ok(Exit::Done),
        }
    }
}
