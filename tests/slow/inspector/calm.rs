//! The page stays quick while much happens, and people with other senses can use it.

use super::{SECRET, Stage, payload};
use crate::devtools::Browser;
use crate::harness::hmac_sha256_hex;
use crate::programs;
use serde_json::Value;
use std::io::{Read as _, Write as _};
use std::net::{SocketAddr, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// The longest that the page may be busy with one thing, in milliseconds.
const LONGEST: f64 = 100.0;

/// A sender on one connection that keeps to a rate, until told to stop; counts what was answered.
fn send_steadily(
    to: SocketAddr,
    rate: u32,
    stop: &Arc<AtomicBool>,
) -> (Arc<AtomicU64>, std::thread::JoinHandle<()>) {
    let (stop, count) = (Arc::clone(stop), Arc::new(AtomicU64::new(0)));
    let counted = Arc::clone(&count);
    let sender = std::thread::spawn(move || {
        let mut stream = TcpStream::connect(to).unwrap();
        stream.set_nodelay(true).unwrap();
        let (start, mut sent) = (Instant::now(), 0_u32);
        let mut answer = [0_u8; 4_096];
        while !stop.load(Ordering::Relaxed) {
            let body = payload(sent as usize).to_string();
            let signature = hmac_sha256_hex(SECRET, body.as_bytes());
            let head = format!(
                "POST /steady HTTP/1.1\r\nHost: localhost\r\nContent-Type: application/json\r\n\
                 X-Koji-Signature: sha256={signature}\r\nContent-Length: {}\r\n\r\n",
                body.len()
            );
            stream.write_all([head.as_bytes(), body.as_bytes()].concat().as_slice()).unwrap();
            assert!(stream.read(&mut answer).unwrap() > 0);
            sent += 1;
            counted.store(sent.into(), Ordering::Relaxed);
            let due = Duration::from_secs(1) * sent / rate;
            std::thread::sleep(due.saturating_sub(start.elapsed()));
        }
    });
    (count, sender)
}

#[test]
fn no_task_takes_over_100_ms_while_500_deliveries_a_second_arrive() {
    if Browser::missing() {
        return;
    }
    let mut stage = Stage::without_target();
    stage.browser.open(&stage.url);
    stage.browser.wait_for_text(".state", "live");
    let stop = Arc::new(AtomicBool::new(false));
    // What one connection waits for the disk, several share.
    let senders: Vec<_> = (0..10).map(|_| send_steadily(stage.listening.address, 50, &stop)).collect();
    let total = || senders.iter().map(|(count, _)| count.load(Ordering::Relaxed)).sum::<u64>();
    stage.browser.wait_for("document.querySelectorAll('.row').length > 10");

    let (from, start) = (total(), Instant::now());
    let tasks = stage.browser.tasks_during(|browser| {
        browser.look("new Promise(done => setTimeout(done, 3000))");
        browser.press("j");
        browser.press("Enter");
        browser.wait_for_text(".summary h2", "#");
        for _ in 0..40 {
            browser.wheel(".rows", 600);
            browser.look("new Promise(done => setTimeout(done, 25))");
        }
        browser.look("new Promise(done => setTimeout(done, 2000))");
        browser.press("o");
        browser.look("new Promise(done => setTimeout(done, 1500))");
    });
    let rate = (total() - from) as f64 / start.elapsed().as_secs_f64();
    stop.store(true, Ordering::Relaxed);
    let sent: u64 = senders
        .into_iter()
        .map(|(count, sender)| sender.join().map(|()| count.load(Ordering::Relaxed)).unwrap())
        .sum();
    println!("{rate:.0} deliveries a second; the longest tasks: {:.1?} ms", &tasks[..5.min(tasks.len())]);
    assert!(tasks.len() > 100, "the trace has the page's tasks");
    assert!(rate > 400.0, "it did not come to 500 a second: {rate}");
    assert!(tasks[0] < LONGEST, "{:.1?}", &tasks[..10]);

    // All of them can be scrolled through: older ones are read while one scrolls.
    stage.browser.press("Escape");
    stage.browser.press("Escape");
    stage.browser.reload();
    let tasks = stage.browser.tasks_during(|browser| {
        browser.wait_for(
            "(() => { const rows = document.querySelector('.rows'); rows.scrollTop = rows.scrollHeight;
               return [...document.querySelectorAll('.row .c-seq')].some(one => one.textContent === '#1'); })()",
        );
    });
    let drawn = stage.browser.look("document.querySelectorAll('.row').length").as_u64().unwrap();
    println!("scrolled through {}; the longest tasks: {:.1?} ms", sent, &tasks[..3]);
    assert!(drawn < 100, "only what is in sight is drawn: {drawn}");
    assert!(tasks[0] < LONGEST, "{:.1?}", &tasks[..10]);

    // The control: the same measure does see a page that is busy.
    let tasks = stage.browser.tasks_during(|browser| {
        browser.look("setTimeout(() => { let sum = 0; for (let at = 0; at < 1e9; at += 1) sum ^= at; window.sum = sum; })");
        browser.wait_for("window.sum !== undefined");
        browser.look("new Promise(done => setTimeout(done, 100))");
    });
    assert!(tasks[0] > LONGEST, "{:.1?}", &tasks[..3.min(tasks.len())]);
}

