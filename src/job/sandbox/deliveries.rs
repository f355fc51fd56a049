//! What the sandbox posts to registered webhooks, and when.

use super::state::registrations::Registration;
use super::world::World;
use std::sync::Arc;

/// Why a webhook could not be registered: its receiver did not answer the ping with 200.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("the receiver did not answer the verification request with 200: {0}")]
pub struct PingRefused(pub String);

/// The outgoing half of the sandbox.
#[derive(Debug, Default)]
pub struct Deliveries {}

impl Deliveries {
    /// An interview has been completed, passed the gate or not; its row, turns and answers are kept already.
    pub fn completed(&self, world: &World, interview: &str) {
        let _ = (world, interview);
    }

    /// A webhook is about to be kept (Koji asks its receiver first).
    ///
    /// # Errors
    /// When the vendor would refuse to keep it.
    pub async fn registered(&self, world: &World, registration: &Registration) -> Result<(), PingRefused> {
        let _ = (world, registration);
        Ok(())
    }

    /// A study has gone live.
    pub fn published(&self, world: &World, study: &str) {
        let _ = (world, study);
    }

    /// Everything is as at the start again.
    pub fn reset(&self, world: &World) {
        let _ = world;
    }

    /// Works until the future that runs it is dropped: whatever waits for its moment on the clock.
    pub async fn run(world: Arc<World>) {
        let _ = world;
        std::future::pending::<()>().await;
    }
}
