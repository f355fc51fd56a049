//! Moves the clock ahead from one event to the next, so that a delivery that is
//! due at 30 s is sent at 30 s even if the clock is moved by an hour.

use super::work::start_due;
use crate::hook::time::Timestamp;
use crate::job::sandbox::history::Delivery;
use crate::job::sandbox::state::StateError;
use crate::job::sandbox::world::World;
use std::sync::{Arc, PoisonError};
use std::time::Duration;

/// Moves the clock ahead by `by`; gives what it shows then.
pub(super) async fn advance(world: &Arc<World>, by: Duration) -> Result<Timestamp, StateError> {
    let deliveries = &world.deliveries;
    let _alone = deliveries.advancing.lock().await;
    let patience = world.options.delivering.patience;
    let target = world.clock.now().plus(by);
    loop {
        start_due(world)?;
        deliveries.in_flight.settle(patience).await;
        let now = world.clock.now();
        let due = world.store.with(Delivery::next_due)?;
        let deadline = deliveries.in_flight.first_deadline().map(|left| now.plus(left));
        let next = [due, deadline].into_iter().flatten().min().filter(|next| *next <= target);
        jump(world, next.unwrap_or(target).since(now));
        if next.is_none() {
            start_due(world)?;
            return Ok(world.clock.now());
        }
    }
}

fn jump(world: &World, by: Duration) {
    if !by.is_zero() {
        // What is taken at the new moment must not be charged with the jump to it.
        let _nothing_is_taken = world.deliveries.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        world.clock.advance(by);
        world.deliveries.in_flight.jump(by);
    }
}
