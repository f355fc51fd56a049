//! Why a signature does not hold: tries what people get wrong and names what matches.
//!
//! Every try is the provider's own verification of a message, a secret or a
//! scheme that was changed in one way; so a diagnosis is as sure as a
//! signature, and a forgery is never explained away. Nothing in here makes a
//! delivery pass: an [`Explanation`] is a fact about a failure, and no verdict.
//! The work is counted and bounded ([`most_work`]), whatever a stranger sends:
//! bytes that are hashed, bodies that are written anew, numbers that are formatted.

mod attempts;
mod body;
mod charset;
mod form;
mod mistake;
mod neighbours;
mod numbers;
mod scheme;
mod secrets;
mod spelling;
mod strings;
mod styles;
mod time;
mod tree;
mod url;
mod written;

pub use mistake::{Area, Mistake};
pub use scheme::relatives;

use super::delivery::Message;
use super::provider::Provider;
use super::secret::Secret;
use super::time::Timestamp;
use super::verdict::{Code, Verdict};
use attempts::Attempts;
use std::borrow::Cow;
use std::sync::Arc;
use std::time::Duration;

/// A failure that is to be explained.
#[derive(Clone, Copy, Debug)]
pub struct Case<'a> {
    /// The provider whose scheme was applied.
    pub provider: &'a Provider,
    /// The other schemes of the same vendor; see [`relatives`].
    pub relatives: &'a [Arc<Provider>],
    /// The secrets that were used.
    pub secrets: &'a [Secret],
    /// Secrets of other profiles.
    pub others: &'a [NamedSecret],
    /// What was verified.
    pub message: Message<'a>,
    /// When it was judged.
    pub now: Timestamp,
    /// The accepted age of a signed time, in place of the provider's.
    pub tolerance: Option<Duration>,
    /// What verification found.
    pub verdict: &'a Verdict,
    /// What else is known.
    pub context: Context<'a>,
}

/// A secret that was not used, with the name of where it is stored.
#[derive(Clone, Debug)]
pub struct NamedSecret {
    /// Such as `profile koji-live`.
    pub name: String,
    /// The secret.
    pub secret: Secret,
}

/// What is known beside the message.
#[derive(Clone, Copy, Debug, Default)]
pub struct Context<'a> {
    /// URLs under which the endpoint may be known: its tunnel's, its own.
    pub bases: &'a [String],
    /// Other deliveries, the nearest first.
    pub deliveries: &'a [Neighbour<'a>],
}

/// Another delivery.
#[derive(Clone, Copy, Debug)]
pub struct Neighbour<'a> {
    /// Its number in the journal.
    pub seq: u64,
    /// What it was.
    pub message: Message<'a>,
}

/// What was found out about a failure.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Explanation {
    /// The mistake that explains it, where one does.
    pub found: Option<Diagnosis>,
    /// What was tried, in this order; the last one holds when something was found.
    pub tried: Vec<Tried>,
    /// What it took, counted in bytes hashed; never more than [`most_work`].
    pub work: usize,
}

/// The mistake that explains a failure.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Diagnosis {
    /// Which.
    pub mistake: Mistake,
    /// What is the case, as a sentence fragment; holds no secret and no signature.
    pub sentence: String,
    /// What to change.
    pub mend: Cow<'static, str>,
}

/// One thing that was tried.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Tried {
    /// The mistake it would have been.
    pub mistake: Mistake,
    /// What was tried, such as `the secret without its last line break`.
    pub what: Cow<'static, str>,
    /// What came of it.
    pub outcome: TriedOutcome,
}

/// What came of a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum TriedOutcome {
    /// The signature holds so.
    Holds,
    /// It does not.
    No,
    /// It was not tried: the body asks for more work than is done for one failure.
    TooMuch,
}

impl TriedOutcome {
    /// The word in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::No => "no",
            Self::TooMuch => "too_much",
        }
    }
}

/// What may be done for a small body, for each byte of a larger one, and at all.
const WORK: usize = 12 << 20;
const WORK_A_BYTE: usize = 440;
const MOST_WORK: usize = 256 << 20;

/// The work that is done at most to explain the failure of a body of this
/// length, counted in bytes hashed: so much that every way of writing an
/// ordinary body is tried, and so little that a hostile one of 100 KB costs
/// less than 50 ms (`cargo bench --bench explain`).
pub const fn most_work(body: usize) -> usize {
    let work = WORK.saturating_add(body.saturating_mul(WORK_A_BYTE));
    if work < MOST_WORK { work } else { MOST_WORK }
}

/// Looks for one kind of mistake; true once something was found.
type Tries = fn(&mut Attempts<'_>) -> bool;

/// What is cheap and frequent comes first; the body comes last, because it is written anew.
const TRIES: [Tries; 6] =
    [secrets::tries, scheme::tries, time::tries, url::tries, neighbours::tries, body::tries];

/// Tries what people get wrong. Empty for what holds and for what could not be judged.
pub fn explain(case: &Case<'_>) -> Explanation {
    if !can_be_explained(case.verdict.code) {
        return Explanation::default();
    }
    let mut attempts = Attempts::new(case);
    // Stops at the first that holds.
    let _found = if time::is_of_time(case.verdict.code) {
        time::of_time(&mut attempts)
    } else if case.verdict.code == Code::BadSecret {
        secrets::tries(&mut attempts)
    } else if case.secrets.is_empty() {
        secrets::of_others(&mut attempts)
    } else {
        spelling::tries(&mut attempts)
            || scheme::of_family(&mut attempts)
            || (attempts.has_signature() && TRIES.iter().any(|tries| tries(&mut attempts)))
    };
    attempts.into_explanation()
}

/// Whether a failure of this rule may be somebody's mistake.
const fn can_be_explained(code: Code) -> bool {
    matches!(
        code,
        Code::NoHeader
            | Code::Malformed
            | Code::WrongPrefix
            | Code::BadEncoding
            | Code::Mismatch
            | Code::BadSecret
            | Code::NoSecret
            | Code::TooOld
            | Code::InFuture
    )
}
