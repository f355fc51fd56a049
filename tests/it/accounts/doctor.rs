//! `doctor`: each thing that can be wrong is found, named with what mends it, and gone afterwards.

use super::vendor::Vendor;
use super::{UJ_KEY, logged_in, set_mode};
use crate::harness::{Home, Ran};
use std::net::TcpListener;

fn findings(ran: &Ran, outcome: &str) -> Vec<String> {
    let bad = ran.records().into_iter().filter(|record| record["outcome"] == outcome);
    bad.map(|record| format!("{}: {} -> {}", record["check"], record["what"], record["mend"])).collect()
}

fn problems(home: &Home, code: i32) -> Vec<String> {
    findings(&home.run(["doctor", "--json"]).expect(code), "problem")
}

#[test]
fn a_fresh_home_and_one_in_use_are_well() {
    let home = Home::default();
    assert!(problems(&home, 0).is_empty());
    logged_in(&home, "shop", &[]);
    home.run(["listen", "--port", "0", "--for", "1ms"]).expect(124);
    assert!(problems(&home, 0).is_empty());
    let before = super::files(home.path());
    home.run(["doctor"]).expect(0);
    let names = |files: Vec<(String, Vec<u8>)>| files.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let durable = |name: &String| !name.ends_with("-wal") && !name.ends_with("-shm");
    let after: Vec<_> = names(super::files(home.path())).into_iter().filter(durable).collect();
    assert_eq!(names(before).into_iter().filter(durable).collect::<Vec<_>>(), after, "it leaves nothing");
}

#[test]
fn what_is_wrong_is_found_and_named_with_the_command_that_mends_it() {
    type Break = fn(&Home);
    let cases: [(&str, &str, Break); 8] = [
        ("mode 644", "chmod 600", |home| set_mode(home.join("settings/profiles/shop/api-key"), 0o644)),
        ("mode 755", "chmod 700", |home| set_mode(home.join("settings/profiles"), 0o755)),
        ("is damaged", "hookctl logout --everything --profile shop", |home| {
            home.secret("settings/profiles/shop/profile.toml", "nonsense");
        }),
        ("the API key", "", |home| drop(home.write("settings/config.toml", "prot = 1\n"))),
        ("plain http", "config set profiles.shop.base_url", |home| {
            home.secret(
                "settings/profiles/shop/profile.toml",
                "provider = \"userjourneys\"\nbase_url = \"http://a.example\"\n",
            );
        }),
        ("is not a hookctl journal", "--journal FILE", |home| {
            std::fs::create_dir_all(home.join("data")).unwrap();
            home.write("data/journal.db", "no journal at all");
        }),
        ("acme.toml:2: field `heder`", "hookctl providers test ", |home| {
            home.write("settings/providers/acme.toml", "[acme]\nheder=\"x\"\n");
        }),
        ("where a folder should be", "mv ", |home| drop(home.write("data", "a file"))),
    ];
    for (what, mend, break_it) in cases {
        let home = Home::default();
        logged_in(&home, "shop", &[]);
        assert!(problems(&home, 0).is_empty());
        break_it(&home);
        let found = problems(&home, 3);
        let wanted = if what == "the API key" { "did you mean `port`?" } else { what };
        assert!(found.iter().any(|line| line.contains(wanted) && line.contains(mend)), "{what}: {found:?}");
        assert!(found.iter().all(|line| !line.ends_with("-> null")), "{found:?}");
        let text = home.run(["doctor"]).expect(3).out();
        assert!(text.contains("hint: "), "{text}");
    }
}

#[test]
fn a_damaged_journal_is_found() {
    use std::io::{Seek, SeekFrom, Write};
    let home = Home::default();
    home.run(["listen", "--port", "0", "--for", "1ms"]).expect(124);
    assert!(problems(&home, 0).is_empty());
    let path = home.join("data/journal.db");
    let length = std::fs::metadata(&path).unwrap().len();
    let mut file = std::fs::OpenOptions::new().write(true).open(&path).unwrap();
    // Behind the first page, which says what the file is.
    for at in (16_384..length).step_by(4_096) {
        file.seek(SeekFrom::Start(at)).unwrap();
        file.write_all(&[0x5a; 256]).unwrap();
    }
    drop(file);
    let found = problems(&home, 3);
    assert!(
        found.iter().any(|line| line.contains("journal.db") && line.contains("hookctl events export")),
        "{found:?}"
    );
}

#[test]
fn a_listener_at_work_and_a_taken_port_are_no_problem() {
    let home = Home::default();
    let listening = home.listen(["--until", "1"]);
    let ran = home.run(["doctor"]).expect(0);
    assert!(
        ran.out().contains(&format!("process {} is listening with it", listening.child.id())),
        "{}",
        ran.out()
    );
    drop(listening);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = home.run_with(["doctor", "--json"], b"", &[("HOOKCTL_PORT", &port)]).expect(0);
    assert!(findings(&ran, "note").iter().any(|line| line.contains("--port 0")), "{}", ran.out());
}

#[test]
fn vendors_are_asked_only_when_told_to() {
    let (home, vendor) = (Home::default(), Vendor::saying(401, "{}"));
    let base = vendor.base();
    logged_in(&home, "shop", &["--base-url", &base]);
    home.run(["doctor"]).expect(0);
    assert!(vendor.asked().is_empty());
    let ran = home.run(["doctor", "--online"]).expect(3);
    assert!(ran.out().contains("401") && ran.out().contains("hookctl login"), "{}", ran.out());
    assert_eq!(vendor.asked().len(), 1);
    assert!(!ran.out().contains(UJ_KEY));
    let (home, vendor) = (Home::default(), Vendor::content());
    logged_in(&home, "shop", &["--base-url", &vendor.base()]);
    assert!(home.run(["doctor", "--online"]).expect(0).out().contains("takes the key"));
}
