//! The vendor's webhook for as long as a listener runs: its public URL is
//! registered once the socket is open, and what was there before is put back at
//! the end, or at the next start after a crash.

use super::ListenArgs;
use crate::cli::access::AccessArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::register::{Account, explain, left, put_back_said};
use crate::cli::signals::Stop;
use crate::config::profiles::ProfileLock;
use crate::config::registrations;
use crate::job::register::{Endpoint, SecretState, begin, put_back};
use crate::vendor::Vendor;

/// The command that puts back what a listener left behind.
const RESTORE: &str = "hookctl register --restore";

/// The webhook of a listener. The account is its own until this is dropped.
pub(super) struct Registered {
    account: Account,
    endpoint: Endpoint,
    _lock: ProfileLock,
}

impl Registered {
    /// What is to be registered, if anything is; everything that can be wrong
    /// about it is found before a socket is opened.
    pub(super) fn of(args: &ListenArgs, context: &Context) -> Result<Option<Self>, CommandError> {
        if !args.register {
            return Ok(None);
        }
        let account = Account::of(&access_args(args), context)?;
        if account.access.vendor() == Vendor::Koji {
            return Err(CommandError::usage("Koji has no API to register a webhook with")
                .hint("hookctl register --provider koji"));
        }
        let Some(url) = &args.public_url else {
            return Err(CommandError::usage(
                "`--register` needs the URL under which the vendor reaches this listener",
            )
            .hint("give it with `--public-url https://...`, such as the URL of a tunnel"));
        };
        let endpoint = account.endpoint(url, &[])?;
        account.remote()?;
        let lock = account.lock()?;
        Ok(Some(Self { account, endpoint, _lock: lock }))
    }

    /// Registers; what an earlier listener left behind is put back first.
    pub(super) async fn begin(&self, context: &Context) -> Result<(), CommandError> {
        let (remote, store) = (self.account.remote()?, self.account.registration());
        self.account.require_own_secret()?;
        let begun = begin(&remote, &store, self.endpoint.clone()).await;
        let (earlier, done) = begun.map_err(|failed| explain(&failed, &self.account))?;
        put_back_said(&earlier, context);
        let url = &self.endpoint.url;
        match done.before.filter(|before| !before.same(&self.endpoint)) {
            Some(before) => context.streams().warn(
                &format!(
                    "{url} is registered while this runs: {} gets no webhooks until it ends",
                    before.url
                ),
                None,
            ),
            None => context.streams().say(&format!("{url} is registered while this runs")),
        }
        if let Some(error) = &done.unkept {
            let text =
                format!("the new signing secret could not be stored, so nothing can be verified: {error}");
            context.streams().warn(&text, None);
        } else if done.secret != SecretState::Known {
            context.streams().warn(
                "the signing secret of this webhook is not known to hookctl: the vendor gave it once, before",
                Some("give it with `--secret-file FILE`, or make a new one with `hookctl register --rotate`"),
            );
        }
        Ok(())
    }

    /// Puts back what was there before.
    pub(super) async fn end(&self, stop: &Stop, context: &Context) -> Result<(), CommandError> {
        let (remote, store) = (self.account.remote()?, self.account.registration());
        tokio::select! {
            ended = put_back(&remote, &store) => {
                let ended = ended.map_err(|failed| explain(&failed, &self.account).hint(RESTORE))?;
                put_back_said(&ended, context);
                Ok(())
            }
            () = stop.third() => {
                Err(CommandError::new(Exit::Interrupted, "what was registered before was not put back")
                    .hint(RESTORE))
            }
        }
    }
}

/// Puts back what a listener that crashed has left behind, at the start of one that registers nothing.
pub(super) async fn mend(args: &ListenArgs, stop: &Stop, context: &Context) {
    let Ok(profiles) = context.profiles() else { return };
    for found in registrations::left_behind(&profiles) {
        match left::mend(&found, &access_args(args), stop, context).await {
            Ok(ended) => put_back_said(&ended, context),
            Err(error) => {
                let why: Vec<String> = std::iter::once(error.message).chain(error.causes).collect();
                let text = format!("{}: {}", left::said(&found), why.join(": "));
                context.streams().warn(&text, Some(&left::restore(&found)));
            }
        }
    }
}

fn access_args(args: &ListenArgs) -> AccessArgs {
    AccessArgs { provider: args.provider.provider.clone(), ..AccessArgs::default() }
}
