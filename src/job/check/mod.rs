//! Runs the suite of [`crate::hook::check`] against a handler.
//!
//! Sends only to the URL it was given, one request after the other unless a
//! case is about several at once, at most as many as it was told, and after
//! every hostile case looks whether a good delivery is still taken.

mod alive;
mod course;
mod gauge;
mod pace;
mod probe;
mod record;
mod runner;
mod scripts;
mod verdict;
mod wait;

pub use probe::{Probe, ProbeError};

use crate::hook::check::{Case, CraftError, Finding, Language, Outcome, Workshop};
use crate::hook::sample::Sample;
use crate::hook::secret::Secret;
use course::Course;
use runner::Runner;
use std::time::{Duration, Instant};

/// How long things may take that nobody can hurry.
#[derive(Clone, Copy, Debug)]
pub struct Patience {
    /// Until a supervisor has started the process again.
    pub revival: Duration,
    /// Until what was accepted is counted.
    pub counting: Duration,
}

const PATIENCE: Patience = Patience { revival: Duration::from_secs(10), counting: Duration::from_secs(2) };

/// What is checked, and how.
#[derive(Debug)]
pub struct Plan {
    /// Makes the requests; knows provider, keys and target.
    pub workshop: Workshop,
    /// The cases, in the order of the suite.
    pub cases: Vec<&'static Case>,
    /// The samples that good deliveries are made of: the provider's, or the user's own payload.
    pub samples: Vec<Sample>,
    /// The secrets that no answer may hold.
    pub secrets: Vec<Secret>,
    /// The most requests of the whole run.
    pub most_requests: u64,
    /// The time between two requests; one after another when `None`.
    pub interval: Option<Duration>,
    /// How long the vendor waits for an answer.
    pub deadline: Duration,
    /// Whether the target's certificate is taken as it is.
    pub insecure: bool,
    /// Where the counter is read.
    pub probe: Option<Probe>,
    /// How long to wait until the target answers at all.
    pub wait: Duration,
    /// What the handler is written in; found out by its answers when `None`.
    pub language: Option<Language>,
}

/// Hears how the run goes.
pub trait Watch: Send + Sync {
    /// The target answers; so many cases will be run.
    fn begins(&self, cases: usize);
    /// A case is judged. Cases about all answers are judged last.
    fn judged(&self, finding: &Finding);
    /// So many requests were sent up to now.
    fn sent(&self, _requests: u64) {}
}

/// What was found.
#[derive(Clone, Debug, Default)]
pub struct Report {
    /// One finding a case, in the order of the suite.
    pub findings: Vec<Finding>,
    /// How many requests were sent.
    pub requests: u64,
    /// How long it took.
    pub took: Duration,
    /// Of this, how long the cases themselves prescribe to wait.
    pub waited: Duration,
    /// What the handler is written in, where it is known.
    pub language: Option<Language>,
    /// Whether the process died and was not there again at the end.
    pub died: bool,
    /// The seed that makes the run again.
    pub seed: u64,
}

/// Why there is no report.
#[derive(Debug, thiserror::Error)]
pub enum CheckError {
    /// Nothing answers at the target.
    #[error("nothing answers at {url}: {detail}")]
    Silent {
        /// The target.
        url: String,
        /// The last failure.
        detail: String,
    },
    /// A request cannot be made.
    #[error(transparent)]
    Craft(#[from] CraftError),
    /// The counter cannot be read.
    #[error("the counter cannot be read")]
    Probe(#[from] ProbeError),
}

/// Runs every case and says what it found.
///
/// # Errors
/// When the target does not answer, or a request cannot be made.
pub async fn run(plan: &Plan, watch: &dyn Watch) -> Result<Report, CheckError> {
    run_with(plan, watch, PATIENCE).await
}

/// The same with another patience.
///
/// # Errors
/// When the target does not answer, or a request cannot be made.
pub async fn run_with(plan: &Plan, watch: &dyn Watch, patience: Patience) -> Result<Report, CheckError> {
    let started = Instant::now();
    let Some(sample) = plan.samples.first() else {
        let skip = |case: &&'static Case| {
            Finding::new(case, Outcome::Skip, "there is nothing to make a delivery of")
        };
        return Ok(Report { findings: plan.cases.iter().map(skip).collect(), ..Report::default() });
    };
    let mut runner = Runner::new(plan, sample.clone(), patience.counting);
    let silent = wait::until_answers(&runner).await?;
    watch.begins(plan.cases.len());
    let found = Course::new(&mut runner, watch, patience.revival).run(silent).await?;
    Ok(Report {
        findings: found.findings,
        requests: runner.pace.sent(),
        took: started.elapsed(),
        waited: runner.pace.waited(),
        language: runner.language,
        died: found.died,
        seed: plan.workshop.seed,
    })
}

#[cfg(test)]
#[allow(clippy::unwrap_used, clippy::indexing_slicing, reason = "a failing test says so by panicking")]
mod tests;
