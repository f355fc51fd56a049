//! How long it takes to find something in a journal of 1,000 and one of 1,000,000
//! deliveries, and what making the index costs an append beside it:
//! `cargo bench --bench search [-- DELIVERIES]`.
//!
//! The goals: 50 ms for the first page, 100 ms for what has an index, 1 s for a
//! text. They are printed and fail nothing. Needs 2 GB of disk.
#![allow(
    missing_docs,
    dead_code,
    unused_imports,
    clippy::unwrap_used,
    clippy::panic,
    clippy::string_slice,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "a benchmark that fails may say so by panicking"
)]

#[path = "../tests/harness/mod.rs"]
mod harness;
#[path = "search/process.rs"]
mod process;

use hookctl::hook::delivery::{Checked, Delivery, Facts};
use hookctl::hook::headers::Head;
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::{Code, Verdict};
use hookctl::journal::{
    Durability, Filter, Guest, Journal, Options, Order, ReadError, Reader, Retention, SettledAnswer,
    StatusFilter,
};
use std::hint::black_box;
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};
use tokio::runtime::Runtime;

const SMALL: u64 = 1_000;
const LARGE: u64 = 1_000_000;
const ROUNDS: usize = 7;
const START: i64 = 1_760_000_000;

const FIRST_PAGE: Duration = Duration::from_millis(50);
const INDEXED: Duration = Duration::from_millis(100);
const TEXT: Duration = Duration::from_secs(1);
/// What is no goal of anybody's.
const NONE: Duration = Duration::MAX;

/// Numbers without a pattern, the same in every run.
fn hex(seed: u64, digits: usize) -> String {
    let mut state = seed.wrapping_mul(0x9E37_79B9_7F4A_7C15) | 1;
    let mut next = || {
        state ^= state << 13;
        state ^= state >> 7;
        state ^= state << 17;
        char::from_digit((state >> 33) as u32 % 16, 16).unwrap()
    };
    (0..digits).map(|_| next()).collect()
}

fn event(seq: u64) -> &'static str {
    match seq {
        _ if seq % 100_000 == 500 => "study.closed",
        _ => ["interview.started", "interview.completed", "report.generated"][seq as usize % 3],
    }
}

fn code(seq: u64) -> Code {
    match seq {
        _ if seq % 50_000 == 600 => Code::TooOld,
        _ if seq % 20 == 7 => Code::Mismatch,
        _ => Code::Verified,
    }
}

fn status(seq: u64) -> u16 {
    match seq {
        _ if seq % 70_000 == 650 => 503,
        _ if seq % 20 == 7 => 401,
        _ => 200,
    }
}

fn provider(seq: u64) -> &'static str {
    if seq % 90_000 == 700 { "stripe" } else { "koji" }
}

/// A delivery as vendors send them: a head of 12 fields and a body of 1 KB.
fn delivery(seq: u64) -> Arc<Checked> {
    let words = ["easy", "to", "use", "again", "because", "price", "support", "never", "always", "colour"];
    let said: Vec<&str> = hex(seq + 3, 110).bytes().map(|byte| words[usize::from(byte) % 10]).collect();
    let id = hex(seq, 24);
    let body = format!(
        r#"{{"type":"{}","data":{{"interview_id":"{id}","email":"{}@example.com","n":{seq},"said":"{}"}}}}"#,
        event(seq),
        hex(seq + 1, 8),
        said.join(" ")
    );
    let fields = (0..10).map(|field| (format!("X-Field-{field}"), "a value of usual length".to_owned()));
    let signed = ("X-Koji-Signature".to_owned(), hex(seq + 2, 64));
    Arc::new(Checked {
        delivery: Delivery {
            received: Timestamp::from_seconds(START + i64::try_from(seq).unwrap()),
            peer: "127.0.0.1:40000".parse().unwrap(),
            head: Head::build("POST", "/webhooks/koji", fields.chain([signed])).unwrap(),
            body: body.into(),
        },
        verdict: Verdict::of(&Arc::from(provider(seq)), code(seq), "for a benchmark"),
        facts: Facts {
            event: Some(event(seq).to_owned()),
            dedup_key: Some(format!("koji/{id}")),
            ..Facts::default()
        },
        outbox: Arc::from([]),
    })
}

fn options(durability: Durability) -> Options {
    let retention = Retention {
        max_deliveries: u64::MAX,
        max_bytes: u64::MAX,
        max_age: Duration::from_secs(u64::from(u32::MAX)),
    };
    Options { retention, durability, ..Options::default() }
}

