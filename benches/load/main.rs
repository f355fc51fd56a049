//! The load benchmark: how many deliveries, at what cost, next to what is possible.
//!
//! `cargo bench --bench load -- [SCENARIO]... [--seconds 3] [--rounds 5] [--json FILE]`
//!
//! Servers and the load generator are processes of their own (this binary in
//! another role), so that `/proc` tells whose CPU was used. Rounds are
//! interleaved and ratios taken within a round, because a machine is never the
//! same twice; medians are reported with their range. Only loopback is used,
//! and every load ends in time. A missed goal is printed and fails nothing;
//! a delivery that is not answered 200 fails the run.
#![allow(clippy::exit, reason = "a baseline ends when its benchmark is gone")]

mod answer;
mod bare;
mod bench;
mod disk;
mod express;
mod forwarder;
mod generator;
mod keeper;
mod listen;
mod machine;
mod report;
mod requests;
mod scenario;
mod server;
mod target;

use bench::Bench;
use clap::Parser;
use report::Report;
use scenario::Scenario;
use std::io::Write;
use std::path::PathBuf;
use std::process::{Command, ExitCode};
use std::time::Duration;

type Failure = Box<dyn std::error::Error + Send + Sync>;

/// The first argument of a process that plays a role.
const ROLE: &str = "role";

/// How many deliveries hookctl takes, at what cost, next to what is possible.
#[derive(Parser)]
#[command(name = "load")]
struct Arguments {
    /// What to measure; without a name, everything but `baselines`
    #[arg(value_parser = clap::builder::PossibleValuesParser::new(scenario::ALL.iter().map(|scenario| scenario.name)))]
    scenarios: Vec<String>,
    /// The length of each load; a fifth of it comes before as a warm-up
    #[arg(long, default_value_t = 3.0, value_parser = seconds)]
    seconds: f64,
    /// Rounds of each comparison
    #[arg(long, default_value_t = 5, value_parser = clap::value_parser!(u16).range(1..=1000))]
    rounds: u16,
    /// Write every value of every figure to this file
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
    /// The hookctl to measure, in place of the one built with the benchmark
    #[arg(long, value_name = "FILE", default_value = env!("CARGO_BIN_EXE_hookctl"))]
    program: PathBuf,
    /// Given by `cargo bench`
    #[arg(long, hide = true)]
    bench: bool,
    /// Given by whoever only wants to know that benchmarks start
    #[arg(long, hide = true)]
    test: bool,
}

fn seconds(text: &str) -> Result<f64, String> {
    let seconds: f64 = text.parse().map_err(|_| "not a number")?;
    if (0.1..=60.0).contains(&seconds) { Ok(seconds) } else { Err("not between 0.1 and 60".into()) }
}

fn main() -> Result<ExitCode, Failure> {
    let mut given = std::env::args().skip(1);
    if given.next().as_deref() == Some(ROLE) {
        play(&given.next().unwrap_or_default(), &given.next().unwrap_or_default())?;
        return Ok(ExitCode::SUCCESS);
    }
    let arguments = Arguments::parse();
    if arguments.test || !arguments.bench {
        writeln!(std::io::stdout(), "load: nothing is measured in a test; run `cargo bench --bench load`")?;
        return Ok(ExitCode::SUCCESS);
    }
    if !cfg!(target_os = "linux") {
        writeln!(
            std::io::stdout(),
            "load: skipped: CPU and memory are read from /proc, which only Linux has"
        )?;
        return Ok(ExitCode::SUCCESS);
    }
    measure(&arguments)
}

/// Plays the part of a server or of the load generator.
fn play(role: &str, argument: &str) -> Result<(), Failure> {
    match role {
        "bare" => bare::run(),
        "forwarder" => forwarder::run(argument.parse()?, None),
        "keeper" => {
            let (target, folder) = argument.split_once(' ').ok_or("a keeper needs a target and a folder")?;
            forwarder::run(target.parse()?, Some(&keeper::Keeper::start(folder.as_ref())?))
        }
        "target" => target::run(),
        "generator" => {
            let load = generator::run(serde_json::from_str(argument)?)?;
            writeln!(std::io::stdout(), "{}", serde_json::to_string(&load)?)?;
            Ok(())
        }
        _ => Err(format!("no role `{role}`").into()),
    }
}

/// A command that plays a role.
fn role_command(role: &str, argument: &str) -> Result<Command, Failure> {
    let mut command = Command::new(std::env::current_exe()?);
    command.args([ROLE, role, argument]);
    Ok(command)
}

fn measure(arguments: &Arguments) -> Result<ExitCode, Failure> {
    let window = Duration::from_secs_f64(arguments.seconds);
    let bench = Bench::new(usize::from(arguments.rounds), window, &arguments.program)?;
    let cores = std::thread::available_parallelism().map_or(1, std::num::NonZero::get);
    let before = machine::load_average();
    writeln!(
        std::io::stdout(),
        "{} rounds of {} s, 1 KB bodies, {cores} cores, load average before: {before}",
        arguments.rounds,
        arguments.seconds
    )?;
    let mut report = Report::default();
    let wanted = |scenario: &&Scenario| {
        let named = arguments.scenarios.iter().any(|name| name == scenario.name);
        named || (arguments.scenarios.is_empty() && scenario.usual)
    };
    for scenario in scenario::ALL.iter().filter(wanted) {
        report.begin(scenario.name, scenario.about)?;
        if let Err(error) = (scenario.run)(&bench, &mut report) {
            report.fault(&error.to_string())?;
        }
    }
    if let Some(file) = &arguments.json {
        let run = serde_json::json!({
            "v": 1,
            "rounds": arguments.rounds,
            "seconds": arguments.seconds,
            "cores": cores,
            "load_average_before": before,
            "report": report,
        });
        std::fs::write(file, serde_json::to_vec_pretty(&run)?)?;
    }
    Ok(if report.has_faults() { ExitCode::FAILURE } else { ExitCode::SUCCESS })
}
