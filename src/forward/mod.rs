//! One attempt to pass a delivery to a target.
//!
//! The head rules are in [`head`]; the bytes go out through the exact client.
//! Does not retry, does not follow redirects (a 3xx is an answer) and does not
//! decide what a failure means for the sender.

pub mod head;

use crate::clock;
use crate::hook::attempt::{Attempt, Failure, FailureKind, Outcome, Sent};
use crate::hook::delivery::Delivery;
use crate::hook::headers::Head;
use crate::hook::target::{PathMode, Target};
use crate::outbound::exact::{ExactClient, ExactOptions, ExactRequest, Trust};
use bytes::Bytes;
use head::{ExtraHeader, HeadPlan, HeaderRefused};
use std::future::Future;
use std::time::{Duration, Instant};

/// How deliveries are forwarded.
#[derive(Clone, Debug)]
pub struct ForwardOptions {
    /// Whether the incoming path and query reach the target.
    pub path_mode: PathMode,
    /// `-H`: fields that are added, or that replace the ones of their name.
    pub extra_headers: Vec<(String, Vec<u8>)>,
    /// Fields that are kept even if the sender's Connection field names them,
    /// such as those of the provider's signature.
    pub kept_headers: Vec<String>,
    /// The target's deadline for one attempt; zero for none.
    pub timeout: Duration,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// `-k`: take any certificate from an `https` target.
    pub insecure: bool,
    /// The most bytes of an answer's body.
    pub max_answer: usize,
    /// The most bytes of all answers held at once, small ones aside; never less than `max_answer`.
    pub max_answers: usize,
}

impl Default for ForwardOptions {
    fn default() -> Self {
        Self {
            path_mode: PathMode::Keep,
            extra_headers: Vec::new(),
            kept_headers: Vec::new(),
            timeout: Duration::from_secs(10),
            connect_timeout: Duration::from_secs(2),
            insecure: false,
            max_answer: 16 << 20,
            max_answers: 16 << 20,
        }
    }
}

/// Passes deliveries to targets. Cheap to clone; clones share their connections.
#[derive(Clone, Debug)]
pub struct Forwarder {
    client: ExactClient,
    plan: HeadPlan,
    path_mode: PathMode,
    timeout: Option<Duration>,
}

impl Forwarder {
    /// Makes a forwarder. Connects to nothing yet.
    ///
    /// # Errors
    /// Refuses extra headers that cannot be sent.
    pub fn new(mut options: ForwardOptions) -> Result<Self, HeaderRefused> {
        let extra: Result<Vec<_>, _> = std::mem::take(&mut options.extra_headers)
            .into_iter()
            .map(|(name, value)| ExtraHeader::new(name, &value))
            .collect();
        Ok(Self::with(options, extra?))
    }

    /// A forwarder that adds no headers, with the usual deadlines.
    pub fn plain(path_mode: PathMode) -> Self {
        Self::with(ForwardOptions { path_mode, ..ForwardOptions::default() }, Vec::new())
    }

    fn with(options: ForwardOptions, extra: Vec<ExtraHeader>) -> Self {
        let client = ExactClient::new(&ExactOptions {
            connect_timeout: options.connect_timeout,
            trust: if options.insecure { Trust::Anything } else { Trust::System },
            max_answer: options.max_answer,
            max_answers: options.max_answers,
        });
        Self {
            client,
            plan: HeadPlan::new(extra, options.kept_headers),
            path_mode: options.path_mode,
            timeout: Some(options.timeout).filter(|timeout| !timeout.is_zero()),
        }
    }

    /// Passes one delivery to one target and says how it went.
    pub async fn attempt(&self, target: &Target, delivery: &Head, body: &Bytes, number: u32) -> Attempt {
        self.attempt_by(target, delivery, body, number, self.timeout, std::future::pending()).await
    }

    /// The same with a deadline of its own (zero for none), and given up with the
    /// failure of `instead` when that resolves before the target has answered.
    pub async fn attempt_unless(
        &self,
        target: &Target,
        delivery: &Head,
        body: &Bytes,
        number: u32,
        timeout: Duration,
        instead: impl Future<Output = Failure>,
    ) -> Attempt {
        let timeout = Some(timeout).filter(|timeout| !timeout.is_zero());
        self.attempt_by(target, delivery, body, number, timeout, instead).await
    }

    /// Sends a delivery again as somebody has changed it; the attempt tells what was changed.
    pub async fn attempt_changed(
        &self,
        target: &Target,
        head: &Head,
        body: &Bytes,
        came: &Delivery,
    ) -> Attempt {
        let attempt = self.attempt(target, head, body, 1).await;
        let written = self.head_for(target, head, body.len());
        let body = (*body != came.body).then(|| body.clone());
        let changed = |head: &Bytes| body.is_some() || usual_head(&attempt, came).as_ref() != Some(head);
        let sent = written.filter(changed).map(|head| Sent { head, body });
        Attempt { sent, ..attempt }
    }

    /// The head that a target would get, and nothing is sent. `None` when the request line cannot be written.
    pub fn head_for(&self, target: &Target, delivery: &Head, body_length: usize) -> Option<Bytes> {
        let request_target = target.request_target(delivery.target(), self.path_mode);
        self.plan.prepare(target, &request_target, delivery, body_length)
    }

    async fn attempt_by(
        &self,
        target: &Target,
        delivery: &Head,
        body: &Bytes,
        number: u32,
        timeout: Option<Duration>,
        instead: impl Future<Output = Failure>,
    ) -> Attempt {
        let started = clock::now();
        let begun = Instant::now();
        let request_target = target.request_target(delivery.target(), self.path_mode);
        let head = self.plan.prepare(target, &request_target, delivery, body.len());
        // What is the user's own, or was left out at the sender's wish, cannot be told later.
        let told = if self.plan.is_usual(delivery.headers()) { None } else { head.clone() };
        let answered = tokio::select! {
            biased;
            failure = instead => Err(failure),
            answered = self.exchange(target, delivery.method(), head, body, timeout) => answered,
        };
        let outcome = match answered {
            Ok(answer) => Outcome::Answered(answer),
            Err(failure) => Outcome::Failed(failure),
        };
        Attempt {
            target: format!("{}{request_target}", target.origin()),
            number,
            started,
            duration: begun.elapsed(),
            outcome,
            sent: told.map(|head| Sent { head, body: None }),
        }
    }

    async fn exchange(
        &self,
        target: &Target,
        method: &str,
        head: Option<Bytes>,
        body: &Bytes,
        timeout: Option<Duration>,
    ) -> Result<crate::hook::attempt::Answer, Failure> {
        let head = head.ok_or_else(|| Failure {
            kind: FailureKind::Invalid,
            detail: "the request line cannot be written for the target".to_owned(),
        })?;
        let request = ExactRequest { origin: target.origin(), method, head, body: body.clone(), timeout };
        self.client.send(&request).await
    }
}

/// The head that an attempt sent for a delivery that nobody changed, where nothing
/// in it is the user's own.
fn usual_head(attempt: &Attempt, came: &Delivery) -> Option<Bytes> {
    let target = Target::parse(&attempt.target, None).ok()?;
    let request_target = attempt.target.strip_prefix(target.origin())?;
    HeadPlan::default().prepare(&target, request_target, &came.head, came.body.len())
}

/// The head that an attempt sent for a delivery of the journal. `None` where it could not be written.
pub fn head_of(attempt: &Attempt, came: &Delivery) -> Option<Bytes> {
    attempt.sent.as_ref().map(|sent| sent.head.clone()).or_else(|| usual_head(attempt, came))
}
