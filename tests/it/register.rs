//! `hookctl register` and `listen --register` against a vendor that keeps every
//! byte it is sent, with kills, full disks and broken connections in between.

mod koji;
mod listening;
mod sandbox;
pub(crate) mod vendor;

use crate::harness::{Home, Ran};
use serde_json::Value;
use vendor::{Fate, KEY, Vendor};

const OLD: &str = "https://production.example/hooks";
const NEW: &str = "https://tunnel.example/hooks";

/// A user with a key, at this vendor.
struct User {
    home: Home,
    vendor: Vendor,
}

impl User {
    fn of(vendor: Vendor) -> Self {
        Self { home: Home::default(), vendor }
    }

    fn command(&self, args: &[&str]) -> std::process::Command {
        let mut command = self.home.command(args);
        command.env("USERJOURNEYS_API_KEY", KEY).env("USERJOURNEYS_BASE_URL", self.vendor.base());
        command
    }

    fn run(&self, args: &[&str]) -> Ran {
        Ran::of(self.command(&[&["register"], args].concat()), b"")
    }

    /// The record of a run.
    #[track_caller]
    fn record(&self, code: i32, args: &[&str]) -> Value {
        let ran = self.run(&[args, &["--json"]].concat()).expect(code);
        ran.records().into_iter().next().unwrap_or_default()
    }

    /// The secret on the disk.
    fn stored(&self) -> Option<String> {
        let path = self.home.join("settings/profiles/userjourneys/signing-secret");
        Some(std::fs::read_to_string(path).ok()?.trim_end().to_owned())
    }
}

#[test]
fn a_first_registration_looks_first_and_keeps_the_secret() {
    let user = User::of(Vendor::start());
    let record = user.record(0, &[NEW]);
    assert_eq!(record["result"], "created");
    assert_eq!((&record["url"], &record["secret"]), (&NEW.into(), &"stored".into()));
    assert!(!record.to_string().contains("whsec_"), "it is printed only when asked for");
    assert_eq!(user.vendor.methods(), ["GET", "PUT"]);
    let requests = user.vendor.change(|state| state.requests.clone());
    assert!(requests[0].0.starts_with("GET /api/v1/webhooks HTTP/1.1\r\n"));
    assert_eq!(requests[0].1, "");
    assert!(requests[1].0.starts_with("PUT /api/v1/webhooks HTTP/1.1\r\n"));
    assert!(requests[1].0.to_ascii_lowercase().contains("\r\ncontent-type: application/json\r\n"));
    assert_eq!(requests[1].1, format!("{{\"url\":\"{NEW}\",\"events\":[\"interview.completed\"]}}"));
    assert_eq!(user.stored(), user.vendor.secret());
    use std::os::unix::fs::PermissionsExt;
    let path = user.home.join("settings/profiles/userjourneys/signing-secret");
    assert_eq!(std::fs::metadata(path).unwrap().permissions().mode() & 0o777, 0o600);
    assert!(!user.home.join("settings/profiles/userjourneys/reserve").exists());
}

#[test]
fn the_same_url_again_changes_nothing() {
    let user = User::of(Vendor::start());
    user.record(0, &[NEW]);
    user.vendor.forget();
    let record = user.record(0, &["https://TUNNEL.example:443/hooks"]);
    assert_eq!((&record["result"], &record["secret"]), (&"unchanged".into(), &"known".into()));
    assert_eq!(user.vendor.methods(), ["GET"]);
    let other = User::of(Vendor::with(OLD));
    let ran = other.run(&[OLD]).expect(0);
    assert!(ran.err().contains("cannot be read again"), "{}", ran.block());
    assert_eq!(other.vendor.methods(), ["GET"]);
}

#[test]
fn another_url_is_shown_and_left_alone_unless_it_may_be_replaced_and_comes_back() {
    let user = User::of(Vendor::with(OLD));
    let ran = user.run(&[NEW]).expect(1);
    assert!(ran.err().contains(OLD) && ran.err().contains("--replace"), "{}", ran.err());
    assert_eq!(user.vendor.methods(), ["GET"]);
    let record = user.record(0, &[NEW, "--replace"]);
    assert_eq!((&record["result"], &record["secret"]), (&"updated".into(), &"unknown".into()));
    assert_eq!((user.vendor.url().unwrap(), &record["former"]["url"]), (NEW.to_owned(), &OLD.into()));
    let record = user.record(0, &["--restore"]);
    assert_eq!((&record["result"], &record["url"]), (&"restored".into(), &OLD.into()));
    assert_eq!(user.vendor.url().unwrap(), OLD);
    assert!(user.run(&["--restore"]).expect(1).err().contains("no former registration"));
    assert!(!user.vendor.methods().contains(&"DELETE".to_owned()));
}

