//! What a journal lets go of: by number, size, age and on request.

use super::{START, Sample, answered, folder, oldest_first, quick, refused, seqs};
use hookctl::hook::time::Timestamp;
use hookctl::journal::{
    Filter, Guest, Journal, Occasion, Options, PruneOptions, Pruned, Reader, Retention, Settlement,
};
use std::path::Path;
use std::sync::Arc;
use std::time::Duration;
use tokio::task::JoinSet;

const TARGET: &str = "http://localhost:3000";

fn keeping(max_deliveries: u64) -> Options {
    Options { retention: Retention { max_deliveries, ..Retention::default() }, ..quick() }
}

fn kept(path: &Path) -> Vec<u64> {
    seqs(&Reader::open(path).unwrap(), &oldest_first())
}

async fn append(journal: &Journal, sample: Sample) -> u64 {
    journal.append(sample.checked()).await.unwrap().seq()
}

#[tokio::test]
async fn the_oldest_go_when_there_are_too_many_and_numbers_are_never_used_again() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, keeping(10)).unwrap();
    for seq in 1..=300 {
        assert_eq!(append(&journal, Sample::new("a")).await, seq);
        journal.record_attempt(seq, &answered(TARGET, 200, "ok"), Occasion::Arrival).unwrap();
    }
    journal.flush().await.unwrap();
    assert_eq!(kept(&path), (291..=300).collect::<Vec<_>>());
    let entry = journal.read(|reader| reader.get(291)).unwrap().unwrap();
    assert_eq!(entry.attempts.len(), 1, "what is kept is kept whole");
    journal.close().await.unwrap();
    Guest::open(&path).unwrap().prune(&PruneOptions { keep: Some(0), ..PruneOptions::default() }).unwrap();
    let journal = Journal::open(&path, keeping(10)).unwrap();
    assert_eq!(append(&journal, Sample::new("a")).await, 301);
}

#[tokio::test]
async fn deliveries_that_come_together_make_room_for_themselves() {
    let (_folder, path) = folder();
    let journal = Arc::new(Journal::open(&path, keeping(2_000)).unwrap());
    let owed = append(&journal, Sample::new("waits").owed_to(&[TARGET])).await;
    let mut gone = 0;
    for _ in 0..80 {
        let mut together = JoinSet::new();
        for _ in 0..50 {
            let journal = Arc::clone(&journal);
            together.spawn(async move { journal.append(Sample::new("a").checked()).await.map(drop) });
        }
        together.join_all().await.into_iter().for_each(|stored| stored.unwrap());
        let stats = journal.read(Reader::stats).unwrap();
        // Less than the slack that a bite between commits waits for.
        assert!(stats.deliveries <= 2_000 + 40 + 50, "{}", stats.deliveries);
        gone = stats.seqs.unwrap().1 - stats.deliveries;
    }
    assert!(gone >= 1_900, "{gone}");
    assert_eq!(kept(&path).first(), Some(&owed), "what waits stays");
    journal.close().await.unwrap();
    let journal = Journal::open(&path, keeping(2_000)).unwrap();
    journal.flush().await.unwrap();
    let kept = kept(&path);
    assert_eq!((kept.len(), kept.last()), (2_000, Some(&4_001)));
}

#[tokio::test]
async fn what_a_target_lacks_goes_last_and_what_waits_never() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, keeping(10)).unwrap();
    for _ in 1..=3 {
        append(&journal, Sample::new("waits").owed_to(&[TARGET])).await;
    }
    for _ in 4..=6 {
        let seq = append(&journal, Sample::new("dead").owed_to(&[TARGET])).await;
        journal.settle(seq, TARGET, Settlement::Dead).await.unwrap();
    }
    let missed = append(&journal, Sample::new("missed")).await;
    journal.record_attempt(missed, &refused(TARGET), Occasion::Arrival).unwrap();
    for _ in 8..=50 {
        append(&journal, Sample::new("fine")).await;
    }
    journal.flush().await.unwrap();
    // The five newest may still be on their way; of the others the undelivered ones stay longest.
    assert_eq!(kept(&path), [1, 2, 3, 6, 7, 46, 47, 48, 49, 50]);

    for _ in 51..=70 {
        append(&journal, Sample::new("waits").owed_to(&[TARGET])).await;
    }
    journal.flush().await.unwrap();
    let waiting: Vec<u64> = (1..=3).chain(51..=70).collect();
    assert_eq!(kept(&path), waiting, "over the limit rather than without them");

    for seq in waiting {
        journal.settle(seq, TARGET, Settlement::Delivered).await.unwrap();
    }
    journal.flush().await.unwrap();
    assert_eq!(kept(&path), (61..=70).collect::<Vec<_>>());
}

