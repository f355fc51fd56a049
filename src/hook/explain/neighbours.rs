//! Parts of another delivery: its body, its id, its timestamp.

use super::Mistake;
use super::attempts::{Attempts, idea};
use super::time::{signed_with, written};
use crate::hook::delivery::Message;
use crate::hook::signature::scope::Scope;
use crate::hook::template::{Lookup as _, Source};

/// Deliveries that are looked at, the nearest first.
const MOST: usize = 8;
/// A longer body is not hashed for a guess.
const LONGEST_BODY: usize = 256 << 10;

pub(super) fn tries(attempts: &mut Attempts<'_>) -> bool {
    let neighbours = attempts.case.context.deliveries;
    neighbours.iter().take(MOST).any(|other| {
        let seq = other.seq;
        body(attempts, seq, &other.message) || time_and_id(attempts, seq, &other.message)
    })
}

fn body(attempts: &mut Attempts<'_>, seq: u64, other: &Message<'_>) -> bool {
    let what = format!("the body of delivery #{seq}");
    other.body.len() <= LONGEST_BODY
        && attempts.body_holds(idea(Mistake::BodyOfAnotherDelivery, what), other.body)
}

fn time_and_id(attempts: &mut Attempts<'_>, seq: u64, other: &Message<'_>) -> bool {
    let provider = attempts.case.provider;
    let scope = Scope::new(other);
    let time = written(provider, &scope).filter(|_| provider.content.uses(&Source::Ts));
    let id = provider.id_source.as_ref().and_then(|source| scope.lookup(source));
    let id = id.and_then(|id| String::from_utf8(id.into_owned()).ok());
    time.is_some_and(|time| {
        let what = format!("the timestamp of delivery #{seq}");
        signed_with(attempts, Mistake::TimestampOfAnotherDelivery, &Source::Ts, &time, what)
    }) || id.is_some_and(|id| {
        let what = format!("the id of delivery #{seq}");
        signed_with(attempts, Mistake::IdOfAnotherDelivery, &Source::Id, &id, what)
    })
}
