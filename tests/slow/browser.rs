//! A real browser takes part in the sandbox's studies: it fills in the page with
//! its scripts switched off, the webhook arrives, and nothing is loaded from
//! elsewhere. Screenshots lie in the build's folder for temporary files.
//!
//! Without Debian's chromium it says that it was left out.

use crate::devtools::Browser;
use crate::harness::target::Application;
use crate::harness::{Home, hmac_sha256_hex};
use serde_json::{Value, json};
use std::io::{BufRead, BufReader};
use std::process::Child;

/// The sandbox as a user starts it.
struct Sandbox {
    child: Child,
    url: String,
    _home: Home,
}

impl Sandbox {
    fn start() -> Self {
        let home = Home::default();
        let mut child = home.command(["sandbox", "--port", "0", "--json"]).spawn().unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let ready: Value = serde_json::from_str(&line).unwrap();
        Self { child, url: ready["url"].as_str().unwrap().to_owned(), _home: home }
    }

    fn at(&self, path: &str) -> String {
        format!("{}{path}", self.url)
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

/// Adds a webhook on the dashboard and gives its secret.
fn add_webhook(browser: &mut Browser, sandbox: &Sandbox, application: &Application) -> String {
    browser.open(&sandbox.at("/"));
    browser.click("details:last-of-type > summary");
    browser.type_into("#url", &format!("{}/webhooks/koji", application.url()));
    browser.submit("details form button");
    application.wait_for(1);
    browser.text("details pre").trim().to_owned()
}

/// Answers all six types of questions, by their labels as a person finds them.
fn fill_in(browser: &mut Browser) {
    browser.click("#q1 label:nth-of-type(4)");
    browser.click("#q2 input[value='__other__']");
    browser.type_into("#q2 input[type=text]", "the \"export\" & <b>more</b>");
    browser.click("#q3 label:nth-of-type(1)");
    browser.click("#q3 label:nth-of-type(3)");
    for (select, place) in [("#q4-0", "2"), ("#q4-1", "1"), ("#q4-2", "3")] {
        browser.choose(select, place);
    }
    browser.click("#q5 input[value=yes]");
    browser.type_into("#q6-text", "Say which plan fits a team of three.");
}

fn answers_of(body: &Value) -> Vec<(&str, &Value)> {
    let answers = body["data"]["structured_answers"].as_array().unwrap();
    answers.iter().map(|answer| (answer["type"].as_str().unwrap(), &answer["value"])).collect()
}

#[test]
fn a_browser_without_scripts_answers_a_study_and_the_webhook_arrives() {
    if Browser::missing() {
        return;
    }
    let sandbox = Sandbox::start();
    let application = Application::start();
    let mut browser = Browser::start();
    let secret = add_webhook(&mut browser, &sandbox, &application);

    browser.open(&sandbox.at("/i/kojiTria?reference_id=user%3C1%3E&plan=enterprise"));
    for (width, dark, name) in [
        (1_000, false, "desktop"),
        (360, false, "phone"),
        (360, true, "phone-dark"),
        (1_000, true, "desktop-dark"),
    ] {
        browser.screen(width, dark);
        assert!(browser.width_of_page() <= width, "nothing has to be scrolled sideways at {width}");
        browser.screenshot(&format!("participant-{name}"));
    }
    browser.screen(360, false);
    fill_in(&mut browser);
    browser.screenshot("participant-filled-in");
    browser.submit("main > form button[type=submit]");
    assert_eq!(browser.text("h1"), "Thank you");
    browser.screenshot("participant-thanks");

    let received = application.wait_until(|all| all.len() >= 2).remove(1);
    let body: Value = serde_json::from_slice(&received.body).unwrap();
    let signature = format!("sha256={}", hmac_sha256_hex(&secret, &received.body));
    assert_eq!(received.values("x-koji-signature"), [signature.into_bytes()]);
    assert_eq!(body["type"], "interview.completed");
    assert_eq!(body["data"]["participant"], json!({"external_id": "user<1>", "plan": "enterprise"}));
    assert_eq!(
        answers_of(&body),
        [
            ("scale", &json!(4)),
            ("single_choice", &json!("the \"export\" & <b>more</b>")),
            ("multiple_choice", &json!(["dashboards", "integrations"])),
            ("ranking", &json!(["price", "speed", "support"])),
            ("yes_no", &json!("yes")),
            ("open_ended", &json!("Say which plan fits a team of three.")),
        ]
    );

    browser.open(&sandbox.at("/"));
    for (width, dark, name) in [(1_100, false, "desktop"), (360, false, "phone"), (1_100, true, "dark")] {
        browser.screen(width, dark);
        assert!(browser.width_of_page() <= width, "nothing has to be scrolled sideways at {width}");
        browser.screenshot(&format!("history-{name}"));
    }
    browser.assert_calm(&sandbox.url);
}

#[test]
fn a_browser_without_scripts_talks_and_a_closed_study_says_so() {
    if Browser::missing() {
        return;
    }
    let sandbox = Sandbox::start();
    let mut browser = Browser::start();
    browser.screen(360, false);
    browser.open(&sandbox.at("/i/xK9mR2pQ?reference_id=user_1"));
    browser.type_into("#said", "It was quick.");
    browser.submit("main > form button");
    assert_eq!(
        browser.text(".talk li:nth-child(3)"),
        "Interviewer: What almost stopped you from signing up?"
    );
    browser.type_into("#said", "The price.");
    browser.submit("main > form button");
    assert!(browser.width_of_page() <= 360);
    browser.screenshot("conversation-phone");
    browser.submit("form[action$=finish] button");
    assert_eq!(browser.text("h1"), "Thank you");

    // What a browser itself would not send: a form with an answer missing and two equal places.
    browser.open(&sandbox.at("/i/kojiTria"));
    browser.without_checks();
    browser.choose("#q4-0", "1");
    browser.choose("#q4-1", "1");
    browser.submit("main > form button[type=submit]");
    assert_eq!(browser.text("#wrong"), "Your answers were not sent yet");
    assert_eq!(browser.text("#q4-error"), "Give each its own place, from 1 to 3.");
    browser.screenshot("participant-wrong-phone");

    browser.open(&sandbox.at("/i/pausedB1"));
    assert_eq!(browser.text("h2"), "This study takes no more responses");
    browser.screenshot("participant-closed-phone");
    browser.open(&sandbox.at("/i/unknown"));
    assert_eq!(browser.text("h1"), "No such study");
}
