//! Claim 34: a signing secret is nowhere but where the user put it: in no
//! output, no error, no file, no command line, no child, no request, no dump.

use crate::harness::canary::{Canary, every_file};
use crate::harness::target::Application;
use crate::harness::{Home, Listening, Ran, hmac_sha256_hex, post, raw_exchange, request, status_of, under};
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;

/// With bytes that look otherwise in a URL, in base64 and in hex.
const CANARY: &str = "CANARY-fake/secret+of=the?hunt&0123456789";
const ENVIRONMENT: [(&str, &str); 5] = [
    ("KOJI_WEBHOOK_SECRET", CANARY),
    ("USERJOURNEYS_WEBHOOK_SECRET", CANARY),
    ("MY_OWN_NAME", CANARY),
    ("RUST_LOG", "trace"),
    ("RUST_BACKTRACE", "full"),
];

fn canary() -> Canary {
    Canary::new(CANARY)
}

#[track_caller]
fn assert_clean(what: &str, bytes: &[u8]) {
    canary().assert_not_in(what, bytes);
}

/// Runs with the canaries in the environment; nothing of them may come out.
#[track_caller]
fn hunt(home: &Home, args: &[&str]) -> Ran {
    let ran = home.run_with(args, b"", &ENVIRONMENT);
    assert_clean(&format!("standard output of {args:?}"), &ran.stdout);
    assert_clean(&format!("standard error of {args:?}"), &ran.stderr);
    assert!(ran.code() != 70, "{args:?} is a bug: {}", ran.err());
    ran
}

#[test]
fn the_hunt_sees_a_canary_in_every_spelling() {
    for spelling in canary().spellings() {
        assert!(!canary().spelled_in(&[b"before ", &spelling[..], b" after"].concat()).is_empty());
    }
    assert!(!canary().spelled_in(STANDARD_NO_PAD.encode(format!("user:{CANARY}")).as_bytes()).is_empty());
}

/// A journal with a delivery that verified and one that did not, and what the
/// listener said of them at its loudest.
fn life_of_a_listener(home: &Home, target: &Application, json: bool) {
    let mut command =
        home.command(["listen", "--port", "0", "-vvv", "--show", "all", "--print-env", "--until", "2"]);
    command.args(["--forward", &target.url()]).args(json.then_some("--json")).envs(ENVIRONMENT);
    // Two events that nobody has seen before: repeats are none for `--until`.
    let body = |id: u32| {
        format!("{{\"type\":\"interview.completed\",\"data\":{{\"interview_id\":\"int_{json}_{id}\"}}}}")
    };
    let (first, second) = (body(1), body(2));
    let good = |body: &str| format!("sha256={}", hmac_sha256_hex(CANARY, body.as_bytes()));
    let mut child = command.spawn().unwrap();
    let process = child.id();
    // The port is said on one of the two, as text or in a record.
    let (mut said, mut reader) = (String::new(), std::io::BufReader::new(child.stderr.take().unwrap()));
    let mut records = std::io::BufReader::new(child.stdout.take().unwrap());
    let address = loop {
        let read = if json {
            std::io::BufRead::read_line(&mut records, &mut said)
        } else {
            std::io::BufRead::read_line(&mut reader, &mut said)
        };
        assert!(read.unwrap() > 0, "{said}");
        let url = said.split("http://127.0.0.1:").nth(1);
        let port = url.map(|rest| rest.chars().take_while(char::is_ascii_digit).collect::<String>());
        if let Some(Ok(port)) = port.map(|port| port.parse::<u16>()) {
            break ([127, 0, 0, 1], port).into();
        }
    };
    for (signature, body) in
        [(good(&first), &first), ("sha256=00".to_owned(), &first), (good(&second), &second)]
    {
        post(address, "/hooks", &[("X-Koji-Signature", &signature)], body.as_bytes());
    }
    assert_clean("the command line", &std::fs::read(format!("/proc/{process}/cmdline")).unwrap_or_default());
    std::io::Read::read_to_string(&mut reader, &mut said).unwrap();
    std::io::Read::read_to_string(&mut records, &mut said).unwrap();
    assert!(child.wait().unwrap().success(), "{said}");
    assert!(said.contains("KOJI_WEBHOOK_SECRET"), "where the secret comes from is said: {said}");
    assert_clean("what a listener says", said.as_bytes());
}

