//! Questions to a person, asked only when a person can answer.
//!
//! The gate comes first: `dialoguer` opens `/dev/tty` by itself when standard
//! input is not a terminal and would wait for an answer that never comes.
//! Blocks its thread; call it before a runtime starts. Secrets are not echoed
//! and leave as `hook::secret::Secret`.

use super::sanitize::{Charset, Rules};
use super::style::Surroundings;
use crate::hook::secret::{Secret, SecretError};
use std::io::IsTerminal;
use zeroize::Zeroizing;

/// What decides whether to ask.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Gate {
    /// Whether standard input is a terminal.
    pub stdin_terminal: bool,
    /// Whether standard error, where the question goes, is one.
    pub stderr_terminal: bool,
    /// Whether this is an automated run (`CI`).
    pub automated: bool,
    /// Whether the user said `--no-input`.
    pub no_input: bool,
}

/// Why nothing was asked, or why there is no answer.
#[derive(Debug, thiserror::Error)]
pub enum PromptError {
    /// `--no-input` was given.
    #[error("prompts are switched off by `--no-input`")]
    SwitchedOff,
    /// The environment says that nobody watches.
    #[error("nobody can answer a prompt in an automated run (`CI` is set)")]
    Automated,
    /// There is no terminal to ask on.
    #[error("there is no terminal to ask on")]
    NoTerminal,
    /// The answer is not a secret.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// The terminal failed, or the person ended the input.
    #[error("could not read the answer")]
    Read(#[source] std::io::Error),
}

impl Gate {
    /// The gate of this process.
    pub fn of_process(surroundings: &Surroundings, no_input: bool) -> Self {
        Self {
            stdin_terminal: std::io::stdin().is_terminal(),
            stderr_terminal: std::io::stderr().is_terminal(),
            automated: surroundings.automated(),
            no_input,
        }
    }

    /// Whether a question may be asked.
    ///
    /// # Errors
    /// Says why not.
    pub fn check(self) -> Result<(), PromptError> {
        if self.no_input {
            return Err(PromptError::SwitchedOff);
        }
        if self.automated {
            return Err(PromptError::Automated);
        }
        if !self.stdin_terminal || !self.stderr_terminal {
            return Err(PromptError::NoTerminal);
        }
        Ok(())
    }

    /// Whether a question may be asked.
    pub fn may_prompt(self) -> bool {
        self.check().is_ok()
    }
}

fn question(text: &str) -> String {
    Rules::field(Charset::Unicode).apply(text.as_bytes()).into_owned()
}

fn read(error: dialoguer::Error) -> PromptError {
    let dialoguer::Error::IO(error) = error;
    PromptError::Read(error)
}

/// Asks for a secret without echoing it.
///
/// # Errors
/// When nobody can be asked, the answer is empty, or the terminal fails.
pub fn secret(gate: Gate, label: &str) -> Result<Secret, PromptError> {
    gate.check()?;
    let answer = dialoguer::Password::new()
        .with_prompt(question(label))
        .allow_empty_password(true)
        .interact()
        .map(Zeroizing::new)
        .map_err(read)?;
    Ok(Secret::from_file_content(answer.as_bytes())?)
}

/// Asks for one of several; gives its place.
///
/// # Errors
/// When nobody can be asked or the terminal fails.
pub fn choose(gate: Gate, label: &str, choices: &[&str]) -> Result<usize, PromptError> {
    gate.check()?;
    let choices: Vec<String> = choices.iter().map(|choice| question(choice)).collect();
    dialoguer::Select::new().with_prompt(question(label)).items(&choices).default(0).interact().map_err(read)
}

/// Asks a question that is answered with yes or no.
///
/// # Errors
/// When nobody can be asked or the terminal fails.
pub fn confirm(gate: Gate, label: &str, default: bool) -> Result<bool, PromptError> {
    gate.check()?;
    dialoguer::Confirm::new().with_prompt(question(label)).default(default).interact().map_err(read)
}

#[cfg(test)]
mod tests {
    use super::*;

    const OPEN: Gate =
        Gate { stdin_terminal: true, stderr_terminal: true, automated: false, no_input: false };

    #[test]
    fn asks_only_a_person_who_can_answer() {
        assert!(OPEN.may_prompt());
        assert!(matches!(Gate { no_input: true, ..OPEN }.check(), Err(PromptError::SwitchedOff)));
        assert!(matches!(Gate { automated: true, ..OPEN }.check(), Err(PromptError::Automated)));
        assert!(matches!(Gate { stdin_terminal: false, ..OPEN }.check(), Err(PromptError::NoTerminal)));
        assert!(matches!(Gate { stderr_terminal: false, ..OPEN }.check(), Err(PromptError::NoTerminal)));
    }

    #[test]
    fn a_closed_gate_returns_at_once() {
        let closed = Gate { stdin_terminal: false, ..OPEN };
        assert!(matches!(secret(closed, "Signing secret"), Err(PromptError::NoTerminal)));
        assert!(matches!(choose(closed, "Vendor", &["a"]), Err(PromptError::NoTerminal)));
        assert!(matches!(confirm(closed, "Replay 10 deliveries?", false), Err(PromptError::NoTerminal)));
    }

    #[test]
    fn a_question_cannot_drive_the_terminal() {
        assert_eq!(question("Secret for \x1b[2J\n?"), "Secret for \\x1b[2J\\n?");
    }
}
