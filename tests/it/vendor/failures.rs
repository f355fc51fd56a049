//! Answers that are not what they should be: each is an error that says so,
//! within bounded time and memory, and never with a key in it.

use super::{KEY, KOJI_KEY, client, koji, policy, userjourneys, words};
use crate::harness::script::{Act, Script, answer, json, text};
use hookctl::hook::secret::Secret;
use hookctl::outbound::api::{Api, ApiOptions};
use hookctl::vendor::retry::Policy;
use hookctl::vendor::{BaseUrl, Client, Failure, Paging, UserJourneys, VendorError};
use std::net::TcpListener;
use std::time::{Duration, Instant};

const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

/// Asks for studies, and gives the error.
async fn refused(act: Act) -> VendorError {
    let script = Script::new([act]);
    let error = userjourneys(&script).studies(&Paging::default()).await.unwrap_err();
    assert_eq!(error.endpoint(), "GET /studies");
    assert!(!words(&error).contains(KEY), "{}", words(&error));
    error
}

async fn misshapen(act: Act, what: &str) {
    let error = refused(act).await;
    assert_eq!(error.kind(), Failure::Shape, "{error}");
    assert!(error.to_string().contains(what), "{error}");
    assert!(error.to_string().contains("at 127.0.0.1"), "{error}");
    assert!(error.remedy().unwrap().contains("--base-url"), "{error}");
}

#[tokio::test]
async fn an_html_page() {
    let page = "<!DOCTYPE html><html><body>Sign in</body></html>";
    misshapen(answer(200, &[("Content-Type", "text/html; charset=utf-8")], page), "an HTML page").await;
    // Also under a wrong name.
    misshapen(answer(200, &JSON, &format!("\n {page}")), "an HTML page").await;
}

#[tokio::test]
async fn json_that_is_cut() {
    misshapen(answer(200, &JSON, "{\"object\":\"list\",\"data\":[{\"id\":\"a"), "stops in the middle").await;
    // Cut by the connection: it is asked for again, then given up.
    let cut = "HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: 100\r\n\r\n{\"data\":[";
    let script = Script::new((0..4).map(|_| Act::Answer(cut.as_bytes().to_vec())));
    let error = userjourneys(&script).studies(&Paging::default()).await.unwrap_err();
    assert_eq!((error.kind(), script.left()), (Failure::Network, 0), "{error}");
    assert!(words(&error).contains("broke before a whole answer"), "{}", words(&error));
    assert!(error.to_string().contains("after 4 tries"), "{error}");
}

#[tokio::test]
async fn an_answer_without_an_end() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[".to_vec();
    let script = Script::new([Act::Endless(head, vec![b' '; 64 << 10])]);
    let error = userjourneys(&script).studies(&Paging::default()).await.unwrap_err();
    assert_eq!((error.kind(), script.left()), (Failure::Shape, 0), "{error}");
    assert!(error.to_string().contains("over 4194304 bytes"), "{error}");
    // What was sent is what was read, and what lies in the buffers of the system.
    assert!(script.sent() < 32 << 20, "{}", script.sent());
}

#[tokio::test]
async fn a_stream_of_events_without_an_end() {
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\n\r\n".to_vec();
    let script = Script::new([Act::Endless(head, "data: {\"delta\":\"a\"}\n\n".repeat(4_000).into_bytes())]);
    let error = koji(&script).message("i", None, "a").await.unwrap_err();
    assert_eq!(error.kind(), Failure::Shape, "{error}");
}

#[tokio::test]
async fn a_gzip_bomb_is_never_unpacked() {
    let mut packed =
        text(200, &[("Content-Type", "application/json"), ("Content-Encoding", "gzip")], "").into_bytes();
    let end = packed.len() - "Content-Length: 0\r\n\r\n".len();
    packed.truncate(end);
    packed.extend_from_slice(b"Content-Length: 4\r\n\r\n\x1f\x8b\x08\x00");
    misshapen(Act::Answer(packed), "compressed as `gzip`").await;
    // Also one that says nothing of it.
    let bare = b"HTTP/1.1 200 OK\r\nConnection: close\r\nContent-Length: 4\r\n\r\n\x1f\x8b\x08\x00".to_vec();
    misshapen(Act::Answer(bare), "compressed as `gzip`").await;
    misshapen(answer(200, &[("Content-Encoding", "br")], "{}"), "compressed as `br`").await;
    let fine = Script::new([answer(200, &[("Content-Encoding", "identity")], "{\"data\":[]}")]);
    assert!(userjourneys(&fine).studies(&Paging::default()).await.is_ok());
}

#[tokio::test]
async fn json_of_structure_alone_is_refused_before_it_takes_memory() {
    misshapen(answer(200, &JSON, &format!("[{}0]", "0,".repeat(1 << 20))), "JSON of over 50000 values").await;
    misshapen(answer(200, &JSON, &"[".repeat(10_000)), "no JSON").await;
}

