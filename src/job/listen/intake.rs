//! What happens to one delivery: judged, stored, answered, passed on, shown.
//!
//! The order is the promise: verified over raw bytes before anything is
//! parsed, stored before it is answered. `answer` takes the `Stored` by value,
//! so nothing can be acknowledged that the ledger has not kept.

use super::answers::{acknowledged, gateway_answer, handshake_answer, json_answer, mirrored};
use super::aside::Aside;
use super::diagnose::Diagnoser;
use super::dispatch::NewWork;
use super::ending::Ending;
use super::enrich::Enricher;
use super::last::Last;
use super::ledger::Ledger;
use super::pump::Pump;
use super::tally::Tally;
use super::{Options, Until};
use crate::clock;
use crate::forward::Forwarder;
use crate::hook::attempt::{Attempt, Outcome};
use crate::hook::curl::words;
use crate::hook::delivery::{Checked, Delivery, Facts};
use crate::hook::handshake::Reply;
use crate::hook::jq::FilterError;
use crate::hook::provider::Provider;
use crate::hook::verdict::Verdict;
use crate::job::judge::Judge;
use crate::job::report::{AnswerPolicy, AnsweredBy, Delivered, Event, Level, Note, Rejected};
use crate::journal::{Occasion, SettledAnswer, Stored, WriteError};
use crate::receive::Sink;
use crate::serve::{Rejection, Response};
use http::{HeaderValue, header};
use std::sync::Arc;
use std::time::{Duration, Instant};

/// The target's deadline when neither the provider nor the user names one.
pub(super) const DEFAULT_DEADLINE: Duration = Duration::from_secs(10);

/// Takes requests in.
pub(super) struct Intake {
    pub(super) judge: Arc<Judge>,
    pub(super) ledger: Arc<Ledger>,
    pub(super) forwarder: Arc<Forwarder>,
    pub(super) options: Arc<Options>,
    pub(super) tally: Arc<Tally>,
    pub(super) pump: Arc<Pump>,
    pub(super) new_work: NewWork,
    pub(super) aside: Aside,
    pub(super) enricher: Enricher,
    pub(super) diagnoser: Diagnoser,
    pub(super) ending: Ending,
    /// The last delivery that was wanted, for sending it again.
    pub(super) last: Last,
}

/// What was decided about a delivery before it is stored.
struct Decision {
    /// The answer, unless the target gives it (`mirror`).
    settled: Option<Answered>,
    deadline: Option<Duration>,
    /// It matches the filters.
    wanted: bool,
    /// Why `--filter` could not be asked of it; then it does not match. An error needs no room where there is none.
    filter_failed: Option<Box<FilterError>>,
    /// Why it is not forwarded although there is a target.
    held: Option<&'static str>,
}

/// The answer and who decided it.
struct Answered {
    response: Response,
    by: AnsweredBy,
    attempts: Vec<Attempt>,
}

impl Sink for Intake {
    async fn deliver(&self, delivery: Delivery) -> Response {
        let begun = Instant::now();
        let (checked, decision) = self.decide(delivery);
        let checked = Arc::new(checked);
        let answer = decision.settled.as_ref().map(|answered| answered.as_kept(begun));
        match self.ledger.append(Arc::clone(&checked), answer).await {
            Ok(stored) => self.answer(stored, decision, begun).await,
            Err(error) => self.not_kept(checked, &error, begun),
        }
    }

    fn rejected(&self, rejection: Rejection) {
        self.tally.rejected();
        self.pump.say(Event::Rejected(Rejected {
            at: clock::now(),
            peer: rejection.peer,
            status: rejection.status,
            code: rejection.code,
            reason: rejection.reason,
        }));
    }

    fn accept_failed(&self, error: &std::io::Error) {
        self.pump.say(Event::Note(Note {
            level: Level::Warning,
            text: format!("no connection can be accepted for now: {error}"),
            hint: Some("raise the limit of open files with `ulimit -n`".to_owned()),
        }));
    }
}