#[tokio::test]
async fn size_and_age_are_limits_too() {
    let (_folder, path) = folder();
    let limit = 2 << 20;
    let retention = Retention { max_bytes: limit, ..Retention::default() };
    let journal = Journal::open(&path, Options { retention, ..quick() }).unwrap();
    for _ in 0..300 {
        append(&journal, Sample::new(vec![b'x'; 20_000])).await;
    }
    journal.close().await.unwrap();
    let retention = Retention { max_bytes: limit, ..Retention::default() };
    let journal = Journal::open(&path, Options { retention, ..quick() }).unwrap();
    journal.flush().await.unwrap();
    let stats = journal.read(Reader::stats).unwrap();
    assert!(stats.bytes <= limit && stats.deliveries > 30, "{stats:?}");
    assert_eq!(stats.seqs.unwrap().1, 300);
    journal.close().await.unwrap();
    assert!(std::fs::metadata(&path).unwrap().len() <= limit, "free pages are given back");

    let retention = Retention { max_age: Duration::from_secs(3_600), ..Retention::default() };
    let journal = Journal::open(&path, Options { retention, ..quick() }).unwrap();
    append(&journal, Sample::new("older").received(7_200)).await;
    append(&journal, Sample::new("newest").received(10_800)).await;
    journal.close().await.unwrap();
    let retention = Retention { max_age: Duration::from_secs(3_600), ..Retention::default() };
    let journal = Journal::open(&path, Options { retention, ..quick() }).unwrap();
    journal.flush().await.unwrap();
    assert_eq!(kept(&path), [301, 302], "an hour old is not older than an hour");
}

#[tokio::test]
async fn what_others_prune_is_not_taken_for_too_many() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, keeping(100)).unwrap();
    for _ in 1..=100 {
        append(&journal, Sample::new("a")).await;
    }
    let keep = PruneOptions { keep: Some(20), ..PruneOptions::default() };
    assert_eq!(Guest::open(&path).unwrap().prune(&keep).unwrap().deliveries, 80);
    for _ in 101..=180 {
        append(&journal, Sample::new("a")).await;
    }
    journal.flush().await.unwrap();
    assert_eq!(kept(&path), (81..=180).collect::<Vec<_>>());
}

#[tokio::test]
async fn pruning_takes_what_was_asked_for_and_says_what_it_kept() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    for second in 0..500 {
        let mut sample = Sample::new(vec![b'x'; 10_000]).received(second);
        if second < 2 {
            sample = sample.owed_to(&[TARGET]);
        }
        append(&journal, sample).await;
    }
    let before = std::fs::metadata(&path).unwrap().len();
    let mut guest = Guest::open(&path).unwrap();
    assert_eq!(guest.prune(&PruneOptions::default()).unwrap(), Pruned::default(), "no condition");
    let old = PruneOptions {
        before: Some(Timestamp::from_seconds(START + 400)),
        keep: Some(50),
        ..PruneOptions::default()
    };
    let expected = Pruned { deliveries: 398, bytes: 3_980_000, kept_undelivered: 2 };
    assert_eq!(guest.prune(&PruneOptions { dry_run: true, ..old.clone() }).unwrap(), expected);
    assert_eq!(kept(&path).len(), 500, "a dry run changes nothing");
    assert_eq!(guest.prune(&old).unwrap(), expected);
    let left: Vec<u64> = [1, 2].into_iter().chain(401..=500).collect();
    assert_eq!(kept(&path), left);
    assert_eq!(append(&journal, Sample::new("the owner goes on")).await, 501);
    let forced = PruneOptions { keep: Some(1), force: true, ..PruneOptions::default() };
    assert_eq!(guest.prune(&forced).unwrap().deliveries, 102);
    assert_eq!(kept(&path), [501]);
    let undelivered = Filter { undelivered: true, ..oldest_first() };
    assert!(seqs(&Reader::open(&path).unwrap(), &undelivered).is_empty());
    drop(guest);
    journal.close().await.unwrap();
    let after = std::fs::metadata(&path).unwrap().len();
    assert!(after * 10 < before.max(5_000_000), "{before} bytes became {after}");
}
