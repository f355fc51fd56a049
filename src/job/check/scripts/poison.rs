//! Deliveries that are signed rightly and hard to handle, and keep their ids.

use super::super::runner::{Runner, Step};
use crate::clock;
use crate::hook::check::{Change, Request};
use crate::hook::sample::Sample;
use serde_json::Value;
use std::sync::Arc;

/// How many kinds there are.
pub(super) const KINDS: usize = 3;

/// A delivery with this id that the handler may fail at; `None` where the sample has
/// no such form.
pub(super) fn request(runner: &Runner<'_>, kind: usize, id: &str) -> Step<Option<Arc<Request>>> {
    let now = clock::now();
    let made = match kind {
        0 => {
            let Some(sample) = hollow(runner.sample()) else { return Ok(None) };
            runner.make_of(&sample, id, now, &[])
        }
        1 => runner.make_with(id, now, &[Change::NullData]),
        _ => runner.make_with(id, now, &[Change::MissingFields]),
    };
    // What cannot be made of this payload is no reason to leave the case.
    Ok(made.ok())
}

/// The sample with `null` for everything but its ids, its times and its names of events.
fn hollow(sample: &Sample) -> Option<Sample> {
    let epoch = crate::hook::time::Timestamp::from_seconds(0);
    let read = |id| serde_json::from_slice::<Value>(&sample.fresh(epoch, id)).ok();
    let (one, other) = (read("hollow-one")?, read("hollow-two")?);
    let mut body: Value = serde_json::from_slice(&sample.body).ok()?;
    let mut emptied = 0;
    empty(&mut body, &one, &other, 0, &mut emptied);
    if emptied == 0 {
        return None;
    }
    let mut sample = sample.clone();
    sample.body = serde_json::to_vec(&body).ok()?;
    Some(sample)
}

fn empty(value: &mut Value, one: &Value, other: &Value, depth: usize, emptied: &mut usize) {
    if let Value::Object(members) = value {
        let of = |whole: &Value, name: &str| whole.get(name).cloned().unwrap_or_default();
        for (name, member) in members.iter_mut() {
            empty(member, &of(one, name), &of(other, name), depth.saturating_add(1), emptied);
        }
        return;
    }
    // Another id makes another value: it is one, or is made of it. Times were replaced too.
    let fresh = one != other || one != value;
    // The event's name stands outside.
    if !fresh && depth > 1 && !value.is_null() {
        *value = Value::Null;
        *emptied = emptied.saturating_add(1);
    }
}

#[cfg(test)]
#[allow(clippy::unwrap_used, reason = "a failing test says so by panicking")]
mod tests {
    use super::*;
    use crate::hook::sample;

    #[test]
    fn ids_times_and_events_stay() {
        let hollow = hollow(sample::samples("koji").first().unwrap()).unwrap();
        let body: Value = serde_json::from_slice(&hollow.body).unwrap();
        assert_eq!(body.pointer("/type").unwrap(), "interview.completed");
        assert_eq!(body.pointer("/data/interview_id").unwrap(), "abc123");
        assert_eq!(body.pointer("/data/completed_at").unwrap(), "2026-04-16T10:22:55Z");
        assert!(body.pointer("/data/quality_score").unwrap().is_null());
        assert!(body.pointer("/data/participant/name").unwrap().is_null());
        let form = sample::samples("twilio").first().unwrap();
        assert!(super::hollow(form).is_none());
    }
}
