//! The sandbox's pages byte by byte: what they refuse to carry, whom they refuse
//! to serve, and what a form leads to. A real browser uses them in `tests/slow`.

use crate::harness::target::Application;
use crate::harness::{Home, Listening, Ran, raw_exchange, request, status_of};
use serde_json::Value;
use std::net::SocketAddr;

const HOSTILE: &str = "<script>alert(1)</script>\"'>&{study}\u{1b}[2J";

fn sandbox(home: &Home, args: &[&str]) -> Listening {
    let mut command = home.command(["sandbox", "--port", "0", "--json", "--speed", "0.001x"]);
    command.args(args);
    Listening::start(command)
}

/// An answer: status, the whole head, body.
struct Page {
    status: u16,
    head: String,
    body: String,
}

impl Page {
    fn location(&self) -> &str {
        let line = self.head.lines().find_map(|line| line.strip_prefix("location: "));
        line.unwrap_or_else(|| panic!("no location: {} {}", self.head, self.body))
    }
}

fn send(address: SocketAddr, method: &str, path: &str, headers: &[(&str, &str)], body: &[u8]) -> Page {
    let host = address.to_string();
    let head = String::from_utf8(request(method, path, headers, b"")).unwrap();
    let length = format!("Content-Length: {}\r\n", body.len());
    let head =
        head.replace("Host: localhost", &format!("Host: {host}")).replace("Content-Length: 0\r\n", &length);
    let answer = raw_exchange(address, &[head.as_bytes(), body].concat());
    let text = String::from_utf8(answer.clone()).unwrap();
    let (head, body) = text.split_once("\r\n\r\n").unwrap();
    Page { status: status_of(&answer), head: head.to_owned(), body: body.to_owned() }
}

fn get(sandbox: &Listening, path: &str) -> Page {
    send(sandbox.address, "GET", path, &[], b"")
}

fn post(sandbox: &Listening, path: &str, fields: &[(&str, &str)]) -> Page {
    let mut body = form_urlencoded::Serializer::new(String::new());
    body.extend_pairs(fields);
    let kind = [("Content-Type", "application/x-www-form-urlencoded")];
    send(sandbox.address, "POST", path, &kind, body.finish().as_bytes())
}

fn encoded(text: &str) -> String {
    form_urlencoded::byte_serialize(text.as_bytes()).collect()
}

/// Every answer to the Koji study, the open one as given.
fn answers(open: &str) -> Vec<(&str, &str)> {
    vec![
        ("q1", "4"),
        ("q2", "pricing"),
        ("q3", "exports"),
        ("q4-0", "2"),
        ("q4-1", "1"),
        ("q4-2", "3"),
        ("q5", "no"),
        ("q6", open),
    ]
}

fn register(sandbox: &Listening, application: &Application) {
    let url = format!("{}/hooks", application.url());
    let added =
        post(sandbox, "/_sandbox/pages/webhooks", &[("url", &url), ("events", "interview.completed")]);
    assert_eq!((added.status, added.location()), (303, "/#webhooks"), "{}", added.body);
}

#[test]
fn no_page_carries_markup_of_others_or_loads_anything() {
    let home = Home::default();
    let sandbox = sandbox(&home, &[]);
    let application = Application::start();
    register(&sandbox, &application);
    let query = format!("reference_id={0}&{0}={0}&email={0}", encoded(HOSTILE));
    let asking = get(&sandbox, &format!("/i/kojiTria?{query}"));
    assert!(asking.body.contains("&lt;script&gt;"), "{}", asking.body);
    let mut fields = answers(HOSTILE);
    fields.extend([("link.reference_id", HOSTILE), ("link.name", HOSTILE), ("respondent_email", HOSTILE)]);
    let wrong = post(&sandbox, "/i/kojiTria", &[("q6", HOSTILE), ("q2", HOSTILE), ("link.x", HOSTILE)]);
    assert_eq!(wrong.status, 422);
    let sent = post(&sandbox, "/i/kojiTria", &fields);
    let thanks = get(&sandbox, sent.location().split('#').next().unwrap());
    let talk = post(&sandbox, "/i/xK9mR2pQ", &[("said", HOSTILE)]);
    let talk = get(&sandbox, talk.location().split('#').next().unwrap());
    let refused = post(&sandbox, "/_sandbox/pages/webhooks", &[("url", HOSTILE), ("events", HOSTILE)]);
    assert_eq!(refused.status, 400);
    let pages = [
        asking,
        wrong,
        thanks,
        talk,
        refused,
        get(&sandbox, "/"),
        get(&sandbox, "/i/none"),
        get(&sandbox, "/_sandbox/pages/deliveries/2"),
    ];
    for page in pages {
        assert!(
            page.head.contains("content-security-policy: default-src 'none'; style-src 'self'"),
            "{}",
            page.head
        );
        let lower = page.body.to_ascii_lowercase();
        for forbidden in ["<script", "javascript:", " onclick", " style=", "\u{1b}", "src=", "https://"] {
            assert!(!lower.contains(forbidden), "{forbidden}: {}", page.body);
        }
        assert!(page.body.starts_with("<!doctype html>") && page.body.contains("<html lang=\"en\">"));
        assert_eq!(page.body.matches("<h1").count(), 1, "{}", page.body);
    }
}

