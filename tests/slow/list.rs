//! The list of `listen` in a real terminal: what a person does in it, what it
//! shows, and that the terminal is an ordinary one again however it ends.

use crate::claim_21_terminal::{HOSTILE, hostile_requests};
use crate::harness::target::Application;
use crate::harness::{PATIENCE, golden, hmac_sha256_hex, post, raw_exchange};
use crate::tmux::{Left, SECRET, Terminal};
use regex::Regex;
use std::net::SocketAddr;
use std::process::Command;
use std::time::{Duration, Instant};

/// A listener in a pane.
struct Listener<'a> {
    terminal: &'a Terminal,
    pane: String,
    address: SocketAddr,
}

impl<'a> Listener<'a> {
    /// Starts it between two lines that say how the terminal was before and after.
    fn start(terminal: &'a Terminal, args: &str, editor: &str) -> Self {
        let listen = terminal
            .hookctl(&format!("listen --port 0 --provider userjourneys --no-inspect --color never {args}"))
            .replacen(
                "env -i ",
                &format!("sh -c 'echo $$ > pid; exec \"$@\"' sh env -i EDITOR='{editor}' "),
                1,
            );
        let script = format!("stty -g > before\necho first line\n{listen}stty -g > after\necho last line\n");
        let pane = terminal.start(&script);
        let mut listener = Self { terminal, pane, address: ([127, 0, 0, 1], 0).into() };
        let shown = listener.sees("hookctl  http://127.0.0.1:");
        let port = shown.split("127.0.0.1:").nth(1).unwrap();
        let port: String = port.chars().take_while(char::is_ascii_digit).collect();
        listener.address.set_port(port.parse().unwrap());
        listener
    }

    fn screen(&self) -> String {
        self.terminal.tmux(&["capture-pane", "-p", "-t", &self.pane])
    }

    /// Waits until the screen is as wanted, and gives it.
    #[track_caller]
    fn waits(&self, what: &str, wanted: impl Fn(&str) -> bool) -> String {
        let begun = Instant::now();
        loop {
            let screen = self.screen();
            if wanted(&screen) {
                return screen;
            }
            assert!(begun.elapsed() < PATIENCE, "never saw {what}:\n{screen}");
            std::thread::yield_now();
        }
    }

    #[track_caller]
    fn sees(&self, text: &str) -> String {
        self.waits(text, |screen| screen.contains(text))
    }

    fn types(&self, keys: &[&str]) -> &Self {
        self.terminal.tmux(&[&["send-keys", "-t", &self.pane][..], keys].concat());
        self
    }

    fn resize(&self, width: &str, height: &str) -> &Self {
        self.terminal.tmux(&["resize-window", "-t", &self.pane, "-x", width, "-y", height]);
        self
    }

    fn receives(&self, number: u32) -> u16 {
        let body = body(number);
        let signature = format!("sha256={}", hmac_sha256_hex(SECRET, body.as_bytes()));
        let headers = [("X-Webhook-Signature", signature.as_str()), ("Content-Type", "application/json")];
        post(self.address, "/hooks/userjourneys", &headers, body.as_bytes())
    }

    /// Waits for the end, and looks at what is left of it.
    #[track_caller]
    fn ended(&self) -> String {
        self.terminal.ended();
        let modes = |name: &str| std::fs::read_to_string(self.terminal.home.join(name)).unwrap();
        assert_eq!(modes("before"), modes("after"), "the modes of the terminal");
        let screen = self.terminal.screen(&self.pane);
        assert!(screen.contains("first line") && screen.contains("last line"), "{screen}");
        assert_eq!(screen.split("last line").nth(1).unwrap().trim(), "", "the terminal typed");
        screen
    }

    fn left(&self) -> Left {
        self.terminal.left(&self.pane)
    }
}

fn body(number: u32) -> String {
    format!(
        "{{\"event\":\"interview.completed\",\"data\":{{\"interview_id\":\"int_{number}\",\"score\":1.10}}}}"
    )
}

