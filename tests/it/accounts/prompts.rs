//! `login` with a person in front of it: a terminal of its own, and keys typed into it.

use super::vendor::Vendor;
use super::{KOJI_KEY, files};
use crate::harness::terminal::awaits_keys;
use crate::harness::{Home, PATIENCE};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read, Write};
use std::process::{Command, ExitStatus, Stdio};
use std::sync::mpsc::{Receiver, channel};

/// A program at a terminal.
struct Session {
    child: std::process::Child,
    keys: File,
    shown: Receiver<Vec<u8>>,
    seen: String,
}

impl Session {
    fn start(mut command: Command) -> Self {
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
    fn sees(&mut self, text: &str) -> &mut Self {
        while !self.seen.contains(text) {
            let more = self.shown.recv_timeout(PATIENCE);
            let more = more.unwrap_or_else(|_| panic!("never saw {text:?}: {}", self.seen));
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
        self
    }

    fn types(&mut self, text: &str) -> &mut Self {
        awaits_keys(&self.keys);
        self.keys.write_all(text.as_bytes()).unwrap();
        self
    }

    fn ends(mut self) -> (ExitStatus, String) {
        let status = self.child.wait().unwrap();
        while let Ok(more) = self.shown.recv() {
            self.seen.push_str(&String::from_utf8_lossy(&more));
        }
        (status, self.seen)
    }
}

#[test]
fn a_person_chooses_the_vendor_and_types_the_key_unseen() {
    let (home, vendor) = (Home::default(), Vendor::saying(404, "{}"));
    let mut command = home.command(["login"]);
    command.env("KOJI_BASE_URL", format!("http://{}", vendor.address));
    let mut session = Session::start(command);
    session.sees("Vendor").sees("Koji").types("\x1b[B\r");
    session.sees("API key of Koji").types(&format!("{KOJI_KEY}\r"));
    let (status, seen) = session.ends();
    assert_eq!(status.code(), Some(0), "{seen}");
    assert!(seen.contains("pk_live_…c3d4") && !seen.contains("fake0000"), "{seen}");
    let stored = std::fs::read_to_string(home.join("settings/profiles/koji/api-key")).unwrap();
    assert_eq!(stored.trim(), KOJI_KEY);
    assert!(vendor.asked()[0].contains(KOJI_KEY));
}

#[test]
fn an_empty_answer_and_no_input_store_nothing() {
    let home = Home::default();
    let mut session = Session::start(home.command(["login", "--provider", "koji", "--no-check"]));
    session.sees("API key of Koji").types("\r");
    let (status, seen) = session.ends();
    assert_eq!(status.code(), Some(3), "{seen}");
    assert!(seen.contains("the API key is empty"), "{seen}");
    let (status, seen) = Session::start(home.command(["login", "--no-input"])).ends();
    assert_eq!(status.code(), Some(2), "{seen}");
    assert!(files(&home.join("settings")).is_empty());
}
