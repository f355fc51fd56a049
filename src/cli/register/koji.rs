//! Koji has no API for webhooks: a guided path. Says where to click, waits for
//! the ping, asks for the secret, keeps it, and confirms with the first delivery
//! whose signature holds.

use super::account::{Account, not_kept};
use super::words::{self, Said};
use super::{RegisterArgs, given};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::listen;
use crate::cli::signals::Stop;
use crate::cli::values::duration;
use crate::hook::secret::Secret;
use crate::job::register::{Endpoint, SecretState, Store, Watch, WatchError};
use crate::journal::owner;
use crate::ui::prompt;
use crate::ui::style::Role;
use crate::ui::table::facts;
use serde_json::json;
use std::path::Path;
use std::time::Duration;

/// Where Koji's documentation says to click; its two pages disagree.
const MENUS: [&str; 2] = [
    "workspace: Settings > Webhooks > Add Webhook",
    "project: Settings > Integrations > Webhooks > Add Webhook Endpoint",
];

pub(super) fn run(args: &RegisterArgs, account: &Account, context: &Context) -> Result<Exit, CommandError> {
    refuse_what_needs_an_api(args)?;
    if args.show {
        return show(account, context);
    }
    let url = args.url.as_deref().map(|url| account.endpoint(url, &args.events)).transpose()?;
    if let Some(secret) = given(args, context)? {
        return take(&secret, url.as_ref(), account, context);
    }
    let Some(endpoint) = url else {
        return Err(CommandError::usage("no URL was given")
            .hint("`hookctl register --provider koji URL` says what to do with it"));
    };
    say_where(&endpoint, context)?;
    if args.dry_run {
        return Ok(Exit::Done);
    }
    context.gate().check().map_err(|error| {
        CommandError::config("could not ask for the signing secret").because(&error).hint(
            "save the webhook in Koji, put the secret that it then shows into a file, and keep it with \
             `hookctl register --provider koji URL --secret-file FILE`",
        )
    })?;
    Guided { args, account, context, endpoint, wait: duration("--wait", &args.wait)? }.run()
}

/// What Koji has no API for.
fn refuse_what_needs_an_api(args: &RegisterArgs) -> Result<(), CommandError> {
    let asked = [
        (args.replace, "--replace"),
        (args.rotate, "--rotate"),
        (args.restore, "--restore"),
        (args.remove, "--remove"),
    ];
    match asked.into_iter().find(|(given, _)| *given) {
        None => Ok(()),
        Some((_, flag)) => {
            Err(CommandError::usage(format!("could not use `{flag}`: Koji has no API for webhooks"))
                .hint(format!("change it in Koji ({})", MENUS.join(", or "))))
        }
    }
}

fn show(account: &Account, context: &Context) -> Result<Exit, CommandError> {
    let store = account.registration();
    let saved = store.load().map_err(|error| not_kept(&error))?;
    let held = store.fingerprint().map_err(|error| not_kept(&error))?;
    let secret = saved.secret(saved.current.as_ref(), held.as_deref());
    let (endpoint, saved) = (saved.current.as_ref(), &saved);
    let said = Said { result: "shown", endpoint, secret, stored: false, saved, fresh: None };
    words::registration(&said, account, context)?;
    context.streams().hint("what is registered in Koji can only be seen there");
    Ok(Exit::Done)
}

/// Says where to click and what to enter.
fn say_where(endpoint: &Endpoint, context: &Context) -> Result<(), CommandError> {
    if context.json() {
        return context.record(&json!({
            "v": 1, "type": "guide", "provider": "koji", "url": endpoint.url, "events": endpoint.events,
            "menus": MENUS,
        }));
    }
    let mut page = context.streams().page();
    page.put(Role::Strong, "Koji has no API for webhooks. In Koji:").end_line();
    let listed = vec![
        ("open", vec![MENUS[0].to_owned()]),
        ("or", vec![MENUS[1].to_owned()]),
        ("URL", vec![endpoint.url.clone()]),
        ("events", vec![endpoint.events.join(", ")]),
        (
            "save",
            vec![
                "Koji sends a ping, which must be answered 200; then it shows the signing secret".to_owned(),
            ],
        ),
    ];
    facts(&mut page, &listed);
    Ok(context.streams().show(&page)?)
}

/// Keeps the secret, and says so.
fn take(
    secret: &Secret,
    endpoint: Option<&Endpoint>,
    account: &Account,
    context: &Context,
) -> Result<Exit, CommandError> {
    account.require_own_secret()?;
    let _lock = account.lock()?;
    keep(secret, endpoint, account)?;
    let saved = account.registration().load().map_err(|error| not_kept(&error))?;
    let said = Said {
        result: "updated",
        endpoint: saved.current.as_ref(),
        secret: SecretState::Known,
        stored: true,
        saved: &saved,
        fresh: None,
    };
    if said.endpoint.is_some() || context.json() {
        words::registration(&said, account, context)?;
    } else {
        context.streams().say(&format!("the signing secret is in the profile `{}`", account.access.profile));
    }
    words::overruled(account, context);
    Ok(Exit::Done)
}

