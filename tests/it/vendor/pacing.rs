//! Rate limits respected before they bite, and calls that are sent again.

use super::documented::RATE_LIMITED;
use super::{KEY, client, userjourneys};
use crate::harness::script::{Act, Script, answer, json};
use hookctl::clock;
use hookctl::vendor::{Client, Failure, Paging, UserJourneys, Wait};
use std::sync::{Arc, Mutex};
use std::time::Duration;

const STUDIES: &str = "{\"data\":[]}";

/// A client that tells of its waits.
fn telling(client: Client) -> (UserJourneys, Arc<Mutex<Vec<Wait>>>) {
    let waits = Arc::new(Mutex::new(Vec::new()));
    let told = Arc::clone(&waits);
    let client = client.on_wait(move |wait| told.lock().unwrap().push(wait.clone()));
    (UserJourneys::new(client), waits)
}

fn limited(remaining: &str, reset: &str) -> Act {
    let headers =
        [("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", remaining), ("X-RateLimit-Reset", reset)];
    answer(200, &headers, STUDIES)
}

fn in_seconds(seconds: i64) -> String {
    (clock::now().seconds() + seconds).to_string()
}

#[tokio::test]
async fn nothing_remaining_is_waited_for_before_the_next_call() {
    for (remaining, reset, expected) in [
        ("0", in_seconds(30), Some(28..=30)),
        ("0", in_seconds(3_600), Some(60..=60)),
        ("0", "20".to_owned(), Some(18..=20)),
        ("0", format!("{}000", in_seconds(30)), Some(28..=30)),
        ("0", in_seconds(-5), None),
        ("1", in_seconds(30), None),
        ("none", in_seconds(30), None),
        ("0", "soon".to_owned(), None),
    ] {
        let script = Script::new([limited(remaining, &reset), json(200, STUDIES)]);
        let (vendor, waits) = telling(client(&script.base(), KEY));
        vendor.studies(&Paging::default()).await.unwrap();
        assert!(waits.lock().unwrap().is_empty());
        vendor.studies(&Paging::default()).await.unwrap();
        let waits = waits.lock().unwrap();
        match expected {
            Some(range) => {
                assert_eq!(
                    (waits.len(), waits[0].status, waits[0].tries),
                    (1, None, 0),
                    "{remaining} {reset}"
                );
                assert!(
                    range.contains(
                        &waits[0].duration.as_secs_f64().round().to_string().parse::<u64>().unwrap()
                    ),
                    "{waits:?}"
                );
            }
            None => assert!(waits.is_empty(), "{remaining} {reset}: {waits:?}"),
        }
    }
}

#[tokio::test]
async fn a_429_is_asked_again_after_the_wait_that_it_names() {
    let reset = in_seconds(40);
    let koji: [(&str, &str); 3] =
        [("X-RateLimit-Limit", "60"), ("X-RateLimit-Remaining", "0"), ("X-RateLimit-Reset", &reset)];
    for (act, wait) in [
        (answer(429, &[("Retry-After", "30")], RATE_LIMITED), 30..=31),
        (answer(429, &koji, RATE_LIMITED), 38..=41),
        (answer(429, &[], RATE_LIMITED), 5..=6),
    ] {
        let script = Script::new([act, json(200, STUDIES)]);
        let (vendor, waits) = telling(client(&script.base(), KEY));
        vendor.studies(&Paging::default()).await.unwrap();
        let waits = waits.lock().unwrap();
        assert_eq!((waits.len(), waits[0].status, waits[0].tries), (1, Some(429), 1));
        assert!(wait.contains(&waits[0].duration.as_secs()), "{waits:?}");
        assert_eq!(script.lines().len(), 2);
    }
}

#[tokio::test]
async fn a_429_that_asks_for_an_hour_is_not_waited_for() {
    let script = Script::new([answer(429, &[("Retry-After", "3600")], RATE_LIMITED)]);
    let error = userjourneys(&script).studies(&Paging::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.wait()), (Failure::RateLimited, Some(Duration::from_secs(3_600))));
    assert!(error.to_string().contains("Rate limit exceeded."), "{error}");
    assert_eq!((script.lines().len(), error.outcome_unknown()), (1, false));
}

#[tokio::test]
async fn a_failing_vendor_is_asked_four_times_and_then_its_words_are_given() {
    let script = Script::new((0..4).map(|_| json(503, "{\"message\":\"Down for repairs.\"}")));
    let (vendor, waits) = telling(client(&script.base(), KEY));
    let error = vendor.studies(&Paging::default()).await.unwrap_err();
    assert_eq!((error.kind(), error.status(), script.left()), (Failure::Vendor, Some(503), 0));
    assert!(
        error.to_string().contains("503 Service Unavailable after 4 tries: Down for repairs."),
        "{error}"
    );
    let waits = waits.lock().unwrap();
    for (wait, most) in waits.iter().zip([500, 1_000, 2_000]) {
        assert!(wait.duration <= Duration::from_millis(most), "{waits:?}");
    }
    assert_eq!(waits.len(), 3);
}

#[tokio::test]
async fn a_vendor_that_comes_back_is_no_error() {
    for act in [Act::Drop, json(500, ""), json(502, "<html>"), json(504, "")] {
        let script = Script::new([act, json(200, STUDIES)]);
        userjourneys(&script).studies(&Paging::default()).await.unwrap();
        assert_eq!(script.lines(), ["GET /api/v1/studies"; 2]);
    }
}

#[tokio::test]
async fn a_put_is_sent_again_only_when_it_certainly_had_no_effect() {
    let made =
        || json(201, "{\"url\":\"https://a.example/\",\"events\":[],\"signing_secret\":\"whsec_fake\"}");
    for act in [Act::Drop, json(500, ""), json(502, ""), json(503, ""), json(504, "")] {
        let script = Script::new([act, made()]);
        let error = userjourneys(&script).put_webhook("https://a.example/", &[]).await.unwrap_err();
        assert_eq!((script.lines().len(), error.outcome_unknown()), (1, true), "{error}");
    }
    let script = Script::new([answer(429, &[("Retry-After", "1")], ""), made()]);
    let put = userjourneys(&script).put_webhook("https://a.example/", &[]).await.unwrap();
    assert_eq!((script.lines().len(), put.secret.is_some()), (2, true));
}

#[tokio::test]
async fn a_refusal_is_final() {
    for status in [400, 401, 402, 403, 404, 405, 409, 410, 422, 501] {
        let script = Script::new([answer(status, &[("Retry-After", "1")], "{}")]);
        let error = userjourneys(&script).study("a").await.unwrap_err();
        assert_eq!((error.status(), script.lines().len()), (Some(status), 1));
    }
}
