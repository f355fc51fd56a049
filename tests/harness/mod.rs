//! Runs the real program in a home of its own, for the integration and the slow tests.
//!
//! Nothing of the developer's environment reaches it. Ports come from the
//! program's own ready record; every wait ends when the awaited thing happens,
//! or fails the test after a minute.
#![allow(dead_code, unreachable_pub, reason = "each test crate uses its part of the harness")]

pub mod canary;
pub mod handlers;
pub mod inspector;
pub mod program;
pub mod requests;
pub mod script;
pub mod target;
#[cfg(unix)]
pub mod terminal;

use serde_json::Value;
use std::ffi::OsStr;
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Duration;

/// How long anything may take before the test fails.
pub const PATIENCE: Duration = Duration::from_secs(60);

/// A home folder of its own: settings, data, journal.
pub struct Home {
    folder: tempfile::TempDir,
}

/// How a run of the program ended.
pub struct Ran {
    pub status: ExitStatus,
    pub stdout: Vec<u8>,
    pub stderr: Vec<u8>,
}

impl Default for Home {
    fn default() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }
}

impl Home {
    pub fn path(&self) -> &Path {
        self.folder.path()
    }

    pub fn join(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the home and gives its path.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) -> PathBuf {
        let path = self.join(name);
        std::fs::create_dir_all(path.parent().unwrap()).unwrap();
        std::fs::write(&path, content).unwrap();
        path
    }

    /// A secret file that only its owner can read.
    pub fn secret(&self, name: &str, content: &str) -> PathBuf {
        use std::os::unix::fs::PermissionsExt;
        let path = self.write(name, content);
        std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o600)).unwrap();
        path
    }

    /// The program with a clean environment.
    pub fn command<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_hookctl"));
        command.args(args).env_clear().current_dir(self.path());
        command.env("PATH", std::env::var_os("PATH").unwrap_or_default());
        command.env("HOME", self.path()).env("TZ", "UTC").env("LANG", "C.UTF-8");
        command.env("HOOKCTL_CONFIG_DIR", self.join("settings")).env("HOOKCTL_DATA_DIR", self.join("data"));
        command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
        command
    }

    /// Runs to the end.
    pub fn run<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Ran {
        Ran::of(self.command(args), b"")
    }

    /// Runs to the end with standard input and extra variables.
    pub fn run_with<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        input: &[u8],
        variables: &[(&str, &str)],
    ) -> Ran {
        let mut command = self.command(args);
        command.envs(variables.iter().copied());
        Ran::of(command, input)
    }

    /// Starts `hookctl listen --port 0 --json` and waits until it is ready.
    pub fn listen<S: AsRef<OsStr>>(&self, args: impl IntoIterator<Item = S>) -> Listening {
        self.listen_with(args, &[])
    }

    /// The same with extra variables.
    pub fn listen_with<S: AsRef<OsStr>>(
        &self,
        args: impl IntoIterator<Item = S>,
        variables: &[(&str, &str)],
    ) -> Listening {
        let mut command = self.command(["listen", "--port", "0", "--json"]);
        command.args(args).envs(variables.iter().copied());
        Listening::start(command)
    }
}

impl Ran {
    /// Runs a command to its end.
    pub fn of(mut command: Command, input: &[u8]) -> Self {
        if !input.is_empty() {
            command.stdin(Stdio::piped());
        }
        let mut child = command.spawn().unwrap();
        if let Some(mut stdin) = child.stdin.take() {
            // A program that needs no input may be gone already.
            drop(stdin.write_all(input));
        }
        let output = child.wait_with_output().unwrap();
        Self { status: output.status, stdout: output.stdout, stderr: output.stderr }
    }

    pub fn code(&self) -> i32 {
        self.status.code().unwrap_or(-1)
    }

    pub fn out(&self) -> String {
        String::from_utf8_lossy(&self.stdout).into_owned()
    }

    pub fn err(&self) -> String {
        String::from_utf8_lossy(&self.stderr).into_owned()
    }

