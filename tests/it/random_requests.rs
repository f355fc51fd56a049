//! Thousands of random requests, cut at random places: head and body arrive
//! byte for byte, in order, none lost and none made up.

use crate::wire::{Rig, Wire};
use hookctl::serve::Limits;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::sample::select;
use proptest::test_runner::{Config, TestRunner};
use std::cell::Cell;

const CASES: u32 = 1500;

/// One request as it goes over the wire, and its body.
#[derive(Clone)]
struct Sent {
    head: Vec<u8>,
    framed: Vec<u8>,
    body: Vec<u8>,
}

impl std::fmt::Debug for Sent {
    fn fmt(&self, out: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let head = String::from_utf8_lossy(&self.head);
        write!(out, "{head:?} + {} bytes as {}", self.body.len(), self.framed.len() - self.head.len())
    }
}

fn cased(name: &'static str) -> impl Strategy<Value = String> {
    vec(any::<bool>(), name.len()).prop_map(move |upper| {
        let letters = name.chars().zip(upper);
        letters.map(|(letter, upper)| if upper { letter.to_ascii_uppercase() } else { letter }).collect()
    })
}

fn value() -> impl Strategy<Value = Vec<u8>> {
    let byte = prop_oneof![8 => 0x21..=0x7e_u8, 2 => 0x80..=0xff_u8, 1 => Just(b'\t'), 1 => Just(b' ')];
    vec(byte, 0..40)
}

fn space() -> impl Strategy<Value = &'static str> {
    select(vec!["", " ", "  ", "\t", " \t "])
}

fn line(
    name: impl Strategy<Value = String>,
    value: impl Strategy<Value = Vec<u8>>,
) -> impl Strategy<Value = Vec<u8>> {
    (name, space(), value, space()).prop_map(|(name, before, value, after)| {
        [name.as_bytes(), b":", before.as_bytes(), &value, after.as_bytes(), b"\r\n"].concat()
    })
}

/// How a body is framed: by its length, in chunks (sizes, extension, trailers), or not there.
#[derive(Clone, Debug)]
enum Framed {
    None,
    Sized,
    Chunked { size: usize, extension: &'static str, trailers: &'static str },
}

fn framed() -> impl Strategy<Value = Framed> {
    let extension = select(vec!["", ";a", ";a=b", " ;x=\"y;\"", "\t", ";"]);
    let trailers = select(vec!["", "T: 1\r\n", "T: 1\r\nX-Koji-Signature: no\r\n", "Content-Length: 9\r\n"]);
    let chunked = (1..50_usize, extension, trailers)
        .prop_map(|(size, extension, trailers)| Framed::Chunked { size, extension, trailers });
    prop_oneof![1 => Just(Framed::None), 3 => Just(Framed::Sized), 3 => chunked]
}

fn frame(framed: &Framed, body: &[u8]) -> Vec<u8> {
    match framed {
        Framed::None => Vec::new(),
        Framed::Sized => body.to_vec(),
        Framed::Chunked { size, extension, trailers } => {
            let mut wire = Vec::new();
            // hyper takes 16 KiB of extensions in one body at most.
            for (number, chunk) in body.chunks((*size).max(body.len() / 500)).enumerate() {
                let length = if number % 2 == 0 {
                    format!("{:x}", chunk.len())
                } else {
                    format!("0{:X}", chunk.len())
                };
                wire.extend_from_slice(format!("{length}{extension}\r\n").as_bytes());
                wire.extend_from_slice(chunk);
                wire.extend_from_slice(b"\r\n");
            }
            wire.extend_from_slice(format!("0{extension}\r\n{trailers}\r\n").as_bytes());
            wire
        }
    }
}

