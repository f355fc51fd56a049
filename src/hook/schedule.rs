//! Retry timetables as data: hookctl's own, and those that vendors publish.
//!
//! Pure: the moment, the number of tries and the jitter come in, the moment of
//! the next try goes out. Never waits and never rolls dice.

use super::attempt::Outcome;
use super::headers::Headers;
use super::provider::{Provider, Retry};
use super::time::Timestamp;
use std::borrow::Cow;
use std::time::Duration;

/// The longest wait that a `Retry-After` can ask for.
pub const RETRY_AFTER_CAP: Duration = Duration::from_secs(3_600);

const OWN_DELAYS: &[u64] = &[1, 5, 30, 120, 600];
const OWN_EVERY: u64 = 1_800;
const OWN_WINDOW: u64 = 72 * 3_600;

/// What the waits of a timetable are counted from.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Clock {
    /// The try before.
    LastTry,
    /// The first failure: "after the initial failure".
    FirstFailure,
}

/// Which outcomes are tried again.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Again {
    /// Those that may succeed later ([`Outcome::retryable`]).
    Retryable,
    /// Everything but a 2xx, as vendors do.
    AllButSuccess,
}

/// When a delivery that failed is tried again.
#[derive(Clone, Debug, PartialEq)]
pub struct Schedule {
    clock: Clock,
    again: Again,
    delays: Cow<'static, [Duration]>,
    /// The wait that repeats after the last of `delays`, and how long after the first failure it ends.
    repeat: Option<(Duration, Duration)>,
    /// The part of a wait by which it may be shorter or longer.
    jitter: f64,
    honours_retry_after: bool,
    deadline: Option<Duration>,
    speed: f64,
}

/// What a vendor publishes: its id, the deadline and the waits in seconds.
struct Published {
    provider: &'static str,
    deadline: u64,
    clock: Clock,
    delays: &'static [u64],
}

/// Only timetables with numbers in the vendor's own documentation (or, for
/// userjourneys, which documents none, the single attempt that this implies).
const PUBLISHED: [Published; 5] = [
    // https://www.koji.so/docs/research-automation-webhooks
    Published { provider: "koji", deadline: 10, clock: Clock::FirstFailure, delays: &[30, 300, 1_800] },
    // https://docs.userjourneys.ai/guides/track-completions
    Published { provider: "userjourneys", deadline: 10, clock: Clock::LastTry, delays: &[] },
    // https://docs.github.com/en/webhooks/using-webhooks/handling-failed-webhook-deliveries
    Published { provider: "github", deadline: 10, clock: Clock::LastTry, delays: &[] },
    // https://developers.zoom.us/docs/api/webhooks/
    Published { provider: "zoom", deadline: 3, clock: Clock::LastTry, delays: &[300, 1_800, 5_400] },
    // https://github.com/standard-webhooks/standard-webhooks/blob/main/spec/standard-webhooks.md
    Published {
        provider: "standard-webhooks",
        deadline: 15,
        clock: Clock::LastTry,
        delays: &[5, 300, 1_800, 7_200, 18_000, 36_000, 50_400, 72_000, 86_400],
    },
];

fn seconds(list: &[u64]) -> Cow<'static, [Duration]> {
    list.iter().copied().map(Duration::from_secs).collect()
}

impl Schedule {
    /// hookctl's own timetable for a target that is down: 1 s, 5 s, 30 s, 2 min,
    /// 10 min after the try before, then every 30 min up to 72 h after the first
    /// failure, each wait up to 10 % shorter or longer, `Retry-After` honoured.
    pub fn forward() -> Self {
        Self {
            clock: Clock::LastTry,
            again: Again::Retryable,
            delays: seconds(OWN_DELAYS),
            repeat: Some((Duration::from_secs(OWN_EVERY), Duration::from_secs(OWN_WINDOW))),
            jitter: 0.1,
            honours_retry_after: true,
            deadline: None,
            speed: 1.0,
        }
    }

    /// One try and no more.
    pub fn none() -> Self {
        Self { delays: Cow::Borrowed(&[]), repeat: None, ..Self::forward() }
    }

    /// The timetable that a vendor publishes; `None` where it publishes none.
    pub fn vendor(provider: &str) -> Option<Self> {
        let published = PUBLISHED.iter().find(|row| row.provider == provider)?;
        Some(Self {
            clock: published.clock,
            again: Again::AllButSuccess,
            delays: seconds(published.delays),
            repeat: None,
            jitter: 0.0,
            honours_retry_after: false,
            deadline: Some(Duration::from_secs(published.deadline)),
            speed: 1.0,
        })
    }

