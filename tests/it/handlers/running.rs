//! A handler that runs: its process, its port, its answers.

use super::delivery::{Delivery, ORIGIN};
use crate::harness::program::{Program, clean};
use crate::harness::{raw_exchange, status_of};
use std::path::Path;
use std::process::Command;

pub(super) struct Handler {
    program: Program,
}

impl Handler {
    /// Starts a source text; `program` runs the file, `variables` hold the secrets.
    pub(super) fn start(
        program: &[&str],
        folder: &Path,
        file: &str,
        source: &str,
        variables: &[(String, String)],
    ) -> Self {
        let path = folder.join(file);
        std::fs::write(&path, source).unwrap();
        let mut command = Command::new(program[0]);
        command.args(&program[1..]).arg(&path);
        Self::run(command, folder, variables)
    }

    /// Starts a program that is a handler, or will say on a line of its own that one listens.
    pub(super) fn run(mut command: Command, folder: &Path, variables: &[(String, String)]) -> Self {
        clean(&mut command, folder, 0);
        command.env("WEBHOOK_ORIGIN", ORIGIN);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        Self { program: Program::start(command) }
    }

    /// The status that a delivery is answered with; 0 for none.
    pub(super) fn answer(&self, delivery: &Delivery) -> u16 {
        self.answer_to(&delivery.request())
    }

    /// The same for raw bytes.
    pub(super) fn answer_to(&self, request: &[u8]) -> u16 {
        status_of(&raw_exchange(self.program.address, request))
    }

    /// Whether the process is still there.
    pub(super) fn lives(&mut self) -> bool {
        self.program.lives()
    }
}
