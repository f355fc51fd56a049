//! Everything by the keys alone, in the order in which a person learns them.

use super::{Stage, payload};
use crate::devtools::Browser;
use crate::harness::inspector::Inspector;

#[test]
fn the_keys_of_the_terminal_work_in_the_page() {
    if Browser::missing() {
        return;
    }
    let mut stage = Stage::open();
    for number in 0..30 {
        stage.send(&payload(number));
    }
    stage.browser.wait_for("document.querySelector('.row .c-seq').textContent === '#30'");
    let chosen = "document.querySelector('.row.chosen .c-seq')?.textContent";
    for (key, seq) in
        [("j", 30), ("j", 29), ("ArrowDown", 28), ("k", 29), ("G", 1), ("g", 30), ("ArrowUp", 30)]
    {
        stage.browser.press(key);
        stage.browser.wait_for(&format!("{chosen} === '#{seq}'"));
    }
    let listbox = "document.querySelector('[role=listbox]').getAttribute('aria-activedescendant')";
    assert_eq!(stage.browser.look(listbox), "row-30");

    stage.browser.press("d");
    stage.browser.wait_for_text(".summary h2", "#30");
    stage.browser.press("j");
    stage.browser.wait_for_text(".summary h2", "#29");
    stage.browser.press("r");
    stage.browser.wait_for_text("dialog[open] h2", "Replay #29");
    let before = stage.application.received().len();
    stage.browser.press("Enter");
    stage.browser.wait_for_text("dialog .banner.good", "200");
    assert_eq!(stage.application.wait_for(before + 1).len(), before + 1);
    stage.pictures("replayed");
    stage.browser.press("Escape");
    stage.browser.wait_for("!document.querySelector('dialog')");

    stage.browser.press("?");
    stage.browser.wait_for_text("dialog[open] h2", "Keys");
    stage.pictures("keys");
    stage.browser.press("Escape");
    stage.browser.press("Escape");
    stage.browser.wait_for("!document.querySelector('.right')");

    stage.browser.press("/");
    stage.browser.wait_for("document.activeElement.id === 'text'");
    for letter in ["u", "s", "e", "r", "_", "7", "\""] {
        stage.browser.press(letter);
    }
    stage.browser.wait_for("document.querySelectorAll('.row').length === 1");
    assert_eq!(stage.browser.look("location.search"), "?text=user_7%22");
    // A bug once: the filter went and the text stayed in the field.
    stage.browser.press("Escape");
    stage.browser.wait_for("document.querySelectorAll('.row').length > 1");
    assert_eq!(stage.browser.look("document.getElementById('text').value + location.search"), "");
    assert_eq!(stage.browser.look("document.activeElement.id"), "");
    stage.browser.press(" ");
    stage.browser.wait_for_text(".state", "paused");
    stage.browser.press(" ");
    stage.browser.wait_for_text(".state", "live");
    stage.browser.press("o");
    stage.browser.wait_for_text(".overview h2", "Overview");
}

#[test]
fn the_way_back_leads_through_what_was_open() {
    if Browser::missing() {
        return;
    }
    let mut stage = Stage::open();
    for number in 0..3 {
        stage.send(&payload(number));
    }
    stage.browser.wait_for("document.querySelectorAll('.row').length === 3");
    stage.browser.click(".row:first-child");
    stage.browser.wait_for_text(".summary h2", "#3");
    stage.browser.look("history.back()");
    stage.browser.wait_for("!document.querySelector('.right')");
    stage.browser.look("history.forward()");
    stage.browser.wait_for_text(".summary h2", "#3");

    // The same event once more is told, and leads to the first.
    stage.send(&payload(1));
    stage.browser.wait_for_text(".row .c-subject", "repeats #2");
    stage.browser.press("g");
    stage.browser.wait_for_text(".summary h2", "#4");
    stage.browser.press_button("#2");
    stage.browser.wait_for_text(".summary h2", "#2");
    stage.browser.wait_for_text(".summary .note", "#4");
    stage.browser.press_button("(compare)");
    stage.browser.wait_for_text(".compared .nothing", "the same, byte for byte");
}

#[test]
fn a_journal_that_another_process_writes_is_followed_and_deliveries_from_it_are_sent_again() {
    if Browser::missing() {
        return;
    }
    // Its own inspector is not the one that is looked at.
    let mut stage = Stage::without_target();
    let secret = stage.home.join("secret");
    let args = ["--provider", "koji", "--secret-file", secret.to_str().unwrap()];
    let inspector = Inspector::start(&stage.home, args, &[]);
    stage.send(&payload(0));
    stage.browser.open(&inspector.url);
    stage.browser.wait_for_text(".row .c-event", "interview.completed");
    stage.browser.wait_for_text(".state", "live");
    stage.send(&payload(1));
    stage.browser.wait_for("document.querySelectorAll('.row').length === 2");
    stage.browser.press("j");
    stage.browser.press("r");
    stage.browser.wait_for_text("dialog[open] h2", "Replay #2");
    let to = stage.application.url();
    stage.browser.fill("#to", &to);
    stage.browser.press("Enter");
    stage.browser.wait_for_text("dialog[open] .banner.good", "200");
    assert_eq!(stage.application.wait_for(1).remove(0).body, payload(1).to_string().into_bytes());
    stage.browser.press("Escape");
    stage.browser.wait_for_text(".row .c-forward", "200");
    let shown = stage.home.run(["events", "show", "2", "--json"]).expect(0).records().remove(0);
    assert_eq!(shown["attempts"][0]["status"], 200, "the attempt is in the journal of the other process");

    // Elsewhere is asked about; nothing is sent before the second yes.
    stage.browser.press("r");
    stage.browser.wait_for("document.querySelector('dialog[open] #to')");
    stage.browser.fill("#to", "https://hooks.example.com");
    stage.browser.press("Enter");
    stage.browser.wait_for_text("dialog[open] .wrong", "hooks.example.com");
    stage.browser.wait_for_text("dialog[open] button.main", "all the same");
    stage.pictures("elsewhere");
    // A bug once: what one target answered, or refused, stood below another one.
    stage.browser.fill("#to", &to);
    stage.browser.wait_for("!document.querySelector('dialog[open] .wrong')");
    stage.browser.wait_for("document.querySelector('dialog[open] button.main').textContent === 'Send'");
    stage.browser.press("Enter");
    stage.browser.wait_for_text("dialog[open] .banner.good", "200");
    stage.browser.fill("#to", "https://hooks.example.com");
    stage.browser.wait_for("!document.querySelector('dialog[open] .banner')");
}
