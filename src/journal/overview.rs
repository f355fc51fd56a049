//! Deliveries counted for a picture: over time, by event, by verdict, by how long the answer took.

use super::record::Listed;
use crate::hook::time::Timestamp;
use crate::hook::verdict::Code;
use std::collections::HashMap;
use std::time::Duration;

/// About so many buckets share the time between the first and the last delivery.
const BUCKETS: i64 = 40;

/// So many names of events are told, the most frequent ones.
const EVENTS: usize = 20;

/// Widths of buckets that a person can read off, in seconds.
const WIDTHS: [i64; 21] = [
    1, 2, 5, 10, 15, 30, 60, 120, 300, 600, 900, 1_800, 3_600, 7_200, 10_800, 21_600, 43_200, 86_400,
    172_800, 604_800, 2_592_000,
];

/// The upper ends of the histogram of answers, in milliseconds; a last one holds the rest.
const STEPS: [u64; 13] = [1, 2, 5, 10, 20, 50, 100, 200, 500, 1_000, 2_000, 5_000, 10_000];

/// Deliveries counted.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Overview {
    /// How many.
    pub considered: u64,
    /// When the first and the last of them were received.
    pub received: Option<(Timestamp, Timestamp)>,
    /// Over time, ascending, without gaps.
    pub buckets: Vec<Bucket>,
    /// The most frequent names of events, the most frequent first; `None` for those without.
    pub events: Vec<(Option<String>, u64)>,
    /// How long answers took; `None` where none was given.
    pub took: Option<Took>,
    /// The verdicts, the most frequent first.
    pub verdicts: Vec<(Code, u64)>,
}

/// The deliveries of a while.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Bucket {
    /// When it begins; it ends where the next one begins.
    pub at: Timestamp,
    /// Those whose signature holds.
    pub verified: u64,
    /// Those whose signature does not.
    pub failed: u64,
    /// Those that nobody could judge.
    pub unjudged: u64,
}

/// How long answers took.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Took {
    /// Half of them took at most so long.
    pub p50: Duration,
    /// Nineteen of twenty took at most so long.
    pub p95: Duration,
    /// The longest.
    pub max: Duration,
    /// How many took at most so long, and longer than the one before; `None` for any longer one.
    pub histogram: Vec<(Option<Duration>, u64)>,
}

/// Counts deliveries one by one.
#[derive(Clone, Debug, Default)]
pub struct Counting {
    verdicts: Vec<(Timestamp, Code)>,
    events: HashMap<Option<String>, u64>,
    took: Vec<Duration>,
}

impl Counting {
    /// Counts a delivery.
    pub fn add(&mut self, listed: &Listed) {
        self.verdicts.push((listed.received, listed.verdict.code));
        if let Some(count) = self.events.get_mut(&listed.facts.event) {
            *count += 1;
        } else {
            self.events.insert(listed.facts.event.clone(), 1);
        }
        self.took.extend(listed.answer.as_ref().map(|answer| answer.took));
    }

    /// What was counted.
    pub fn overview(self) -> Overview {
        let times = self.verdicts.iter().map(|(received, _)| *received);
        let received = times.clone().min().zip(times.max());
        let mut verdicts: Vec<(Code, u64)> = Vec::new();
        for (_, code) in &self.verdicts {
            match verdicts.iter_mut().find(|(known, _)| known == code) {
                Some((_, count)) => *count += 1,
                None => verdicts.push((*code, 1)),
            }
        }
        verdicts.sort_by_key(|(code, count)| (std::cmp::Reverse(*count), code.as_str()));
        let mut events: Vec<_> = self.events.into_iter().collect();
        events.sort_by(|(left, few), (right, many)| many.cmp(few).then_with(|| left.cmp(right)));
        events.truncate(EVENTS);
        Overview {
            considered: self.verdicts.len() as u64,
            received,
            buckets: received.map(|ends| buckets(&self.verdicts, ends)).unwrap_or_default(),
            events,
            took: took(self.took),
            verdicts,
        }
    }
}

