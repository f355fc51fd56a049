//! What a running job says: events, and the trait that hears them.
//!
//! Jobs never print. `ui` turns these events into text or JSON lines; a test
//! records them.

use crate::hook::attempt::Attempt;
use crate::hook::delivery::Checked;
use crate::hook::explain::Diagnosis;
use crate::hook::time::Timestamp;
use crate::vendor::Interview;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

/// Hears what a job says, one event at a time and in order.
pub trait Report: Send + Sync {
    /// Takes note of one event.
    fn report(&self, event: &Event);

    /// Whether every delivery and attempt is to be told; where not, they are
    /// found in the journal, and only what is out of the ordinary is told.
    fn follows_deliveries(&self) -> bool {
        true
    }

    /// Tells what was held back and is due; gives how long the rest may wait until
    /// this is called again. Called when nothing else is to be told.
    fn settle(&self) -> Option<Duration> {
        None
    }
}

/// One thing a job says.
#[derive(Clone, Debug)]
pub enum Event {
    /// The listener accepts connections; always the first.
    Ready(Arc<Ready>),
    /// A delivery was received, stored and answered.
    Delivery(Arc<Delivered>),
    /// A delivery was passed to a target after it had been answered, or again.
    Attempt(Arc<Attempted>),
    /// The interview of a delivery was fetched, or could not be (`--enrich`).
    Interview(Arc<Interviewed>),
    /// The mistake behind a delivery that did not verify; after the delivery itself.
    Diagnosed(Arc<Diagnosed>),
    /// No usual mistake is behind this one; said of the first such delivery alone.
    Unexplained {
        /// The delivery's number.
        seq: u64,
        /// The command that lists what was tried, where the delivery is kept.
        table: Option<String>,
    },
    /// A connection or request was turned away before it was a delivery.
    Rejected(Rejected),
    /// Something a person should know; never part of the results.
    Note(Note),
    /// The job ends; always the last.
    Summary(Box<Summary>),
}

/// How deliveries are answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerPolicy {
    /// 200 when verified, 401 when not.
    Strict,
    /// The sender gets the target's own answer.
    Mirror,
    /// 200 once stored; forwarded afterwards.
    Ack,
}

impl AnswerPolicy {
    /// The word used on the command line and in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Strict => "strict",
            Self::Mirror => "mirror",
            Self::Ack => "ack",
        }
    }
}

/// What a listener starts with.
#[derive(Clone, Debug)]
pub struct Ready {
    /// The address it really listens on.
    pub address: SocketAddr,
    /// The same as a URL, such as `http://127.0.0.1:4400`.
    pub url: String,
    /// How deliveries are answered.
    pub answer: AnswerPolicy,
    /// Whether what fails is tried again (`ack`).
    pub retries: bool,
    /// Where deliveries are forwarded to, as URLs.
    pub targets: Vec<String>,
    /// The named provider; `None` means that it is recognised for each delivery.
    pub provider: Option<String>,
    /// Where the secrets came from, by provider: never the secrets.
    pub secrets: Vec<SecretOrigin>,
    /// The journal's file, unless nothing is kept.
    pub journal: Option<String>,
    /// What names it behind a command such as `hookctl events list`; empty for the usual one.
    pub named_journal: String,
    /// The inspector's address with its token, where it is served.
    pub inspector: Option<String>,
}

/// Where a provider's secret came from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SecretOrigin {
    /// The provider it is for; `None` for any.
    pub provider: Option<String>,
    /// Such as `--secret-file koji.txt` or `KOJI_WEBHOOK_SECRET`.
    pub origin: String,
    /// The file that it was read from, where it can be read again.
    pub file: Option<PathBuf>,
}

/// Who decided the status that the sender got.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnsweredBy {
    /// The answer policy.
    Policy,
    /// A handshake or ping of the provider.
    Handshake,
    /// The target (`mirror`).
    Target,
    /// hookctl, because the target gave no answer (502, 504).
    Gateway,
    /// hookctl, because the delivery could not be kept (503, 507).
    Storage,
}

impl AnsweredBy {
    /// The word used in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Policy => "policy",
            Self::Handshake => "handshake",
            Self::Target => "target",
            Self::Gateway => "gateway",
            Self::Storage => "storage",
        }
    }
}

