//! Clients that hang up, dawdle or lie about lengths, and several requests on
//! one connection.

use super::super::alive;
use super::super::runner::{Runner, Step, Trial, bytes_of};
use super::super::verdict::Verdict;
use crate::hook::check::{Case, Request, Symptom};
use crate::hook::target::Scheme;
use crate::outbound::wire::{Act, Finish};
use bytes::Bytes;
use std::sync::Arc;
use std::time::Duration;

/// The time between two pieces of a slow body: enough that each is read by itself.
const PAUSE: Duration = Duration::from_millis(15);
/// In so many pieces.
const PIECES: usize = 3;
/// How long a handler may take until it fails at a client that is gone, and is there again so
/// quickly that the good delivery after it would not tell.
const AFTERMATH: Duration = Duration::from_millis(40);
/// What an answer to the second of two that came in one breath may take beyond what others took:
/// some servers lose it, and would be waited for as long as the vendor waits.
const SECOND: Duration = Duration::from_secs(1);
/// How long a handler that waits for the rest of a body is waited for.
const REST: Duration = Duration::from_millis(500);

/// Hangs up in the middle of the head, and in the middle of the body.
pub(super) async fn hang_up(runner: &mut Runner<'_>) -> Step<Verdict> {
    let request = runner.make(&[])?;
    let (head, body) = (request.head.as_bytes(), &request.body);
    let in_head = halves(head).0;
    let in_body = Bytes::from([head.as_ref(), halves(body).0.as_ref()].concat());
    for said in [in_head, in_body] {
        runner.speak(&request, vec![Act::Say(said)], Finish::HangUp, 0, REST).await?;
    }
    // A process that ends of it needs a moment, and may be there again in another.
    runner.pace.prescribe(AFTERMATH);
    let ended = alive::ends_within(runner, AFTERMATH).await;
    let shown = shown(&request);
    if ended {
        return Ok(Verdict::fail(Symptom::Died, "did not listen any more after a hang-up", Some(&shown)));
    }
    Ok(Verdict::pass("took no harm", Some(&shown)))
}

/// Sends the body in pieces with pauses.
pub(super) async fn slow(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let request = runner.make(&[])?;
    let mut acts = vec![Act::Say(request.head.as_bytes().clone())];
    let piece = request.body.len().div_ceil(PIECES).max(1);
    let mut prescribed = Duration::ZERO;
    for at in (0..request.body.len()).step_by(piece) {
        let end = at.saturating_add(piece).min(request.body.len());
        acts.extend([Act::Pause(PAUSE), Act::Say(request.body.slice(at..end))]);
        prescribed = prescribed.saturating_add(PAUSE);
    }
    runner.pace.prescribe(prescribed);
    let deadline = runner.plan.deadline.saturating_add(prescribed);
    let mut trials = runner.speak(&request, acts, Finish::Wait, 1, deadline).await?;
    for trial in &mut trials {
        // Its own slowness is not the handler's.
        trial.took = trial.took.saturating_sub(prescribed);
        runner.record.note_good(trial);
    }
    Ok(Verdict::of_all(case.expect, &trials, |_| "to a body that came slowly".to_owned()))
}

/// Announces the whole body, sends half of it and says that nothing more will come.
pub(super) async fn long_length(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let request = runner.make(&[])?;
    let said = Bytes::from([request.head.as_bytes().as_ref(), halves(&request.body).0.as_ref()].concat());
    broken(runner, case, &request, said).await
}

/// Announces a length that is no number.
pub(super) async fn bad_length(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let request = runner.make(&[])?;
    let said = with_lengths(&request, &[format!("{}x", request.body.len())]);
    broken(runner, case, &request, said).await
}

/// Announces two lengths that disagree; what comes has the first.
pub(super) async fn two_lengths(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let request = runner.make(&[])?;
    let length = request.body.len();
    let said = with_lengths(&request, &[length.to_string(), length.saturating_add(7).to_string()]);
    broken(runner, case, &request, said).await
}

/// Says what is no whole request. Who waits for the rest of it does no harm.
async fn broken(runner: &mut Runner<'_>, case: &Case, request: &Arc<Request>, said: Bytes) -> Step<Verdict> {
    let trials = runner.speak(request, vec![Act::Say(said)], Finish::HalfClose, 1, REST).await?;
    if let Some(waits) = trials.first().filter(|trial| trial.is_silence()) {
        runner.pace.prescribe(waits.took);
        return Ok(Verdict::pass("waits for the rest", Some(waits)));
    }
    Ok(Verdict::of_all(case.expect, &trials, |_| "to a broken request".to_owned()))
}