    /// The timetable of a provider's description, which may be the user's own;
    /// else the one that the vendor publishes; `None` where neither has numbers.
    pub fn of(provider: &Provider) -> Option<Self> {
        let Some(Retry::After(offsets)) = provider.retry() else { return Self::vendor(provider.id()) };
        Some(Self {
            clock: Clock::FirstFailure,
            again: Again::AllButSuccess,
            delays: Cow::Owned(offsets.clone()),
            repeat: None,
            jitter: 0.0,
            honours_retry_after: false,
            deadline: provider.assumed_deadline(),
            speed: 1.0,
        })
    }

    /// The providers that [`Self::vendor`] knows.
    pub fn vendors() -> impl Iterator<Item = &'static str> {
        PUBLISHED.iter().map(|row| row.provider)
    }

    /// The same waits, each counted from the try before.
    #[must_use]
    pub fn counted_from_the_last_try(mut self) -> Self {
        self.clock = Clock::LastTry;
        self
    }

    /// The same timetable with every wait `speed` times shorter. The deadline
    /// for an answer stays: the handler does not run faster.
    #[must_use]
    pub fn scaled(mut self, speed: f64) -> Self {
        if speed.is_finite() && speed > 0.0 {
            self.speed *= speed;
        }
        self
    }

    /// How long the sender waits for an answer; `None` leaves it to the caller.
    pub fn deadline(&self) -> Option<Duration> {
        self.deadline
    }

    /// How many tries there are at most; `None` when only the window ends them.
    pub fn tries(&self) -> Option<usize> {
        self.repeat.is_none().then(|| self.delays.len().saturating_add(1))
    }

    /// No wait of this timetable is longer, whatever a target asks for.
    pub fn longest_wait(&self) -> Duration {
        let planned = self.delays.iter().copied().chain(self.repeat.map(|(every, _)| every)).max();
        let planned = self.compressed(planned.unwrap_or_default().mul_f64(1.0 + self.jitter));
        if self.honours_retry_after { planned.max(RETRY_AFTER_CAP) } else { planned }
    }

    /// Whether an attempt that went like this is tried again at all.
    pub fn tries_again_after(&self, outcome: &Outcome) -> bool {
        match self.again {
            Again::Retryable => outcome.retryable(),
            Again::AllButSuccess => !outcome.delivered(),
        }
    }

    /// When to try again after `tries_so_far` failed tries, the last of which
    /// ended at `now`; `None` means that it is a dead letter. `jitter` is a number
    /// from 0 to 1 that the caller draws; `retry_after` is what the target asked
    /// for ([`retry_after`]): it can make a wait longer, never shorter.
    pub fn next(
        &self,
        first_failure: Timestamp,
        tries_so_far: u32,
        now: Timestamp,
        retry_after: Option<Duration>,
        jitter: f64,
    ) -> Option<Timestamp> {
        let done = usize::try_from(tries_so_far.saturating_sub(1)).unwrap_or(usize::MAX);
        let (delay, ends) = match (self.delays.get(done), self.repeat) {
            (Some(delay), repeat) => (*delay, repeat.map(|(_, window)| window)),
            (None, Some((every, window))) => (every, Some(window)),
            (None, None) => return None,
        };
        let jitter = if jitter.is_finite() { jitter.clamp(0.0, 1.0) } else { 0.5 };
        let factor = 1.0 + self.jitter * (2.0 * jitter - 1.0);
        let delay = self.compressed(delay.mul_f64(factor));
        let planned = match self.clock {
            Clock::LastTry => now.plus(delay),
            Clock::FirstFailure => first_failure.plus(delay).max(now),
        };
        let asked = retry_after.filter(|_| self.honours_retry_after);
        let at = asked.map_or(planned, |wait| planned.max(now.plus(wait.min(RETRY_AFTER_CAP))));
        match ends {
            Some(window) if at > first_failure.plus(self.compressed(window)) => None,
            _ => Some(at),
        }
    }

    fn compressed(&self, duration: Duration) -> Duration {
        Duration::try_from_secs_f64(duration.as_secs_f64() / self.speed).unwrap_or(Duration::MAX)
    }
}

/// What a `Retry-After` field asks for: seconds or a date (RFC 9110, 10.2.3), at
/// most [`RETRY_AFTER_CAP`]. A date that is past and anything else counts as not there.
pub fn retry_after(headers: &Headers, now: Timestamp) -> Option<Duration> {
    retry_after_text(std::str::from_utf8(headers.get("retry-after")?).ok()?, now)
}

/// The same for the value alone.
pub fn retry_after_text(text: &str, now: Timestamp) -> Option<Duration> {
    let text = text.trim();
    let wait = if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        Duration::from_secs(text.parse().unwrap_or(u64::MAX))
    } else {
        let wait = http_date(text)?.since(now);
        if wait.is_zero() {
            return None;
        }
        wait
    };
    Some(wait.min(RETRY_AFTER_CAP))
}

