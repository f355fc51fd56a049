//! The scenarios, one table row each.

mod baselines;
mod commands;
mod forward;
mod hashing;
mod list;
mod memory;
mod receive;

use crate::Failure;
use crate::bench::Bench;
use crate::report::Report;

/// One question the benchmark answers.
pub(crate) struct Scenario {
    pub(crate) name: &'static str,
    pub(crate) about: &'static str,
    /// Part of a run that names no scenario.
    pub(crate) usual: bool,
    pub(crate) run: fn(&Bench, &mut Report) -> Result<(), Failure>,
}

/// Every scenario, in the order of a run.
pub(crate) const ALL: &[Scenario] = &[
    Scenario {
        name: "verified",
        about: "64 connections, verified, no journal",
        usual: true,
        run: receive::verified,
    },
    Scenario {
        name: "durable",
        about: "64 connections, answered after the commit",
        usual: true,
        run: receive::durable,
    },
    Scenario {
        name: "forward",
        about: "1 and 16 connections, verified and mirrored",
        usual: true,
        run: forward::added,
    },
    Scenario {
        name: "forward32",
        about: "32 connections, verified and mirrored",
        usual: true,
        run: forward::express,
    },
    Scenario { name: "memory", about: "resident memory of a listener", usual: true, run: memory::run },
    Scenario { name: "start", about: "short commands from start to end", usual: true, run: commands::start },
    Scenario { name: "size", about: "the release binary", usual: true, run: commands::size },
    Scenario { name: "openssl", about: "HMAC-SHA256 of 1 MiB", usual: true, run: hashing::openssl },
    Scenario {
        name: "profile",
        about: "1 KB signed and verified by profile",
        usual: true,
        run: hashing::profile,
    },
    Scenario { name: "list", about: "events list on a long journal", usual: true, run: list::run },
    Scenario {
        name: "baselines",
        about: "what this machine does without hookctl",
        usual: false,
        run: baselines::run,
    },
];
