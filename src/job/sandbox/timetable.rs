//! When the sandbox delivers and tries again, and what counts as taken.
//!
//! Pure: moments come in, the next moment goes out. The numbers of Koji are the
//! vendor's own (`hook::schedule`); what the vendors leave open is marked so.

use crate::hook::schedule::Schedule;
use crate::hook::time::Timestamp;
use std::time::Duration;

/// What Koji's "30 seconds, 5 minutes and 30 minutes after the initial failure" are counted from.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum RetryClock {
    /// The first failure, as the sentence reads.
    #[default]
    FirstFailure,
    /// The try before: the three times as gaps.
    Gaps,
}

/// Which answers a vendor takes for an acknowledgement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Taken {
    /// Koji: "return 200"; whether other 2xx count is not documented.
    Only200,
    /// userjourneys: not documented.
    Any2xx,
}

/// The timetable of one vendor.
#[derive(Clone, Debug, PartialEq)]
pub struct Timetable {
    schedule: Schedule,
    tries: u32,
    taken: Taken,
    deadline: Duration,
}

impl Timetable {
    /// How long a handler has for its answer, at Koji by its documentation, at userjourneys by assumption.
    pub const DEADLINE: Duration = Duration::from_secs(10);

    /// Koji's: four tries at most.
    pub fn koji(clock: RetryClock) -> Self {
        let schedule = koji_schedule(clock);
        let tries = schedule.tries().and_then(|tries| u32::try_from(tries).ok()).unwrap_or(1);
        Self { schedule, tries, taken: Taken::Only200, deadline: Self::DEADLINE }
    }

    /// That of userjourneys, which documents no retries: one try, and `retries`
    /// more at Koji's times where they are asked for.
    pub fn userjourneys(retries: u32, clock: RetryClock) -> Self {
        let koji = Self::koji(clock);
        let tries = retries.saturating_add(1).min(koji.tries);
        Self { tries, taken: Taken::Any2xx, ..koji }
    }

    /// How long the handler has for its answer. The handler does not run faster
    /// when the sandbox's clock does, so a speed does not shorten it.
    pub fn deadline(&self) -> Duration {
        self.deadline
    }

    /// How often it is tried at most.
    pub fn tries(&self) -> u32 {
        self.tries
    }

    /// Whether this status is an acknowledgement.
    pub fn takes(&self, status: u16) -> bool {
        match self.taken {
            Taken::Only200 => status == 200,
            Taken::Any2xx => (200..300).contains(&status),
        }
    }

    /// When to try again after `tries` failed ones, the last of which ended at
    /// `now`; `None` when that was the last.
    pub fn next(&self, first_failure: Timestamp, tries: u32, now: Timestamp) -> Option<Timestamp> {
        if tries >= self.tries {
            return None;
        }
        // A vendor's timetable has no jitter and does not ask for `Retry-After`.
        self.schedule.next(first_failure, tries, now, None, 0.5)
    }
}

fn koji_schedule(clock: RetryClock) -> Schedule {
    let published = Schedule::vendor("koji").unwrap_or_else(Schedule::none);
    match clock {
        RetryClock::FirstFailure => published,
        RetryClock::Gaps => published.counted_from_the_last_try(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const START: Timestamp = Timestamp::from_seconds(1_760_000_000);

    /// The offsets of all tries from the first, when each takes `took` seconds to fail.
    fn tries(timetable: &Timetable, took: u64) -> Vec<u64> {
        let took = Duration::from_secs(took);
        let first_failure = START.plus(took);
        let mut ended = first_failure;
        let mut offsets = vec![0];
        for done in 1.. {
            let Some(next) = timetable.next(first_failure, done, ended) else { break };
            offsets.push(next.since(START).as_secs());
            ended = next.plus(took);
        }
        offsets
    }

    #[test]
    fn koji_tries_at_once_and_30_s_5_min_and_30_min_after_the_first_failure() {
        let koji = Timetable::koji(RetryClock::FirstFailure);
        assert_eq!(tries(&koji, 0), [0, 30, 300, 1_800]);
        assert_eq!(tries(&koji, 10), [0, 40, 310, 1_810], "a timeout moves the first failure, and no more");
        assert_eq!((koji.tries(), koji.deadline()), (4, Duration::from_secs(10)));
    }

    #[test]
    fn as_gaps_the_same_times_follow_one_another() {
        let koji = Timetable::koji(RetryClock::Gaps);
        assert_eq!(tries(&koji, 0), [0, 30, 330, 2_130]);
        assert_eq!(tries(&koji, 10), [0, 40, 350, 2_160]);
    }

    #[test]
    fn userjourneys_tries_once_unless_retries_are_asked_for() {
        let userjourneys = |retries| Timetable::userjourneys(retries, RetryClock::FirstFailure);
        assert_eq!(tries(&userjourneys(0), 0), [0]);
        assert_eq!(tries(&userjourneys(2), 0), [0, 30, 300]);
        assert_eq!(tries(&userjourneys(99), 0), [0, 30, 300, 1_800]);
    }

    #[test]
    fn koji_takes_200_and_userjourneys_any_2xx() {
        let koji = Timetable::koji(RetryClock::FirstFailure);
        let userjourneys = Timetable::userjourneys(0, RetryClock::FirstFailure);
        let taken =
            |timetable: &Timetable| (100..600).filter(|status| timetable.takes(*status)).collect::<Vec<_>>();
        assert_eq!(taken(&koji), [200]);
        assert_eq!(taken(&userjourneys), (200..300).collect::<Vec<_>>());
    }
}