#[tokio::test]
async fn json_of_the_wrong_shape() {
    for (body, what) in [
        ("{}", "a list with `data`"),
        ("[]", "a list with `data`"),
        ("null", "a list with `data`"),
        ("{\"data\":{}}", "a list with `data`"),
        ("{\"data\":[1]}", "a list of objects with an `id`"),
        ("{\"data\":[{\"id\":null}]}", "a list of objects with an `id`"),
        ("{\"data\":[{\"id\":\"\"}]}", "a list of objects with an `id`"),
        ("ok", "no JSON"),
        ("", "nothing where JSON was expected"),
        ("{\"data\":[]} {}", "no JSON"),
        ("\u{fffd}", "no JSON"),
    ] {
        misshapen(answer(200, &JSON, body), what).await;
    }
    let script = Script::new([json(200, "[]"), json(200, "{\"events\":[]}")]);
    let vendor = userjourneys(&script);
    let error = vendor.interview("i").await.unwrap_err();
    assert!(error.to_string().contains("not an object with an `id`"), "{error}");
    let error = vendor.webhook().await.unwrap_err();
    assert!(error.to_string().contains("not a webhook with a `url`"), "{error}");
}

#[tokio::test]
async fn fields_of_the_wrong_type_are_no_error() {
    let study = "{\"data\":[{\"id\":7,\"name\":[],\"status\":3,\"accepting_responses\":\"yes\",\"supported_languages\":null,\"limits\":\"many\",\"questions\":5}]}";
    let script = Script::new([json(200, study)]);
    let page = userjourneys(&script).studies(&Paging::default()).await.unwrap();
    let study = &page.items[0];
    assert_eq!((study.id.as_str(), &study.name, &study.status), ("7", &None, &None));
    assert_eq!((study.accepting_responses, study.raw["limits"].as_str()), (None, Some("many")));
}

#[tokio::test]
async fn a_list_with_a_byte_order_mark() {
    let script = Script::new([answer(200, &JSON, "\u{feff}{\"data\":[]}")]);
    assert!(userjourneys(&script).studies(&Paging::default()).await.is_ok());
}

#[tokio::test]
async fn every_form_of_an_error_that_vendors_write() {
    for (body, said) in [
        ("{\"error\":\"Invalid API key\"}", ": Invalid API key"),
        ("{\"error\":{\"type\":\"invalid_request_error\",\"message\":\"No such study\"}}", ": No such study"),
        ("{\"error\":{\"code\":\"bad_url\"}}", ": bad_url"),
        ("{\"message\":\"Not HTTPS\"}", ": Not HTTPS"),
        ("{\"error\":\"rate_limited\",\"message\":\"Slow down.\"}", ": Slow down."),
        ("{\"errors\":[{\"detail\":\"No events\"}]}", ": No events"),
        ("{\"errors\":[\"No events\"]}", ": No events"),
        ("\"Just text\"", ": Just text"),
        ("{\"reason\":7}", ": {\"reason\":7}"),
        ("Bad   Request\n", ": Bad Request"),
    ] {
        let error = refused(json(400, body)).await;
        assert_eq!((error.kind(), error.status()), (Failure::Refused, Some(400)));
        let text = error.to_string();
        assert!(text.starts_with("`GET /studies` at 127.0.0.1 was answered 400 Bad Request"), "{text}");
        assert!(text.ends_with(said), "{text}");
    }
    for body in ["", "<html>Bad Request</html>", "{}", "\x1f\u{8b}"] {
        let error = refused(json(400, body)).await;
        assert!(error.to_string().len() < 100, "{error}");
    }
    let long = refused(json(400, &"ä".repeat(100_000))).await;
    assert!(long.to_string().chars().count() < 400);
}

#[tokio::test]
async fn the_request_id_is_named() {
    for name in ["X-Request-Id", "request-id", "X-Correlation-ID", "CF-Ray"] {
        let error = refused(answer(422, &[(name, "req_123")], "{}")).await;
        assert_eq!(error.request_id(), Some("req_123"));
        assert!(error.to_string().contains("(request id req_123)"), "{error}");
    }
}

#[tokio::test]
async fn a_wrong_key_and_the_key_of_the_other_vendor() {
    let error = refused(json(401, &format!("{{\"error\":\"unknown key {KEY}\"}}"))).await;
    assert_eq!((error.kind(), error.status()), (Failure::Refused, Some(401)));
    assert!(error.to_string().ends_with("unknown key [key]"), "{error}");
    let remedy = error.remedy().unwrap();
    assert!(remedy.contains("hookctl login --provider userjourneys"), "{remedy}");
    assert!(remedy.contains("USERJOURNEYS_API_KEY"), "{remedy}");
    let script = Script::new([json(401, "{}")]);
    let vendor = UserJourneys::new(client(&script.base(), KOJI_KEY));
    let remedy = vendor.webhook().await.unwrap_err().remedy().unwrap();
    assert!(remedy.contains("looks like one of Koji") && remedy.contains("--provider koji"), "{remedy}");
}

