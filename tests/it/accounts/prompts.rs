//! `login` with a person in front of it: a terminal of its own, and keys typed into it.

use super::vendor::Vendor;
use super::{KOJI_KEY, files};
use crate::harness::Home;
use crate::harness::terminal::Session;

#[test]
fn a_person_chooses_the_vendor_and_types_the_key_unseen() {
    let (home, vendor) = (Home::default(), Vendor::saying(404, "{}"));
    let mut command = home.command(["login"]);
    command.env("KOJI_BASE_URL", format!("http://{}", vendor.address));
    let mut session = Session::start(command);
    session.sees("Vendor").sees("Koji").types("\x1b[B\r");
    session.sees("API key of Koji").types(&format!("{KOJI_KEY}\r"));
    let (status, seen) = session.ends();
    assert_eq!(status.code(), Some(0), "{seen}");
    assert!(seen.contains("pk_live_…c3d4") && !seen.contains("fake0000"), "{seen}");
    let stored = std::fs::read_to_string(home.join("settings/profiles/koji/api-key")).unwrap();
    assert_eq!(stored.trim(), KOJI_KEY);
    assert!(vendor.asked()[0].contains(KOJI_KEY));
}

#[test]
fn an_empty_answer_and_no_input_store_nothing() {
    let home = Home::default();
    let mut session = Session::start(home.command(["login", "--provider", "koji", "--no-check"]));
    session.sees("API key of Koji").types("\r");
    let (status, seen) = session.ends();
    assert_eq!(status.code(), Some(3), "{seen}");
    assert!(seen.contains("the API key is empty"), "{seen}");
    let (status, seen) = Session::start(home.command(["login", "--no-input"])).ends();
    assert_eq!(status.code(), Some(2), "{seen}");
    assert!(files(&home.join("settings")).is_empty());
}
