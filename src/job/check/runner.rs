//! Makes the requests of a run, sends them and remembers how they went.

use super::gauge::Gauge;
use super::pace::{Exhausted, Pace};
use super::record::Record;
use super::{Plan, verdict::Verdict};
use crate::clock;
use crate::hook::attempt::{Answer, Failure, FailureKind, Outcome};
use crate::hook::check::{Change, CraftError, Language, Leaks, Request, Script, Seen, words_of};
use crate::hook::delivery::{Facts, Message};
use crate::hook::sample::Sample;
use crate::hook::time::Timestamp;
use crate::outbound::wire::{Act, Finish, Heard, Speech, Trust, Wire};
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

/// How long making a connection may take.
const CONNECT: Duration = Duration::from_secs(2);
/// The most characters of an answer that are kept for the report.
const EXCERPT: usize = 2_000;

/// One request that was sent, and how it went.
#[derive(Clone, Debug)]
pub(super) struct Trial {
    pub(super) request: Arc<Request>,
    pub(super) outcome: Outcome,
    pub(super) took: Duration,
}

impl Trial {
    /// What came back, where anything did.
    pub(super) fn answer(&self) -> Option<&Answer> {
        match &self.outcome {
            Outcome::Answered(answer) => Some(answer),
            Outcome::Failed(_) => None,
        }
    }

    /// Whether the time was over before an answer came.
    pub(super) fn is_silence(&self) -> bool {
        self.failed(FailureKind::Timeout)
    }

    /// Whether nothing listens.
    pub(super) fn is_refused(&self) -> bool {
        self.failed(FailureKind::Refused)
    }

    fn failed(&self, kind: FailureKind) -> bool {
        matches!(&self.outcome, Outcome::Failed(failure) if failure.kind == kind)
    }

    /// What the report tells of it.
    pub(super) fn seen(&self) -> Seen {
        let excerpt = match &self.outcome {
            Outcome::Answered(answer) => {
                String::from_utf8_lossy(&answer.body).chars().take(EXCERPT).collect()
            }
            Outcome::Failed(failure) => words_of(failure),
        };
        Seen { status: self.outcome.status(), took: self.took, excerpt }
    }
}

/// Why a case was not run to its end.
#[derive(Debug)]
pub(super) enum Stop {
    /// The most requests are sent.
    Exhausted(u64),
    /// A request of it cannot be made.
    Craft(CraftError),
}

impl From<CraftError> for Stop {
    fn from(error: CraftError) -> Self {
        Self::Craft(error)
    }
}

impl Stop {
    /// Why the case is skipped.
    pub(super) fn verdict(&self) -> Verdict {
        match self {
            Self::Exhausted(most) => Verdict::skip(format!("the limit of {most} requests was reached")),
            Self::Craft(error) => Verdict::skip(error.to_string()),
        }
    }
}

/// What a case works with.
pub(super) type Step<T> = Result<T, Stop>;

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Runner<'p> {
    pub(super) plan: &'p Plan,
    pub(super) wire: Wire,
    pub(super) pace: Pace,
    pub(super) record: Record,
    pub(super) gauge: Gauge,
    pub(super) language: Option<Language>,
    /// What other cases have measured already, and was as it must be.
    pub(super) counted_rightly: Vec<(Script, Verdict)>,
    sample: Sample,
    number: u64,
    /// Whether nothing listened for the first request of the case.
    nobody: Option<bool>,
}

impl<'p> Runner<'p> {
    pub(super) fn new(plan: &'p Plan, sample: Sample, counting: Duration) -> Self {
        let trust = if plan.insecure { Trust::Anything } else { Trust::System };
        let wire = Wire::new(CONNECT, trust);
        Self {
            plan,
            gauge: Gauge::new(plan.probe.clone(), wire.clone(), counting),
            wire,
            pace: Pace::new(plan.most_requests, plan.interval),
            record: Record::new(Leaks::new(plan.secrets.clone())),
            language: plan.language,
            counted_rightly: Vec::new(),
            sample,
            number: 0,
            nobody: None,
        }
    }

    /// Begins with another case.
    pub(super) fn begin_case(&mut self) {
        self.nobody = None;
    }

    /// Whether nothing listened already for the first request of the case.
    pub(super) fn found_nobody(&self) -> bool {
        self.nobody == Some(true)
    }

    /// The sample that good deliveries are made of.
    pub(super) fn sample(&self) -> &Sample {
        &self.sample
    }

    /// An id that this run has not used yet.
    pub(super) fn fresh_id(&mut self) -> String {
        self.number = self.number.saturating_add(1);
        self.plan.workshop.id(self.number)
    }

    /// A delivery of the ordinary sample with a fresh id, with these changes.
    pub(super) fn make(&mut self, changes: &[Change]) -> Step<Arc<Request>> {
        let id = self.fresh_id();
        self.make_with(&id, clock::now(), changes)
    }

    /// The same with this id, at this moment.
    pub(super) fn make_with(&self, id: &str, at: Timestamp, changes: &[Change]) -> Step<Arc<Request>> {
        self.make_of(&self.sample, id, at, changes)
    }

    /// The same of another sample.
    pub(super) fn make_of(
        &self,
        sample: &Sample,
        id: &str,
        at: Timestamp,
        changes: &[Change],
    ) -> Step<Arc<Request>> {
        Ok(Arc::new(self.plan.workshop.make(sample, id, at, changes)?))
    }

