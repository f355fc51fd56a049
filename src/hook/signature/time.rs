//! The written forms of a signed time.
//!
//! Reading is strict: digits are digits, without sign or space.

use crate::hook::provider::TimeForm;
use crate::hook::time::Timestamp;
use jiff::fmt::rfc2822::DateTimeParser;

/// Far beyond any date, and far from overflowing.
const MOST_DIGITS: usize = 15;

impl TimeForm {
    /// Writes a moment.
    pub fn write(self, at: Timestamp) -> String {
        match self {
            Self::Unix => at.seconds().to_string(),
            Self::UnixMillis => at.millis().to_string(),
            Self::Rfc3339 => at.rfc3339_millis(),
            Self::HttpDate => at.http_date(),
        }
    }

    /// Reads a moment.
    pub(in crate::hook) fn read(self, text: &[u8]) -> Option<Timestamp> {
        let text = std::str::from_utf8(text).ok()?;
        match self {
            Self::Unix => digits(text).map(Timestamp::from_seconds),
            Self::UnixMillis => digits(text)?.checked_mul(1_000).map(Timestamp::from_micros),
            Self::Rfc3339 => {
                let at: jiff::Timestamp = text.parse().ok()?;
                Some(Timestamp::from_micros(at.as_microsecond()))
            }
            Self::HttpDate => {
                let at = DateTimeParser::new().parse_timestamp(text).ok()?;
                Some(Timestamp::from_micros(at.as_microsecond()))
            }
        }
    }

    /// Now, as finely as this form can tell: a time that was written in whole
    /// seconds is compared with whole seconds, as the vendors' libraries do.
    pub(super) fn round(self, now: Timestamp) -> Timestamp {
        match self {
            Self::Unix | Self::HttpDate => Timestamp::from_seconds(now.seconds()),
            Self::UnixMillis | Self::Rfc3339 => now,
        }
    }
}

fn digits(text: &str) -> Option<i64> {
    let only_digits = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
    (only_digits && text.len() <= MOST_DIGITS).then(|| text.parse().ok()).flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_form_reads_what_it_writes() {
        let at = Timestamp::from_micros(1_760_000_000_123_000);
        for form in [TimeForm::Unix, TimeForm::UnixMillis, TimeForm::Rfc3339, TimeForm::HttpDate] {
            let read = form.read(form.write(at).as_bytes()).unwrap();
            assert_eq!(read.seconds(), at.seconds(), "{form:?}");
        }
        assert_eq!(TimeForm::Rfc3339.read(b"2020-01-01T00:00:00-07:00").unwrap().seconds(), 1_577_862_000);
    }

    #[test]
    fn what_is_no_time_is_refused() {
        for text in ["", "+1", "-1", " 1", "1 ", "1.5", "1e9", "0x1", "99999999999999999999", "é", "\u{663}"]
        {
            assert!(TimeForm::Unix.read(text.as_bytes()).is_none(), "{text}");
            assert!(TimeForm::UnixMillis.read(text.as_bytes()).is_none(), "{text}");
        }
        for form in [TimeForm::Rfc3339, TimeForm::HttpDate] {
            assert!(form.read(b"1760000000").is_none());
            assert!(form.read(b"\xff").is_none());
        }
    }
}
