//! `hookctl trigger --handshake`: ask an endpoint what its provider asks before it delivers.

use super::{DEFAULT_DEADLINE, TriggerArgs, forwarder};
use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::sign::moment;
use crate::cli::signals::Stop;
use crate::cli::values::headers;
use crate::hook::attempt::Outcome;
use crate::hook::handshake::AskError;
use crate::hook::provider::{Catalogue, Handshake, Provider};
use crate::hook::signature::Keys;
use crate::job::trigger::handshake::{Asked, QuestionError, Questions};
use crate::ui::handshake::{HandshakeRecord, asked};
use crate::ui::style::Role;
use crate::ui::table::{Cell, table};
use std::sync::Arc;

/// What each request of the handshakes came to.
#[derive(Default)]
struct Tally {
    passed: usize,
    refused: usize,
    unanswered: usize,
}

/// Runs `hookctl trigger --handshake`.
pub(super) fn run(args: &TriggerArgs, name: &str, context: &Context) -> Result<Exit, CommandError> {
    let catalogue = context.catalogue(&args.provider.provider_file)?;
    let id = provider_id(args, context)?;
    let provider = context.provider(&catalogue, &id)?;
    let handshakes = chosen(&provider, name)?;
    let to = args.to.as_deref().unwrap_or_default();
    let questions = Questions {
        keys: keys(args, context, &provider, &handshakes)?,
        target: context.target("--to", to, Some(&id))?,
        headers: headers("--header", &args.headers)?,
        id: args.id.clone(),
        at: moment(args.timestamp.as_deref())?,
        signed: !args.unsigned,
        provider: Arc::clone(&provider),
    };
    let tally = ask_all(args, &questions, &handshakes, context)?;
    if let Some(failure) = context.streams().failure() {
        return Err(failure.into());
    }
    Ok(tally.map_or(Exit::Interrupted, |tally| match tally {
        Tally { refused: 0, unanswered: 0, .. } => Exit::Done,
        Tally { refused: 0, passed: 0, .. } => Exit::Network,
        _ => Exit::No,
    }))
}

/// Asks everything in its order; `None` when it was interrupted.
fn ask_all(
    args: &TriggerArgs,
    questions: &Questions,
    handshakes: &[&Handshake],
    context: &Context,
) -> Result<Option<Tally>, CommandError> {
    let deadline = questions.provider.deadline().unwrap_or(DEFAULT_DEADLINE);
    let forwarder = forwarder(args, deadline)?;
    let runtime = context.runtime()?;
    let ended = runtime.block_on(async {
        let stop = Stop::new().map_err(|error| CommandError::local("could not start").because(&error))?;
        let all = async {
            let mut tally = Tally::default();
            for handshake in handshakes {
                let asks = questions.asks(handshake).map_err(|error| not_asked(&error, questions))?;
                for ask in asks {
                    let sent = questions.send(&forwarder, handshake, &ask).await;
                    let asked = sent.map_err(|error| not_sent(&error, questions))?;
                    tally.count(&asked);
                    say(&asked, questions, context)?;
                }
            }
            Ok(Some(tally))
        };
        tokio::select! {
            ended = all => ended,
            () = stop.first() => Ok(None),
        }
    });
    runtime.shutdown_background();
    ended
}

impl Tally {
    fn count(&mut self, asked: &Asked) {
        match &asked.attempt.outcome {
            Outcome::Failed(_) => self.unanswered += 1,
            Outcome::Answered(_) if asked.passed() => self.passed += 1,
            Outcome::Answered(_) => self.refused += 1,
        }
    }
}

fn say(request: &Asked, questions: &Questions, context: &Context) -> Result<(), CommandError> {
    if context.json() {
        return context.record(&HandshakeRecord::new(questions.provider.id(), request));
    }
    let mut page = context.streams().page();
    asked(&mut page, request);
    context.streams().show(&page)?;
    Ok(())
}

fn provider_id(args: &TriggerArgs, context: &Context) -> Result<String, CommandError> {
    if let Some(id) = &args.provider.provider {
        return Ok(id.clone());
    }
    let profile = context.named_profile()?;
    profile.map(|profile| profile.provider).ok_or_else(|| {
        CommandError::usage("could not tell whose handshake is meant").hint(
            "name the provider with `--provider ID`; `hookctl trigger --list --handshake` shows who has one",
        )
    })
}

