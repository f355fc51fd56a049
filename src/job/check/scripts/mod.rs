//! How the cases go about it: one function a script.

mod about;
mod alike;
mod counted;
mod events;
mod framing;
mod handshakes;
mod order;
mod poison;
mod repeats;

pub(super) use about::End;

use super::runner::{Runner, Step};
use super::verdict::Verdict;
use crate::hook::check::{Case, Expect, Script, Symptom};

/// Runs a case that sends something.
pub(super) async fn run(runner: &mut Runner<'_>, case: &'static Case) -> Step<Verdict> {
    match case.script {
        Script::Send => send(runner, case).await,
        Script::EachEvent => events::each_event(runner, case).await,
        Script::EachAnswerType => events::each_answer_type(runner, case).await,
        Script::Handshakes => handshakes::signed(runner, case).await,
        Script::HandshakesUnsigned => handshakes::unsigned(runner, case).await,
        Script::Alike => alike::alike(runner, case).await,
        Script::Duplicate => repeats::duplicate(runner, case).await,
        Script::DuplicateCounted => repeats::duplicate_counted(runner).await,
        Script::DuplicateAtOnce => repeats::at_once(runner, case).await,
        Script::DuplicateAtOnceCounted => repeats::at_once_counted(runner).await,
        Script::LostAnswer => repeats::lost_answer(runner, case).await,
        Script::OwnFailure => repeats::own_failure(runner).await,
        Script::OutOfOrder => order::out_of_order(runner, case).await,
        Script::TwoEvents => order::two_events(runner, case).await,
        Script::AtOnce => order::at_once(runner, case).await,
        Script::HangUp => framing::hang_up(runner).await,
        Script::Slow => framing::slow(runner, case).await,
        Script::LongLength => framing::long_length(runner, case).await,
        Script::BadLength => framing::bad_length(runner, case).await,
        Script::TwoLengths => framing::two_lengths(runner, case).await,
        Script::Pipelined => framing::pipelined(runner, case).await,
        Script::SameConnection => framing::same_connection(runner, case).await,
        Script::Http2 => framing::http2(runner, case).await,
        Script::Source => Ok(Verdict::skip("nothing is sent for it: name the source with `--source`")),
        // Judged by `about`, when everything else was sent.
        Script::Deadline
        | Script::Exactly200
        | Script::Counted
        | Script::Unchanged
        | Script::LeaksSecret
        | Script::LeaksSignature
        | Script::LeaksTrace
        | Script::LeaksPath
        | Script::Alive => Ok(Verdict::skip("is judged at the end")),
    }
}

/// Judges a case about the answers to all the others.
pub(super) async fn about(runner: &mut Runner<'_>, case: &'static Case, end: End) -> Step<Verdict> {
    match case.script {
        Script::Deadline => Ok(about::deadline(runner)),
        Script::Exactly200 => Ok(about::exactly_200(runner)),
        Script::Counted => Ok(about::counted(runner)),
        Script::Unchanged => Ok(about::unchanged(runner)),
        Script::LeaksSecret => Ok(about::leaks(runner, Symptom::LeakedSecret)),
        Script::LeaksSignature => Ok(about::leaks(runner, Symptom::LeakedSignature)),
        Script::LeaksTrace => Ok(about::leaks(runner, Symptom::LeakedTrace)),
        Script::LeaksPath => Ok(about::leaks(runner, Symptom::LeakedPath)),
        _ => about::alive(runner, end).await,
    }
}

/// A good delivery with the case's changes.
async fn send(runner: &mut Runner<'_>, case: &'static Case) -> Step<Verdict> {
    let request = runner.make(&case.change)?;
    let trial = runner.send(&request).await?;
    if case.expect == Expect::Accepted {
        runner.record.note_good(&trial);
    }
    Ok(Verdict::of(case.expect, &trial))
}
