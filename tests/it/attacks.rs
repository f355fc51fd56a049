//! Attacks on the running program: what a stranger, a target or a terminal did
//! to it once, each named after what must not happen again.

use crate::harness::target::Application;
use crate::harness::{Home, body_of, hmac_sha256_hex, post, raw_exchange, request, status_of};
use std::io::{BufRead, BufReader, Write};
use std::net::{Shutdown, TcpStream};
use std::process::Command;

/// A sender that ends its side after one byte made the listener ask for more
/// without ever waiting: as many of them as processors stopped it for good.
#[test]
fn senders_that_end_within_the_first_word_stop_nobody() {
    let listening = Home::default().listen(["--no-journal"]);
    let mut ended = Vec::new();
    for _ in 0..64 {
        let mut sender = TcpStream::connect(listening.address).unwrap();
        sender.write_all(b"P").unwrap();
        sender.shutdown(Shutdown::Write).unwrap();
        ended.push(sender);
    }
    assert_eq!(post(listening.address, "/", &[], b"{}"), 200);
    for _ in &ended {
        let rejected = listening.next("rejected");
        assert_eq!((&rejected["code"], &rejected["status"]), (&"incomplete_head".into(), &400.into()));
    }
    assert_eq!(status_of(&raw_exchange(listening.address, b"PRI * HTTP/1.1\r\nHost: a\r\n\r\n")), 400);
    assert_eq!(listening.stop().0, 0);
}

