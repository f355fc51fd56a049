//! The index that the writer keeps while it is idle, on real files.

use super::{Sample, answered, folder, oldest_first, quick, seqs};
use hookctl::hook::verdict::Code;
use hookctl::journal::{
    Filter, Guest, Journal, Occasion, Options, PruneOptions, Reader, Retention, StatusFilter,
};
use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

/// More than a segment of the index.
const MANY: u64 = 4_100;

/// A journal with one delivery that is unlike the others.
async fn filled(path: &Path, options: Options) -> Arc<Journal> {
    let journal = Arc::new(Journal::open(path, options).unwrap());
    append(&journal, 1..=MANY).await;
    journal
}

async fn append(journal: &Arc<Journal>, seqs: std::ops::RangeInclusive<u64>) {
    let mut tasks = tokio::task::JoinSet::new();
    for seq in seqs {
        let sample = match seq {
            700 => Sample::new("{\"a\":\"needle\"}")
                .event("study.closed")
                .verdict("koji", Code::Mismatch)
                .key("k"),
            _ => Sample::new(format!("{{\"n\":{seq}}}")),
        };
        // In order: a task is not begun before the one ahead of it has queued its delivery.
        let journal = Arc::clone(journal);
        tasks.spawn(async move { journal.append(sample.checked()).await.unwrap().into_parts().0 });
        if tasks.len() == 64 {
            while tasks.join_next().await.is_some() {}
        }
    }
    while tasks.join_next().await.is_some() {}
}

/// Waits until the writer came so far with the index.
async fn indexed(reader: &Reader, up_to: u64) {
    let begun = Instant::now();
    while reader.reach().unwrap().1 < up_to {
        assert!(
            begun.elapsed() < Duration::from_secs(60),
            "the index stays at {}",
            reader.reach().unwrap().1
        );
        tokio::task::yield_now().await;
    }
}

fn by_status(status: u16) -> Filter {
    Filter { status: Some(StatusFilter::Exact(status)), ..oldest_first() }
}

fn by_text(text: &str) -> Filter {
    Filter { text: Some(text.to_owned()), ..oldest_first() }
}

#[tokio::test]
async fn an_idle_writer_makes_the_index_and_a_late_answer_is_found() {
    let (_folder, path) = folder();
    let journal = filled(&path, quick()).await;
    let reader = Reader::open(&path).unwrap();
    indexed(&reader, 4_095).await;
    let [seq] = seqs(&reader, &by_text("needle"))[..] else { panic!("one delivery holds it") };
    let event = Filter { events: vec!["study.*".into()], ..oldest_first() };
    let verdict = Filter { verdicts: vec![Code::Mismatch], ..oldest_first() };
    assert_eq!((seqs(&reader, &event), seqs(&reader, &verdict)), (vec![seq], vec![seq]));
    assert!(seqs(&reader, &by_status(503)).is_empty());
    journal.record_answer(8, 503, "target", Duration::ZERO).unwrap();
    journal.record_attempt(9, &answered("http://localhost:1", 500, "no"), Occasion::Arrival).unwrap();
    journal.flush().await.unwrap();
    assert_eq!(seqs(&reader, &by_status(503)), [8], "its segment was in the index before");
    journal.record_answer(8, 200, "target", Duration::ZERO).unwrap();
    journal.flush().await.unwrap();
    assert_eq!((seqs(&reader, &by_status(503)), seqs(&reader, &by_status(200))), (vec![], vec![8]));
    assert_eq!(reader.overview(&Filter { limit: 10_000, ..oldest_first() }).unwrap().considered, MANY);
}

#[tokio::test]
async fn a_guest_makes_the_index_of_a_journal_that_nobody_owns() {
    let (_folder, path) = folder();
    let journal = filled(&path, quick()).await;
    let mut guest = Guest::open(&path).unwrap();
    // Beside an owner it does nothing: what comes back is at once that there is no more.
    while guest.index().unwrap() {}
    journal.close().await.unwrap();
    drop(journal);
    // As an older version left it.
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("UPDATE journal SET indexed_to = 0; DELETE FROM index_segments").unwrap();
    drop(connection);
    let mut guest = Guest::open(&path).unwrap();
    while guest.index().unwrap() {}
    let reader = Reader::open(&path).unwrap();
    assert_eq!((reader.reach().unwrap(), seqs(&reader, &by_text("needle")).len()), ((MANY, 4_095), 1));
}

