//! `hookctl events replay`.

mod chosen;
mod owed;
mod signer;

use super::{Place, ReplayArgs, unreadable};
use crate::cli::context::Context;
use crate::cli::editor;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::signals::Stop;
use crate::cli::values::{duration, headers, target};
use crate::clock;
use crate::forward::{ForwardOptions, Forwarder};
use crate::hook::target::{PathMode, Target};
use crate::job::replay::{self, Changes, Prepared, Resign};
use crate::journal::{Entry, Guest, Reader};
use crate::ui::sent::{SentReport, Whole};
use bytes::Bytes;
use chosen::chosen;
use owed::Owed;
use signer::Signer;
use std::sync::Arc;

pub(super) fn run(args: &ReplayArgs, place: &Place, context: &Context) -> Result<Exit, CommandError> {
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
    let reader = place.reader()?;
    let seqs = chosen(args, &reader, place, context)?;
    if args.edit && seqs.len() != 1 {
        return Err(CommandError::usage("`--edit` takes one delivery").hint("name it by its number"));
    }
    let guest = place.guest()?;
    let signer = Signer::new(args, context)?;
    let mut replay =
        Replay { args, context, reader, guest, signer, forwarder, to, owed: Owed::default(), edited: None };
    let progress = context.progress("replaying", if seqs.len() > 1 { seqs.len() as u64 } else { 0 });
    let whole = if seqs.len() == 1 { Whole::Every } else { Whole::Lines };
    let report = SentReport::new(Arc::clone(context.streams()), context.json_report(), progress, whole);
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
    replay.owed.say(place, context);
    if !matches!(ended, Ok(Exit::Done)) {
        replay.keep_edited();
    }
    if let Some(failure) = context.streams().failure() {
        return Err(failure.into());
    }
    ended
}

struct Replay<'a> {
    args: &'a ReplayArgs,
    context: &'a Context,
    reader: Reader,
    guest: Guest,
    signer: Option<Signer>,
    forwarder: Forwarder,
    to: Target,
    owed: Owed,
    /// What was saved in the editor, and a name for its file.
    edited: Option<(Bytes, String)>,
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
            let Some(prepared) = self.request(&entry)? else {
                let streams = self.context.streams();
                streams.say("nothing was changed, so nothing was sent");
                return Ok(Exit::Done);
            };
            let event = entry.listed.facts.event.clone();
            let attempt =
                replay::send((*seq, event, &entry.delivery), &prepared, &self.forwarder, report).await;
            taken &= attempt.outcome.delivered();
            answered |= attempt.outcome.status().is_some();
            match self.guest.record_attempt(*seq, &attempt) {
                Ok(()) if attempt.outcome.delivered() => self.owed.note(*seq, &self.reader)?,
                Ok(()) => {}
                Err(error) => self
                    .context
                    .streams()
                    .warn(&format!("the attempt of {seq} is not in the journal: {error}"), None),
            }
        }
        Ok(match (taken, answered) {
            (true, _) => Exit::Done,
            (false, true) => Exit::No,
            (false, false) => Exit::Network,
        })
    }

    /// The request to send: as it came, or with the edited body, signed again;
    /// `None` where nothing was changed in the editor.
    fn request(&mut self, entry: &Entry) -> Result<Option<Prepared>, CommandError> {
        let resign = self.signer.as_ref().map(|signer| signer.of(entry, self.context)).transpose()?;
        let as_it_came = self.prepared(entry, None, resign.clone())?;
        if !self.args.edit {
            return Ok(Some(as_it_came));
        }
        // Only now: nobody is to edit what cannot be signed.
        let (came, name) = (&entry.delivery.body, format!("delivery-{}.json", entry.listed.seq));
        let body = editor::edited(came, &name, self.context)?;
        if body == *came {
            return Ok(None);
        }
        self.edited = Some((body.clone(), name));
        self.prepared(entry, Some(body), resign).map(Some)
    }

    fn prepared(
        &self,
        entry: &Entry,
        body: Option<Bytes>,
        resign: Option<Resign>,
    ) -> Result<Prepared, CommandError> {
        let (seq, delivery) = (entry.listed.seq, &entry.delivery);
        let resign = resign.map(|resign| (resign, clock::now()));
        let changes = Changes { body, resign, ..Changes::default() };
        replay::prepare(seq, delivery, changes, &self.to, PathMode::from(self.args.path_mode))
            .map_err(|error| CommandError::usage("could not sign the delivery again").because(&error))
    }

    /// Keeps what was edited and did not arrive, and says where.
    fn keep_edited(&self) {
        let Some((body, name)) = &self.edited else { return };
        let text = match editor::put(body, name) {
            Ok(file) => format!("the edited payload is kept in {}", file.display()),
            Err(error) => format!("the edited payload could not be kept: {error}"),
        };
        self.context.streams().warn(&text, None);
    }
}
