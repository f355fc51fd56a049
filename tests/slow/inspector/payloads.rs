//! Claim 28: of two hundred and more payloads, in every field that somebody else
//! writes, none runs in the inspector; and in a page that takes less care they do.

#[path = "payloads/control.rs"]
mod control;
#[path = "payloads/elsewhere.rs"]
mod elsewhere;
#[path = "payloads/send.rs"]
mod send;
#[path = "payloads/table.rs"]
mod table;

use crate::devtools::Browser;
use crate::harness::inspector::Inspector;
use send::{Senders, WAYS, Way};
use serde_json::{Value, json};
use std::collections::{BTreeMap, BTreeSet};
use std::time::{Duration, Instant};
use table::Payload;

const WATCH: &str = include_str!("payloads/watch.js");
const VISIT: &str = include_str!("payloads/visit.js");
/// The page waits for nobody's typing to rest.
const HURRY: &str = "{ const wait = setTimeout;
    globalThis.setTimeout = (act, ms, ...given) => wait(act, ms <= 500 ? Math.min(ms, 5) : ms, ...given); }";
/// What does not run by then on a naive page does not run there at all; few wait for it.
const LONG_ENOUGH: Duration = Duration::from_secs(5);
const LANGUAGES: [&str; 4] = ["curl", "HTTPie", "fetch", "Python"];
/// The filters that a person writes, and those of the address.
const FILTERS: [&str; 8] = ["text", "type", "provider", "verdict", "status", "since", "until", "filter"];

#[test]
fn there_are_two_hundred_payloads_and_no_two_are_the_same() {
    let all = table::all();
    let distinct: BTreeSet<Vec<u8>> = all.iter().map(|payload| payload.bytes("127.0.0.1:1")).collect();
    assert!(distinct.len() >= 200 && distinct.len() == all.len(), "{} of {}", distinct.len(), all.len());
    // Also without the number that each of them has.
    let lines: BTreeSet<Vec<u8>> = all.iter().map(|payload| payload.as_number(1).bytes("")).collect();
    assert!(lines.len() >= 200, "{}", lines.len());
}

/// What was looked at, summed up.
#[derive(Default)]
struct Seen {
    steps: u64,
    shown: u64,
    /// What did not belong there, and where it was seen first.
    oddities: BTreeMap<String, String>,
}

impl Seen {
    fn add(&mut self, whose: &str, seen: &Value) {
        self.steps += seen["steps"].as_u64().unwrap();
        self.shown += seen["shown"].as_u64().unwrap();
        for oddity in seen["oddities"].as_array().unwrap() {
            self.oddities.entry(oddity.as_str().unwrap().to_owned()).or_insert_with(|| whose.to_owned());
        }
    }
}

/// The inspector, a browser before it, and what is behind it.
struct Scene {
    senders: Senders,
    browser: Browser,
    url: String,
    seen: Seen,
}

impl Scene {
    fn at(&self, rest: &str) -> String {
        format!("{}{rest}", self.url.split_once("/#").unwrap().0)
    }

    fn open(&mut self, url: &str) {
        self.browser.open(url);
        self.browser.look(VISIT);
    }

    fn visit(&mut self, whose: &str, call: &str) {
        let caught = "error => ({failed: String(error)})";
        let seen = self.browser.look(&format!("visiting.{call}.catch({caught})"));
        if let Some(failed) = seen["failed"].as_str() {
            self.browser.screenshot("payloads");
            // Asked beside the browser: whose fault it is that something does not come.
            let beside = Inspector::at(&self.url).ask("GET", "/api/session", None).status;
            panic!("{whose}: {failed}; the API answers {beside}; {:?}", self.browser.told());
        }
        self.seen.add(whose, &seen);
    }

    /// Goes through all deliveries, the newest first, as they stand in the list.
    fn every_delivery(&mut self) {
        let count = self.senders.payloads.len();
        for seq in (1..=count * WAYS.len()).rev() {
            let (way, payload) = (WAYS[(seq - 1) / count], self.senders.payloads[(seq - 1) % count]);
            self.browser.press("j");
            if seq == count * WAYS.len() {
                self.browser.press("Enter");
            }
            let language = json!(LANGUAGES[payload.number / 2 % LANGUAGES.len()]);
            let named = if way == Way::Koji { language } else { Value::Null };
            self.visit(&format!("{way:?} {}", payload.number), &format!("delivery({seq}, {named})"));
        }
        self.browser.press("Escape");
    }

