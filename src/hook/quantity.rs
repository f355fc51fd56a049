//! Durations, sizes, rates and speeds as people type them.
//!
//! A number without a unit is refused where it would be ambiguous: nobody
//! should have to know whether `30` means seconds.

use std::time::Duration;

/// Why a text is not the quantity it should be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum QuantityError {
    /// Not a duration.
    #[error("`{text}` is not a duration; write one such as `30s`, `5m`, `1h30m` or `250ms`")]
    Duration {
        /// The text.
        text: String,
    },
    /// A number without its unit.
    #[error("`{text}` has no unit; write one such as `{text}s` or `{text}ms`")]
    NoUnit {
        /// The text.
        text: String,
    },
    /// Not a size.
    #[error("`{text}` is not a size; write one such as `1MiB`, `25MB` or `512KiB`")]
    Size {
        /// The text.
        text: String,
    },
    /// Not a rate.
    #[error("`{text}` is not a rate; write one such as `10/s`, `600/m` or `100/h`")]
    Rate {
        /// The text.
        text: String,
    },
    /// Not a speed.
    #[error("`{text}` is not a speed; write one such as `60x`")]
    Speed {
        /// The text.
        text: String,
    },
}

const DURATION_UNITS: [(&str, f64); 6] =
    [("ms", 0.001), ("us", 0.000_001), ("s", 1.0), ("m", 60.0), ("h", 3_600.0), ("d", 86_400.0)];

const SIZE_UNITS: [(&str, u64); 8] = [
    ("", 1),
    ("b", 1),
    ("kb", 1_000),
    ("mb", 1_000_000),
    ("gb", 1_000_000_000),
    ("kib", 1 << 10),
    ("mib", 1 << 20),
    ("gib", 1 << 30),
];

/// Ten years: longer than any wait of this tool, short enough for every sum of times.
const LONGEST_SECONDS: f64 = 10.0 * 366.0 * 86_400.0;

/// The number in front of a text and what follows it.
fn leading_number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|letter: char| !letter.is_ascii_digit() && letter != '.').unwrap_or(text.len());
    let (number, rest) = text.split_at(end);
    let plain = number.starts_with(|first: char| first.is_ascii_digit()) && !number.ends_with('.');
    plain.then(|| number.parse().ok()).flatten().map(|number| (number, rest))
}

/// Reads a duration such as `30s`, `5m`, `1h30m`, `250ms` or `0`.
///
/// # Errors
/// When it is none, has no unit, or is longer than ten years.
pub fn parse_duration(text: &str) -> Result<Duration, QuantityError> {
    let refuse = || QuantityError::Duration { text: text.to_owned() };
    let mut rest = text.trim();
    if rest == "0" {
        return Ok(Duration::ZERO);
    }
    if rest.parse::<u64>().is_ok() {
        return Err(QuantityError::NoUnit { text: rest.to_owned() });
    }
    let mut seconds = 0.0;
    let mut smallest = f64::INFINITY;
    while !rest.is_empty() {
        let (number, after) = leading_number(rest).ok_or_else(refuse)?;
        let end = after.find(|letter: char| !letter.is_ascii_alphabetic()).unwrap_or(after.len());
        let (unit, next) = after.split_at(end);
        let (_, factor) = DURATION_UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(refuse)?;
        // `30m1h` and `1s1s` are slips, not sums.
        if factor >= smallest {
            return Err(refuse());
        }
        smallest = factor;
        seconds += number * factor;
        rest = next;
    }
    if smallest.is_infinite() || seconds > LONGEST_SECONDS {
        return Err(refuse());
    }
    // Rounded to the microsecond: 0.1 has no exact binary form.
    Duration::try_from_secs_f64((seconds * 1e6).round() / 1e6).ok().ok_or_else(refuse)
}

/// Reads a size in bytes such as `1MiB`, `25MB` or `512`. `MB` is a million, `MiB` is 2^20.
///
/// # Errors
/// When it is none or does not fit.
pub fn parse_size(text: &str) -> Result<u64, QuantityError> {
    let refuse = || QuantityError::Size { text: text.to_owned() };
    let trimmed = text.trim();
    let end = trimmed.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(trimmed.len());
    let (number, unit) = trimmed.split_at(end);
    let unit = unit.trim().to_ascii_lowercase();
    let (_, factor) = SIZE_UNITS.into_iter().find(|(name, _)| *name == unit).ok_or_else(refuse)?;
    number.parse::<u64>().ok().and_then(|number| number.checked_mul(factor)).ok_or_else(refuse)
}

