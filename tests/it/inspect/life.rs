//! The real program: the inspector beside `listen`, and over another process's journal.

use crate::harness::{Home, Listening, body_of, post, raw_exchange, status_of};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};

/// The address and the token of a printed address.
fn parts(url: &Value) -> (SocketAddr, String) {
    let (address, token) = url.as_str().unwrap().split_once("/#token=").unwrap();
    (address.strip_prefix("http://").unwrap().parse().unwrap(), token.to_owned())
}

fn get((address, token): &(SocketAddr, String), target: &str) -> Value {
    let request = format!(
        "GET {target} HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\nConnection: close\r\n\r\n"
    );
    let answer = raw_exchange(*address, request.as_bytes());
    assert_eq!(status_of(&answer), 200, "{}", String::from_utf8_lossy(&answer));
    serde_json::from_slice(body_of(&answer)).unwrap()
}

/// The next event of a stream, without its chunks.
fn told(lines: &mut impl BufRead) -> (String, Value) {
    let mut event = String::new();
    loop {
        let mut line = String::new();
        assert!(lines.read_line(&mut line).unwrap() > 0, "the stream ended");
        if let Some(name) = line.trim_end().strip_prefix("event: ") {
            name.clone_into(&mut event);
        }
        if let Some(data) = line.trim_end().strip_prefix("data: ") {
            return (event, serde_json::from_str(data).unwrap());
        }
    }
}

fn stream((address, token): &(SocketAddr, String), query: &str) -> BufReader<TcpStream> {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(crate::harness::PATIENCE)).unwrap();
    let request = format!(
        "GET /api/stream{query} HTTP/1.0\r\nHost: {address}\r\nAuthorization: Bearer {token}\r\n\r\n"
    );
    stream.write_all(request.as_bytes()).unwrap();
    BufReader::new(stream)
}

#[test]
fn listen_serves_the_inspector_and_another_process_sees_the_same() {
    let home = Home::default();
    let mut command = home.command(["listen", "--port", "0", "--inspect", "0", "--json"]);
    command.env("RUST_BACKTRACE", "1");
    let listening = Listening::start(command);
    let ready = listening.ready.clone();
    let beside = parts(&ready["inspector"]);
    let other = Listening::start(home.command(["inspect", "--port", "0", "--json"]));
    let other_ready = other.ready.clone();
    let other_parts = parts(&other_ready["inspector"]);
    assert_ne!(beside.1, other_parts.1, "a token is one run's");
    let mut streams = [stream(&beside, "?after=0"), stream(&other_parts, "?after=0")];
    for number in 1..=3 {
        assert_eq!(post(listening.address, "/hooks", &[], format!("{{\"n\":{number}}}").as_bytes()), 200);
        for stream in &mut streams {
            let (event, data) = loop {
                let told = told(stream);
                if told.0 == "delivery" {
                    break told;
                }
            };
            assert_eq!((event.as_str(), &data["seq"]), ("delivery", &number.into()));
        }
    }
    let lists = [get(&beside, "/api/deliveries"), get(&other_parts, "/api/deliveries")];
    assert_eq!(lists[0], lists[1]);
    assert_eq!(get(&beside, "/api/session")["listening"], listening.url);
    assert_eq!(get(&other_parts, "/api/session")["listening"], Value::Null);
    let (code, _, errors) = other.stop();
    assert_eq!(code, 0, "{errors}");
    // Open streams hold nothing up, and the journal is one file in the end.
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
    let log = std::fs::metadata(home.join("data/journal.db-wal")).map_or(0, |log| log.len());
    assert_eq!(log, 0, "the log is folded into the journal");
}

#[test]
fn a_port_that_nobody_asked_for_gives_way_and_one_that_was_named_does_not() {
    let home = Home::default();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let refused = home.run(["listen", "--port", "0", "--inspect", port.as_str(), "--for", "1s"]).expect(6);
    assert!(refused.err().contains("could not serve the inspector"), "{}", refused.err());
    assert!(refused.err().contains("--no-inspect"), "{}", refused.err());
    let first = Listening::start(home.command(["listen", "--port", "0", "--json"]));
    let one = first.ready.clone();
    let second = Home::default();
    let other = Listening::start(second.command(["listen", "--port", "0", "--json"]));
    let two = other.ready.clone();
    assert_ne!(parts(&one["inspector"]).0, parts(&two["inspector"]).0);
    first.stop();
    other.stop();
}

#[test]
fn without_a_journal_or_when_told_so_there_is_no_inspector() {
    let home = Home::default();
    for words in [&["--no-journal"][..], &["--no-inspect"]] {
        let mut command = home.command(["listen", "--port", "0", "--json"]);
        command.args(words);
        let listening = Listening::start(command);
        let ready = listening.ready.clone();
        assert_eq!(ready["inspector"], Value::Null, "{words:?}");
        listening.stop();
    }
    let refused = home.run(["listen", "--port", "0", "--inspect", "nowhere", "--for", "1s"]).expect(2);
    assert!(refused.err().contains("--inspect 4401"), "{}", refused.err());
}

#[test]
fn an_address_that_others_can_reach_is_asked_for_and_announced() {
    let home = Home::default();
    let listening =
        Listening::start(home.command(["listen", "--port", "0", "--inspect", "0.0.0.0:0", "--json"]));
    assert!(listening.says("other machines can reach the inspector").contains("0.0.0.0"));
    let other = Listening::start(home.command(["inspect", "--port", "0", "--host", "0.0.0.0", "--json"]));
    let ready = other.ready.clone();
    other.says("other machines can reach the inspector");
    assert!(ready["inspector"].as_str().unwrap().starts_with("http://127.0.0.1:"));
    other.stop();
    listening.stop();
}

#[test]
fn there_must_be_a_journal_to_inspect() {
    let home = Home::default();
    let refused = home.run(["inspect", "--port", "0"]).expect(6);
    assert!(refused.err().contains("there is no journal"), "{}", refused.err());
}
