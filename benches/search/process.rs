//! What the program itself holds in memory over a journal, while the index is
//! made, while deliveries come, and while pages of the inspector ask.

use crate::harness::inspector::Inspector;
use crate::harness::{Home, Listening, post};
use std::path::Path;
use std::time::{Duration, Instant};

/// What the page asks for, and what a person searches.
const ASKED: &[&str] = &[
    "deliveries",
    "deliveries?type=interview.completed",
    "deliveries?type=study.closed&status=401",
    "deliveries?verdict=mismatch&limit=1000",
    "deliveries?text=example.com",
    "deliveries?text=this%20is%20said%20nowhere",
    "overview",
];
const ROUNDS: usize = 20;
const SENT: usize = 2_000;
/// Nothing goes while it is measured.
const KEEP: &str = "10000000,100GiB,3650d";
const INDEXING: Duration = Duration::from_secs(300);

/// Resident memory now and at its highest, in KiB.
fn memory(pid: u32) -> (u64, u64) {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let of = |name: &str| {
        let line = status.lines().find_map(|line| line.strip_prefix(name));
        line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0)
    };
    (of("VmRSS:"), of("VmHWM:"))
}

fn print(name: &str, pid: u32) {
    let (now, highest) = memory(pid);
    println!("    {name:<44} {:>6.1} MiB, highest {:>6.1}", now as f64 / 1_024.0, highest as f64 / 1_024.0);
}

fn sql(path: &Path, text: &str) -> i64 {
    rusqlite::Connection::open(path).unwrap().query_row(text, [], |row| row.get(0)).unwrap()
}

fn wait_until_indexed(path: &Path) {
    let begun = Instant::now();
    // The index has whole segments of 4,096 deliveries.
    while sql(path, "SELECT last_seq - indexed_to FROM journal") >= 4_096 {
        assert!(begun.elapsed() < INDEXING, "the index was not made in {INDEXING:?}");
        std::thread::sleep(Duration::from_millis(100));
    }
}

/// Twice, so that what grows with every question is seen.
fn ask_for_everything(inspector: &Inspector, pid: u32) {
    for time in 1..=2 {
        for _ in 0..ROUNDS {
            for path in ASKED {
                inspector.get(&format!("/api/{path}"));
            }
        }
        print(&format!("after {} questions", time * ROUNDS * ASKED.len()), pid);
    }
}

/// `hookctl inspect` over a journal that nobody owns: it makes the index itself.
fn inspecting(path: &Path) {
    let home = Home::default();
    let inspector = Inspector::start(&home, ["--journal".as_ref(), path.as_os_str()], &[]);
    let pid = inspector.child.as_ref().unwrap().id();
    println!("  hookctl inspect");
    print("when it is ready", pid);
    inspector.get("/api/deliveries");
    wait_until_indexed(path);
    print("when the index is made", pid);
    ask_for_everything(&inspector, pid);
}

/// `hookctl listen` on a journal that it is told to keep.
fn listening(path: &Path) {
    let home = Home::default();
    let args = ["--keep", KEEP, "--inspect", "127.0.0.1:0", "--journal"];
    let mut args: Vec<&std::ffi::OsStr> = args.iter().map(AsRef::as_ref).collect();
    args.push(path.as_os_str());
    let listening: Listening = home.listen(args);
    let pid = listening.child.id();
    println!("  hookctl listen");
    print("when it is ready", pid);
    for number in 0..SENT {
        let body = format!(r#"{{"event":"interview.completed","data":{{"interview_id":"{number}"}}}}"#);
        assert_eq!(post(listening.address, "/", &[], body.as_bytes()), 200);
    }
    print(&format!("after {SENT} deliveries"), pid);
    let inspector = Inspector::at(listening.ready["inspector"].as_str().unwrap());
    ask_for_everything(&inspector, pid);
}

/// Prints what both hold over this journal.
pub(crate) fn measure(name: &str, path: &Path) {
    println!("\nmemory over a journal of {name}");
    inspecting(path);
    listening(path);
}
