//! A person with the inspector, in a real browser: watches deliveries arrive,
//! reads verdicts, filters, edits, signs and sends again, reloads. Screenshots
//! lie in the build's folder for temporary files, to be looked at.
//!
//! Without Debian's chromium it says that it was left out.

#[path = "inspector/attacks.rs"]
mod attacks;
#[path = "inspector/calm.rs"]
mod calm;
#[path = "inspector/hostile.rs"]
mod hostile;
#[path = "inspector/keys.rs"]
mod keys;
#[path = "inspector/payloads.rs"]
mod payloads;
#[path = "inspector/transcript.rs"]
mod transcript;

use crate::devtools::Browser;
use crate::harness::target::Application;
use crate::harness::{Home, Listening, hmac_sha256_hex, post};
use serde_json::{Value, json};

const SECRET: &str = "koji-secret-for-tests-only";
const EVENTS: [&str; 4] =
    ["interview.completed", "report.generated", "interview.analysis_ready", "interview.started"];

/// A listener with an inspector, an application behind it, and a browser before it.
struct Stage {
    browser: Browser,
    listening: Listening,
    application: Application,
    url: String,
    home: Home,
}

impl Stage {
    fn start() -> Self {
        let application = Application::start();
        Self::listen(&["--forward", &application.url()], application)
    }

    /// Nothing is passed on: the listener answers by itself.
    fn without_target() -> Self {
        Self::listen(&[], Application::start())
    }

    fn listen(more: &[&str], application: Application) -> Self {
        let home = Home::default();
        let secret = home.secret("secret", SECRET);
        let mut args =
            vec!["--provider", "koji", "--secret-file", secret.to_str().unwrap(), "--inspect", "127.0.0.1:0"];
        args.extend(more);
        let listening = home.listen(args);
        let url = listening.ready["inspector"].as_str().unwrap().to_owned();
        Self { browser: Browser::with_scripts(), listening, application, url, home }
    }

    /// The same, with the page open.
    fn open() -> Self {
        let mut stage = Self::start();
        stage.browser.open(&stage.url);
        stage.browser.wait_for_text(".state", "live");
        stage
    }

    /// The address without the token.
    fn at(&self, rest: &str) -> String {
        format!("{}{rest}", self.url.split_once("/#").unwrap().0)
    }

    fn send(&self, body: &Value) -> u16 {
        self.send_signed(body, SECRET)
    }

    fn send_signed(&self, body: &Value, secret: &str) -> u16 {
        let body = body.to_string().into_bytes();
        let signature = format!("sha256={}", hmac_sha256_hex(secret, &body));
        let headers = [("Content-Type", "application/json"), ("X-Koji-Signature", signature.as_str())];
        post(self.listening.address, "/webhooks/koji?a=1", &headers, &body)
    }

    /// Pictures of what is there, at both widths, light and dark; nothing has to be scrolled sideways.
    fn pictures(&mut self, name: &str) {
        for (width, dark) in [(360, false), (360, true), (1_280, true), (1_280, false)] {
            self.browser.screen(width, dark);
            // Two frames: the first lays out anew, the second has drawn it.
            self.browser
                .look("new Promise(done => requestAnimationFrame(() => requestAnimationFrame(done)))");
            assert!(self.browser.width_of_page() <= width, "{name}: scrolled sideways at {width}");
            let scheme = if dark { "dark" } else { "light" };
            self.browser.screenshot(&format!("inspector-{name}-{width}-{scheme}"));
        }
    }
}

/// A payload as Koji sends it.
fn payload(number: usize) -> Value {
    json!({
        "type": EVENTS[number % EVENTS.len()],
        "timestamp": "2026-03-11T10:00:00Z",
        "data": {
            "interview_id": format!("int_{number}"),
            "study_title": if number % 3 == 0 { "Onboarding, spring" } else { "Why people leave" },
            "quality_score": number % 5,
            "participant": {"external_id": format!("user_{number}"), "plan": "enterprise"}
        }
    })
}

#[test]
fn a_person_watches_reads_filters_edits_replays_and_finds_it_all_again() {
    if Browser::missing() {
        return;
    }
    let mut stage = Stage::open();
    assert_eq!(stage.browser.look("location.hash + document.cookie"), "", "the token stays out of sight");
    stage.browser.wait_for_text(".empty h2", "No deliveries yet");
    let port = stage.listening.address.port().to_string();
    stage.browser.wait_for_text(".empty pre", &format!("--to {port}"));
    stage.pictures("empty");

    watch_one_arrive(&mut stage);
    find_the_forged_one(&mut stage);
    edit_and_send_again(&mut stage);
    reload_and_find_everything(&mut stage);
    mark_compare_and_delete(&mut stage);
    stage.browser.assert_calm(stage.url.split_once("/#").unwrap().0);
}