#[test]
fn a_form_that_is_sent_twice_is_one_interview_and_one_webhook() {
    let home = Home::default();
    let sandbox = sandbox(&home, &[]);
    let application = Application::start();
    register(&sandbox, &application);
    let mut fields = answers("Quick.");
    fields.push(("once", "0123456789abcdef"));
    let first = post(&sandbox, "/i/kojiTria", &fields);
    let second = post(&sandbox, "/i/kojiTria", &fields);
    assert_eq!((first.status, first.location()), (303, second.location()));
    fields.pop();
    // The control: without the mark of the form they are two.
    assert_ne!(post(&sandbox, "/i/kojiTria", &fields).location(), first.location());
    let all = application.wait_for(3);
    let events: Vec<Value> = all.iter().map(|one| serde_json::from_slice(&one.body).unwrap()).collect();
    assert_ne!(events[1]["data"]["interview_id"], events[2]["data"]["interview_id"]);
    assert_eq!(all.len(), 3, "a ping and two interviews");
}

#[test]
fn other_pages_cannot_take_part_or_look_into_the_history() {
    let home = Home::default();
    let sandbox = sandbox(&home, &[]);
    let own = format!("http://{}", sandbox.address);
    for path in ["/i/kojiTria", "/i/kojiTria/finish", "/_sandbox/pages/advance", "/_sandbox/pages/webhooks"] {
        for headers in
            [[("Origin", "https://evil.test")], [("Origin", "null")], [("Sec-Fetch-Site", "cross-site")]]
        {
            assert_eq!(
                send(sandbox.address, "POST", path, &headers, b"by=30s").status,
                403,
                "{path} {headers:?}"
            );
        }
    }
    let good = [("Origin", own.as_str()), ("Sec-Fetch-Site", "same-origin")];
    assert_eq!(send(sandbox.address, "POST", "/_sandbox/pages/advance", &good, b"by=30s").status, 303);
    let rebound = b"GET / HTTP/1.1\r\nHost: evil.test\r\nConnection: close\r\n\r\n";
    assert_eq!(status_of(&raw_exchange(sandbox.address, rebound)), 403);
    // A link from an application is followed.
    let link = [("Sec-Fetch-Site", "cross-site")];
    assert_eq!(send(sandbox.address, "GET", "/i/kojiTria", &link, b"").status, 200);
}

