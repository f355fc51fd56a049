//! A disk that is full, a file that is not a journal, a writer that dies: each
//! is an error with a name, nothing is acknowledged, and what can recover does.

use super::{Sample, answered, folder, oldest_first, quick, seqs};
use hookctl::hook::verdict::Code;
use hookctl::journal::{Faults, Filter, Guest, Journal, Occasion, OpenError, Options, Reader, WriteError};
use std::fs;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

fn large() -> Sample {
    Sample::new(vec![b'x'; 40_000])
}

#[tokio::test]
async fn a_full_disk_refuses_with_507_loses_nothing_and_recovers_by_itself() {
    let (_folder, path) = folder();
    let pages = Arc::new(AtomicU32::new(200));
    let faults = Faults { max_pages: Some(Arc::clone(&pages)), ..Faults::default() };
    let journal = Journal::open(&path, Options { faults, ..Options::default() }).unwrap();
    let mut acknowledged = Vec::new();
    let error = loop {
        match journal.append(large().key(&acknowledged.len().to_string()).checked()).await {
            Ok(stored) => acknowledged.push(stored.seq()),
            Err(error) => break error,
        }
    };
    assert_eq!((&error, error.status()), (&WriteError::DiskFull, 507));
    assert!(!acknowledged.is_empty());
    for _ in 0..3 {
        assert_eq!(journal.append(large().checked()).await.unwrap_err(), WriteError::DiskFull);
    }
    // An attempt too large for what is left stays until there is room.
    journal
        .record_attempt(1, &answered("http://localhost:1", 200, vec![b'x'; 200_000]), Occasion::Arrival)
        .unwrap();
    assert_eq!(journal.flush().await, Err(WriteError::DiskFull));
    let kept = || journal.read(|reader| Ok(seqs(reader, &oldest_first()))).unwrap();
    assert_eq!(kept(), acknowledged, "what was refused is not there");

    pages.store(0, Ordering::Relaxed);
    let key = acknowledged.len().to_string();
    let stored = journal.append(large().key(&key).checked()).await.unwrap();
    assert_eq!(stored.duplicate_of(), None, "the refused delivery of this key does not count");
    acknowledged.push(stored.seq());
    assert!(acknowledged.iter().copied().eq(1..=acknowledged.len() as u64), "no gap: {acknowledged:?}");
    assert_eq!(kept(), acknowledged);
    assert_eq!(journal.read(|reader| reader.get(1)).unwrap().unwrap().attempts.len(), 1);
    journal.close().await.unwrap();
}

#[tokio::test]
async fn closing_on_a_full_disk_says_what_is_lost() {
    let (_folder, path) = folder();
    let pages = Arc::new(AtomicU32::new(0));
    let faults = Faults { max_pages: Some(Arc::clone(&pages)), ..Faults::default() };
    let journal = Journal::open(&path, Options { faults, ..quick() }).unwrap();
    let _ = journal.append(Sample::new("a").checked()).await.unwrap();
    pages.store(1, Ordering::Relaxed);
    journal
        .record_attempt(1, &answered("http://localhost:1", 200, vec![b'x'; 200_000]), Occasion::Arrival)
        .unwrap();
    assert_eq!(journal.close().await, Err(WriteError::DiskFull));
}

#[cfg(unix)]
mod file_size_limit {
    use super::*;
    use std::process::Command;

    const CHILD: &str = "HOOKCTL_TEST_CHILD_FILE_SIZE";

    /// In a child whose files may not grow: the system refuses the write itself.
    #[test]
    fn child_whose_files_may_not_grow() {
        let Some(path) = std::env::var_os(CHILD) else { return };
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let journal = Journal::open(Path::new(&path), Options::default()).unwrap();
        let append = || runtime.block_on(journal.append(large().checked()));
        assert_eq!(append().unwrap().seq(), 1);
        let (_, hard) = rlimit::getrlimit(rlimit::Resource::FSIZE).unwrap();
        rlimit::setrlimit(rlimit::Resource::FSIZE, 300_000, hard).unwrap();
        let mut last = 1;
        let error = loop {
            match append() {
                Ok(stored) => last = stored.seq(),
                Err(error) => break error,
            }
        };
        assert!(matches!(error, WriteError::Io { .. }) && error.status() == 503, "{error:?}");
        rlimit::setrlimit(rlimit::Resource::FSIZE, hard, hard).unwrap();
        assert_eq!(append().unwrap().seq(), last + 1, "a new connection, and no gap");
        let kept = journal.read(|reader| Ok(seqs(reader, &oldest_first()))).unwrap();
        assert!(kept.iter().copied().eq(1..=last + 1), "{kept:?}");
        runtime.block_on(journal.close()).unwrap();
        println!("\nchild recovered after delivery {last}");
    }

    #[test]
    fn after_a_failed_write_the_journal_goes_on_with_a_new_connection() {
        let (_folder, path) = folder();
        // The signal of the limit would end the process before the write could fail.
        let output = Command::new("/bin/sh")
            .args(["-c", "trap '' XFSZ; exec \"$0\" \"$@\""])
            .arg(std::env::current_exe().unwrap())
            .args(["--exact", "journal::failure::file_size_limit::child_whose_files_may_not_grow"])
            .args(["--nocapture", "--test-threads=1"])
            .env(CHILD, &path)
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(
            told.contains("child recovered after delivery"),
            "{told}{}",
            String::from_utf8_lossy(&output.stderr)
        );
    }
}

