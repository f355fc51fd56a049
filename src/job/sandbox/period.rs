//! When limits start anew: weekly ones every Monday 00:00 UTC, monthly ones on
//! the subscription day, as userjourneys' retired `/experiments` page says.
//! Pure; the moment comes in.

use crate::hook::time::Timestamp;
use jiff::civil::Date;
use jiff::tz::TimeZone;
use jiff::{Span, ToSpan};

/// The Monday 00:00 UTC at or before `now`.
pub fn week_start(now: Timestamp) -> Timestamp {
    let today = date_of(now);
    midnight(moved(today, -i32::from(today.weekday().to_monday_zero_offset()).days()))
}

/// The Monday 00:00 UTC after `now`.
pub fn week_end(now: Timestamp) -> Timestamp {
    midnight(moved(date_of(week_start(now)), 7.days()))
}

/// The last subscription day 00:00 UTC at or before `now`; a day that a month does not have is its last.
pub fn month_start(now: Timestamp, day: u8) -> Timestamp {
    let today = date_of(now);
    let this = in_month(today, day);
    midnight(if this <= today { this } else { in_month(moved(today.first_of_month(), -1.day()), day) })
}

/// The next subscription day 00:00 UTC after `now`.
pub fn month_end(now: Timestamp, day: u8) -> Timestamp {
    let start = date_of(month_start(now, day));
    midnight(in_month(moved(start.first_of_month(), 1.month()), day))
}

fn in_month(date: Date, day: u8) -> Date {
    let days = u8::try_from(date.days_in_month()).unwrap_or(28);
    let wanted = i8::try_from(day.clamp(1, days)).unwrap_or(1);
    date.with().day(wanted).build().unwrap_or(date)
}

fn moved(date: Date, by: Span) -> Date {
    date.saturating_add(by)
}

fn date_of(at: Timestamp) -> Date {
    jiff::Timestamp::from_microsecond(at.micros()).unwrap_or_default().to_zoned(TimeZone::UTC).date()
}

fn midnight(date: Date) -> Timestamp {
    let at = date.to_zoned(TimeZone::UTC).map(|at| at.timestamp()).unwrap_or_default();
    Timestamp::from_micros(at.as_microsecond())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(text: &str) -> Timestamp {
        Timestamp::parse(text).unwrap()
    }

    #[test]
    fn weeks_start_on_monday_at_midnight() {
        for (now, start, end) in [
            ("2026-03-11T14:32:00Z", "2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"),
            ("2026-03-09T00:00:00Z", "2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"),
            ("2026-03-15T23:59:59Z", "2026-03-09T00:00:00Z", "2026-03-16T00:00:00Z"),
            ("2026-01-01T00:00:00Z", "2025-12-29T00:00:00Z", "2026-01-05T00:00:00Z"),
        ] {
            assert_eq!((week_start(at(now)), week_end(at(now))), (at(start), at(end)), "{now}");
        }
    }

    #[test]
    fn months_start_on_the_subscription_day() {
        for (now, day, start, end) in [
            ("2026-03-11T14:32:00Z", 15, "2026-02-15T00:00:00Z", "2026-03-15T00:00:00Z"),
            ("2026-03-15T00:00:00Z", 15, "2026-03-15T00:00:00Z", "2026-04-15T00:00:00Z"),
            ("2026-01-14T23:59:59Z", 15, "2025-12-15T00:00:00Z", "2026-01-15T00:00:00Z"),
            ("2026-03-01T00:00:00Z", 31, "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"),
            ("2026-02-28T12:00:00Z", 31, "2026-02-28T00:00:00Z", "2026-03-31T00:00:00Z"),
        ] {
            assert_eq!((month_start(at(now), day), month_end(at(now), day)), (at(start), at(end)), "{now}");
        }
    }
}