/// Reads a rate such as `10/s`, `600/m` or `100/h` and gives the time between two events.
///
/// # Errors
/// When it is none or zero.
pub fn parse_rate(text: &str) -> Result<Duration, QuantityError> {
    let refuse = || QuantityError::Rate { text: text.to_owned() };
    let (number, unit) = text.trim().split_once('/').ok_or_else(refuse)?;
    let seconds = match unit.trim() {
        "s" => 1.0,
        "m" | "min" => 60.0,
        "h" => 3_600.0,
        _ => return Err(refuse()),
    };
    match leading_number(number.trim()) {
        Some((number, "")) if number > 0.0 => {
            Duration::try_from_secs_f64(seconds / number).ok().ok_or_else(refuse)
        }
        _ => Err(refuse()),
    }
}

/// Reads a speed such as `60x` or `1.5x`: how many times faster the clock runs.
///
/// # Errors
/// When it is none or zero.
pub fn parse_speed(text: &str) -> Result<f64, QuantityError> {
    let refuse = || QuantityError::Speed { text: text.to_owned() };
    match leading_number(text.trim()) {
        Some((speed, "x" | "X" | "")) if speed > 0.0 && speed.is_finite() => Ok(speed),
        _ => Err(refuse()),
    }
}

/// A time span in words, exact to the second, such as `5 min 1 s` or `3 days 4 h`.
pub fn span(duration: Duration) -> String {
    const UNITS: [(u64, &str); 4] = [(86_400, "days"), (3_600, "h"), (60, "min"), (1, "s")];
    let mut rest = duration.as_secs();
    let mut parts: Vec<String> = Vec::new();
    for (size, unit) in UNITS {
        let many = rest / size;
        rest %= size;
        let unit = if (many, unit) == (1, "days") { "day" } else { unit };
        if many > 0 {
            parts.push(format!("{many} {unit}"));
        }
    }
    // Beside days, seconds are noise.
    parts.truncate(2);
    if parts.is_empty() { "0 s".to_owned() } else { parts.join(" ") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn spans_tell_the_tolerance_from_a_second_more() {
        for (seconds, text) in [
            (0, "0 s"),
            (59, "59 s"),
            (300, "5 min"),
            (301, "5 min 1 s"),
            (90_000, "1 day 1 h"),
            (172_800, "2 days"),
        ] {
            assert_eq!(span(Duration::from_secs(seconds)), text);
        }
    }

    #[test]
    fn durations() {
        for (text, millis) in [
            ("0", 0),
            ("0s", 0),
            ("30s", 30_000),
            ("5m", 300_000),
            ("1h30m", 5_400_000),
            ("250ms", 250),
            ("1.5s", 1_500),
            ("0.1s", 100),
            (" 2d ", 172_800_000),
            ("1h0m5s", 3_605_000),
        ] {
            assert_eq!(parse_duration(text), Ok(Duration::from_millis(millis)), "{text}");
        }
        assert_eq!(parse_duration("30"), Err(QuantityError::NoUnit { text: "30".to_owned() }));
        for text in
            ["", "s", "-1s", "1 s 2", "1x", "30m1h", "1s1s", "1.s", ".5s", "1e3s", "99999d", "1..2s", "∞"]
        {
            assert!(matches!(parse_duration(text), Err(QuantityError::Duration { .. })), "{text}");
        }
    }

    #[test]
    fn sizes() {
        for (text, bytes) in [
            ("0", 0),
            ("512", 512),
            ("512B", 512),
            ("1MiB", 1 << 20),
            ("25MB", 25_000_000),
            ("1 gib", 1 << 30),
            ("3kB", 3_000),
        ] {
            assert_eq!(parse_size(text), Ok(bytes), "{text}");
        }
        for text in ["", "MiB", "1.5MiB", "-1", "1M", "99999999999GiB", "1MiB2", "é"] {
            assert!(parse_size(text).is_err(), "{text}");
        }
    }

    #[test]
    fn rates_and_speeds() {
        assert_eq!(parse_rate("10/s"), Ok(Duration::from_millis(100)));
        assert_eq!(parse_rate("600/m"), Ok(Duration::from_millis(100)));
        assert_eq!(parse_rate("0.5/s"), Ok(Duration::from_secs(2)));
        for text in ["", "10", "/s", "0/s", "-1/s", "10/d", "10/s/s", "1x/s", "0.0000000000000000000001/h"] {
            assert!(parse_rate(text).is_err(), "{text}");
        }
        assert_eq!(parse_speed("60x"), Ok(60.0));
        assert_eq!(parse_speed("1.5x"), Ok(1.5));
        for text in ["", "x", "0x", "-1x", "60y", "infx", "NaN"] {
            assert!(parse_speed(text).is_err(), "{text}");
        }
    }

    proptest! {
        #[test]
        fn no_text_panics(text in "\\PC{0,24}") {
            let _ = (parse_duration(&text), parse_size(&text), parse_rate(&text), parse_speed(&text));
        }
    }
}