/// A screen without what differs from run to run.
fn steady(screen: &str) -> String {
    let mut text = screen.to_owned();
    for (pattern, plain) in [
        (r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", "TIMESTAMP"),
        (r"\d{4}-\d\d-\d\d", "YYYY-MM-DD"),
        (r"\d\d:\d\d:\d\d", "HH:MM:SS"),
        (r"127\.0\.0\.1:\d+", "127.0.0.1:PORT"),
        (r"in (<?\d+ms|\d+\.\ds)", "in TIME"),
        (r"(?m)(\S)  +", "$1  "),
        (r"(?m) +$", ""),
        (r"\n\n\n+", "\n\n"),
        (r"--to \d+", "--to PORT"),
        (r"/\S+/journal\.db", "JOURNAL"),
    ] {
        text = Regex::new(pattern).unwrap().replace_all(&text, plain).into_owned();
    }
    text.trim_end().to_owned() + "\n"
}

/// What a person does: looks, opens, filters, edits, sends again, copies, resizes, leaves.
#[test]
fn a_person_works_in_the_list() {
    let terminal = Terminal::new();
    let application = Application::start();
    let editor = terminal.home.write("editor", "#!/bin/sh\nsed -i s/1.10/9.90/ \"$1\"\n");
    Command::new("chmod").arg("+x").arg(&editor).status().unwrap();
    let target = application.address.to_string();
    let listener = Listener::start(
        &terminal,
        &format!("--forward {target} --answer ack"),
        &editor.display().to_string(),
    );
    listener.sees("no deliveries yet");
    golden("view/empty.txt", &steady(&listener.screen()));

    for number in 1..=3 {
        assert_eq!(listener.receives(number), 200);
    }
    let forged = [("X-Webhook-Signature", "sha256=00"), ("Content-Type", "application/json")];
    post(listener.address, "/hooks/userjourneys", &forged, body(4).as_bytes());
    listener.waits("every row", |screen| screen.contains("#4") && screen.matches("200 in").count() == 3);
    golden("view/list.txt", &steady(&listener.screen()));

    listener.types(&["j", "d"]).sees("POST /hooks/userjourneys");
    golden("view/detail.txt", &steady(&listener.screen()));
    listener.types(&["n"]).sees("\"int_2\"");
    listener.types(&["Escape"]).sees("> #2");

    listener.types(&["/"]).types(&["-l", "verdict=failed"]).types(&["Enter"]);
    listener.waits("one row", |screen| screen.contains("#4") && !screen.contains("#1"));
    golden("view/filtered.txt", &steady(&listener.screen()));
    listener.types(&["Escape"]).sees("#1");

    let before = application.received().len();
    listener.types(&["G", "r"]).sees("#1 → ");
    assert_eq!(application.received()[before].body, body(1).into_bytes());

    listener.types(&["e"]);
    application.wait_for(before + 2);
    let edited = &application.received()[before + 1];
    assert_eq!(edited.body, body(1).replace("1.10", "9.90").into_bytes());
    let signature = format!("sha256={}", hmac_sha256_hex(SECRET, &edited.body));
    assert_eq!(edited.values("X-Webhook-Signature"), [signature.into_bytes()], "signed again");
    listener.sees("(3 attempts)");

    listener.types(&["y"]).sees("in the clipboard");
    let copied = terminal.tmux(&["show-buffer"]);
    terminal.home.write("copied.sh", &copied);
    let ran = Command::new("sh").arg(terminal.home.join("copied.sh")).output().unwrap();
    assert!(ran.status.success(), "{copied}: {}", String::from_utf8_lossy(&ran.stderr));
    assert_eq!(application.received().last().unwrap().body, body(1).into_bytes());
    terminal.tmux(&["delete-buffer"]);

    listener.types(&["?"]).sees("the words of `hookctl events list`");
    golden("view/help.txt", &steady(&listener.screen()));
    listener.types(&["?"]).resize("60", "12");
    listener.waits("a narrow list", |screen| screen.lines().count() <= 12 && screen.contains("> #1"));
    // Where a row is cut depends on how long the target took.
    let cut = Regex::new("in TIME.*").unwrap();
    golden("view/narrow.txt", &cut.replace_all(&steady(&listener.screen()), "in TIME"));
    listener.resize("150", "50").sees("> #1");

    listener.types(&["q"]);
    let screen = listener.ended();
    assert!(screen.contains("4 deliveries in"), "{screen}");
    assert!(screen.contains("curl --globoff"), "what was copied is printed at the end: {screen}");
    assert_eq!(listener.left(), Left::calm());
    let record = terminal.home.run(["events", "show", "1", "--json"]).expect(0).records();
    assert_eq!(record[0]["attempts"].as_array().unwrap().len(), 3, "{record:?}");
}

#[test]
fn ten_thousand_deliveries_are_moved_through_at_once() {
    let terminal = Terminal::new();
    let listener = Listener::start(&terminal, "", "false");
    let address = listener.address;
    let signed: Vec<Vec<u8>> = (0..100).map(|number| body(number).into_bytes()).collect();
    std::thread::scope(|scope| {
        for _ in 0..8 {
            scope.spawn(|| {
                for at in 0..1_250 {
                    let body = &signed[at % signed.len()];
                    assert_eq!(post(address, "/flood", &[("Content-Type", "application/json")], body), 401);
                }
            });
        }
    });
    listener.sees("> #10000");
    for (key, text) in
        [("G", "> #1 "), ("PPage", "> #46 "), ("g", "> #10000"), ("j", "> #9999"), ("NPage", "> #9954")]
    {
        let begun = Instant::now();
        listener.types(&[key]).sees(text);
        assert!(begun.elapsed() < Duration::from_secs(2), "{key}: {:?}", begun.elapsed());
    }
    listener.types(&["/"]).types(&["-l", "verdict=verified"]).types(&["Enter"]).sees("no delivery matches");
    listener.types(&["Escape"]).sees("> #10000");
    listener.types(&["q"]);
    assert!(listener.ended().contains("10,000 deliveries in"));
}

#[test]
fn nothing_that_was_sent_drives_the_terminal() {
    let terminal = Terminal::new();
    let listener = Listener::start(&terminal, "", "false");
    let shown = Left { flags: "1 0 0".to_owned(), ..Left::calm() };
    let mut seq = 0;
    for payload in HOSTILE {
        for bytes in hostile_requests(payload) {
            raw_exchange(listener.address, &bytes);
            seq += 1;
            listener.sees(&format!("> #{seq}"));
            listener.types(&["d"]).sees("received");
            assert_eq!(listener.left(), shown, "{payload:?}: {}", listener.screen());
            let screen = listener.types(&["g"]).screen();
            assert!(screen.starts_with("hookctl  http://127.0.0.1:"), "the title is ours: {screen}");
            listener.types(&["Escape"]).types(&["g"]).sees(&format!("> #{seq}"));
        }
    }
    listener.types(&["q"]);
    listener.ended();
    assert_eq!(listener.left(), Left::calm());
}

#[test]
fn every_end_gives_the_terminal_back_and_a_kill_does_not() {
    for (signal, restored) in [("TERM", true), ("HUP", true), ("QUIT", true), ("INT", true), ("KILL", false)]
    {
        let terminal = Terminal::new();
        let listener = Listener::start(&terminal, "", "false");
        assert_eq!(listener.left().flags, "1 0 0", "it has the second screen");
        let program = std::fs::read_to_string(terminal.home.join("pid")).unwrap();
        let killed = Command::new("kill").args([&format!("-{signal}"), program.trim()]).status().unwrap();
        assert!(killed.success());
        if restored {
            listener.ended();
            assert_eq!(listener.left(), Left::calm(), "{signal}");
        } else {
            terminal.ended();
            assert_ne!(listener.left(), Left::calm(), "the test can tell");
        }
    }
}

#[test]
fn a_bug_in_the_list_gives_the_terminal_back_and_stops_the_listener() {
    let terminal = Terminal::new();
    let listen = terminal.hookctl("listen --port 0 --no-inspect --color never");
    let listen = listen.replacen("env -i ", "env -i HOOKCTL_FAULT=list:panic ", 1);
    let script = format!(
        "stty -g > before\necho first line\n{listen}echo \"it ended with $?\"\nstty -g > after\necho last line\n"
    );
    let pane = terminal.start(&script);
    let listener = Listener { terminal: &terminal, pane, address: ([127, 0, 0, 1], 0).into() };
    listener.sees("no deliveries yet");
    listener.types(&["o"]);
    let screen = listener.ended();
    assert!(screen.contains("a bug in the list") && screen.contains("it ended with 70"), "{screen}");
    assert_eq!(listener.left(), Left::calm());
}

#[test]
fn a_stop_and_a_continue_leave_and_restore_the_list() {
    let terminal = Terminal::new();
    let listen = terminal.hookctl("listen --port 0 --no-inspect --color never");
    let script = format!(
        "set -m\nstty -g > before\necho first line\n{listen}stty -g > stopped\necho it stopped\nfg\nstty -g > after\necho last line\n"
    );
    let pane = terminal.start(&script);
    let listener = Listener { terminal: &terminal, pane, address: ([127, 0, 0, 1], 0).into() };
    listener.sees("no deliveries yet");
    listener.types(&["C-z"]);
    let stopped = terminal.home.join("stopped");
    listener.waits("the list again", |screen| stopped.exists() && screen.contains("no deliveries yet"));
    assert_eq!(listener.left().flags, "1 0 0");
    let modes = |name: &str| std::fs::read_to_string(terminal.home.join(name)).unwrap();
    assert_eq!(modes("before"), modes("stopped"));
    listener.types(&["q"]);
    assert!(listener.ended().contains("it stopped"));
    assert_eq!(listener.left(), Left::calm());
}

#[test]
fn pipes_scripts_and_those_who_ask_get_lines() {
    let terminal = Terminal::new();
    for (before, args, behind) in [
        ("", "", " | cat"),
        ("CI=1 ", "", ""),
        ("TERM=dumb ", "", ""),
        ("", "--output text", ""),
        ("", "--show none", ""),
        ("", "--until 1", ""),
        ("", "--no-journal", ""),
    ] {
        let listen = terminal.hookctl(&format!("listen --port 0 --no-inspect {args}"));
        let listen = listen.replacen("TERM=screen-256color", &format!("TERM=screen-256color {before}"), 1);
        let pane =
            terminal.start(&format!("echo first line\n{}{behind}\necho last line\n", listen.trim_end()));
        let listener = Listener { terminal: &terminal, pane, address: ([127, 0, 0, 1], 0).into() };
        listener.sees("journal  ");
        assert_eq!(listener.left().flags, "0 1 0", "{before}{args}{behind}");
        listener.types(&["C-c"]);
        terminal.ended();
        assert!(terminal.screen(&listener.pane).contains("last line"));
    }
}
