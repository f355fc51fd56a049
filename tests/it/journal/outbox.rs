//! What targets are owed: in order, across restarts, and visible when given up.

use super::{START, Sample, answered, folder, oldest_first, quick, refused, seqs};
use hookctl::hook::time::Timestamp;
use hookctl::journal::{
    Filter, Guest, Journal, Occasion, OutboxState, Pending, Reader, Settlement, WriteError,
};

const A: &str = "http://localhost:3000";
const B: &str = "http://localhost:4000/hooks";

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_seconds(START + seconds)
}

fn waiting(journal: &Journal, target: &str) -> Vec<u64> {
    journal.pending(target, 0, 100).unwrap().iter().map(|pending| pending.seq).collect()
}

#[tokio::test]
async fn what_waits_is_in_order_until_it_is_settled_and_outlives_a_restart() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    for second in 0..5 {
        let sample = Sample::new("a").received(second).owed_to(&[A, B]);
        let _ = journal.append(sample.checked()).await.unwrap();
    }
    let _ = journal.append(Sample::new("not owed").checked()).await.unwrap();
    assert_eq!((waiting(&journal, A), waiting(&journal, B)), (vec![1, 2, 3, 4, 5], vec![1, 2, 3, 4, 5]));
    assert_eq!(
        journal.pending(A, 0, 1).unwrap(),
        [Pending { seq: 1, tries: 0, due: at(0), first_failed: None }]
    );

    journal.settle(1, A, Settlement::Delivered).await.unwrap();
    journal.settle(2, A, Settlement::Retry { failed: at(10), due: at(11) }).await.unwrap();
    journal.settle(2, A, Settlement::Retry { failed: at(11), due: at(16) }).await.unwrap();
    journal.settle(3, A, Settlement::Dead).await.unwrap();
    journal.settle(99, A, Settlement::Delivered).await.unwrap();
    journal.close().await.unwrap();

    let journal = Journal::open(&path, quick()).unwrap();
    let again = Pending { seq: 2, tries: 2, due: at(16), first_failed: Some(at(10)) };
    assert_eq!(journal.pending(A, 0, 1).unwrap(), [again]);
    assert_eq!(waiting(&journal, A), [2, 4, 5]);
    assert_eq!(journal.pending(A, 2, 1).unwrap()[0].seq, 4, "after a number");
    assert_eq!(waiting(&journal, B), [1, 2, 3, 4, 5], "another target is not concerned");

    let filter = |dead, undelivered| Filter { dead, undelivered, ..oldest_first() };
    let listed = |filter: &Filter| journal.read(|reader| Ok(seqs(reader, filter))).unwrap();
    assert_eq!(listed(&filter(true, false)), [3]);
    assert_eq!(listed(&filter(false, true)), [1, 2, 3, 4, 5]);
    let stats = journal.read(Reader::stats).unwrap();
    let counts: Vec<_> = stats.targets.iter().map(|t| (&*t.target, t.pending, t.dead, t.oldest)).collect();
    assert_eq!(counts, [(A, 3, 1, 2), (B, 5, 0, 1)]);
}

#[tokio::test]
async fn an_attempt_and_its_settlement_are_seen_together() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    let _ = journal.append(Sample::new("a").owed_to(&[A]).checked()).await.unwrap();
    journal.record_attempt(1, &answered("http://localhost:3000/hooks", 200, "ok"), Occasion::Outbox).unwrap();
    journal.settle(1, A, Settlement::Delivered).await.unwrap();
    let entry = journal.read(|reader| reader.get(1)).unwrap().unwrap();
    assert_eq!((entry.attempts.len(), entry.listed.outbox.len()), (1, 0));
}

