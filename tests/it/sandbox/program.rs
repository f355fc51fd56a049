//! `hookctl sandbox` as a program: its ready record, and the commands that find it.

use crate::harness::target::Application;
use crate::harness::{Home, Listening, PATIENCE, golden, raw_exchange, status_of};
use regex::Regex;
use serde_json::Value;
use std::io::{BufRead, BufReader};
use std::process::Command;
use std::time::Instant;

fn started(home: &Home, args: &[&str]) -> (Listening, Value) {
    let mut command =
        home.command(["sandbox", "--port", "0", "--speed", "0.001x", "--json", "--start-at", super::START]);
    command.args(args);
    // The first record names the URL; the harness reads it, so it is asked for again here.
    let running = Listening::start(command);
    let state = home.run(["sandbox", "complete", "--json", "--study", "xK9mR2pQ"]).expect(0);
    let record = state.records().remove(0);
    (running, record)
}

#[test]
fn a_running_sandbox_is_found_asked_and_stopped() {
    let home = Home::default();
    let note = home.join("data/sandbox.json");
    let (running, made) = started(&home, &[]);
    assert_eq!(
        (&made["type"], &made["study_name"]),
        (&Value::from("interview"), &Value::from("Onboarding Feedback"))
    );
    assert!(note.exists());
    let advanced = home.run(["sandbox", "advance", "30m", "--json"]).expect(0).records().remove(0);
    assert_eq!(advanced["type"], "clock");
    assert!(advanced["now"].as_str().unwrap().starts_with("2026-03-11T15:02:0"), "{advanced}");
    home.run(["sandbox", "reset", "--json"]).expect(0);
    // By its URL it is found from anywhere.
    let elsewhere = Home::default();
    elsewhere.run(["sandbox", "reset"]).expect(5);
    elsewhere.run(["sandbox", "reset", "--url", &running.url]).expect(0);
    let (code, _, errors) = running.stop();
    assert_eq!(code, 0, "{errors}");
    assert!(!note.exists(), "the note is taken back");
    home.run(["sandbox", "reset"]).expect(5);
}

/// What differs from run to run.
fn redacted(text: &str) -> String {
    let text = Regex::new(r"127\.0\.0\.1:\d+").unwrap().replace_all(text, "127.0.0.1:[PORT]").into_owned();
    let text =
        Regex::new(r"sandbox[0-9a-f]{25}").unwrap().replace_all(&text, "sandbox[25 DIGITS]").into_owned();
    let text =
        Regex::new(r"interview [0-9a-f-]{36}").unwrap().replace_all(&text, "interview [UUID]").into_owned();
    Regex::new(r"2026-03-11T\d\d:\d\d:\d\d(\.\d+)?Z").unwrap().replace_all(&text, "[TIME]").into_owned()
}

#[test]
fn what_it_says_word_for_word() {
    let home = Home::default();
    let (running, _) = started(&home, &[]);
    let mut text = String::new();
    for args in [
        &[
            "sandbox",
            "complete",
            "--study",
            "Onboarding Feedback",
            "--reference-id",
            "user_12345",
            "--quality",
            "insightful",
        ][..],
        &["sandbox", "complete", "--provider", "koji"],
        &["sandbox", "advance", "5m"],
        &["sandbox", "reset"],
        &["sandbox", "complete", "--study", "Checkout Experience"],
        &["sandbox", "complete", "--study", "Beta Programme"],
        &["sandbox", "complete", "--study", "Nothing"],
        &["sandbox", "complete", "--quality", "great"],
        &["sandbox", "advance", "30"],
        &["sandbox", "reset", "--url", "http://example.com"],
        &["sandbox", "--speed", "fast"],
        &["sandbox", "--api-fault", "418"],
        &["sandbox", "--port", "0", "--state", "no/such/folder/sandbox.db"],
    ] {
        let ran = home.run(args);
        text.push_str(&format!("$ hookctl {}\n{}\n", args.join(" "), ran.block()));
    }
    let port = running.address.port().to_string();
    let ran = home.run(["sandbox", "--port", &port]);
    text.push_str(&format!("$ hookctl sandbox --port [TAKEN]\n{}\n", ran.block()));
    home.write("notes.txt", "these are notes, and no state of a sandbox");
    let ran = home.run(["sandbox", "--port", "0", "--state", "notes.txt"]);
    text.push_str(&format!("$ hookctl sandbox --port 0 --state notes.txt\n{}\n", ran.block()));
    running.stop();
    let ran = home.run(["sandbox", "advance", "5m"]);
    text.push_str(&format!("$ hookctl sandbox advance 5m\n{}\n", ran.block()));
    golden("sandbox.txt", &redacted(&text));
}

