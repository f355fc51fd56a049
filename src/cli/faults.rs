//! Faults for the tests that must be able to fail; compiled in only with the
//! `fault-injection` feature, which no release has.

use super::context::Context;
use crate::job::demo::Step;
use crate::journal::{Options, Retention};

/// The journal's options for what it is to keep; as they are, except in a build made to fail.
#[cfg(not(feature = "fault-injection"))]
pub(super) fn journal_options(_context: &Context, retention: Retention) -> Options {
    Options { retention, ..Options::default() }
}

/// The journal's options, with `HOOKCTL_FAULT=ack-first` acknowledging before the commit.
#[cfg(feature = "fault-injection")]
pub(super) fn journal_options(context: &Context, retention: Retention) -> Options {
    let mut options = Options { retention, ..Options::default() };
    options.faults.acknowledge_before_commit =
        context.environment().text("HOOKCTL_FAULT") == Some("ack-first");
    options
}

/// The step of the demo that is to fail: none.
#[cfg(not(feature = "fault-injection"))]
pub(super) fn broken_step(_context: &Context) -> Option<Step> {
    None
}

/// The step of the demo that is to fail, from `HOOKCTL_FAULT=demo:STEP`.
#[cfg(feature = "fault-injection")]
pub(super) fn broken_step(context: &Context) -> Option<Step> {
    Step::parse(context.environment().text("HOOKCTL_FAULT")?.strip_prefix("demo:")?)
}

/// More arguments for the listener that `check --self` starts: none.
#[cfg(not(feature = "fault-injection"))]
pub(super) fn of_own_listener(_context: &Context) -> &'static [&'static str] {
    &[]
}

/// More arguments for it: with `HOOKCTL_FAULT=self:believes` it believes everybody.
#[cfg(feature = "fault-injection")]
pub(super) fn of_own_listener(context: &Context) -> &'static [&'static str] {
    match context.environment().text("HOOKCTL_FAULT") {
        Some("self:believes") => &["--no-verify-signature"],
        _ => &[],
    }
}

/// A bug in the list of `listen`: none.
#[cfg(not(feature = "fault-injection"))]
pub(super) fn in_the_list(_context: &Context) {}

/// A bug in it, at the key `o`, with `HOOKCTL_FAULT=list:panic`.
#[cfg(feature = "fault-injection")]
pub(super) fn in_the_list(context: &Context) {
    assert!(context.environment().text("HOOKCTL_FAULT") != Some("list:panic"), "a bug in the list");
}
