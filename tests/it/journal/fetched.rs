//! What was fetched from a vendor: interviews beside deliveries, and answers kept for a while.

use super::{Sample, folder, quick};
use bytes::Bytes;
use hookctl::hook::time::Timestamp;
use hookctl::journal::{Cache, Guest, Journal, OpenError, PruneOptions, Reader};
use std::time::{Duration, Instant};

const NOW: Timestamp = Timestamp::from_seconds(1_760_000_000);

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(1_760_000_000 + seconds)
}

#[tokio::test]
async fn an_interview_stays_with_its_delivery_and_goes_with_it() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    for body in ["a", "b"] {
        let _: u64 = journal.append(Sample::new(body).checked()).await.unwrap().seq();
    }
    for object in ["{\"id\":\"old\"}", "{\"id\":\"i1\", \"n\":1.10}"] {
        journal.record_interview(2, Bytes::from(object), NOW).unwrap();
    }
    // Of a delivery that is gone there is nothing to keep.
    journal.record_interview(9, Bytes::from("{}"), NOW).unwrap();
    journal.flush().await.unwrap();
    let interview = |seq| Reader::open(&path).unwrap().get(seq).unwrap().unwrap().interview;
    assert_eq!(interview(1), None);
    let kept = interview(2).unwrap();
    assert_eq!(
        (&kept.object[..], kept.fetched),
        (&b"{\"id\":\"i1\", \"n\":1.10}"[..], NOW),
        "the later one, byte for byte"
    );
    journal.close().await.unwrap();
    let prune = PruneOptions { keep: Some(0), ..PruneOptions::default() };
    Guest::open(&path).unwrap().prune(&prune).unwrap();
    let left: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("SELECT count(*) FROM interviews", [], |row| row.get(0))
        .unwrap();
    assert_eq!(left, 0);
}

#[test]
fn an_answer_is_kept_until_it_is_too_old_and_a_large_one_is_not() {
    let (_folder, path) = folder();
    let mut cache = Cache::open(&path).unwrap();
    cache.put("a", b"1", at(0)).unwrap();
    assert_eq!(cache.get("a", at(0)).unwrap(), Some((at(0), b"1".to_vec())));
    assert_eq!(cache.get("a", at(1)).unwrap(), None, "too old");
    assert_eq!(cache.get("b", at(0)).unwrap(), None);
    cache.put("large", &vec![0; (1 << 20) + 1], at(0)).unwrap();
    assert_eq!(cache.get("large", at(0)).unwrap(), None);
    // What nobody can use any more goes with the next write, also what a clock put into the future.
    cache.put("future", b"2", at(10 * 24 * 3_600)).unwrap();
    cache.put("b", b"3", at(2 * 24 * 3_600)).unwrap();
    for gone in ["a", "future"] {
        assert_eq!(cache.get(gone, Timestamp::from_seconds(0)).unwrap(), None, "{gone}");
    }
    assert!(Cache::open(&path).unwrap().get("b", at(0)).unwrap().is_some(), "it outlives the process");
}

#[test]
fn a_cache_waits_hardly_for_a_writer_and_is_no_journal_of_its_own() {
    let (folder, path) = folder();
    let mut cache = Cache::open(&path).unwrap();
    let writer = rusqlite::Connection::open(&path).unwrap();
    writer.execute_batch("BEGIN IMMEDIATE").unwrap();
    let begun = Instant::now();
    assert!(cache.put("a", b"1", NOW).is_err());
    assert!(begun.elapsed() < Duration::from_secs(4), "{:?}", begun.elapsed());
    writer.execute_batch("ROLLBACK").unwrap();
    cache.put("a", b"1", NOW).unwrap();
    let foreign = folder.path().join("foreign");
    std::fs::write(&foreign, "something else entirely").unwrap();
    assert!(matches!(Cache::open(&foreign), Err(OpenError::NotAJournal { .. })));
    assert_eq!(std::fs::read(&foreign).unwrap(), b"something else entirely");
}
