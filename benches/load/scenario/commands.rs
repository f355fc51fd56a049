//! Short commands and the binary itself.

use crate::bench::Bench;
use crate::report::{Goal, Report};
use crate::requests::SECRET_VARIABLE;
use crate::{Failure, requests};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const RUNS: usize = 50;
const MEMORY_RUNS: usize = 5;
/// Reports the largest resident size of a command; a process cannot ask for it without unsafe code.
const TIME: &str = "/usr/bin/time";

/// Starts and ends, interleaved with a program that does nothing.
pub(crate) fn start(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(bench.scratch())?;
    let payload = folder.path().join("payload.json");
    std::fs::write(&payload, requests::body(0))?;
    let payload = payload.to_string_lossy();
    let commands: [(&str, Vec<&str>); 2] = [
        ("hookctl --version", vec!["--version"]),
        ("hookctl sign", vec!["sign", &payload, "--provider", "koji", "--secret-env", SECRET_VARIABLE]),
    ];
    // What ends fast because it does nothing is not fast.
    for ((subject, arguments), expected) in
        commands.iter().zip(["hookctl", &requests::signature(&requests::body(0))])
    {
        let output = bench.hookctl.command(arguments).output()?;
        if !String::from_utf8_lossy(&output.stdout).contains(expected) {
            return Err(format!("`{subject}` did not print what it should ({})", output.status).into());
        }
    }
    let mut nothing = Vec::new();
    let mut walls = vec![Vec::new(); commands.len()];
    for _ in 0..RUNS {
        nothing.push(wall_ms(&mut bench.hookctl.secluded("/bin/true"))?);
        for ((_, arguments), walls) in commands.iter().zip(&mut walls) {
            walls.push(wall_ms(&mut bench.hookctl.command(arguments))?);
        }
    }
    report.figure("/bin/true", "wall ms", nothing.clone(), None)?;
    for ((subject, _), walls) in commands.iter().zip(&walls) {
        report.figure(subject, "wall ms", walls.clone(), None)?;
        let more = walls.iter().zip(&nothing).map(|(wall, nothing)| wall - nothing).collect();
        report.figure(subject, "ms more than /bin/true", more, Some(Goal::AtMost(2.0)))?;
    }
    if !Path::new(TIME).exists() {
        return report.note("resident memory is skipped: /usr/bin/time is not installed");
    }
    report.figure("/bin/true", "highest MiB", memory(|| bench.hookctl.secluded("/bin/true"))?, None)?;
    for (subject, arguments) in &commands {
        let highest = memory(|| bench.hookctl.command(arguments))?;
        report.figure(subject, "highest MiB", highest, Some(Goal::AtMost(6.0)))?;
    }
    Ok(())
}

fn wall_ms(command: &mut Command) -> Result<f64, Failure> {
    command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null());
    let began = Instant::now();
    let status = command.status()?;
    let wall = began.elapsed();
    if status.success() { Ok(wall.as_secs_f64() * 1e3) } else { Err(format!("{command:?}: {status}").into()) }
}

/// The highest resident memory of a command in MiB, several times.
fn memory(command: impl Fn() -> Command) -> Result<Vec<f64>, Failure> {
    let mut found = Vec::new();
    for _ in 0..MEMORY_RUNS {
        let inner = command();
        let mut outer = Command::new(TIME);
        outer.args(["-q", "-f", "%M"]).arg(inner.get_program()).args(inner.get_args());
        for (name, value) in inner.get_envs() {
            outer.env(name, value.unwrap_or_default());
        }
        let output = outer.stdin(Stdio::null()).stdout(Stdio::null()).output()?;
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        let kibibytes: f64 =
            said.lines().last().and_then(|line| line.trim().parse().ok()).ok_or("no figure from time")?;
        found.push(kibibytes / 1024.0);
    }
    Ok(found)
}

/// The bytes a user downloads.
pub(crate) fn size(bench: &Bench, report: &mut Report) -> Result<(), Failure> {
    let folder = tempfile::tempdir_in(bench.scratch())?;
    let stripped = folder.path().join("hookctl");
    let strip = Command::new("strip")
        .arg("-o")
        .arg(&stripped)
        .arg(&bench.hookctl.program)
        .stderr(Stdio::null())
        .status();
    let measured = if strip.is_ok_and(|status| status.success()) {
        stripped
    } else {
        report.note("`strip` did not run: the binary is measured as the release profile strips it")?;
        bench.hookctl.program.clone()
    };
    let megabytes = std::fs::metadata(measured)?.len() as f64 / 1e6;
    report.figure("hookctl, stripped", "MB", vec![megabytes], Some(Goal::AtMost(15.0)))
}
