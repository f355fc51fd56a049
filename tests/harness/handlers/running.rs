//! A handler that runs: its process, its port, its answers.

use super::delivery::{Delivery, ORIGIN};
use crate::harness::{PATIENCE, raw_exchange, status_of};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::thread::JoinHandle;

/// As much as is kept of what a handler says.
const LINES: usize = 200;

pub struct Handler {
    child: Child,
    pub address: SocketAddr,
    said: Arc<Mutex<Vec<String>>>,
}

impl Handler {
    /// Starts a source text; `program` runs the file, `variables` hold the secrets.
    #[track_caller]
    pub fn start(
        program: &[&str],
        folder: &Path,
        file: &str,
        source: &str,
        variables: &[(String, String)],
    ) -> Self {
        Self::run(program_of(program, folder, file, source), folder, variables)
    }

    /// Starts a program that is a handler, or will name on a line the address where one listens.
    #[track_caller]
    pub fn run(command: Command, folder: &Path, variables: &[(String, String)]) -> Self {
        Self::try_run(command, folder, variables).unwrap_or_else(|said| panic!("it did not start: {said}"))
    }

    /// The same, or what the program said before it ended without an address.
    pub fn try_run(
        mut command: Command,
        folder: &Path,
        variables: &[(String, String)],
    ) -> Result<Self, String> {
        command.current_dir(folder).env_clear();
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder);
        command.env("LANG", "C.UTF-8").env("PORT", "0").env("WEBHOOK_ORIGIN", ORIGIN);
        command.envs(variables.iter().map(|(name, value)| (name, value)));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (found, address) = channel();
        let said = Arc::new(Mutex::new(Vec::new()));
        let threads = [
            listen(child.stdout.take().unwrap(), found.clone(), Arc::clone(&said)),
            listen(child.stderr.take().unwrap(), found, Arc::clone(&said)),
        ];
        let Ok(address) = address.recv_timeout(PATIENCE) else {
            drop(child.kill());
            let status = child.wait();
            threads.into_iter().for_each(|thread| thread.join().unwrap());
            return Err(format!("{command:?} ({status:?}): {}", said.lock().unwrap().join("\n")));
        };
        Ok(Self { child, address, said })
    }

    /// The status that a delivery is answered with; 0 for none.
    pub fn answer(&self, delivery: &Delivery) -> u16 {
        self.answer_to(&delivery.request())
    }

    /// The same for raw bytes.
    pub fn answer_to(&self, request: &[u8]) -> u16 {
        status_of(&raw_exchange(self.address, request))
    }

    /// Sends the start of a request and goes away.
    pub fn leave(&self, start: &[u8]) {
        TcpStream::connect(self.address).unwrap().write_all(start).unwrap();
    }

    /// The first lines that it said on standard output and standard error.
    pub fn said(&self) -> String {
        self.said.lock().unwrap().join("\n")
    }

    /// Whether the process is still there.
    pub fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }
}

/// The command that runs a source text.
pub fn program_of(program: &[&str], folder: &Path, file: &str, source: &str) -> Command {
    let path = folder.join(file);
    std::fs::write(&path, source).unwrap();
    let mut command = Command::new(program[0]);
    command.args(&program[1..]).arg(&path);
    command
}

/// Reads what a process says to its end, for the address in it and for whoever asks later.
fn listen(
    stream: impl Read + Send + 'static,
    found: Sender<SocketAddr>,
    said: Arc<Mutex<Vec<String>>>,
) -> JoinHandle<()> {
    std::thread::spawn(move || {
        for line in BufReader::new(stream).split(b'\n').map_while(Result::ok) {
            let line = String::from_utf8_lossy(&line).into_owned();
            if let Some(address) = address_in(&line) {
                let _unheard_after_the_first = found.send(address);
            }
            let mut said = said.lock().unwrap();
            if said.len() < LINES {
                said.push(line);
            }
        }
    })
}

/// The address of a URL in a line, as servers say it in their own words.
fn address_in(line: &str) -> Option<SocketAddr> {
    let (_, rest) = line.split_once("http://")?;
    let end = rest.find(|letter: char| !letter.is_ascii_digit() && !matches!(letter, '.' | ':'));
    rest[..end.unwrap_or(rest.len())].parse().ok()
}

impl Drop for Handler {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}
