//! A program that serves: a handler in any language, its process and its port.

use super::{PATIENCE, Ran};
use std::io::{BufRead, BufReader};
use std::net::SocketAddr;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::mpsc::channel;
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// A process that has said `listening on http://ADDRESS`. It ends with this value.
pub struct Program {
    child: Child,
    pub address: SocketAddr,
}

/// The same environment for every program: nothing of the developer's but the path.
pub fn clean(command: &mut Command, folder: &Path, port: u16) {
    command.current_dir(folder).env_clear();
    command.env("PATH", std::env::var_os("PATH").unwrap_or_default()).env("HOME", folder);
    command.env("LANG", "C.UTF-8").env("PORT", port.to_string());
    command.stdin(Stdio::null()).stdout(Stdio::piped()).stderr(Stdio::piped());
}

impl Program {
    /// Starts it and waits until it listens.
    #[track_caller]
    pub fn start(mut command: Command) -> Self {
        let mut child = command.spawn().unwrap_or_else(|error| panic!("{command:?}: {error}"));
        let (sender, receiver) = channel();
        let stdout = BufReader::new(child.stdout.take().unwrap());
        // Read to the end: a program must not stand still because nobody hears it.
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
        let stderr = BufReader::new(child.stderr.take().unwrap());
        std::thread::spawn(move || stderr.lines().map_while(Result::ok).for_each(drop));
        let address = line.rsplit("//").next().unwrap().trim_end_matches('/').parse().unwrap();
        Self { child, address }
    }

    /// Whether the process is still there.
    pub fn lives(&mut self) -> bool {
        self.child.try_wait().unwrap().is_none()
    }

    /// Stops it where it is: it takes connections and says nothing.
    pub fn freeze(&self) {
        let sent = Command::new("kill").args(["-s", "STOP", &self.child.id().to_string()]).status().unwrap();
        assert!(sent.success());
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// How often a supervisor looks.
const LOOK: Duration = Duration::from_millis(20);
/// How long nobody listens: whoever asks sees it, though he may be kept from running for a while.
const AWAY: Duration = Duration::from_millis(300);

/// A program that somebody starts again on its port whenever it ends.
pub struct Supervised {
    pub address: SocketAddr,
    now: Arc<Mutex<Program>>,
    ended: Arc<AtomicBool>,
    starts: Arc<AtomicUsize>,
    supervisor: Option<JoinHandle<()>>,
}

impl Supervised {
    /// `make` gives the command for a port; 0 for the first time.
    pub fn start(make: impl Fn(u16) -> Command + Send + 'static) -> Self {
        let first = Program::start(make(0));
        let address = first.address;
        let (now, ended) = (Arc::new(Mutex::new(first)), Arc::new(AtomicBool::new(false)));
        let starts = Arc::new(AtomicUsize::new(1));
        let (watched, over, counted) = (now.clone(), ended.clone(), starts.clone());
        let supervisor = std::thread::spawn(move || {
            while !over.load(Ordering::Relaxed) {
                let mut program = watched.lock().unwrap_or_else(PoisonError::into_inner);
                if !program.lives() {
                    std::thread::sleep(AWAY);
                    *program = Program::start(make(address.port()));
                    counted.fetch_add(1, Ordering::Relaxed);
                }
                drop(program);
                std::thread::sleep(LOOK);
            }
        });
        Self { address, now, ended, starts, supervisor: Some(supervisor) }
    }

    /// How often it was started.
    pub fn starts(&self) -> usize {
        self.starts.load(Ordering::Relaxed)
    }

    /// Whether it is there now.
    pub fn lives(&self) -> bool {
        self.now.lock().unwrap_or_else(PoisonError::into_inner).lives()
    }
}

impl Drop for Supervised {
    fn drop(&mut self) {
        self.ended.store(true, Ordering::Relaxed);
        if let Some(supervisor) = self.supervisor.take() {
            drop(supervisor.join());
        }
    }
}