/// A delivery that was received, stored and answered.
#[derive(Clone, Debug)]
pub struct Delivered {
    /// Its number in the journal; `None` when it could not be kept.
    pub seq: Option<u64>,
    /// The request, its verdict and its facts.
    pub checked: Arc<Checked>,
    /// The number of the delivery that this one repeats.
    pub duplicate_of: Option<u64>,
    /// Whether it has that one's body; `None` where that is not known.
    pub same_body: Option<bool>,
    /// The status the sender got.
    pub status: u16,
    /// Who decided it.
    pub answered_by: AnsweredBy,
    /// From the last byte of the request to the answer.
    pub took: Duration,
    /// The attempts made before the answer (`mirror`): one a target.
    pub attempts: Vec<Attempt>,
    /// Why nothing was forwarded although there is a target, such as `not verified`.
    pub not_forwarded: Option<&'static str>,
}

/// An attempt made after the answer.
#[derive(Clone, Debug)]
pub struct Attempted {
    /// The delivery's number in the journal.
    pub seq: u64,
    /// The event's name, for the line a person reads.
    pub event: Option<String>,
    /// What was tried and how it went.
    pub attempt: Attempt,
    /// What happens next.
    pub next: Next,
    /// The words after the number with which `events replay` sends a dead letter
    /// again; empty for what is none.
    pub again: Vec<String>,
}

/// What the vendor says of a delivery's interview.
#[derive(Clone, Debug)]
pub struct Interviewed {
    /// The delivery's number in the journal.
    pub seq: u64,
    /// Whose interview it is.
    pub provider: &'static str,
    /// The interview's id.
    pub id: String,
    /// The interview, or why it could not be fetched.
    pub outcome: Result<Box<Interview>, String>,
    /// How many bytes the vendor's object has.
    pub bytes: usize,
}

/// The mistake behind a delivery that did not verify.
#[derive(Clone, Debug)]
pub struct Diagnosed {
    /// The delivery's number in the journal.
    pub seq: Option<u64>,
    /// The provider it was judged as, where it was.
    pub provider: Option<Arc<str>>,
    /// What is wrong and what mends it.
    pub diagnosis: Diagnosis,
}

/// What happens after an attempt.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Next {
    /// Nothing: the target took it.
    Delivered,
    /// It will be tried again at this moment.
    RetryAt(Timestamp),
    /// It is a dead letter: listed by `events list --dead`, sent again by `events replay`.
    Dead,
    /// Nothing: replays and triggers are not queued.
    Nothing,
}

/// A connection or request turned away before it was a delivery.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rejected {
    /// When.
    pub at: Timestamp,
    /// Who.
    pub peer: SocketAddr,
    /// The status answered; `None` when the connection was only closed.
    pub status: Option<u16>,
    /// The stable name of the reason, such as `body_too_large`.
    pub code: &'static str,
    /// The reason for a person.
    pub reason: String,
}

/// How loud a note is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Level {
    /// Narration.
    Info,
    /// Something is not as it should be.
    Warning,
}

/// Something a person should know.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// How loud.
    pub level: Level,
    /// What, as a sentence fragment.
    pub text: String,
    /// The command or setting that mends it.
    pub hint: Option<String>,
}

/// What a listener saw in its life.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Summary {
    /// Deliveries received.
    pub received: u64,
    /// Of these, verified.
    pub verified: u64,
    /// Of these, judged and refused: the signature does not hold.
    pub failed: u64,
    /// Of these, not judged: no secret, no provider, or a kind not supported.
    pub unjudged: u64,
    /// Deliveries that a target took (2xx).
    pub forwarded: u64,
    /// Attempts that failed.
    pub forward_failed: u64,
    /// Deliveries still waiting for a target.
    pub waiting: u64,
    /// Repeats of an earlier delivery.
    pub duplicates: u64,
    /// Connections and requests turned away.
    pub rejected: u64,
    /// Deliveries that could not be kept and were therefore refused.
    pub not_kept: u64,
    /// Deliveries that matched the filters, where there are any.
    pub matched: u64,
    /// Deliveries that a filter left out.
    pub filtered: u64,
    /// Deliveries on which a jq expression (`--filter`, `--until`) failed.
    pub filter_errors: u64,
    /// How long it ran.
    pub ran: Duration,
}

/// Records every event, for tests.
#[derive(Debug, Default)]
pub struct Recorder(Mutex<Vec<Event>>);

impl Recorder {
    /// What was heard so far.
    pub fn events(&self) -> Vec<Event> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Report for Recorder {
    fn report(&self, event: &Event) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push(event.clone());
    }
}