fn watch_one_arrive(stage: &mut Stage) {
    assert_eq!(stage.send(&payload(0)), 200);
    stage.browser.wait_for_text(".row .c-event", "interview.completed");
    stage.browser.wait_for_text(".row .c-verdict", "verified");
    stage.browser.wait_for_text(".row .c-forward", "200");
    stage.browser.press("j");
    stage.browser.press("Enter");
    stage.browser.wait_for_text(".summary h2", "interview.completed");
    stage.browser.wait_for_text(".tree", "\"int_0\"");
    stage.pictures("payload");
    for (tab, text) in [
        ("headers", "X-Koji-Signature"),
        ("signature", "verified"),
        ("attempts", "after it came"),
        ("payload", "int_0"),
    ] {
        stage.browser.click(&format!("#tab-{tab}"));
        stage.browser.wait_for_text("#part", text);
        if tab != "payload" {
            stage.pictures(tab);
        }
    }
    stage.browser.press("Escape");
    stage.browser.wait_for("!document.querySelector('.right')");
}

fn find_the_forged_one(stage: &mut Stage) {
    for number in 1..12 {
        stage.send(&payload(number));
    }
    assert_eq!(stage.send_signed(&payload(12), &format!("{SECRET}\n")), 401);
    stage.browser.wait_for_text(".row .c-verdict", "mismatch");
    stage.browser.wait_for("document.querySelectorAll('.row').length === 13");
    stage.pictures("list");
    stage.browser.press_button("failed");
    stage.browser.wait_for("document.querySelectorAll('.row').length === 1");
    assert_eq!(stage.browser.look("location.search"), "?verdict=failed");
    stage.browser.press("j");
    stage.browser.press("d");
    stage.browser.wait_for_text(".summary .tag", "mismatch");
    // The explainer's sentence: the secret was read with the line break of its file.
    stage.browser.wait_for_text(".summary .banner", "line break");
    stage.browser.click("#tab-signature");
    stage.browser.wait_for_text(".signature dt", "Expected");
    stage.pictures("forged");
}

fn edit_and_send_again(stage: &mut Stage) {
    let before = stage.application.received().len();
    stage.browser.press("e");
    stage.browser.wait_for("document.querySelector('#body')");
    let edited = payload(12).to_string().replace("Onboarding, spring", "Edited by hand ✓");
    stage.browser.fill("#body", &edited);
    stage.pictures("edit");
    stage.browser.press_button("Review");
    stage.browser.wait_for_text(".difference .gone", "Onboarding");
    stage.browser.wait_for_text(".difference .new", "Edited by hand");
    stage.browser.wait_for_text(".difference .new", "sha256=");
    assert_eq!(stage.application.received().len(), before, "nothing leaves before it was looked at");
    stage.pictures("review");
    stage.browser.press_button("Send to");
    stage.browser.wait_for_text(".edit .banner.good", "200");
    let received = stage.application.wait_for(before + 1).remove(before);
    assert_eq!(String::from_utf8(received.body.clone()).unwrap(), edited);
    let signature = format!("sha256={}", hmac_sha256_hex(SECRET, &received.body));
    assert_eq!(received.values("x-koji-signature"), [signature.into_bytes()], "signed anew");
    assert_eq!(received.target(), "/webhooks/koji?a=1");
    stage.browser.press_button("Done");
    stage.browser.click("#tab-attempts");
    // What was sent in place of the delivery stays to be read.
    stage.browser.wait_for_text(".attempt[open] .tag", "changed");
    stage.browser.wait_for_text(".attempt[open] .code", "Content-Length");
    stage.browser.wait_for_text(".attempt[open]", "Edited by hand");
    assert_eq!(stage.browser.look("document.querySelector('.attempts').innerText.includes('u{d}')"), false);
    stage.pictures("sent");
}