#[test]
fn no_command_and_no_file_gives_a_secret_away() {
    let (home, target) = (Home::default(), Application::start());
    life_of_a_listener(&home, &target, false);
    life_of_a_listener(&home, &target, true);
    let file = home.secret("secret", CANARY);
    let body =
        home.write("body.json", "{\"type\":\"interview.completed\",\"data\":{\"interview_id\":\"i\"}}");
    let scripts = home.join("scripts");
    let (file, body, scripts) = (file.to_str().unwrap(), body.to_str().unwrap(), scripts.to_str().unwrap());
    let to = target.url();
    for source in [&["--secret-file", file][..], &["--secret-env", "MY_OWN_NAME"], &["--secret", CANARY], &[]]
    {
        let with = |args: &[&'static str]| [args, source, &["--provider", "koji", "-vvv"]].concat();
        for form in ["headers", "curl", "http", "json"] {
            hunt(&home, &[&with(&["sign", "--as", form])[..], &[body]].concat()).expect(0);
        }
        hunt(&home, &[&with(&["verify", "-H", "X-Koji-Signature: sha256=00"])[..], &[body]].concat())
            .expect(1);
        hunt(&home, &[&with(&["verify", "--event", "1"])[..], &[]].concat()).expect(0);
        hunt(&home, &[&with(&["trigger", "interview.completed"])[..], &["--to", &to]].concat()).expect(0);
        hunt(&home, &[&with(&["events", "replay", "1", "--resign"])[..], &["--to", &to]].concat()).expect(0);
        hunt(&home, &[&with(&["events", "replay", "1", "--resign", "--json"])[..], &["--to", &to]].concat())
            .expect(0);
        // Mistakes beside it.
        hunt(&home, &[&with(&["sign", "--bogus"])[..], &[body]].concat()).expect(2);
        hunt(&home, &[&with(&["sign", "/no/such/file"])[..]].concat()).expect(2);
        hunt(&home, &[&with(&["trigger", "interview.completed"])[..], &["--to", "127.0.0.1:1"]].concat())
            .expect(5);
        hunt(&home, &[&["sign", "--provider", "standard-webhooks"], source, &[body]].concat());
        hunt(&home, &[&["sign", "--provider", "no-such"], source, &[body]].concat()).expect(2);
        hunt(
            &home,
            &[&["listen", "--port", "0", "--provider", "standard-webhooks", "--for", "1ms"], source].concat(),
        );
    }
    for args in [
        &["events", "list", "--json"][..],
        &["events", "show", "1", "--reveal"],
        &["events", "show", "1", "--raw"],
        &["events", "export"],
        &["events", "export", "--format", "har"],
        &["events", "export", "--format", "curl", "--dir", scripts],
        &["providers", "list"],
        &["providers", "show", "koji", "--json"],
        &["completions", "bash"],
        &["completions", "zsh"],
        &["man"],
        &["--help"],
        &["help", "listen"],
        &["help", "sign"],
        &["listen", "--help"],
        &["verify", "-h"],
        &["listen", "--secret-env", "KOJI_WEBHOOK_SECRET", "--port", "no number"],
    ] {
        hunt(&home, args);
    }
    for received in target.received() {
        assert_clean("a request to the target", &[received.head, received.body].concat());
    }
    let mut files = 0;
    every_file(home.path(), &mut |path, bytes| {
        if !path.ends_with("secret") {
            assert_clean(&path.display().to_string(), bytes);
            files += 1;
        }
    });
    assert!(files > 8, "journal, scripts and the rest: {files}");
}

/// A stand-in for an editor: notes what it can see, then changes nothing.
fn editor(home: &Home) -> String {
    use std::os::unix::fs::PermissionsExt;
    let script = "#!/bin/sh\nenv > seen-environment\nprintf '%s\\n' \"$@\" > seen-arguments\ncat /proc/$PPID/cmdline > seen-parent\nls -ld \"$(dirname \"$2\")\" > seen-folder\n";
    let path = home.write("editor", script);
    std::fs::set_permissions(&path, std::fs::Permissions::from_mode(0o700)).unwrap();
    path.display().to_string()
}

#[test]
fn an_editor_is_started_without_secrets_and_without_a_shell() {
    let (home, target) = (Home::default(), Application::start());
    life_of_a_listener(&home, &target, true);
    let words = format!("{} $(touch${{IFS}}shell-ran);touch shell-ran #", editor(&home));
    let mut variables = ENVIRONMENT.to_vec();
    variables.extend([
        ("EDITOR", words.as_str()),
        ("KOJI_API_KEY", CANARY),
        ("TERM", "vt100"),
        ("UNHEARD_OF", CANARY),
    ]);
    let args = ["events", "replay", "1", "--edit", "--to", &target.url(), "--secret-env", "MY_OWN_NAME"];
    home.run_with(args, b"", &variables).expect(0);
    let seen = |name: &str| std::fs::read(home.join(name)).unwrap();
    assert_clean("the editor's environment", &seen("seen-environment"));
    assert_clean("the command line above the editor", &seen("seen-parent"));
    let environment = String::from_utf8(seen("seen-environment")).unwrap();
    for name in ["PATH=", "HOME=", "TERM=vt100", "LANG="] {
        assert!(environment.lines().any(|line| line.starts_with(name)), "an editor needs {name}");
    }
    let arguments = String::from_utf8(seen("seen-arguments")).unwrap();
    assert!(arguments.starts_with("$(touch${IFS}shell-ran);touch\nshell-ran\n#\n"), "{arguments}");
    assert!(!home.join("shell-ran").exists(), "a shell read the words of EDITOR");
}

#[test]
fn a_crash_leaves_no_image_of_the_memory() {
    use std::os::unix::process::ExitStatusExt;
    let home = Home::default();
    let dumps = [
        "sh",
        "-c",
        "ulimit -S -c unlimited 2>/dev/null || ulimit -S -c $(ulimit -H -c); exec \"$0\" \"$@\"",
    ];
    let mut listening = Listening::start(under(dumps, &home.command(["listen", "--port", "0", "--json"])));
    assert_eq!(status_of(&raw_exchange(listening.address, &request("POST", "/", &[], b"{}"))), 200);
    let limits = std::fs::read_to_string(format!("/proc/{}/limits", listening.child.id())).unwrap();
    let line = limits.lines().find(|line| line.starts_with("Max core file size")).unwrap();
    assert_eq!(line.split_whitespace().nth(4), Some("0"), "{line}");
    // QUIT would do as well, but what a shell starts in the background ignores it.
    listening.signal("ABRT");
    let status = listening.wait();
    assert_eq!((status.signal(), status.core_dumped()), (Some(6), false));
}
