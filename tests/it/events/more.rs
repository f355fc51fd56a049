//! `events` says when there is more and what is missing, and its hints find the same journal
//! with the same filters.

use super::journal_of;
use crate::harness::Home;

fn err(home: &Home, args: &[&str]) -> String {
    home.run([&["events", "list"], args].concat()).expect(0).err()
}

#[test]
fn a_program_gets_all_that_match_and_a_person_the_newest_fifty() {
    let home = journal_of(52);
    let lines =
        |args: &[&str]| home.run([&["events", "list"], args].concat()).expect(0).out().lines().count();
    assert_eq!((lines(&[]), lines(&["--json"]), lines(&["--jq", ".seq"])), (50, 52, 52));
    assert_eq!((lines(&["--filter", ".type"]), lines(&["--filter", ".type", "--json"])), (50, 52));
    assert_eq!(err(&home, &[]), "hint: there are more: hookctl events list --before 3\n");
    let more = "hint: there are more: hookctl events list --filter .type --before 3\n";
    assert_eq!(err(&home, &["--filter", ".type"]), more);
    let more = "hint: there are more: hookctl events list -n 2 --before 51 --jq .seq\n";
    assert_eq!(err(&home, &["-n", "2", "--jq", ".seq"]), more);
}

#[test]
fn a_hint_names_the_journal_and_the_filters() {
    let home = journal_of(3);
    std::fs::rename(home.join("data/journal.db"), home.join("my journal.db")).unwrap();
    let args = ["--journal", "my journal.db", "--status", "2xx", "--type", "a,interview.*", "-n", "1"];
    let more = "hint: there are more: hookctl events list --type 'a,interview.*' --status 2xx -n 1 --before 3 \
                --journal 'my journal.db'\n";
    assert_eq!(err(&home, &args), more);
    let shown = home.run(["events", "show", "99", "--journal", "my journal.db"]).expect(2);
    assert!(
        shown.err().ends_with("hint: hookctl events list --journal 'my journal.db'\n"),
        "{}",
        shown.err()
    );
}

#[test]
fn the_last_page_does_not_promise_another() {
    let home = journal_of(1);
    assert_eq!(err(&home, &["-n", "1"]), "");
    assert_eq!(err(&home, &["-n", "1", "--filter", ".type"]), "");
}

#[test]
fn a_damaged_journal_is_said_once_with_what_to_do() {
    let home = journal_of(3);
    let path = home.join("data/journal.db");
    let mut bytes = std::fs::read(&path).unwrap();
    bytes[8192..].fill(0xaa);
    std::fs::write(&path, bytes).unwrap();
    let ran = home.run(["events", "list"]).expect(6);
    assert_eq!(
        ran.err(),
        "hookctl: could not read the journal\nCaused by: database disk image is malformed\n\n\
         hint: `hookctl doctor` says what is wrong with it and what to do\n"
    );
}

#[test]
fn replay_names_the_numbers_that_are_not_there() {
    let home = journal_of(5);
    home.run(["events", "prune", "--keep", "2", "--yes"]).expect(0);
    let ran = home.run(["events", "replay", "1..3", "--to", "127.0.0.1:1"]).expect(2);
    assert!(ran.err().contains("there are no deliveries 1..3 in the journal"), "{}", ran.err());
    let ran = home.run(["events", "replay", "2..6", "--to", "127.0.0.1:1"]).expect(5);
    assert!(ran.err().contains("not in the journal: 2..3, 6\n"), "{}", ran.err());
}

#[test]
fn deliveries_that_nobody_knows_are_told_apart_by_method_and_path() {
    let home = Home::default();
    let listening = home.listen(["--no-inspect"]);
    let put = crate::harness::request("PUT", "/b?c=1", &[], b"x");
    crate::harness::raw_exchange(listening.address, &put);
    crate::harness::post(listening.address, "/a", &[], b"x");
    listening.stop();
    let list = home.run(["events", "list"]).expect(0).out();
    assert!(list.contains("  POST /a  ") && list.contains("  PUT /b  "), "{list}");
    let parts = home.run(["events", "list", "--jq", "[.method, .path]"]).expect(0).out();
    assert_eq!(parts, "[\"POST\",\"/a\"]\n[\"PUT\",\"/b?c=1\"]\n");
}