#[test]
fn what_was_there_is_saved_before_anything_is_touched() {
    let user = User::of(Vendor::with(OLD));
    user.vendor.then("PUT", Fate::Held);
    let mut child = user.command(&["register", NEW, "--replace"]).spawn().unwrap();
    user.vendor.wait(|state| state.requests.len() == 2);
    let path = user.home.join("settings/profiles/userjourneys/registration.json");
    let kept: Value = serde_json::from_slice(&std::fs::read(path).unwrap()).unwrap();
    let kept = &kept[user.vendor.base()];
    assert_eq!(kept["former"]["endpoint"]["url"], OLD);
    assert_eq!(kept["intent"]["wanted"]["url"], NEW);
    assert!(user.home.join("settings/profiles/userjourneys/reserve").exists(), "room for the answer");
    user.vendor.release();
    assert!(child.wait().unwrap().success());
}

#[test]
fn a_rotation_names_its_consequence_and_asks() {
    let user = User::of(Vendor::with(OLD));
    let ran = user.run(&["--rotate"]).expect(2);
    assert!(ran.err().contains("secret of https://production.example/hooks ends"), "{}", ran.err());
    assert!(ran.err().contains("--yes"));
    assert_eq!(user.vendor.methods(), ["GET"]);
    let ran = user.run(&["--rotate", "--yes", "--print-secret"]).expect(0);
    assert_eq!(ran.out().lines().last(), user.vendor.secret().as_deref());
    assert_eq!(user.stored(), user.vendor.secret());
    assert_eq!(user.vendor.methods(), ["GET", "GET", "DELETE", "PUT"]);
    assert_eq!(user.vendor.url().unwrap(), OLD);
    // Printed once: there is none to print any more, and the former one is kept beside it.
    let ran = user.run(&[OLD, "--print-secret"]).expect(0);
    assert!(!ran.out().contains("whsec_") && ran.err().contains("gives a signing secret once"));
    let first = user.stored().unwrap();
    user.record(0, &["--rotate", "-y"]);
    let former = user.home.join("settings/profiles/userjourneys/signing-secret.former");
    assert_eq!(std::fs::read_to_string(former).unwrap().trim_end(), first);
}

#[test]
fn nothing_is_done_by_a_look_or_a_dry_run() {
    let user = User::of(Vendor::with(OLD));
    let record = user.record(0, &["--show"]);
    assert_eq!((&record["url"], &record["secret"]), (&OLD.into(), &"unknown".into()));
    let record = user.record(0, &[NEW, "--replace", "--rotate", "--dry-run"]);
    assert_eq!((&record["type"], &record["result"]), (&"plan".into(), &"rotated".into()));
    let steps: Vec<&str> = record["steps"].as_array().unwrap().iter().filter_map(Value::as_str).collect();
    assert!(steps[0].starts_with("save") && steps[1].starts_with("DELETE"), "{steps:?}");
    assert!(steps[2].starts_with("PUT") && steps[3].starts_with("store"), "{steps:?}");
    user.run(&[NEW, "--dry-run"]).expect(1);
    assert_eq!(user.vendor.methods(), ["GET"; 3]);
    assert!(!user.home.join("settings/profiles").exists());
    let nothing = User::of(Vendor::start());
    assert_eq!(nothing.record(0, &["--show"])["url"], Value::Null);
    nothing.run(&["--rotate"]).expect(1);
}

#[test]
fn what_hookctl_registered_is_removed_and_what_others_did_only_when_agreed() {
    let user = User::of(Vendor::start());
    user.record(0, &[NEW]);
    assert_eq!(user.record(0, &["--remove"])["result"], "removed");
    assert_eq!(user.vendor.url(), None);
    let other = User::of(Vendor::with(OLD));
    assert!(other.run(&["--remove"]).expect(2).err().contains("gets no webhooks any more"));
    assert_eq!(other.vendor.url().unwrap(), OLD);
    other.record(0, &["--remove", "--yes"]);
    assert_eq!(other.vendor.url(), None);
    // Made anew, it has a secret of its own, which is kept.
    assert_eq!(other.record(0, &["--restore"])["secret"], "stored");
    assert_eq!((other.vendor.url().unwrap(), other.stored()), (OLD.to_owned(), other.vendor.secret()));
}