fn keep(secret: &Secret, endpoint: Option<&Endpoint>, account: &Account) -> Result<(), CommandError> {
    let store = account.registration();
    store.keep(secret).map_err(|error| not_kept(&error))?;
    let mut saved = store.load().map_err(|error| not_kept(&error))?;
    saved.secret_known = true;
    if endpoint.is_some() {
        saved.current = endpoint.cloned();
    }
    store.save(&saved).map_err(|error| not_kept(&error))
}

/// The guided path of a person at a terminal.
struct Guided<'a> {
    args: &'a RegisterArgs,
    account: &'a Account,
    context: &'a Context,
    endpoint: Endpoint,
    wait: Duration,
}

impl Guided<'_> {
    fn run(&self) -> Result<Exit, CommandError> {
        self.account.require_own_secret()?;
        let _lock = self.account.lock()?;
        let journal = self.context.journal(self.args.journal.as_deref())?;
        let running = is_running(&journal)?;
        let runtime = self.context.runtime()?;
        let ended = runtime.block_on(async {
            let stop = Stop::new().map_err(|error| CommandError::local("could not start").because(&error))?;
            let guide = async {
                let told = tokio::select! {
                    told = self.guide(&journal) => told,
                    () = stop.first() => Ok(Exit::Interrupted),
                };
                stop.ask();
                told
            };
            if running {
                self.context.streams().say("a listener is running: its journal is watched for the ping");
                return guide.await;
            }
            let args = listen::for_guide(self.args.port, &journal)?;
            let listening = async {
                let ended = listen::beside(&args, &stop, self.context).await;
                // Without a listener nothing can arrive.
                stop.ask();
                ended
            };
            let (told, listened) = tokio::join!(guide, listening);
            listened.and(told)
        });
        runtime.shutdown_background();
        ended
    }

    async fn guide(&self, journal: &Path) -> Result<Exit, CommandError> {
        let streams = self.context.streams();
        let unreadable =
            |error: WatchError| CommandError::local("could not watch the journal").because(&error);
        let provider = self.context.provider(&self.context.catalogue(&[])?, "koji")?;
        let mut watch = Watch::from_now(journal, provider.clone()).map_err(unreadable)?;
        streams.say("waiting for Koji's ping ...");
        let Ok(ping) = tokio::time::timeout(self.wait, watch.next()).await else {
            return Err(self.late("no ping came", "check the URL and the tunnel, save the webhook in Koji again, or keep the secret with `--secret-file FILE`"));
        };
        let ping = ping.map_err(unreadable)?;
        streams.say(&format!("#{} came from {}", ping.listed.seq, ping.delivery.peer));
        let gate = self.context.gate();
        let asked =
            tokio::task::spawn_blocking(move || prompt::secret(gate, "Signing secret that Koji shows now"))
                .await;
        let secret = asked
            .map_err(|error| CommandError::new(Exit::Bug, "the prompt ended").because(&error))?
            .map_err(|error| {
                CommandError::config("could not read the signing secret")
                    .because(&error)
                    .hint("give it with `--secret-file FILE`")
            })?;
        keep(&secret, Some(&self.endpoint), self.account)?;
        streams.say(&format!("the signing secret is in the profile `{}`", self.account.access.profile));
        words::overruled(self.account, self.context);
        let keys = provider
            .keys(&[secret])
            .map_err(|error| CommandError::config("could not use the signing secret").because(&error))?;
        let confirmed = async {
            let mut entry = ping;
            while !watch.holds(&entry, &keys) {
                if Some(entry.listed.seq) != watch.first() {
                    streams.warn(
                        &format!("the signature of #{} does not hold with this secret", entry.listed.seq),
                        Some("run the command again with the secret that Koji shows for this webhook"),
                    );
                }
                entry = watch.next().await?;
            }
            Ok(entry.listed.seq)
        };
        streams.say("waiting for the first delivery whose signature holds ...");
        match tokio::time::timeout(self.wait, confirmed).await {
            Ok(seq) => {
                let seq = seq.map_err(unreadable)?;
                streams.say(&format!("#{seq} is verified: Koji's webhook works"));
                self.done()
            }
            Err(_) => Err(self.late(
                "the secret is stored, but no delivery came whose signature holds",
                "`hookctl listen --provider koji` shows what arrives",
            )),
        }
    }

    fn done(&self) -> Result<Exit, CommandError> {
        let saved = self.account.registration().load().map_err(|error| not_kept(&error))?;
        let said = Said {
            result: "created",
            endpoint: Some(&self.endpoint),
            secret: SecretState::Known,
            stored: true,
            saved: &saved,
            fresh: None,
        };
        words::registration(&said, self.account, self.context)?;
        Ok(Exit::Done)
    }

    fn late(&self, what: &str, hint: &str) -> CommandError {
        CommandError::new(Exit::TimeUp, format!("{what} within {}", self.args.wait)).hint(hint)
    }
}

/// Whether a listener has the journal.
fn is_running(journal: &Path) -> Result<bool, CommandError> {
    owner(journal).map(|owner| owner.is_some()).map_err(|error| {
        CommandError::local(format!("could not look at the lock of `{}`", journal.display())).because(&error)
    })
}