/// The handshake of that name, or all of them.
fn chosen<'p>(provider: &'p Provider, name: &str) -> Result<Vec<&'p Handshake>, CommandError> {
    let all = provider.handshakes();
    if all.is_empty() {
        return Err(CommandError::usage(format!("`{}` has no handshake", provider.id()))
            .hint("hookctl trigger --list --handshake"));
    }
    if name.is_empty() {
        return Ok(all.iter().collect());
    }
    let wanted = plain(name);
    let found: Vec<_> = all.iter().filter(|handshake| plain(handshake.name()) == wanted).collect();
    if found.is_empty() {
        let names: Vec<&str> = all.iter().map(Handshake::name).collect();
        let hint = format!("it has: {}", names.join(", "));
        return Err(CommandError::usage(format!("`{}` has no handshake `{name}`", provider.id())).hint(hint));
    }
    Ok(found)
}

/// Names are compared without regard to case; a hyphen stands for a space.
fn plain(name: &str) -> String {
    name.to_lowercase().replace('-', " ")
}

/// The keys, where a handshake is made or answered with them.
fn keys(
    args: &TriggerArgs,
    context: &Context,
    provider: &Arc<Provider>,
    handshakes: &[&Handshake],
) -> Result<Option<Keys>, CommandError> {
    if !handshakes.iter().any(|handshake| handshake.needs_secret(!args.unsigned)) {
        return Ok(None);
    }
    let webhook_id = args.provider.webhook_id.as_deref();
    let keys = crate::cli::keys::of(provider, &context.secrets(&args.secret)?, webhook_id, context)?;
    Ok(Some(match &args.public_key {
        Some(public_key) => keys.with_public_key(public_key),
        None => keys,
    }))
}

fn not_asked(error: &AskError, questions: &Questions) -> CommandError {
    let id = questions.provider.id();
    let failed = CommandError::usage(format!("could not ask the handshake of `{id}`")).because(error);
    match error {
        AskError::NoSecret | AskError::NoToken => {
            let variable = crate::config::secrets::variable_of(id);
            failed.hint(format!("give it with `--secret-file FILE` or in {variable}"))
        }
        AskError::NoAnswer(_) => failed.hint("give the public key with `--public-key KEY`"),
        _ => failed,
    }
}

fn not_sent(error: &QuestionError, questions: &Questions) -> CommandError {
    CommandError::usage(format!("could not ask the handshake of `{}`", questions.provider.id()))
        .because(error)
}

/// Who has a handshake, and what it is called.
pub(super) fn list(args: &TriggerArgs, context: &Context) -> Result<Exit, CommandError> {
    let catalogue = context.catalogue(&args.provider.provider_file)?;
    let providers = providers(args, &catalogue, context)?;
    let mut rows = Vec::new();
    for provider in &providers {
        for handshake in provider.handshakes() {
            if context.json() {
                context.record(&serde_json::json!({
                    "v": 1, "type": "known_handshake", "provider": &**provider.id(), "name": handshake.name(),
                    "signed": handshake.is_signed(), "guessed": handshake.is_guessed(),
                }))?;
            } else {
                let signed = match (handshake.is_guessed(), handshake.is_signed()) {
                    (true, _) => "a guess: its form is not published",
                    (false, true) => "signed",
                    (false, false) => "not signed",
                };
                rows.push(vec![
                    Cell::new(Role::Strong, &**provider.id()),
                    Cell::new(Role::Event, handshake.name()),
                    Cell::new(Role::Plain, signed),
                ]);
            }
        }
    }
    let mut page = context.streams().page();
    table(&mut page, &rows);
    context.streams().show(&page)?;
    Ok(Exit::Done)
}

fn providers(
    args: &TriggerArgs,
    catalogue: &Catalogue,
    context: &Context,
) -> Result<Vec<Arc<Provider>>, CommandError> {
    match &args.provider.provider {
        Some(id) => Ok(vec![context.provider(catalogue, id)?]),
        None => Ok(catalogue.all()),
    }
}
