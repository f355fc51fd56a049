//! `hookctl events replay`.

use super::{ReplayArgs, missing, open, unreadable};
use crate::cli::context::Context;
use crate::cli::editor;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::journal::not_opened;
use crate::cli::signals::Stop;
use crate::cli::values::{duration, headers, since, target};
use crate::clock;
use crate::forward::{ForwardOptions, Forwarder};
use crate::hook::provider::Catalogue;
use crate::hook::target::{PathMode, Target};
use crate::job::replay::{self, Changes, Prepared, Resign};
use crate::job::wanted::PAGE;
use crate::journal::{Entry, Filter, Guest, Order, Reader};
use crate::ui::sent::SentReport;
use std::path::Path;
use std::sync::Arc;

pub(super) fn run(args: &ReplayArgs, path: &Path, context: &Context) -> Result<Exit, CommandError> {
    let to = target("--to", &args.to)?;
    let forwarder = Forwarder::new(ForwardOptions {
        // The target of a prepared request has its whole path.
        path_mode: PathMode::Fixed,
        extra_headers: headers("--header", &args.headers)?,
        timeout: duration("--timeout", &args.timeout)?,
        insecure: args.insecure,
        ..ForwardOptions::default()
    })
    .map_err(|error| CommandError::usage("could not use `--header`").because(&error))?;
    let reader = open(path)?;
    let seqs = chosen(args, &reader)?;
    if args.edit && seqs.len() != 1 {
        return Err(CommandError::usage("`--edit` takes one delivery").hint("name it by its number"));
    }
    let guest = Guest::open(path).map_err(|error| not_opened(&error, path))?;
    let signer = Signer::new(args, context)?;
    let mut replay = Replay { args, context, reader, guest, signer, forwarder, to };
    let progress = context.progress("replaying", if seqs.len() > 1 { seqs.len() as u64 } else { 0 });
    let report =
        SentReport::new(Arc::clone(context.streams()), context.json_report(), progress, seqs.len() == 1);
    let runtime = context.runtime()?;
    let ended = runtime.block_on(async {
        let stop = Stop::new().map_err(|error| CommandError::local("could not start").because(&error))?;
        tokio::select! {
            ended = replay.all(&seqs, &report) => ended,
            () = stop.first() => Ok(Exit::Interrupted),
        }
    });
    report.finish();
    runtime.shutdown_background();
    if let Some(failure) = context.streams().failure() {
        return Err(failure.into());
    }
    ended
}

/// The numbers of the deliveries to send, oldest first.
fn chosen(args: &ReplayArgs, reader: &Reader) -> Result<Vec<u64>, CommandError> {
    let mut filter = Filter { order: Order::OldestFirst, limit: PAGE, ..Filter::default() };
    if let Some(which) = &args.which {
        let (first, last) = range(which)?;
        if first == last {
            let there = reader.get(first).map_err(|error| unreadable(&error))?.is_some();
            return if there { Ok(vec![first]) } else { Err(missing(first)) };
        }
        filter.seqs = Some(first..=last);
    }
    filter.since = args.since.as_deref().map(|text| since("--since", text, clock::now())).transpose()?;
    filter.undelivered = args.undelivered;
    filter.dead = args.dead;
    let mut seqs = Vec::new();
    loop {
        let page = reader.list(&filter).map_err(|error| unreadable(&error))?;
        seqs.extend(page.items.iter().map(|listed| listed.seq));
        match page.next {
            Some(next) => filter.after = Some(next),
            None => break,
        }
    }
    if seqs.is_empty() {
        return Err(CommandError::usage("no delivery of the journal is meant").hint("hookctl events list"));
    }
    Ok(seqs)
}

fn range(text: &str) -> Result<(u64, u64), CommandError> {
    let number = |text: &str| text.trim().trim_start_matches('#').parse::<u64>().ok();
    let ends = match text.split_once("..") {
        Some((first, last)) => number(first).zip(number(last.trim_start_matches('='))),
        None => number(text).map(|seq| (seq, seq)),
    };
    ends.filter(|(first, last)| first <= last).ok_or_else(|| {
        CommandError::usage(format!("`{text}` is neither a delivery nor a range"))
            .hint("write a number such as 12, or a range such as 10..20")
    })
}

