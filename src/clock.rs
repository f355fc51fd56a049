//! System time and chance: the only place that asks what time it is or rolls dice.

use crate::hook::time::Timestamp;
use std::time::{SystemTime, UNIX_EPOCH};

/// Now, by the wall clock. Before 1970 it is 1970.
pub fn now() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH).unwrap_or_default();
    Timestamp::from_micros(i64::try_from(since.as_micros()).unwrap_or(i64::MAX))
}

/// A fresh id, sortable by time (UUID version 7).
pub fn fresh_id() -> String {
    uuid::Uuid::now_v7().to_string()
}

/// A number in 0..1 that differs between workers and runs.
pub fn jitter() -> f64 {
    (chance() >> 11) as f64 / (1_u64 << 53) as f64
}

/// A number short enough to be typed again that differs from run to run. No secret.
pub fn dice() -> u32 {
    (chance() >> 32) as u32
}

/// So many bytes that nobody can guess.
///
/// # Errors
/// When the system gives none.
pub fn unguessable<const N: usize>() -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    let filled = aws_lc_rs::rand::fill(&mut bytes);
    filled.map(|()| bytes).map_err(|_unspecified| std::io::Error::other("the system gives no random bytes"))
}

fn chance() -> u64 {
    use std::hash::{BuildHasher, Hasher};
    std::collections::hash_map::RandomState::new().build_hasher().finish()
}