/// Sends two deliveries in one breath on one connection.
pub(super) async fn pipelined(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let requests = [runner.make(&[])?, runner.make(&[])?];
    let said = requests.iter().map(|request| bytes_of(request)).collect::<Vec<_>>().concat();
    let slowest = runner.record.slowest.as_ref().map_or(Duration::ZERO, |slowest| slowest.took);
    let patience = runner.plan.deadline.min(slowest.saturating_mul(2).saturating_add(SECOND));
    several(runner, case, &requests, vec![Act::Say(said.into())], patience).await
}

/// Sends three deliveries one after the other on one connection.
pub(super) async fn same_connection(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    let requests = [runner.make(&[])?, runner.make(&[])?, runner.make(&[])?];
    let mut acts = Vec::new();
    for (number, request) in requests.iter().enumerate() {
        acts.extend([Act::Say(bytes_of(request)), Act::Hear(number.saturating_add(1))]);
    }
    let patience = runner.plan.deadline;
    several(runner, case, &requests, acts, patience).await
}

/// Sends a delivery over HTTP/2, where that is offered.
pub(super) async fn http2(runner: &mut Runner<'_>, case: &Case) -> Step<Verdict> {
    if runner.plan.workshop.target.scheme() != Scheme::Https {
        return Ok(Verdict::skip("the target is not `https`"));
    }
    let request = runner.make(&[])?;
    let Some(trial) = runner.speak_http2(&request).await? else {
        return Ok(Verdict::skip("the target does not offer HTTP/2"));
    };
    runner.record.note_good(&trial);
    Ok(Verdict::of(case.expect, &trial))
}

/// Every answer must be right. A connection that is closed between two of them is
/// not wrong: the vendor makes another.
async fn several(
    runner: &mut Runner<'_>,
    case: &Case,
    requests: &[Arc<Request>],
    acts: Vec<Act>,
    patience: Duration,
) -> Step<Verdict> {
    let Some(first) = requests.first() else { return Ok(Verdict::skip("nothing was sent")) };
    let wanted = requests.len();
    let mut trials = runner.speak(first, acts, Finish::Wait, wanted, patience).await?;
    for (trial, request) in trials.iter_mut().zip(requests) {
        trial.request = Arc::clone(request);
    }
    let answered = trials.iter().filter(|trial| trial.answer().is_some()).count();
    if answered > 0 && trials.last().is_some_and(|last| last.answer().is_none() && !last.is_silence()) {
        trials.truncate(answered);
    }
    let verdict =
        Verdict::of_all(case.expect, &trials, |number| format!("to number {}", number.saturating_add(1)));
    if verdict.failed() || answered == wanted {
        return Ok(verdict);
    }
    Ok(Verdict { reason: format!("closed the connection after {answered} of {wanted}"), ..verdict })
}

fn halves(bytes: &Bytes) -> (Bytes, Bytes) {
    let mut first = bytes.clone();
    let second = first.split_off(bytes.len() / 2);
    (first, second)
}

/// The request with these lengths in place of its own; not checked, so that it may be broken.
fn with_lengths(request: &Request, lengths: &[String]) -> Bytes {
    let head = &request.head;
    let mut said = format!("{} {} HTTP/1.1\r\n", head.method(), head.target()).into_bytes();
    for field in head.headers().iter().filter(|field| !field.name.eq_ignore_ascii_case("Content-Length")) {
        said.extend_from_slice(field.line);
    }
    for length in lengths {
        said.extend_from_slice(format!("Content-Length: {length}\r\n").as_bytes());
    }
    said.extend_from_slice(b"\r\n");
    said.extend_from_slice(&request.body);
    said.into()
}

/// A request that was not answered, for the report.
fn shown(request: &Arc<Request>) -> Trial {
    use crate::hook::attempt::{Failure, FailureKind, Outcome};
    let detail = "the client hung up".to_owned();
    let outcome = Outcome::Failed(Failure { kind: FailureKind::Reset, detail });
    Trial { request: Arc::clone(request), outcome, took: Duration::ZERO }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test says so by panicking")]
mod tests {
    use super::*;
    use crate::hook::headers::Head;

    #[test]
    fn lengths_are_replaced_and_everything_else_stays() {
        let head =
            Head::build("POST", "/hook", [("X-A", "1"), ("content-length", "2"), ("X-B", "2")]).unwrap();
        let request = Request {
            head,
            body: Bytes::from_static(b"{}"),
            id: String::new(),
            secret_header: None,
            right: Vec::new(),
        };
        assert_eq!(
            with_lengths(&request, &["2".to_owned(), "9".to_owned()]),
            "POST /hook HTTP/1.1\r\nX-A: 1\r\nX-B: 2\r\nContent-Length: 2\r\nContent-Length: 9\r\n\r\n{}"
        );
    }
}
