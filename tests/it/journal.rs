//! The journal on real files: what goes in comes out, and what fails says so.

mod failure;
mod fetched;
mod indexed;
mod marked;
mod outbox;
mod owner;
mod reading;
mod retention;

use bytes::Bytes;
use hookctl::hook::attempt::{Answer, Attempt, Failure, FailureKind, Outcome};
use hookctl::hook::delivery::{Checked, Delivery, Facts};
use hookctl::hook::headers::{Head, Headers};
use hookctl::hook::time::Timestamp;
use hookctl::hook::verdict::{Code, Verdict};
use hookctl::journal::{
    Counter, Durability, Filter, Journal, KeptAttempt, MAX_KEPT_ANSWER, Occasion, Options, Order, Reader,
    SettledAnswer,
};
use proptest::prelude::*;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;
use tempfile::TempDir;

const START: i64 = 1_760_000_000;

/// A delivery under construction.
#[derive(Clone)]
struct Sample(Checked);

impl Sample {
    fn new(body: impl Into<Bytes>) -> Self {
        Self(Checked {
            delivery: Delivery {
                received: Timestamp::from_seconds(START),
                peer: "127.0.0.1:40000".parse().unwrap(),
                head: Head::build("POST", "/hooks?x=1", [("Host", "localhost"), ("X-Test", "1")]).unwrap(),
                body: body.into(),
            },
            verdict: Verdict::of(&Arc::from("koji"), Code::Verified, "the signature holds"),
            facts: Facts { event: Some("interview.completed".to_owned()), ..Facts::default() },
            outbox: Arc::from([]),
        })
    }

    fn head(mut self, head: Head) -> Self {
        self.0.delivery.head = head;
        self
    }

    fn received(mut self, seconds: i64) -> Self {
        self.0.delivery.received = Timestamp::from_seconds(START + seconds);
        self
    }

    fn verdict(mut self, provider: &str, code: Code) -> Self {
        self.0.verdict = Verdict::of(&Arc::from(provider), code, "for a test");
        self
    }

    fn event(mut self, event: &str) -> Self {
        self.0.facts.event = Some(event.to_owned());
        self
    }

    fn key(mut self, key: &str) -> Self {
        self.0.facts.dedup_key = Some(key.to_owned());
        self
    }

    fn owed_to(mut self, targets: &[&str]) -> Self {
        self.0.outbox = targets.iter().map(|target| (*target).to_owned()).collect();
        self
    }

    fn checked(self) -> Arc<Checked> {
        Arc::new(self.0)
    }
}

fn folder() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("journal.db");
    (folder, path)
}

/// Options that do not wait for the disk, where the test is not about the disk.
fn quick() -> Options {
    Options { durability: Durability::Off, ..Options::default() }
}

fn answered(target: &str, status: u16, body: impl Into<Bytes>) -> Attempt {
    Attempt {
        target: target.to_owned(),
        number: 1,
        started: Timestamp::from_seconds(START + 1),
        duration: Duration::from_micros(1_234),
        outcome: Outcome::Answered(Answer {
            status,
            headers: Headers::from_pairs([("Content-Type", &b"text/plain"[..]), ("X-Latin", b"caf\xe9")]),
            body: body.into(),
        }),
        sent: None,
    }
}

fn refused(target: &str) -> Attempt {
    Attempt {
        outcome: Outcome::Failed(Failure {
            kind: FailureKind::Refused,
            detail: "connection refused".to_owned(),
        }),
        ..answered(target, 0, "")
    }
}

/// The numbers that a filter lets through, all pages of them.
fn seqs(reader: &Reader, filter: &Filter) -> Vec<u64> {
    let mut filter = filter.clone();
    let mut found = Vec::new();
    loop {
        let page = reader.list(&filter).unwrap();
        found.extend(page.items.iter().map(|listed| listed.seq));
        filter.after = page.next;
        if page.next.is_none() {
            return found;
        }
    }
}

fn oldest_first() -> Filter {
    Filter { order: Order::OldestFirst, ..Filter::default() }
}

