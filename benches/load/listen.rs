//! hookctl, the program under measurement: the one place that knows its command line.
//!
//! Nothing of the user's own (settings, secrets, journals) is read: every run
//! has a home folder of its own.

use crate::requests::{SECRET, SECRET_VARIABLE};
use crate::server::Server;
use crate::{Failure, answer, requests, server};
use std::ffi::OsStr;
use std::io::{Read, Write};
use std::net::TcpStream;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};
use std::time::Duration;

/// How long one answer may take.
const PATIENCE: Duration = Duration::from_secs(5);

/// Where a listener keeps what it receives.
pub(crate) enum Journal<'a> {
    None,
    At(&'a Path),
}

/// What a listener does besides verifying.
pub(crate) struct Listen<'a> {
    pub(crate) journal: Journal<'a>,
    pub(crate) forward: Option<&'a Server>,
}

/// hookctl as a program.
pub(crate) struct Hookctl {
    pub(crate) program: PathBuf,
    home: tempfile::TempDir,
}

impl Hookctl {
    pub(crate) fn new(program: &Path, scratch: &Path) -> Result<Self, Failure> {
        // It is started in another folder.
        Ok(Self { program: program.canonicalize()?, home: tempfile::tempdir_in(scratch)? })
    }

    /// A command of it.
    pub(crate) fn command(&self, arguments: &[&str]) -> Command {
        let mut command = self.secluded(&self.program);
        command.args(arguments);
        command
    }

    /// Any program, away from the user's own settings and with the benchmark's secret.
    pub(crate) fn secluded(&self, program: impl AsRef<OsStr>) -> Command {
        let mut command = Command::new(program);
        command.current_dir(self.home.path()).stdin(Stdio::null());
        command.env_clear().env("HOME", self.home.path()).env(SECRET_VARIABLE, SECRET);
        command
    }

    /// Starts `hookctl listen` on a free port with the display off: `--quiet` shows no delivery,
    /// and `--print-env` says where it listens.
    pub(crate) fn start_listen(&self, name: &str, listen: &Listen<'_>) -> Result<Server, Failure> {
        let mut command = self.command(&["listen", "--port", "0", "--quiet", "--print-env"]);
        command.args(["--provider", "koji", "--secret-env", SECRET_VARIABLE]);
        match listen.journal {
            Journal::None => command.arg("--no-journal"),
            Journal::At(file) => command.arg("--journal").arg(file),
        };
        if let Some(target) = listen.forward {
            command.args(["--answer", "mirror", "--forward", &format!("http://{}", target.address)]);
        }
        server::start(name, &mut command)
    }
}

/// Sends one delivery whose signature belongs to another body: a server that
/// answers it 200 verifies nothing, and its figures would mean nothing.
pub(crate) fn refuse_forgery(server: &Server) -> Result<(), Failure> {
    let (body, other) = (requests::body(0), requests::body(1));
    let forged = requests::request(server.address, &server.path, &body, &requests::signature(&other));
    let mut stream = TcpStream::connect(server.address)?;
    stream.set_read_timeout(Some(PATIENCE))?;
    stream.write_all(&forged)?;
    let mut received = Vec::new();
    let mut piece = [0; 4096];
    let status = loop {
        if let Some(answer) = answer::read(&received)? {
            break answer.status;
        }
        let length = stream.read(&mut piece)?;
        if length == 0 {
            return Err(format!("{} gave no answer to a forged delivery", server.name).into());
        }
        received.extend_from_slice(piece.get(..length).unwrap_or_default());
    };
    if status == 401 {
        Ok(())
    } else {
        Err(format!("{} answered a forged delivery {status}", server.name).into())
    }
}

/// The WAL index SQLite keeps beside a journal.
pub(crate) fn wal_index(journal: &Path) -> PathBuf {
    let mut name = journal.as_os_str().to_owned();
    name.push("-shm");
    PathBuf::from(name)
}
