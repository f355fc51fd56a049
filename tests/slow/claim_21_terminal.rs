//! Claim 21: nothing that was received drives the terminal. A real one is the
//! victim: its title, its clipboard, its screen and what it types back.

use crate::harness::{PATIENCE, hmac_sha256_hex, post, raw_exchange, request};
use crate::tmux::{Left, SECRET, Terminal};
use std::net::SocketAddr;
use std::time::Instant;

/// What terminals obey: titles, clipboards, links, screens, questions.
pub(crate) const HOSTILE: [&str; 16] = [
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
pub(crate) fn hostile_requests(payload: &str) -> Vec<Vec<u8>> {
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
pub(crate) fn address(terminal: &Terminal, pane: &str) -> SocketAddr {
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
