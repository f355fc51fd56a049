//! What to do after an answer, or after none: take it, or wait and ask again.
//!
//! Pure: the number of tries and the jitter come in, the wait goes out. Which
//! calls may be sent twice is decided by what the second would do, not by hope.

use http::Method;
use std::time::Duration;

/// When a call is sent again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Again {
    /// Whatever became of it: the second does what one would have done.
    Always,
    /// Only when it certainly had no effect. The webhook's secret comes with
    /// the answer that created it and never again, so a `PUT` whose outcome is
    /// unknown must not be followed by one that says "updated".
    WhenWithoutEffect,
    /// Never: a second `POST` would start or say something twice.
    Never,
}

impl Again {
    /// What a method promises (RFC 9110, 9.2.2).
    pub fn of(method: &Method) -> Self {
        match *method {
            Method::GET | Method::HEAD | Method::OPTIONS | Method::DELETE => Self::Always,
            Method::PUT => Self::WhenWithoutEffect,
            _ => Self::Never,
        }
    }
}

/// How a try ended that is not to be taken as it is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ended {
    /// With this status, and with the wait that the vendor asked for.
    Status(u16, Option<Duration>),
    /// Nothing was sent: no connection.
    NotSent,
    /// It broke off: the vendor may have done it.
    Broken,
}

/// How often and how fast calls are sent again.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Policy {
    /// How often in all.
    pub tries: u32,
    /// The longest first wait; it doubles with every try.
    pub base: Duration,
    /// The longest wait of our own.
    pub cap: Duration,
    /// The longest wait that a vendor can ask for; whoever asks for more is not asked again.
    pub longest: Duration,
    /// The wait after a 429 that names none.
    pub unnamed: Duration,
    /// How many times faster all waits are, for tests.
    pub speed: f64,
}

impl Default for Policy {
    fn default() -> Self {
        Self {
            tries: 4,
            base: Duration::from_millis(500),
            cap: Duration::from_secs(8),
            longest: Duration::from_secs(60),
            unnamed: Duration::from_secs(5),
            speed: 1.0,
        }
    }
}

/// A wait before the next try.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Pause {
    /// As long as the vendor asked for.
    Asked(Duration),
    /// As long as hookctl thinks right.
    Own(Duration),
}

impl Pause {
    /// How long.
    pub fn duration(self) -> Duration {
        match self {
            Self::Asked(wait) | Self::Own(wait) => wait,
        }
    }
}

impl Policy {
    /// How long to wait before the next try; `None` when there is none.
    /// `jitter` is a number from 0 to 1 that the caller draws.
    pub fn next(&self, again: Again, ended: Ended, tries: u32, jitter: f64) -> Option<Pause> {
        if tries >= self.tries || !may_repeat(again, ended) {
            return None;
        }
        let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 0.5 };
        let asked = match ended {
            Ended::Status(429, asked) => Some(asked.unwrap_or(self.unnamed)),
            Ended::Status(_, asked) => asked,
            Ended::NotSent | Ended::Broken => None,
        };
        match asked {
            Some(asked) if asked > self.longest => None,
            // Never sooner than asked for, and not all at the same moment.
            Some(asked) => Some(Pause::Asked(asked.saturating_add(self.base.mul_f64(jitter)))),
            None => Some(Pause::Own(self.backoff(tries).mul_f64(jitter))),
        }
    }

    /// The wait as it is really waited.
    pub fn real(&self, wait: Duration) -> Duration {
        if self.speed.is_finite() && self.speed > 0.0 { wait.div_f64(self.speed) } else { wait }
    }

    fn backoff(&self, tries: u32) -> Duration {
        let doubled = 2_u32.saturating_pow(tries.saturating_sub(1));
        self.base.saturating_mul(doubled).min(self.cap)
    }
}

/// Whether a call of this kind may be sent again after such an end.
fn may_repeat(again: Again, ended: Ended) -> bool {
    let without_effect = matches!(ended, Ended::NotSent | Ended::Status(429, _));
    let passing = matches!(ended, Ended::Broken | Ended::Status(408 | 425 | 500 | 502 | 503 | 504, _));
    match again {
        Again::Always => without_effect || passing,
        Again::WhenWithoutEffect => without_effect,
        Again::Never => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SECOND: Duration = Duration::from_secs(1);

    fn next(again: Again, ended: Ended, tries: u32, jitter: f64) -> Option<Duration> {
        Policy::default().next(again, ended, tries, jitter).map(Pause::duration)
    }

    #[test]
    fn only_calls_that_can_be_sent_twice_are() {
        let ends = [
            Ended::NotSent,
            Ended::Broken,
            Ended::Status(429, None),
            Ended::Status(500, None),
            Ended::Status(503, Some(SECOND)),
        ];
        let repeats = |again| ends.map(|ended| next(again, ended, 1, 0.5).is_some());
        assert_eq!(repeats(Again::of(&Method::GET)), [true; 5]);
        assert_eq!(repeats(Again::of(&Method::DELETE)), [true; 5]);
        assert_eq!(repeats(Again::of(&Method::PUT)), [true, false, true, false, false]);
        assert_eq!(repeats(Again::of(&Method::POST)), [false; 5]);
        assert_eq!(repeats(Again::of(&Method::PATCH)), [false; 5]);
    }

    #[test]
    fn a_refusal_is_final() {
        for status in [400, 401, 402, 403, 404, 405, 409, 410, 422, 501, 505] {
            assert_eq!(next(Again::Always, Ended::Status(status, Some(SECOND)), 1, 0.5), None, "{status}");
        }
    }

    #[test]
    fn the_jitter_is_full_and_the_wait_doubles_up_to_its_cap() {
        let longest: Vec<_> = (1..4)
            .map(|tries| next(Again::Always, Ended::Status(502, None), tries, 1.0).unwrap().as_millis())
            .collect();
        assert_eq!(longest, [500, 1_000, 2_000]);
        assert_eq!(next(Again::Always, Ended::Broken, 1, 0.0), Some(Duration::ZERO));
        assert_eq!(next(Again::Always, Ended::Broken, 4, 0.5), None, "the tries are over");
        let patient = Policy { tries: u32::MAX, ..Policy::default() };
        let pause = patient.next(Again::Always, Ended::Broken, 1_000, 1.0);
        assert_eq!(pause.map(Pause::duration), Some(Duration::from_secs(8)));
        assert!(patient.next(Again::Always, Ended::Broken, 2, f64::NAN).is_some());
    }

    #[test]
    fn a_wait_that_the_vendor_asks_for_is_kept_and_one_that_is_too_long_is_not_waited() {
        let minute = Duration::from_secs(60);
        for status in [429, 503] {
            for jitter in [0.0, 1.0] {
                let wait = next(Again::Always, Ended::Status(status, Some(minute)), 1, jitter).unwrap();
                assert!((minute..=minute + SECOND).contains(&wait), "{wait:?}");
            }
            let hour = Some(Duration::from_secs(3_600));
            assert_eq!(next(Again::Always, Ended::Status(status, hour), 1, 0.5), None);
        }
        let unnamed = next(Again::Always, Ended::Status(429, None), 1, 0.0);
        assert_eq!(unnamed, Some(Duration::from_secs(5)));
    }
}