#[tokio::test]
async fn a_writer_that_panics_hangs_nobody_and_frees_the_journal() {
    let (_folder, path) = folder();
    let faults = Faults { panic_at: Some(2), ..Faults::default() };
    let journal = Journal::open(&path, Options { faults, ..quick() }).unwrap();
    let _ = journal.append(Sample::new("a").checked()).await.unwrap();
    assert_eq!(journal.append(Sample::new("b").checked()).await.unwrap_err(), WriteError::Closed);
    assert_eq!(journal.append(Sample::new("c").checked()).await.unwrap_err(), WriteError::Closed);
    assert_eq!(journal.close().await, Err(WriteError::Closed));
    drop(journal);
    let journal = Journal::open(&path, quick()).unwrap();
    assert_eq!(journal.append(Sample::new("d").checked()).await.unwrap().seq(), 2);
}

#[tokio::test]
async fn a_journal_that_is_moved_away_acknowledges_nothing() {
    let (folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    let _ = journal.append(Sample::new("a").checked()).await.unwrap();
    let away = folder.path().join("away.db");
    fs::rename(&path, &away).unwrap();
    assert_eq!(journal.append(Sample::new("b").checked()).await.unwrap_err(), WriteError::Gone);
    fs::write(&path, "somebody else's").unwrap();
    assert_eq!(journal.append(Sample::new("c").checked()).await.unwrap_err(), WriteError::Gone);
    fs::rename(&away, &path).unwrap();
    assert_eq!(journal.append(Sample::new("d").checked()).await.unwrap().seq(), 2);
}

#[tokio::test]
async fn too_much_waiting_is_refused_and_not_kept_in_memory() {
    let (_folder, path) = folder();
    let options = Options { queue_depth: 4, queue_bytes: 1_000, ..quick() };
    let journal = Journal::open(&path, options).unwrap();
    let outcomes: Vec<_> = {
        let appends: Vec<_> = (0..10).map(|_| journal.append(Sample::new("a").checked())).collect();
        // All are polled once before the writer can have answered the first.
        let mut appends: Vec<_> = appends.into_iter().map(Box::pin).collect();
        let mut outcomes = Vec::new();
        let blocker = rusqlite::Connection::open(&path).unwrap();
        blocker.execute_batch("BEGIN IMMEDIATE").unwrap();
        for append in &mut appends {
            outcomes.push(
                std::future::poll_fn(|context| std::task::Poll::Ready(append.as_mut().poll(context))).await,
            );
        }
        blocker.execute_batch("ROLLBACK").unwrap();
        let mut finished = Vec::new();
        for (append, outcome) in appends.into_iter().zip(outcomes) {
            finished.push(match outcome {
                std::task::Poll::Ready(outcome) => outcome,
                std::task::Poll::Pending => append.await,
            });
        }
        finished
    };
    let stored = outcomes.iter().filter(|outcome| outcome.is_ok()).count();
    let refused = outcomes.iter().filter(|outcome| matches!(outcome, Err(WriteError::QueueFull))).count();
    assert_eq!((stored, refused), (4, 6));
    assert_eq!(journal.append(Sample::new("later").checked()).await.unwrap().seq(), 5);
}

fn must_not_open(path: &Path, expected: impl Fn(&OpenError) -> bool) {
    let before = fs::read(path).unwrap();
    for error in [
        Journal::open(path, quick()).map(drop).unwrap_err(),
        Guest::open(path).map(drop).unwrap_err(),
        Reader::open(path).map(drop).unwrap_err(),
    ] {
        assert!(expected(&error), "{error:?}");
    }
    assert_eq!(fs::read(path).unwrap(), before, "it is left as it was");
}

#[test]
fn what_is_no_journal_is_refused_and_left_alone() {
    let (folder, _) = folder();
    let text = folder.path().join("notes.txt");
    fs::write(&text, "dear diary").unwrap();
    must_not_open(&text, |error| matches!(error, OpenError::NotAJournal { .. }));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "nothing is put beside it");

    let foreign = folder.path().join("foreign.db");
    let other = rusqlite::Connection::open(&foreign).unwrap();
    other.execute_batch("CREATE TABLE songs(title)").unwrap();
    drop(other);
    must_not_open(&foreign, |error| matches!(error, OpenError::NotAJournal { .. }));

    assert!(matches!(Reader::open(&folder.path().join("none")), Err(OpenError::NotFound { .. })));
    assert!(matches!(Guest::open(&folder.path().join("none")), Err(OpenError::NotFound { .. })));
    // One that is to be made there cannot be: that there is none is no reason.
    let link = folder.path().join("link.db");
    std::os::unix::fs::symlink(folder.path().join("gone/x.db"), &link).unwrap();
    let error = Journal::open(&link, Options::default()).unwrap_err();
    assert!(matches!(&error, OpenError::NotMade { path, .. } if *path == link), "{error}");
    assert!(Journal::open(folder.path(), quick()).is_err(), "a folder");
}

