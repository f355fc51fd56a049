//! What a journal is opened with.

use crate::hook::quantity;
use std::sync::Arc;
use std::sync::atomic::AtomicU32;
use std::time::Duration;

/// How much a journal keeps. Undelivered deliveries go last, waiting ones never.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Retention {
    /// The most deliveries.
    pub max_deliveries: u64,
    /// The most bytes of the file that are in use.
    pub max_bytes: u64,
    /// The greatest age, counted back from the newest delivery.
    pub max_age: Duration,
}

impl Default for Retention {
    fn default() -> Self {
        Self { max_deliveries: 10_000, max_bytes: 1 << 30, max_age: Duration::from_secs(30 * 24 * 60 * 60) }
    }
}

impl Retention {
    /// Reads limits as people write them: a number of deliveries, a size and an
    /// age, in any order with commas between them. What is not named keeps its default.
    ///
    /// # Errors
    /// Says which part is none of these, or is there twice.
    pub fn parse(text: &str) -> Result<Self, String> {
        let mut read = Self::default();
        let (mut deliveries, mut bytes, mut age) = (None, None, None);
        for part in text.split(',').map(str::trim) {
            let before = if let Ok(count) = part.parse::<u64>() {
                read.max_deliveries = count;
                deliveries.replace(part)
            } else if let Ok(duration) = quantity::parse_duration(part) {
                read.max_age = duration;
                age.replace(part)
            } else if let Ok(size) = quantity::parse_size(part) {
                read.max_bytes = size;
                bytes.replace(part)
            } else {
                return Err(format!(
                    "`{part}` is no limit; write a number of deliveries, a size or an age, such as `100000,4GiB,90d`"
                ));
            };
            if let Some(before) = before {
                return Err(format!("`{before}` and `{part}` limit the same"));
            }
        }
        if read.max_deliveries == 0 || read.max_bytes == 0 || read.max_age.is_zero() {
            return Err("a limit of nothing keeps nothing; `--no-journal` does that".to_owned());
        }
        Ok(read)
    }
}

/// What a commit waits for.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Default)]
pub enum Durability {
    /// The disk: a power cut loses nothing that was acknowledged.
    #[default]
    Full,
    /// The operating system: a killed process loses nothing, a power cut may. For tests.
    Off,
}

/// What a journal is opened with.
#[derive(Clone, Debug)]
pub struct Options {
    /// How much is kept.
    pub retention: Retention,
    /// What a commit waits for.
    pub durability: Durability,
    /// How many deliveries may wait for a commit, and as many attempts.
    pub queue_depth: usize,
    /// How many bytes of them may wait; a single one may be larger.
    pub queue_bytes: usize,
    /// Deliberate faults, so that a test of durability can be shown to fail.
    #[doc(hidden)]
    pub faults: Faults,
}

impl Default for Options {
    fn default() -> Self {
        Self {
            retention: Retention::default(),
            durability: Durability::default(),
            queue_depth: 4_096,
            queue_bytes: 64 << 20,
            faults: Faults::default(),
        }
    }
}

/// Deliberate faults for tests; the command line cannot set them in a normal build.
#[doc(hidden)]
#[derive(Clone, Debug, Default)]
pub struct Faults {
    /// Resolves an append before the commit that holds it: the control of every durability test.
    pub acknowledge_before_commit: bool,
    /// The most pages the file may have, as a disk that is full; 0 lifts the limit.
    pub max_pages: Option<Arc<AtomicU32>>,
    /// The writer panics when it is to give out this number.
    pub panic_at: Option<u64>,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn limits_are_read_in_any_order_and_the_others_stay() {
        let days = |days: u64| Duration::from_secs(days * 86_400);
        let read = |text: &str| {
            Retention::parse(text).map(|kept| (kept.max_deliveries, kept.max_bytes, kept.max_age))
        };
        assert_eq!(read("90d, 4GiB,100000"), Ok((100_000, 4 << 30, days(90))));
        assert_eq!(read("5"), Ok((5, 1 << 30, days(30))));
        assert_eq!(read("5MB"), Ok((10_000, 5_000_000, days(30))));
        assert_eq!(Retention::parse("10000,1GiB,30d"), Ok(Retention::default()));
        for (text, told) in [
            ("", "`` is no limit"),
            ("all", "`all` is no limit"),
            ("5,6", "`5` and `6` limit the same"),
            ("1d,2h", "`1d` and `2h`"),
            ("0", "a limit of nothing"),
            ("0B,5", "a limit of nothing"),
            ("-1", "`-1` is no limit"),
        ] {
            assert!(read(text).unwrap_err().contains(told), "{text}: {:?}", read(text));
        }
    }
}
