//! What a sender writes stays text: nothing of it runs, nothing of it hides.

use super::{SECRET, Stage};
use crate::devtools::Browser;
use crate::harness::{PATIENCE, hmac_sha256_hex, post};
use std::path::Path;
use std::time::{Duration, Instant};

const MARKUP: &str = r#"<img src=x onerror="window.pwned=1"><script>window.pwned=1</script>"#;

/// A body that tells everything about itself only where nothing is parsed away.
fn body() -> Vec<u8> {
    format!(
        r#"{{"type":{0},"a":1,"a":2,"big":12345678901234567890,"exact":1.10,"__proto__":{{"polluted":true}},"constructor":{0},"hidden":"{1}","data":{{"study_title":{0}}}}}"#,
        serde_json::to_string(MARKUP).unwrap(),
        "\u{202e}gnp.exe\u{200b}"
    )
    .into_bytes()
}

#[test]
fn markup_in_every_field_is_shown_as_text_and_nothing_of_it_runs() {
    if Browser::missing() {
        return;
    }
    let mut stage = Stage::open();
    let body = body();
    let signature = format!("sha256={}", hmac_sha256_hex(SECRET, &body));
    let headers = [("X-Koji-Signature", signature.as_str()), ("X-Evil", MARKUP), ("X-Evil", "twice")];
    post(stage.listening.address, "/hooks?q='-alert(1)-'", &headers, &body);
    stage.browser.wait_for_text(".row", "<img src=x");
    stage.browser.click(".row");
    stage.browser.wait_for_text(".tabs", "Payload");
    for (tab, texts) in [
        (
            "payload",
            &["12345678901234567890", "1.10", "\\u{202e}gnp.exe\\u{200b}", "repeated name", "__proto__"][..],
        ),
        ("headers", &["<script>window.pwned=1</script>", "twice"]),
        ("signature", &["verified"]),
        ("attempts", &["200"]),
    ] {
        stage.browser.click(&format!("#tab-{tab}"));
        for text in texts {
            stage.browser.wait_for_text("#part", text);
        }
    }
    stage.browser.click("#tab-payload");
    stage.browser.press_button("Side by side");
    stage.browser.wait_for_text(".panes.both .raw", "window.pwned=1");
    stage.pictures("hostile");
    assert_eq!(stage.browser.look("typeof window.pwned + typeof {}.polluted"), "undefinedundefined");
    assert_eq!(stage.browser.look("document.querySelectorAll('#app img, #app script').length"), 0);
    // The control: the same text does run in a page that makes HTML of it.
    stage.browser.open("data:text/html,<p id=here>");
    stage.browser.look(&format!("document.querySelector('#here').innerHTML = {}", serde_json::json!(MARKUP)));
    stage.browser.wait_for("window.pwned === 1");
}

#[test]
fn bodies_that_are_no_text_deep_large_or_broken_are_shown_for_what_they_are() {
    if Browser::missing() {
        return;
    }
    let mut stage = Stage::open();
    let deep = [b"[".repeat(100_000), b"]".repeat(100_000)].concat();
    let rows: Vec<String> = (0..200_000).map(|number| format!("{{\"n\":{number}}}")).collect();
    let large = format!("[{}]", rows.join(",")).into_bytes();
    let mut count = 0;
    for (body, shown) in [
        (b"\x89PNG\x00\xff\x1b[2J".to_vec(), "89 50 4e 47"),
        (deep, "1 item"),
        (large, "200,000 items"),
        (b"{\"broken\": [1, 2, }".to_vec(), "this is no JSON"),
        (b"a=1&b=<i>".to_vec(), "a=1&b=<i>"),
        (Vec::new(), "The body is empty"),
    ] {
        post(stage.listening.address, "/", &[("Content-Type", "application/octet-stream")], &body);
        count += 1;
        stage.browser.wait_for(&format!("document.querySelectorAll('.row').length === {count}"));
        stage.browser.click(".row:first-child");
        stage.browser.wait_for_text("#part", shown);
        stage.browser.press("Escape");
        stage.browser.wait_for("!document.querySelector('.right')");
    }
}

/// Waits for a file to hold these bytes.
#[track_caller]
fn kept(path: &Path, bytes: &[u8]) {
    let start = Instant::now();
    while std::fs::read(path).unwrap_or_default() != bytes {
        assert!(start.elapsed() < PATIENCE, "{} does not hold the bytes", path.display());
        std::thread::sleep(Duration::from_millis(20));
    }
}

/// What is on the clipboard once it begins so, or after a while.
fn copied(browser: &mut Browser, start: &str) -> String {
    let start = serde_json::json!(start);
    let text = browser.look(&format!(
        "(async () => {{ const end = Date.now() + 10_000; let now = '';
           do now = await navigator.clipboard.readText(); while (!now.startsWith({start}) && Date.now() < end);
           return now; }})()"
    ));
    text.as_str().unwrap().to_owned()
}

#[test]
fn what_is_downloaded_and_copied_is_what_came() {
    if Browser::missing() {
        return;
    }
    let mut stage = Stage::open();
    let downloads = tempfile::tempdir().unwrap();
    stage.browser.allow(downloads.path());
    let body = b"\x00\xff<script>\r\n\x1b[2J".to_vec();
    post(stage.listening.address, "/odd", &[("Content-Type", "text/html")], &body);
    stage.browser.wait_for("document.querySelector('.row')");
    stage.browser.click(".row");
    stage.browser.wait_for_text(".tabs", "Payload");
    stage.browser.press_button("Body");
    kept(&downloads.path().join("delivery-1.body"), &body);
    stage.browser.press_button("Raw ↓");
    let raw = stage.home.run(["events", "show", "1", "--raw"]).expect(0).stdout;
    kept(&downloads.path().join("delivery-1.http"), &raw);

    post(stage.listening.address, "/", &[], br#"{"a":{"odd name":["x", 1.10]}}"#);
    stage.browser.wait_for("document.querySelectorAll('.row').length === 2");
    stage.browser.press("g");
    stage.browser.wait_for_text(".tree", "1.10");
    for (selector, path, value) in [
        (".line:nth-child(4)", r#".a["odd name"][0]"#, "x"),
        (".line:nth-child(5)", r#".a["odd name"][1]"#, "1.10"),
        (".line:nth-child(2)", ".a", r#"{"odd name":["x", 1.10]}"#),
    ] {
        stage.browser.click(selector);
        stage.browser.wait_for_text(".path code", path);
        stage.browser.press_button("copy path");
        assert_eq!(copied(&mut stage.browser, path), path);
        stage.browser.press_button("copy value");
        assert_eq!(copied(&mut stage.browser, value), value);
    }
    stage.browser.look("document.activeElement.blur()");
    stage.browser.press("y");
    stage.browser.wait_for_text(".said", "as curl");
    let line = copied(&mut stage.browser, "curl ");
    assert!(line.starts_with("curl ") && line.contains("1.10"), "{line}");
}
