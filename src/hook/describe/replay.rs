//! What is known about the age of a delivery.

use super::words::{code, listed, source, written};
use crate::hook::provider::{Kind, Provider};
use crate::hook::quantity::span;

/// The window, its directions, or what to do without one.
pub(super) fn replay(provider: &Provider) -> String {
    match (provider.replay_detectable(), provider.tolerance()) {
        (true, Some(tolerance)) => {
            let window = span(tolerance);
            format!("refused when signed more than {window} ago or more than {window} ahead")
        }
        (true, None) => {
            "the time is signed, but the vendor names no window: choose one and judge by it; hookctl \
                         does with `--tolerance`"
                .to_owned()
        }
        (false, _) => without_time(provider),
    }
}

fn without_time(provider: &Provider) -> String {
    let why = match provider.kind {
        Kind::Token | Kind::Basic => "nothing is signed",
        _ => "no time is signed",
    };
    let ids: Vec<String> = match provider.dedup.as_slice() {
        [] => provider.delivery.iter().map(|place| source(provider, place)).collect(),
        keys => keys.iter().map(|key| code(&written(key))).collect(),
    };
    let keep = match ids.as_slice() {
        [] => String::new(),
        ids => format!("; remember {} of each that was handled", listed(ids, "or")),
    };
    format!("cannot be detected, because {why}: a recorded delivery verifies for ever{keep}")
}
