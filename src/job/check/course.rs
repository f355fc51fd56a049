//! The order of a run: a good delivery first, then every case, then the cases
//! about all answers.

use super::alive::{self, After};
use super::runner::{Runner, Step, Trial};
use super::scripts::{self, End};
use super::verdict::Verdict;
use super::{CheckError, Plan, Watch};
use crate::hook::check::{Case, Expect, Fact, Finding, Group, Outcome, Script, Suite, Symptom};
use std::time::Duration;

/// The case that the others stand on.
const GOOD: &str = "good-delivery";
/// So many requests in a row without an answer, and no more are sent.
const MOST_IN_A_ROW: u32 = 3;
/// The same in all: GET, HEAD, PUT and OPTIONS are passed over by many who take a POST.
const MOST_SILENCES: u32 = 6;

/// See the module's documentation.
pub(super) struct Course<'p, 'r> {
    runner: &'r mut Runner<'p>,
    plan: &'p Plan,
    watch: &'r dyn Watch,
    /// How long a supervisor may take to start the process again.
    revival: Duration,
    findings: Vec<Finding>,
    /// The last case that sent something, and those skipped since, held back: what
    /// ends the process may show only when the next case finds nobody.
    held: Vec<Finding>,
    /// Why a good delivery is not accepted.
    unaccepted: Option<String>,
    /// Whether one was, and in time.
    good: bool,
    /// Why nothing more is sent.
    stopped: Option<String>,
    died: bool,
}

/// Whether what the case sends must be refused.
fn refuses(case: &Case) -> bool {
    matches!(case.expect, Expect::Refused | Expect::RefusedOrClosed)
}

/// Whether the case sends one request that must be refused.
fn is_forged(case: &Case) -> bool {
    refuses(case) && case.script == Script::Send
}

/// Whether the case sends what a handler may trip over when it has answered already,
/// so that the next case would be blamed.
fn puzzles(case: &Case) -> bool {
    matches!(case.script, Script::EachEvent | Script::EachAnswerType)
        || case.change.iter().any(|change| change.is_another_value())
}

/// What an answer says that nobody handles deliveries at this path.
fn elsewhere(trial: &Trial) -> Option<String> {
    match trial.outcome.status()? {
        300..=399 => Some("every delivery is redirected".to_owned()),
        status @ (404 | 405) => Some(format!("nothing takes deliveries at this path: answered {status}")),
        _ => None,
    }
}

/// Whether the case looks at the answers to all the others.
const fn is_about_all(script: Script) -> bool {
    matches!(
        script,
        Script::Deadline
            | Script::Exactly200
            | Script::Counted
            | Script::Unchanged
            | Script::LeaksSecret
            | Script::LeaksSignature
            | Script::LeaksTrace
            | Script::LeaksPath
            | Script::Alive
    )
}

/// What a run found, before it is put together.
pub(super) struct Found {
    pub(super) findings: Vec<Finding>,
    pub(super) died: bool,
}

impl<'p, 'r> Course<'p, 'r> {
    pub(super) fn new(runner: &'r mut Runner<'p>, watch: &'r dyn Watch, revival: Duration) -> Self {
        let plan = runner.plan;
        Self {
            runner,
            plan,
            watch,
            revival,
            findings: Vec::new(),
            held: Vec::new(),
            unaccepted: None,
            good: false,
            stopped: None,
            died: false,
        }
    }

    /// Runs everything. `silent` is why there is no report of a target that has not
    /// answered so far, and does not answer a good delivery either.
    pub(super) async fn run(mut self, silent: Option<CheckError>) -> Result<Found, CheckError> {
        self.good_delivery().await?;
        if let Some(silent) = silent.filter(|_| self.runner.record.silences > 0) {
            return Err(silent);
        }
        let (about, cases): (Vec<_>, Vec<_>) = self
            .plan
            .cases
            .iter()
            .copied()
            .filter(|case| case.id != GOOD)
            .partition(|case| is_about_all(case.script));
        if cases.is_empty() && about.iter().any(|case| case.script != Script::Alive) {
            self.groundwork().await;
        }
        for case in cases {
            let verdict = self.case(case).await;
            self.hold(verdict.finding(case));
        }
        self.let_go();
        for case in about {
            let verdict = self.about(case).await;
            self.hold(verdict.finding(case));
            self.let_go();
        }
        let place = |finding: &Finding| self.plan.cases.iter().position(|case| case.id == finding.case.id);
        self.findings.sort_by_key(place);
        Ok(Found { findings: self.findings, died: self.died })
    }

