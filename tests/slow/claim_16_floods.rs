//! Claim 16: connections that never ask anything neither stop the listener
//! nor make it grow; running out of file descriptors is survived.

use crate::harness::{Home, Listening, PATIENCE, post, status_of, under};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpStream};
use std::process::{Command, Stdio};
use std::time::{Duration, Instant};

const CHILD: &str = "HOOKCTL_TEST_CHILD_NAIVE_SERVER";

/// A line of `/proc/PID/status`, without its name and unit.
pub(crate) fn status_line(process: u32, name: &str) -> u64 {
    let text = std::fs::read_to_string(format!("/proc/{process}/status")).unwrap();
    let line = text.lines().find(|line| line.starts_with(&format!("{name}:"))).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

/// The most memory that a process had, in KiB, is within the bar of 64 MiB.
#[track_caller]
pub(crate) fn assert_small(process: u32, after: &str) {
    let peak = status_line(process, "VmHWM");
    println!("{after}: peak {:.1} MiB", peak as f64 / 1_024.0);
    assert!(peak <= 64 * 1_024, "{after}: {peak} KiB");
}

/// So many connections that began a request and say no more.
fn half_open(address: SocketAddr, count: usize) -> Vec<TcpStream> {
    rlimit::increase_nofile_limit(8_192).unwrap();
    let open = |_| {
        let mut stream = TcpStream::connect_timeout(&address, PATIENCE).ok()?;
        stream.write_all(b"POST /hooks HTTP/1.1\r\nHost: a\r\nX-Half: ").ok()?;
        Some(stream)
    };
    (0..count).filter_map(open).collect()
}

/// The shell that lowers the limit of open files before it becomes the program.
const FEW_FILES: [&str; 4] = ["sh", "-c", "ulimit -n 256; exec \"$0\" \"$@\"", "--"];

fn few_files(command: &Command) -> Command {
    under(FEW_FILES.into_iter().take(3), command)
}

#[test]
fn four_hundred_half_open_connections_at_256_files_do_not_stop_it() {
    let home = Home::default();
    let listening = Listening::start(few_files(&home.command(["listen", "--port", "0", "--json"])));
    let flood = half_open(listening.address, 400);
    assert_eq!(flood.len(), 400);
    for number in 0..100 {
        assert_eq!(post(listening.address, "/during", &[], b"{}"), 200, "{number} of 100 during the flood");
    }
    drop(flood);
    for number in 0..100 {
        assert_eq!(post(listening.address, "/after", &[], b"{}"), 200, "{number} of 100 after the flood");
    }
    assert_small(listening.child.id(), "400 half-open connections");
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
}

#[test]
fn no_file_descriptor_at_all_is_said_and_waited_out() {
    let home = Home::default();
    let listening = home.listen(["--show", "none"]);
    let process = i32::try_from(listening.child.id()).unwrap();
    let (soft, hard) = rlimit::getrlimit(rlimit::Resource::NOFILE).unwrap();
    let limit =
        |files| rlimit::prlimit(process, rlimit::Resource::NOFILE, Some((files, hard)), None).unwrap();
    // Fewer than it has open: from now on not one more can be accepted.
    limit(3);
    let address = listening.address;
    let senders: Vec<_> =
        (0..10).map(|_| std::thread::spawn(move || post(address, "/waits", &[], b"{}"))).collect();
    listening.says("ulimit -n");
    limit(soft);
    for sender in senders {
        assert_eq!(sender.join().unwrap(), 200);
    }
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
}

/// As a child: a server of another stack, until its standard input ends.
#[test]
fn child_that_serves_naively() {
    if std::env::var_os(CHILD).is_none() {
        return;
    }
    let server = tiny_http::Server::http("127.0.0.1:0").unwrap();
    println!("\nlistens on {}", server.server_addr().to_ip().unwrap());
    std::thread::spawn(|| {
        drop(std::io::stdin().read_to_end(&mut Vec::new()));
        std::process::exit(0);
    });
    for request in server.incoming_requests() {
        drop(request.respond(tiny_http::Response::empty(200)));
    }
    // It serves no more, and is there all the same.
    std::thread::park();
}

#[test]
fn the_same_flood_ends_a_naive_server() {
    let mut itself = Command::new(std::env::current_exe().unwrap());
    itself.args(["--exact", "claim_16_floods::child_that_serves_naively", "--nocapture"]);
    itself.env(CHILD, "1").current_dir(".");
    let mut command = few_files(&itself);
    let mut child = command.stdin(Stdio::piped()).spawn().unwrap();
    let lines = BufReader::new(child.stdout.take().unwrap()).lines().map_while(Result::ok);
    let line = lines.into_iter().find(|line| line.starts_with("listens on ")).unwrap();
    let address: SocketAddr = line.trim_start_matches("listens on ").parse().unwrap();
    assert_eq!(post(address, "/before", &[], b"{}"), 200);
    let flood = half_open(address, 400);
    drop(flood);
    let alive = (0..20).all(|_| {
        let Ok(mut stream) = TcpStream::connect(address) else { return false };
        stream.set_read_timeout(Some(Duration::from_secs(5))).unwrap();
        let asked = stream.write_all(b"GET / HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n");
        let mut answer = Vec::new();
        asked.is_ok() && stream.read_to_end(&mut answer).is_ok() && status_of(&answer) == 200
    });
    drop(child.stdin.take());
    child.wait().unwrap();
    assert!(!alive, "the flood harms nobody, so it proves nothing");
}

#[test]
fn five_hundred_slow_senders_are_cut_off_and_nobody_else_waits_for_them() {
    let home = Home::default();
    let listening = home.listen(["--show", "none"]);
    let mut slow = half_open(listening.address, 500);
    assert_eq!(slow.len(), 500);
    for stream in slow.iter_mut().skip(250) {
        // Half of them are slow with their body instead.
        stream.write_all(b"x\r\nContent-Length: 9000\r\n\r\n{").unwrap();
    }
    let mut times: Vec<Duration> = Vec::new();
    for number in 0..100 {
        for stream in &mut slow {
            // One that was cut off already has had its share.
            drop(stream.write_all(b"x"));
        }
        let begun = Instant::now();
        assert_eq!(post(listening.address, "/honest", &[], b"{}"), 200, "{number} of 100");
        times.push(begun.elapsed());
    }
    let threads = status_line(listening.child.id(), "Threads");
    let mut told = 0;
    for mut stream in slow {
        stream.set_read_timeout(Some(PATIENCE)).unwrap();
        let mut answer = Vec::new();
        drop(stream.read_to_end(&mut answer));
        told += usize::from(status_of(&answer) == 408);
    }
    times.sort();
    println!("500 slow senders: {told} told 408, {threads} threads, honest p99 {:?}", times[98]);
    assert!(told > 400, "only {told} were told why");
    assert!(threads <= 8, "{threads} threads");
    assert_small(listening.child.id(), "500 slow senders");
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
}