impl Intake {
    fn decide(&self, delivery: Delivery) -> (Checked, Decision) {
        let url = self.public_url(delivery.head.target());
        let message = delivery.message(url.as_deref());
        let (verdict, judged) = self.judge.judge(&message, delivery.received);
        let (facts, handshake) = match judged.as_deref() {
            Some(judged) => judged.provider.read(self.judge.keys_for_answers(judged), &message),
            None => (Facts::of_unknown(&message), None),
        };
        if let Some((judged, reply)) = judged.as_deref().zip(handshake.as_ref()) {
            self.heed(judged, reply);
        }
        let (wanted, filter_failed) = self.wanted(&delivery, &facts);
        let handshake = handshake.map(|reply| self.as_judged(reply, &verdict));
        let refused = self.refuses(&verdict) && handshake.is_none();
        let held = if self.options.targets.is_empty() {
            None
        } else if handshake.is_some() {
            Some("handshake")
        } else if !wanted {
            Some("filtered")
        } else if refused {
            Some("not verified")
        } else {
            None
        };
        let provider = judged.as_ref().map(|judged| &judged.provider);
        let decision = Decision {
            settled: self.settle(handshake, refused.then_some(&verdict), held, provider),
            deadline: provider.and_then(|provider| provider.deadline()),
            wanted,
            filter_failed,
            held,
        };
        let to_outbox = self.options.answer == AnswerPolicy::Ack && held.is_none();
        let outbox = if to_outbox { self.new_work.targets() } else { Arc::default() };
        (Checked { delivery, verdict, facts, outbox }, decision)
    }

    /// The URL that the sender used, where it is known.
    fn public_url(&self, target: &str) -> Option<String> {
        self.options.public_url.as_deref().map(|base| public_url(base, target))
    }

    /// The answer that the sender gets once the delivery is stored, unless the
    /// target is to give it.
    fn settle(
        &self,
        handshake: Option<Reply>,
        refused: Option<&Verdict>,
        held: Option<&'static str>,
        provider: Option<&Arc<Provider>>,
    ) -> Option<Answered> {
        if let Some(reply) = handshake {
            return Some(Answered::by(AnsweredBy::Handshake, handshake_answer(reply)));
        }
        if let Some(verdict) = refused {
            let response = json_answer(401, verdict.code.as_str(), &verdict.reason);
            return Some(Answered::by(AnsweredBy::Policy, response));
        }
        if self.options.answer == AnswerPolicy::Mirror && held.is_none() && !self.options.targets.is_empty() {
            return None;
        }
        let response = acknowledged(provider.and_then(|provider| provider.ack()));
        Some(Answered::by(AnsweredBy::Policy, response))
    }

    /// Some providers send wrongly signed handshakes to see them refused. The
    /// answer has no body: Xero wants none.
    fn as_judged(&self, reply: Reply, verdict: &Verdict) -> Reply {
        match reply.forged {
            Some(status) if self.refuses(verdict) => {
                Reply { status, headers: Vec::new(), body: Vec::new(), secret: None, ..reply }
            }
            _ => reply,
        }
    }

    /// Fail closed: once any secret is known, what was not verified is refused.
    /// A verdict that was judged means that a secret is known.
    fn refuses(&self, verdict: &Verdict) -> bool {
        let required = self.options.require_signature || (self.options.verify && verdict.code.judged());
        required && !self.options.forward_unverified && !verdict.verified()
    }

    /// Whether the filters want it. One on which the jq filter fails (not JSON, nothing to
    /// compare) is not wanted, and why is told once it has a number.
    fn wanted(&self, delivery: &Delivery, facts: &Facts) -> (bool, Option<Box<FilterError>>) {
        let named = self.options.events.is_empty()
            || facts
                .event
                .as_deref()
                .is_some_and(|event| self.options.events.iter().any(|want| covers(want, event)));
        match self.options.filter.as_ref().filter(|_| named) {
            None => (named, None),
            Some(filter) => match filter.matches(&delivery.body) {
                Ok(matches) => (matches, None),
                Err(error) => (false, Some(Box::new(error))),
            },
        }
    }