#[test]
fn a_name_that_was_pointed_here_reads_no_page_of_a_study() {
    let home = Home::default();
    let sandbox = sandbox(&home, &[]);
    let port = sandbox.address.port();
    let place = post(&sandbox, "/i/kojiTria/finish", &[("quality", "insightful")]).location().to_owned();
    let thanks = place.split_once('#').unwrap().0;
    let ask = |path: &str, host: &str| {
        let ask = format!("GET {path} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        status_of(&raw_exchange(sandbox.address, ask.as_bytes()))
    };
    for path in ["/i/kojiTria", "/interviews/kojiTria", thanks, "/"] {
        for name in ["evil.test", "localhost.", "evil.localhost", "127.0.0.1.nip.io", "127.0.0.2", "[::1]"] {
            assert_eq!(ask(path, &format!("{name}:{port}")), 403, "{path} {name}");
        }
        assert_eq!(ask(path, "127.0.0.1"), 403, "{path} without its port");
        // The controls: its own names.
        for name in ["127.0.0.1", "localhost", "LocalHost"] {
            assert_eq!(ask(path, &format!("{name}:{port}")), 200, "{path} {name}");
        }
    }
}

#[test]
fn a_study_that_fills_up_says_that_it_is_closed() {
    let home = Home::default();
    let sandbox = sandbox(&home, &[]);
    for _ in 0..3 {
        assert_eq!(post(&sandbox, "/i/wk3Small/finish", &[("quality", "insightful")]).status, 303);
    }
    let closed = get(&sandbox, "/i/wk3Small");
    assert!(
        closed.body.contains("takes no more responses") && !closed.body.contains("<form"),
        "{}",
        closed.body
    );
    for path in ["/i/wk3Small", "/i/wk3Small/finish"] {
        assert_eq!(post(&sandbox, path, &[("said", "Hello")]).status, 409);
    }
    home.run(["sandbox", "advance", "7d"]).expect(0);
    assert!(get(&sandbox, "/i/wk3Small").body.contains("<form"));
    // An interview belongs to the link of its study.
    let talk = post(&sandbox, "/i/xK9mR2pQ", &[("said", "Hello")]);
    let id = talk.location().rsplit('/').next().unwrap().split('#').next().unwrap().to_owned();
    assert_eq!(get(&sandbox, &format!("/i/wk3Small/{id}")).status, 404);
}

fn deliveries(home: &Home, args: &[&str]) -> Ran {
    home.run(["sandbox", "deliveries"].iter().chain(args))
}

#[test]
fn the_history_is_listed_shown_and_retried_from_the_command_line() {
    let home = Home::default();
    let application = Application::start();
    let sandbox = sandbox(&home, &["--koji-events", "guide"]);
    register(&sandbox, &application);
    assert_eq!(deliveries(&home, &["list"]).expect(0).out().lines().count(), 1);
    application.answer(500);
    home.run(["sandbox", "complete", "--provider", "koji", "--reference-id", "user_1"]).expect(0);
    application.wait_for(2);
    home.run(["sandbox", "advance", "30m"]).expect(0);
    let failed = deliveries(&home, &["list", "--state", "failed", "--json"]).expect(0).records();
    assert_eq!((failed.len(), &failed[0]["status"], &failed[0]["tries"]), (1, &500.into(), &4.into()));
    let number = failed[0]["id"].to_string();
    let shown = deliveries(&home, &["show", &number, "--json"]).expect(0).records().remove(0);
    assert_eq!(shown["attempts"].as_array().unwrap().len(), 4);
    let payload: Value = serde_json::from_str(shown["payload"].as_str().unwrap()).unwrap();
    assert_eq!(payload["type"], "interview.completed");
    assert!(deliveries(&home, &["retry", &number]).expect(1).out().contains("500"));
    application.answer(200);
    let text = deliveries(&home, &["retry", &number]).expect(0).out();
    assert!(text.contains("delivered") && text.contains("manual"), "{text}");
    let unknown = deliveries(&home, &["show", "99"]).expect(2).err();
    assert!(
        unknown.contains("there is no such delivery") && unknown.contains("deliveries list"),
        "{unknown}"
    );
    assert!(deliveries(&home, &["list", "--provider", "userjourneys"]).expect(0).out().is_empty());
    // The page tells the same.
    let page = get(&sandbox, &format!("/_sandbox/pages/deliveries/{number}"));
    assert_eq!(page.body.matches("<strong>500</strong>").count(), 5, "{}", page.body);
}

#[test]
fn wrong_faults_are_refused_with_the_form_they_have() {
    let home = Home::default();
    for (args, said) in [
        (&["--drop", "10"][..], "`10` is not a share"),
        (&["--corrupt", "120%"], "`120%` is not a share"),
        (&["--delay", "5"], "has no unit"),
        (&["--retries", "4"], "4"),
        (&["--koji-events", "all"], "all"),
    ] {
        let refused = home.run(["sandbox", "--port", "0"].iter().chain(args)).expect(2).err();
        assert!(refused.contains(said), "{refused}");
    }
}

#[test]
fn faults_of_the_command_line_reach_the_receiver() {
    let home = Home::default();
    let application = Application::start();
    let sandbox = sandbox(&home, &["--koji-events", "guide", "--duplicate", "--corrupt=0%"]);
    register(&sandbox, &application);
    home.run(["sandbox", "complete", "--provider", "koji"]).expect(0);
    let received = application.wait_for(3);
    assert_eq!(received[1], received[2]);
    drop(sandbox);
}