#[tokio::test]
async fn pruning_takes_the_index_along() {
    let (_folder, path) = folder();
    let journal = filled(&path, quick()).await;
    let reader = Reader::open(&path).unwrap();
    indexed(&reader, 4_095).await;
    let rows = || -> i64 {
        let sql = "SELECT (SELECT count(*) FROM index_segments) + (SELECT count(*) FROM index_facets)
                        + (SELECT count(*) FROM index_slices)";
        rusqlite::Connection::open(&path).unwrap().query_row(sql, [], |row| row.get(0)).unwrap()
    };
    assert!(rows() > 100);
    let mut guest = Guest::open(&path).unwrap();
    guest.prune(&PruneOptions { keep: Some(2), ..PruneOptions::default() }).unwrap();
    assert_eq!(rows(), 0);
    assert_eq!(seqs(&reader, &by_text("\"n\":")), [MANY - 1, MANY]);
    drop(journal);
}

#[tokio::test]
async fn retention_lets_go_of_segments_too() {
    let (_folder, path) = folder();
    let retention = Retention { max_deliveries: 1_000, ..Retention::default() };
    let journal = filled(&path, Options { retention, ..quick() }).await;
    let reader = Reader::open(&path).unwrap();
    indexed(&reader, 4_095).await;
    append(&journal, MANY + 1..=2 * MANY).await;
    indexed(&reader, 8_191).await;
    // It lets go of what is gone when the next segment is written, a little at a time.
    let begun = Instant::now();
    let connection = rusqlite::Connection::open(&path).unwrap();
    let oldest = || -> Option<i64> {
        connection.query_row("SELECT min(segment) FROM index_segments", [], |row| row.get(0)).unwrap()
    };
    while oldest() == Some(0) {
        assert!(begun.elapsed() < Duration::from_secs(60));
        tokio::task::yield_now().await;
    }
    assert!(seqs(&reader, &by_text("needle")).is_empty());
    drop(journal);
}

#[tokio::test]
async fn a_damaged_index_is_an_error_or_reads_but_never_a_panic() {
    let (folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    for number in 0..60 {
        let sample = Sample::new(format!("{{\"n\":{number},\"needle\":true}}")).key("k");
        let _ = journal.append(sample.checked()).await.unwrap();
    }
    journal.close().await.unwrap();
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("UPDATE journal SET last_seq = 8191").unwrap();
    drop(connection);
    let mut guest = Guest::open(&path).unwrap();
    while guest.index().unwrap() {}
    drop(guest);
    let whole = std::fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged.db");
    let (mut errors, mut tries) = (0, 0);
    for at in (4..whole.len()).step_by(8_192 / 4).chain((8..whole.len()).step_by(8_192)) {
        for name in ["damaged.db-wal", "damaged.db-shm", "damaged.db.lock"] {
            drop(std::fs::remove_file(folder.path().join(name)));
        }
        let mut bytes = whole.clone();
        bytes[at] ^= 0x55;
        std::fs::write(&damaged, &bytes).unwrap();
        let event = Filter { events: vec!["interview.*".into()], ..oldest_first() };
        let read = Reader::open(&damaged).map_err(drop).and_then(|reader| {
            [&by_text("needle"), &event, &by_status(200)]
                .into_iter()
                .try_for_each(|filter| reader.list(filter).map(drop).map_err(drop))?;
            reader.duplicates(1, 9).map(drop).map_err(drop)
        });
        let written = Guest::open(&damaged).map_err(drop).and_then(|mut guest| {
            while guest.index().map_err(drop)? {}
            Ok(())
        });
        errors += usize::from(read.is_err() || written.is_err());
        tries += 1;
    }
    assert!(errors > tries / 20, "{errors} errors in {tries} tries");
}
