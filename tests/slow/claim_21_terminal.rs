//! Claim 21: nothing that was received drives the terminal. A real one is the
//! victim: its title, its clipboard, its screen and what it types back.

use crate::harness::{Home, PATIENCE, hmac_sha256_hex, post, raw_exchange, request, require};
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Command, Output};
use std::time::Instant;

const SECRET: &str = "not-a-secret-of-the-terminal";

/// What terminals obey: titles, clipboards, links, screens, questions.
const HOSTILE: [&str; 16] = [
    "\x1b]0;PWNED\x07",
    "\x1b]2;PWNED\x1b\\",
    "\x1bkPWNED\x1b\\",
    "\u{9d}2;PWNED\u{9c}",
    "\x1b]52;c;UFdORUQ=\x07",
    "\x1b]8;;http://evil.test\x07link\x1b]8;;\x07",
    "\x1b[2J\x1b[H",
    "\u{9b}2J",
    "\x1b[6n",
    "\x1b[c",
    "\x1b[20t",
    "\x1b[?1049h",
    "\x1b[?1000h",
    "\x1b[?25l",
    "\x1bPtmux;\x1b\x1b]2;PWNED\x07\x1b\\",
    "ok\r\x1b[Kforged \x08\x08\x08",
];

/// A terminal of its own: a tmux server that only this test knows.
struct Terminal {
    home: Home,
    socket: PathBuf,
}

/// What a terminal was left like.
#[derive(Debug, PartialEq, Eq)]
struct Left {
    title: String,
    clipboard: Option<String>,
    /// Alternate screen, cursor, mouse.
    flags: String,
}

impl Left {
    fn calm() -> Self {
        Self { title: "calm".to_owned(), clipboard: None, flags: "0 1 0".to_owned() }
    }
}

impl Terminal {
    fn new() -> Self {
        require("tmux");
        let home = Home::default();
        let terminal = Self { socket: home.join("tmux"), home };
        terminal.tmux(&["-f", "/dev/null", "new-session", "-d", "-x", "150", "-y", "50", "exec sleep 600"]);
        // The most obedient a terminal can be.
        for option in ["set-clipboard", "allow-passthrough", "allow-rename"] {
            terminal.tmux(&["set", "-g", option, "on"]);
        }
        terminal.tmux(&["set", "-g", "remain-on-exit", "on"]);
        terminal
    }

    fn try_tmux(&self, args: &[&str]) -> Output {
        let mut command = Command::new("tmux");
        command.arg("-S").arg(&self.socket).args(args).env_remove("TMUX").env("LC_ALL", "C.UTF-8");
        command.current_dir(self.home.path()).output().unwrap()
    }

    #[track_caller]
    fn tmux(&self, args: &[&str]) -> String {
        let output = self.try_tmux(args);
        assert!(output.status.success(), "{args:?}: {}", String::from_utf8_lossy(&output.stderr));
        String::from_utf8_lossy(&output.stdout).into_owned()
    }

    /// Runs a script in a calm new pane; gives the pane.
    fn start(&self, script: &str) -> String {
        // Ctrl-C is for the program; the shells around it go on.
        let file = self.home.write("script", format!("trap : INT\n{script}"));
        // What the terminal types back is shown by `cat`, after the end of the script.
        let line = format!(
            "sh {}; tmux -S {} wait-for -S ended; exec cat -v",
            file.display(),
            self.socket.display()
        );
        let setup = format!("trap : INT; printf '\\033]2;calm\\033\\\\'; {line}");
        self.tmux(&["new-window", "-d", "-P", "-F", "#{pane_id}", &setup]).trim().to_owned()
    }

    #[track_caller]
    fn ended(&self) {
        let mut command = Command::new("timeout");
        command.args(["60", "tmux", "-S"]).arg(&self.socket).args(["wait-for", "ended"]);
        assert!(command.status().unwrap().success(), "the script in the pane did not end");
    }

