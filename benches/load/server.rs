//! Servers as child processes: started, found by what they say, measured, ended.
//!
//! No port is ever guessed: every server binds port 0 and says where it is in
//! the first line of its standard output, a baseline in a `ready` record and
//! hookctl in the line for the application's environment.

use crate::Failure;
use serde::Deserialize;
use std::io::{BufRead, BufReader, Read, Seek, Write};
use std::net::SocketAddr;
use std::process::{Child, ChildStdout, Command, Stdio};
use std::sync::mpsc;
use std::time::Duration;
use tokio::net::{TcpListener, TcpSocket};

const START_DEADLINE: Duration = Duration::from_secs(20);
const BACKLOG: u32 = 1024;

/// A running server; dropping it ends it.
pub(crate) struct Server {
    pub(crate) name: String,
    pub(crate) address: SocketAddr,
    /// The path deliveries go to.
    pub(crate) path: String,
    child: Child,
}

#[derive(Deserialize)]
struct Ready {
    url: String,
}

/// What hookctl's `--print-env` puts before its URL.
const URL_VARIABLE: &str = "HOOKCTL_URL=";

/// Starts a server and waits until it says where it is.
pub(crate) fn start(name: &str, command: &mut Command) -> Result<Server, Failure> {
    let mut complaints = tempfile::tempfile()?;
    let mut child = command
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(complaints.try_clone()?)
        .spawn()
        .map_err(|error| format!("{name} cannot be started: {error}"))?;
    let ready =
        child.stdout.take().ok_or("no standard output".into()).and_then(|output| first_line(name, output));
    match ready.and_then(|line| locate(name, &line)) {
        Ok((address, path)) => Ok(Server { name: name.to_owned(), address, path, child }),
        Err(error) => {
            child.kill()?;
            let status = child.wait()?;
            let mut said = String::new();
            complaints.rewind()?;
            complaints.take(4096).read_to_string(&mut said)?;
            Err(format!("{error} ({status}) {}", said.trim()).trim_end().into())
        }
    }
}

/// The first line a server prints; the rest is read and dropped by a thread,
/// whose reading costs CPU of this process and not of the server.
fn first_line(name: &str, output: ChildStdout) -> Result<String, Failure> {
    let (sender, receiver) = mpsc::channel();
    std::thread::spawn(move || {
        let mut output = BufReader::with_capacity(256 * 1024, output);
        let mut line = String::new();
        let read = output.read_line(&mut line);
        // The receiver is gone when the deadline passed; then nobody needs the line.
        let _ = sender.send(read.map(|_| line));
        let _ = std::io::copy(&mut output, &mut std::io::sink());
    });
    let line = receiver
        .recv_timeout(START_DEADLINE)
        .map_err(|_| format!("{name} printed nothing within {} s", START_DEADLINE.as_secs()))??;
    if line.is_empty() { Err(format!("{name} ended before it was ready").into()) } else { Ok(line) }
}

fn locate(name: &str, line: &str) -> Result<(SocketAddr, String), Failure> {
    let wrong = |what: &dyn std::fmt::Display| format!("{name}: first line {line:?} says no address: {what}");
    let url = match line.strip_prefix(URL_VARIABLE) {
        Some(url) => url.trim_end().to_owned(),
        None => serde_json::from_str::<Ready>(line).map_err(|error| wrong(&error))?.url,
    };
    let url: http::Uri = url.parse().map_err(|error| wrong(&error))?;
    let authority = url.authority().ok_or_else(|| wrong(&"no address"))?;
    let address = authority.as_str().parse().map_err(|error| wrong(&error))?;
    Ok((address, url.path().to_owned()))
}

impl Server {
    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // It may have ended by itself, which is as good.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Inside a baseline: binds a free port, says so in a `ready` record, and ends
/// the process when the parent is gone, so that no baseline outlives its benchmark.
pub(crate) async fn announce() -> Result<TcpListener, Failure> {
    let socket = TcpSocket::new_v4()?;
    socket.bind(SocketAddr::from(([127, 0, 0, 1], 0)))?;
    // tokio's own 128 is less than a burst of connections may need.
    let listener = socket.listen(BACKLOG)?;
    let record =
        serde_json::json!({"v": 1, "type": "ready", "url": format!("http://{}", listener.local_addr()?)});
    writeln!(std::io::stdout(), "{record}")?;
    std::thread::spawn(|| {
        let _ = std::io::copy(&mut std::io::stdin(), &mut std::io::sink());
        std::process::exit(0);
    });
    Ok(listener)
}
