//! Whether an answer is what a good handler gives.

use super::case::Expect;
use super::finding::Symptom;
use crate::hook::attempt::{Failure, FailureKind, Outcome};

/// An expectation that was not met: what is wrong, and what was seen in words.
pub type Answered = Result<(), (Symptom, String)>;

/// Compares how a request went with what a good handler does. Whether the
/// process died is found out by who can connect to it.
///
/// # Errors
/// With what is wrong.
pub fn judge(expect: Expect, outcome: &Outcome) -> Answered {
    let status = match outcome {
        Outcome::Answered(answer) => answer.status,
        Outcome::Failed(failure) if expect == Expect::RefusedOrClosed && hung_up(failure) => return Ok(()),
        Outcome::Failed(failure) => return Err((symptom_of(failure), words_of(failure))),
    };
    match wrong(expect, status) {
        None => Ok(()),
        Some(symptom) => Err((symptom, format!("answered {status}"))),
    }
}

/// What is wrong with a status, if anything. 501 is a refusal like any 4xx: servers
/// say so to methods they do not know, and no uncaught exception becomes one.
fn wrong(expect: Expect, status: u16) -> Option<Symptom> {
    let accepting = matches!(expect, Expect::Accepted | Expect::AcceptedOrTooLarge);
    match status {
        200..=299 if accepting || expect == Expect::Answered => None,
        200..=299 => Some(Symptom::Believed),
        413 if expect == Expect::Accepted => Some(Symptom::TooLarge),
        413 => None,
        400..=499 if accepting => Some(Symptom::RefusedGood),
        400..=499 => None,
        501 if !accepting => None,
        500..=599 => Some(Symptom::ServerError),
        300..=399 if expect == Expect::Answered => None,
        300..=399 => Some(Symptom::Redirected),
        _ => Some(Symptom::WrongStatus),
    }
}

const fn hung_up(failure: &Failure) -> bool {
    matches!(failure.kind, FailureKind::Reset)
}

/// What is wrong when there is no answer.
pub const fn symptom_of(failure: &Failure) -> Symptom {
    match failure.kind {
        FailureKind::Refused | FailureKind::Unresolved => Symptom::Died,
        FailureKind::Timeout | FailureKind::Unreachable | FailureKind::Busy => Symptom::NoAnswer,
        FailureKind::Reset | FailureKind::Tls | FailureKind::Invalid => Symptom::Closed,
        FailureKind::Garbage | FailureKind::TooLarge | FailureKind::NoRoom => Symptom::Garbage,
    }
}

/// A failure as a sentence without its subject.
pub fn words_of(failure: &Failure) -> String {
    match failure.kind {
        FailureKind::Refused | FailureKind::Unresolved => "does not listen any more".to_owned(),
        FailureKind::Timeout => "did not answer in time".to_owned(),
        FailureKind::Unreachable => "did not take the connection in time".to_owned(),
        FailureKind::Reset => "closed the connection without a whole answer".to_owned(),
        _ => format!("gave no answer: {}", failure.detail),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::attempt::Answer;
    use crate::hook::headers::Headers;
    use bytes::Bytes;

    fn answered(status: u16) -> Outcome {
        Outcome::Answered(Answer { status, headers: Headers::default(), body: Bytes::new() })
    }

    fn failed(kind: FailureKind) -> Outcome {
        Outcome::Failed(Failure { kind, detail: "why".to_owned() })
    }

    #[test]
    fn every_status_means_what_is_expected_of_it() {
        use Expect as E;
        use Symptom as S;
        let all = [E::Accepted, E::Refused, E::Answered, E::AcceptedOrTooLarge, E::RefusedOrClosed];
        for (status, wrong) in [
            (200, [None, Some(S::Believed), None, None, Some(S::Believed)]),
            (204, [None, Some(S::Believed), None, None, Some(S::Believed)]),
            (302, [Some(S::Redirected), Some(S::Redirected), None, Some(S::Redirected), Some(S::Redirected)]),
            (401, [Some(S::RefusedGood), None, None, Some(S::RefusedGood), None]),
            (413, [Some(S::TooLarge), None, None, None, None]),
            (500, [Some(S::ServerError); 5]),
            (501, [Some(S::ServerError), None, None, Some(S::ServerError), None]),
            (503, [Some(S::ServerError); 5]),
            (700, [Some(S::WrongStatus); 5]),
        ] {
            for (expect, wrong) in all.into_iter().zip(wrong) {
                let found = judge(expect, &answered(status)).err();
                assert_eq!(found, wrong.map(|symptom| (symptom, format!("answered {status}"))), "{expect:?}");
            }
        }
    }

    #[test]
    fn no_answer_is_named_by_its_kind() {
        for expect in [Expect::Accepted, Expect::Refused, Expect::Answered] {
            for (kind, symptom) in [
                (FailureKind::Refused, Symptom::Died),
                (FailureKind::Timeout, Symptom::NoAnswer),
                (FailureKind::Reset, Symptom::Closed),
                (FailureKind::Garbage, Symptom::Garbage),
            ] {
                assert_eq!(judge(expect, &failed(kind)).map_err(|(symptom, _)| symptom), Err(symptom));
            }
        }
        assert_eq!(judge(Expect::RefusedOrClosed, &failed(FailureKind::Reset)), Ok(()));
        assert!(judge(Expect::RefusedOrClosed, &failed(FailureKind::Timeout)).is_err());
    }
}
