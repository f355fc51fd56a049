//! System time: the only place that asks what time it is.

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