/// The narrowest width, in microseconds, that gives few enough buckets.
fn width(ends: (Timestamp, Timestamp)) -> i64 {
    // Wider than 64 bits for times that a damaged file may have.
    let span = i128::from(ends.1.micros()) - i128::from(ends.0.micros());
    let fits = |width: &i64| span / i128::from(width * 1_000_000) < i128::from(BUCKETS);
    let as_wide_as_it_takes = i64::try_from(span / i128::from(BUCKETS) + 1).unwrap_or(i64::MAX);
    WIDTHS.into_iter().find(fits).map_or(as_wide_as_it_takes, |width| width * 1_000_000)
}

fn buckets(verdicts: &[(Timestamp, Code)], ends: (Timestamp, Timestamp)) -> Vec<Bucket> {
    let width = width(ends);
    let place = |at: Timestamp| at.micros().div_euclid(width);
    let first = place(ends.0);
    let mut buckets: Vec<Bucket> = (first..=place(ends.1))
        .map(|place| Bucket {
            at: Timestamp::from_micros(place.saturating_mul(width)),
            verified: 0,
            failed: 0,
            unjudged: 0,
        })
        .collect();
    for (received, code) in verdicts {
        let bucket = usize::try_from(place(*received) - first).ok().and_then(|place| buckets.get_mut(place));
        if let Some(bucket) = bucket {
            match *code {
                Code::Verified => bucket.verified += 1,
                code if code.judged() => bucket.failed += 1,
                _ => bucket.unjudged += 1,
            }
        }
    }
    buckets
}

fn took(mut all: Vec<Duration>) -> Option<Took> {
    all.sort_unstable();
    let max = *all.last()?;
    // The smallest that so many of a hundred do not exceed.
    let at = |percent: usize| {
        all.get((all.len() * percent).div_ceil(100).saturating_sub(1)).copied().unwrap_or(max)
    };
    let mut below = 0;
    let mut histogram = Vec::new();
    for step in STEPS.map(Duration::from_millis) {
        let up_to = all.partition_point(|took| *took <= step);
        histogram.push((Some(step), (up_to - below) as u64));
        below = up_to;
    }
    histogram.push((None, (all.len() - below) as u64));
    Some(Took { p50: at(50), p95: at(95), max, histogram })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(seconds: i64) -> Timestamp {
        Timestamp::from_seconds(seconds)
    }

    #[test]
    fn buckets_hold_every_delivery_once_and_are_about_forty() {
        for span in [0, 1, 39, 40, 61, 3_599, 86_400, 86_400 * 365 * 50] {
            let verdicts = [
                (at(1_000), Code::Verified),
                (at(1_000 + span), Code::Mismatch),
                (at(1_000), Code::NoSecret),
            ];
            let buckets = buckets(&verdicts, (at(1_000), at(1_000 + span)));
            assert!((1..=41).contains(&buckets.len()), "{span}: {}", buckets.len());
            let sum = |of: fn(&Bucket) -> u64| buckets.iter().map(of).sum::<u64>();
            let all = (sum(|b| b.verified), sum(|b| b.failed), sum(|b| b.unjudged));
            assert_eq!(all, (1, 1, 1), "{span}");
            assert!(buckets[0].at <= at(1_000) && buckets.is_sorted_by_key(|bucket| bucket.at));
        }
        let ever = (Timestamp::from_micros(i64::MIN), Timestamp::from_micros(i64::MAX));
        assert!(buckets(&[(ever.0, Code::Verified), (ever.1, Code::Verified)], ever).len() <= 42);
    }

    #[test]
    fn percentiles_are_of_answers_that_were_given() {
        assert_eq!(took(Vec::new()), None);
        let of = took((1..=100).rev().map(Duration::from_millis).collect()).unwrap();
        let millis = |millis| Duration::from_millis(millis);
        assert_eq!((of.p50, of.p95, of.max), (millis(50), millis(95), millis(100)));
        assert_eq!(of.histogram.iter().map(|(_, count)| count).sum::<u64>(), 100);
        assert_eq!(of.histogram[..3], [(Some(millis(1)), 1), (Some(millis(2)), 1), (Some(millis(5)), 3)]);
        let one = took(vec![Duration::from_secs(60)]).unwrap();
        assert_eq!((one.p50, one.p95, one.histogram.last()), (one.max, one.max, Some(&(None, 1))));
    }
}