    /// The JSON records on standard output.
    pub fn records(&self) -> Vec<Value> {
        self.out().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
    }

    /// Exit code, standard output and standard error as one text, for golden files.
    pub fn block(&self) -> String {
        format!("exit: {}\n--- stdout\n{}--- stderr\n{}", self.code(), self.out(), self.err())
    }

    /// Fails with everything that was said unless the exit code is this one.
    #[track_caller]
    pub fn expect(self, code: i32) -> Self {
        assert_eq!(self.code(), code, "{}", self.block());
        self
    }
}

/// A running listener.
pub struct Listening {
    pub child: Child,
    pub address: SocketAddr,
    pub url: String,
    /// The record it began with.
    pub ready: Value,
    records: Receiver<Value>,
    errors: Receiver<String>,
}

impl Listening {
    /// Starts a command whose first line on standard output is a `ready` record.
    #[track_caller]
    pub fn start(command: Command) -> Self {
        Self::try_start(command).unwrap_or_else(|said| panic!("not ready: {said}"))
    }

    /// The same for a command that may end before it is ready; then what it said.
    pub fn try_start(mut command: Command) -> Result<Self, String> {
        let mut child = command.spawn().unwrap();
        let (to_records, records) = channel();
        let (to_errors, errors) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || {
            for line in stdout.lines().map_while(Result::ok) {
                let record: Value =
                    serde_json::from_str(&line).unwrap_or_else(|_| panic!("not a record: {line}"));
                if to_records.send(record).is_err() {
                    return;
                }
            }
        });
        std::thread::spawn(move || {
            for line in stderr.lines().map_while(Result::ok) {
                if to_errors.send(line).is_err() {
                    return;
                }
            }
        });
        let Ok(ready) = records.recv_timeout(PATIENCE) else {
            drop(child.kill());
            drop(child.wait());
            return Err(errors.iter().collect::<Vec<_>>().join("\n"));
        };
        let url = ready["url"].as_str().unwrap().to_owned();
        let address = url.strip_prefix("http://").unwrap().parse().unwrap();
        Ok(Self { child, address, url, ready, records, errors })
    }

    /// The next record of this type; others before it are passed over.
    #[track_caller]
    pub fn next(&self, kind: &str) -> Value {
        loop {
            let record = self.records.recv_timeout(PATIENCE);
            let record = record.unwrap_or_else(|_| panic!("no more records while waiting for `{kind}`"));
            if record["type"] == kind {
                return record;
            }
        }
    }

    /// The next record, whatever it is.
    #[track_caller]
    pub fn any(&self) -> Value {
        self.records.recv_timeout(PATIENCE).unwrap_or_else(|_| panic!("no more records"))
    }

    /// Waits for a line on standard error that holds this text.
    #[track_caller]
    pub fn says(&self, text: &str) -> String {
        loop {
            let line = self.errors.recv_timeout(PATIENCE);
            let line = line.unwrap_or_else(|_| panic!("it never said `{text}`"));
            if line.contains(text) {
                return line;
            }
        }
    }

    /// Sends a signal.
    pub fn signal(&self, name: &str) {
        let sent = Command::new("kill").args(["-s", name, &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }

    /// Waits for the end; gives how it ended.
    pub fn wait(&mut self) -> ExitStatus {
        self.child.wait().unwrap()
    }

    /// Waits for the end; gives the exit code, what is left of the records, and standard error.
    pub fn finish(mut self) -> (i32, Vec<Value>, String) {
        let status = self.child.wait().unwrap();
        let rest: Vec<Value> = self.records.iter().collect();
        let errors: Vec<String> = self.errors.iter().collect();
        (status.code().unwrap_or(-1), rest, errors.join("\n"))
    }

    /// Asks for a graceful stop and waits for it.
    pub fn stop(self) -> (i32, Vec<Value>, String) {
        self.signal("INT");
        self.finish()
    }

    /// Kills it without warning.
    pub fn kill(mut self) {
        self.child.kill().unwrap();
        self.child.wait().unwrap();
    }
}

impl Drop for Listening {
    /// A test that fails leaves nothing running behind.
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Sends raw bytes on a connection of its own, then reads until the other side closes.
pub fn raw_exchange(address: SocketAddr, request: &[u8]) -> Vec<u8> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.write_all(request).unwrap();
    let mut answer = Vec::new();
    // A reset after the answer was sent is an end like any other.
    drop(stream.read_to_end(&mut answer));
    answer
}

/// A request with `Connection: close`.
pub fn request(method: &str, target: &str, headers: &[(&str, &str)], body: &[u8]) -> Vec<u8> {
    let mut text = format!("{method} {target} HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n");
    for (name, value) in headers {
        text.push_str(&format!("{name}: {value}\r\n"));
    }
    text.push_str(&format!("Content-Length: {}\r\n\r\n", body.len()));
    let mut bytes = text.into_bytes();
    bytes.extend_from_slice(body);
    bytes
}

/// The status of a raw answer; 0 when there was none.
pub fn status_of(answer: &[u8]) -> u16 {
    let line = answer.split(|byte| *byte == b'\r').next().unwrap_or_default();
    String::from_utf8_lossy(line).split(' ').nth(1).and_then(|code| code.parse().ok()).unwrap_or(0)
}

/// The body of a raw answer.
pub fn body_of(answer: &[u8]) -> &[u8] {
    let end = answer.windows(4).position(|window| window == b"\r\n\r\n").map_or(answer.len(), |at| at + 4);
    &answer[end..]
}

/// Posts a body and gives the status.
pub fn post(address: SocketAddr, target: &str, headers: &[(&str, &str)], body: &[u8]) -> u16 {
    status_of(&raw_exchange(address, &request("POST", target, headers, body)))
}

/// The lower-case hex HMAC-SHA256, computed here and not by the product.
pub fn hmac_sha256_hex(secret: &str, body: &[u8]) -> String {
    use hmac::{Hmac, KeyInit, Mac};
    let mut mac = Hmac::<sha2::Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(body);
    hex::encode(mac.finalize().into_bytes())
}

/// Compares a text with `tests/golden/<name>`; `SNAPSHOTS=overwrite` writes it.
#[track_caller]
pub fn golden(name: &str, text: &str) {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/golden").join(name);
    snapbox::Assert::new()
        .action_env(snapbox::assert::DEFAULT_ACTION_ENV)
        // Raw: backslashes are part of what is said.
        .eq(text, snapbox::Data::read_from(&path, Some(snapbox::data::DataFormat::Text)).raw());
}

/// The same command under another program, such as `strace` or a shell that lowers a limit.
pub fn under<S: AsRef<OsStr>>(words: impl IntoIterator<Item = S>, command: &Command) -> Command {
    let mut words = words.into_iter();
    let mut outer = Command::new(words.next().unwrap());
    outer.args(words).arg(command.get_program()).args(command.get_args());
    outer.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    outer.current_dir(command.get_current_dir().unwrap());
    outer.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
    outer
}

/// Says that the running test cannot be run on this system: to whoever reads its output,
/// and in the file `TESTS_NOT_RUN`, which `.ci/run` shows at its end.
#[allow(clippy::print_stderr, reason = "the output of a test")]
pub fn not_here(why: &str) {
    eprintln!("{why}");
    let Some(path) = std::env::var_os("TESTS_NOT_RUN") else { return };
    let mut file = std::fs::OpenOptions::new().create(true).append(true).open(path).unwrap();
    let test = std::thread::current().name().unwrap_or_default().to_owned();
    file.write_all(format!("{test}: {why}\n").as_bytes()).unwrap();
}

/// Fails with what to install unless the program is there.
#[track_caller]
pub fn require(program: &str) {
    require_from(program, &format!("apt-get install {program}"));
}

/// The same for a program that a command of another name installs.
#[track_caller]
pub fn require_from(program: &str, install: &str) {
    let found = Command::new("sh").args(["-c", "command -v \"$0\" >/dev/null", program]).status().unwrap();
    assert!(found.success(), "this test needs `{program}`: install it (`{install}`)");
}
