//! The event stream: what comes is told, once, and who was away learns what was missed.

use super::{Heard, Page, sample};
use crate::wire::soon;
use hookctl::hook::attempt::{Answer, Attempt, Outcome};
use hookctl::hook::headers::Headers;
use hookctl::hook::time::Timestamp;
use hookctl::journal::{Guest, Occasion, PruneOptions};
use std::time::Duration;

fn attempt(status: u16) -> Attempt {
    Attempt {
        target: "http://127.0.0.1:3000/hooks".to_owned(),
        number: 1,
        started: Timestamp::from_seconds(1_760_000_001),
        duration: Duration::from_micros(1_234),
        outcome: Outcome::Answered(Answer {
            status,
            headers: Headers::from_pairs([("Content-Type", "text/plain")]),
            body: "thanks".into(),
        }),
        sent: None,
    }
}

fn seq(heard: &Heard) -> u64 {
    heard.data["seq"].as_u64().unwrap()
}

#[tokio::test]
async fn a_delivery_is_told_with_its_number_and_its_record() {
    let page = Page::with(3).await;
    let mut events = page.stream("", "").await;
    page.receive(1).await;
    let heard = events.expect("delivery").await;
    assert_eq!((heard.id, seq(&heard)), (Some(4), 4));
    let listed = page.json("/api/deliveries?limit=1").await;
    assert_eq!(heard.data, listed["items"][0]);
}

#[tokio::test]
async fn a_stream_resumes_after_what_was_seen_and_tells_nothing_twice() {
    let page = Page::with(5).await;
    for (query, field) in
        [("?after=2", ""), ("", "Last-Event-ID: 2\r\n"), ("?after=4", "Last-Event-ID: 2\r\n")]
    {
        let mut events = page.stream(query, field).await;
        for expected in 3..=5 {
            assert_eq!(seq(&events.expect("delivery").await), expected, "{query} {field}");
        }
    }
    let mut events = page.stream("?after=5", "").await;
    page.receive(2).await;
    for expected in 6..=7 {
        assert_eq!(seq(&events.expect("delivery").await), expected);
    }
}

#[tokio::test]
async fn who_was_away_for_long_learns_what_was_left_out() {
    let page = Page::with(300).await;
    let mut events = page.stream("?after=10", "").await;
    let skipped = events.expect("skipped").await;
    assert_eq!(skipped.data, serde_json::json!({ "from": 11, "to": 100, "count": 90 }));
    assert_eq!(skipped.id, Some(100));
    for expected in 101..=300 {
        assert_eq!(seq(&events.expect("delivery").await), expected);
    }
}

#[tokio::test]
async fn a_burst_is_told_whole_or_said_to_be_left_out() {
    let page = Page::with(0).await;
    let mut events = page.stream("?after=0", "").await;
    let burst = 1500;
    page.receive(burst).await;
    let (mut last, mut told, mut left_out) = (0, 0, 0);
    while last < burst as u64 {
        let heard = events.next().await.expect("the stream goes on");
        match heard.kind.as_str() {
            "delivery" => {
                assert_eq!(seq(&heard), last + 1, "in order, without a gap");
                last += 1;
                told += 1;
            }
            "skipped" => {
                assert_eq!(heard.data["from"], last + 1);
                left_out += heard.data["count"].as_u64().unwrap();
                last = heard.data["to"].as_u64().unwrap();
            }
            "changed" => {}
            other => panic!("{other}"),
        }
    }
    assert_eq!(told + left_out, burst as u64);
}

#[tokio::test]
async fn an_attempt_changes_a_delivery_and_pruning_deletes_it() {
    let page = Page::with(3).await;
    let mut events = page.stream("", "").await;
    page.journal.record_attempt(2, &attempt(201), Occasion::Arrival).unwrap();
    let heard = events.expect("changed").await;
    assert_eq!((heard.id, seq(&heard)), (None, 2));
    assert_eq!(heard.data["forwarded"]["status"], 201);
    assert_eq!(heard.data["forwarded"]["attempts"], 1);
    let mut guest = Guest::open(page.journal.path()).unwrap();
    let one = PruneOptions { keep: Some(1), force: true, ..PruneOptions::default() };
    let pruned = tokio::task::spawn_blocking(move || guest.prune(&one).unwrap()).await.unwrap();
    assert_eq!(pruned.deliveries, 2);
    let mut gone = vec![seq(&events.expect("deleted").await), seq(&events.expect("deleted").await)];
    gone.sort_unstable();
    assert_eq!(gone, [1, 2]);
}