    fn screen(&self, pane: &str) -> String {
        self.tmux(&["capture-pane", "-p", "-J", "-S", "-", "-t", pane])
    }

    fn left(&self, pane: &str) -> Left {
        let ask = |format: &str| self.tmux(&["display-message", "-p", "-t", pane, format]).trim().to_owned();
        let buffer = self.try_tmux(&["show-buffer"]);
        Left {
            title: ask("#{pane_title}"),
            clipboard: buffer.status.success().then(|| String::from_utf8_lossy(&buffer.stdout).into_owned()),
            flags: ask("#{alternate_on} #{cursor_flag} #{mouse_any_flag}"),
        }
    }

    /// A shell line that runs the program in this home, whatever the pane's own environment is.
    fn hookctl(&self, args: &str) -> String {
        let home = self.home.path().display();
        format!(
            "env -i PATH=\"$PATH\" HOME={home} TERM=screen-256color LANG=C.UTF-8 USERJOURNEYS_WEBHOOK_SECRET={SECRET} \
             HOOKCTL_CONFIG_DIR={home}/settings HOOKCTL_DATA_DIR={home}/data {} {args}\n",
            env!("CARGO_BIN_EXE_hookctl")
        )
    }
}

impl Drop for Terminal {
    fn drop(&mut self) {
        drop(self.try_tmux(&["kill-server"]));
    }
}

#[test]
fn the_raw_payloads_do_drive_this_terminal() {
    let terminal = Terminal::new();
    for (number, payload) in HOSTILE.iter().enumerate() {
        terminal.home.write(&format!("payload-{number}"), payload);
    }
    for (numbers, changed) in [
        (&[0][..], "title"),
        (&[1], "title"),
        (&[4], "clipboard"),
        (&[11], "flags"),
        (&[12], "flags"),
        (&[13], "flags"),
    ] {
        let files: Vec<String> = numbers.iter().map(|number| format!("payload-{number}")).collect();
        let pane = terminal.start(&format!("cat {}\n", files.join(" ")));
        terminal.ended();
        let begun = Instant::now();
        // The terminal reads on its own time.
        while terminal.left(&pane) == Left::calm() {
            assert!(begun.elapsed() < PATIENCE, "{numbers:?} should have changed the {changed}");
        }
        drop(terminal.try_tmux(&["delete-buffer"]));
    }
}

/// A delivery with this string wherever a sender can put one.
fn hostile_requests(payload: &str) -> Vec<Vec<u8>> {
    let json =
        serde_json::json!({ "event": payload, "data": { "interview_id": payload }, payload: [payload] });
    let escaped = json.to_string().into_bytes();
    // JSON allows C1 as it is; anything goes in what is no JSON.
    let raw = format!("{{\"event\":\"{payload}\",\"{payload}\":1}} {payload}\n{payload}").into_bytes();
    let latin: String =
        payload.chars().filter(|letter| !letter.is_control() || *letter as u32 >= 0x80).collect();
    let form = format!("a={payload}&{payload}=b").into_bytes();
    [(escaped, "application/json"), (raw, "application/json"), (form, "application/x-www-form-urlencoded")]
        .into_iter()
        .map(|(body, kind)| {
            let signature = format!("sha256={}", hmac_sha256_hex(SECRET, &body));
            let headers =
                [("X-Webhook-Signature", signature.as_str()), ("Content-Type", kind), ("X-Hostile", &latin)];
            request("POST", "/%1b%5d0;PWNED%07?q=%9b2J", &headers, &body)
        })
        .collect()
}

/// Waits until the listener says where it is.
fn address(terminal: &Terminal, pane: &str) -> SocketAddr {
    let begun = Instant::now();
    loop {
        let screen = terminal.screen(pane);
        let port = screen.split("listening on http://127.0.0.1:").nth(1);
        let digits = port.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        if let Some(Ok(port)) = digits.map(|digits| digits.parse::<u16>()) {
            return ([127, 0, 0, 1], port).into();
        }
        assert!(begun.elapsed() < PATIENCE, "{screen}");
    }
}

