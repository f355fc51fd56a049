//! Mirrored deliveries on their way to the second and further targets.
//!
//! The sender does not wait for them; the listener does, at the stop. How many
//! may be under way is bounded: past that, the next delivery waits.

use super::intake::Intake;
use crate::hook::delivery::Checked;
use crate::hook::target::Target;
use crate::job::report::{Attempted, Event, Next};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

/// Attempts that may be under way aside.
const UNDER_WAY: usize = 256;

/// Attempts under way that no sender waits for.
pub(super) struct Aside {
    tasks: Mutex<JoinSet<()>>,
    room: Arc<Semaphore>,
}

impl Default for Aside {
    fn default() -> Self {
        Self { tasks: Mutex::default(), room: Arc::new(Semaphore::new(UNDER_WAY)) }
    }
}

impl Aside {
    /// Starts one attempt; waits only when too many are under way.
    pub(super) async fn forward(
        &self,
        intake: &Intake,
        seq: u64,
        target: &Target,
        checked: &Checked,
        deadline: Duration,
    ) {
        let Ok(place) = Arc::clone(&self.room).acquire_owned().await else { return };
        let (target, delivery) = (target.clone(), checked.delivery.clone());
        let event = checked.facts.event.clone();
        let (forwarder, options) = (Arc::clone(&intake.forwarder), Arc::clone(&intake.options));
        let (tally, ledger, pump) =
            (Arc::clone(&intake.tally), Arc::clone(&intake.ledger), Arc::clone(&intake.pump));
        let ending = intake.ending.clone();
        let task = async move {
            let (head, body) = (&delivery.head, &delivery.body);
            let attempt = forwarder.attempt_unless(&target, head, body, 1, deadline, ending.over()).await;
            tally.attempted(&attempt, options.expect_status.as_ref());
            if let Err(error) = ledger.record_attempt(seq, &attempt) {
                pump.warn(format!("an attempt of #{seq} could not be kept: {error}"));
            }
            pump.follow(|| Event::Attempt(Arc::new(Attempted { seq, event, attempt, next: Next::Nothing })));
            drop(place);
        };
        let mut tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        while tasks.try_join_next().is_some() {}
        tasks.spawn(task);
    }

    /// Waits for all of them; each ends within its deadline, or soon after the stop.
    pub(super) async fn finish(&self) {
        let mut tasks = std::mem::take(&mut *self.tasks.lock().unwrap_or_else(PoisonError::into_inner));
        while tasks.join_next().await.is_some() {}
    }
}