fn append_all(runtime: &Runtime, path: &Path, deliveries: u64) {
    let journal = Arc::new(Journal::open(path, options(Durability::Off)).unwrap());
    runtime.block_on(async {
        let mut tasks = tokio::task::JoinSet::new();
        for first in 0..64 {
            let journal = Arc::clone(&journal);
            tasks.spawn(async move {
                for seq in (1 + first..=deliveries).step_by(64) {
                    let answer =
                        SettledAnswer { status: status(seq), answered_by: "policy", begun: Instant::now() };
                    black_box(journal.append_answered(delivery(seq), answer).await.unwrap().into_parts());
                }
            });
        }
        tasks.join_all().await;
        journal.close().await.unwrap();
    });
}

fn forget_index(path: &Path) {
    let connection = rusqlite::Connection::open(path).unwrap();
    let forget = "UPDATE journal SET indexed_to = 0; DELETE FROM index_segments;
                  DELETE FROM index_facets; DELETE FROM index_slices";
    connection.execute_batch(forget).unwrap();
}

/// Makes the whole index; how long each bite of it took, ascending.
fn index_all(path: &Path) -> Vec<Duration> {
    let mut guest = Guest::open(path).unwrap();
    let mut bites = Vec::new();
    loop {
        let begun = Instant::now();
        let more = guest.index().unwrap();
        bites.push(begun.elapsed());
        if !more {
            bites.sort_unstable();
            return bites;
        }
    }
}

fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse().ok()).unwrap_or(0) / 1_024
}

type Ask = Box<dyn Fn(&Reader, u64) -> Result<usize, ReadError>>;

fn list(filter: Filter) -> Ask {
    Box::new(move |reader, _| Ok(reader.list(&filter)?.items.len()))
}

fn questions() -> Vec<(&'static str, Duration, Ask)> {
    let base = Filter::default;
    let events = |name: &str| Filter { events: vec![name.to_owned()], ..base() };
    let text = |text: &str| list(Filter { text: Some(text.to_owned()), ..base() });
    let status = |text: &str| Filter { status: StatusFilter::parse(text), ..base() };
    let verdict = |code| Filter { verdicts: vec![code], ..base() };
    let since = |back: i64| -> Ask {
        Box::new(move |reader, last| {
            let since = Timestamp::from_seconds(START + i64::try_from(last).unwrap() - back);
            Ok(reader.list(&Filter { since: Some(since), limit: 1_000, ..base() })?.items.len())
        })
    };
    vec![
        ("first page", FIRST_PAGE, list(base())),
        ("first page, oldest first", FIRST_PAGE, list(Filter { order: Order::OldestFirst, ..base() })),
        ("event, frequent", INDEXED, list(events("interview.completed"))),
        ("event, rare", INDEXED, list(events("study.closed"))),
        ("event, none", INDEXED, list(events("nothing.happened"))),
        ("events by beginning, rare", INDEXED, list(events("study.*"))),
        ("provider, rare", INDEXED, list(Filter { provider: Some("stripe".into()), ..base() })),
        ("verdict, frequent", INDEXED, list(verdict(Code::Mismatch))),
        ("verdict, rare", INDEXED, list(verdict(Code::TooOld))),
        ("status, rare", INDEXED, list(status("503"))),
        ("status by class, none", INDEXED, list(status("3xx"))),
        (
            "event and status that never meet",
            INDEXED,
            list(Filter { status: StatusFilter::parse("401"), ..events("study.closed") }),
        ),
        ("since ten minutes ago", INDEXED, since(600)),
        ("until ten minutes after the first", INDEXED, {
            list(Filter { until: Some(Timestamp::from_seconds(START + 600)), ..base() })
        }),
        ("marked, none", INDEXED, list(Filter { marked: true, ..base() })),
        ("undelivered, none", INDEXED, list(Filter { undelivered: true, ..base() })),
        ("text, frequent", TEXT, text("example.com")),
        ("text, rare", TEXT, text(&hex(500, 24))),
        ("text, rare, half of an id", TEXT, text(&hex(500, 12))),
        ("text, none", TEXT, text("this is said nowhere")),
        ("text, none, hex of 8", TEXT, text(&hex(u64::MAX / 3, 8))),
        ("text, none, 3 bytes", NONE, text("zqj")),
        ("text, none, 2 bytes: a scan", NONE, text("~~")),
        (
            "duplicates of a key",
            INDEXED,
            Box::new(|reader, last| Ok(reader.duplicates(last / 2, 100)?.len())),
        ),
        ("overview of 10,000", INDEXED, {
            Box::new(|reader, _| {
                Ok(reader.overview(&Filter { limit: 10_000, ..Filter::default() })?.considered as usize)
            })
        }),
        ("count", NONE, Box::new(|reader, _| Ok(reader.reach()?.0 as usize))),
    ]
}

