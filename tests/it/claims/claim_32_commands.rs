//! Claim 32, held to every command: whatever a vendor's API answers, it ends in
//! bounded time and memory, with an error that says what came, an exit code that
//! holds, and what mends it. (`claim_32_bad_vendors` holds the client to it.)

use crate::harness::script::{Act, Script, answer, json, text};
use crate::harness::{Home, PATIENCE, Ran};
use hookctl::hook::secret::Secret;
use hookctl::outbound::api::{Api, ApiOptions};
use hookctl::vendor::retry::Policy;
use hookctl::vendor::{BaseUrl, Client, Failure, Interview, Item as _, Paging, Study, UserJourneys, Wait};
use proptest::prelude::*;
use serde_json::{Value, json};
use std::io::{BufRead, BufReader, Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const KEY: &str = "uj_live_fake0000000000000000000000a1b2";
const JSON: [(&str, &str); 1] = [("Content-Type", "application/json")];

/// The most memory that a command may need, in KiB.
const MOST: u64 = 64 << 10;

/// Every command that reads an answer.
const COMMANDS: [&[&str]; 11] = [
    &["whoami", "--check"],
    &["studies", "list"],
    &["studies", "show", "s"],
    &["capacity", "s", "--no-cache"],
    &["link", "s", "--reference-id", "u"],
    &["interviews", "list", "--study", "s"],
    &["interviews", "show", "i"],
    &["interviews", "export", "--study", "s"],
    &["interviews", "reconcile", "--study", "s"],
    &["register", "--show"],
    &["api", "GET", "/studies", "--paginate"],
];

/// Runs a command at a vendor; gives how it ended and the most memory it was seen with, in KiB.
fn run(args: &[&str], base: &str) -> (Ran, u64) {
    let home = Home::default();
    let mut command = home.command(args);
    command.env("USERJOURNEYS_API_KEY", KEY).env("USERJOURNEYS_BASE_URL", base).arg("--no-input");
    let mut child = command.spawn().unwrap();
    let (mut stdout, mut stderr) = (child.stdout.take().unwrap(), child.stderr.take().unwrap());
    let read = |stream: &mut dyn Read| {
        let mut all = Vec::new();
        stream.read_to_end(&mut all).unwrap();
        all
    };
    let out = std::thread::spawn(move || read(&mut stdout));
    let err = std::thread::spawn(move || read(&mut stderr));
    let (begun, mut peak) = (Instant::now(), 0);
    let status = loop {
        let seen = std::fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let line = seen.lines().find_map(|line| line.strip_prefix("VmHWM:"));
        let found = line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<u64>().ok());
        peak = peak.max(found.unwrap_or(0));
        if let Some(status) = child.try_wait().unwrap() {
            break status;
        }
        assert!(begun.elapsed() < PATIENCE, "{args:?} does not end");
        std::thread::sleep(Duration::from_millis(1));
    };
    (Ran { status, stdout: out.join().unwrap(), stderr: err.join().unwrap() }, peak)
}

/// An error has three lines: what happened, why, and after the arrow what mends it.
#[track_caller]
fn assert_told(ran: &Ran, name: &str, code: i32, why: &str) {
    let said = ran.err();
    assert_eq!(ran.code(), code, "{name}: {}", ran.block());
    assert!(said.contains(why), "{name}: `{why}` is not said: {said}");
    assert!(said.contains("127.0.0.1"), "{name}: the vendor's address is not said: {said}");
    assert!(!said.contains(KEY) && !said.contains("panicked"), "{name}: {said}");
    assert!(said.len() < 2_000, "{name}: an error is a few lines: {}", said.len());
}

fn bytes(act: &str) -> Act {
    Act::Answer(act.as_bytes().to_vec())
}

