//! A handler that runs: its process, its port, its answers.

use super::delivery::{Delivery, ORIGIN};
use crate::harness::{PATIENCE, Ran, raw_exchange, status_of};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::channel;

pub(super) struct Handler {
    child: Child,
    address: SocketAddr,
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
        command.current_dir(folder).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder);
        command.env("LANG", "C.UTF-8").env("PORT", "0").env("WEBHOOK_ORIGIN", ORIGIN);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, receiver) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                if line.contains("listening on ") {
                    drop(sender.send(line));
                }
            }
        });
        let Ok(line) = receiver.recv_timeout(PATIENCE) else {
            drop(child.kill());
            let ended = child.wait_with_output().unwrap();
            let said = Ran { status: ended.status, stdout: ended.stdout, stderr: ended.stderr };
            panic!("{command:?} did not start: {}", said.block());
        };
        let address = line.rsplit("//").next().unwrap().trim_end_matches('/').parse().unwrap();
        Self { child, address }
    }

    /// The status that a delivery is answered with; 0 for none.
    pub(super) fn answer(&self, delivery: &Delivery) -> u16 {
        self.answer_to(&delivery.request())
    }

    /// The same for raw bytes.
    pub(super) fn answer_to(&self, request: &[u8]) -> u16 {
        status_of(&raw_exchange(self.address, request))
    }

    /// Whether the process is still there.
    pub(super) fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

impl Drop for Handler {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
