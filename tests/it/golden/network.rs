//! `demo`, `listen` and `trigger` over real sockets.

use super::{Story, finished, started};
use crate::application::Door;
use crate::harness::{Home, Ran, hmac_sha256_hex, post};
use std::net::SocketAddr;

const SECRET: &str = "an-invented-secret";
const BODY: &str = r#"{"type":"interview.completed","data":{"interview_id":"i1","study_title":"Demo"}}"#;
const OTHER: &str = r#"{"type":"report.generated","timestamp":"then","data":{"report_id":"r1"}}"#;

/// An application that gives every request the same answer.
pub(super) fn application(status: u16, body: &'static str) -> Door {
    Door::open_with(move |_, _| {
        let length = body.len();
        format!(
            "HTTP/1.1 {status} Said\r\nContent-Type: text/plain\r\nContent-Length: {length}\r\n\
             Connection: close\r\n\r\n{body}"
        )
        .into_bytes()
    })
}

fn signed(body: &str) -> [(&'static str, String); 2] {
    let signature = format!("sha256={}", hmac_sha256_hex(SECRET, body.as_bytes()));
    [("Content-Type", "application/json".to_owned()), ("X-Koji-Signature", signature)]
}

/// Sends what Koji would send, or a forgery, and gives the status.
pub(super) fn send(address: SocketAddr, body: &str, genuine: bool) -> u16 {
    let [(kind, json), (name, mut signature)] = signed(body);
    if !genuine {
        signature = format!("sha256={}", "0".repeat(64));
    }
    post(address, "/hooks/koji?a=1", &[(kind, &json), (name, &signature)], body.as_bytes())
}

/// The completion of another interview.
fn another(number: u32) -> String {
    BODY.replace("i1", &format!("i{number}"))
}

/// Listens in text mode until it has seen enough.
fn listened(story: &mut Story, code: i32, args: &[&str], sends: impl FnOnce(SocketAddr)) {
    let typed: Vec<&str> = ["listen", "--port", "0"].iter().chain(args).copied().collect();
    let mut command = story.home.command(&typed);
    command.envs(story.variables());
    // The last line of the block that says what the listener works with.
    let last = if args.contains(&"--no-journal") { "journal   off" } else { "journal" };
    let running = started(command, last);
    let url = running.1.lines().find_map(|line| line.strip_prefix("listening on http://")).unwrap();
    sends(url.parse().unwrap());
    let ran: Ran = finished(running).expect(code);
    story.tell(&typed, &ran);
}

fn story() -> Story {
    let mut story = Story::new();
    story.variable("KOJI_WEBHOOK_SECRET", SECRET);
    story
}

#[test]
fn demo() {
    let mut story = Story::new();
    story.run(0, &["demo"]);
    story.run(0, &["demo", "--quiet", "--jq", "select(.type == \"delivery\") | .verdict.code"]);
    story.run(2, &["demo", "3000"]);
    let file = story.home.write("file", "");
    story.variable("TMPDIR", file.to_str().unwrap()).run(6, &["demo"]);
    story.golden("demo.txt");
}

#[test]
fn listen() {
    let mut story = story();
    let app = application(200, "saved");
    let target = app.address.to_string();
    listened(&mut story, 0, &["--until", "1"], |address| {
        assert_eq!(send(address, BODY, false), 401);
        assert_eq!(send(address, BODY, true), 200);
    });
    listened(&mut story, 0, &["--until", "2", "--forward", &target, "--show", "none"], |address| {
        assert_eq!(send(address, OTHER, false), 401);
        assert_eq!(post(address, "/", &[], b"not json"), 401);
        assert_eq!(send(address, OTHER, true), 200);
        assert_eq!(send(address, OTHER, true), 200);
        assert_eq!(send(address, &OTHER.replace("r1", "r2"), true), 200);
    });
    listened(&mut story, 0, &["--until", "1", "--forward", "127.0.0.1:1", "--show", "all"], |address| {
        assert_eq!(send(address, &another(2), true), 502);
    });
    let ack =
        ["--until", "1", "--forward", "127.0.0.1:1", "--answer", "ack", "--retry", "none", "--show", "none"];
    listened(&mut story, 0, &ack, |address| assert_eq!(send(address, &another(3), true), 200));
    // The hint of a dead letter: the target as it was named, in the journal that was named.
    let journal = story.home.join("my journal.db");
    let named = [&ack[..2], &["--forward", "127.0.0.1:1/base", "--path-mode", "fixed"], &ack[4..]].concat();
    let named = [&named[..], &["--journal", journal.to_str().unwrap()]].concat();
    listened(&mut story, 0, &named, |address| assert_eq!(send(address, BODY, true), 200));
    // What still waits is found in that journal, too.
    let waiting = named.iter().copied().filter(|word| !["--retry", "none", "--show"].contains(word));
    let waiting: Vec<&str> = waiting.chain(["--show", "none"]).collect();
    listened(&mut story, 0, &waiting, |address| assert_eq!(send(address, &another(4), true), 200));
    listened(&mut story, 0, &["--until", "1", "--no-journal", "--show", "none", "-v"], |address| {
        assert_eq!(send(address, OTHER, true), 200);
    });
    story.golden("listen.txt");
}

/// A person reads where to look on, once; not with every forgery of a flood.
#[test]
fn what_nothing_explains_is_said_once() {
    let mut story = story();
    let file = story.home.secret("secret.txt", SECRET).display().to_string();
    let args = ["--provider", "koji", "--secret-file", &file, "--until", "1", "--show", "none"];
    listened(&mut story, 0, &args, |address| {
        for _ in 0..3 {
            assert_eq!(send(address, BODY, false), 401);
        }
        assert_eq!(send(address, BODY, true), 200);
    });
    assert_eq!(story.text.matches("none of the usual mistakes explains #1").count(), 1, "{}", story.text);
    let command = format!("hookctl verify --event 1 --explain --provider koji --secret-file {file}");
    assert!(story.text.contains(&command), "{}", story.text);
    // What is printed does what it says.
    let command = ["verify", "--event", "1", "--explain", "--provider", "koji", "--secret-file", &file];
    story.run(1, &command);
    assert!(story.text.contains("secret_whitespace"), "{}", story.text);
}

/// The command of that line judges as the listener did, whatever that was told.
#[test]
fn the_command_behind_an_unexplained_failure_knows_the_url_and_the_ids() {
    let mut story = story();
    let file = story.home.secret("secret.txt", SECRET).display().to_string();
    let url = ["--public-url", "https://shop.example.test/base", "--tolerance", "2h"];
    let own = [
        "--provider",
        "acme",
        "--provider-file",
        "acme.toml",
        "--webhook-id",
        "WH-1",
        "--secret-file",
        &file,
    ];
    story.home.write("acme.toml", "[acme]\nheader = \"X-Acme\"\ncontent = \"{url}{webhook_id}{body}\"\n");
    let args = [&own[..], &url, &["--until", "1", "--show", "none"]].concat();
    let sign = |secret: &str| {
        let signed = format!("https://shop.example.test/base/a?b=it's{}{BODY}", "WH-1");
        hmac_sha256_hex(secret, signed.as_bytes())
    };
    listened(&mut story, 0, &args, |address| {
        for (secret, status) in [("another-secret-of-nobody", 401), (SECRET, 200)] {
            let headers = [("X-Acme", &*sign(secret))];
            assert_eq!(post(address, "/a?b=it's", &headers, BODY.as_bytes()), status);
        }
    });
    let command = format!(
        "hookctl verify --event 1 --explain --provider acme --provider-file acme.toml --webhook-id WH-1 \
         --secret-file {file} --tolerance 2h --url "
    );
    assert!(story.text.contains(&command), "{}", story.text);
    // As the command says it, of the delivery that held.
    let url = ["--tolerance", "2h", "--url", "https://shop.example.test/base/a?b=it's"];
    story.run(0, &[&["verify", "--event", "2", "--explain"], &own[..], &url].concat());
}

#[test]
fn listen_in_records() {
    let mut story = story();
    let app = application(200, "saved");
    let target = app.address.to_string();
    let args = ["--forward", &target, "--until", "1"];
    let listening = story.home.listen_with(args, &story.variables());
    assert_eq!(send(listening.address, BODY, false), 401);
    assert_eq!(send(listening.address, BODY, true), 200);
    let (code, records, said) = listening.finish();
    assert_eq!((code, said.as_str()), (0, ""));
    story.run(124, &["listen", "--port", "0", "--for", "10ms", "--json"]);
    let lines: Vec<String> =
        records.iter().map(|record| serde_json::to_string_pretty(record).unwrap()).collect();
    story.text.push_str(&(lines.join("\n") + "\n"));
    story.golden("listen.records.txt");
}

#[test]
fn listen_that_ends_otherwise() {
    let mut story = story();
    let app = application(500, "broken");
    let target = app.address.to_string();
    let expecting = ["--until", "1", "--forward", &target, "--expect-status", "2xx", "--show", "none"];
    listened(&mut story, 1, &expecting, |address| assert_eq!(send(address, BODY, true), 500));
    story.run(124, &["listen", "--port", "0", "--for", "10ms"]);
    story.golden("listen.ends.txt");
}

#[test]
fn listen_without_a_secret() {
    let mut story = Story::new();
    listened(&mut story, 0, &["--until", "1", "--show", "none"], |address| {
        assert_eq!(send(address, BODY, true), 200);
    });
    listened(&mut story, 0, &["--until", "1", "--show", "none", "--no-verify-signature"], |address| {
        assert_eq!(post(address, "/", &[], b"anything"), 200);
    });
    story.golden("listen.without-secret.txt");
}

#[test]
fn listen_errors() {
    let mut story = story();
    for args in [
        &["--answer", "ack"][..],
        &["--answer", "ack", "--no-journal", "--forward", "3000"],
        &["--filter", ".a["],
        &["--until", "0"],
        &["--for", "60"],
        &["--port", "4499", "--forward", "localhost:4499/hooks"],
        &["--expect-status", "2x"],
        &["--expect-status", "2xx"],
        &["--retry", "none"],
        &["--retry", "schedule", "--forward", "3000"],
        &["--host", "my.machine"],
        &["--forward", "ftp://localhost"],
        &["--forward", "/hooks"],
        &["--max-body", "much"],
        &["--provider", "kojy"],
        &["-H", "no colon", "--forward", "3000"],
        &["--journal", "a", "--no-journal"],
    ] {
        story.run(2, &[&["listen"], args].concat());
    }
    story.run(3, &["listen", "--secret-file", "nowhere.txt"]);
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = story.home.run_with(["listen", "--port", &port], b"", &story.variables()).expect(6);
    story.tell(&["listen", "--port", "4400"], &ran);
    story.text = story.text.replace(&port, "4400");
    story.home.write("text.db", "this is no journal");
    story.run(6, &["listen", "--port", "0", "--journal", "text.db"]);
    let running = story.home.listen(["--journal", "kept.db"]);
    story.run(6, &["listen", "--port", "0", "--journal", "kept.db"]);
    running.stop();
    story.variable("KOJI_WEBHOOK_SECRET", "").run(3, &["listen", "--port", "0"]);
    story.golden("listen.errors.txt");
}

#[test]
fn trigger() {
    let mut story = story();
    let app = application(200, "saved");
    let to = app.address.to_string();
    story
        .run(0, &["trigger", "--list"])
        .run(0, &["trigger", "--list", "--provider", "koji", "--json"])
        .run(0, &["trigger", "--list", "--provider", "github-sha1"])
        .run(0, &["trigger", "report.generated", "--to", &to])
        .run(0, &["trigger", "report.generated", "--to", &to, "--json"])
        .run(0, &["trigger", "report.generated", "--to", &to, "--count", "3"])
        .run(
            0,
            &[
                "trigger",
                "interview.completed",
                "--provider",
                "userjourneys",
                "--to",
                &to,
                "--unsigned",
                "-q",
            ],
        );
    story
        .run(0, &["trigger", "push", "--provider", "github", "--to", &to, "--unsigned", "--retry", "vendor"]);
    let nothing: [&str; 0] = [];
    let listening = story.home.listen_with(nothing, &[("KOJI_WEBHOOK_SECRET", "another")]);
    let args = ["trigger", "report.generated", "--to", &listening.address.to_string()];
    story.run(1, &args);
    listening.stop();
    story.text = redact_ports(&story.text);
    story.golden("trigger.txt");
}

/// The targets that are named without a host on the command line.
fn redact_ports(text: &str) -> String {
    regex::Regex::new("127.0.0.1:[0-9]+").unwrap().replace_all(text, "127.0.0.1:[PORT]").into_owned()
}

#[test]
fn trigger_errors() {
    let mut story = story();
    story.home.write("body.json", BODY);
    for args in [
        &[][..],
        &["interview.completed"],
        &["interview.complete", "--to", "4400"],
        &["interview.completed", "--to", "4400"],
        &["interview.complete", "--provider", "koji", "--to", "4400"],
        &["report.generated", "--to", "4400", "--set", "/data/reprt_id=7"],
        &["report.generated", "--to", "4400", "--set", "reprt_id=7"],
        &["report.generated", "--to", "4400", "--set", "/data/report_id=7", "--data", "body.json"],
        &["report.generated", "--to", "4400", "--data", "nowhere.json"],
        &["report.generated", "--to", "4400", "--rate", "fast"],
        &["report.generated", "--to", "4400", "--speed", "fast"],
        &["report.generated", "--to", "4400", "--count", "0"],
        &["report.generated", "--to", "4400", "--rate", "10/s"],
        &["report.generated", "--to", "4400", "--speed", "60x"],
        &["report.generated", "--to", "4400", "--set", "/foo/bar=1"],
        &["report.generated", "--to", "4400", "--set", "=2"],
        &["report.generated", "--to", "localhost:many"],
        &["invoice.paid", "--provider", "stripe", "--to", "4400", "--retry", "vendor", "--unsigned"],
    ] {
        story.run(2, &[&["trigger"], args].concat());
    }
    story.run(3, &["trigger", "push", "--provider", "github", "--to", "4400"]);
    story.run(5, &["trigger", "report.generated", "--to", "127.0.0.1:1"]);
    story.run(5, &["trigger", "report.generated", "--to", "127.0.0.1:1", "--json"]);
    let app = application(500, "broken");
    story.run(1, &["trigger", "report.generated", "--to", &app.address.to_string()]);
    story.text = redact_ports(&story.text);
    story.golden("trigger.errors.txt");
}

/// How often the whole answer of the application is shown.
fn shown_whole(story: &Story, args: &[&str]) -> (usize, String) {
    let all = [&["trigger", "report.generated"], args].concat();
    let ran = story.home.run_with(&all, b"", &story.variables()).expect(1);
    (ran.out().matches("          broken\n").count(), ran.err().to_owned())
}

#[test]
fn the_last_try_and_the_first_failures_are_shown_whole() {
    let story = story();
    let app = application(500, "broken");
    let to = app.address.to_string();
    let retry = ["--to", &to, "--retry", "vendor", "--speed", "100000x"];
    assert_eq!(shown_whole(&story, &retry).0, 1);
    assert_eq!(shown_whole(&story, &[&retry[..], &["-v"]].concat()).0, 4);
    assert_eq!(shown_whole(&story, &["--to", &to, "--count", "10"]), (10, String::new()));
    let (shown, said) = shown_whole(&story, &["--to", &to, "--count", "12"]);
    assert_eq!((shown, said.matches("--verbose").count()), (10, 1), "{said}");
    assert_eq!(shown_whole(&story, &["--to", &to, "--count", "12", "-v"]).0, 12);
}

#[test]
fn trigger_retries_as_a_provider_file_says() {
    let home = Home::default();
    home.write("acme.toml", "[acme]\nheader = \"X-Acme\"\nretry = [5, 60]\n");
    home.secret("s.txt", SECRET);
    home.write("body.json", "{}");
    let app = application(500, "broken");
    let to = app.address.to_string();
    let acme = ["--provider", "acme", "--provider-file", "acme.toml", "--secret-file", "s.txt"];
    let args = ["trigger", "thing.made", "--data", "body.json", "--to", &to, "--json"];
    let attempts = |more: &[&str]| {
        let ran = home.run([&args[..], &acme, more].concat()).expect(1);
        ran.records().iter().filter(|record| record["type"] == "attempt").count()
    };
    assert_eq!(attempts(&["--retry", "vendor", "--speed", "100000x"]), 3);
    assert_eq!(attempts(&[]), 1);
}

/// Values that are new each time, and what is computed of them.
fn redact_fresh(text: &str) -> String {
    let replaced = |text: &str, what: &str, by: &str| {
        regex::Regex::new(what).unwrap().replace_all(text, by).into_owned()
    };
    let text = replaced(&redact_ports(text), "[0-9a-f]{64}", "[SIGNATURE]");
    let text = replaced(&text, "sha256=[A-Za-z0-9+/]+", "sha256=[SIGNATURE]");
    let text = replaced(&text, "\"duration_ms\":[0-9.]+", "\"duration_ms\":[MS]");
    replaced(&replaced(&text, "[0-9a-f]{32}", "[FRESH]"), "`10[0-9]{8}|`11[0-9]{8}|`12[0-9]{8}", "`[NUMBER]")
}

#[test]
fn trigger_handshake() {
    let mut story = story();
    let listening = story.home.listen(["--provider", "asana", "--no-journal"]);
    let (ready, deaf) = (listening.address.to_string(), application(200, "saved"));
    let to = deaf.address.to_string();
    story
        .run(0, &["trigger", "--list", "--handshake"])
        .run(0, &["trigger", "--list", "--handshake", "--provider", "koji", "--json"])
        .run(0, &["trigger", "--handshake", "--provider", "asana", "--to", &ready])
        .run(1, &["trigger", "--handshake", "--provider", "asana", "--to", &to]);
    listening.stop();
    story.home.write("s.txt", SECRET);
    for provider in ["slack", "zoom", "xero", "facebook", "twitter", "okta"] {
        story.run(
            1,
            &["trigger", "--handshake", "--provider", provider, "--to", &to, "--secret-file", "s.txt"],
        );
    }
    story
        .run(0, &["trigger", "--handshake", "ping", "--provider", "koji", "--to", &to])
        .run(0, &["trigger", "--handshake", "--provider", "trello", "--to", &to, "--json"])
        .run(5, &["trigger", "--handshake", "--provider", "trello", "--to", "127.0.0.1:1"])
        .run(2, &["trigger", "--handshake", "pong", "--provider", "koji", "--to", &to])
        .run(2, &["trigger", "--handshake", "--provider", "stripe", "--to", &to])
        .run(2, &["trigger", "--handshake", "--to", &to])
        .run(3, &["trigger", "--handshake", "--provider", "slack", "--to", &to]);
    story.text = redact_fresh(&story.text);
    story.golden("trigger.handshake.txt");
}