    /// The delivery that everything else is a change of. It is sent even when its
    /// case is not asked for: without it no other case says anything.
    async fn good_delivery(&mut self) -> Result<(), CheckError> {
        let before = self.runner.gauge.first().await?;
        let request = match self.runner.make(&[]) {
            Ok(request) => request,
            Err(super::runner::Stop::Craft(error)) => return Err(error.into()),
            Err(stop) => {
                self.stopped = Some(stop.verdict().reason);
                return Ok(());
            }
        };
        let timeout = self.plan.deadline.saturating_add(self.plan.deadline.min(Duration::from_secs(5)));
        let trial = match self.runner.send_within(&request, timeout).await {
            Ok(trial) => trial,
            Err(stop) => {
                self.stopped = Some(stop.verdict().reason);
                return Ok(());
            }
        };
        self.runner.record.note_good(&trial);
        let mut verdict = Verdict::of(Expect::Accepted, &trial);
        if trial.is_silence() {
            self.stopped = Some("a good delivery is not answered".to_owned());
        } else if let Some(elsewhere) = elsewhere(&trial) {
            // Whatever is sent is answered so, and that says nothing about the handler.
            self.stopped = Some(elsewhere);
        } else if verdict.failed() {
            self.unaccepted = Some(verdict.reason.clone());
            self.runner.gauge.turn_off("a good delivery is not accepted".to_owned());
        } else if trial.took > self.plan.deadline {
            self.stopped = Some("every answer takes longer than the vendor waits".to_owned());
        } else {
            self.good = true;
            self.calibrate(before).await;
            // What ends the process after the answer shows in the next delivery.
            let after = alive::look(self.runner).await;
            verdict = self.judge_after(verdict, after).await;
        }
        if let Some(case) = self.plan.cases.iter().find(|case| case.id == GOOD) {
            self.hold(verdict.finding(case));
        } else if verdict.failed() {
            self.unaccepted.get_or_insert(verdict.reason);
        }
        Ok(())
    }

    /// The counter must move by one for a good delivery, or it measures nothing.
    async fn calibrate(&mut self, before: Option<i64>) {
        match self.runner.gauge.moved(before, 1).await {
            None | Some(1) => {}
            Some(0) => self.runner.gauge.turn_off("the counter did not move for a good delivery".to_owned()),
            Some(moved) => self.runner.gauge.turn_off(format!(
                "the counter moved by {moved} for one good delivery, and must move by one"
            )),
        }
    }

    /// A case about all answers says nothing alone: the simple ones are run for it,
    /// and not reported.
    async fn groundwork(&mut self) {
        let simple = |case: &&Case| matches!(case.script, Script::Send | Script::AtOnce) && case.id != GOOD;
        for case in Suite::builtin().cases().iter().filter(simple) {
            self.case(case).await;
        }
    }

    /// Whether and how a case is run.
    async fn case(&mut self, case: &'static Case) -> Verdict {
        if let Some(reason) = self.reason_to_skip(case) {
            return Verdict::skip(reason);
        }
        for _again in 0..2 {
            self.runner.begin_case();
            let before = if is_forged(case) { self.runner.gauge.read().await } else { None };
            let verdict = scripts::run(self.runner, case).await.unwrap_or_else(|stop| stop.verdict());
            if !self.runner.found_nobody() {
                return self.afterwards(case, verdict, before).await;
            }
            self.blame_the_last();
            if !self.revive().await {
                return Verdict::skip(self.stopped.clone().unwrap_or_default());
            }
        }
        Verdict::skip("the handler ends and is started again all the time")
    }

    fn reason_to_skip(&self, case: &Case) -> Option<String> {
        if let Some(reason) = case.inapplicable(&self.plan.workshop.provider) {
            return Some(reason.to_owned());
        }
        if let Some(stopped) = &self.stopped {
            return Some(stopped.clone());
        }
        if case.when.contains(&Fact::Probe)
            && let Some(off) = self.runner.gauge.off()
        {
            return Some(off.to_owned());
        }
        if self.unaccepted.is_some() && !is_forged(case) {
            return Some("a good delivery is not accepted".to_owned());
        }
        None
    }

    /// What was sent last ended the process.
    fn blame_the_last(&mut self) {
        if let Some(held) = self.held.iter_mut().find(|held| held.outcome != Outcome::Skip) {
            held.outcome = Outcome::Fail;
            held.symptom = Some(Symptom::Died);
            held.reason = format!("{}, and then the handler did not listen any more", held.reason);
        }
    }