    /// Counts a delivery that the filters leave out; the first on which `--filter` fails is
    /// told, or nobody would know why nothing comes.
    fn left_out(&self, seq: u64, failed: Option<&FilterError>) {
        self.tally.filtered();
        if let Some(error) = failed
            && self.tally.filter_failed() == 1
        {
            self.pump.say(Event::Note(self.filter_note("--filter", seq, error, "so it is left out")));
        }
    }

    /// Answers what is stored; taking the `Stored` is what makes an answer legitimate.
    async fn answer(&self, stored: Stored, decision: Decision, begun: Instant) -> Response {
        let same_body = stored.same_body();
        let (seq, duplicate_of, checked) = stored.into_parts();
        let answered = match decision.settled {
            Some(answered) => answered,
            // Boxed: a delivery that is not passed on needs no room for it.
            None => Box::pin(self.mirror(seq, &checked, decision.deadline, begun)).await,
        };
        let took = begun.elapsed();
        let status = answered.response.status;
        self.tally.received(&checked.verdict, duplicate_of.is_some());
        if !checked.outbox.is_empty() {
            self.new_work.announce();
        }
        // Neither a handshake nor what is refused is up to the filters.
        let event = answered.by != AnsweredBy::Handshake;
        if !decision.wanted && event && !self.refuses(&checked.verdict) {
            self.left_out(seq, decision.filter_failed.as_deref());
        }
        if decision.wanted {
            // Anybody can send what does not verify, a ping too: it must not end a script that
            // waits, and a key press must not pass it on; `events replay` does, by its number.
            let counts = !self.refuses(&checked.verdict);
            if counts {
                self.last.set(seq, &checked);
            }
            self.pump.follow(|| {
                Event::Delivery(Arc::new(Delivered {
                    seq: Some(seq),
                    checked: Arc::clone(&checked),
                    duplicate_of,
                    same_body,
                    status,
                    answered_by: answered.by,
                    took,
                    attempts: answered.attempts,
                    not_forwarded: decision.held,
                }))
            });
            if event {
                let url = self.public_url(checked.delivery.head.target());
                self.diagnoser.offer(seq, &checked, url.as_deref());
            }
            if counts {
                // After the delivery itself was told.
                self.enricher.offer(seq, &checked);
                self.count_towards_end(seq, &checked, event, event && duplicate_of.is_none());
            }
        }
        answered.response
    }

    /// Forwards to every target at once; the sender gets the first target's
    /// answer as soon as it is there, whatever the others do.
    async fn mirror(
        &self,
        seq: u64,
        checked: &Checked,
        deadline: Option<Duration>,
        begun: Instant,
    ) -> Answered {
        let deadline = self.options.timeout.or(deadline).unwrap_or(DEFAULT_DEADLINE);
        let Some((first, others)) = self.options.targets.split_first() else {
            return Answered::by(AnsweredBy::Policy, acknowledged(None));
        };
        for target in others {
            self.aside.forward(self, seq, target, checked, deadline, Occasion::Arrival);
        }
        let delivery = &checked.delivery;
        let (head, body) = (&delivery.head, &delivery.body);
        let attempt =
            self.forwarder.attempt_unless(first, head, body, 1, deadline, self.ending.gives_up()).await;
        self.tally.attempted(&attempt, self.options.expect_status.as_ref());
        let (response, by) = match &attempt.outcome {
            Outcome::Answered(answer) => (mirrored(answer), AnsweredBy::Target),
            Outcome::Failed(failure) => (gateway_answer(failure), AnsweredBy::Gateway),
        };
        self.keep(seq, response.status, by, begun.elapsed(), &attempt);
        Answered { response, by, attempts: vec![attempt] }
    }

    /// Forwards the last delivery again, to every target.
    pub(super) async fn replay_last(&self) {
        let (seq, checked) = match self.last.get(&self.ledger) {
            Ok(last) => last,
            Err(reason) => return self.pump.warn(reason),
        };
        if self.options.targets.is_empty() {
            return self
                .pump
                .warn("there is no target to replay to; start with `--forward TARGET`".to_owned());
        }
        let deadline = self.options.timeout.unwrap_or(DEFAULT_DEADLINE);
        for target in &self.options.targets {
            self.aside.forward(self, seq, target, &checked, deadline, Occasion::Replay);
        }
    }

