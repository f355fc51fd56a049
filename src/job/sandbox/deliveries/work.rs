//! Takes what is due, sends it, and says when it is tried again.

use super::Deliveries;
use super::post;
use crate::job::sandbox::history::{Attempt, Delivery, Kind, Stage};
use crate::job::sandbox::state::StateError;
use crate::job::sandbox::state::registrations::Registration;
use crate::job::sandbox::timetable::Timetable;
use crate::job::sandbox::world::World;
use std::sync::{Arc, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;

/// How long a handler has: Koji by its documentation, userjourneys by assumption.
pub(super) const DEADLINE: Duration = Timetable::DEADLINE;
/// How many requests are under way at once.
const AT_ONCE: usize = 32;
/// How long to wait before a state that failed is looked at again.
const AFTER_TROUBLE: Duration = Duration::from_secs(1);

static PERMITS: Semaphore = Semaphore::const_new(AT_ONCE);

/// The timetable of a vendor as this sandbox was started.
pub(super) fn timetable(world: &World, provider: &str) -> Timetable {
    let delivering = &world.options.delivering;
    match provider {
        "koji" => Timetable::koji(delivering.retry_clock),
        _ => Timetable::userjourneys(delivering.retries, delivering.retry_clock),
    }
}

/// Ends the requests that are under way when whoever runs the deliveries stops.
struct Ending<'a>(&'a Deliveries);

impl Drop for Ending<'_> {
    fn drop(&mut self) {
        self.0.abort();
    }
}

/// Sends what becomes due, until dropped.
pub(super) async fn run(world: Arc<World>) {
    let _ending = Ending(&world.deliveries);
    loop {
        let woken = world.deliveries.wake.notified();
        match start_due(&world).and_then(|()| world.store.with(Delivery::next_due)) {
            Ok(Some(due)) => tokio::select! {
                () = world.clock.until(due) => {}
                () = woken => {}
            },
            Ok(None) => woken.await,
            Err(_) => tokio::time::sleep(AFTER_TROUBLE).await,
        }
    }
}

/// Begins everything that is due now.
pub(super) fn start_due(world: &Arc<World>) -> Result<(), StateError> {
    // Held from the taking to the counting, so that nobody finds neither what is due nor what is under way.
    let mut tasks = world.deliveries.tasks.lock().unwrap_or_else(PoisonError::into_inner);
    while tasks.try_join_next().is_some() {}
    let now = world.clock.now();
    for delivery in world.store.with(|db| Delivery::take_due(db, now))? {
        let number = world.deliveries.in_flight.number();
        let in_task = Arc::clone(world);
        tasks.spawn(async move { attempt(&in_task, delivery, number).await });
    }
    Ok(())
}

/// One try by the timetable, with its copy where a fault asks for one.
async fn attempt(world: &World, mut delivery: Delivery, number: u64) {
    let ticket = world.deliveries.in_flight.ticket(number);
    // The semaphore is never closed.
    let _permit = PERMITS.acquire().await;
    delivery.tries += 1;
    let number = delivery.tries;
    let twice = world.options.delivering.faults.fate(delivery.id.unsigned_abs(), number).twice;
    for kind in [Kind::Timetable, Kind::Copy].into_iter().take(1 + usize::from(twice)) {
        let Ok(registration) = world.store.with(|db| Registration::find(db, delivery.registration)) else {
            return;
        };
        let attempt = match &registration {
            Some(registration) => {
                post::post(world, registration, &delivery, (kind, number), Some(&ticket)).await
            }
            None => post::removed(&delivery, (kind, number), world.clock.now()),
        };
        // A state that cannot be written leaves the delivery where it was: the next start sends it again.
        let kept = settle(world, &mut delivery, &attempt, kind, registration.is_some());
        if kept.is_err() || registration.is_none() {
            break;
        }
    }
    world.deliveries.wake.notify_one();
}

/// Keeps what came of a request, and when the next is due.
fn settle(
    world: &World,
    delivery: &mut Delivery,
    attempt: &Attempt,
    kind: Kind,
    registered: bool,
) -> Result<(), StateError> {
    let ended = world.clock.now();
    let timetable = timetable(world, &delivery.provider);
    world.store.with(|db| {
        attempt.insert(db, delivery.id)?;
        if kind == Kind::Copy {
            return Ok(());
        }
        // Somebody may have sent it by hand meanwhile.
        let stage = Delivery::find(db, delivery.id)?.map_or(delivery.stage, |kept| kept.stage);
        delivery.status = attempt.status;
        if stage == Stage::Delivered || attempt.status.is_some_and(|status| timetable.takes(status)) {
            (delivery.stage, delivery.due) = (Stage::Delivered, None);
        } else {
            let first_failure = *delivery.first_failure.get_or_insert(ended);
            let next = timetable.next(first_failure, delivery.tries, ended).filter(|_| registered);
            delivery.due = next;
            delivery.stage = if next.is_some() { Stage::Pending } else { Stage::Failed };
        }
        delivery.update(db)
    })
}

/// Sends a delivery by hand.
pub(super) async fn again(world: &World, id: i64) -> Result<Option<(Delivery, Attempt)>, StateError> {
    let found = world.store.with(|db| {
        let Some(delivery) = Delivery::find(db, id)? else { return Ok(None) };
        let registration = Registration::find(db, delivery.registration)?;
        Ok(Some((delivery, registration)))
    })?;
    let Some((delivery, registration)) = found else { return Ok(None) };
    let by_hand = (Kind::Manual, 0);
    let attempt = match registration {
        Some(registration) => post::post(world, &registration, &delivery, by_hand, None).await,
        None => post::removed(&delivery, by_hand, world.clock.now()),
    };
    let taken = attempt.status.is_some_and(|status| timetable(world, &delivery.provider).takes(status));
    world.store.with(|db| {
        attempt.insert(db, id)?;
        // The timetable may have gone on meanwhile.
        let Some(mut delivery) = Delivery::find(db, id)? else { return Ok(None) };
        delivery.status = attempt.status;
        if taken {
            (delivery.stage, delivery.due) = (Stage::Delivered, None);
        }
        delivery.update(db)?;
        Ok(Some((delivery, attempt)))
    })
}

impl Deliveries {
    /// Ends the requests that are under way.
    pub(super) fn abort(&self) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).abort_all();
    }
}