#[track_caller]
fn assert_calm(terminal: &Terminal, pane: &str, what: &str) -> String {
    let screen = terminal.screen(pane);
    assert_eq!(terminal.left(pane), Left::calm(), "{what}: {screen}");
    assert!(screen.contains("first line") && screen.contains("last line"), "{what}: {screen}");
    // An answer that the terminal typed would stand after the last line.
    let after = screen.split("last line").nth(1).unwrap();
    assert_eq!(after.trim(), "", "{what}: the terminal typed");
    screen
}

#[test]
fn a_listener_and_the_journal_show_it_all_and_drive_nothing() {
    let terminal = Terminal::new();
    terminal.tmux(&["set", "-g", "history-limit", "50000"]);
    let listen = terminal.hookctl("listen --port 0 --provider userjourneys --show all --color always");
    let pane = terminal.start(&format!("echo first line\n{listen}echo last line\n"));
    let address = address(&terminal, &pane);
    let mut sent = 0;
    for payload in HOSTILE {
        for bytes in hostile_requests(payload) {
            raw_exchange(address, &bytes);
            sent += 1;
        }
    }
    post(address, "/end", &[], b"{}");
    terminal.tmux(&["send-keys", "-t", &pane, "C-c"]);
    terminal.ended();
    let screen = assert_calm(&terminal, &pane, "listen");
    assert!(screen.contains("PWNED"), "the payloads were shown, as text: {screen}");

    let kept = terminal.home.run(["events", "list", "--json", "--limit", "1000"]).expect(0).records();
    assert_eq!(kept.len(), sent + 1);
    let mut script = "echo first line\n".to_owned();
    script.push_str(&terminal.hookctl("events list --color always"));
    for seq in 1..=sent {
        script.push_str(&terminal.hookctl(&format!("events show {seq} --color always --reveal")));
    }
    script.push_str(&terminal.hookctl("events export"));
    script.push_str(&terminal.hookctl("events list --json"));
    script.push_str("echo last line\n");
    let pane = terminal.start(&script);
    terminal.ended();
    assert_calm(&terminal, &pane, "events");
}

#[test]
fn names_that_somebody_typed_or_sent_drive_nothing_when_they_are_refused() {
    let terminal = Terminal::new();
    terminal.tmux(&["set", "-g", "history-limit", "50000"]);
    let mut script = "echo first line\n".to_owned();
    for (number, payload) in HOSTILE.iter().enumerate() {
        terminal.home.write(&format!("payload-{number}"), payload);
        script.push_str(&format!("payload=\"$(cat payload-{number})\"\n"));
        for args in [
            "\"$payload\"",
            "sign \"$payload\" --provider koji --secret-env USERJOURNEYS_WEBHOOK_SECRET",
            "sign --data a --provider \"$payload\"",
            "events list --journal \"$payload\"",
            "events list --type \"$payload\" --status \"$payload\"",
            "listen --forward \"$payload\" --port 0 --for 1ms",
            "listen --filter \"$payload\" --port 0 --for 1ms",
            "verify --data a --provider koji -H \"X-Koji-Signature: $payload\" --secret-env USERJOURNEYS_WEBHOOK_SECRET",
            "trigger \"$payload\" --to \"127.0.0.1:1/$payload\" --provider koji --secret-env USERJOURNEYS_WEBHOOK_SECRET",
        ] {
            script.push_str(&terminal.hookctl(args));
        }
    }
    script.push_str("echo last line\n");
    let pane = terminal.start(&script);
    terminal.ended();
    let screen = assert_calm(&terminal, &pane, "errors");
    assert!(screen.contains("PWNED"), "the names were said, as text: {screen}");
}
