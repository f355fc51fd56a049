//! How a sandbox delivers webhooks, as typed.

use super::super::error::CommandError;
use super::super::values;
use crate::job::sandbox::deliveries::Delivering;
use crate::job::sandbox::faults::{Faults, Share};
use crate::job::sandbox::payload::KojiEvents;
use crate::job::sandbox::timetable::RetryClock;
use clap::{Args, ValueEnum};

/// Arguments of `sandbox` about deliveries.
#[derive(Args, Clone, Debug)]
#[command(next_help_heading = "Deliveries")]
pub struct DeliveringArgs {
    /// Which of Koji's two descriptions of its events is followed
    #[arg(long, value_enum, value_name = "WHICH", default_value = "union")]
    pub koji_events: KojiEventsArg,
    /// What Koji's 30 s, 5 min and 30 min are counted from
    #[arg(long, value_enum, value_name = "FROM", default_value = "first-failure")]
    pub retry_clock: RetryClockArg,
    /// How often userjourneys tries again, at most 3; it documents no retries
    #[arg(long, value_name = "N", default_value_t = 0, value_parser = clap::value_parser!(u32).range(0..=3))]
    pub retries: u32,
    /// Never send a share of the deliveries; all of them unless a share is named
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "100%")]
    pub drop: Option<String>,
    /// Send a share of the deliveries twice
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "100%")]
    pub duplicate: Option<String>,
    /// Hold a share of the deliveries back until later ones have overtaken them
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "100%")]
    pub reorder: Option<String>,
    /// Change a byte of a share of the requests after signing
    #[arg(long, value_name = "SHARE", num_args = 0..=1, default_missing_value = "100%")]
    pub corrupt: Option<String>,
    /// Make every delivery that much later
    #[arg(long, value_name = "DURATION")]
    pub delay: Option<String>,
    /// What shares are drawn from; the same number hits the same deliveries
    #[arg(long, value_name = "N", default_value_t = 1)]
    pub fault_seed: u64,
}

/// `--koji-events`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum KojiEventsArg {
    /// The guide: completed or failed_quality_gate.
    Guide,
    /// The set-up page: completed, quality_scored, analysis_ready.
    Setup,
    /// Both: completed or failed_quality_gate, quality_scored, analysis_ready.
    Union,
}

/// `--retry-clock`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum RetryClockArg {
    /// The first failure, as Koji's sentence reads.
    FirstFailure,
    /// The try before.
    Gaps,
}

/// What was typed, checked.
pub(super) fn delivering(args: &DeliveringArgs) -> Result<Delivering, CommandError> {
    Ok(Delivering {
        koji_events: match args.koji_events {
            KojiEventsArg::Guide => KojiEvents::Guide,
            KojiEventsArg::Setup => KojiEvents::Setup,
            KojiEventsArg::Union => KojiEvents::Union,
        },
        retry_clock: match args.retry_clock {
            RetryClockArg::FirstFailure => RetryClock::FirstFailure,
            RetryClockArg::Gaps => RetryClock::Gaps,
        },
        retries: args.retries,
        faults: Faults {
            drop: share("--drop", args.drop.as_deref())?,
            duplicate: share("--duplicate", args.duplicate.as_deref())?,
            reorder: share("--reorder", args.reorder.as_deref())?,
            corrupt: share("--corrupt", args.corrupt.as_deref())?,
            delay: args
                .delay
                .as_deref()
                .map(|text| values::duration("--delay", text))
                .transpose()?
                .unwrap_or_default(),
            seed: args.fault_seed,
        },
        ..Delivering::default()
    })
}

fn share(flag: &str, text: Option<&str>) -> Result<Share, CommandError> {
    let Some(text) = text else { return Ok(Share::default()) };
    Share::parse(text).map_err(|error| CommandError::usage(format!("could not use `{flag}`")).because(&error))
}