#[test]
fn a_kill_between_the_answer_and_the_disk_says_rotate() {
    for (args, before) in [(&[NEW][..], None), (&["--rotate", "--yes"], Some(OLD))] {
        let user = User::of(before.map_or_else(Vendor::start, Vendor::with));
        user.vendor.then("PUT", Fate::Killed);
        user.vendor.then("GET", Fate::Held);
        let mut child = user.command(&[&["register"], args].concat()).spawn().unwrap();
        user.vendor.change(|state| state.caller = Some(child.id()));
        user.vendor.wait(|state| !state.requests.is_empty());
        user.vendor.release();
        assert_eq!(child.wait().unwrap().code(), None, "killed");
        let url = user.vendor.url().unwrap();
        assert!(user.vendor.secret().is_some() && user.stored().is_none());
        assert_eq!(user.record(0, &["--show"])["secret"], "lost");
        let ran = user.run(&[&url]).expect(3);
        assert!(ran.err().contains("--rotate"), "{}", ran.err());
        assert_eq!(user.record(0, &[&url, "--rotate", "--yes"])["secret"], "stored");
        assert_eq!(user.stored(), user.vendor.secret());
        assert_eq!(user.record(0, &["--show"])["unfinished"], false);
    }
}

#[test]
fn a_kill_between_the_deletion_and_the_new_one_leaves_a_way_on_and_a_way_back() {
    for back in [false, true] {
        let user = User::of(Vendor::with(OLD));
        user.vendor.then("GET", Fate::Held);
        let mut child = user.command(&["register", "--rotate", "--yes"]).spawn().unwrap();
        user.vendor.change(|state| state.caller = Some(child.id()));
        user.vendor.then("DELETE", Fate::Killed);
        user.vendor.release();
        assert_eq!(child.wait().unwrap().code(), None, "killed");
        assert_eq!(user.vendor.url(), None);
        let ran = user.run(&["--show"]).expect(0);
        assert!(ran.out().contains(OLD), "{}", ran.block());
        let record = if back { user.record(0, &["--restore"]) } else { user.record(0, &[OLD]) };
        assert_eq!((&record["url"], &record["secret"]), (&OLD.into(), &"stored".into()));
        assert_eq!((user.vendor.url().unwrap(), user.stored()), (OLD.to_owned(), user.vendor.secret()));
    }
}

#[test]
fn a_connection_that_breaks_after_the_request_says_that_the_secret_may_exist() {
    let user = User::of(Vendor::start());
    user.vendor.then("PUT", Fate::Unheard);
    let ran = user.run(&[NEW]).expect(5);
    assert!(
        ran.err().contains("its secret may exist and be lost") && ran.err().contains("--rotate"),
        "{}",
        ran.err()
    );
    assert_eq!(user.vendor.methods(), ["GET", "PUT"], "it is not sent again");
    assert_eq!(user.record(0, &["--show"])["secret"], "lost");
}

#[test]
fn a_refusal_leaves_nothing_behind() {
    let user = User::of(Vendor::with(OLD));
    user.vendor.then("PUT", Fate::Refused(400));
    let ran = user.run(&[NEW, "--replace"]).expect(4);
    assert!(ran.err().contains("nothing was changed") && ran.err().contains("fake refusal"), "{}", ran.err());
    let record = user.record(0, &["--show"]);
    assert_eq!((&record["unfinished"], &record["former"]), (&false.into(), &Value::Null));
    assert!(!user.home.join("settings/profiles/userjourneys/reserve").exists());
}

#[test]
fn a_profile_that_cannot_be_written_is_found_before_the_vendor_is_asked_to_change() {
    let user = User::of(Vendor::start());
    user.home.write("settings/profiles", "a file where a folder must be");
    let ran = user.run(&[NEW]);
    assert!([3, 6].contains(&ran.code()), "{}", ran.block());
    assert!(!user.vendor.methods().contains(&"PUT".to_owned()));
}

#[test]
fn a_secret_that_cannot_be_stored_is_printed_even_unasked_and_the_state_says_so() {
    let user = User::of(Vendor::start());
    // A folder in its place cannot be replaced by the file, and is found only when it is written.
    user.vendor.then("PUT", Fate::Held);
    let child = user.command(&["register", NEW]).spawn().unwrap();
    user.vendor.wait(|state| state.requests.len() == 2);
    let place = user.home.join("settings/profiles/userjourneys/signing-secret");
    std::fs::create_dir(&place).unwrap();
    user.vendor.release();
    let output = child.wait_with_output().unwrap();
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert_eq!(output.status.code(), Some(6), "{said}");
    let secret = user.vendor.secret().unwrap();
    assert!(String::from_utf8_lossy(&output.stdout).contains(&secret));
    assert!(said.contains("printed, once") && said.contains("--secret-file"), "{said}");
    std::fs::remove_dir(&place).unwrap();
    assert_eq!(user.record(0, &["--show"])["secret"], "lost");
    // What was printed can be handed back.
    let file = user.home.secret("printed.txt", &secret);
    assert_eq!(user.record(0, &[NEW, "--secret-file", file.to_str().unwrap()])["secret"], "known");
    assert_eq!(user.stored().unwrap(), secret);
}

