//! What a provider asks before it delivers.

use super::super::runner::{Runner, Step, Stop};
use super::super::verdict::Verdict;
use crate::clock;
use crate::hook::attempt::Outcome;
use crate::hook::check::{Case, CraftError, Request, Symptom};
use crate::hook::handshake::{Ask, AskError, Flaw, Making, Statuses, Step as AskStep, compare};
use crate::hook::provider::Handshake;
use crate::hook::target::PathMode;
use crate::job::trigger::handshake::Questions;
use sha2::{Digest as _, Sha256};
use std::sync::Arc;

/// Asks as the provider does: what it signs is signed.
pub(super) async fn signed(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    ask_all(runner, case, true).await
}

/// Asks unsigned, as before the secret is known: whatever the handler thinks of it,
/// it answers.
pub(super) async fn unsigned(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    ask_all(runner, case, false).await
}

async fn ask_all(runner: &mut Runner<'_>, case: &Case, signed: bool) -> Step<Verdict> {
    let provider = Arc::clone(&runner.plan.workshop.provider);
    let questions = questions(runner, signed);
    let mut last = Verdict::skip("the provider does not ask before it delivers");
    for handshake in provider.handshakes() {
        let asks = match asks(runner, &questions, handshake) {
            Ok(asks) => asks,
            Err(AskError::NoSecret | AskError::NoToken) => continue,
            Err(error) => return Ok(Verdict::skip(error.to_string())),
        };
        // What follows is signed with a secret that the handler has only just been told.
        for ask in asks.iter().filter(|ask| matches!(ask.step, AskStep::Genuine | AskStep::Forged)) {
            last = one(runner, case, &questions, handshake, ask).await?;
            if last.failed() {
                return Ok(last);
            }
        }
    }
    Ok(last)
}

/// The requests of a handshake; the same for the same seed.
fn asks(runner: &mut Runner<'_>, questions: &Questions, handshake: &Handshake) -> Result<Vec<Ask>, AskError> {
    let id = runner.fresh_id();
    let fresh: String = hex::encode(Sha256::digest(&id)).chars().take(32).collect();
    let target = questions.target.request_target("/", PathMode::Fixed);
    questions.provider.ask(
        handshake,
        &Making {
            keys: questions.keys.as_ref(),
            at: clock::now(),
            id: &id,
            fresh: &fresh,
            origin: questions.target.origin(),
            target: &target,
            signed: questions.signed,
        },
    )
}

async fn one(
    runner: &mut Runner<'_>,
    case: &Case,
    questions: &Questions,
    handshake: &Handshake,
    ask: &Ask,
) -> Step<Verdict> {
    let head = questions.head(ask).map_err(|error| Stop::Craft(CraftError::Head(error)))?;
    let id = runner.fresh_id();
    let body = bytes::Bytes::copy_from_slice(&ask.body);
    let request = Arc::new(Request { head, body, id, secret_header: None, right: Vec::new() });
    let mut trial = runner.send(&request).await?;
    if shows_secret(runner, &request) {
        // A verify token travels in the query: the report must not repeat it.
        trial.request = Arc::new(without_query(&request));
    }
    let verdict = Verdict::of(case.expect, &trial);
    let name = handshake.name();
    let Outcome::Answered(answer) = &trial.outcome else {
        return Ok(Verdict { reason: format!("{} to the {name}", verdict.reason), ..verdict });
    };
    if !questions.signed {
        return Ok(Verdict { reason: format!("{} to the {name}", verdict.reason), ..verdict });
    }
    if handshake.is_guessed() && matches!(answer.status, 200..=299 | 400..=499) {
        let reason = format!("answered the {name} with {}; its form is not published", answer.status);
        return Ok(Verdict::pass(reason, Some(&trial)));
    }
    let wrong = compare(ask, answer).wrong.into_iter().next();
    Ok(match wrong {
        None => Verdict::pass(format!("answered the {name} with {}", answer.status), Some(&trial)),
        Some(wrong) => {
            let refusal = matches!(ask.expected.status, Statuses::Refusal) || ask.step == AskStep::Forged;
            let symptom = match wrong.flaw {
                Flaw::ForgedTaken => Symptom::Believed,
                Flaw::Redirect => Symptom::Redirected,
                _ if refusal => Symptom::WrongStatus,
                _ if answer.status >= 500 => Symptom::ServerError,
                _ => Symptom::WrongHandshake,
            };
            Verdict::fail(symptom, format!("failed the {name}: {}", wrong.text), Some(&trial))
        }
    })
}

fn questions(runner: &mut Runner<'_>, signed: bool) -> Questions {
    let workshop = &runner.plan.workshop;
    Questions {
        provider: Arc::clone(&workshop.provider),
        keys: Some(workshop.keys.clone()),
        target: workshop.target.clone(),
        headers: workshop.headers.clone(),
        id: None,
        at: Some(clock::now()),
        signed,
    }
}

/// Whether a secret stands in the request as it is.
fn shows_secret(runner: &Runner<'_>, request: &Request) -> bool {
    let shows = |bytes: &[u8], secret: &[u8]| memchr::memmem::find(bytes, secret).is_some();
    runner.plan.secrets.iter().any(|secret| {
        let secret = secret.expose();
        shows(request.head.target().as_bytes(), secret) || shows(&request.body, secret)
    })
}

fn without_query(request: &Request) -> Request {
    let fields = request.head.headers().iter().map(|field| (field.name, field.value));
    let head = crate::hook::headers::Head::build(request.head.method(), request.head.path(), fields);
    Request {
        head: head.unwrap_or_else(|_same| request.head.clone()),
        body: bytes::Bytes::new(),
        ..request.clone()
    }
}