/// A bug once: only the newest two hundred were compared.
#[tokio::test]
async fn what_is_done_to_an_old_delivery_is_told_at_once() {
    let page = Page::with(250).await;
    let mut events = page.stream("", "").await;
    let json = "Content-Type: application/json\r\n";
    let act = |method: &str, target: &str, body: &str| page.asks(method, target, json, body);
    // Nothing listens at port 1.
    let replay = act("POST", "/api/deliveries/3/replay", "{\"to\":\"127.0.0.1:1\"}");
    assert_eq!(page.says(&replay).await.status, 200);
    let heard = events.expect("changed").await;
    assert_eq!((seq(&heard), &heard.data["forwarded"]["attempts"]), (3, &serde_json::json!(1)));
    let mark = act("POST", "/api/deliveries/4/mark", "{\"mark\":\"look\"}");
    assert_eq!(page.says(&mark).await.status, 200);
    let heard = events.expect("changed").await;
    assert_eq!((seq(&heard), &heard.data["mark"]), (4, &serde_json::json!("look")));
    assert_eq!(page.says(&act("DELETE", "/api/deliveries/5", "{}")).await.status, 200);
    assert_eq!(seq(&events.expect("deleted").await), 5);
}

#[tokio::test]
async fn what_others_do_to_an_old_delivery_is_told_as_well() {
    let page = Page::with(250).await;
    let mut events = page.stream("", "").await;
    let mut guest = Guest::open(page.journal.path()).unwrap();
    let marking = move || guest.mark(4, Some("look")).unwrap().then_some(guest);
    let mut guest = tokio::task::spawn_blocking(marking).await.unwrap().unwrap();
    let heard = events.expect("changed").await;
    assert_eq!((seq(&heard), &heard.data["mark"]), (4, &serde_json::json!("look")));
    // Of a replay in another process it is only seen that something changed.
    let replaying = move || guest.record_attempt(5, &attempt(201)).unwrap();
    tokio::task::spawn_blocking(replaying).await.unwrap();
    let heard = events.expect("skipped").await;
    assert_eq!((heard.id, heard.data), (None, serde_json::json!({ "from": 250, "to": 250, "count": 0 })));
}

#[tokio::test]
async fn the_stop_ends_streams_at_once_and_cuts_nothing_off() {
    let mut page = Page::with(1).await;
    let mut events = page.stream("?after=0", "").await;
    assert_eq!(seq(&events.expect("delivery").await), 1);
    let begun = std::time::Instant::now();
    soon(page.running.take().unwrap().stop()).await;
    assert!(begun.elapsed() < Duration::from_secs(2), "it waited for the drain: {:?}", begun.elapsed());
    assert_eq!(events.next().await, None);
}

#[tokio::test]
async fn the_inspector_lets_go_of_the_journal_so_that_its_log_is_folded_in() {
    let mut page = Page::with(1).await;
    let mut events = page.stream("?after=0", "").await;
    events.expect("delivery").await;
    page.get("/api/deliveries").await;
    let log = page.journal.path().with_extension("db-wal");
    assert!(log.exists());
    soon(page.running.take().unwrap().stop()).await;
    drop(page.journal.append(sample("last", "{}")).await.unwrap());
    page.journal.close().await.unwrap();
    assert!(!log.exists(), "somebody still has the journal open");
}

#[tokio::test]
async fn there_is_room_for_so_many_streams_and_no_more() {
    let page = Page::with(0).await;
    let mut open = Vec::new();
    for _ in 0..64 {
        open.push(page.stream("", "").await);
    }
    let answer = page.get("/api/stream").await;
    assert_eq!(answer.status, 503);
    assert!(String::from_utf8_lossy(&answer.body).contains("too_many_streams"));
    assert_eq!(page.get("/api/session").await.status, 200, "the rest goes on");
    drop(open);
    // Whoever went away is noticed when something is written.
    page.receive(1).await;
    let again = async {
        loop {
            page.receive(1).await;
            let request = page.asks("GET", "/api/stream", "", "");
            if page.stream_status(&request).await == 200 {
                return;
            }
            tokio::task::yield_now().await;
        }
    };
    soon(again).await;
}

#[tokio::test]
async fn a_stream_wants_numbers_and_knows_no_other_words() {
    let page = Page::with(0).await;
    for wrong in ["?after=x", "?after=-1", "?before=1", "?after=1&token=x"] {
        assert_eq!(page.get(&format!("/api/stream{wrong}")).await.status, 400, "{wrong}");
    }
    let json = "Content-Type: application/json\r\n";
    assert_eq!(page.says(&page.asks("POST", "/api/stream", json, "{}")).await.status, 405);
}

impl Page {
    async fn stream_status(&self, request: &str) -> u16 {
        let mut stream = soon(tokio::net::TcpStream::connect(self.address)).await.unwrap();
        soon(tokio::io::AsyncWriteExt::write_all(&mut stream, request.as_bytes())).await.unwrap();
        let mut events = super::Events { stream, read: String::new() };
        let head = events.block().await.unwrap();
        head.split(' ').nth(1).unwrap().parse().unwrap()
    }
}