#[test]
fn a_reader_that_is_gone_loses_no_secret() {
    let user = User::of(Vendor::start());
    let mut child = user.command(&["register", NEW, "--print-secret"]).spawn().unwrap();
    drop(child.stdout.take());
    child.wait().unwrap();
    assert_eq!(user.stored(), user.vendor.secret());
    assert!(user.stored().is_some());
}

#[test]
fn of_two_at_once_one_wins_and_the_other_says_so() {
    let user = User::of(Vendor::start());
    user.vendor.then("PUT", Fate::Held);
    let first = user.command(&["register", NEW]).spawn().unwrap();
    user.vendor.wait(|state| state.requests.len() == 2);
    let ran = user.run(&["https://other.example/", "--replace"]).expect(6);
    assert!(ran.err().contains(&format!("process {}", first.id())), "{}", ran.err());
    assert_eq!(user.record(0, &["--show"])["url"], NEW, "a look needs no turn");
    user.vendor.release();
    assert!(first.wait_with_output().unwrap().status.success());
    assert_eq!((user.vendor.url().unwrap(), user.stored()), (NEW.to_owned(), user.vendor.secret()));
}

#[test]
fn ctrl_c_waits_for_the_answer_and_keeps_it() {
    let user = User::of(Vendor::start());
    user.vendor.then("PUT", Fate::Held);
    let child = user.command(&["register", NEW]).spawn().unwrap();
    user.vendor.wait(|state| state.requests.len() == 2);
    interrupt(child.id());
    user.vendor.release();
    assert!(child.wait_with_output().unwrap().status.success());
    assert_eq!(user.stored(), user.vendor.secret());
}

fn interrupt(pid: u32) {
    let sent = std::process::Command::new("kill").args(["-s", "INT", &pid.to_string()]).status();
    assert!(sent.unwrap().success());
}

#[test]
fn a_secret_of_another_api_is_not_replaced() {
    let production = User::of(Vendor::start());
    production.record(0, &[NEW]);
    let secret = production.stored();
    let sandbox = User { home: production.home, vendor: Vendor::start() };
    let ran = sandbox.run(&[NEW]).expect(3);
    assert!(ran.err().contains("--profile"), "{}", ran.err());
    assert_eq!((sandbox.vendor.url(), sandbox.stored()), (None, secret));
}

#[test]
fn what_cannot_be_registered_is_refused_before_anybody_is_asked() {
    let user = User::of(Vendor::start());
    for (args, said) in [
        (&["http://app.example/hooks"][..], "is not https"),
        (&["ftp://app.example/"], "no https URL"),
        (&["app.example"], "no https URL"),
        (&["https://me:fake@app.example/"], "user name or a password"),
        (&["https://app.example/#here"], "after `#`"),
        (&[NEW, "--events", "interview.complete"], "it has interview.completed"),
        (&[], "no URL was given"),
        (&["--show", "--remove"], "cannot be used"),
    ] {
        let ran = user.run(args).expect(2);
        assert!(ran.err().contains(said), "{args:?}: {}", ran.err());
        assert!(!ran.err().contains("fake@"));
    }
    // This machine's own URLs are for a sandbox on this machine.
    assert_eq!(user.record(0, &["http://127.0.0.1:4400/hooks"])["result"], "created");
    let ran = user.home.run_with(
        ["register", "http://127.0.0.1:4400/hooks"],
        b"",
        &[("USERJOURNEYS_API_KEY", KEY)],
    );
    assert!(ran.expect(2).err().contains("only a sandbox"));
    let ran = user.home.run_with(["register", NEW], b"", &[("USERJOURNEYS_BASE_URL", &user.vendor.base())]);
    assert!(ran.expect(3).err().contains("hookctl login"));
    let wrong =
        [("USERJOURNEYS_API_KEY", "uj_live_fakewrong0000"), ("USERJOURNEYS_BASE_URL", &user.vendor.base())];
    user.home.run_with(["register", NEW], b"", &wrong).expect(4);
}