    /// Waits for what still goes to further targets, for interviews that are fetched, and for failures
    /// that are being explained.
    pub(super) async fn finish(&self) {
        self.aside.finish().await;
        self.enricher.finish(&self.pump).await;
        self.diagnoser.finish().await;
    }

    fn keep(&self, seq: u64, status: u16, by: AnsweredBy, took: Duration, attempt: &Attempt) {
        let kept = self.ledger.record_answer(seq, status, by, took);
        if let Err(error) = kept.and(self.ledger.record_attempt(seq, attempt, Occasion::Arrival)) {
            self.pump.say(Event::Note(Note {
                level: Level::Warning,
                text: format!("#{seq} is kept, but how it was answered is not: {error}"),
                hint: None,
            }));
        }
    }

    /// A jq expression that fails on a payload, with the command that shows which.
    fn filter_note(&self, flag: &str, seq: u64, error: &FilterError, outcome: &str) -> Note {
        let show = || format!("hookctl events show {seq}{}", words(&self.options.journal));
        Note {
            level: Level::Warning,
            text: format!("`{flag}` fails on #{seq}, {outcome}: {error}; the summary counts further ones"),
            hint: self.ledger.path().map(|_| show()),
        }
    }

    /// `--until N` counts events, each once: neither handshakes nor repeats. An expression is
    /// asked of everything.
    fn count_towards_end(&self, seq: u64, checked: &Checked, event: bool, new: bool) {
        self.tally.matched();
        let enough = match &self.options.until {
            Until::Stopped => false,
            Until::Count(wanted) => new && self.tally.counted() >= *wanted,
            Until::Matches(filter) => filter.matches(&checked.delivery.body).unwrap_or_else(|error| {
                if event && self.tally.until_failed() == 1 {
                    self.pump.say(Event::Note(self.filter_note(
                        "--until",
                        seq,
                        &error,
                        "so it does not count",
                    )));
                }
                false
            }),
        };
        if enough {
            self.tally.enough();
        }
    }

    /// What cannot be kept is not received: the sender is told to come again.
    fn not_kept(&self, checked: Arc<Checked>, error: &WriteError, begun: Instant) -> Response {
        self.tally.not_kept();
        let status = error.status();
        self.pump.follow(|| {
            Event::Delivery(Arc::new(Delivered {
                seq: None,
                checked,
                duplicate_of: None,
                same_body: None,
                status,
                answered_by: AnsweredBy::Storage,
                took: begun.elapsed(),
                attempts: Vec::new(),
                not_forwarded: Some("not kept"),
            }))
        });
        self.pump.say(Event::Note(Note {
            level: Level::Warning,
            text: format!("a delivery was refused with {status}: {error}"),
            hint: None,
        }));
        let mut response = json_answer(status, error.as_str(), &error.to_string());
        response.headers.push((header::RETRY_AFTER, HeaderValue::from_static("5")));
        response
    }
}

/// Whether `--events` word `want` covers `event`.
fn covers(want: &str, event: &str) -> bool {
    match want.strip_suffix('*') {
        Some(start) => event.starts_with(start),
        None => want == event,
    }
}

/// The URL the sender used: the public base with the request's own path and query.
fn public_url(base: &str, target: &str) -> String {
    format!("{}{target}", base.trim_end_matches('/'))
}

impl Answered {
    fn by(by: AnsweredBy, response: Response) -> Self {
        Self { response, by, attempts: Vec::new() }
    }

    fn as_kept(&self, begun: Instant) -> SettledAnswer {
        SettledAnswer { status: self.response.status, answered_by: self.by.as_str(), begun }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn event_words_cover_exactly_or_by_a_trailing_star() {
        assert!(covers("interview.completed", "interview.completed"));
        assert!(!covers("interview", "interview.completed"));
        assert!(covers("interview.*", "interview.completed"));
        assert!(covers("*", "anything"));
    }

    #[test]
    fn the_public_url_joins_base_and_target_once() {
        assert_eq!(public_url("https://t.example/", "/hooks?x=1"), "https://t.example/hooks?x=1");
    }
}