#[tokio::test]
async fn everything_about_a_delivery_comes_back_as_it_went_in() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, Options::default()).unwrap();
    let head = Head::parse(
        &b"POST /a?b HTTP/1.1\r\nhOSt: x\r\nX-Utf8: \xc3\xa9\r\nX-Latin:  \xe9 \r\nx-latin: two\r\nEmpty:\r\n\r\n"[..],
    )
    .unwrap()
    .with_version(20);
    let mut sample = Sample::new(&b"\xef\xbb\xbf{\"a\":1,\"a\":2}\0\xff"[..]).head(head).key("k");
    sample.0.delivery.peer = "[fe80::1%3]:9".parse().unwrap();
    sample.0.delivery.received = Timestamp::from_micros(1_760_000_000_123_456);
    sample.0.facts.delivery_id = Some("d-1".to_owned());
    sample.0.facts.subject = Some("Étude № 7".to_owned());
    let sent = sample.checked();

    let stored = journal.append(Arc::clone(&sent)).await.unwrap();
    assert_eq!((stored.seq(), stored.duplicate_of()), (1, None));
    assert!(Arc::ptr_eq(stored.checked(), &sent));
    let (seq, ..) = stored.into_parts();
    let long = vec![b'x'; MAX_KEPT_ANSWER + 1];
    journal.record_attempt(seq, &refused("http://localhost:1/a?b"), Occasion::Arrival).unwrap();
    journal
        .record_attempt(seq, &answered("http://localhost:2/a?b", 201, long.clone()), Occasion::Arrival)
        .unwrap();
    journal.record_answer(seq, 201, "target", Duration::from_millis(7)).unwrap();
    journal.close().await.unwrap();

    let entry = Reader::open(&path).unwrap().get(seq).unwrap().unwrap();
    assert_eq!(entry.delivery.head.as_bytes(), sent.delivery.head.as_bytes());
    assert_eq!(entry.delivery.head, sent.delivery.head);
    assert_eq!(entry.delivery.body, sent.delivery.body);
    assert_eq!((entry.delivery.received, entry.delivery.peer), (sent.delivery.received, sent.delivery.peer));
    assert_eq!((&entry.listed.verdict, &entry.listed.facts), (&sent.verdict, &sent.facts));
    assert_eq!(entry.listed.body_bytes, sent.delivery.body.len() as u64);
    let answer = entry.listed.answer.unwrap();
    assert_eq!((answer.status, &*answer.by, answer.took), (201, "target", Duration::from_millis(7)));

    let [first, second] = &entry.attempts[..] else { panic!("{:?}", entry.attempts) };
    let Outcome::Failed(failure) = &first.attempt.outcome else { panic!("{first:?}") };
    assert_eq!((failure.kind, &*failure.detail), (FailureKind::Refused, "connection refused"));
    let Outcome::Answered(answer) = &second.attempt.outcome else { panic!("{second:?}") };
    assert_eq!((answer.status, second.truncated(), second.body_bytes), (201, true, long.len() as u64));
    assert_eq!(answer.body, long[..MAX_KEPT_ANSWER]);
    assert_eq!(answer.headers.get("x-latin"), Some(&b"caf\xe9"[..]));
    assert_eq!(second.attempt.duration, Duration::from_micros(1_234));
    let last = entry.listed.last_attempt.unwrap();
    assert_eq!((last.count, last.status, &*last.target), (2, Some(201), "http://localhost:2/a?b"));
}

#[tokio::test]
async fn an_answer_of_exactly_the_limit_is_whole() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    let _ = journal.append(Sample::new("").checked()).await.unwrap();
    for length in [0, MAX_KEPT_ANSWER - 1, MAX_KEPT_ANSWER, MAX_KEPT_ANSWER + 1] {
        journal
            .record_attempt(1, &answered("http://localhost:1", 200, vec![b'x'; length]), Occasion::Arrival)
            .unwrap();
    }
    journal.flush().await.unwrap();
    let entry = journal.read(|reader| reader.get(1)).unwrap().unwrap();
    let cut: Vec<_> = entry.attempts.iter().map(KeptAttempt::truncated).collect();
    assert_eq!(cut, [false, false, false, true]);
}