    /// Puts each payload into the filters: by the way back, and by the address itself.
    fn every_filter(&mut self) {
        let own = self.senders.canary.address.to_string();
        for payload in self.senders.payloads.clone() {
            let text = json!(payload.text(&own));
            let name = FILTERS[payload.number % FILTERS.len()];
            self.visit(&format!("filter {}", payload.number), &format!("filter('{name}', {text})"));
            if payload.context == "address" {
                self.browser.open("about:blank");
                let url = self.at(&format!("/{}", payload.text(&own)));
                self.open(&url);
                self.visit(&format!("address {}", payload.number), "now('address')");
            }
        }
    }
}

#[test]
fn two_hundred_payloads_in_every_field_and_none_of_them_runs() {
    if Browser::missing() {
        return;
    }
    let begun = Instant::now();
    let senders = Senders::new(table::all());
    let newest = senders.payloads.len() * WAYS.len();
    // The vendor's API is asked by one listener, and the journal is the same for both.
    let first = senders.listen("userjourneys", &["--enrich", "--no-inspect"]);
    senders.send(&first, Way::Interview);
    first.stop();
    let listening = senders.listen("koji", &["--inspect", "127.0.0.1:0"]);
    senders.send(&listening, Way::Koji);
    let url = listening.ready["inspector"].as_str().unwrap().to_owned();
    let mut browser = Browser::hurried();
    browser.watch(&format!("{WATCH}{HURRY}"));
    let mut scene = Scene { senders, browser, url: url.clone(), seen: Seen::default() };
    marked(&scene, &Inspector::at(&url));
    scene.open(&url);
    scene.browser.wait_for_text(".state", "live");
    // What comes while the page is open goes through its stream.
    scene.senders.send(&listening, Way::Raw);
    scene.senders.send(&listening, Way::Form);
    scene.browser.wait_for_text(".row .c-seq", &format!("#{newest}"));
    println!("sent {newest} deliveries in {:?}", begun.elapsed());
    scene.visit("list", "now('list')");
    scene.every_delivery();
    println!("looked at all of them after {:?}", begun.elapsed());
    scene.visit("overview", "overview(30)");
    scene.every_filter();
    println!("{} looks, {} of them at a payload, {:?}", scene.seen.steps, scene.seen.shown, begun.elapsed());
    downloads_are_files(&scene, &Inspector::at(&url));
    judged(&mut scene);
    what_runs_would_have_been_seen(&mut scene.browser);
}

/// A person's notes are payloads, too: of those deliveries that are Koji's.
fn marked(scene: &Scene, inspector: &Inspector) {
    let (count, own) = (scene.senders.payloads.len(), scene.senders.canary.address.to_string());
    for payload in &scene.senders.payloads {
        let mark: String = payload.text(&own).chars().take(200).collect();
        let path = format!("/api/deliveries/{}/mark", count + payload.number);
        inspector.post(&path, &json!({"mark": mark}));
    }
}

/// What the browser would open as a page is given to it as a file alone.
fn downloads_are_files(scene: &Scene, inspector: &Inspector) {
    for seq in 1..=scene.senders.payloads.len() * WAYS.len() {
        for what in ["body", "raw"] {
            let answer = inspector.ask("GET", &format!("/api/deliveries/{seq}/{what}"), None);
            let head = answer.head.to_ascii_lowercase();
            let ending = if what == "raw" { "http" } else { "body" };
            for field in [
                "content-type: application/octet-stream\r\n".to_owned(),
                format!("content-disposition: attachment; filename=\"delivery-{seq}.{ending}\"\r\n"),
                "x-content-type-options: nosniff\r\n".to_owned(),
                "content-security-policy: default-src 'none'; ".to_owned(),
            ] {
                assert!(head.contains(&field), "{seq} {what}: no `{field}` in {head}");
            }
        }
    }
}

