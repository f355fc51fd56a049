//! What a user reads, word for word: every command's help, its happy path and
//! each kind of error it can raise.
//!
//! `SNAPSHOTS=overwrite cargo test --test it golden` writes the files of
//! `tests/golden` anew; read them before they are committed. What changes from
//! run to run (ports, times, ids, durations, folders) is redacted here.

mod accounts;
mod api;
mod asking;
mod check;
mod check_reports;
pub(crate) mod examples;
mod help;
mod journal;
mod network;
mod offline;
mod register;
mod signatures;

use crate::harness::{self, Home, Ran};
use regex::Regex;
use std::process::Child;
use std::sync::LazyLock;

/// What differs from run to run, and what stands for it.
static VOLATILE: LazyLock<Vec<(Regex, &str)>> = LazyLock::new(|| {
    [
        (r"[0-9a-f]{8}-[0-9a-f]{4}-[78][0-9a-f]{3}-[0-9a-f]{4}-[0-9a-f]{12}", "[UUID]"),
        (r"msg_[0-9a-f]{32}", "msg_[ID]"),
        (r"20[0-9]{2}-[0-9]{2}-[0-9]{2}T[0-9:.]+(Z|[+-][0-9:]+)", "[TIME]"),
        (r"20[0-9]{2}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}", "[DATE AND TIME]"),
        (r"(?m)^[0-9]{2}:[0-9]{2}:[0-9]{2}", "[CLOCK]"),
        (r"(127\.0\.0\.1|\[::1\]):[0-9]{4,5}", "$1:[PORT]"),
        (r"#token=[A-Za-z0-9_-]{43}", "#token=[TOKEN]"),
        (r#"("(?:took|ran)_ms": ?)[0-9.]+"#, "$1[MS]"),
        (r"[A-Z][a-z]{2}, [0-9]{2} [A-Z][a-z]{2} 20[0-9]{2} [0-9:]{8} GMT", "[TIME]"),
        (r" (in|after) (<1ms|[0-9.]+m?s)", " $1 [DURATION]"),
        (r"(Monday, \[TIME\], in )[0-9a-z]+( [0-9]+[a-z])?", "$1[SPAN]"),
        (r"(asked +)(now|[0-9]+s ago)", "$1[AGO]"),
        (r"process [0-9]+", "process [PID]"),
        (r"kill [0-9]+", "kill [PID]"),
    ]
    .into_iter()
    .map(|(pattern, stands)| (Regex::new(pattern).unwrap(), stands))
    .collect()
});

/// Text without what differs from run to run.
fn redacted(text: &str, home: &Home) -> String {
    let real = home.path().canonicalize().unwrap();
    let text =
        text.replace(real.to_str().unwrap(), "[HOME]").replace(home.path().to_str().unwrap(), "[HOME]");
    VOLATILE.iter().fold(text, |text, (pattern, stands)| pattern.replace_all(&text, *stands).into_owned())
}

/// Several runs in one home, as one golden file.
struct Story {
    home: Home,
    variables: Vec<(String, String)>,
    text: String,
}

impl Story {
    fn new() -> Self {
        Self { home: Home::default(), variables: Vec::new(), text: String::new() }
    }

    /// A variable of every run from here on.
    fn variable(&mut self, name: &str, value: &str) -> &mut Self {
        self.variables.push((name.to_owned(), value.to_owned()));
        self
    }

    fn variables(&self) -> Vec<(&str, &str)> {
        self.variables.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect()
    }

    /// Runs a command to its end and tells of it.
    #[track_caller]
    fn run(&mut self, code: i32, args: &[&str]) -> &mut Self {
        self.run_with(code, args, b"")
    }

    /// The same with standard input.
    #[track_caller]
    fn run_with(&mut self, code: i32, args: &[&str], input: &[u8]) -> &mut Self {
        let ran = self.home.run_with(args, input, &self.variables()).expect(code);
        self.tell(args, &ran)
    }

    /// Takes down what came of a command.
    fn tell(&mut self, args: &[&str], ran: &Ran) -> &mut Self {
        let typed: Vec<String> = args.iter().map(|word| quoted(word)).collect();
        let line = format!("$ hookctl {}", typed.join(" "));
        self.text.push_str(&format!("{}\n{}\n", line.trim_end(), ran.block()));
        self
    }

    /// Compares all of it with a golden file.
    #[track_caller]
    fn golden(&self, name: &str) {
        let text = redacted(&self.text, &self.home);
        for said in ["successfully", "panicked", env!("CARGO_MANIFEST_DIR")] {
            assert!(!text.contains(said), "{name} says {said:?}:\n{text}");
        }
        harness::golden(name, &text);
    }
}

/// A word as it is typed in a shell.
fn quoted(word: &str) -> String {
    let plain = |letter: char| letter.is_ascii_alphanumeric() || "-_=./:,@#%+".contains(letter);
    if !word.is_empty() && word.chars().all(plain) { word.to_owned() } else { format!("'{word}'") }
}

/// Starts a command that talks on standard error, and gives it with what it
/// said up to the line that begins with `until`.
fn started(mut command: std::process::Command, until: &str) -> (Child, String, Watchdog) {
    use std::io::{BufRead, BufReader};
    let mut child = command.spawn().unwrap();
    let mut said = String::new();
    // Whoever never says it is stopped, so that the test fails and does not hang.
    let guard = Watchdog::over(child.id());
    let mut stderr = BufReader::new(child.stderr.take().unwrap());
    while !said.lines().last().is_some_and(|line| line.trim_start().starts_with(until)) {
        assert_ne!(stderr.read_line(&mut said).unwrap(), 0, "ended before {until:?}: {said}");
    }
    said.push_str(std::str::from_utf8(stderr.buffer()).unwrap());
    // The rest is read by `finished`.
    child.stderr = Some(stderr.into_inner());
    (child, said, guard)
}

/// Kills a process that outlives the patience of a test.
struct Watchdog {
    /// Dropped when the process has ended.
    _alive: std::sync::mpsc::Sender<()>,
}

impl Watchdog {
    fn over(pid: u32) -> Self {
        let (alive, ended) = std::sync::mpsc::channel::<()>();
        std::thread::spawn(move || {
            if ended.recv_timeout(harness::PATIENCE) == Err(std::sync::mpsc::RecvTimeoutError::Timeout) {
                drop(std::process::Command::new("kill").arg(pid.to_string()).status());
            }
        });
        Self { _alive: alive }
    }
}

/// Waits for the end of a command that was `started`.
fn finished((child, said, watchdog): (Child, String, Watchdog)) -> Ran {
    let output = child.wait_with_output().unwrap();
    let mut stderr = said.into_bytes();
    stderr.extend(output.stderr);
    drop(watchdog);
    Ran { status: output.status, stdout: output.stdout, stderr }
}

#[test]
fn the_redactor_replaces_what_changes_and_nothing_else() {
    let home = Home::default();
    let text = format!("{} 127.0.0.1:51234 took_ms 10s\n20:58:18  200 in 12ms\n", home.path().display());
    assert_eq!(redacted(&text, &home), "[HOME] 127.0.0.1:[PORT] took_ms 10s\n[CLOCK]  200 in [DURATION]\n");
}