/// Finds out who signs a delivery again.
struct Signer {
    catalogue: Catalogue,
    secrets: crate::config::secrets::Secrets,
    named: Option<String>,
    webhook_id: Option<String>,
}

impl Signer {
    fn new(args: &ReplayArgs, context: &Context) -> Result<Option<Self>, CommandError> {
        if !args.resign && !args.edit {
            return Ok(None);
        }
        Ok(Some(Self {
            catalogue: context.catalogue(&args.provider.provider_file)?,
            secrets: context.secrets(&args.secret)?,
            named: args.provider.provider.clone(),
            webhook_id: args.provider.webhook_id.clone(),
        }))
    }

    fn of(&self, entry: &Entry, context: &Context) -> Result<Resign, CommandError> {
        let known = entry.listed.verdict.provider.as_deref();
        let id = self.named.as_deref().or(known).ok_or_else(|| {
            CommandError::usage(format!("the provider of delivery {} is not known", entry.listed.seq))
                .hint("name it with `--provider ID`")
        })?;
        let provider = context.provider(&self.catalogue, id)?;
        let keys = crate::cli::keys::of(&provider, &self.secrets, self.webhook_id.as_deref(), context)?;
        Ok(Resign { provider, keys: Arc::new(keys) })
    }
}

struct Replay<'a> {
    args: &'a ReplayArgs,
    context: &'a Context,
    reader: Reader,
    guest: Guest,
    signer: Option<Signer>,
    forwarder: Forwarder,
    to: Target,
}

impl Replay<'_> {
    async fn all(&mut self, seqs: &[u64], report: &SentReport) -> Result<Exit, CommandError> {
        let (mut taken, mut answered) = (true, false);
        for seq in seqs {
            // Pruned meanwhile: said, and the rest goes on.
            let Some(entry) = self.reader.get(*seq).map_err(|error| unreadable(&error))? else {
                self.context.streams().warn(&format!("delivery {seq} is no longer in the journal"), None);
                continue;
            };
            let prepared = self.request(&entry)?;
            let event = entry.listed.facts.event.clone();
            let attempt =
                replay::send((*seq, event, &entry.delivery), &prepared, &self.forwarder, report).await;
            taken &= attempt.outcome.delivered();
            answered |= attempt.outcome.status().is_some();
            if let Err(error) = self.guest.record_attempt(*seq, &attempt) {
                self.context
                    .streams()
                    .warn(&format!("the attempt of {seq} is not in the journal: {error}"), None);
            }
        }
        Ok(match (taken, answered) {
            (true, _) => Exit::Done,
            (false, true) => Exit::No,
            (false, false) => Exit::Network,
        })
    }

    /// The request to send: as it came, or with the edited body, signed again.
    fn request(&self, entry: &Entry) -> Result<Prepared, CommandError> {
        let (seq, delivery) = (entry.listed.seq, &entry.delivery);
        let mut changes = Changes::default();
        if self.args.edit {
            let name = format!("delivery-{seq}.json");
            changes.body = Some(editor::edited(&delivery.body, &name, self.context)?);
        }
        if let Some(signer) = &self.signer {
            changes.resign = Some((signer.of(entry, self.context)?, clock::now()));
        }
        replay::prepare(seq, delivery, changes, &self.to, PathMode::from(self.args.path_mode))
            .map_err(|error| CommandError::usage("could not sign the delivery again").because(&error))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_have_both_ends() {
        assert_eq!(range("12").unwrap(), (12, 12));
        assert_eq!(range("#12").unwrap(), (12, 12));
        assert_eq!(range("10..20").unwrap(), (10, 20));
        for wrong in ["", "a", "10..", "..5", "20..10", "-1"] {
            assert!(range(wrong).is_err(), "{wrong}");
        }
    }
}
