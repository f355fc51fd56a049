//! What the keys of a listener's screen do: send again, edit, open.

use super::ListenArgs;
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::signals::Stop;
use crate::cli::values::{duration, headers};
use crate::cli::{browser, editor, faults};
use crate::clock;
use crate::forward::{ForwardOptions, Forwarder};
use crate::hook::attempt::Attempt;
use crate::hook::delivery::Delivery;
use crate::hook::target::{PathMode, Target};
use crate::job::replay::{Changes, Prepared, Resign, prepare};
use crate::journal::{Entry, Guest};
use crate::ui::view::{Edited, Ended, Hands};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use tokio::runtime::Handle;

/// Deliveries that may be under way to their targets at a key press.
const MOST: usize = 16;

/// The hands of a listener.
pub(super) struct Keeper {
    args: ListenArgs,
    context: Context,
    journal: PathBuf,
    targets: Vec<Target>,
    address: SocketAddr,
    /// The inspector's address with its token, where it runs.
    inspector: Option<String>,
    /// For requests whose target has its whole path.
    forwarder: Arc<Forwarder>,
    stop: Stop,
    runtime: Handle,
    under_way: Arc<AtomicUsize>,
}

/// What a listener that is set up has to give.
pub(super) struct Given<'a> {
    pub(super) journal: &'a Path,
    pub(super) targets: &'a [Target],
    pub(super) kept_headers: &'a [String],
    pub(super) address: SocketAddr,
    pub(super) inspector: Option<String>,
}

impl Keeper {
    /// The hands of a listener; call it inside the runtime.
    pub(super) fn new(
        args: &ListenArgs,
        given: Given<'_>,
        stop: &Stop,
        context: &Context,
    ) -> Result<Self, CommandError> {
        let mut options = ForwardOptions {
            path_mode: PathMode::Fixed,
            extra_headers: headers("--header", &args.headers)?,
            kept_headers: given.kept_headers.to_vec(),
            insecure: args.insecure,
            ..ForwardOptions::default()
        };
        if let Some(text) = &args.timeout {
            options.timeout = duration("--timeout", text)?;
        }
        let forwarder = Forwarder::new(options)
            .map_err(|error| CommandError::usage("could not use `--header`").because(&error))?;
        Ok(Self {
            args: args.clone(),
            context: context.clone(),
            journal: given.journal.to_owned(),
            targets: given.targets.to_vec(),
            address: given.address,
            inspector: given.inspector,
            forwarder: Arc::new(forwarder),
            stop: stop.clone(),
            runtime: Handle::current(),
            under_way: Arc::default(),
        })
    }

    fn path_mode(&self) -> PathMode {
        self.args.path_mode.into()
    }

    /// Who signs a delivery again. Asks for a secret where none is known.
    fn signer(&self, entry: &Entry) -> Result<Resign, CommandError> {
        let known = entry.listed.verdict.provider.as_deref();
        let id = self.args.provider.provider.as_deref().or(known).ok_or_else(|| {
            let seq = entry.listed.seq;
            CommandError::usage(format!("the provider of #{seq} is not known, so it cannot be signed again"))
                .hint("start with `--provider ID`")
        })?;
        let catalogue = self.context.catalogue(&self.args.provider.provider_file)?;
        let secrets = self.context.secrets(&self.args.secret)?;
        let provider = self.context.provider(&catalogue, id)?;
        let webhook_id = self.args.provider.webhook_id.as_deref();
        let keys = crate::cli::keys::of(&provider, &secrets, webhook_id, &self.context)?;
        Ok(Resign { provider, keys: Arc::new(keys) })
    }

    fn targets(&self, to: Option<&str>) -> Result<Vec<Target>, CommandError> {
        match to {
            Some(text) => {
                let provider = self.args.provider.provider.as_deref();
                Ok(vec![self.context.target("the target", text, provider)?])
            }
            None => Ok(self.targets.clone()),
        }
    }

    /// The requests that send a delivery again.
    fn requests(
        &self,
        entry: &Entry,
        edited: Option<&Edited>,
        to: Option<&str>,
    ) -> Result<Vec<Prepared>, CommandError> {
        let seq = entry.listed.seq;
        let prepared = self.targets(to)?.into_iter().map(|target| {
            let changes = Changes {
                body: edited.map(|edited| edited.body.clone()),
                resign: edited.map(|edited| (edited.resign.clone(), clock::now())),
                ..Changes::default()
            };
            prepare(seq, &entry.delivery, changes, &target, self.path_mode())
                .map_err(|error| CommandError::usage("could not send it again").because(&error))
        });
        prepared.collect()
    }