#[tokio::test]
async fn no_key_and_a_key_that_no_header_can_carry_send_nothing() {
    let script = Script::new([]);
    let base = || BaseUrl::parse(&script.base()).unwrap();
    let without = UserJourneys::new(Client::new(Api::new(ApiOptions::default()), base(), None));
    let error = without.webhook().await.unwrap_err();
    assert_eq!(error.kind(), Failure::Setup);
    assert_eq!(error.to_string(), "there is no API key of userjourneys");
    for key in ["uj_live_fake\r\nX: y", "uj_live_fäke", "uj live"] {
        let error = UserJourneys::new(client(&script.base(), key)).webhook().await.unwrap_err();
        assert_eq!(error.kind(), Failure::Setup);
        assert!(!words(&error).contains(key), "{}", words(&error));
    }
    assert!(script.requests().is_empty());
}

#[tokio::test]
async fn a_redirect_is_not_followed_and_says_where_it_leads() {
    let elsewhere = Script::new([json(200, "{\"data\":[]}")]);
    for status in [301, 302, 303, 307, 308] {
        let to = format!("{}/secret?path", elsewhere.base());
        let error = refused(answer(status, &[("Location", &to)], "")).await;
        assert_eq!(error.kind(), Failure::Shape);
        assert!(error.to_string().contains(&format!("leads to {}", elsewhere.base())), "{error}");
        assert!(!error.to_string().contains("path"), "{error}");
    }
    for location in ["/login", "http://", ""] {
        assert!(
            refused(answer(302, &[("Location", location)], "")).await.to_string().contains("leads elsewhere")
        );
    }
    assert!(elsewhere.requests().is_empty());
}

#[tokio::test]
async fn a_vendor_that_is_not_there_and_one_that_speaks_no_http() {
    let nobody = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let vendor = UserJourneys::new(client(&format!("http://{nobody}"), KEY));
    let error = vendor.put_webhook("https://a.example/", &[]).await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (Failure::Network, false), "{error}");
    assert!(
        error.to_string().contains("after 4 tries") && error.remedy().unwrap().contains("sandbox"),
        "{error}"
    );
    let script = Script::new((0..4).map(|_| Act::Answer(b"SSH-2.0-OpenSSH_9.6\r\n".to_vec())));
    let error = userjourneys(&script).webhook().await.unwrap_err();
    assert_eq!((error.kind(), error.outcome_unknown()), (Failure::Network, true), "{error}");
}

#[tokio::test]
async fn a_silent_vendor_and_one_that_trickles_end_in_time() {
    let patience = Duration::from_millis(300);
    let head = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n".to_vec();
    for act in [Act::Hang(Vec::new()), Act::Hang(head)] {
        let script = Script::new([act]);
        let vendor = UserJourneys::new(client(&script.base(), KEY).with_time_limit(patience));
        let began = Instant::now();
        let error = vendor.put_webhook("https://a.example/", &[]).await.unwrap_err();
        assert!(began.elapsed() < Duration::from_secs(10));
        assert_eq!((error.kind(), error.outcome_unknown()), (Failure::Timeout, true), "{error}");
        assert!(error.to_string().contains("not answered within 0.3 s"), "{error}");
    }
}

#[tokio::test]
async fn a_wait_of_our_own_that_does_not_fit_into_the_time_is_not_begun() {
    let script = Script::new([json(503, "{\"message\":\"Down.\"}")]);
    let long = Duration::from_secs(1 << 30);
    let slow = Policy { speed: 1.0, base: long, cap: long, ..policy() };
    let vendor = UserJourneys::new(client(&script.base(), KEY).with_policy(slow));
    let error = vendor.webhook().await.unwrap_err();
    assert_eq!((error.kind(), error.status(), script.left()), (Failure::Vendor, Some(503), 0));
}

#[tokio::test]
async fn a_wait_that_the_vendor_asks_for_does_not_count() {
    let script = Script::new([answer(429, &[("Retry-After", "60")], ""), json(404, "{}")]);
    let vendor = UserJourneys::new(
        client(&script.base(), KEY)
            .with_policy(Policy { speed: 100.0, ..policy() })
            .with_time_limit(Duration::from_millis(500)),
    );
    assert!(vendor.webhook().await.unwrap().is_none());
}

#[tokio::test]
async fn a_status_that_is_neither_success_nor_error() {
    let script = Script::new([answer(999, &[], "{}")]);
    let error = userjourneys(&script).study("a").await.unwrap_err();
    assert_eq!(error.status(), Some(999), "{error}");
}

#[tokio::test]
async fn secrets_are_in_no_error_whatever_the_vendor_answers() {
    let secret = "whsec_fakeCANARY";
    let bodies = [
        format!("{{\"signing_secret\":\"{secret}\""),
        format!("[{{\"signing_secret\":\"{secret}\"}}]"),
        format!("\"{secret}\""),
    ];
    for body in bodies {
        let script = Script::new([json(201, &body)]);
        let error = userjourneys(&script).put_webhook("https://a.example/", &[]).await.unwrap_err();
        assert!(error.outcome_unknown() && !words(&error).contains("CANARY"), "{}", words(&error));
    }
}

#[test]
fn a_secret_key_has_no_textual_form_in_the_client() {
    let key = Some(Secret::new(KEY).unwrap());
    let client = Client::new(Api::default(), BaseUrl::parse("https://koji.so").unwrap(), key);
    assert_eq!(format!("{client:?}"), "Client(https://koji.so)");
}
