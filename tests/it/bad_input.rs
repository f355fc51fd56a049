//! Bad input gets a clear answer, and nothing is lost: each line of that promise
//! has a test that names it, at the running program, with the record that the
//! user sees. (`hostile` and `wire` hold the receiver itself to many more bytes.)

mod content;
mod disk;
mod start;
mod targets;
mod turned_away;

use crate::harness::{Home, Listening, Ran};
use serde_json::Value;
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};

/// The most that this process ever had in memory, in KiB.
#[cfg(target_os = "linux")]
fn peak_memory(listening: &Listening) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", listening.child.id())).unwrap();
    let line = status.lines().find_map(|line| line.strip_prefix("VmHWM:")).unwrap();
    line.trim().trim_end_matches(" kB").parse().unwrap()
}

/// Fails when the program ever needed 64 MiB. Other systems do not say.
#[track_caller]
fn assert_memory_is_bounded(listening: &Listening) {
    #[cfg(target_os = "linux")]
    {
        let peak = peak_memory(listening);
        assert!(peak < 64 << 10, "{peak} KiB");
    }
    #[cfg(not(target_os = "linux"))]
    let _ = listening;
}

/// Sends as long as the other side takes it, at most `times` parts after `first`; gives what it answered.
fn send_in_vain(address: SocketAddr, first: &[u8], part: &[u8], times: usize) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(crate::harness::PATIENCE)).unwrap();
    // Reads beside the writing, so that the answer is taken before a reset behind it can undo it.
    let mut answers = stream.try_clone().unwrap();
    let reading = std::thread::spawn(move || {
        let mut answer = Vec::new();
        // A reset after the answer is an end like any other.
        drop(answers.read_to_end(&mut answer));
        answer
    });
    stream.write_all(first).unwrap();
    for _ in 0..times {
        if stream.write_all(part).is_err() {
            break;
        }
    }
    reading.join().unwrap()
}

/// Runs the program as somebody who may not read or write everything, as root may.
#[cfg(unix)]
fn run_as_another(home: &Home, args: &[&str]) -> Ran {
    use std::os::unix::fs::PermissionsExt;
    use std::os::unix::process::CommandExt;
    let program = home.join("hookctl");
    if !program.exists() {
        // Where they can reach it. Copied by another process: a file that this one has open for
        // writing may be inherited by any child that a test starts meanwhile, and could not be run.
        let copied = Command::new("cp").arg(env!("CARGO_BIN_EXE_hookctl")).arg(&program).status().unwrap();
        assert!(copied.success());
        for path in [home.path(), &program] {
            std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o755)).unwrap();
        }
    }
    let direct = home.command(args);
    let mut command = Command::new(&program);
    command.args(args).env_clear().envs(direct.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    if rustix::process::geteuid().is_root() {
        command.uid(65_534).gid(65_534);
    }
    Ran::of(command, b"")
}

/// The bytes of a record's value, whichever way they are written.
fn bytes_of(record: &Value, name: &str) -> Vec<u8> {
    use base64::Engine;
    match (&record[name], &record[format!("{name}_base64")]) {
        (Value::String(text), Value::Null) => text.as_bytes().to_vec(),
        (Value::Null, Value::String(text)) => base64::engine::general_purpose::STANDARD.decode(text).unwrap(),
        both => panic!("{name} must be given once: {both:?}"),
    }
}