/// jq recurses: a body of opening brackets used up the stack and ended the program.
#[test]
fn a_deeply_nested_payload_does_not_end_a_listener_that_filters() {
    let nested = ["[".repeat(200_000), "]".repeat(200_000)].concat();
    for options in [["--filter", ".a"], ["--until", ".a == 1"], ["--jq", "."]] {
        let home = Home::default();
        let listening = home.listen(options);
        for body in [nested.as_bytes(), &nested.as_bytes()[..200_000]] {
            assert_eq!(post(listening.address, "/", &[], body), 200, "{options:?}");
        }
        assert_eq!(post(listening.address, "/", &[], br#"{"a":1}"#), 200, "{options:?}");
        if options[0] == "--until" {
            assert_eq!(listening.finish().0, 0);
        } else {
            assert_eq!(listening.stop().0, 0, "{options:?}");
        }
        let kept = home.run(["events", "list", "--json", "--jq", ".seq"]).expect(0);
        assert_eq!(kept.out(), "3\n2\n1\n", "{options:?}");
        home.run(["events", "list", "--filter", ".a"]).expect(0);
        home.run(["events", "export", "--jq", ".seq"]).expect(0);
    }
}

/// With one secret for whatever provider a request claims to be of, the answer to
/// one provider's challenge was a valid signature of a delivery under another's scheme.
#[test]
fn a_challenge_is_not_signed_with_a_secret_that_was_given_for_any_provider() {
    let home = Home::default();
    let secret = home.secret("secret", "fake-secret");
    let secret = secret.to_str().unwrap();
    let challenge = r#"{"event":"endpoint.url_validation","payload":{"plainToken":"1760000000abc"}}"#;
    let unsigned = "v0=".to_owned() + &"0".repeat(64);
    let headers = [("x-zm-signature", unsigned.as_str()), ("x-zm-request-timestamp", "1760000000")];
    let asked = request("POST", "/", &headers, challenge.as_bytes());
    let signature = hmac_sha256_hex("fake-secret", b"1760000000abc");
    let answer = |options: &[&str], variables: &[(&str, &str)]| {
        let listening = home.listen_with(options, variables);
        let answer = raw_exchange(listening.address, &asked);
        let signed = String::from_utf8_lossy(body_of(&answer)).contains(&signature);
        (status_of(&answer), signed, listening.stop().2)
    };
    let (status, signed, said) = answer(&["--secret-file", secret], &[]);
    assert_eq!((status, signed), (503, false));
    assert!(said.contains("--provider zoom"), "{said}");
    // Where somebody said that the secret is Zoom's, Zoom is answered.
    let named = answer(&["--secret-file", secret, "--provider", "zoom"], &[]);
    assert_eq!((named.0, named.1), (200, true));
    let stored = answer(&[], &[("ZOOM_WEBHOOK_SECRET", "fake-secret")]);
    assert_eq!((stored.0, stored.1), (200, true));
}

/// A target that never answers, without a deadline, held the stop of the listener for ever.
#[test]
fn a_hanging_target_holds_no_stop() {
    let (hanging, other) = (Application::start(), Application::start());
    hanging.close();
    for order in [[&other, &hanging], [&hanging, &other]] {
        let home = Home::default();
        let [first, second] = order.map(Application::url);
        let listening = home.listen(["--timeout", "0", "--forward", &first, "--forward", &second]);
        let seen = (hanging.received().len(), other.received().len());
        let address = listening.address;
        let sender = std::thread::spawn(move || post(address, "/", &[], b"{}"));
        hanging.wait_for(seen.0 + 1);
        other.wait_for(seen.1 + 1);
        if first == other.url() {
            listening.next("delivery");
        }
        let (code, records, _) = listening.stop();
        assert_eq!(code, 0);
        // The sender is told, and the record says which target did not take it.
        let mirrors_hanging = first == hanging.url();
        assert_eq!(sender.join().unwrap(), if mirrors_hanging { 504 } else { 200 });
        let attempts = records.iter().filter(|record| record["type"] == "attempt");
        let lacking: Vec<_> = attempts.filter(|attempt| attempt["failure"]["kind"] == "timeout").collect();
        assert_eq!(lacking.len(), 1, "{records:?}");
        assert!(lacking[0]["target"].as_str().unwrap().starts_with(&hanging.url()));
        let undelivered = home.run(["events", "list", "--undelivered", "--json", "--jq", ".seq"]).expect(0);
        assert_eq!(undelivered.out(), "1\n");
    }
}

/// Nobody reads the output (a stopped terminal is the same): the first signal stopped nothing.
#[test]
fn an_output_that_nobody_takes_holds_no_stop() {
    let home = Home::default();
    let mut command = home.command(["listen", "--port", "0", "--json"]);
    command.stderr(std::process::Stdio::null());
    let mut child = command.spawn().unwrap();
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let mut ready = String::new();
    output.read_line(&mut ready).unwrap();
    let ready: serde_json::Value = serde_json::from_str(&ready).unwrap();
    let address = ready["address"].as_str().unwrap().parse().unwrap();
    // More than a pipe holds.
    let body = "x".repeat(64 << 10);
    for _ in 0..40 {
        assert_eq!(post(address, "/", &[], body.as_bytes()), 200);
    }
    let stopped = Command::new("kill").args(["-s", "TERM", &child.id().to_string()]).status().unwrap();
    assert!(stopped.success());
    // Returns: the pipe is still open and still unread.
    assert_eq!(child.wait().unwrap().code(), Some(6));
    drop(output);
    let kept = home.run(["events", "list", "--json", "--jq", ".body_size"]).expect(0);
    assert_eq!(kept.out().lines().count(), 40);
}

/// Anybody can send a forged delivery or a ping; a script that waits must not take it for an answer.
#[test]
fn what_does_not_verify_ends_no_script_that_waits() {
    let home = Home::default();
    let secret = home.secret("secret", "fake-secret");
    let listening =
        home.listen(["--provider", "koji", "--secret-file", secret.to_str().unwrap(), "--until", "1"]);
    let body = br#"{"type":"interview.completed"}"#;
    let forged = format!("sha256={}", hmac_sha256_hex("another", body));
    assert_eq!(post(listening.address, "/", &[("X-Koji-Signature", &forged)], body), 401);
    assert_eq!(post(listening.address, "/", &[], br#"{"type":"ping"}"#), 200);
    let signed = format!("sha256={}", hmac_sha256_hex("fake-secret", body));
    assert_eq!(post(listening.address, "/", &[("X-Koji-Signature", &signed)], body), 200);
    let (code, records, _) = listening.finish();
    assert_eq!((code, records.last().unwrap()["matched"].as_u64()), (0, Some(1)));
}

/// With `--answer ack` a script that waited for a delivery ended before the target had it.
#[test]
fn what_a_script_waited_for_is_passed_on_before_it_ends() {
    let application = Application::start();
    let home = Home::default();
    let listening = home.listen([
        "--answer",
        "ack",
        "--forward",
        &application.url(),
        "--until",
        "1",
        "--expect-status",
        "2xx",
    ]);
    assert_eq!(post(listening.address, "/", &[], b"{}"), 200);
    let (code, records, _) = listening.finish();
    assert_eq!(code, 0);
    let summary = records.last().unwrap();
    assert_eq!((summary["forwarded"].as_u64(), summary["waiting"].as_u64()), (Some(1), Some(0)));
    assert_eq!(application.received().len(), 1);
}

/// One record that cannot be read any more held back all that was acknowledged after it.
#[test]
fn a_damaged_delivery_holds_back_nothing_behind_it() {
    let application = Application::start();
    application.close();
    let home = Home::default();
    let options = ["--answer", "ack", "--forward", &application.url()];
    let listening = home.listen(options);
    for body in [b"{\"n\":1}", b"{\"n\":2}"] {
        assert_eq!(post(listening.address, "/", &[], body), 200);
    }
    listening.kill();
    let journal = rusqlite::Connection::open(home.join("data/journal.db")).unwrap();
    journal.execute("UPDATE contents SET head = x'00' WHERE seq = 1", []).unwrap();
    drop(journal);
    application.open();
    let before = application.received().len();
    let listening = home.listen(options);
    let seen = application.wait_for(before + 1);
    assert_eq!(seen[before].body, b"{\"n\":2}");
    let (_, _, said) = listening.stop();
    assert!(said.contains("#1 cannot be passed on"), "{said}");
    assert_eq!(home.run(["events", "list", "--dead", "--json", "--jq", ".seq"]).expect(0).out(), "1\n");
}

/// A HAR went to the terminal as it was, with the control characters that strangers had sent.
#[test]
fn an_archive_is_safe_to_look_at_and_loses_nothing() {
    let home = Home::default();
    let body = "{\"name\":\"\u{9b}31m\u{202e}evil\u{2028}\"}";
    let listening = home.listen([""; 0]);
    assert_eq!(post(listening.address, "/", &[("X-Title", "\u{9b}2J")], body.as_bytes()), 200);
    listening.stop();
    let archive = home.run(["events", "export", "--format", "har"]).expect(0).out();
    let hostile = |letter: char| letter.is_control() && letter != '\n' || "\u{202e}\u{2028}".contains(letter);
    assert!(!archive.contains(hostile), "{archive:?}");
    let archive: serde_json::Value = serde_json::from_str(&archive).unwrap();
    assert_eq!(archive["log"]["entries"][0]["request"]["postData"]["text"], body);
}

/// A target that was named twice, spelled two ways, got every delivery twice.
#[test]
fn a_target_is_not_named_twice() {
    let ran = Home::default().run(["listen", "--port", "0", "-f", "3000", "-f", "http://localhost:3000"]);
    let said = ran.expect(2).err();
    assert!(said.contains("names `http://localhost:3000` a second time"), "{said}");
}

/// Behind a second target that hangs, deliveries piled up in memory and then made senders wait.
#[test]
fn a_hanging_second_target_neither_holds_senders_nor_piles_up() {
    let (first, hanging) = (Application::start(), Application::start());
    hanging.close();
    let home = Home::default();
    let listening = home.listen(["-f", &first.url(), "-f", &hanging.url(), "--timeout", "0"]);
    let body = vec![b'x'; 1 << 20];
    for _ in 0..40 {
        assert_eq!(post(listening.address, "/", &[], &body), 200);
    }
    let mut busy = 0;
    while busy < 24 {
        let attempt = listening.next("attempt");
        // The first target takes each.
        if attempt["delivered"] == false {
            assert_eq!(attempt["failure"]["kind"], "busy", "{attempt}");
            busy += 1;
        }
    }
    assert_eq!(hanging.wait_for(16).len(), 16, "as many MiB as there is room for");
    assert_eq!(listening.stop().0, 0);
    let missed = home.run(["events", "list", "--undelivered", "--json", "--jq", ".seq"]).expect(0);
    assert_eq!(missed.out().lines().count(), 40, "nothing of it is forgotten");
}