/// Reads the three date forms of RFC 9110, 5.6.7.
fn http_date(text: &str) -> Option<Timestamp> {
    const FORMS: [&str; 3] =
        ["%a, %d %b %Y %H:%M:%S GMT", "%A, %d-%b-%y %H:%M:%S GMT", "%a %b %e %H:%M:%S %Y"];
    FORMS.into_iter().find_map(|form| {
        let civil = jiff::civil::DateTime::strptime(form, text).ok()?;
        let zoned = civil.to_zoned(jiff::tz::TimeZone::UTC).ok()?;
        Some(Timestamp::from_micros(zoned.timestamp().as_microsecond()))
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::attempt::{Answer, Failure, FailureKind};
    use crate::hook::provider::Catalogue;
    use proptest::prelude::*;

    const START: Timestamp = Timestamp::from_seconds(1_760_000_000);

    fn at(seconds: u64) -> Timestamp {
        START.plus(Duration::from_secs(seconds))
    }

    #[test]
    fn no_wait_is_longer_than_the_longest() {
        let own = Schedule::forward();
        assert_eq!(own.longest_wait(), RETRY_AFTER_CAP);
        assert_eq!(Schedule::vendor("koji").unwrap().longest_wait(), Duration::from_secs(1_800));
        let slow = own.clone().scaled(0.5);
        assert_eq!(slow.longest_wait(), Duration::from_secs(3_960), "30 min and a tenth, at half the speed");
        for tries in 1..20 {
            for (jitter, asked) in [(0.0, None), (1.0, None), (1.0, Some(Duration::MAX))] {
                let due = own.next(START, tries, START, asked, jitter).unwrap();
                assert!(due.since(START) <= own.longest_wait(), "after {tries} tries");
            }
        }
    }

    /// The offsets from the first failure of every try after the first.
    fn run(schedule: &Schedule, jitter: f64) -> Vec<f64> {
        let mut now = START;
        let mut tries = 1;
        let mut found = Vec::new();
        while let Some(next) = schedule.next(START, tries, now, None, jitter) {
            found.push(next.since(START).as_secs_f64());
            now = next;
            tries += 1;
            assert!(tries < 1_000);
        }
        found
    }

    fn status(status: u16) -> Outcome {
        Outcome::Answered(Answer { status, headers: Headers::default(), body: bytes::Bytes::new() })
    }

    #[test]
    fn the_own_timetable_runs_to_72_hours_and_then_gives_up() {
        let offsets = run(&Schedule::forward(), 0.5);
        assert_eq!(offsets[..7], [1.0, 6.0, 36.0, 156.0, 756.0, 2_556.0, 4_356.0]);
        let last = offsets[offsets.len() - 1];
        assert!(last <= 259_200.0 && last > 259_200.0 - 1_800.0, "{last}");
        assert_eq!(run(&Schedule::forward(), 0.0)[0], 0.9);
        assert_eq!(run(&Schedule::forward(), 1.0)[0], 1.1);
    }

    #[test]
    fn none_gives_up_at_once() {
        assert!(run(&Schedule::none(), 0.5).is_empty());
        assert_eq!(Schedule::none().tries(), Some(1));
    }

    #[test]
    fn koji_counts_from_the_first_failure_and_userjourneys_tries_once() {
        let koji = Schedule::vendor("koji").unwrap();
        assert_eq!(run(&koji, 0.9), [30.0, 300.0, 1_800.0]);
        assert_eq!((koji.tries(), koji.deadline()), (Some(4), Some(Duration::from_secs(10))));
        assert_eq!(run(&Schedule::vendor("userjourneys").unwrap(), 0.5), [0.0; 0]);
        assert_eq!(Schedule::vendor("nobody"), None);
        // A slow third try does not move the fourth, and a late one is made at once.
        assert_eq!(koji.next(START, 3, at(310), None, 0.5), Some(at(1_800)));
        assert_eq!(koji.next(START, 3, at(2_000), None, 0.5), Some(at(2_000)));
        // It does not document `Retry-After`.
        assert_eq!(koji.next(START, 1, START, Some(Duration::from_secs(99)), 0.5), Some(at(30)));
        assert_eq!(
            run(&Schedule::vendor("zoom").unwrap(), 0.5),
            [300.0, 2_100.0, 7_500.0],
            "gaps, not offsets"
        );
    }

    #[test]
    fn a_description_gives_its_own_timetable_and_agrees_with_the_published_ones() {
        let mut catalogue = Catalogue::builtin();
        let own = "[acme]\nheader = \"X-Acme\"\nretry = [5, 60]\ndeadline = 3\n";
        catalogue.add("own.toml", own).unwrap();
        let acme = Schedule::of(&catalogue.get("acme").unwrap()).unwrap();
        assert_eq!(run(&acme, 0.5), [5.0, 60.0]);
        assert_eq!(acme.deadline(), Some(Duration::from_secs(3)));
        for id in Schedule::vendors() {
            assert_eq!(Schedule::of(&catalogue.get(id).unwrap()), Schedule::vendor(id), "{id}");
        }
        assert_eq!(Schedule::of(&catalogue.get("stripe").unwrap()), None);
    }

    #[test]
    fn a_compressed_clock_shortens_every_wait_but_not_the_deadline() {
        let fast = Schedule::vendor("koji").unwrap().scaled(60.0);
        assert_eq!(run(&fast, 0.5), [0.5, 5.0, 30.0]);
        assert_eq!(fast.deadline(), Some(Duration::from_secs(10)));
        let own = run(&Schedule::forward(), 0.5);
        assert_eq!(run(&Schedule::forward().scaled(10.0), 0.5).len(), own.len());
        assert_eq!(Schedule::none().scaled(0.0), Schedule::none());
        assert_eq!(Schedule::none().scaled(f64::NAN), Schedule::none());
    }

    #[test]
    fn retry_after_makes_a_wait_longer_never_shorter_and_is_capped() {
        let own = Schedule::forward();
        let next = |wait| own.next(START, 1, START, Some(Duration::from_secs(wait)), 0.5);
        assert_eq!(next(0), Some(at(1)));
        assert_eq!(next(120), Some(at(120)));
        assert_eq!(next(86_400), Some(at(3_600)));
        // Not beyond the window.
        let late = at(OWN_WINDOW - 1_900);
        assert!(own.next(START, 99, late, None, 0.5).is_some());
        assert_eq!(own.next(START, 99, late, Some(RETRY_AFTER_CAP), 0.5), None);
    }

    #[test]
    fn retry_after_reads_seconds_and_dates_and_ignores_the_rest() {
        let now = Timestamp::from_seconds(784_111_777);
        let read = |value: &str| retry_after(&Headers::from_pairs([("Retry-After", value)]), now);
        let seconds = |wait| Some(Duration::from_secs(wait));
        assert_eq!(read("30"), seconds(30));
        assert_eq!(read(" 0 "), seconds(0));
        assert_eq!(read("Sun, 06 Nov 1994 08:50:37 GMT"), seconds(60));
        assert_eq!(read("Sunday, 06-Nov-94 08:50:37 GMT"), seconds(60));
        assert_eq!(read("Sun Nov  6 08:50:37 1994"), seconds(60));
        assert_eq!(read("Sun, 06 Nov 1994 23:50:37 GMT"), seconds(3_600));
        assert_eq!(read("99999999999999999999999"), seconds(3_600));
        for nothing in ["Sun, 06 Nov 1994 08:49:37 GMT", "-5", "soon", "", "1.5", "+3", "Sun, 99 Nov 1994"] {
            assert_eq!(read(nothing), None, "{nothing}");
        }
        assert_eq!(retry_after(&Headers::default(), now), None);
        assert_eq!(retry_after(&Headers::from_pairs([("retry-after", b"\xff")]), now), None);
    }

    #[test]
    fn what_is_tried_again() {
        let own = Schedule::forward();
        for code in [500, 502, 503, 504, 408, 425, 429] {
            assert!(own.tries_again_after(&status(code)), "{code}");
        }
        for code in [200, 204, 301, 302, 307, 400, 401, 404, 410, 413] {
            assert!(!own.tries_again_after(&status(code)), "{code}");
        }
        let koji = Schedule::vendor("koji").unwrap();
        for code in [301, 401, 404, 410, 500] {
            assert!(koji.tries_again_after(&status(code)), "{code}");
        }
        assert!(!koji.tries_again_after(&status(204)));
        let refused = Outcome::Failed(Failure { kind: FailureKind::Refused, detail: String::new() });
        assert!(own.tries_again_after(&refused) && koji.tries_again_after(&refused));
    }

    proptest! {
        #[test]
        fn jitter_stays_within_a_tenth(tries in 1_u32..6, jitter in 0.0_f64..=1.0) {
            let wait = Schedule::forward().next(START, tries, START, None, jitter).unwrap().since(START).as_secs_f64();
            let planned = OWN_DELAYS[tries as usize - 1] as f64;
            prop_assert!((planned * 0.899..=planned * 1.101).contains(&wait), "{wait} for {planned}");
        }

        #[test]
        fn nothing_panics(first in any::<i64>(), tries: u32, now in any::<i64>(), wait in any::<u64>(), jitter: f64, speed: f64) {
            let schedule = Schedule::forward().scaled(speed);
            let next = schedule.next(Timestamp::from_micros(first), tries, Timestamp::from_micros(now), Some(Duration::from_secs(wait)), jitter);
            if let Some(next) = next {
                prop_assert!(next >= Timestamp::from_micros(now));
            }
        }
    }
}