/// What a vendor answers, the exit code, and what is said.
fn answers() -> Vec<(&'static str, Vec<Act>, i32, &'static str)> {
    let once = |act| vec![act];
    let four = |act: &dyn Fn() -> Act| (0..4).map(|_| act()).collect::<Vec<_>>();
    let html = "<!DOCTYPE html><html><body>Sign in</body></html>";
    let gzip = [("Content-Type", "application/json"), ("Content-Encoding", "gzip")];
    let endless = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n[".to_vec();
    let too_long = "HTTP/1.1 200 OK\r\nContent-Length: 4194305\r\n\r\n{";
    let many = (0..5_000).map(|n| format!("X-{n}: {n}\r\n")).collect::<String>();
    let mut table = vec![
        ("an HTML page", once(answer(200, &[("Content-Type", "text/html")], html)), 5, "an HTML page"),
        ("a login page", once(answer(401, &[("Content-Type", "text/html")], html)), 4, "401"),
        ("cut JSON", once(answer(200, &JSON, "{\"data\":[{\"id\":\"a")), 5, "stops in the middle"),
        ("an endless body", once(Act::Endless(endless, vec![b' '; 64 << 10])), 5, "over 4194304 bytes"),
        ("a body that says it is too long", once(bytes(too_long)), 5, "over 4194304 bytes"),
        ("a gzip bomb", once(answer(200, &gzip, "\u{1f}\u{8b}")), 5, "compressed as `gzip`"),
        ("deep JSON", once(answer(200, &JSON, &"[".repeat(1 << 20))), 5, "JSON"),
        (
            "JSON of structure alone",
            once(answer(200, &JSON, &format!("[{}0]", "0,".repeat(1 << 20)))),
            5,
            "values",
        ),
        ("204", once(bytes("HTTP/1.1 204 No Content\r\n\r\n")), 5, "nothing where JSON was expected"),
        ("nothing", once(answer(200, &JSON, "")), 5, "nothing where JSON was expected"),
        ("null", once(json(200, "null")), 5, "JSON that is not"),
        ("a number", once(json(200, "1e400")), 5, "JSON"),
        ("another shape", once(json(200, "{\"data\":{\"id\":1}}")), 5, "JSON that is not"),
        ("ids that are none", once(json(200, "{\"data\":[{\"id\":{}}]}")), 5, "JSON that is not"),
        ("a redirect", once(answer(302, &[("Location", "/login")], "")), 5, "302"),
        ("a status of nobody", once(answer(799, &[], "")), 5, "799"),
        ("429 for an hour", once(answer(429, &[("Retry-After", "3600")], "{}")), 4, "429"),
        ("501", once(json(501, "{}")), 5, "501"),
        ("503 for a day", once(answer(503, &[("Retry-After", "86400")], "{}")), 5, "503"),
        ("500 again and again", four(&|| json(500, "{\"error\":\"down\"}")), 5, "500"),
        ("a closed connection", four(&|| Act::Drop), 5, "after 4 tries"),
        ("another protocol", four(&|| bytes("SSH-2.0-OpenSSH_9.6\r\n")), 5, "after 4 tries"),
        (
            "a body that is cut",
            four(&|| bytes("HTTP/1.1 200 OK\r\nContent-Length: 9\r\n\r\n{")),
            5,
            "after 4 tries",
        ),
        (
            "a head without an end",
            four(&|| bytes(&format!("HTTP/1.1 200 OK\r\nX: {}", "a".repeat(1 << 20)))),
            5,
            "after 4 tries",
        ),
        (
            "thousands of fields",
            four(&|| bytes(&format!("HTTP/1.1 200 OK\r\n{many}\r\n"))),
            5,
            "after 4 tries",
        ),
        (
            "two lengths",
            four(&|| bytes("HTTP/1.1 200 OK\r\nContent-Length: 1\r\nContent-Length: 2\r\n\r\n{}")),
            5,
            "after 4 tries",
        ),
    ];
    for status in [400, 402, 403, 404, 409, 410, 413, 418, 422, 451] {
        table.push((
            "a refusal",
            once(answer(status, &[("X-Request-Id", "req_7")], "{}")),
            4,
            "(request id req_7)",
        ));
    }
    table
}

#[test]
fn every_bad_answer_ends_in_an_error_that_says_it() {
    let table = answers();
    assert!(table.len() >= 36);
    for (name, acts, code, why) in table {
        let count = acts.len();
        let vendor = Script::new(acts);
        let (begun, (ran, peak)) = (Instant::now(), run(&["studies", "list"], &vendor.base()));
        assert_told(&ran, name, code, why);
        assert_eq!(vendor.requests().len(), count, "{name}: as often as it may be asked");
        assert!(begun.elapsed() < Duration::from_secs(35), "{name}: {:?}", begun.elapsed());
        assert!(peak < MOST, "{name}: {peak} KiB");
        assert!(vendor.sent() < 64 << 20, "{name}: {} bytes were taken", vendor.sent());
        assert!(ran.stdout.is_empty(), "{name}: {}", ran.out());
    }
}

#[test]
fn a_good_answer_is_no_error_and_a_naive_reader_needs_all_the_memory() {
    // The controls: the table's own machinery, and that endless answers would be read.
    let vendor = Script::new([json(200, "{\"data\":[{\"id\":\"s\",\"name\":\"n\"}]}")]);
    let (ran, peak) = run(&["studies", "list"], &vendor.base());
    ran.expect(0);
    assert!(peak > 1_000, "the memory was not seen: {peak} KiB");
    let vendor = Script::new([Act::Endless(b"HTTP/1.1 200 OK\r\n\r\n".to_vec(), vec![b' '; 64 << 10])]);
    let mut naive = TcpStream::connect(vendor.address).unwrap();
    naive.write_all(b"GET / HTTP/1.1\r\n\r\n").unwrap();
    assert_eq!(std::io::copy(&mut naive.take(80 << 20), &mut std::io::sink()).unwrap(), 80 << 20);
}

#[test]
fn every_command_says_what_came_and_what_mends_it() {
    let html = "<html>Sign in</html>";
    for args in COMMANDS {
        for (act, code, why, remedy) in [
            (answer(200, &[("Content-Type", "text/html")], html), 5, "an HTML page", "--base-url"),
            (answer(200, &JSON, "{\"data\":[{"), 5, "stops in the middle", "--base-url"),
            (json(401, "{\"error\":\"Invalid API key\"}"), 4, "Invalid API key", "hookctl login"),
            (answer(429, &[("Retry-After", "3600")], "{}"), 4, "429", "try again in 3600 s"),
            (json(501, "{}"), 5, "501", "try again later"),
        ] {
            let vendor = Script::new([act]);
            let (ran, _) = run(args, &vendor.base());
            assert_told(&ran, &format!("{args:?}"), code, why);
            assert!(ran.err().contains(remedy), "{args:?}: no `{remedy}`: {}", ran.err());
        }
    }
}

#[test]
fn a_list_that_goes_in_a_circle_and_one_without_an_end_are_left() {
    let page = "{\"data\":[{\"id\":\"a\",\"study_id\":\"s\"}],\"has_more\":true}";
    for (args, why) in [
        (&["studies", "list"][..], "a list that does not come to its end"),
        (&["api", "GET", "/studies", "--paginate"], "says that there is more and gives nothing new"),
    ] {
        let vendor = Script::new((0..100).map(|_| json(200, page)));
        let (ran, _) = run(args, &vendor.base());
        assert!(ran.code() == 5 && ran.err().contains(why), "{args:?}: {}", ran.block());
        assert!(vendor.left() > 90, "{args:?} asked {} times", 100 - vendor.left());
    }
}

/// A vendor that takes connections, and does with each what it is told.
fn raw(act: impl Fn(TcpStream) + Send + Clone + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let (stream, act) = (stream.unwrap(), act.clone());
            std::thread::spawn(move || act(stream));
        }
    });
    address
}