#[test]
fn its_deliveries_word_for_word() {
    let home = Home::default();
    let application = Application::start();
    let (running, _) = started(&home, &[]);
    let hook = format!("{{\"url\":\"{}/hook\",\"events\":[\"interview.completed\"]}}", application.url());
    let request = format!(
        "POST /_sandbox/koji/webhooks HTTP/1.1\r\nHost: {}\r\nConnection: close\r\n\
         Content-Type: application/json\r\nContent-Length: {}\r\n\r\n{hook}",
        running.address,
        hook.len()
    );
    assert_eq!(status_of(&raw_exchange(running.address, request.as_bytes())), 201);
    let mut text = String::new();
    let mut tell = |args: &[&str]| {
        let args = [&["sandbox", "deliveries"], args].concat();
        text.push_str(&format!("$ hookctl {}\n{}\n", args.join(" "), home.run(&args).block()));
    };
    tell(&["list", "--state", "failed"]);
    application.answer(500);
    home.run(["sandbox", "complete", "--provider", "koji"]).expect(0);
    // Received is not yet noted: a retry is to come after the try.
    let end = Instant::now() + PATIENCE;
    while !home.run(["sandbox", "deliveries", "show", "2"]).out().contains("timetable") {
        assert!(Instant::now() < end, "the webhook was never tried");
    }
    tell(&["retry", "2"]);
    application.answer(200);
    for args in [
        &["retry", "2"][..],
        &["list"],
        &["list", "--json", "--jq", "[.event, .state]"],
        &["show", "2"],
        &["show", "99"],
        &["retry", "99"],
        &["list", "--state", "lost"],
        &["show", "two"],
    ] {
        tell(args);
    }
    running.stop();
    tell(&["list"]);
    for (changes, stands) in [
        ("[0-9a-f]{8}-[0-9a-f-]{27}", "[UUID]"),
        (" +[0-9]+ ms +", "  [MS]  "),
        ("\"data\":\\{.*", "\"data\":[INTERVIEW]"),
    ] {
        text = Regex::new(changes).unwrap().replace_all(&text, stands).into_owned();
    }
    golden("sandbox.deliveries.txt", &redacted(&text));
}

#[test]
fn the_ready_text_holds_urls_keys_links_and_the_lines_for_an_application() {
    let home = Home::default();
    let args = ["sandbox", "--port", "0", "--start-at", super::START, "--speed", "0.001x"];
    let mut child = home.command(args).spawn().unwrap();
    let (mut said, mut text) = (BufReader::new(child.stdout.take().unwrap()), String::new());
    while !text.lines().any(|line| line.starts_with("KOJI_BASE_URL=")) {
        assert_ne!(said.read_line(&mut text).unwrap(), 0, "{text}");
    }
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "INT", &pid]).status().unwrap().success());
    assert!(child.wait().unwrap().success());
    golden("sandbox.ready.txt", &redacted(&text));
}

#[test]
fn the_ready_record_is_whole() {
    let home = Home::default();
    let mut child = home.command(["sandbox", "--port", "0", "--json", "--legacy"]).spawn().unwrap();
    let mut line = String::new();
    BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-s", "TERM", &pid]).status().unwrap().success());
    child.wait().unwrap();
    let ready: Value = serde_json::from_str(&line).unwrap();
    assert_eq!((&ready["v"], &ready["type"]), (&Value::from(1), &Value::from("ready")));
    let text = |pointer: &str| {
        ready.pointer(pointer).and_then(Value::as_str).unwrap_or_else(|| panic!("{pointer}")).to_owned()
    };
    assert_eq!(text("/userjourneys/base_url"), format!("{}/api/v1", text("/url")));
    assert_eq!(text("/koji/base_url"), format!("{}/koji", text("/url")));
    assert!(text("/userjourneys/api_key").starts_with("uj_live_sandbox"));
    let koji = text("/koji/api_key");
    assert!(koji.starts_with("pk_live_sandbox") && koji.len() == "pk_live_".len() + 32);
    for (name, pointer) in [
        ("USERJOURNEYS_API_KEY", "/userjourneys/api_key"),
        ("USERJOURNEYS_BASE_URL", "/userjourneys/base_url"),
        ("KOJI_API_KEY", "/koji/api_key"),
        ("KOJI_BASE_URL", "/koji/base_url"),
    ] {
        assert_eq!(text(&format!("/env/{name}")), text(pointer));
    }
    let studies = ready["studies"].as_array().unwrap();
    assert!(
        studies.len() > 20 && studies.iter().all(|study| study["link"].as_str().unwrap().contains("/i/"))
    );
}
