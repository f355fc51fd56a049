//! `events`: the journal as a user reads it.

use super::Story;
use super::network::{application, send};
use crate::harness::post;

const BODY: &str = r#"{"type":"interview.completed","data":{"interview_id":"i1","study_title":"Demo"}}"#;
const LONG: &str = r#"{"type":"report.generated","timestamp":"then","data":{"report_id":"r1","study_title":"A study with a rather long title, longer than any column"}}"#;
const SECRET: [(&str, &str); 1] = [("KOJI_WEBHOOK_SECRET", "an-invented-secret")];

/// A journal with every kind of delivery: verified, repeated, forged, unreadable, dead.
fn filled() -> Story {
    let story = Story::new();
    let app = application(200, "saved");
    let listening = story.home.listen_with(["--forward", &app.address.to_string()], &SECRET);
    assert_eq!(send(listening.address, BODY, true), 200);
    assert_eq!(send(listening.address, BODY, true), 200);
    assert_eq!(send(listening.address, LONG, false), 401);
    assert_eq!(post(listening.address, "/", &[("Authorization", "Bearer CANARY")], b"\x1b[2J\xff"), 401);
    listening.stop();
    let args = ["--forward", "127.0.0.1:1", "--answer", "ack", "--retry", "none"];
    let listening = story.home.listen_with(args, &SECRET);
    assert_eq!(send(listening.address, LONG, true), 200);
    listening.next("attempt");
    listening.stop();
    story
}

#[test]
fn events() {
    let mut story = filled();
    story
        .run(0, &["events", "list"])
        .run(0, &["events", "list", "--limit", "2"])
        .run(0, &["events", "list", "--verdict", "failed"])
        .run(0, &["events", "list", "--dead"])
        .run(0, &["events", "list", "--type", "study.*"])
        .run(0, &["events", "list", "--limit", "1", "--json"])
        .run(0, &["events", "list", "--filter", ".data.report_id == \"r1\"", "--jq", ".seq"])
        .run(0, &["events", "show", "1"])
        .run(0, &["events", "show", "4"])
        .run(0, &["events", "show", "5", "--reveal", "-v"])
        .run(0, &["events", "show", "1", "--body"])
        .run(0, &["events", "show", "3", "--raw"])
        .run(0, &["events", "show", "5", "--jq", ".attempts[0].outcome"])
        .run(0, &["events", "mark", "4", "who is this?"])
        .run(0, &["events", "mark", "5", "--json"])
        .run(0, &["events", "list", "--marked"])
        .run(0, &["events", "mark", "5", "--remove"])
        .run(0, &["events", "list", "--marked", "--jq", "[.seq, .mark]"])
        .run(2, &["events", "mark", "77"])
        .run(2, &["events", "mark", "4", &"x".repeat(201)])
        .run(0, &["events", "prune", "--keep", "4", "--dry-run"])
        .run(0, &["events", "prune", "--keep", "4", "--yes"])
        .run(0, &["events", "prune", "--before", "7d", "--json"]);
    story.golden("events.txt");
}

#[test]
fn events_sent_again_and_written_out() {
    let mut story = filled();
    story.variable(SECRET[0].0, SECRET[0].1);
    let app = application(200, "saved");
    let to = app.address.to_string();
    story
        .run(0, &["events", "replay", "1", "--to", &to])
        .run(0, &["events", "replay", "1..2", "--to", &to])
        .run(0, &["events", "replay", "--dead", "--to", &to, "--resign", "--json"])
        .run(5, &["events", "replay", "1", "--to", "127.0.0.1:1"])
        .run(0, &["events", "export", "--jq", "[.seq, .verdict.code]"])
        .run(0, &["events", "export", "--format", "curl", "--dir", "scripts"])
        .run(0, &["verify", "--event", "1"])
        .run(1, &["verify", "--event", "3"]);
    let har = story.home.run(["events", "export", "--format", "har"]).expect(0);
    let har: serde_json::Value = serde_json::from_slice(&har.stdout).unwrap();
    assert_eq!(har["log"]["entries"].as_array().unwrap().len(), 5);
    story.golden("events.again.txt");
}

#[test]
fn events_errors() {
    let mut story = filled();
    story.run(6, &["events", "list", "--journal", "nowhere.db"]);
    story.home.write("text.db", "this is no journal");
    story.run(6, &["events", "list", "--journal", "text.db"]);
    for args in [
        &["list", "--verdict", "forged"][..],
        &["list", "--status", "2x"],
        &["list", "--since", "yesterday"],
        &["list", "--filter", ".a["],
        &["show", "99"],
        &["show", "one"],
        &["replay", "1"],
        &["replay", "99", "--to", "3000"],
        &["replay", "9..1", "--to", "3000"],
        &["replay", "1..2", "--to", "3000", "--edit"],
        &["export", "--format", "curl"],
        &["prune"],
    ] {
        story.run(2, &[&["events"], args].concat());
    }
    story.run(3, &["events", "replay", "1", "--to", "3000", "--resign"]);
    story.home.write("file", "");
    story.run(6, &["events", "export", "--format", "curl", "--dir", "file/scripts"]);
    let app = application(500, "broken");
    story.run(1, &["events", "replay", "1", "--to", &app.address.to_string()]);
    story.golden("events.errors.txt");
}

#[test]
fn inspect() {
    use std::io::{BufRead, BufReader};
    let mut story = filled();
    for json in [&[][..], &["--json"]] {
        let args = [&["inspect", "--port", "0"], json].concat();
        let mut child = story.home.command(&args).spawn().unwrap();
        let mut said = BufReader::new(child.stdout.take().unwrap());
        let mut text = String::new();
        while !text.contains("journal.db") {
            assert_ne!(said.read_line(&mut text).unwrap(), 0, "{text}");
        }
        let pid = child.id().to_string();
        assert!(std::process::Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success());
        let ended = child.wait_with_output().unwrap();
        let ran =
            crate::harness::Ran { status: ended.status, stdout: text.into_bytes(), stderr: ended.stderr };
        story.tell(&args, &ran.expect(0));
    }
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    story.run(6, &["inspect", "--port", &port]);
    story.text = story.text.replace(&port, "[TAKEN]");
    story.home.write("text.db", "this is no journal");
    story
        .run(6, &["inspect", "--port", "0", "--journal", "text.db"])
        .run(6, &["inspect", "--port", "0", "--journal", "nowhere.db"])
        .run(2, &["inspect", "--port", "many"])
        .run(2, &["inspect", "--provider", "kojy"])
        .run(2, &["inspect", "1"]);
    story.golden("inspect.txt");
}

/// What failed in front of its sender is not tried again by itself, so nothing of it is due.
#[test]
fn events_missed() {
    let mut story = Story::new();
    let listening = story.home.listen_with(["--forward", "127.0.0.1:1"], &SECRET);
    assert_eq!(send(listening.address, BODY, true), 502);
    listening.stop();
    story.run(0, &["events", "list", "--undelivered"]).run(0, &["events", "show", "1"]);
    story.golden("events.missed.txt");
}
