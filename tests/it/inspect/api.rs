//! The JSON API: the list with its words and its cursor, one delivery, its bytes.

use super::{Page, sample};
use hookctl::hook::time::Timestamp;
use hookctl::job::wanted::Words;
use hookctl::journal::{Order, Reader};
use std::time::{Duration, Instant};

#[tokio::test]
async fn a_session_says_what_is_shown() {
    let page = Page::with(2).await;
    let session = page.json("/api/session").await;
    assert_eq!((&session["v"], &session["type"]), (&1.into(), &"session".into()));
    assert_eq!((&session["newest"], &session["count"]), (&2.into(), &2.into()));
    assert_eq!(session["listening"], "http://127.0.0.1:9");
    assert_eq!(session["targets"][0], "http://127.0.0.1:3000/");
    assert_eq!(session["path_mode"], "fixed");
    assert!(session["providers"].as_array().unwrap().contains(&"koji".into()));
    assert_eq!(session["journal"], page.journal.path().display().to_string());
    assert_eq!(Page::with(0).await.json("/api/session").await["newest"], serde_json::Value::Null);
}

#[tokio::test]
async fn the_list_is_paged_newest_first_by_its_cursor() {
    let page = Page::with(25).await;
    let (mut seqs, mut query) = (Vec::new(), "limit=10".to_owned());
    loop {
        let list = page.json(&format!("/api/deliveries?{query}")).await;
        seqs.extend(list["items"].as_array().unwrap().iter().map(|item| item["seq"].as_u64().unwrap()));
        match list["next"].as_u64() {
            Some(next) => query = format!("limit=10&before={next}"),
            None => break,
        }
    }
    assert_eq!(seqs, (1..=25).rev().collect::<Vec<u64>>());
    let most = page.json("/api/deliveries?limit=100000").await;
    assert_eq!(most["items"].as_array().unwrap().len(), 25);
}

#[tokio::test]
async fn the_words_of_events_list_are_the_lists() {
    let page = Page::with(0).await;
    for (event, body) in [
        ("interview.completed", "{\"score\":1}"),
        ("interview.started", "{\"score\":2}"),
        ("study.closed", "{\"score\":3,\"name\":\"J\u{e4}ger & co\"}"),
    ] {
        drop(page.journal.append(sample(event, body)).await.unwrap());
    }
    for (query, expected) in [
        ("type=interview.*", vec![2, 1]),
        ("type=study.closed,interview.started", vec![3, 2]),
        ("text=J%C3%A4ger+%26", vec![3]),
        ("filter=.score%20%3E%201", vec![3, 2]),
        ("filter=.nothing", vec![]),
        ("provider=koji", vec![3, 2, 1]),
        ("provider=github", vec![]),
        ("verdict=verified", vec![3, 2, 1]),
        ("verdict=failed", vec![]),
        ("status=2xx", vec![]),
        ("since=1d", vec![]),
        ("until=1d", vec![3, 2, 1]),
        ("undelivered=1", vec![]),
        ("dead=1", vec![]),
        ("dead=0&type=&text=", vec![3, 2, 1]),
    ] {
        let list = page.json(&format!("/api/deliveries?{query}")).await;
        let seqs: Vec<u64> =
            list["items"].as_array().unwrap().iter().map(|item| item["seq"].as_u64().unwrap()).collect();
        assert_eq!(seqs, expected, "{query}");
    }
    for wrong in [
        "status=9",
        "verdict=nobody",
        "since=soon",
        "filter=.%5B",
        "limit=x",
        "before=-1",
        "dead=yes",
        "anything=1",
        "token=x",
    ] {
        let answer = page.get(&format!("/api/deliveries?{wrong}")).await;
        assert_eq!(answer.status, 400, "{wrong}");
        let error: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!(error["type"], "error", "{wrong}");
        assert!(!error["message"].as_str().unwrap().is_empty());
    }
}