/// What axe-core finds on the page as it is: `impact id: element`, without what is only advice.
fn found_by_axe(browser: &mut Browser) -> Vec<String> {
    let found = browser.look(
        "axe.run(document, {resultTypes: ['violations']}).then(({violations}) => violations
           .filter(({impact}) => impact === 'serious' || impact === 'critical')
           .flatMap(({impact, id, nodes}) => nodes.map(node => `${impact} ${id}: ${node.html.slice(0, 200)}`)))",
    );
    found.as_array().unwrap().iter().map(|one: &Value| one.as_str().unwrap().to_owned()).collect()
}

#[test]
fn axe_finds_nothing_serious_in_any_view() {
    if Browser::missing() {
        return;
    }
    let axe = std::fs::read_to_string(programs::packages::axe()).unwrap();
    let mut stage = Stage::start();
    // axe is no part of the page: the page's policy would not let it in.
    stage.browser.call("Page.setBypassCSP", serde_json::json!({"enabled": true}));
    let token = stage.url.split_once('#').unwrap().1.to_owned();
    for number in 0..20 {
        stage.send(&payload(number));
    }
    stage.send_signed(&payload(20), "another-secret-for-tests");
    let views: [(&str, &[&str]); 14] = [
        ("/?", &[]),
        ("/?verdict=failed&type=none", &["Filters"]),
        ("/?status=abc", &[]),
        ("/?view=overview", &[]),
        ("/?open=1", &[]),
        ("/?open=1", &["Side by side"]),
        ("/?open=1", &["Headers"]),
        ("/?open=21", &["Signature"]),
        ("/?open=1", &["Attempts"]),
        ("/?open=2&compare=6", &[]),
        ("/?open=1", &["Replay"]),
        ("/?open=1", &["Edit", "Headers", "Review"]),
        ("/?open=1", &["Copy as"]),
        ("/?open=9999", &[]),
    ];
    let mut looked_at = 0;
    for dark in [false, true] {
        for (width, (place, presses)) in
            views.iter().enumerate().map(|(at, view)| ([1_280, 360][at % 2], view))
        {
            stage.browser.screen(width, dark);
            stage.browser.open("about:blank");
            stage.browser.open(&format!("{}#{token}", stage.at(place)));
            stage.browser.wait_for("document.querySelector('.row, .empty')");
            for text in *presses {
                stage.browser.press_button(text);
            }
            stage.browser.look("new Promise(done => setTimeout(done, 300))");
            stage.browser.look(&axe);
            let found = found_by_axe(&mut stage.browser);
            assert!(found.is_empty(), "{place} {presses:?} at {width}: {found:#?}");
            looked_at += 1;
        }
    }
    assert_eq!(looked_at, 28);
    // The control: it does find what is wrong.
    stage.browser.look("document.querySelector('#app').append(document.createElement('button'))");
    assert!(!found_by_axe(&mut stage.browser).is_empty());
}
