//! What was found out about a handler.

use super::case::{Case, Severity};
use super::request::Request;
use serde::Deserialize;
use std::sync::Arc;
use std::time::Duration;

/// How a case went.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Outcome {
    /// The handler does what a good one does.
    Pass,
    /// It does not.
    Fail,
    /// The case was not run, or means nothing here.
    Skip,
}

/// What is wrong, with a stable name. A mend is found by it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Symptom {
    /// A delivery that nobody signed rightly was answered 2xx.
    Believed,
    /// A good delivery was answered 4xx.
    RefusedGood,
    /// It was answered 413.
    TooLarge,
    /// It was answered 5xx.
    ServerError,
    /// It was answered 3xx, which no vendor follows.
    Redirected,
    /// No answer came in time.
    NoAnswer,
    /// The connection was closed without an answer.
    Closed,
    /// What came is no HTTP.
    Garbage,
    /// Nothing listens any more.
    Died,
    /// It answered, but not with the status that is asked for.
    WrongStatus,
    /// It answers a forged delivery by what is in it: it reads before it verifies.
    ReadFirst,
    /// What a handshake wants was not answered.
    WrongHandshake,
    /// The answer came after the vendor's deadline.
    TooLate,
    /// One delivery was counted more than once.
    CountedTwice,
    /// An accepted delivery was not counted.
    NotCounted,
    /// A refused delivery was counted.
    CountedForged,
    /// An answer held the secret.
    LeakedSecret,
    /// An answer held the signature that a forged delivery should have had.
    LeakedSignature,
    /// An answer held a stack trace.
    LeakedTrace,
    /// An answer held a path of the machine.
    LeakedPath,
    /// After the case a good delivery was no longer accepted.
    WrongAfterwards,
    /// The source compares signatures byte by byte until one differs.
    ComparedOpenly,
    /// The source signs a body that was parsed and written again.
    Rewritten,
}

/// What fails with this symptom explains every other failure with it: who believes what a
/// stranger has signed with a secret of his own has verified nothing.
const EXPLAINS: [(&str, Symptom); 1] = [("other-secret", Symptom::Believed)];

/// What came back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Seen {
    /// The status, where there was an answer.
    pub status: Option<u16>,
    /// From the first byte out to the last byte in, or to the failure.
    pub took: Duration,
    /// The beginning of the answer's body, unsanitised; or the failure in words.
    pub excerpt: String,
}

/// What a case found.
#[derive(Clone, Debug)]
pub struct Finding {
    /// The case.
    pub case: &'static Case,
    /// How it went.
    pub outcome: Outcome,
    /// What is wrong, where it failed.
    pub symptom: Option<Symptom>,
    /// What was seen, or why it was skipped: a sentence without its subject, such as `answered 500`.
    pub reason: String,
    /// The request that shows it.
    pub request: Option<Arc<Request>>,
    /// What came back to it.
    pub seen: Option<Seen>,
    /// The line of the handler's source that shows it, where the source was read.
    pub place: Option<Place>,
}

/// A line of the handler's source.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Place {
    /// The file as it was named on the command line, with `/` between folders.
    pub file: String,
    /// The line, from 1.
    pub line: u32,
}

impl Finding {
    /// A finding without a request and an answer.
    pub fn new(case: &'static Case, outcome: Outcome, reason: impl Into<String>) -> Self {
        Self { case, outcome, symptom: None, reason: reason.into(), request: None, seen: None, place: None }
    }

    /// How much it weighs: what ends the process is a `must` whatever the case says.
    pub fn severity(&self) -> Severity {
        if self.symptom == Some(Symptom::Died) { Severity::Must } else { self.case.severity }
    }

    /// Whether whatever mends this one mends the other as well, as far as anybody can tell
    /// before it is mended.
    pub fn explains(&self, other: &Self) -> bool {
        let explains = |(case, symptom): &(&str, Symptom)| {
            self.case.id == *case && self.symptom == Some(*symptom) && other.symptom == Some(*symptom)
        };
        self.failed() && EXPLAINS.iter().any(explains)
    }

    /// Whether the handler does not do what a good one does.
    pub fn failed(&self) -> bool {
        self.outcome == Outcome::Fail
    }
}

impl Outcome {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "pass",
            Self::Fail => "fail",
            Self::Skip => "skip",
        }
    }
}

impl Symptom {
    /// The stable name.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Believed => "believed",
            Self::RefusedGood => "refused_good",
            Self::TooLarge => "too_large",
            Self::ServerError => "server_error",
            Self::Redirected => "redirected",
            Self::NoAnswer => "no_answer",
            Self::Closed => "closed",
            Self::Garbage => "garbage",
            Self::Died => "died",
            Self::WrongStatus => "wrong_status",
            Self::ReadFirst => "read_first",
            Self::WrongHandshake => "wrong_handshake",
            Self::TooLate => "too_late",
            Self::CountedTwice => "counted_twice",
            Self::NotCounted => "not_counted",
            Self::CountedForged => "counted_forged",
            Self::LeakedSecret => "leaked_secret",
            Self::LeakedSignature => "leaked_signature",
            Self::LeakedTrace => "leaked_trace",
            Self::LeakedPath => "leaked_path",
            Self::WrongAfterwards => "wrong_afterwards",
            Self::ComparedOpenly => "compared_openly",
            Self::Rewritten => "rewritten",
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::check::Suite;

    #[test]
    fn what_explains_others_is_a_case_and_explains_its_own_symptom_alone() {
        let suite = Suite::builtin();
        for (id, symptom) in EXPLAINS {
            let found = |id: &str, symptom| {
                let case = suite.get(id).unwrap();
                Finding { symptom: Some(symptom), ..Finding::new(case, Outcome::Fail, "") }
            };
            let root = found(id, symptom);
            assert!(root.explains(&found("no-signature", symptom)));
            assert!(!root.explains(&found("no-signature", Symptom::ServerError)));
            assert!(!found(id, Symptom::ServerError).explains(&found("no-signature", Symptom::ServerError)));
            assert!(!found("no-signature", symptom).explains(&root));
            assert!(!Finding { outcome: Outcome::Pass, ..root.clone() }.explains(&root));
        }
    }
}
