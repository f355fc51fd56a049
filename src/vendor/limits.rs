//! What a vendor's headers say of its rate limit, and how long to wait because of it.
//!
//! Pure: the moment comes in. A limit is respected before it bites: when the
//! last answer said that nothing remains, the next call waits for the reset.

use crate::hook::schedule;
use crate::hook::time::Timestamp;
use http::{HeaderMap, header};
use std::time::Duration;

/// The shortest wait for a reset: its moment is given in whole seconds.
pub const SHORTEST: Duration = Duration::from_secs(1);

/// The longest: Koji's window is a minute, and clocks differ.
pub const LONGEST: Duration = Duration::from_secs(60);

/// The rate limit as an answer tells of it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RateLimit {
    /// Calls in a window.
    pub limit: Option<u64>,
    /// Calls that are left in it.
    pub remaining: Option<u64>,
    /// When it ends.
    pub reset: Option<Reset>,
}

/// When a window ends.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reset {
    /// At this moment.
    At(Timestamp),
    /// So long after the answer.
    After(Duration),
}

/// Numbers below are seconds to wait, above are moments: nobody's window is three years long.
const FIRST_MOMENT: u64 = 100_000_000;
/// Above are milliseconds.
const FIRST_MILLIS: u64 = 100_000_000_000;

impl RateLimit {
    /// Reads `X-RateLimit-*`, or the names without `X-`.
    pub fn read(headers: &HeaderMap) -> Self {
        let number = |name: &str| {
            let value = headers.get(format!("x-{name}")).or_else(|| headers.get(name))?;
            value.to_str().ok()?.trim().parse::<u64>().ok()
        };
        Self {
            limit: number("ratelimit-limit"),
            remaining: number("ratelimit-remaining"),
            reset: number("ratelimit-reset").map(reset),
        }
    }

    /// How long to wait for the reset, as of `now`, when the headers came at `came`.
    pub fn wait(&self, came: Timestamp, now: Timestamp) -> Option<Duration> {
        let left = match self.reset? {
            Reset::At(moment) => moment.since(now),
            Reset::After(wait) => came.plus(wait).since(now),
        };
        Some(left.clamp(SHORTEST, LONGEST))
    }

    /// How long the next call has to wait; `None` when it need not.
    pub fn wait_before_next(&self, came: Timestamp, now: Timestamp) -> Option<Duration> {
        if self.remaining != Some(0) {
            return None;
        }
        let over = match self.reset? {
            Reset::At(moment) => moment <= now,
            Reset::After(wait) => came.plus(wait) <= now,
        };
        // Nobody waits longer than a window for a clock that is wrong.
        let stale = now.since(came) >= LONGEST;
        if over || stale { None } else { self.wait(came, now) }
    }
}

fn reset(number: u64) -> Reset {
    let seconds =
        |number: u64| Timestamp::from_seconds(i64::try_from(number).unwrap_or(i64::MAX / 1_000_000));
    match number {
        0..FIRST_MOMENT => Reset::After(Duration::from_secs(number)),
        FIRST_MOMENT..FIRST_MILLIS => Reset::At(seconds(number)),
        FIRST_MILLIS.. => Reset::At(seconds(number / 1_000)),
    }
}

/// How long the vendor asks to wait with this answer: `Retry-After`, else the reset.
pub fn asked(headers: &HeaderMap, now: Timestamp) -> Option<Duration> {
    let named = headers.get(header::RETRY_AFTER).and_then(|value| value.to_str().ok());
    named
        .and_then(|text| schedule::retry_after_text(text, now))
        .or_else(|| RateLimit::read(headers).wait(now, now))
}
