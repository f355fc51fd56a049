//! Claim 17: whatever is sent without end is cut off, and costs no memory and no disk.

use crate::claim_16_floods::assert_small;
use crate::harness::{Home, PATIENCE, post, status_of};
use std::io::{Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};

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

/// Sends a body of 25 MiB; the status, and the answer as it came.
fn send_large(address: SocketAddr, body: &[u8]) -> (u16, Vec<u8>) {
    let length = body.len();
    let head =
        format!("POST /large HTTP/1.1\r\nHost: a\r\nContent-Length: {length}\r\nConnection: close\r\n\r\n");
    let (answer, _) = bomb(address, head.as_bytes(), body, length);
    (status_of(&answer), answer)
}

#[test]
fn sixteen_bodies_of_25_mib_at_once_are_taken_one_after_the_other() {
    let home = Home::default();
    let listening = home.listen(["--show", "none"]);
    let (address, body) = (listening.address, vec![b'b'; 25 * MIB]);
    let mut waiting = 16;
    let mut rounds = 0;
    // Whoever is refused comes again, with all others that were. A body that is
    // still being shown has the room of the next, so not every round takes one.
    let begun = std::time::Instant::now();
    while waiting > 0 {
        assert!(begun.elapsed() < PATIENCE, "{waiting} of 16 did not get through");
        let answers: Vec<(u16, Vec<u8>)> = std::thread::scope(|scope| {
            let senders: Vec<_> = (0..waiting).map(|_| scope.spawn(|| send_large(address, &body))).collect();
            senders.into_iter().map(|sender| sender.join().unwrap()).collect()
        });
        let taken = answers.iter().filter(|(status, _)| *status == 200).count();
        let told = |answer: &[u8]| String::from_utf8_lossy(answer).to_lowercase().contains("retry-after: 1");
        // A sender that is still writing may see the end of the connection before the answer.
        let refused = answers.iter().all(|(status, answer)| match status {
            503 => told(answer),
            status => [200, 0].contains(status),
        });
        assert!(
            refused && (taken > 0 || rounds > 0),
            "{:?}",
            answers.iter().map(|(status, _)| status).collect::<Vec<_>>()
        );
        waiting -= taken;
        rounds += 1;
    }
    println!("16 bodies of 25 MiB at once: all taken in {rounds} rounds");
    assert_eq!(post(address, "/honest", &[], b"{}"), 200);
    let rejected = listening.next("rejected");
    assert_eq!((&rejected["status"], &rejected["code"]), (&503.into(), &"overloaded".into()), "{rejected}");
    assert_small(listening.child.id(), "16 bodies of 25 MiB at once");
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
}

#[test]
fn one_body_of_25_mib_exists_once() {
    let binary: Vec<u8> = (0..25 * MIB).map(|at| (at % 251) as u8).collect();
    for (name, body) in [("text", vec![b'b'; 25 * MIB]), ("binary", binary)] {
        let home = Home::default();
        let listening = home.listen([""; 0]);
        assert_eq!(send_large(listening.address, &body).0, 200);
        assert_eq!(listening.next("delivery")["size"], 25 * MIB);
        assert_small(listening.child.id(), name);
        assert_eq!(listening.stop().0, 0);
        let kept = home.run(["events", "show", "1", "--body"]).expect(0).stdout;
        assert!(kept == body, "{name}: {} bytes are kept", kept.len());
    }
}

/// So many connections that each send so much of a body of 25 MiB, and say no more.
fn partial_bodies(address: SocketAddr, count: usize, bytes: usize) -> Vec<TcpStream> {
    rlimit::increase_nofile_limit(8_192).unwrap();
    let part = vec![b'p'; bytes];
    let open = |_| {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
        stream.set_write_timeout(Some(PATIENCE)).ok()?;
        stream.write_all(b"POST /part HTTP/1.1\r\nHost: a\r\nContent-Length: 26214400\r\n\r\n").ok()?;
        // One that is refused meanwhile has had its share.
        drop(stream.write_all(&part));
        Some(stream)
    };
    (0..count).filter_map(open).collect()
}

#[test]
fn partial_bodies_cost_little_and_give_way_to_honest_ones() {
    for (count, bytes) in [(300, MIB), (900, 60 << 10), (30, 20 * MIB)] {
        let name = format!("{count} parts of {} KiB", bytes >> 10);
        let home = Home::default();
        let listening = home.listen(["--show", "none"]);
        let stalled = partial_bodies(listening.address, count, bytes);
        let honest = vec![b'h'; 2 * MIB];
        // Within seconds whoever stopped is slow, and gives way.
        let begun = std::time::Instant::now();
        while send_large(listening.address, &honest).0 != 200 {
            assert!(begun.elapsed() < PATIENCE, "{name}: no honest body is taken");
        }
        println!("{name}: an honest body was taken after {:?}", begun.elapsed());
        assert_small(listening.child.id(), &name);
        drop(stalled);
        assert_eq!(listening.stop().0, 0);
    }
}

#[test]
fn large_answers_of_targets_are_not_all_held_and_small_ones_always_taken() {
    let target = TcpListener::bind("127.0.0.1:0").unwrap();
    let to = target.local_addr().unwrap().to_string();
    std::thread::spawn(move || {
        for stream in target.incoming() {
            std::thread::spawn(move || answer_by_path(stream.unwrap()));
        }
    });
    let home = Home::default();
    let listening = home.listen(["--show", "none", "--answer", "mirror", "--forward", &to]);
    let address = listening.address;
    std::thread::scope(|scope| {
        let large: Vec<_> =
            (0..24).map(|_| scope.spawn(move || post(address, "/large", &[], b"{}"))).collect();
        for _ in 0..50 {
            assert_eq!(post(address, "/small", &[], b"{}"), 200);
        }
        let large: Vec<u16> = large.into_iter().map(|sender| sender.join().unwrap()).collect();
        println!("24 answers of 15 MiB at once: {large:?}");
        assert!(large.iter().all(|status| [200, 503].contains(status)), "{large:?}");
    });
    // Alone it is taken, as soon as the one before it has been shown.
    let begun = std::time::Instant::now();
    while post(address, "/large", &[], b"{}") != 200 {
        assert!(begun.elapsed() < PATIENCE, "an answer of 15 MiB is never taken");
    }
    assert_small(listening.child.id(), "24 answers of 15 MiB at once");
    assert_eq!(listening.stop().0, 0);
}

/// Answers one request, at length or shortly as its path says.
fn answer_by_path(mut stream: TcpStream) {
    let mut request = [0; 4 << 10];
    let count = stream.read(&mut request).unwrap_or(0);
    let length = if request[..count].starts_with(b"POST /large") { 15 * MIB } else { 1 << 10 };
    let head = format!("HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: {length}\r\n\r\n");
    drop(stream.write_all(head.as_bytes()));
    // One that is cut off has said enough.
    drop(stream.write_all(&vec![b'a'; length]));
}
