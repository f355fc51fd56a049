//! A target that is down, slow, redirecting or answering garbage: named as such
//! in the record and in the journal, and the sender in `mirror` is told.

use crate::application::{Door, plain};
use crate::harness::{Home, Listening, body_of, post, raw_exchange, request, status_of};
use serde_json::Value;
use std::sync::Mutex;
use std::sync::mpsc::channel;

/// Sends one delivery; gives the answer's status and body, and the record.
fn deliver(listening: &Listening) -> (u16, Vec<u8>, Value) {
    let answer = raw_exchange(listening.address, &request("POST", "/hooks", &[], b"{\"a\":1}"));
    (status_of(&answer), body_of(&answer).to_vec(), listening.next("delivery"))
}

/// The sender is told with this status, and the failure has this name everywhere.
#[track_caller]
fn assert_named(home: &Home, listening: Listening, status: u16, kind: &str) {
    let (told, body, record) = deliver(&listening);
    // What is recorded after the answer is in the journal by the end at the latest.
    assert_eq!(listening.stop().0, 0);
    assert_eq!(told, status, "{record}");
    let body: Value = serde_json::from_slice(&body).unwrap();
    assert_eq!(body["error"], kind, "the sender reads why");
    assert!(!body["message"].as_str().unwrap().is_empty());
    assert_eq!((&record["answer"]["status"], &record["answer"]["by"]), (&status.into(), &"gateway".into()));
    let attempt = &record["attempts"][0];
    assert_eq!(
        (&attempt["delivered"], &attempt["failure"]["kind"]),
        (&false.into(), &kind.into()),
        "{attempt}"
    );
    assert!(!attempt["failure"]["detail"].as_str().unwrap().is_empty());

    let seq = record["seq"].to_string();
    let kept = home.run(["events", "show", &seq, "--json"]).expect(0).records().remove(0);
    assert_eq!(kept["attempts"][0]["failure"]["kind"], kind, "kept as an attempt");
    let undelivered = home.run(["events", "list", "--undelivered", "--json", "--jq", ".seq"]).expect(0);
    assert!(undelivered.out().lines().any(|line| line == seq), "found again by `--undelivered`");
    let text = home.run(["events", "show", &seq]).expect(0).out();
    assert!(text.contains(kind), "named in the text: {text}");
}

#[test]
fn a_target_that_is_down_is_named_and_the_sender_told_502() {
    let home = Home::default();
    let door = Door::shut(|_, _| plain(200));
    let listening = home.listen(["--forward", &door.url()]);
    assert_named(&home, listening, 502, "refused");
}

#[test]
fn a_target_that_is_slow_is_named_and_the_sender_told_504() {
    let home = Home::default();
    let (release, released) = channel::<()>();
    let released = Mutex::new(released);
    let door = Door::open_with(move |_, _| {
        // Until the test ends.
        assert!(released.lock().unwrap().recv().is_err());
        plain(200)
    });
    let listening = home.listen(["--forward", &door.url(), "--timeout", "50ms"]);
    assert_named(&home, listening, 504, "timeout");
    drop(release);
}

#[test]
fn a_target_that_answers_garbage_is_named_and_the_sender_told_502() {
    for (answer, kind) in [
        (&b"\x16\x03\x01 this is not HTTP\r\n\r\n"[..], "garbage"),
        (b"HTTP/1.1 two hundred\r\n\r\n", "garbage"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 5\r\nContent-Length: 6\r\n\r\nhello!", "garbage"),
        (b"", "reset"),
        (b"HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\nhalf", "reset"),
    ] {
        let home = Home::default();
        let door = Door::open_with(move |_, _| answer.to_vec());
        let listening = home.listen(["--forward", &door.url()]);
        assert_named(&home, listening, 502, kind);
    }
}

#[test]
fn a_target_that_redirects_is_not_followed_and_the_answer_is_named_by_its_status() {
    let home = Home::default();
    let elsewhere = Door::taking();
    let to = elsewhere.url();
    let answer = format!("HTTP/1.1 307 Go\r\nLocation: {to}/there\r\nContent-Length: 0\r\n\r\n");
    let door = Door::open_with(move |_, _| answer.clone().into_bytes());
    let listening = home.listen(["--forward", &door.url()]);
    let (told, _, record) = deliver(&listening);
    assert_eq!(told, 307, "the sender sees what the application says");
    let attempt = &record["attempts"][0];
    assert_eq!((&attempt["status"], &attempt["delivered"]), (&307.into(), &false.into()));
    let location = attempt["headers"].as_array().unwrap().iter().find(|field| field["name"] == "Location");
    assert_eq!(location.unwrap()["value"], format!("{to}/there"));
    listening.stop();
    let undelivered = home.run(["events", "list", "--undelivered", "--json", "--jq", ".seq"]).expect(0);
    assert_eq!(undelivered.out(), "1\n", "a redirect is not a delivery");
    let text = home.run(["events", "show", "1"]).expect(0).out();
    assert!(text.contains("307"), "{text}");
    assert!(elsewhere.taken().is_empty());
}

#[test]
fn one_bad_target_does_not_harm_the_next_delivery() {
    let home = Home::default();
    let mut door = Door::shut(|_, _| plain(202));
    let listening = home.listen(["--forward", &door.url()]);
    assert_eq!(post(listening.address, "/", &[], b"{}"), 502);
    door.open();
    assert_eq!(post(listening.address, "/", &[], b"{}"), 202);
    // The one that was missed is sent again by hand.
    home.run(["events", "replay", "--undelivered", "--to", &door.url()]).expect(0);
    assert_eq!(home.run(["events", "list", "--undelivered", "--json"]).expect(0).out(), "");
    listening.stop();
}