/// Bytes that a header value may hold.
fn value() -> impl Strategy<Value = Vec<u8>> {
    proptest::collection::vec(prop_oneof![0x20_u8..0x7f, 0x80_u8..=0xff, Just(b'\t')], 0..40)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn any_header_value_and_any_body_come_back_byte_for_byte(
        values in proptest::collection::vec(value(), 0..12),
        bodies in proptest::collection::vec(proptest::collection::vec(any::<u8>(), 0..6_000), 1..4),
    ) {
        let (_folder, path) = folder();
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let head = Head::build("PUT", "/%00", values.iter().map(|value| ("X-Any", value))).unwrap();
        let journal = Journal::open(&path, quick()).unwrap();
        for body in &bodies {
            let sample = Sample::new(body.clone()).head(head.clone());
            runtime.block_on(journal.append(sample.checked())).unwrap().into_parts();
        }
        drop(journal);
        let entries = Reader::open(&path).unwrap().entries(&oldest_first()).unwrap().items;
        prop_assert_eq!(entries.len(), bodies.len());
        for (entry, body) in entries.iter().zip(&bodies) {
            prop_assert_eq!(&entry.delivery.head, &head);
            prop_assert_eq!(entry.delivery.head.as_bytes(), head.as_bytes());
            prop_assert_eq!(&entry.delivery.body[..], &body[..]);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn thirty_two_at_once_get_numbers_without_gaps_and_share_commits() {
    const APPENDERS: u64 = 32;
    const EACH: u64 = 50;
    let (_folder, path) = folder();
    let journal = Arc::new(Journal::open(&path, Options::default()).unwrap());
    let mut tasks = tokio::task::JoinSet::new();
    for appender in 0..APPENDERS {
        let journal = Arc::clone(&journal);
        tasks.spawn(async move {
            let mut own = Vec::new();
            for number in 0..EACH {
                let body = format!("{appender}/{number}");
                let stored = journal.append(Sample::new(body.clone()).checked()).await.unwrap();
                own.push((stored.seq(), body));
            }
            assert!(own.is_sorted(), "one appender's numbers rise");
            own
        });
    }
    let mut told: Vec<(u64, String)> = tasks.join_all().await.into_iter().flatten().collect();
    told.sort();
    assert!(told.iter().map(|(seq, _)| *seq).eq(1..=APPENDERS * EACH), "no gap, no number twice");
    assert!(journal.commits() * 2 < APPENDERS * EACH, "{} commits", journal.commits());
    let reader = Reader::open(&path).unwrap();
    let mut filter = Filter { limit: 2_000, ..oldest_first() };
    filter.limit = 2_000;
    let kept: Vec<(u64, String)> = reader
        .entries(&filter)
        .unwrap()
        .items
        .into_iter()
        .map(|entry| (entry.listed.seq, String::from_utf8(entry.delivery.body.to_vec()).unwrap()))
        .collect();
    assert_eq!(kept, told, "what was acknowledged is what is kept");
}

#[tokio::test]
async fn one_at_a_time_every_append_has_its_own_commit() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, Options::default()).unwrap();
    for seq in 1..=20 {
        assert_eq!(journal.append(Sample::new("").checked()).await.unwrap().seq(), seq);
        journal.record_answer(seq, 200, "policy", Duration::ZERO).unwrap();
    }
    assert_eq!(journal.commits(), 20);
}

#[tokio::test]
async fn a_repeat_is_marked_across_a_restart_and_strangers_have_no_say() {
    let (_folder, path) = folder();
    let forged = || Sample::new("forged").key("k").verdict("koji", Code::Mismatch).checked();
    let genuine = |body: &'static str| Sample::new(body).key("k").checked();
    let journal = Journal::open(&path, quick()).unwrap();
    assert_eq!(journal.append(forged()).await.unwrap().duplicate_of(), None);
    assert_eq!(journal.append(genuine("a")).await.unwrap().duplicate_of(), None, "the forged one came first");
    assert_eq!(journal.append(genuine("a")).await.unwrap().duplicate_of(), Some(2));
    journal.close().await.unwrap();
    let journal = Journal::open(&path, quick()).unwrap();
    let amended = journal.append(genuine("b")).await.unwrap();
    assert_eq!((amended.duplicate_of(), amended.same_body()), (Some(2), Some(false)));
    assert_eq!(journal.append(forged()).await.unwrap().duplicate_of(), None);
    assert_eq!(journal.append(Sample::new("a").checked()).await.unwrap().duplicate_of(), None, "no key");
    let rows = journal.read(|reader| reader.list(&oldest_first())).unwrap().items;
    let marks: Vec<_> = rows.iter().map(|listed| listed.duplicate_of).collect();
    assert_eq!(marks, [None, None, Some(2), Some(2), None, None]);
}

#[test]
fn a_counter_numbers_and_marks_and_keeps_nothing() {
    let counter = Counter::default();
    let sample = || Sample::new("a").key("k").checked();
    assert_eq!(counter.append(sample()).into_parts().0, 1);
    let second = counter.append(sample());
    assert_eq!((second.seq(), second.duplicate_of()), (2, Some(1)));
    let third = counter.append(Sample::new("a").key("k").verdict("koji", Code::Mismatch).checked());
    assert_eq!((third.seq(), third.duplicate_of()), (3, None));
}

#[tokio::test]
async fn a_settled_answer_is_stored_with_its_delivery() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    let begun = std::time::Instant::now();
    let answer = SettledAnswer { status: 401, answered_by: "policy", begun };
    let stored = journal.append_answered(Sample::new("a").checked(), answer).await.unwrap();
    // Another connection, and no flush: it is there as soon as the delivery is.
    let kept = Reader::open(&path).unwrap().get(stored.seq()).unwrap().unwrap().listed.answer.unwrap();
    assert_eq!((kept.status, kept.by.as_str()), (401, "policy"));
    assert!(kept.took <= begun.elapsed());
    let plain = journal.append(Sample::new("b").checked()).await.unwrap();
    assert!(Reader::open(&path).unwrap().get(plain.seq()).unwrap().unwrap().listed.answer.is_none());
}
