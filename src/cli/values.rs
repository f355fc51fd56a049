//! Reads what people type into flags: durations, sizes, statuses, targets, headers, filters.
//!
//! Each says which flag is wrong and what would be right.

use super::error::CommandError;
use super::listen::PathModeArg;
use crate::hook::headers::is_token;
use crate::hook::jq::Filter;
use crate::hook::quantity;
use crate::hook::target::{PathMode, Target};
use crate::hook::time::Timestamp;
use crate::job::wanted;
use std::error::Error;
use std::ops::RangeInclusive;
use std::time::Duration;

fn wrong(flag: &str, error: &dyn Error) -> CommandError {
    CommandError::usage(format!("could not use `{flag}`")).because(error)
}

/// A duration such as `30s`; `0` is none.
pub(super) fn duration(flag: &str, text: &str) -> Result<Duration, CommandError> {
    quantity::parse_duration(text).map_err(|error| wrong(flag, &error))
}

/// A size such as `25MiB`.
pub(super) fn size(flag: &str, text: &str) -> Result<usize, CommandError> {
    let bytes = quantity::parse_size(text).map_err(|error| wrong(flag, &error))?;
    usize::try_from(bytes).map_err(|error| wrong(flag, &error))
}

/// A jq expression.
pub(super) fn filter(flag: &str, text: &str) -> Result<Filter, CommandError> {
    Filter::compile(text).map_err(|error| wrong(flag, &error))
}

/// A target, without a default host.
pub(super) fn target(flag: &str, text: &str) -> Result<Target, CommandError> {
    Target::parse(text, None).map_err(|error| wrong(flag, &error))
}

/// The method of a request, which is a token (RFC 9110, 9.1).
pub(super) fn method(flag: &str, text: &str) -> Result<(), CommandError> {
    if is_token(text.as_bytes()) {
        return Ok(());
    }
    Err(CommandError::usage(format!("could not use `{flag}`: `{text}` is no method"))
        .hint("write one such as POST or PUT"))
}

/// A status such as `200`, or a class such as `2xx`.
pub(super) fn statuses(flag: &str, text: &str) -> Result<RangeInclusive<u16>, CommandError> {
    let class = text.strip_suffix("xx").or_else(|| text.strip_suffix("XX"));
    let range = match class {
        Some(class) => class.parse::<u16>().ok().map(|class| class * 100..=class * 100 + 99),
        None => text.parse::<u16>().ok().map(|status| status..=status),
    };
    range.filter(|range| (100..=599).contains(range.start())).ok_or_else(|| {
        CommandError::usage(format!("could not use `{flag}`: `{text}` is no status"))
            .hint("write a status such as 200, or a class such as 2xx")
    })
}

/// A header `Name: value`.
pub(super) fn headers(flag: &str, lines: &[String]) -> Result<Vec<(String, Vec<u8>)>, CommandError> {
    let read = |line: &String| {
        let (name, value) = line.split_once(':')?;
        (!name.trim().is_empty()).then(|| (name.trim().to_owned(), value.trim().as_bytes().to_vec()))
    };
    lines
        .iter()
        .map(|line| {
            read(line).ok_or_else(|| {
                CommandError::usage(format!("could not use `{flag}`: `{line}` has no name and value"))
                    .hint(format!("write it as {flag} 'Name: value'"))
            })
        })
        .collect()
}

/// A moment: a time, or how long ago.
pub(super) fn since(flag: &str, text: &str, now: Timestamp) -> Result<Timestamp, CommandError> {
    wanted::moment(text, now).map_err(|reason| {
        let mut error = CommandError::usage(format!("could not use `{flag}`"));
        error.causes.push(reason);
        error.hint(wanted::MOMENT)
    })
}

impl From<PathModeArg> for PathMode {
    fn from(mode: PathModeArg) -> Self {
        match mode {
            PathModeArg::Keep => Self::Keep,
            PathModeArg::Fixed => Self::Fixed,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn statuses_are_numbers_or_classes() {
        assert_eq!(statuses("--status", "200").unwrap(), 200..=200);
        assert_eq!(statuses("--status", "4xx").unwrap(), 400..=499);
        for wrong in ["2x", "xx", "99", "600", "0xx", "ok"] {
            assert!(statuses("--status", wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn headers_need_a_name_and_a_colon() {
        let read = headers("-H", &["X-A: b: c".to_owned()]).unwrap();
        assert_eq!(read, [("X-A".to_owned(), b"b: c".to_vec())]);
        assert!(headers("-H", &["foo".to_owned()]).is_err());
        assert!(headers("-H", &[": foo".to_owned()]).is_err());
    }

    #[test]
    fn since_is_a_duration_ago_or_a_time() {
        let now = Timestamp::from_seconds(1_000_000);
        assert_eq!(since("--since", "10m", now).unwrap().seconds(), 1_000_000 - 600);
        assert_eq!(since("--since", "1970-01-02T00:00:00Z", now).unwrap().seconds(), 86_400);
        assert_eq!(since("--since", "86400", now).unwrap().seconds(), 86_400);
        assert!(since("--since", "soon", now).is_err());
    }
}