    /// After what may have hurt it a handler must take a good delivery.
    async fn afterwards(&mut self, case: &'static Case, verdict: Verdict, before: Option<i64>) -> Verdict {
        if let Some(silent) = self.too_silent() {
            self.stopped = Some(silent);
            return verdict;
        }
        let hurt = matches!(verdict.symptom, Some(Symptom::Died | Symptom::Closed | Symptom::NoAnswer));
        let hostile = refuses(case) || case.group == Group::Robustness || hurt || puzzles(case);
        if verdict.outcome == Outcome::Skip || !hostile {
            return verdict;
        }
        if self.unaccepted.is_some() {
            let after = alive::knock(self.runner).await;
            return self.judge_after(verdict, Ok(after)).await;
        }
        let after = alive::look(self.runner).await;
        if matches!(after, Ok(After::Right)) {
            self.weigh(case, before, verdict.symptom == Some(Symptom::Believed)).await;
        }
        self.judge_after(verdict, after).await
    }

    /// Why nothing more is sent to who does not answer: each silence takes as long as the
    /// vendor waits.
    fn too_silent(&self) -> Option<String> {
        let record = &self.runner.record;
        let silent = format!("the handler left {} requests without an answer", record.silences);
        match record {
            _ if record.in_a_row >= MOST_IN_A_ROW => Some(silent + ", one after the other"),
            _ if record.silences >= MOST_SILENCES => Some(silent),
            _ => None,
        }
    }

    /// Of a forged delivery and a good one, one must have been counted.
    async fn weigh(&mut self, case: &'static Case, before: Option<i64>, believed: bool) {
        let mut moved = self.runner.gauge.moved(before, 1).await;
        if moved.is_some() {
            self.runner.gauge.weighed = self.runner.gauge.weighed.saturating_add(1);
        }
        if moved.is_some_and(|moved| moved > 1) && !believed {
            // What was accepted earlier may have been counted late: once more.
            moved = self.weigh_again(case).await;
        }
        match moved {
            Some(moved) if moved > 1 => self.runner.gauge.changed.push((&case.id, moved.saturating_sub(1))),
            Some(moved) if moved < 1 => {
                self.runner.gauge.missing.push((&case.id, 1_i64.saturating_sub(moved)));
            }
            _ => {}
        }
    }

    async fn weigh_again(&mut self, case: &'static Case) -> Option<i64> {
        let before = self.runner.gauge.read().await;
        scripts::run(self.runner, case).await.ok()?;
        match alive::look(self.runner).await {
            Ok(After::Right) => self.runner.gauge.moved(before, 1).await,
            _ => None,
        }
    }

    async fn judge_after(&mut self, verdict: Verdict, after: Step<After>) -> Verdict {
        match after {
            Err(stop) => {
                self.stopped = Some(stop.verdict().reason);
                verdict
            }
            Ok(After::Right) => verdict,
            Ok(After::Wrong(reason)) if verdict.failed() => {
                Verdict { reason: format!("{}; {reason}", verdict.reason), ..verdict }
            }
            Ok(After::Wrong(reason)) => {
                let trial = verdict.trial.as_ref();
                Verdict::fail(Symptom::WrongAfterwards, format!("{}; {reason}", verdict.reason), trial)
            }
            Ok(After::Gone) => {
                let back = self.revive().await;
                let then = if back { "and was started again" } else { "and did not come back" };
                let trial = verdict.trial.as_ref();
                Verdict::fail(Symptom::Died, format!("{}: the process ended, {then}", verdict.reason), trial)
            }
        }
    }

    /// Waits whether the process comes back; says so.
    async fn revive(&mut self) -> bool {
        if alive::comes_back(self.runner, self.revival).await {
            return true;
        }
        self.died = true;
        self.stopped = Some("the handler is not running any more".to_owned());
        false
    }

    async fn about(&mut self, case: &'static Case) -> Verdict {
        if let Some(reason) = case.inapplicable(&self.plan.workshop.provider) {
            return Verdict::skip(reason);
        }
        if case.when.contains(&Fact::Probe)
            && let Some(off) = self.runner.gauge.off()
        {
            return Verdict::skip(off.to_owned());
        }
        let end = match () {
            () if self.died => End::Died,
            () if !self.good => End::Unaccepted,
            () => End::Right,
        };
        scripts::about(self.runner, case, end).await.unwrap_or_else(|stop| stop.verdict())
    }

    fn hold(&mut self, finding: Finding) {
        if finding.outcome != Outcome::Skip {
            self.let_go();
        }
        self.held.push(finding);
    }

    fn let_go(&mut self) {
        for finding in self.held.drain(..) {
            self.watch.sent(self.runner.pace.sent());
            self.watch.judged(&finding);
            self.findings.push(finding);
        }
    }
}
