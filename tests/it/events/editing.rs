//! `events replay --edit`: nobody edits what cannot be sent, and what somebody
//! edited is not lost.

use super::{KNOWN, journal_of};
use crate::harness::target::Application;
use crate::harness::{Home, Ran};

/// The words of an editor that notes that it ran, and then does this to the file `$1`.
fn editor(home: &Home, then: &str) -> String {
    let script = home.write("editor.sh", format!("#!/bin/sh\necho ran >> editor.log\n{then}\n"));
    format!("sh {}", script.display())
}

fn edit(home: &Home, to: &str, variables: &[(&str, &str)]) -> Ran {
    let temporary = home.join("temporary");
    std::fs::create_dir_all(&temporary).unwrap();
    let mut variables = variables.to_vec();
    let temporary = temporary.display().to_string();
    variables.push(("TMPDIR", &temporary));
    home.run_with(["events", "replay", "1", "--edit", "--to", to], b"", &variables)
}

/// The payloads that were left in the folder for temporary files.
fn left(home: &Home) -> Vec<String> {
    let folders = std::fs::read_dir(home.join("temporary")).unwrap();
    folders
        .map(|folder| std::fs::read_to_string(folder.unwrap().path().join("delivery-1.json")).unwrap())
        .collect()
}

#[test]
fn the_editor_is_not_opened_for_a_payload_that_cannot_be_signed() {
    let home = journal_of(1);
    let editor = editor(&home, "printf edited > \"$1\"");
    let ran = edit(&home, "127.0.0.1:1", &[("EDITOR", &editor)]).expect(3);
    assert!(ran.err().contains("no signing secret is known for `koji`"), "{}", ran.err());
    assert!(!home.join("editor.log").exists(), "it was opened and its work thrown away");
}

#[test]
fn an_edited_payload_that_does_not_arrive_is_kept() {
    let home = journal_of(1);
    let editor = editor(&home, "printf edited > \"$1\"");
    let ran = edit(&home, "127.0.0.1:1", &[("EDITOR", &editor), KNOWN]).expect(5);
    assert!(ran.err().contains("the edited payload is kept in "), "{}", ran.err());
    assert_eq!(left(&home), ["edited"]);
}

#[test]
fn an_edited_payload_that_arrives_leaves_no_file() {
    let (home, application) = (journal_of(1), Application::start());
    let editor = editor(&home, "printf edited > \"$1\"");
    edit(&home, &application.url(), &[("EDITOR", &editor), KNOWN]).expect(0);
    assert_eq!(application.received()[0].body, b"edited");
    assert!(left(&home).is_empty());
}

#[test]
fn what_was_saved_before_the_editor_broke_down_is_kept() {
    let home = journal_of(1);
    let editor = editor(&home, "printf edited > \"$1\"; exit 3");
    let ran = edit(&home, "127.0.0.1:1", &[("EDITOR", &editor), KNOWN]).expect(1);
    assert!(ran.err().contains("hint: what it saved is in "), "{}", ran.err());
    assert_eq!(left(&home), ["edited"]);
}

#[test]
fn nothing_is_sent_where_nothing_was_changed() {
    let (home, application) = (journal_of(1), Application::start());
    let ran = edit(&home, &application.url(), &[("EDITOR", "true"), KNOWN]).expect(0);
    assert!(ran.err().contains("nothing was changed, so nothing was sent"), "{}", ran.err());
    assert_eq!((ran.out().as_str(), application.received().len()), ("", 0));
    assert!(left(&home).is_empty());
}

#[test]
fn without_an_editor_and_a_terminal_nothing_waits_for_keys() {
    let home = journal_of(1);
    let ran = edit(&home, "127.0.0.1:1", &[KNOWN]).expect(2);
    assert!(ran.err().contains("there is no terminal to ask on"), "{}", ran.err());
    assert!(ran.err().contains("hint: set EDITOR to a program"), "{}", ran.err());
}