/// A bug once: it said twice that it is none.
#[tokio::test]
async fn a_filter_that_is_none_is_said_once() {
    let page = Page::with(0).await;
    let answer = page.get("/api/deliveries?filter=.data%5B").await;
    let record: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
    let message = record["message"].as_str().unwrap();
    assert_eq!((answer.status, &record["code"]), (400, &"bad_filter".into()));
    assert!(message.starts_with("could not use `filter`: `.data[` is not a jq filter: "), "{message}");
}

#[tokio::test]
async fn a_jq_expression_that_takes_too_long_ends_the_page_and_the_next_goes_on() {
    let page = Page::with(500).await;
    let reader = Reader::open(page.journal.path()).unwrap();
    let words = Words { filter: Some(".score == 2".to_owned()), ..Words::default() };
    let wanted = |before| {
        let mut wanted = words.wanted(Timestamp::from_seconds(0), 50, Order::NewestFirst).unwrap();
        wanted.filter.after = before;
        wanted
    };
    let late = Instant::now();
    let (items, next) = wanted(None).page(&reader, late).unwrap();
    assert_eq!((items.len(), next), (0, Some(500)), "one was looked at, and it goes on behind it");
    let (_, next) = wanted(next).page(&reader, late).unwrap();
    assert_eq!(next, Some(499));
    let (items, next) = wanted(None).page(&reader, late + Duration::from_secs(3600)).unwrap();
    assert_eq!((items.len(), next), (0, None), "the control: with time, all are looked at");
}

#[tokio::test]
async fn bytes_are_given_as_they_came_and_never_as_a_page() {
    let page = Page::with(0).await;
    let hostile = "<script>alert(1)</script>\u{0}\r\n\u{feff}";
    drop(page.journal.append(sample("x", hostile)).await.unwrap());
    let body = page.get("/api/deliveries/1/body").await;
    assert_eq!(body.body, hostile.as_bytes());
    let raw = page.get("/api/deliveries/1/raw").await;
    assert!(raw.body.starts_with(b"POST /hooks?x=1 HTTP/1.1\r\n") && raw.body.ends_with(hostile.as_bytes()));
    for answer in [body, raw] {
        assert!(answer.head.contains("content-type: application/octet-stream"), "{}", answer.head);
        assert!(answer.head.contains("content-disposition: attachment; filename="), "{}", answer.head);
    }
}

#[tokio::test]
async fn what_is_not_there_is_said_so() {
    let page = Page::with(1).await;
    for (target, status, code) in [
        ("/api/deliveries/2", 404, "no_delivery"),
        ("/api/deliveries/18446744073709551615", 404, "no_delivery"),
        ("/api/deliveries/18446744073709551616", 400, "bad_request"),
        ("/api/deliveries/x", 400, "bad_request"),
        ("/api/deliveries/1/attempts/1/body", 404, "no_attempt"),
        ("/api/deliveries/1/attempts/0/body", 404, "no_attempt"),
        ("/api/nothing", 404, "no_path"),
        ("/assets/0000/app.js", 404, "no_path"),
        ("/assets/../app.js", 404, "no_path"),
    ] {
        let answer = page.get(target).await;
        let error: serde_json::Value = serde_json::from_slice(&answer.body).unwrap();
        assert_eq!((answer.status, error["code"].as_str().unwrap()), (status, code), "{target}");
    }
    let json = "Content-Type: application/json\r\n";
    assert_eq!(page.says(&page.asks("POST", "/api/session", json, "{}")).await.status, 405);
}

#[tokio::test]
async fn the_page_names_files_that_may_be_kept_for_ever() {
    let page = Page::with(0).await;
    let index = page.get("/").await;
    assert!(index.head.contains("cache-control: no-store"));
    let text = String::from_utf8(index.body).unwrap();
    assert!(!text.contains("{{"), "{text}");
    let files: Vec<&str> = text.split('"').filter(|word| word.starts_with("/assets/")).collect();
    assert!(files.len() >= 2, "{text}");
    for file in files {
        let answer = page.get(file).await;
        assert_eq!(answer.status, 200, "{file}");
        assert!(
            answer.head.contains("cache-control: public, max-age=31536000, immutable"),
            "{}",
            answer.head
        );
        assert!(answer.head.contains("nosniff"));
    }
}
