//! A terminal of a test's own, and what a test that types must know of it.

use super::PATIENCE;
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use rustix::termios::{LocalModes, tcgetattr};
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};
use std::time::Instant;

/// Waits until the program reads keys: a prompt is shown before the terminal
/// stops echoing, and what is typed in between is thrown away.
#[track_caller]
pub(crate) fn awaits_keys(terminal: &File) {
    let end = Instant::now() + PATIENCE;
    while tcgetattr(terminal).unwrap().local_modes.contains(LocalModes::ECHO) {
        assert!(Instant::now() < end, "the program reads no keys");
        std::thread::yield_now();
    }
}

/// A program at a terminal.
pub(crate) struct Session {
    child: std::process::Child,
    keys: File,
    shown: Receiver<Vec<u8>>,
    seen: String,
}

impl Session {
    pub(crate) fn start(mut command: Command) -> Self {
        let ours = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&ours).unwrap();
        unlockpt(&ours).unwrap();
        let name = ptsname(&ours, Vec::new()).unwrap().into_string().unwrap();
        let theirs = File::options().read(true).write(true).open(name).unwrap();
        command.env("TERM", "xterm").stdin(Stdio::from(theirs.try_clone().unwrap()));
        command.stdout(Stdio::from(theirs.try_clone().unwrap())).stderr(Stdio::from(theirs));
        let child = command.spawn().unwrap();
        drop(command);
        let keys = File::from(ours);
        let mut screen = keys.try_clone().unwrap();
        let (to_test, shown) = channel();
        std::thread::spawn(move || {
            let mut some = [0; 4096];
            // The terminal is gone when the program is.
            while let Ok(read @ 1..) = screen.read(&mut some) {
                if to_test.send(some[..read].to_vec()).is_err() {
                    return;
                }
            }
        });
        Self { child, keys, shown, seen: String::new() }
    }

    /// Waits until this is shown.
    #[track_caller]
    pub(crate) fn sees(&mut self, text: &str) -> &mut Self {
        while !self.seen.contains(text) {
            let more = self.shown.recv_timeout(PATIENCE);
            let more = more.unwrap_or_else(|_| panic!("never saw {text:?}: {}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
        self
    }

    pub(crate) fn types(&mut self, text: &str) -> &mut Self {
        awaits_keys(&self.keys);
        self.keys.write_all(text.as_bytes()).unwrap();
        self
    }

    pub(crate) fn ends(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        while let Ok(more) = self.shown.recv() {
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
        (status, self.seen)
    }
}
