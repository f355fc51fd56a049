//! Claim 17: whatever is sent without end is cut off, and costs no memory and no disk.

use crate::claim_16_floods::{assert_small, status_line};
use crate::harness::{Home, Listening, PATIENCE, post, status_of};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpStream};

const MIB: usize = 1 << 20;

/// Sends the start, then the part again and again up to so many bytes, and
/// reads meanwhile. Gives the answer and how many bytes went out.
fn bomb(address: SocketAddr, start: &[u8], part: &[u8], bytes: usize) -> (Vec<u8>, usize) {
    let mut stream = TcpStream::connect(address).unwrap();
    stream.set_read_timeout(Some(PATIENCE)).unwrap();
    stream.set_write_timeout(Some(PATIENCE)).unwrap();
    let mut reading = stream.try_clone().unwrap();
    let answer = std::thread::spawn(move || {
        let mut answer = Vec::new();
        // A reset after the answer is an end like any other.
        drop(reading.read_to_end(&mut answer));
        answer
    });
    let mut sent = 0;
    let mut go_on = stream.write_all(start).is_ok();
    while go_on && sent < bytes {
        go_on = stream.write_all(part).is_ok();
        sent += part.len();
    }
    drop(stream.shutdown(Shutdown::Write));
    (answer.join().unwrap(), sent)
}

struct Bomb {
    name: &'static str,
    start: &'static str,
    part: Vec<u8>,
    bytes: usize,
    statuses: &'static [u16],
    /// How much may be taken, with what lies in the system's buffers.
    taken: usize,
}

fn bombs() -> Vec<Bomb> {
    let filler = |byte: u8| vec![byte; 64 << 10];
    let chunk = [&b"10000\r\n"[..], &[b'c'; 0x1_0000], b"\r\n"].concat();
    let head =
        |name, start, part, bytes| Bomb { name, start, part, bytes, statuses: &[431, 414], taken: 16 * MIB };
    let body =
        |name, start, part, bytes, statuses| Bomb { name, start, part, bytes, statuses, taken: 48 * MIB };
    let post = "POST /bomb HTTP/1.1\r\nHost: a\r\n";
    const CHUNKED: &str = "POST /bomb HTTP/1.1\r\nHost: a\r\nTransfer-Encoding: chunked\r\n\r\n";
    const DECLARED: &str = "POST /bomb HTTP/1.1\r\nHost: a\r\nContent-Length: 1073741824\r\n\r\n";
    vec![
        head("a header line of 300 MB", "POST /bomb HTTP/1.1\r\nHost: a\r\nLong: ", filler(b'v'), 300 * MIB),
        head("a request line of 300 MB", "POST /", filler(b'u'), 300 * MIB),
        head("200,000 headers", post, b"X-Many: y\r\n".repeat(1_000), 200_000 * 11),
        body("a declared body of 1 GB", DECLARED, filler(b'b'), 1_024 * MIB, &[413]),
        body("chunks without end", CHUNKED, chunk, 1_024 * MIB, &[413]),
        // Five bytes of framing for each byte of the body.
        Bomb {
            taken: 6 * 25 * MIB + 48 * MIB,
            ..body("chunks of one byte", CHUNKED, b"1\r\nx\r\n".repeat(10_000), 300 * MIB, &[413, 408])
        },
        body(
            "a chunk extension without end",
            CHUNKED,
            [&b"5;"[..], &filler(b'e')].concat(),
            300 * MIB,
            &[400],
        ),
        body(
            "trailers without end",
            CHUNKED,
            [&b"0\r\n"[..], &b"T: t\r\n".repeat(9_000)].concat(),
            300 * MIB,
            &[400],
        ),
    ]
}

fn journal_bytes(home: &Home) -> u64 {
    std::fs::read_dir(home.join("data")).unwrap().map(|entry| entry.unwrap().metadata().unwrap().len()).sum()
}

#[test]
fn every_bomb_is_refused_early_and_leaves_nothing_behind() {
    let home = Home::default();
    let listening = home.listen(["--show", "none"]);
    assert_eq!(post(listening.address, "/first", &[], b"{}"), 200);
    let before = journal_bytes(&home);
    for one in bombs() {
        let (answer, sent) = bomb(listening.address, one.start.as_bytes(), &one.part, one.bytes);
        let status = status_of(&answer);
        // A sender that is still writing may see the reset before the answer; the record tells.
        let rejected = listening.next("rejected");
        let recorded = u16::try_from(rejected["status"].as_u64().unwrap_or_default()).unwrap();
        println!("{}: {recorded}, read as {status}, {} KiB went out", one.name, sent >> 10);
        assert!(one.statuses.contains(&recorded), "{}: {rejected}", one.name);
        assert!(status == recorded || status == 0, "{}: {status}", one.name);
        assert!(sent <= one.taken, "{}: {sent} bytes went out", one.name);
        assert_eq!(post(listening.address, "/honest", &[], b"{}"), 200, "after {}", one.name);
        assert_small(listening.child.id(), one.name);
    }
    let grown = journal_bytes(&home) - before;
    assert!(grown < MIB as u64, "{grown} bytes of the disk for what was refused");
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
    let kept = home.run(["events", "list", "--json", "--limit", "1000"]).expect(0).records();
    assert_eq!(kept.len(), 1 + bombs().len(), "only the honest ones are kept");
}

#[test]
fn ten_thousand_pipelined_requests_are_answered_in_part_and_cost_nothing() {
    let home = Home::default();
    let listening = home.listen(["--show", "none"]);
    let request = b"POST /pipelined HTTP/1.1\r\nHost: a\r\nContent-Length: 2\r\n\r\n{}";
    let (answers, _) = bomb(listening.address, b"", &request.repeat(100), 100 * request.len() * 100);
    let answered = answers.windows(13).filter(|window| window == b"HTTP/1.1 200 ").count();
    println!("10,000 pipelined: {answered} answered");
    assert!((1..=1_000).contains(&answered), "{answered}");
    assert_eq!(post(listening.address, "/honest", &[], b"{}"), 200);
    assert_small(listening.child.id(), "10,000 pipelined requests");
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
}

#[test]
fn sixteen_bodies_of_25_mib_at_once_are_not_all_held_at_once() {
    let home = Home::default();
    let listening =
        Listening::start(home.command(["listen", "--port", "0", "--json", "--jq", "{type, url}"]));
    let body = vec![b'b'; 25 * MIB];
    let address = listening.address;
    let head = format!(
        "POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\nConnection: close\r\n\r\n",
        body.len()
    );
    let send = || status_of(&bomb(address, head.as_bytes(), &body, body.len()).0);
    let statuses: Vec<u16> = std::thread::scope(|scope| {
        let senders: Vec<_> = (0..16).map(|_| scope.spawn(send)).collect();
        senders.into_iter().map(|sender| sender.join().unwrap()).collect()
    });
    println!("16 bodies of 25 MiB at once: {statuses:?}");
    // They compete for the room; whoever is cut off or refused was told or saw the end of the connection.
    assert!(statuses.iter().all(|status| [200, 503, 408, 0].contains(status)), "{statuses:?}");
    assert_eq!(post(address, "/honest", &[], b"{}"), 200);
    // Bodies of the allowed size may cost more than what is refused, but not all of them at once.
    let peak = status_line(listening.child.id(), "VmHWM") / 1_024;
    println!("16 bodies of 25 MiB at once: peak {peak} MiB");
    assert!(peak < 16 * 25, "{peak} MiB");
    listening.kill();
}
