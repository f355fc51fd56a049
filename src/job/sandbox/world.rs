//! What every part of the sandbox shares: state, clock, addresses, hooks.

use super::clock::Clock;
use super::deliveries::Deliveries;
use super::rates::Rates;
use super::state::Store;
use super::{Options, trouble::Troubles};

/// The project that the sandbox's first keys belong to.
pub const MAIN: &str = "main";
/// A second project, so that one key's view ends somewhere; its monthly quota is used up.
pub const OTHER: &str = "other";

/// What every part of the sandbox shares. Lives in an `Arc`.
#[derive(Debug)]
pub struct World {
    /// What it knows.
    pub store: Store,
    /// What time it is there.
    pub clock: Clock,
    /// What it was started with.
    pub options: Options,
    /// Where it is reached, such as `http://127.0.0.1:4410`, without a slash at the end.
    pub url: String,
    /// What it posts.
    pub deliveries: Deliveries,
    /// How its REST API misbehaves.
    pub troubles: Troubles,
    /// How often Koji's API was called.
    pub(super) rates: Rates,
}

impl World {
    /// The base URL of userjourneys' API.
    pub fn userjourneys_base(&self) -> String {
        format!("{}/api/v1", self.url)
    }

    /// The base URL of Koji's API.
    pub fn koji_base(&self) -> String {
        format!("{}/koji", self.url)
    }

    /// The participant's link of a study.
    pub fn link(&self, code: &str) -> String {
        format!("{}/i/{code}", self.url)
    }
}
