//! The counter of the application before and after, and what it told.

use super::probe::{Probe, ProbeError};
use crate::outbound::wire::Wire;
use std::time::Duration;
use tokio::time::Instant;

/// So many failures in a row, and nothing is measured any more. The counter may be
/// in a process that is being started again.
const MOST_FAILURES: u32 = 3;
/// The time between two looks at the counter.
const LOOK: Duration = Duration::from_millis(10);

/// See the module's documentation.
#[derive(Debug)]
pub(super) struct Gauge {
    probe: Option<Probe>,
    wire: Wire,
    /// How long an accepted delivery may take until it is counted.
    patience: Duration,
    /// How often in a row it could not be read.
    failures: u32,
    /// Why nothing is measured.
    off: Option<String>,
    /// Whether a repeat was seen to be counted, twice in a row.
    pub(super) doubles: bool,
    /// How often a forged delivery was weighed against a good one.
    pub(super) weighed: u64,
    /// What happened to forged deliveries that changed something: the case and by how much.
    pub(super) changed: Vec<(&'static str, i64)>,
    /// What was accepted and not counted: in which case, and how many were missing.
    pub(super) missing: Vec<(&'static str, i64)>,
}

impl Gauge {
    pub(super) fn new(probe: Option<Probe>, wire: Wire, patience: Duration) -> Self {
        let off = probe.is_none().then(|| "there is no counter to read: give `--probe URL|CMD`".to_owned());
        Self {
            probe,
            wire,
            patience,
            off,
            failures: 0,
            doubles: false,
            weighed: 0,
            changed: Vec::new(),
            missing: Vec::new(),
        }
    }

    /// Why nothing is measured; `None` when it is.
    pub(super) fn off(&self) -> Option<&str> {
        self.off.as_deref()
    }

    /// Measures no more.
    pub(super) fn turn_off(&mut self, reason: String) {
        self.off.get_or_insert(reason);
    }

    /// Reads the counter for the first time.
    ///
    /// # Errors
    /// When it cannot be read: the user named it wrongly.
    pub(super) async fn first(&self) -> Result<Option<i64>, ProbeError> {
        match &self.probe {
            Some(probe) => probe.read(&self.wire).await.map(Some),
            None => Ok(None),
        }
    }

    /// What the counter says; `None` when nothing is measured.
    pub(super) async fn read(&mut self) -> Option<i64> {
        if self.off.is_some() {
            return None;
        }
        match self.probe.as_ref()?.read(&self.wire).await {
            Ok(count) => {
                self.failures = 0;
                Some(count)
            }
            Err(error) => {
                self.failures = self.failures.saturating_add(1);
                if self.failures >= MOST_FAILURES {
                    self.turn_off(format!("the counter could not be read: {error}"));
                }
                None
            }
        }
    }

    /// By how much it moved since it said `before`, as soon as that is `expected` or
    /// more, and else after a while.
    pub(super) async fn moved(&mut self, before: Option<i64>, expected: i64) -> Option<i64> {
        let before = before?;
        let started = Instant::now();
        loop {
            let moved = self.read().await?.saturating_sub(before);
            if moved >= expected || started.elapsed() >= self.patience {
                return Some(moved);
            }
            tokio::time::sleep(LOOK).await;
        }
    }
}
