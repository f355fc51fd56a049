//! What a new sandbox begins with.

use super::Options;
use super::state::{StateError, Store};
use super::world::World;
use crate::hook::time::Timestamp;

const MOMENT: &str = "moment";

/// What the clock shows at first: never earlier than it was when a kept state ended.
pub(super) fn first_moment(
    store: &Store,
    options: &Options,
    now: Timestamp,
) -> Result<Timestamp, StateError> {
    let kept = store.fact(MOMENT)?.and_then(|text| text.parse().ok()).map(Timestamp::from_micros);
    Ok(options.start_at.unwrap_or(now).max(kept.unwrap_or_default()))
}

/// Keeps what the clock shows, for the next start.
pub(super) fn keep_moment(world: &World) -> Result<(), StateError> {
    world.store.set_fact(MOMENT, &world.clock.now().micros().to_string())
}

/// Keys, studies and interviews of the start.
pub(super) fn plant(store: &Store, now: Timestamp) -> Result<(), StateError> {
    let _ = (store, now);
    Ok(())
}
