//! Deliveries that no sender waits for: on their way to the second and further targets, or replayed.
//!
//! The sender does not wait for them; the listener does, at the stop. How many
//! may be under way, and with how many bytes, is bounded: what exceeds that is
//! not tried, and is a failed attempt like any other. To wait for room would
//! make a target that hangs hold up the answers of the one that does not.

use super::intake::Intake;
use crate::hook::attempt::{Failure, FailureKind};
use crate::hook::delivery::Checked;
use crate::hook::target::Target;
use crate::job::report::{Attempted, Event, Next};
use crate::journal::Occasion;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::task::JoinSet;

/// Attempts that may be under way aside.
const UNDER_WAY: usize = 256;
/// Kibibytes of bodies that may be under way with them; one body may always. They
/// count as in flight meanwhile, and half of that room is for those that come.
const UNDER_WAY_KIB: u32 = 16 << 10;

/// Attempts under way that no sender waits for.
pub(super) struct Aside {
    tasks: Mutex<JoinSet<()>>,
    places: Arc<Semaphore>,
    room: Arc<Semaphore>,
}

/// The right of one attempt to be under way; gives it back when dropped.
struct Room {
    _place: OwnedSemaphorePermit,
    _kib: OwnedSemaphorePermit,
}

impl Default for Aside {
    fn default() -> Self {
        Self {
            tasks: Mutex::default(),
            places: Arc::new(Semaphore::new(UNDER_WAY)),
            room: Arc::new(Semaphore::new(UNDER_WAY_KIB as usize)),
        }
    }
}

impl Aside {
    fn take_room(&self, bytes: usize) -> Option<Room> {
        let kib = u32::try_from(bytes.div_ceil(1 << 10)).unwrap_or(u32::MAX).min(UNDER_WAY_KIB);
        let place = Arc::clone(&self.places).try_acquire_owned().ok()?;
        let kib = Arc::clone(&self.room).try_acquire_many_owned(kib).ok()?;
        Some(Room { _place: place, _kib: kib })
    }

    /// Starts one attempt, and waits for nothing.
    pub(super) fn forward(
        &self,
        intake: &Intake,
        seq: u64,
        target: &Target,
        checked: &Checked,
        deadline: Duration,
        occasion: Occasion,
    ) {
        let room = self.take_room(checked.delivery.body.len());
        let (target, delivery) = (target.clone(), checked.delivery.clone());
        let event = checked.facts.event.clone();
        let (forwarder, options) = (Arc::clone(&intake.forwarder), Arc::clone(&intake.options));
        let (tally, ledger, pump) =
            (Arc::clone(&intake.tally), Arc::clone(&intake.ledger), Arc::clone(&intake.pump));
        let ending = intake.ending.clone();
        let task = async move {
            let (head, body) = (&delivery.head, &delivery.body);
            let instead = async {
                if room.is_some() {
                    return ending.gives_up().await;
                }
                let detail = "not tried: too many attempts are under way".to_owned();
                Failure { kind: FailureKind::Busy, detail }
            };
            let attempt = forwarder.attempt_unless(&target, head, body, 1, deadline, instead).await;
            tally.attempted(&attempt, options.expect_status.as_ref());
            if let Err(error) = ledger.record_attempt(seq, &attempt, occasion) {
                pump.warn(format!("an attempt of #{seq} could not be kept: {error}"));
            }
            pump.follow(|| {
                Event::Attempt(Arc::new(Attempted {
                    seq,
                    event,
                    attempt,
                    next: Next::Nothing,
                    again: Vec::new(),
                }))
            });
            drop(room);
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
