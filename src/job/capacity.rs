//! May a study take another response, and why not?
//!
//! The vendor's own flag decides. It is true only while the study's weekly and
//! monthly limit and the project's monthly quota all have room, and the last of
//! these is shown nowhere: a flag that is false while both limits show room
//! means the project's quota. The limits explain, they never overrule.

use crate::hook::time::Timestamp;
use crate::vendor::{Limit, Study};
use std::time::Duration;

/// A limit and how much of it is used.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Usage {
    /// How many responses are taken; `None` is unlimited, or not said.
    pub limit: Option<u64>,
    /// How many were taken; `None` when the vendor does not say.
    pub used: Option<u64>,
}

impl From<Limit> for Usage {
    fn from(limit: Limit) -> Self {
        Self { limit: limit.limit, used: limit.used }
    }
}

impl<'a> From<&'a Study> for Given<'a> {
    fn from(study: &'a Study) -> Self {
        Self {
            accepting: study.accepting_responses,
            status: study.status.as_deref(),
            weekly: study.limits.weekly.map(Usage::from),
            monthly: study.limits.monthly.map(Usage::from),
        }
    }
}

impl Usage {
    /// How many are left; `None` when that cannot be known.
    pub fn left(self) -> Option<u64> {
        Some(self.limit?.saturating_sub(self.used?))
    }

    /// Whether nothing is left.
    pub fn reached(self) -> bool {
        self.left() == Some(0)
    }
}

/// What the vendor says about a study's room.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Given<'a> {
    /// The vendor's answer.
    pub accepting: Option<bool>,
    /// Its status; `active` is the only one that is documented.
    pub status: Option<&'a str>,
    /// Of the week.
    pub weekly: Option<Usage>,
    /// Of the month.
    pub monthly: Option<Usage>,
}

/// Why a study takes no response.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reason {
    /// It is not active.
    NotActive,
    /// The week's limit is reached.
    WeeklyLimit,
    /// The month's limit is reached.
    MonthlyLimit,
    /// Both limits show room: what is left is the project's own quota, which no answer shows.
    ProjectQuota,
}

impl Reason {
    /// The stable name in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::NotActive => "not_active",
            Self::WeeklyLimit => "weekly_limit",
            Self::MonthlyLimit => "monthly_limit",
            Self::ProjectQuota => "project_quota",
        }
    }

    /// In words, after "because".
    pub const fn words(self) -> &'static str {
        match self {
            Self::NotActive => "the study is not active",
            Self::WeeklyLimit => "its weekly limit is reached",
            Self::MonthlyLimit => "its monthly limit is reached",
            Self::ProjectQuota => "both limits show room, so the project's monthly quota is probably reached",
        }
    }
}

/// The answer.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// Whether another response is taken.
    pub accepting: bool,
    /// The vendor said so; otherwise the limits and the status did.
    pub said_by_vendor: bool,
    /// Why not; empty while it takes responses.
    pub reasons: Vec<Reason>,
}

/// Judges what the vendor says.
pub fn judge(given: &Given<'_>) -> Verdict {
    let reached = |usage: Option<Usage>| usage.is_some_and(Usage::reached);
    let mut reasons = Vec::new();
    if given.status.is_some_and(|status| status != "active") {
        reasons.push(Reason::NotActive);
    }
    if reached(given.weekly) {
        reasons.push(Reason::WeeklyLimit);
    }
    if reached(given.monthly) {
        reasons.push(Reason::MonthlyLimit);
    }
    let accepting = given.accepting.unwrap_or(reasons.is_empty());
    if accepting {
        reasons.clear();
    } else if reasons.is_empty() {
        reasons.push(Reason::ProjectQuota);
    }
    Verdict { accepting, said_by_vendor: given.accepting.is_some(), reasons }
}

const DAY: i64 = 24 * 60 * 60;