/// Reads the head of a request.
fn read_head(stream: &TcpStream) {
    let lines = BufReader::new(stream.try_clone().unwrap()).lines();
    lines.map_while(Result::ok).take_while(|line| !line.is_empty()).for_each(drop);
}

#[test]
fn a_reset_a_half_closed_connection_and_an_answer_before_the_question() {
    // What lies unread when a connection is closed makes it a reset.
    let reset = raw(|stream| {
        let mut one = [0];
        drop((&stream).read(&mut one));
    });
    let half_closed = raw(|stream| {
        read_head(&stream);
        stream.shutdown(std::net::Shutdown::Write).unwrap();
        std::thread::sleep(PATIENCE);
    });
    for address in [reset, half_closed] {
        let (begun, (ran, _)) = (Instant::now(), run(&["studies", "list"], &format!("http://{address}")));
        assert_told(&ran, "a broken connection", 5, "after 4 tries");
        assert!(begun.elapsed() < Duration::from_secs(20));
    }
    let early = raw(|mut stream| {
        drop(stream.write_all(text(403, &JSON, "{\"error\":\"early\"}").as_bytes()));
        read_head(&stream);
    });
    let (ran, _) = run(&["studies", "list"], &format!("http://{early}"));
    assert!([4, 5].contains(&ran.code()), "{}", ran.block());
}

