//! Marking and deleting one delivery, beside the owner.

use super::{Sample, answered, folder, oldest_first, quick, seqs};
use hookctl::journal::{Deletion, Filter, Guest, Journal, MAX_MARK, Occasion, Reader};

const TARGET: &str = "http://localhost:1";

async fn three(path: &std::path::Path) -> Journal {
    let journal = Journal::open(path, quick()).unwrap();
    for owed in [&[][..], &[], &[TARGET]] {
        let _ = journal.append(Sample::new("{}").key("k").owed_to(owed).checked()).await.unwrap();
    }
    journal
}

#[tokio::test]
async fn a_mark_is_seen_is_found_and_goes_with_its_delivery() {
    let (_folder, path) = folder();
    let journal = three(&path).await;
    let reader = Reader::open(&path).unwrap();
    let mut guest = Guest::open(&path).unwrap();
    let mark_of = |seq| reader.get(seq).unwrap().unwrap().listed.mark;
    let marked = || seqs(&reader, &Filter { marked: true, ..oldest_first() });
    assert_eq!((mark_of(1), marked()), (None, vec![]));

    assert!(guest.mark(1, Some("née")).unwrap() && guest.mark(2, Some("")).unwrap());
    assert_eq!((mark_of(1), mark_of(2), marked()), (Some("née".into()), Some(String::new()), vec![1, 2]));
    assert!(guest.mark(1, Some(&"é".repeat(MAX_MARK + 1))).unwrap());
    assert_eq!(mark_of(1), Some("é".repeat(MAX_MARK)));
    assert!(guest.mark(2, None).unwrap());
    assert_eq!((mark_of(2), marked()), (None, vec![1]));
    assert!(!guest.mark(9, Some("nobody")).unwrap() && !guest.mark(9, None).unwrap());

    assert_eq!(guest.delete(1, false).unwrap(), Deletion::Deleted);
    assert_eq!((marked(), seqs(&reader, &oldest_first())), (vec![], vec![2, 3]));
    drop(journal);
}

#[tokio::test]
async fn what_a_target_lacks_is_deleted_only_when_forced_and_leaves_nothing() {
    let (_folder, path) = folder();
    let journal = three(&path).await;
    let mut guest = Guest::open(&path).unwrap();
    assert_eq!(guest.delete(3, false).unwrap(), Deletion::Undelivered);
    assert_eq!(journal.pending(TARGET, 0, 9).unwrap().len(), 1, "it still waits");
    // What the owner notes of it, before or after, is not left behind.
    journal.record_attempt(3, &answered(TARGET, 500, "no"), Occasion::Arrival).unwrap();
    assert_eq!(guest.delete(3, true).unwrap(), Deletion::Deleted);
    journal.record_attempt(3, &answered(TARGET, 500, "no"), Occasion::Arrival).unwrap();
    assert_eq!(guest.delete(3, true).unwrap(), Deletion::Missing);
    journal.flush().await.unwrap();
    assert!(journal.pending(TARGET, 0, 9).unwrap().is_empty());
    // The number of the newest is not given out again, neither now nor later.
    journal.close().await.unwrap();
    let left: i64 = rusqlite::Connection::open(&path)
        .unwrap()
        .query_row("SELECT (SELECT count(*) FROM attempts) + (SELECT count(*) FROM contents)", [], |row| {
            row.get(0)
        })
        .unwrap();
    assert_eq!(left, 2, "the contents of two deliveries, and no attempt");
    let journal = Journal::open(&path, quick()).unwrap();
    assert_eq!(journal.append(Sample::new("").checked()).await.unwrap().seq(), 4);
}