fn judged(scene: &mut Scene) {
    assert_eq!(scene.browser.told(), [""; 0], "what ran, was refused, or broke");
    let oddities = &scene.seen.oddities;
    assert!(
        oddities.is_empty(),
        "{} oddities: {:#?}",
        oddities.len(),
        oddities.iter().take(40).collect::<Vec<_>>()
    );
    assert_eq!(scene.senders.canary.asked(), [""; 0], "somebody was called");
    let own = scene.at("/");
    let asked = scene.browser.of("Network.requestWillBeSent");
    let urls: BTreeSet<&str> =
        asked.map(|event| event["params"]["request"]["url"].as_str().unwrap()).collect();
    let foreign: Vec<&&str> =
        urls.iter().filter(|url| !url.starts_with(&own) && !["about:blank"].contains(url)).collect();
    assert!(urls.len() > 1_000 && foreign.is_empty(), "{foreign:?}");
    for event in scene.browser.of("Log.entryAdded") {
        let entry = &event["params"]["entry"];
        // A filter that cannot be read and a request that a tool cannot send are refused, and the browser says so.
        let text = entry["text"].as_str().unwrap();
        let refused = entry["source"] == "network" && (text.contains("400") || text.contains("422"));
        assert!(refused && entry["url"].as_str().unwrap().starts_with(&own), "{entry}");
    }
    assert_eq!(scene.browser.of("Runtime.exceptionThrown").next(), None);
    // Most looks had a payload before them, or they were worth nothing.
    assert!(
        scene.seen.steps > 5_000 && scene.seen.shown * 10 > scene.seen.steps * 9,
        "{} of {}",
        scene.seen.shown,
        scene.seen.steps
    );
}

/// The control: in this very page, what runs is heard, what is refused is told, and what is made is found.
fn what_runs_would_have_been_seen(browser: &mut Browser) {
    browser.look("canary(0)");
    browser.look("try { document.body.innerHTML = '<b>' } catch (error) { error.message }");
    browser.look("document.querySelector('#app').append(document.createElement('img'))");
    let seen = browser.look("visiting.now('control')");
    assert_eq!(seen["oddities"], json!(["control: <img>"]));
    let told = browser.told();
    assert_eq!((told.len(), told[0].as_str()), (2, "ran 0"), "{told:?}");
    assert!(told[1].starts_with("violation require-trusted-types-for "), "{told:?}");
}

#[test]
fn the_same_payloads_do_run_in_a_page_that_makes_html_of_them() {
    if Browser::missing() {
        return;
    }
    let payloads = table::all();
    let server = elsewhere::listener(payloads.clone());
    let mut browser = Browser::with_scripts();
    browser.watch(WATCH);
    let mut ran: BTreeMap<&str, (usize, Vec<&Payload>)> = BTreeMap::new();
    for payload in &payloads {
        let kind = ran.entry(payload.kind).or_default();
        if runs(&mut browser, &server, payload) {
            kind.0 += 1;
        } else {
            kind.1.push(payload);
        }
    }
    let total: usize = ran.values().map(|(count, _)| count).sum();
    println!("{total} of {} run in a page that makes HTML of them", payloads.len());
    for (kind, (count, inert)) in &ran {
        let inert: Vec<String> = inert.iter().map(|one| one.text("listener")).collect();
        println!("{kind}: {count} run{}{inert:?}", if inert.is_empty() { " " } else { ", inert today: " });
        assert!(*count > 0, "no payload runs that is {kind}");
    }
    // The few that browsers once ran are kept, for those that do again.
    assert!(total >= 200 && payloads.len() - total <= payloads.len() / 20, "{total} of {}", payloads.len());
}

/// Whether a payload runs on the naive page.
fn runs(browser: &mut Browser, server: &elsewhere::Server, payload: &Payload) -> bool {
    let own = server.address.to_string();
    let rest = if payload.context == "address" { payload.text(&own) } else { String::new() };
    browser.open(&format!("http://{own}/control/{}{rest}", payload.number));
    // Some payloads lead the page away, and the sooner the better.
    browser.poke("setTimeout(() => globalThis.poke?.())");
    let told = format!("ran {}", payload.number);
    let end = Instant::now() + LONG_ENOUGH;
    while Instant::now() < end {
        browser.hear();
        if browser.told().contains(&told) || server.called().contains(&payload.number) {
            return true;
        }
        std::thread::sleep(Duration::from_millis(10));
    }
    false
}