/// The median of a few tries, each with a connection of its own, and what was found.
fn time(path: &Path, last: u64, ask: &Ask) -> (Duration, usize) {
    let mut found = 0;
    let mut took: Vec<Duration> = (0..ROUNDS)
        .map(|_| {
            let begun = Instant::now();
            found = black_box(ask(&Reader::open(path).unwrap(), last).unwrap());
            begun.elapsed()
        })
        .collect();
    took.sort_unstable();
    (took[ROUNDS / 2], found)
}

/// How long single durable appends take while `path` is open, the median and the 99th of a hundred.
fn append_times(runtime: &Runtime, path: &Path, base: u64) -> (Duration, Duration) {
    let journal = Journal::open(path, options(Durability::Full)).unwrap();
    let mut took: Vec<Duration> = runtime.block_on(async {
        let mut took = Vec::new();
        for seq in base..base + 1_000 {
            let checked = delivery(seq);
            let begun = Instant::now();
            black_box(journal.append(checked).await.unwrap().into_parts());
            took.push(begun.elapsed());
            // As deliveries come: the writer is idle in between.
            tokio::time::sleep(Duration::from_millis(2)).await;
        }
        journal.close().await.unwrap();
        took
    });
    took.sort_unstable();
    (took[500], took[990])
}

fn main() {
    let named = std::env::args().skip(1).find_map(|word| word.parse().ok());
    let large: u64 = named.unwrap_or(LARGE);
    let runtime =
        tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_time().build().unwrap();
    let folder = tempfile::tempdir().unwrap();
    let paths = [folder.path().join("small.db"), folder.path().join("large.db")];
    let sizes = [SMALL, large];
    append_all(&runtime, &paths[0], SMALL);
    let before = resident();
    let begun = Instant::now();
    append_all(&runtime, &paths[1], large);
    println!(
        "{large} deliveries appended in {:.1?}; resident {before} MB before, {} MB after",
        begun.elapsed(),
        resident()
    );

    let (beside, slowest) = append_times(&runtime, &paths[1], large + 1);
    forget_index(&paths[1]);
    for (name, _, ask) in questions().iter().filter(|(name, ..)| ["event, none", "text, none"].contains(name))
    {
        println!("{name} without the index: {:.0?}", time(&paths[1], large, ask).0);
    }
    let bites = index_all(&paths[1]);
    let (whole, count) = (bites.iter().sum::<Duration>(), bites.len());
    let at = |part: usize| bites[(count - 1) * part / 1_000];
    println!(
        "index made in {whole:.1?}, {count} bites: median {:.0?}, 99 % {:.0?}, 99.9 % {:.0?}, longest {:.0?}; resident {} MB",
        at(500),
        at(990),
        at(999),
        at(1_000),
        resident()
    );
    let (alone, slowest_alone) = append_times(&runtime, &paths[1], large + 1_001);
    println!("durable append beside an index in the making {beside:.0?}, 99 of 100 within {slowest:.0?};");
    println!(
        "               beside a finished one         {alone:.0?}, 99 of 100 within {slowest_alone:.0?}"
    );
    let bytes = |sql: &str| -> i64 {
        rusqlite::Connection::open(&paths[1]).unwrap().query_row(sql, [], |row| row.get(0)).unwrap_or(0)
    };
    let slices = bytes("SELECT sum(length(members) + 8) FROM index_slices");
    let facets = bytes("SELECT sum(length(members) + length(value) + 8) FROM index_facets");
    let file = std::fs::metadata(&paths[1]).unwrap().len();
    println!("file {} MB, of which the index has {} MB\n", file >> 20, (slices + facets) >> 20);

    println!("{:<36} {:>6} {:>10} {:>10} {:>8}", "", "found", sizes[0], sizes[1], "ratio");
    for (name, goal, ask) in questions() {
        let (small, _) = time(&paths[0], SMALL, &ask);
        let (large, found) = time(&paths[1], large, &ask);
        let ratio = large.as_secs_f64() / small.as_secs_f64();
        let over = if large > goal { "  over the goal" } else { "" };
        println!("{name:<36} {found:>6} {small:>10.2?} {large:>10.2?} {ratio:>8.1}{over}");
    }
    println!("\nresident {} MB in the end", resident());
    for (path, count) in paths.iter().zip(sizes) {
        forget_index(path);
        process::measure(&format!("{count} deliveries"), path);
    }
}