/// When the weekly limits start anew: the next Monday, 00:00 UTC.
pub fn next_weekly_reset(now: Timestamp) -> Timestamp {
    let days = now.seconds().div_euclid(DAY);
    // The epoch was a Thursday, three days after a Monday.
    let since_monday = (days + 3).rem_euclid(7);
    Timestamp::from_seconds((days + 7 - since_monday).saturating_mul(DAY))
}

/// How long it is until then.
pub fn until_weekly_reset(now: Timestamp) -> Duration {
    next_weekly_reset(now).since(now)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn usage(limit: u64, used: u64) -> Option<Usage> {
        Some(Usage { limit: Some(limit), used: Some(used) })
    }

    fn given(accepting: bool, weekly: Option<Usage>, monthly: Option<Usage>) -> Given<'static> {
        Given { accepting: Some(accepting), status: Some("active"), weekly, monthly }
    }

    #[test]
    fn the_flag_decides_and_the_limits_explain() {
        use Reason::{MonthlyLimit, NotActive, ProjectQuota, WeeklyLimit};
        let unlimited = Some(Usage { limit: None, used: Some(7) });
        let unsaid = Some(Usage { limit: Some(5), used: None });
        let cases: [(Given<'_>, bool, &[Reason]); 10] = [
            (given(true, usage(50, 12), usage(200, 45)), true, &[]),
            (given(false, usage(50, 50), usage(200, 45)), false, &[WeeklyLimit]),
            (given(false, usage(50, 12), usage(200, 201)), false, &[MonthlyLimit]),
            (given(false, usage(50, 51), usage(200, 200)), false, &[WeeklyLimit, MonthlyLimit]),
            (given(false, usage(50, 12), usage(200, 45)), false, &[ProjectQuota]),
            (given(false, None, None), false, &[ProjectQuota]),
            (given(false, unlimited, unsaid), false, &[ProjectQuota]),
            // The flag is trusted, also where the numbers say otherwise.
            (given(true, usage(50, 50), usage(200, 200)), true, &[]),
            (Given { status: Some("paused"), ..given(false, usage(1, 0), None) }, false, &[NotActive]),
            (Given { status: Some("paused"), ..given(true, None, None) }, true, &[]),
        ];
        for (given, accepting, reasons) in cases {
            let verdict = judge(&given);
            assert_eq!((verdict.accepting, &verdict.reasons[..]), (accepting, reasons), "{given:?}");
            assert!(verdict.said_by_vendor);
        }
    }

    #[test]
    fn without_a_flag_the_limits_and_the_status_must_do() {
        let silent = |weekly, status| Given { accepting: None, status, weekly, monthly: None };
        for (given, accepting) in [
            (silent(usage(5, 4), Some("active")), true),
            (silent(usage(5, 5), Some("active")), false),
            (silent(None, Some("paused")), false),
            (silent(None, None), true),
        ] {
            let verdict = judge(&given);
            assert_eq!((verdict.accepting, verdict.said_by_vendor), (accepting, false), "{given:?}");
        }
    }

    #[test]
    fn weeks_begin_on_monday_at_midnight_utc() {
        let at = |text: &str| Timestamp::parse(text).unwrap();
        for (now, reset) in [
            ("2026-03-11T14:32:00Z", "2026-03-16T00:00:00Z"),
            ("2026-03-15T23:59:59Z", "2026-03-16T00:00:00Z"),
            ("2026-03-16T00:00:00Z", "2026-03-23T00:00:00Z"),
            ("2026-12-31T00:00:00Z", "2027-01-04T00:00:00Z"),
            ("1970-01-01T00:00:00Z", "1970-01-05T00:00:00Z"),
            ("1969-12-28T12:00:00Z", "1969-12-29T00:00:00Z"),
        ] {
            assert_eq!(next_weekly_reset(at(now)), at(reset), "{now}");
        }
        assert_eq!(until_weekly_reset(at("2026-03-15T23:00:00Z")), Duration::from_secs(3_600));
    }
}
