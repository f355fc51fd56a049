//! The handler of these tests itself, asked by hand.

use super::handler::{COUNTER, Does, Fault, Handler, PATH};
use super::kit::Kit;
use crate::harness::{PATIENCE, body_of, hmac_sha256_hex, raw_exchange, request, status_of};
use std::io::{Read, Write};
use std::net::TcpStream;
use std::time::{Duration, Instant};

const BODY: &[u8] = br#"{"type":"interview.completed","data":{"interview_id":"one"}}"#;

fn koji(faults: &[Fault]) -> (Handler, String) {
    let kit = Kit::new("koji");
    let secret = String::from_utf8(kit.secret.expose().to_vec()).unwrap();
    (kit.handler(faults), format!("sha256={}", hmac_sha256_hex(&secret, BODY)))
}

fn posted(signature: &str) -> Vec<u8> {
    request("POST", PATH, &[("X-Koji-Signature", signature)], BODY)
}

fn status(handler: &Handler, bytes: &[u8]) -> u16 {
    status_of(&raw_exchange(handler.address, bytes))
}

fn counted(handler: &Handler) -> String {
    let answer = raw_exchange(handler.address, &request("GET", COUNTER, &[], b""));
    String::from_utf8_lossy(body_of(&answer)).trim().to_owned()
}

#[test]
fn it_takes_what_is_signed_once_and_refuses_the_rest() {
    let (handler, signature) = koji(&[]);
    assert_eq!(status(&handler, &posted("sha256=00")), 401);
    assert_eq!(counted(&handler), "deliveries done: 0");
    for _ in 0..2 {
        assert_eq!(status(&handler, &posted(&signature)), 200);
        assert_eq!(counted(&handler), "deliveries done: 1");
    }
    assert_eq!(status(&handler, &request("PUT", PATH, &[], BODY)), 405);
    assert_eq!(status(&handler, &request("POST", "/other", &[], BODY)), 404);
}

#[test]
fn it_reads_chunks_and_what_comes_in_one_breath_and_nothing_that_is_not_framed() {
    let (handler, signature) = koji(&[]);
    let head = format!("POST {PATH} HTTP/1.1\r\nX-Koji-Signature: {signature}\r\nConnection: close\r\n");
    let (one, two) = BODY.split_at(9);
    let mut chunked = format!("{head}Transfer-Encoding: chunked\r\n\r\n9\r\n").into_bytes();
    chunked.extend_from_slice(one);
    chunked.extend_from_slice(format!("\r\n{:x};x=1\r\n", two.len()).as_bytes());
    chunked.extend_from_slice(two);
    chunked.extend_from_slice(b"\r\n0\r\n\r\n");
    assert_eq!(status(&handler, &chunked), 200);
    for wrong in ["Content-Length: 3\r\nContent-Length: 4", "Content-Length: x", "Content-Length: +3"] {
        assert_eq!(status(&handler, format!("{head}{wrong}\r\n\r\nabcd").as_bytes()), 400, "{wrong}");
    }
    let kept = String::from_utf8(posted(&signature)).unwrap().replace("Connection: close\r\n", "");
    let answers = raw_exchange(handler.address, [kept.as_bytes(), &posted(&signature)].concat().as_slice());
    assert_eq!(String::from_utf8_lossy(&answers).matches("HTTP/1.1 200").count(), 2);
}

#[test]
fn its_faults_come_first() {
    let faults = [Fault::When(|seen| seen.signatures().is_empty(), Does::Believe)];
    let (handler, _) = koji(&faults);
    assert_eq!(status(&handler, &request("POST", PATH, &[], BODY)), 200);
    assert_eq!(status(&handler, &posted("sha256=00")), 401);
    assert_eq!(counted(&handler), "deliveries done: 1");
}

#[test]
fn when_it_dies_nobody_listens_until_it_is_started_again() {
    let times = Duration::from_millis(50);
    let faults = [
        Fault::When(|seen| seen.signatures().is_empty(), Does::DieFor(Duration::from_millis(50))),
        Fault::When(|seen| !seen.verified(), Does::Die),
    ];
    let (handler, signature) = koji(&faults);
    let mut bystander = TcpStream::connect(handler.address).unwrap();
    let begun = Instant::now();
    assert_eq!(status(&handler, &request("POST", PATH, &[], BODY)), 0);
    assert_eq!(bystander.read(&mut [0; 1]).unwrap_or(0), 0, "every connection is gone");
    while TcpStream::connect(handler.address).is_err() {
        assert!(begun.elapsed() < PATIENCE);
    }
    assert!(begun.elapsed() >= times);
    assert_eq!(status(&handler, &posted(&signature)), 200);
    drop(bystander.write(b"x"));
    assert_eq!(status(&handler, &posted("sha256=00")), 0);
    assert!(TcpStream::connect(handler.address).is_err());
}
