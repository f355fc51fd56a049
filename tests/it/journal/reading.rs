//! Reading: filters, pages, and other processes while the owner writes.

use super::{START, Sample, answered, folder, oldest_first, quick, seqs};
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::Code;
use hookctl::journal::{Filter, Journal, Occasion, Options, Order, Reader, StatusFilter};
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

async fn filled(path: &Path) -> Journal {
    let journal = Journal::open(path, quick()).unwrap();
    let samples = [
        Sample::new("{\"a\":\"needle\"}").event("interview.completed"),
        Sample::new("2").event("interview.started").verdict("koji", Code::Mismatch),
        Sample::new("3").event("study.closed").verdict("userjourneys", Code::Verified),
        Sample::new("4").event("needle%_'").verdict("userjourneys", Code::NoSecret),
        Sample::new(&b"\xff\xfe\0n\xc3\xa9edle"[..]).event("interview.completed"),
    ];
    for (second, sample) in (0..).zip(samples) {
        let seq = journal.append(sample.received(second * 60).checked()).await.unwrap().seq();
        let status = [200, 401, 204, 503, 200][usize::try_from(second).unwrap()];
        journal.record_answer(seq, status, "policy", Duration::ZERO).unwrap();
    }
    journal.flush().await.unwrap();
    journal
}

#[tokio::test]
async fn every_filter_lets_through_what_it_names() {
    let (_folder, path) = folder();
    let journal = filled(&path).await;
    let reader = Reader::open(&path).unwrap();
    let at = |seconds| Some(Timestamp::from_seconds(START + seconds));
    let events = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
    let base = oldest_first;
    let cases: Vec<(&str, Filter, &[u64])> = vec![
        ("all", base(), &[1, 2, 3, 4, 5]),
        ("event", Filter { events: events(&["interview.started"]), ..base() }, &[2]),
        ("events", Filter { events: events(&["interview.*", "study.closed"]), ..base() }, &[1, 2, 3, 5]),
        ("any event", Filter { events: events(&["*"]), ..base() }, &[1, 2, 3, 4, 5]),
        ("no pattern of SQL", Filter { events: events(&["needle%_'*"]), ..base() }, &[4]),
        ("provider", Filter { provider: Some("userjourneys".into()), ..base() }, &[3, 4]),
        ("verdict", Filter { verdicts: vec![Code::Mismatch, Code::NoSecret], ..base() }, &[2, 4]),
        ("status", Filter { status: StatusFilter::parse("204"), ..base() }, &[3]),
        ("class", Filter { status: StatusFilter::parse("2xx"), ..base() }, &[1, 3, 5]),
        ("since", Filter { since: at(120), ..base() }, &[3, 4, 5]),
        ("until", Filter { until: at(120), ..base() }, &[1, 2]),
        ("text in body or event", Filter { text: Some("needle".into()), ..base() }, &[1, 4]),
        ("text that is not ASCII", Filter { text: Some("née".into()), ..base() }, &[5]),
        ("text in the head", Filter { text: Some("X-Test: 1".into()), ..base() }, &[1, 2, 3, 4, 5]),
        ("numbers", Filter { seqs: Some(2..=3), ..base() }, &[2, 3]),
        ("all numbers", Filter { seqs: Some(0..=u64::MAX), ..base() }, &[1, 2, 3, 4, 5]),
        ("undelivered", Filter { undelivered: true, ..base() }, &[]),
        ("newest first", Filter { order: Order::NewestFirst, ..base() }, &[5, 4, 3, 2, 1]),
        (
            "together",
            Filter {
                events: events(&["interview.*"]),
                status: StatusFilter::parse("200"),
                since: at(1),
                ..base()
            },
            &[5],
        ),
    ];
    for (name, filter, expected) in cases {
        assert_eq!(seqs(&reader, &filter), expected, "{name}");
        for limit in [1, 2] {
            assert_eq!(
                seqs(&reader, &Filter { limit, ..filter.clone() }),
                expected,
                "{name}, {limit} a page"
            );
        }
    }
    assert!(reader.list(&Filter { limit: 0, ..base() }).unwrap().items.is_empty());
    assert!(reader.get(6).unwrap().is_none() && reader.get(0).unwrap().is_none());
    let stats = reader.stats().unwrap();
    assert_eq!((stats.deliveries, stats.seqs), (5, Some((1, 5))));
    assert_eq!(stats.received.map(|(first, last)| (Some(first), Some(last))), Some((at(0), at(240))));
    drop(journal);
}

#[tokio::test]
async fn pages_of_whole_deliveries_are_bounded_by_their_bytes() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    for _ in 0..4 {
        let _ = journal.append(Sample::new(vec![b'x'; 5 << 20]).checked()).await.unwrap();
    }
    let reader = Reader::open(&path).unwrap();
    let mut filter = oldest_first();
    let mut found = Vec::new();
    loop {
        let page = reader.entries(&filter).unwrap();
        assert_eq!(page.items.len(), 1, "two of them are over 8 MiB");
        found.extend(page.items.iter().map(|entry| entry.listed.seq));
        filter.after = page.next;
        if page.next.is_none() {
            break;
        }
    }
    assert_eq!(found, [1, 2, 3, 4]);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn twenty_readers_see_every_delivery_in_order_while_they_are_written() {
    let (_folder, path) = folder();
    let journal = Arc::new(Journal::open(&path, Options::default()).unwrap());
    let _ = journal.append(Sample::new("first").checked()).await.unwrap();
    let done = Arc::new(AtomicBool::new(false));
    let readers: Vec<_> = (0..20)
        .map(|_| {
            let (path, done) = (path.clone(), Arc::clone(&done));
            std::thread::spawn(move || {
                let reader = Reader::open(&path).unwrap();
                let mut cursor = 0;
                loop {
                    let last_round = done.load(Ordering::Acquire);
                    let filter = Filter { after: Some(cursor), ..oldest_first() };
                    for listed in reader.list(&filter).unwrap().items {
                        assert_eq!(listed.seq, cursor + 1);
                        cursor = listed.seq;
                    }
                    if last_round && reader.newest().unwrap() == Some(cursor) {
                        return cursor;
                    }
                }
            })
        })
        .collect();
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..8 {
        let journal = Arc::clone(&journal);
        tasks.spawn(async move {
            for _ in 0..50 {
                let seq = journal.append(Sample::new("more").checked()).await.unwrap().seq();
                journal
                    .record_attempt(seq, &answered("http://localhost:1", 200, "ok"), Occasion::Arrival)
                    .unwrap();
            }
        });
    }
    tasks.join_all().await;
    done.store(true, Ordering::Release);
    for reader in readers {
        assert_eq!(reader.join().unwrap(), 401);
    }
}
