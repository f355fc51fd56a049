//! What a journal is opened with.

use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

/// How much a journal keeps. Undelivered deliveries go last, waiting ones never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The most deliveries.
    pub max_deliveries: u64,
    /// The most bytes of the file that are in use.
    pub max_bytes: u64,
    /// The greatest age, counted back from the newest delivery.
    pub max_age: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { max_deliveries: 10_000, max_bytes: 1 << 30, max_age: Duration::from_secs(30 * 24 * 60 * 60) }
    }
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Durability {
    /// The disk: a power cut loses nothing that was acknowledged.
    #[default]
    Full,
    /// The operating system: a killed process loses nothing, a power cut may. For tests.
    Off,
}

/// What a journal is opened with.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much is kept.
    pub retention: Retention,
    /// What a commit waits for.
    pub durability: Durability,
    /// How many deliveries may wait for a commit, and as many attempts.
    pub queue_depth: usize,
    /// How many bytes of them may wait; a single one may be larger.
    pub queue_bytes: usize,
    /// Deliberate faults, so that a test of durability can be shown to fail.
    #[doc(hidden)]
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            retention: Retention::default(),
            durability: Durability::default(),
            queue_depth: 4_096,
            queue_bytes: 64 << 20,
            faults: Faults::default(),
        }
    }
}

/// Deliberate faults for tests; the command line cannot set them in a normal build.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Resolves an append before the commit that holds it: the control of every durability test.
    pub acknowledge_before_commit: bool,
    /// The most pages the file may have, as a disk that is full; 0 lifts the limit.
    pub max_pages: Option<Arc<AtomicU32>>,
    /// The writer panics when it is to give out this number.
    pub panic_at: Option<u64>,
}
