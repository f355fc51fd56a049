//! One try to pass a delivery to a target, and how it went.

use super::headers::Headers;
use super::time::Timestamp;
use bytes::Bytes;
use std::fmt;
use std::time::Duration;

/// One try to pass a delivery to a target.
#[derive(Clone, Debug)]
pub struct Attempt {
    /// The target's URL as it was called.
    pub target: String,
    /// 1 for the first try of this delivery at this target.
    pub number: u32,
    /// When the request was begun.
    pub started: Timestamp,
    /// From the beginning to the last byte of the answer, or to the failure.
    pub duration: Duration,
    /// How it went.
    pub outcome: Outcome,
    /// What was sent, where that is not the delivery as it came: its header lines
    /// with the target's Host, and its body.
    pub sent: Option<Sent>,
}

/// What an attempt sent in place of the delivery as it came.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sent {
    /// The head, as it went onto the wire.
    pub head: Bytes,
    /// The body, where it was another.
    pub body: Option<Bytes>,
}

/// How an attempt went.
#[derive(Clone, Debug)]
pub enum Outcome {
    /// The target answered with a whole response.
    Answered(Answer),
    /// It did not.
    Failed(Failure),
}

/// What the target answered.
#[derive(Clone, Debug)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// The header fields in their order.
    pub headers: Headers,
    /// The body, whole.
    pub body: Bytes,
}

/// Why there is no answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Failure {
    /// The kind, for scripts and for deciding what to do next.
    pub kind: FailureKind,
    /// The detail for a person, such as the operating system's words.
    pub detail: String,
}

/// The kinds of failure, each with a stable name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum FailureKind {
    /// Nothing listens at the target.
    Refused,
    /// The host name has no address.
    Unresolved,
    /// No connection within the connect deadline, or the network said no.
    Unreachable,
    /// Connected, but no whole answer within the deadline.
    Timeout,
    /// The connection ended before a whole answer.
    Reset,
    /// What came back is not HTTP.
    Garbage,
    /// The answer's body or head is over the limit.
    TooLarge,
    /// The TLS handshake failed.
    Tls,
    /// The request could not be written for the target (a header it cannot carry).
    Invalid,
    /// It was not tried: too many attempts were under way.
    Busy,
    /// The answer was cut off: too many large ones were in hand.
    NoRoom,
}

impl FailureKind {
    /// Every kind.
    pub const ALL: [Self; 11] = [
        Self::Refused,
        Self::Unresolved,
        Self::Unreachable,
        Self::Timeout,
        Self::Reset,
        Self::Garbage,
        Self::TooLarge,
        Self::Tls,
        Self::Invalid,
        Self::Busy,
        Self::NoRoom,
    ];

    /// The stable text form.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Refused => "refused",
            Self::Unresolved => "unresolved",
            Self::Unreachable => "unreachable",
            Self::Timeout => "timeout",
            Self::Reset => "reset",
            Self::Garbage => "garbage",
            Self::TooLarge => "too_large",
            Self::Tls => "tls",
            Self::Invalid => "invalid",
            Self::Busy => "busy",
            Self::NoRoom => "no_room",
        }
    }

    /// The kind of a text form.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.into_iter().find(|kind| kind.as_str() == text)
    }
}

impl fmt::Display for FailureKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl Outcome {
    /// The status, where there was an answer.
    pub fn status(&self) -> Option<u16> {
        match self {
            Self::Answered(answer) => Some(answer.status),
            Self::Failed(_) => None,
        }
    }

    /// Whether the target took the delivery: any 2xx.
    pub fn delivered(&self) -> bool {
        self.status().is_some_and(|status| (200..300).contains(&status))
    }

    /// Whether the same bytes may succeed later: no answer, a server error, or
    /// a status that says "later" (408, 425, 429). Other answers are final.
    pub fn retryable(&self) -> bool {
        match self {
            Self::Answered(answer) => answer.status >= 500 || matches!(answer.status, 408 | 425 | 429),
            Self::Failed(failure) => !matches!(failure.kind, FailureKind::Invalid),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn answered(status: u16) -> Outcome {
        Outcome::Answered(Answer { status, headers: Headers::default(), body: Bytes::new() })
    }

    #[test]
    fn what_is_delivered_and_what_may_be_tried_again() {
        for status in [200, 204, 299] {
            assert!(answered(status).delivered() && !answered(status).retryable(), "{status}");
        }
        for status in [500, 502, 503, 504, 408, 425, 429] {
            assert!(!answered(status).delivered() && answered(status).retryable(), "{status}");
        }
        for status in [301, 302, 307, 400, 401, 404, 410, 413, 422] {
            assert!(!answered(status).delivered() && !answered(status).retryable(), "{status}");
        }
    }

    #[test]
    fn every_kind_reads_back() {
        for kind in FailureKind::ALL {
            assert_eq!(FailureKind::parse(kind.as_str()), Some(kind));
        }
    }
}