fn reload_and_find_everything(stage: &mut Stage) {
    let here = stage.browser.look("location.href").as_str().unwrap().to_owned();
    assert!(here.ends_with("/?verdict=failed&open=13"), "{here}");
    stage.browser.reload();
    stage.browser.wait_for("document.querySelectorAll('.row').length === 1");
    stage.browser.wait_for_text(".summary h2", "#13");
    stage.browser.click("#tab-attempts");
    stage.browser.wait_for("document.querySelectorAll('.attempt').length >= 1");
    assert_eq!(stage.browser.look("document.querySelector('#text').value"), "");
    assert_eq!(
        stage.browser.look("document.querySelector('.chip[aria-pressed=true]').textContent"),
        "failed"
    );
    // The same facts as the terminal's.
    let shown = stage.home.run(["events", "show", "13", "--json"]).expect(0).records().remove(0);
    assert_eq!(shown["attempts"].as_array().unwrap().last().unwrap()["status"], 200);
}

fn mark_compare_and_delete(stage: &mut Stage) {
    stage.browser.press("m");
    stage.browser.wait_for("document.querySelector('dialog[open] #mark')");
    stage.browser.fill("#mark", "the one with the line break");
    stage.pictures("mark");
    stage.browser.press("Enter");
    stage.browser.wait_for_text(".summary .note", "the one with the line break");
    stage.browser.wait_for("!document.querySelector('dialog')");
    stage.browser.press("c");
    stage.browser.wait_for("document.querySelector('dialog[open] #other')");
    stage.browser.fill("#other", "1");
    stage.browser.press("Enter");
    stage.browser.wait_for_text(".compared h2", "#13 and #1");
    stage.browser.wait_for_text(".compared .difference .new", "int_0");
    stage.pictures("compare");
    stage.browser.press("Escape");
    stage.browser.wait_for("document.querySelector('.summary')");
    stage.browser.press_button("Copy as");
    for (button, text) in [("Python", "import"), ("fetch", "fetch("), ("HTTPie", "http"), ("curl", "curl")] {
        stage.browser.press_button(button);
        stage.browser.wait_for_text("pre.code", text);
    }
    stage.pictures("code");
    stage.browser.press("Escape");
    stage.browser.wait_for("!document.querySelector('dialog')");
    stage.browser.press_button("clear");
    stage.browser.press("o");
    stage.browser.wait_for_text(".overview h3", "Over time");
    stage.browser.wait_for_text(".legend", "verified 12");
    stage.pictures("overview");
    stage.browser.press("Escape");
    stage.browser.press("Delete");
    stage.browser.wait_for_text("dialog[open] h2", "Delete #13?");
    stage.browser.press_button("Delete");
    stage
        .browser
        .wait_for("![...document.querySelectorAll('.row')].some(row => row.textContent.includes('#13'))");
    stage.home.run(["events", "show", "13"]).expect(2);
}

#[test]
fn a_page_without_this_runs_token_shows_nothing_and_says_where_to_find_it() {
    if Browser::missing() {
        return;
    }
    let mut stage = Stage::start();
    stage.send(&payload(0));
    for token in ["", "#token=b3RoZXI", "#token="] {
        stage.browser.open("about:blank");
        let url = stage.at(&format!("/{token}"));
        stage.browser.open(&url);
        stage.browser.wait_for_text(".bare h2", "needs the address from the terminal");
        assert_eq!(stage.browser.look("document.querySelectorAll('.row').length"), 0);
    }
    stage.pictures("locked");
    // The control: with the token it opens, and a bookmark keeps its filters.
    let bookmark = stage.at("/?verdict=verified");
    stage.browser.open("about:blank");
    stage.browser.open(&bookmark);
    stage.browser.wait_for("document.querySelector('#address')");
    stage.browser.fill("#address", &stage.at("/"));
    stage.browser.press("Enter");
    stage.browser.wait_for_text(".bare .wrong", "#token=");
    let url = stage.url.clone();
    stage.browser.fill("#address", &url);
    stage.browser.press("Enter");
    stage.browser.wait_for_text(".row .c-event", "interview.completed");
    assert_eq!(stage.browser.look("location.search + location.hash"), "?verdict=verified");
}

#[test]
fn an_inspector_that_ends_is_told_and_a_later_one_wants_its_own_token() {
    if Browser::missing() {
        return;
    }
    let mut stage = Stage::open();
    stage.send(&payload(0));
    stage.browser.wait_for_text(".row .c-event", "interview.completed");
    stage.listening.signal("INT");
    stage.listening.wait();
    stage.browser.wait_for_text(".state", "not connected");
    stage.browser.press("Enter");
    stage.browser.wait_for_text(".right", "hookctl inspect");
    stage.pictures("gone");
    // What was there stays readable.
    stage.browser.press("Escape");
    assert_eq!(stage.browser.look("document.querySelectorAll('.row').length"), 1);
}
