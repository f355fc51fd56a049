//! Reads a counter of the application: what a delivery really did.

use crate::hook::attempt::Failure;
use crate::hook::target::{PathMode, Target};
use crate::outbound::wire::{Act, Finish, Speech, Wire};
use std::io::{self, Read as _};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

/// How long reading the counter may take.
const TIMEOUT: Duration = Duration::from_secs(10);
/// The most bytes of a command's output.
const MAX_OUTPUT: u64 = 64 * 1024;

/// Where the counter is read.
#[derive(Clone, Debug)]
pub enum Probe {
    /// The first number in the answer to a GET.
    Url(Target),
    /// The first number that a command prints; run by the shell.
    Command(String),
}

/// Why there is no number.
#[derive(Debug, thiserror::Error)]
pub enum ProbeError {
    /// The URL did not answer 2xx.
    #[error("{url} answered {detail}")]
    Url {
        /// Which.
        url: String,
        /// What.
        detail: String,
    },
    /// The command could not be run.
    #[error("`{command}` could not be run")]
    Command {
        /// Which.
        command: String,
        /// Why.
        source: io::Error,
    },
    /// It was run and failed.
    #[error("`{command}` ended with {status}")]
    Failed {
        /// Which.
        command: String,
        /// Its status in words.
        status: String,
    },
    /// There is no number in what it said.
    #[error("there is no number in what it said: {said}")]
    NoNumber {
        /// The beginning of it.
        said: String,
    },
}

impl Probe {
    /// Reads the counter.
    ///
    /// # Errors
    /// When there is no number.
    pub(super) async fn read(&self, wire: &Wire) -> Result<i64, ProbeError> {
        match self {
            Self::Url(target) => first_number(&get(target, wire).await?),
            Self::Command(command) => {
                let owned = command.clone();
                let run = tokio::task::spawn_blocking(move || output(&owned));
                let said = run.await.unwrap_or_else(|_panicked| {
                    let source = io::Error::other("it was interrupted");
                    Err(ProbeError::Command { command: command.clone(), source })
                })?;
                first_number(&said)
            }
        }
    }
}

async fn get(target: &Target, wire: &Wire) -> Result<Vec<u8>, ProbeError> {
    let path = target.request_target("/", PathMode::Fixed);
    let head = format!("GET {path} HTTP/1.1\r\nHost: {}\r\nAccept: */*\r\n\r\n", target.authority());
    let heard = wire
        .speak(&Speech {
            origin: target.origin(),
            method: "GET",
            acts: vec![Act::Say(head.into())],
            finish: Finish::Wait,
            answers: 1,
            timeout: TIMEOUT,
        })
        .await;
    let detail = match (heard.answers.into_iter().next(), heard.failure) {
        (Some(answer), _) if (200..300).contains(&answer.status) => return Ok(answer.body.to_vec()),
        (Some(answer), _) => answer.status.to_string(),
        (None, Some(Failure { kind, detail })) => format!("nothing ({kind}: {detail})"),
        (None, None) => "nothing".to_owned(),
    };
    Err(ProbeError::Url { url: target.to_string(), detail })
}

fn shell(command: &str) -> Command {
    let (program, flag) = if cfg!(windows) { ("cmd", "/C") } else { ("sh", "-c") };
    let mut shell = Command::new(program);
    shell.arg(flag).arg(command).stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::null());
    shell
}

fn output(command: &str) -> Result<Vec<u8>, ProbeError> {
    let not_run = |source| ProbeError::Command { command: command.to_owned(), source };
    let failed = |status: String| ProbeError::Failed { command: command.to_owned(), status };
    let mut child = shell(command).spawn().map_err(not_run)?;
    let said = child.stdout.take().map(|stdout| {
        std::thread::spawn(move || {
            let mut said = Vec::new();
            // What cannot be read holds no number.
            let _ = stdout.take(MAX_OUTPUT).read_to_end(&mut said);
            said
        })
    });
    let Some(status) = wait(&mut child).map_err(not_run)? else {
        // It may have ended by itself meanwhile.
        let _ = child.kill();
        let _ = child.wait();
        return Err(failed(format!("nothing within {} s", TIMEOUT.as_secs())));
    };
    if !status.success() {
        return Err(failed(status.to_string()));
    }
    Ok(said.and_then(|said| said.join().ok()).unwrap_or_default())
}

fn wait(child: &mut Child) -> io::Result<Option<std::process::ExitStatus>> {
    let started = Instant::now();
    while started.elapsed() < TIMEOUT {
        if let Some(status) = child.try_wait()? {
            return Ok(Some(status));
        }
        std::thread::sleep(Duration::from_millis(2));
    }
    Ok(None)
}

/// The first whole number in a text, with its sign.
fn first_number(said: &[u8]) -> Result<i64, ProbeError> {
    let text = String::from_utf8_lossy(said);
    let number = text.find(|letter: char| letter.is_ascii_digit()).and_then(|at| {
        let (before, from) = text.split_at(at);
        let end = from.find(|letter: char| !letter.is_ascii_digit()).unwrap_or(from.len());
        let digits: i64 = from.get(..end)?.parse().ok()?;
        Some(if before.ends_with('-') { -digits } else { digits })
    });
    number.ok_or_else(|| ProbeError::NoNumber { said: text.chars().take(60).collect() })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_number_is_read_out_of_anything() {
        for (said, number) in [
            ("0", 0),
            (" 12\n", 12),
            ("{\"count\": 7, \"other\": 9}", 7),
            ("processed=-3", -3),
            (" count \n-------\n    42\n(1 row)", 42),
            ("3.7", 3),
        ] {
            assert_eq!(first_number(said.as_bytes()).unwrap(), number, "{said}");
        }
        for said in ["", "none", "99999999999999999999"] {
            assert!(matches!(first_number(said.as_bytes()), Err(ProbeError::NoNumber { .. })), "{said}");
        }
    }

    #[cfg(unix)]
    #[tokio::test]
    async fn a_command_is_asked_and_its_failure_told() {
        let wire = Wire::new(Duration::from_secs(1), crate::outbound::wire::Trust::System);
        let read = async |command: &str| Probe::Command(command.to_owned()).read(&wire).await;
        assert_eq!(read("echo the count is 5").await.unwrap(), 5);
        assert!(matches!(read("exit 3").await, Err(ProbeError::Failed { .. })));
        assert!(matches!(read("echo nothing").await, Err(ProbeError::NoNumber { .. })));
    }
}
