//! Numbers in the form people read: durations, sizes, counts, how long ago.
//!
//! For text output alone; records keep plain numbers. Does not read the clock:
//! callers pass the moment they compare with.

use crate::hook::detect::{Evidence, Recognised};
use crate::hook::time::Timestamp;
use std::time::Duration;

/// The most rivals that a line names.
const MOST_RIVALS: usize = 4;

/// A duration in at most two units, such as `12ms`, `1.2s`, `5m 3s`, `3d 4h`.
pub fn duration(duration: Duration) -> String {
    let micros = duration.as_micros();
    let seconds = duration.as_secs();
    match seconds {
        0 if micros < 1_000 => "<1ms".to_owned(),
        0 => format!("{}ms", duration.as_millis()),
        1..=9 => format!("{seconds}.{}s", duration.subsec_millis() / 100),
        10..=59 => format!("{seconds}s"),
        60..=3_599 => two(seconds, 60, "m", 1, "s"),
        3_600..=86_399 => two(seconds, 3_600, "h", 60, "m"),
        _ => two(seconds, 86_400, "d", 3_600, "h"),
    }
}

fn two(seconds: u64, big: u64, big_unit: &str, small: u64, small_unit: &str) -> String {
    match seconds % big / small {
        0 => format!("{}{big_unit}", seconds / big),
        rest => format!("{}{big_unit} {rest}{small_unit}", seconds / big),
    }
}

/// How sure it is who sent a delivery: `likely, by its header and its body; cursor signs the same way`.
pub fn recognised(recognised: &Recognised) -> String {
    let mut text = recognised.sureness.as_str().to_owned();
    let by: Vec<&str> = recognised.by.iter().map(Evidence::title).collect();
    if !by.is_empty() {
        text.push_str(", by ");
        text.push_str(&listed(&by));
    }
    let shown: Vec<&str> = recognised.rivals.iter().take(MOST_RIVALS).map(AsRef::as_ref).collect();
    let rest = recognised.rivals.len().saturating_sub(shown.len());
    match (shown.as_slice(), rest) {
        ([], _) => {}
        ([only], 0) => text.push_str(&format!("; {only} signs the same way")),
        (several, 0) => text.push_str(&format!("; {} sign the same way", listed(several))),
        (several, rest) => {
            text.push_str(&format!("; {} and {rest} more sign the same way", several.join(", ")));
        }
    }
    text
}

/// `a`, `a and b`, `a, b and c`.
fn listed(words: &[&str]) -> String {
    match words.split_last() {
        Some((last, before)) if !before.is_empty() => format!("{} and {last}", before.join(", ")),
        _ => words.concat(),
    }
}

/// A count with separators, such as `1,234`.
pub fn count(number: u64) -> String {
    let digits = number.to_string();
    let mut out = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            out.push(',');
        }
        out.push(digit);
    }
    out
}

/// A count with its noun, such as `1 attempt` and `2 attempts`.
pub fn counted(number: u64, one: &str, many: &str) -> String {
    format!("{} {}", count(number), if number == 1 { one } else { many })
}

/// A size, such as `512 bytes`, `1.5 KiB`, `25 MiB`.
pub fn size(bytes: u64) -> String {
    const UNITS: [&str; 4] = ["KiB", "MiB", "GiB", "TiB"];
    if bytes < 1024 {
        return counted(bytes, "byte", "bytes");
    }
    let mut tenths = u128::from(bytes) * 10 / 1024;
    let mut units = UNITS.into_iter();
    let mut unit = units.next().unwrap_or("KiB");
    for next in units {
        if tenths < 10_240 {
            break;
        }
        tenths /= 1024;
        unit = next;
    }
    if tenths.is_multiple_of(10) || tenths >= 1_000 {
        format!("{} {unit}", tenths / 10)
    } else {
        format!("{}.{} {unit}", tenths / 10, tenths % 10)
    }
}

/// How long before `now` a moment was, such as `3m ago`; `now` within a second.
pub fn ago(moment: Timestamp, now: Timestamp) -> String {
    let (gap, ahead) = if moment > now { (moment.since(now), true) } else { (now.since(moment), false) };
    let seconds = gap.as_secs();
    let span = match seconds {
        0 => return "now".to_owned(),
        1..=59 => format!("{seconds}s"),
        60..=3_599 => format!("{}m", seconds / 60),
        3_600..=86_399 => format!("{}h", seconds / 3_600),
        _ => format!("{}d", seconds / 86_400),
    };
    if ahead { format!("in {span}") } else { format!("{span} ago") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations() {
        for (micros, text) in [
            (0, "<1ms"),
            (999, "<1ms"),
            (1_000, "1ms"),
            (12_400, "12ms"),
            (999_999, "999ms"),
            (1_250_000, "1.2s"),
            (9_999_000, "9.9s"),
            (59_999_000, "59s"),
            (60_000_000, "1m"),
            (303_000_000, "5m 3s"),
            (3_600_000_000, "1h"),
            (5_400_000_000, "1h 30m"),
            (273_600_000_000, "3d 4h"),
        ] {
            assert_eq!(duration(Duration::from_micros(micros)), text);
        }
    }

    #[test]
    fn counts_and_sizes() {
        for (number, text) in [(0, "0"), (999, "999"), (1_000, "1,000"), (1_234_567, "1,234,567")] {
            assert_eq!(count(number), text);
        }
        for (bytes, text) in [
            (1, "1 byte"),
            (1_023, "1,023 bytes"),
            (1_024, "1 KiB"),
            (1_536, "1.5 KiB"),
            (26_214_400, "25 MiB"),
            (1_048_575, "1023 KiB"),
            (u64::MAX, "16777215 TiB"),
        ] {
            assert_eq!(size(bytes), text);
        }
    }

    #[test]
    fn moments() {
        let now = Timestamp::from_seconds(1_000_000);
        for (seconds, text) in [
            (1_000_000, "now"),
            (999_990, "10s ago"),
            (999_700, "5m ago"),
            (900_000, "1d ago"),
            (1_000_090, "in 1m"),
        ] {
            assert_eq!(ago(Timestamp::from_seconds(seconds), now), text);
        }
    }
}
