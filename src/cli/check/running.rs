//! Runs a plan, shows how far it is, and keeps what was found when it is interrupted.

use crate::cli::context::Context;
use crate::cli::error::CommandError;
use crate::cli::exit::Exit;
use crate::cli::signals::Stop;
use crate::hook::check::{Finding, Outcome};
use crate::job::check::{self, CheckError, Plan, Report, Watch};
use crate::ui::progress::Progress;
use std::collections::HashSet;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

/// What came of a run.
pub(super) struct Ended {
    pub(super) report: Report,
    pub(super) interrupted: bool,
}

impl Ended {
    /// A run that has nothing to send.
    pub(super) fn nothing(plan: &Plan) -> Self {
        Self { report: so_far(plan, Vec::new(), Instant::now()), interrupted: false }
    }
}

/// Steps the bar, and keeps the findings in case the run is interrupted.
struct Seen<'a> {
    context: &'a Context,
    bar: Mutex<Progress>,
    findings: Mutex<Vec<Finding>>,
    requests: AtomicU64,
}

impl<'a> Seen<'a> {
    fn new(context: &'a Context) -> Self {
        Self {
            context,
            bar: Mutex::new(Progress::hidden()),
            findings: Mutex::default(),
            requests: AtomicU64::new(0),
        }
    }

    fn finish(&self) {
        self.bar.lock().unwrap_or_else(PoisonError::into_inner).finish();
    }

    fn found(&self) -> Vec<Finding> {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Watch for Seen<'_> {
    fn begins(&self, cases: usize) {
        let items = u64::try_from(cases).unwrap_or(u64::MAX);
        *self.bar.lock().unwrap_or_else(PoisonError::into_inner) = self.context.progress("checking", items);
    }

    fn judged(&self, finding: &Finding) {
        self.findings.lock().unwrap_or_else(PoisonError::into_inner).push(finding.clone());
        self.bar.lock().unwrap_or_else(PoisonError::into_inner).step();
    }

    fn sent(&self, requests: u64) {
        self.requests.store(requests, Ordering::Relaxed);
    }
}

/// Runs the plan; the first Ctrl-C ends it with what was found so far.
pub(super) fn run(plan: &Plan, context: &Context) -> Result<Ended, CommandError> {
    let seen = Seen::new(context);
    let begun = Instant::now();
    let runtime = context.runtime()?;
    let ended = runtime.block_on(async {
        let stop = Stop::new().map_err(|error| CommandError::local("could not start").because(&error))?;
        tokio::select! {
            report = check::run(plan, &seen) => report.map(Some).map_err(|error| refused(&error)),
            () = stop.first() => Ok(None),
        }
    });
    seen.finish();
    runtime.shutdown_background();
    Ok(match ended? {
        Some(report) => Ended { report, interrupted: false },
        None => Ended {
            report: Report {
                requests: seen.requests.load(Ordering::Relaxed),
                ..so_far(plan, seen.found(), begun)
            },
            interrupted: true,
        },
    })
}

/// The report of a run that was cut off: what it did not come to is skipped.
fn so_far(plan: &Plan, mut findings: Vec<Finding>, begun: Instant) -> Report {
    let judged: HashSet<&str> = findings.iter().map(|finding| finding.case.id.as_str()).collect();
    let left = plan.cases.iter().filter(|case| !judged.contains(case.id.as_str()));
    let left: Vec<Finding> =
        left.map(|case| Finding::new(case, Outcome::Skip, "the run was interrupted")).collect();
    findings.extend(left);
    Report {
        findings,
        took: begun.elapsed(),
        language: plan.language,
        seed: plan.workshop.seed,
        ..Report::default()
    }
}

fn refused(error: &CheckError) -> CommandError {
    match error {
        CheckError::Silent { .. } => CommandError::new(Exit::Network, "could not check the handler")
            .because(error)
            .hint("start your application, or wait for it with `--wait 30s`"),
        CheckError::Craft(_) => CommandError::usage("could not build the deliveries").because(error),
        CheckError::Probe(_) => CommandError::usage("could not use `--probe`")
            .because(error)
            .hint("name a URL whose answer holds a number, or a command that prints one"),
    }
}
