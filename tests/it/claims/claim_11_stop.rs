//! Claim 11: a signal ends the listener with everything in flight answered, a
//! second one ends it at once, and no closed output makes anything panic. The
//! jumps of the clock are in `tests/slow`.

use crate::harness::target::Application;
use crate::harness::{Home, Listening, PATIENCE, Ran, post, under};
use std::thread::JoinHandle;

/// A listener in front of a target that has a request and does not answer yet.
fn with_one_in_flight(home: &Home, target: &Application) -> (Listening, JoinHandle<u16>) {
    target.close();
    let listening = home.listen(["--forward", &target.url()]);
    let address = listening.address;
    let sender = std::thread::spawn(move || post(address, "/in-flight", &[], b"{}"));
    target.wait_for(1);
    (listening, sender)
}

#[test]
fn every_signal_that_asks_for_an_end_lets_what_is_in_flight_be_answered() {
    for signal in ["INT", "TERM", "HUP"] {
        let (home, target) = (Home::default(), Application::start());
        let (listening, sender) = with_one_in_flight(&home, &target);
        listening.signal(signal);
        // It takes nobody in any more: the stop has begun.
        let begun = std::time::Instant::now();
        while std::net::TcpStream::connect(listening.address).is_ok() {
            assert!(begun.elapsed() < PATIENCE, "{signal} did not stop it");
            std::thread::yield_now();
        }
        target.open();
        assert_eq!(sender.join().unwrap(), 200, "{signal}");
        let (code, records, errors) = listening.finish();
        assert_eq!(code, 0, "{signal}: {errors}");
        assert_eq!(records.last().unwrap()["type"], "summary", "{signal}");
        let kept = home.run(["events", "list", "--json"]).expect(0).records();
        assert_eq!((kept.len(), &kept[0]["answer"]["status"]), (1, &200.into()), "{signal}");
    }
}

#[test]
fn the_second_signal_does_not_wait_for_anybody() {
    let (home, target) = (Home::default(), Application::start());
    let (listening, sender) = with_one_in_flight(&home, &target);
    listening.signal("INT");
    while std::net::TcpStream::connect(listening.address).is_ok() {
        std::thread::yield_now();
    }
    listening.signal("INT");
    let (code, ..) = listening.finish();
    assert_eq!(code, 130);
    sender.join().unwrap();
    // What was in the journal is in the journal.
    assert_eq!(home.run(["events", "list", "--json"]).expect(0).records().len(), 1);
}

#[test]
fn a_signal_of_no_concern_changes_nothing() {
    let home = Home::default();
    let listening = home.listen(["--show", "none"]);
    for signal in ["STOP", "CONT", "XFSZ", "PIPE"] {
        listening.signal(signal);
    }
    assert_eq!(post(listening.address, "/", &[], b"{}"), 200);
    assert_eq!(listening.stop().0, 0);
}

/// Every command that writes, with what it needs to write something.
fn writers(home: &Home) -> Vec<Vec<String>> {
    let payload = home.write("payload.json", "{\"type\":\"a\"}");
    let secret = home.secret("secret", "not-a-secret-of-the-outputs");
    let (payload, secret) = (payload.display(), secret.display());
    let lines = [
        "--help".to_owned(),
        "--version".to_owned(),
        "help listen".to_owned(),
        "listen --help".to_owned(),
        "providers list".to_owned(),
        "providers list --json".to_owned(),
        "providers show koji".to_owned(),
        "completions bash".to_owned(),
        "man".to_owned(),
        "events list".to_owned(),
        "events list --json".to_owned(),
        "events show 1".to_owned(),
        "events show 1 --raw".to_owned(),
        "events show 1 --json".to_owned(),
        "events export".to_owned(),
        "events export --format har".to_owned(),
        format!("sign {payload} --provider koji --secret-file {secret}"),
        format!("sign {payload} --provider koji --secret-file {secret} --as curl"),
        format!("verify {payload} --provider koji --secret-file {secret} -H X-Koji-Signature:sha256=00"),
    ];
    lines.iter().map(|line| line.split(' ').map(str::to_owned).collect()).collect()
}

fn keep_some(home: &Home) {
    let listening = home.listen(["--show", "none"]);
    for number in 0..50 {
        assert_eq!(post(listening.address, "/", &[], format!("{{\"n\":{number}}}").as_bytes()), 200);
    }
    assert_eq!(listening.stop().0, 0);
}

#[test]
fn a_reader_that_goes_away_ends_every_command_without_a_word() {
    let home = Home::default();
    keep_some(&home);
    for args in writers(&home) {
        let script = "{ \"$0\" \"$@\"; echo \"$?\" >status; } | head -n 1 >/dev/null";
        let ran = Ran::of(under(["sh", "-c", script], &home.command(&args)), b"");
        assert!(ran.status.success(), "{args:?}: {}", ran.block());
        assert!(!ran.err().contains("panicked"), "{args:?}: {}", ran.err());
        let status = std::fs::read_to_string(home.join("status")).unwrap();
        assert!(["0", "1"].contains(&status.trim()), "{args:?}: exit {status}{}", ran.err());
    }
}

#[test]
fn a_full_output_is_an_error_with_a_name_and_never_a_panic() {
    let home = Home::default();
    keep_some(&home);
    for args in writers(&home) {
        let ran = Ran::of(under(["sh", "-c", "exec \"$0\" \"$@\" >/dev/full"], &home.command(&args)), b"");
        assert!(!ran.err().contains("panicked"), "{args:?}: {}", ran.err());
        assert_eq!(ran.code(), 6, "{args:?}: {}", ran.err());
    }
}

#[test]
fn a_listener_whose_output_is_full_or_gone_ends_and_loses_nothing() {
    for (output, code) in [("/dev/full", 6), ("/dev/null", 0)] {
        let home = Home::default();
        let script = format!("exec \"$0\" \"$@\" >{output}");
        let args = ["listen", "--port", "0", "--json", "--for", "1s"];
        let ran = Ran::of(under(["sh", "-c", &script], &home.command(args)), b"");
        assert!(!ran.err().contains("panicked"), "{}", ran.err());
        let code = if code == 0 { 124 } else { code };
        assert_eq!(ran.code(), code, "{output}: {}", ran.err());
    }
}

#[test]
fn a_listener_into_head_ends_quietly_with_the_next_record() {
    let home = Home::default();
    let script = "\"$0\" \"$@\" | head -n 1";
    let mut child =
        under(["sh", "-c", script], &home.command(["listen", "--port", "0", "--json"])).spawn().unwrap();
    let mut ready = String::new();
    std::io::BufRead::read_line(&mut std::io::BufReader::new(child.stdout.as_mut().unwrap()), &mut ready)
        .unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    let address = ready["address"].as_str().unwrap().parse().unwrap();
    assert_eq!(post(address, "/", &[], b"{}"), 200);
    let output = child.wait_with_output().unwrap();
    let errors = String::from_utf8_lossy(&output.stderr);
    assert!(output.status.success() && !errors.contains("panicked"), "{errors}");
    assert_eq!(home.run(["events", "list", "--json"]).expect(0).records().len(), 1);
}