/// A client whose limits are as many times shorter as the policy is faster.
fn hurried(base: &str, timeout: u64) -> Client {
    let of = Duration::from_millis;
    let options = ApiOptions { idle_timeout: of(timeout / 2), timeout: of(timeout), ..ApiOptions::default() };
    let policy = Policy { speed: 1_000.0, ..Policy::default() };
    let key = Some(Secret::new(KEY).unwrap());
    Client::new(Api::new(options), BaseUrl::parse(base).unwrap(), key).with_policy(policy)
}

/// Sends `before`, then byte for byte of `again` until nobody listens.
fn trickle(before: &'static [u8], again: &'static [u8]) -> SocketAddr {
    raw(move |mut stream| {
        read_head(&stream);
        let mut open = stream.write_all(before).is_ok();
        while open {
            for byte in again {
                open &= stream.write_all(&[*byte]).is_ok();
                std::thread::sleep(Duration::from_millis(10));
            }
        }
    })
}

#[tokio::test(flavor = "multi_thread")]
async fn a_vendor_that_trickles_is_left_when_the_time_is_over() {
    let head: &[u8] = b"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\n\r\n";
    for (name, address) in [
        ("a byte at a time", trickle(head, b"[")),
        ("a head of many fields", trickle(b"HTTP/1.1 200 OK\r\n", b"X: a\r\n")),
        ("promises alone", trickle(b"", b"HTTP/1.1 100 Continue\r\n\r\n")),
        ("chunks of one", trickle(b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n", b"1\r\n \r\n")),
    ] {
        let begun = Instant::now();
        let vendor = UserJourneys::new(hurried(&format!("http://{address}"), 400));
        let error = vendor.webhook().await.unwrap_err();
        assert_eq!(error.kind(), Failure::Timeout, "{name}: {error}");
        assert!(begun.elapsed() < Duration::from_secs(20), "{name}: {:?}", begun.elapsed());
        assert!(error.remedy().is_some(), "{name}");
        // The control: nobody else stops it.
        let naive = reqwest::Client::builder().no_proxy().build().unwrap();
        let read = async { naive.get(format!("http://{address}")).send().await?.bytes().await };
        assert!(tokio::time::timeout(Duration::from_millis(600), read).await.is_err(), "{name}");
    }
}

#[tokio::test]
async fn a_storm_of_429_is_asked_four_times_and_never_waited_for_over_a_minute() {
    for (retry_after, tries) in [
        (Some("0"), 4),
        (Some("1"), 4),
        (Some("60"), 4),
        (Some("61"), 1),
        (Some("1000000000"), 1),
        (Some("99999999999999999999999999"), 1),
        (Some("-1"), 4),
        (Some("1e9"), 4),
        (Some("abc"), 4),
        (Some(""), 4),
        (Some("Thu, 01 Jan 1970 00:00:00 GMT"), 4),
        (Some("Fri, 31 Dec 2100 23:59:59 GMT"), 1),
        (None, 4),
    ] {
        let fields: Vec<(&str, &str)> = retry_after.map(|value| ("Retry-After", value)).into_iter().collect();
        let storm = Script::new((0..20).map(|_| answer(429, &fields, "{\"message\":\"Slow down.\"}")));
        let waits = Arc::new(Mutex::new(Vec::<Wait>::new()));
        let heard = Arc::clone(&waits);
        let client =
            hurried(&storm.base(), 20_000).on_wait(move |wait| heard.lock().unwrap().push(wait.clone()));
        let error = UserJourneys::new(client).studies(&Paging::default()).await.unwrap_err();
        assert_eq!(error.kind(), Failure::RateLimited, "{retry_after:?}: {error}");
        assert_eq!(storm.requests().len(), tries, "{retry_after:?}");
        assert!(error.to_string().contains("Slow down."), "{error}");
        assert!(error.remedy().unwrap().contains("try again in"), "{error}");
        let waits = waits.lock().unwrap();
        assert!(waits.iter().all(|wait| wait.duration <= Duration::from_secs(61)), "{waits:?}");
        assert_eq!(waits.len(), tries - 1, "each wait is told");
    }
}

#[test]
fn the_limits_are_those_of_the_claim() {
    let ApiOptions { connect_timeout, idle_timeout, timeout, max_answer } = ApiOptions::default();
    let seconds = [connect_timeout, idle_timeout, timeout].map(|limit| limit.as_secs());
    assert_eq!((seconds, max_answer), ([5, 15, 30], 4 << 20));
    let policy = Policy::default();
    assert_eq!((policy.tries, policy.longest.as_secs()), (4, 60));
}

/// Any JSON, with the members that are read at many places.
fn any_json() -> impl Strategy<Value = Value> {
    let names = prop_oneof![
        "[a-z_]{0,6}",
        proptest::sample::select(vec![
            "id",
            "data",
            "name",
            "status",
            "limits",
            "weekly",
            "limit",
            "used",
            "transcript",
            "answers",
            "questions",
            "role",
            "content",
            "text",
            "type",
            "value",
            "quality_score",
            "duration_secs",
            "interview_link",
        ])
        .prop_map(str::to_owned),
    ];
    let leaf = prop_oneof![
        Just(Value::Null),
        any::<bool>().prop_map(Value::from),
        any::<i64>().prop_map(Value::from),
        any::<f64>().prop_map(Value::from),
        Just(json!(1e300)),
        any::<String>().prop_map(Value::from),
        Just(json!("scale")),
    ];
    leaf.prop_recursive(5, 60, 8, move |inner| {
        prop_oneof![
            proptest::collection::vec(inner.clone(), 0..6).prop_map(Value::from),
            proptest::collection::vec((names.clone(), inner), 0..8)
                .prop_map(|members| Value::Object(members.into_iter().collect())),
        ]
    })
}

proptest! {
    #[test]
    fn no_json_makes_a_reader_panic_and_all_of_it_is_kept(mut given in any_json()) {
        if let Some(members) = given.as_object_mut() {
            members.insert("id".to_owned(), json!("i1"));
        }
        if let Some(study) = Study::read(given.clone()) {
            prop_assert_eq!(&study.raw, &given);
        }
        if let Some(interview) = Interview::read(given.clone()) {
            let _ = (interview.answers().len(), interview.transcript());
            prop_assert_eq!(&interview.raw, &given);
        }
    }
}