#[tokio::test]
async fn a_target_that_fails_in_front_of_the_sender_is_missed_until_it_takes_the_delivery() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    for _ in 0..2 {
        let _ = journal.append(Sample::new("a").checked()).await.unwrap();
    }
    let called = "http://localhost:3000/hooks?x=1";
    journal.record_attempt(1, &refused(called), Occasion::Arrival).unwrap();
    journal.record_attempt(1, &answered(called, 500, ""), Occasion::Arrival).unwrap();
    journal.record_attempt(2, &answered(called, 200, ""), Occasion::Arrival).unwrap();
    journal.flush().await.unwrap();
    let undelivered = Filter { undelivered: true, ..oldest_first() };
    let list = || journal.read(|reader| reader.list(&undelivered)).unwrap().items;
    let [missed] = &list()[..] else { panic!("{:?}", list()) };
    assert_eq!((missed.seq, missed.outbox[0].state, missed.outbox[0].tries), (1, OutboxState::Missed, 2));
    assert!(waiting(&journal, called).is_empty(), "it is not tried again by itself");

    let mut guest = Guest::open(&path).unwrap();
    guest.record_attempt(1, &answered("http://localhost:9999/other", 200, "")).unwrap();
    assert_eq!(list().len(), 1, "another target took it");
    guest.record_attempt(1, &answered(called, 204, "")).unwrap();
    assert!(list().is_empty());
}

#[tokio::test]
async fn a_try_that_fails_after_a_replay_succeeded_owes_nothing_again() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    for _ in 0..2 {
        let _ = journal.append(Sample::new("a").owed_to(&[A]).checked()).await.unwrap();
    }
    let mut guest = Guest::open(&path).unwrap();
    // The first is called below the target, the second as the target is named.
    for (seq, called) in [(1, "http://localhost:3000/hooks"), (2, A)] {
        guest.record_attempt(seq, &answered(called, 200, "")).unwrap();
        journal.record_attempt(seq, &answered(called, 500, ""), Occasion::Outbox).unwrap();
    }
    journal.settle(1, A, Settlement::Dead).await.unwrap();
    journal.settle(2, A, Settlement::Retry { failed: at(10), due: at(11) }).await.unwrap();
    let rows = journal.read(|reader| reader.list(&oldest_first())).unwrap().items;
    assert!(rows.iter().all(|row| row.outbox.is_empty()), "{rows:?}");
    // The control: the same of a delivery that has just come is missed.
    journal.record_attempt(1, &answered(A, 500, ""), Occasion::Arrival).unwrap();
    journal.flush().await.unwrap();
    let owed = journal.read(|reader| reader.get(1)).unwrap().unwrap().listed.outbox;
    assert_eq!(owed.iter().map(|row| row.state).collect::<Vec<_>>(), [OutboxState::Missed]);
}

#[tokio::test]
async fn a_replay_brings_back_the_dead_and_owes_nothing_when_it_fails() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    for _ in 0..3 {
        let _ = journal.append(Sample::new("a").owed_to(&[A]).checked()).await.unwrap();
    }
    journal.settle(1, A, Settlement::Dead).await.unwrap();
    journal.settle(2, A, Settlement::Delivered).await.unwrap();
    let mut guest = Guest::open(&path).unwrap();
    guest.record_attempt(1, &answered("http://localhost:3000/hooks", 200, "")).unwrap();
    guest.record_attempt(2, &refused("http://localhost:5000/")).unwrap();
    guest.record_attempt(3, &answered("http://localhost:3000/hooks", 200, "")).unwrap();
    guest.record_attempt(77, &refused("http://localhost:5000/")).unwrap();
    guest.record_attempt(u64::MAX, &refused("http://localhost:5000/")).unwrap();
    let rows = journal.read(|reader| reader.list(&oldest_first())).unwrap().items;
    let owed: Vec<Vec<_>> = rows.iter().map(|row| row.outbox.iter().map(|row| row.state).collect()).collect();
    let expected: [Vec<OutboxState>; 3] = [vec![], vec![], vec![]];
    assert_eq!(owed, expected, "dead or waiting, the target has it now");
    assert_eq!(rows[1].last_attempt.as_ref().unwrap().count, 1);
}

#[tokio::test]
async fn settling_a_closed_journal_is_an_error() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    journal.close().await.unwrap();
    assert_eq!(journal.settle(1, A, Settlement::Delivered).await, Err(WriteError::Closed));
    assert_eq!(journal.flush().await, Err(WriteError::Closed));
}