#[test]
fn a_newer_schema_is_refused_by_number() {
    let (_folder, path) = folder();
    drop(Journal::open(&path, quick()).unwrap());
    let connection = rusqlite::Connection::open(&path).unwrap();
    let known: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
    connection.pragma_update(None, "user_version", known + 1).unwrap();
    drop(connection);
    must_not_open(
        &path,
        |error| matches!(error, OpenError::NewerSchema { found, known: knows, .. } if *found == known + 1 && *knows == known),
    );
}

#[test]
fn an_empty_file_becomes_a_journal_and_that_is_told() {
    let (_folder, path) = folder();
    fs::write(&path, "").unwrap();
    assert!(matches!(Reader::open(&path), Err(OpenError::NotAJournal { .. })));
    let journal = Journal::open(&path, quick()).unwrap();
    assert!(
        journal.warnings().iter().any(|warning| warning.contains("was empty")),
        "{:?}",
        journal.warnings()
    );
}

/// Journals as released versions wrote them; each must open and be whole.
#[tokio::test]
async fn journals_of_every_version_open() {
    for (version, sql) in [(1, include_str!("v1.sql")), (2, include_str!("v2.sql"))] {
        let (_folder, path) = folder();
        let connection = rusqlite::Connection::open(&path).unwrap();
        connection.execute_batch(sql).unwrap();
        let found: i64 = connection.pragma_query_value(None, "user_version", |row| row.get(0)).unwrap();
        assert_eq!(found, version);
        drop(connection);
        let journal = Journal::open(&path, quick()).unwrap();
        let entry = journal.read(|reader| reader.get(3)).unwrap().unwrap();
        assert_eq!(&entry.delivery.body[..], b"{\"n\":3}\xff");
        assert_eq!(entry.delivery.head.headers().get("x-latin"), Some(&b"caf\xe9"[..]));
        assert_eq!((entry.listed.verdict.code, entry.listed.duplicate_of), (Code::Verified, Some(2)));
        assert_eq!((entry.attempts.len(), entry.listed.outbox.len()), (1, 1));
        let repeat = Sample::new("{}").key("k2").checked();
        let stored = journal.append(repeat).await.unwrap();
        assert_eq!((stored.seq(), stored.duplicate_of()), (8, Some(2)), "8: 4 to 7 were pruned");
    }
}

#[tokio::test]
async fn a_damaged_file_is_an_error_or_reads_but_never_a_panic() {
    let (folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    for number in 0..60 {
        let body = vec![b'a'; 100 * number];
        let seq =
            journal.append(Sample::new(body).owed_to(&["http://localhost:1"]).checked()).await.unwrap().seq();
        journal.record_attempt(seq, &answered("http://localhost:1", 200, "ok"), Occasion::Arrival).unwrap();
    }
    journal.close().await.unwrap();
    let whole = fs::read(&path).unwrap();
    let damaged = folder.path().join("damaged.db");
    let mut errors = 0;
    let mut try_with = |bytes: &[u8]| {
        for name in ["damaged.db-wal", "damaged.db-shm", "damaged.db.lock"] {
            drop(fs::remove_file(folder.path().join(name)));
        }
        fs::write(&damaged, bytes).unwrap();
        let read = Reader::open(&damaged).map_err(drop).and_then(|reader| {
            let filter = Filter { limit: 1_000, text: Some("needle".to_owned()), ..Filter::default() };
            reader.list(&filter).map_err(drop)?;
            reader.stats().map_err(drop)?;
            (1..=60).try_for_each(|seq| reader.get(seq).map(drop).map_err(drop))
        });
        let written = Journal::open(&damaged, quick()).map(drop).map_err(drop);
        errors += usize::from(read.is_err() || written.is_err());
    };
    let pages = whole.len() / 4_096;
    for page in 0..pages {
        try_with(&whole[..page * 4_096 + 37]);
        for offset in [0, 1, 3, 5, 8, 9, 40, 2_000] {
            let mut flipped = whole.clone();
            flipped[page * 4_096 + offset] ^= 0x55;
            try_with(&flipped);
        }
    }
    assert!(errors > pages, "{errors} errors in {pages} pages");
}

#[tokio::test]
async fn the_deliberate_fault_acknowledges_what_is_never_stored_and_without_it_nothing_does() {
    for fault in [true, false] {
        let (_folder, path) = folder();
        let pages = Arc::new(AtomicU32::new(0));
        let faults = Faults {
            acknowledge_before_commit: fault,
            max_pages: Some(Arc::clone(&pages)),
            ..Faults::default()
        };
        let journal = Journal::open(&path, Options { faults, ..Options::default() }).unwrap();
        pages.store(1, Ordering::Relaxed);
        let outcome = journal.append(large().checked()).await;
        assert_eq!(outcome.is_ok(), fault, "{outcome:?}");
        drop(journal);
        assert_eq!(Reader::open(&path).unwrap().newest().unwrap(), None);
    }
}
