//! What happens when file descriptors or memory run short. Each case runs in a
//! process of its own: this test program, started again with one test to run.

use crate::wire::{HONEST, Rig, Wire, soon};
use hookctl::serve::Limits;
use http_body_util::BodyExt;
use hyper_util::rt::TokioIo;
use std::io::{BufRead, BufReader, Write};
use std::net::SocketAddr;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::Ordering;

const ROLE: &str = "HOOKCTL_TEST_ROLE";

/// Starts one test of this program in a process of its own.
fn start(test: &str) -> Child {
    Command::new(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads", "1"])
        .env(ROLE, test)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

fn is_started(test: &str) -> bool {
    std::env::var_os(ROLE).is_some_and(|role| role == test)
}

/// The rest of the first line of a child that starts with `word`.
fn said(child: &mut BufReader<std::process::ChildStdout>, word: &str) -> String {
    for line in child.lines() {
        if let Some(rest) = line.unwrap().strip_prefix(word) {
            return rest.trim().to_owned();
        }
    }
    panic!("the child ended without saying `{word}`");
}

/// Limits the open files of this process for good.
fn limit_open_files(limit: u64) {
    rlimit::setrlimit(rlimit::Resource::NOFILE, limit, limit).unwrap();
}

/// Says its address, serves until its standard input ends, then says how often
/// it could not accept.
#[tokio::test]
async fn child_with_few_files() {
    if !is_started("scarcity::child_with_few_files") {
        return;
    }
    limit_open_files(48);
    let rig = Rig::new(Limits { max_connections: Some(1000), ..Limits::default() });
    println!("\naddress {}", rig.address);
    std::io::stdout().flush().unwrap();
    tokio::task::spawn_blocking(|| std::io::stdin().lines().count()).await.unwrap();
    println!("failures {}", rig.book().accept_failures.load(Ordering::SeqCst));
}

#[tokio::test]
async fn running_out_of_files_never_stops_the_listener() {
    let mut child = start("scarcity::child_with_few_files");
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let address: SocketAddr = said(&mut output, "address").parse().unwrap();
    let mut idle = Vec::new();
    for _ in 0..200 {
        idle.push(Wire::connect(address).await);
    }
    // While they are all there, and after they left.
    for _ in 0..5 {
        let mut wire = Wire::connect(address).await;
        wire.send(HONEST).await;
        assert_eq!(wire.status().await, Some(200));
    }
    drop(idle);
    for _ in 0..20 {
        let mut wire = Wire::connect(address).await;
        wire.send(HONEST).await;
        assert_eq!(wire.status().await, Some(200));
    }
    drop(child.stdin.take());
    let failures: usize = said(&mut output, "failures").parse().unwrap();
    assert!(failures > 0, "it never ran out of files, so nothing was proved");
    assert!(child.wait().unwrap().success());
}

/// Bytes that this process holds in memory.
#[cfg(target_os = "linux")]
fn resident() -> usize {
    let statm = std::fs::read_to_string("/proc/self/statm").unwrap();
    statm.split(' ').nth(1).unwrap().parse::<usize>().unwrap() * 4096
}

/// Sends a body in one-byte segments that the other side reads one by one; says
/// by how much this process, which is both sides, has grown before the end.
#[cfg(target_os = "linux")]
async fn growth_while_trickling(address: SocketAddr, count: usize) -> usize {
    let before = resident();
    let mut wire = Wire::connect(address).await;
    wire.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n", count + 1)).await;
    for _ in 0..count {
        wire.send(b"x").await;
        for _ in 0..4 {
            tokio::task::yield_now().await;
        }
    }
    let growth = resident().saturating_sub(before);
    wire.send(b"x").await;
    assert_eq!(wire.status().await, Some(200));
    growth
}

/// A server that keeps every frame, as `collect()` does.
#[cfg(target_os = "linux")]
async fn collecting_server() -> SocketAddr {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        let (stream, _) = listener.accept().await.unwrap();
        let service = hyper::service::service_fn(|request: hyper::Request<hyper::body::Incoming>| async {
            request
                .into_body()
                .collect()
                .await
                .map(|body| hyper::Response::new(http_body_util::Full::new(body.to_bytes())))
        });
        hyper::server::conn::http1::Builder::new()
            .serve_connection(TokioIo::new(stream), service)
            .await
            .unwrap();
    });
    address
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn child_that_is_trickled() {
    if !is_started("scarcity::child_that_is_trickled") {
        return;
    }
    const COUNT: usize = 20_000;
    let rig = Rig::new(Limits::default());
    growth_while_trickling(rig.address, 100).await;
    println!("\nours {}", growth_while_trickling(rig.address, COUNT).await);
    println!("collecting {}", growth_while_trickling(collecting_server().await, COUNT).await);
}

#[cfg(target_os = "linux")]
#[tokio::test]
async fn a_body_in_one_byte_segments_keeps_memory_bounded() {
    let mut child = start("scarcity::child_that_is_trickled");
    let mut output = BufReader::new(child.stdout.take().unwrap());
    let (ours, collecting) = soon(tokio::task::spawn_blocking(move || {
        let ours: usize = said(&mut output, "ours").parse().unwrap();
        let collecting: usize = said(&mut output, "collecting").parse().unwrap();
        // The child must not meet a closed pipe.
        output.lines().count();
        (ours, collecting)
    }))
    .await
    .unwrap();
    assert!(child.wait().unwrap().success());
    assert!(ours < 2 << 20, "20,000 bytes cost {ours} bytes of memory");
    assert!(collecting > 16 << 20, "the control cost only {collecting} bytes: nothing was proved");
}