    /// What the provider's profile reads in a request.
    pub(super) fn facts(&self, request: &Request) -> Facts {
        let workshop = &self.plan.workshop;
        let url = format!("{}{}", workshop.target.origin(), request.head.target());
        workshop.provider.facts(&Message {
            method: request.head.method(),
            target: request.head.target(),
            headers: request.head.headers(),
            body: &request.body,
            url: Some(&url),
        })
    }

    /// Sends a request as it is.
    pub(super) async fn send(&mut self, request: &Arc<Request>) -> Step<Trial> {
        let timeout = self.plan.deadline;
        self.send_within(request, timeout).await
    }

    /// The same, with another time for the answer.
    pub(super) async fn send_within(&mut self, request: &Arc<Request>, timeout: Duration) -> Step<Trial> {
        self.turn(1).await?;
        let trial = one(&self.wire, self.plan.workshop.target.origin(), request, timeout).await;
        self.note(&trial);
        self.record.note_silence(&trial);
        Ok(trial)
    }

    /// Makes a good delivery with a fresh id and sends it.
    pub(super) async fn send_good(&mut self) -> Step<Trial> {
        let request = self.make(&[])?;
        let trial = self.send(&request).await?;
        self.record.note_good(&trial);
        Ok(trial)
    }

    /// Sends all at once, each on a connection of its own.
    pub(super) async fn send_at_once(&mut self, requests: &[Arc<Request>]) -> Step<Vec<Trial>> {
        self.turn(u32::try_from(requests.len()).unwrap_or(u32::MAX)).await?;
        let mut under_way = JoinSet::new();
        for request in requests {
            let (wire, request, timeout) = (self.wire.clone(), Arc::clone(request), self.plan.deadline);
            let origin = self.plan.workshop.target.origin().to_owned();
            under_way.spawn(async move { one(&wire, &origin, &request, timeout).await });
        }
        let trials = under_way.join_all().await;
        for trial in &trials {
            self.note(trial);
        }
        if let Some(trial) = trials.iter().find(|trial| trial.is_silence()) {
            // They were silent at once: it counts as one.
            self.record.note_silence(trial);
        }
        Ok(trials)
    }

    /// Speaks on a connection; `request` is what the report shows of it.
    pub(super) async fn speak(
        &mut self,
        request: &Arc<Request>,
        acts: Vec<Act>,
        finish: Finish,
        answers: usize,
        timeout: Duration,
    ) -> Step<Vec<Trial>> {
        self.turn(u32::try_from(answers.max(1)).unwrap_or(u32::MAX)).await?;
        let method = request.head.method();
        let origin = self.plan.workshop.target.origin();
        let heard = self.wire.speak(&Speech { origin, method, acts, finish, answers, timeout }).await;
        let trials = trials(request, heard);
        for trial in &trials {
            self.note(trial);
        }
        Ok(trials)
    }

    /// Sends a request over HTTP/2; `None` when that is not offered.
    pub(super) async fn speak_http2(&mut self, request: &Arc<Request>) -> Step<Option<Trial>> {
        self.turn(1).await?;
        let origin = self.plan.workshop.target.origin();
        let (head, body, timeout) = (&request.head, &request.body, self.plan.deadline);
        let Some(heard) = self.wire.speak_http2(origin, head, body, timeout).await else { return Ok(None) };
        let trial = trials(request, heard).into_iter().next();
        if let Some(trial) = &trial {
            self.note(trial);
        }
        Ok(trial)
    }

    async fn turn(&mut self, count: u32) -> Step<()> {
        let most = self.pace.most();
        self.pace.turn(count).await.map_err(|Exhausted| Stop::Exhausted(most))
    }

    fn note(&mut self, trial: &Trial) {
        self.record.note(trial);
        self.nobody.get_or_insert(trial.is_refused());
        if let (None, Some(answer)) = (self.language, trial.answer()) {
            self.language = Language::of(&answer.headers);
        }
    }
}

/// A request as it goes out.
pub(super) fn bytes_of(request: &Request) -> bytes::Bytes {
    // In one piece: some servers read once.
    [request.head.as_bytes().as_ref(), request.body.as_ref()].concat().into()
}

async fn one(wire: &Wire, origin: &str, request: &Arc<Request>, timeout: Duration) -> Trial {
    let method = request.head.method();
    let acts = vec![Act::Say(bytes_of(request))];
    let heard = wire.speak(&Speech { origin, method, acts, finish: Finish::Wait, answers: 1, timeout }).await;
    let failed =
        || Trial { request: Arc::clone(request), outcome: Outcome::Failed(silent()), took: Duration::ZERO };
    trials(request, heard).into_iter().next().unwrap_or_else(failed)
}

/// Every answer, and the failure behind them.
fn trials(request: &Arc<Request>, heard: Heard) -> Vec<Trial> {
    let outcomes = heard.answers.into_iter().map(Outcome::Answered).chain(heard.failure.map(Outcome::Failed));
    outcomes.map(|outcome| Trial { request: Arc::clone(request), outcome, took: heard.took }).collect()
}

fn silent() -> Failure {
    Failure { kind: FailureKind::Reset, detail: "there was no answer".to_owned() }
}