    fn send(&self, seq: u64, came: Delivery, request: Prepared, ended: Ended) {
        if self.under_way.fetch_add(1, Ordering::Relaxed) >= MOST {
            self.under_way.fetch_sub(1, Ordering::Relaxed);
            return ended.say(Err("too many are under way; wait until a target has answered".to_owned()));
        }
        let (forwarder, under_way) = (Arc::clone(&self.forwarder), Arc::clone(&self.under_way));
        let journal = self.journal.clone();
        self.runtime.spawn(async move {
            let attempt = request.send(&forwarder, &came).await;
            let kept = attempt.clone();
            let kept = tokio::task::spawn_blocking(move || keep(&journal, seq, &kept)).await;
            under_way.fetch_sub(1, Ordering::Relaxed);
            ended.attempted(seq, attempt);
            if let Ok(Err(reason)) = kept {
                ended.say(Err(format!("the attempt of #{seq} is not in the journal: {reason}")));
            }
        });
    }
}

fn keep(journal: &Path, seq: u64, attempt: &Attempt) -> Result<(), String> {
    let mut guest = Guest::open(journal).map_err(|error| error.to_string())?;
    guest.record_attempt(seq, attempt).map_err(|error| error.to_string())
}

/// The inspector's page of a delivery. The token stays behind the `#`, which no server sees.
fn page_of(url: &str, seq: Option<u64>) -> String {
    match (url.split_once('#'), seq) {
        (Some((page, token)), Some(seq)) => format!("{page}?open={seq}#{token}"),
        _ => url.to_owned(),
    }
}

/// An error in one line: what, why, and the command that mends it.
fn in_one_line(error: CommandError) -> String {
    let mut text = std::iter::once(error.message).chain(error.causes).collect::<Vec<_>>().join(": ");
    if let Some(hint) = error.hint {
        text.push_str("; ");
        text.push_str(&hint);
    }
    text
}

impl Hands for Keeper {
    fn url(&self, entry: &Entry) -> String {
        let incoming = entry.delivery.head.target();
        match self.targets.first() {
            Some(target) => target.url_for(incoming, self.path_mode()),
            None => format!("http://{}{incoming}", self.address),
        }
    }

    fn edit(&self, entry: &Entry) -> Result<Option<Edited>, String> {
        let name = format!("delivery-{}.json", entry.listed.seq);
        // First of all: nobody is to edit what cannot be sent.
        let resign = self.signer(entry).map_err(in_one_line)?;
        let body = editor::edited(&entry.delivery.body, &name, &self.context).map_err(in_one_line)?;
        Ok((body != entry.delivery.body).then_some(Edited { body, resign }))
    }

    fn replay(&self, entry: &Entry, edited: Option<Edited>, to: Option<String>, ended: &Ended) {
        match self.requests(entry, edited.as_ref(), to.as_deref()) {
            Ok(requests) => {
                requests.into_iter().for_each(|request| {
                    self.send(entry.listed.seq, entry.delivery.clone(), request, ended.clone());
                });
            }
            Err(error) => ended.say(Err(in_one_line(error))),
        }
    }

    fn open(&self, seq: Option<u64>, ended: &Ended) {
        faults::in_the_list(&self.context);
        let ended = ended.clone();
        let Some(url) = self.inspector.clone() else {
            return ended.say(Err("there is no inspector to open; start without `--no-inspect`".to_owned()));
        };
        let url = page_of(&url, seq);
        let context = self.context.clone();
        // The opener is watched for a moment.
        self.runtime.spawn_blocking(move || {
            let opened = browser::open(&url, &context).map_err(in_one_line);
            ended.say(opened.map(|()| "opened in the browser".to_owned()));
        });
    }

    fn quit(&self) {
        self.stop.ask();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_page_of_a_delivery_keeps_the_token_out_of_the_query() {
        let url = "http://127.0.0.1:4401/#token=abc";
        assert_eq!(page_of(url, Some(12)), "http://127.0.0.1:4401/?open=12#token=abc");
        assert_eq!(page_of(url, None), url);
    }
}