fn request() -> impl Strategy<Value = Sent> {
    let method = select(vec!["POST", "PUT", "PATCH", "GET", "DELETE", "pOsT", "X-ODD!"]);
    let lines = vec(line("[xX][A-Za-z0-9!#$%&'*+.^_`|~-]{0,20}".prop_map(String::from), value()), 0..12);
    let host = line(cased("host"), Just(b"localhost:1".to_vec()));
    let body = prop_oneof![9 => vec(any::<u8>(), 0..200), 1 => vec(any::<u8>(), 0..30_000)];
    let length_name = cased("content-length");
    let coding = line(cased("transfer-encoding"), cased("chunked").prop_map(String::into_bytes));
    let parts = (method, "/[a-zA-Z0-9._~!$&'()*+,;=:@%/?-]{0,40}", lines, host, any::<prop::sample::Index>());
    let empty_lines = select(vec!["", "", "", "\r\n", "\r\n\r\n"]);
    (parts, body, framed(), length_name, space(), coding, empty_lines).prop_map(
        |(
            (method, target, mut lines, host, place),
            body,
            framed,
            length_name,
            space,
            coding,
            empty_lines,
        )| {
            let body = if matches!(framed, Framed::None) { Vec::new() } else { body };
            lines.insert(place.index(lines.len() + 1), host);
            let at = place.index(lines.len());
            match framed {
                Framed::None => {}
                Framed::Sized => {
                    lines.insert(at, format!("{length_name}:{space}{}\r\n", body.len()).into_bytes());
                }
                Framed::Chunked { .. } => lines.insert(at, coding),
            }
            let head =
                [format!("{method} {target} HTTP/1.1\r\n").as_bytes(), &lines.concat(), b"\r\n"].concat();
            let framed = [empty_lines.as_bytes(), &head, &frame(&framed, &body)].concat();
            Sent { head, framed, body }
        },
    )
}

/// The pieces that `bytes` are sent in; many cuts fall close together.
fn pieces<'a>(bytes: &'a [u8], cuts: &[prop::sample::Index]) -> Vec<&'a [u8]> {
    let mut places: Vec<usize> = cuts.iter().map(|cut| cut.index(bytes.len())).collect();
    places.sort_unstable();
    places.push(bytes.len());
    let mut from = 0;
    places
        .into_iter()
        .map(|to| {
            let piece = &bytes[from..to];
            from = to;
            piece
        })
        .collect()
}

#[test]
fn every_request_arrives_byte_for_byte() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let rig = runtime.block_on(async { Rig::new(Limits::default()) });
    let config =
        Config { cases: CASES, failure_persistence: None, max_shrink_iters: 200, ..Config::default() };
    let cases = (vec(request(), 1..=4), vec(any::<prop::sample::Index>(), 0..12));
    let requests = Cell::new(0);
    TestRunner::new(config)
        .run(&cases, |(sent, cuts)| {
            let stream: Vec<u8> = sent.iter().flat_map(|request| request.framed.clone()).collect();
            let (answered, arrived) = runtime.block_on(async {
                let mut wire = Wire::connect(rig.address).await;
                for piece in pieces(&stream, &cuts) {
                    wire.send(piece).await;
                    // Lets the receiver read what is there, so that a cut is a cut.
                    tokio::task::yield_now().await;
                }
                let mut answered = 0;
                for request in &sent {
                    let answer = wire.answer().await;
                    answered += usize::from(answer.is_some_and(|answer| answer.body == request.body));
                }
                (answered, rig.book().deliveries.lock().unwrap().drain(..).collect::<Vec<_>>())
            });
            prop_assert_eq!((answered, arrived.len()), (sent.len(), sent.len()));
            for (arrived, sent) in arrived.iter().zip(&sent) {
                prop_assert_eq!(&arrived.head.as_bytes()[..], &sent.head[..]);
                prop_assert!(arrived.body == sent.body, "the body of {:?} differs", sent.head);
            }
            requests.set(requests.get() + sent.len());
            Ok(())
        })
        .unwrap();
    assert!(requests.get() > 3000, "{} are too few to prove anything", requests.get());
}
