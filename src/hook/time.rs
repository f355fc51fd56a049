//! A moment of wall-clock time, in microseconds since the Unix epoch.
//!
//! Never reads the clock: `clock` does that, and callers pass the moment in.

use std::fmt;
use std::time::Duration;

/// Microseconds since 1970-01-01T00:00:00Z; negative before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
pub struct Timestamp(i64);

impl Timestamp {
    /// From microseconds since the Unix epoch.
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// From whole seconds since the Unix epoch, saturating far outside any real date.
    pub const fn from_seconds(seconds: i64) -> Self {
        Self(seconds.saturating_mul(1_000_000))
    }

    /// Microseconds since the Unix epoch.
    pub const fn micros(self) -> i64 {
        self.0
    }

    /// Milliseconds since the Unix epoch, rounded down.
    pub const fn millis(self) -> i64 {
        self.0.div_euclid(1_000)
    }

    /// Seconds since the Unix epoch, rounded down.
    pub const fn seconds(self) -> i64 {
        self.0.div_euclid(1_000_000)
    }

    /// This moment plus `duration`, saturating.
    #[must_use]
    pub fn plus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_add(micros))
    }

    /// This moment minus `duration`, saturating.
    #[must_use]
    pub fn minus(self, duration: Duration) -> Self {
        let micros = i64::try_from(duration.as_micros()).unwrap_or(i64::MAX);
        Self(self.0.saturating_sub(micros))
    }

    /// How long after `earlier` this moment is; zero when it is not after it.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_micros(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }

    /// Reads what a person types: unix seconds (`1760000000`) or RFC 3339
    /// (`2026-03-11T14:32:00Z`).
    ///
    /// # Errors
    /// Says what was expected when the text is neither.
    pub fn parse(text: &str) -> Result<Self, String> {
        let text = text.trim();
        if let Ok(seconds) = text.parse::<i64>() {
            return Ok(Self::from_seconds(seconds));
        }
        text.parse::<jiff::Timestamp>().map(|at| Self(at.as_microsecond())).map_err(|_neither| {
            format!("`{text}` is neither unix seconds nor an RFC 3339 time such as 2026-03-11T14:32:00Z")
        })
    }

    fn jiff(self) -> jiff::Timestamp {
        jiff::Timestamp::from_microsecond(self.0).unwrap_or_default()
    }

    /// RFC 3339 in UTC with exactly three fractional digits.
    pub fn rfc3339_millis(self) -> String {
        format!("{:.3}", self.jiff())
    }

    /// RFC 3339 in UTC without fractional seconds.
    pub fn rfc3339_seconds(self) -> String {
        format!("{:.0}", self.jiff())
    }

    /// The date form of HTTP (RFC 9110, 5.6.7), such as `Sun, 06 Nov 1994 08:49:37 GMT`.
    pub fn http_date(self) -> String {
        self.jiff().strftime("%a, %d %b %Y %H:%M:%S GMT").to_string()
    }

    /// Date and time in the local zone, `YYYY-MM-DD HH:MM:SS`.
    pub fn local_date_and_time(self) -> String {
        self.jiff().to_zoned(jiff::tz::TimeZone::system()).strftime("%Y-%m-%d %H:%M:%S").to_string()
    }

    /// The time of day in the local zone, `HH:MM:SS`.
    pub fn local_time_of_day(self) -> String {
        self.jiff().to_zoned(jiff::tz::TimeZone::system()).strftime("%H:%M:%S").to_string()
    }
}

impl fmt::Display for Timestamp {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.rfc3339_millis())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn reads_unix_seconds_and_rfc_3339_and_refuses_the_rest() {
        assert_eq!(Timestamp::parse("1614265330").unwrap().seconds(), 1_614_265_330);
        assert_eq!(Timestamp::parse("2021-02-25T15:02:10Z").unwrap().seconds(), 1_614_265_330);
        assert!(Timestamp::parse("yesterday").unwrap_err().contains("RFC 3339"));
    }

    #[test]
    fn writes_every_form_the_schemes_use() {
        let at = Timestamp::from_micros(784_111_777_123_456);
        assert_eq!(at.http_date(), "Sun, 06 Nov 1994 08:49:37 GMT");
        assert_eq!(at.rfc3339_millis(), "1994-11-06T08:49:37.123Z");
        assert_eq!(at.rfc3339_seconds(), "1994-11-06T08:49:37Z");
        assert_eq!(at.millis(), 784_111_777_123);
    }
}
