//! `listen --register`: registers while it runs, and puts back what was there
//! before, whatever ends it.

use super::vendor::{Fate, KEY, Vendor};
use super::{NEW, OLD, User};
use crate::harness::{Listening, hmac_sha256_hex, post};

const BODY: &[u8] = br#"{"event":"interview.completed","timestamp":"2026-03-11T14:32:00.123Z","data":{"interview_id":"i","study_id":"s","interview_link":"https://app.example/i/x"}}"#;

impl User {
    fn listening(&self, args: &[&str]) -> Listening {
        Listening::start(self.command(&[&["listen", "--port", "0", "--json"], args].concat()))
    }

    fn registering(&self, url: &str) -> Listening {
        self.listening(&["--register", "--public-url", url])
    }
}

#[test]
fn a_listener_registers_while_it_runs_and_puts_back_what_was_there() {
    for signal in ["INT", "TERM", "HUP"] {
        let user = User::of(Vendor::with(OLD));
        let listening = user.registering(NEW);
        assert_eq!(user.vendor.url().unwrap(), NEW);
        listening.signal(signal);
        let (code, _, said) = listening.finish();
        assert_eq!((code, user.vendor.url().unwrap().as_str()), (0, OLD), "{said}");
        assert!(said.contains(OLD), "{said}");
        assert_eq!(user.vendor.methods(), ["GET", "PUT", "GET", "PUT"]);
        assert!(user.vendor.secret().unwrap().contains("somebodyelse"), "the old receiver's secret holds");
    }
}

#[test]
fn where_there_was_none_the_new_secret_is_used_at_once_and_none_is_left() {
    let user = User::of(Vendor::start());
    let listening = user.listening(&["--register", "--public-url", NEW, "--until", "1"]);
    let secret = user.vendor.secret().unwrap();
    assert_eq!(user.stored().as_ref(), Some(&secret));
    let headers = |signature: String| {
        [("X-Webhook-Event", "interview.completed".to_owned()), ("X-Webhook-Signature", signature)]
    };
    let send = |secret: &str| {
        let headers = headers(format!("sha256={}", hmac_sha256_hex(secret, BODY)));
        post(listening.address, "/", &headers.each_ref().map(|(name, value)| (*name, value.as_str())), BODY)
    };
    assert_eq!(send("whsec_fakeforged"), 401);
    assert_eq!(send(&secret), 200);
    let (code, _, said) = listening.finish();
    assert_eq!((code, user.vendor.url()), (0, None), "{said}");
}

#[test]
fn after_a_crash_the_next_start_puts_it_back_whether_it_registers_or_not() {
    let other = "https://other-tunnel.example/";
    for next in [&[][..], &["--register", "--public-url", other]] {
        let user = User::of(Vendor::with(OLD));
        user.registering(NEW).kill();
        assert_eq!(user.vendor.url().unwrap(), NEW);
        let shown = user.run(&["--show"]).expect(0);
        assert!(shown.err().contains("--restore"), "{}", shown.block());
        let listening = user.listening(next);
        let expected = if next.is_empty() { OLD } else { other };
        assert_eq!(user.vendor.url().unwrap(), expected);
        listening.stop();
        assert_eq!(user.vendor.url().unwrap(), OLD);
    }
    // Nobody is asked where nothing was left behind.
    let user = User::of(Vendor::with(OLD));
    user.listening(&[]).stop();
    assert!(user.vendor.methods().is_empty());
}

#[test]
fn after_a_crash_register_restores_it() {
    let user = User::of(Vendor::with(OLD));
    user.registering(NEW).kill();
    assert_eq!(user.record(0, &["--restore"])["url"], OLD);
    assert_eq!(user.vendor.url().unwrap(), OLD);
    assert_eq!(user.record(0, &["--show"])["listening"], serde_json::Value::Null);
}

#[test]
fn a_listener_that_cannot_start_leaves_the_webhook_alone() {
    let user = User::of(Vendor::with(OLD));
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let run = |args: &[&str]| crate::harness::Ran::of(user.command(args), b"");
    run(&["listen", "--port", &port, "--register", "--public-url", NEW]).expect(6);
    let ran = run(&["listen", "--port", "0", "--register"]).expect(2);
    assert!(ran.err().contains("--public-url"), "{}", ran.err());
    run(&["listen", "--port", "0", "--register", "--public-url", "http://tunnel.example"]).expect(2);
    let koji = run(&["listen", "--port", "0", "--register", "--public-url", NEW, "--provider", "koji"]);
    assert!(koji.expect(2).err().contains("hookctl register --provider koji"));
    assert!(user.vendor.methods().is_empty());
    user.vendor.then("PUT", Fate::Refused(400));
    let ran = run(&["listen", "--port", "0", "--register", "--public-url", NEW]).expect(4);
    assert!(ran.err().contains("nothing was changed"), "{}", ran.err());
    assert_eq!(user.vendor.url().unwrap(), OLD);
}

#[test]
fn a_registration_whose_answer_is_lost_is_put_back_as_well() {
    let user = User::of(Vendor::with(OLD));
    user.vendor.then("PUT", Fate::Unheard);
    let ran = crate::harness::Ran::of(
        user.command(&["listen", "--port", "0", "--register", "--public-url", NEW]),
        b"",
    );
    assert_eq!((ran.code(), user.vendor.url().unwrap().as_str()), (5, OLD), "{}", ran.block());
}

#[test]
fn what_cannot_be_put_back_is_said_with_the_command_that_does() {
    let user = User::of(Vendor::with(OLD));
    let listening = user.registering(NEW);
    user.vendor.then("PUT", Fate::Refused(400));
    let (code, _, said) = listening.stop();
    assert_eq!(code, 4, "{said}");
    assert!(said.contains("hookctl register --restore"), "{said}");
    assert_eq!(user.record(0, &["--restore"])["url"], OLD);
}

#[test]
fn nobody_registers_while_a_listener_has_the_webhook() {
    let user = User::of(Vendor::with(OLD));
    let listening = user.registering(NEW);
    let ran = user.run(&["https://third.example/", "--replace"]).expect(6);
    assert!(ran.err().contains(&format!("process {}", listening.child.id())), "{}", ran.err());
    listening.stop();
    assert_eq!(user.vendor.url().unwrap(), OLD);
}

#[test]
fn what_somebody_changed_meanwhile_is_left_alone() {
    let user = User::of(Vendor::with(OLD));
    let listening = user.registering(NEW);
    user.vendor.change(|state| {
        state.registered =
            Some(serde_json::json!({"url": "https://moved.example/", "events": ["interview.completed"]}));
    });
    let (code, _, said) = listening.stop();
    assert_eq!((code, user.vendor.url().unwrap().as_str()), (0, "https://moved.example/"), "{said}");
    assert!(said.contains("somebody registered"), "{said}");
}

#[test]
fn the_key_is_shown_nowhere() {
    let user = User::of(Vendor::with(OLD));
    let listening = user.listening(&["--register", "--public-url", NEW, "-v"]);
    let (_, records, said) = listening.stop();
    assert!(!said.contains(KEY) && !format!("{records:?}").contains(KEY));
}

#[test]
fn doctor_finds_what_a_crash_left_behind_and_puts_it_back_when_it_may_ask() {
    let user = User::of(Vendor::with(OLD));
    let doctor = |args: &[&str]| crate::harness::Ran::of(user.command(&[&["doctor"], args].concat()), b"");
    user.registering(NEW).kill();
    let found = doctor(&[]);
    assert_eq!(found.code(), 3, "{}", found.block());
    assert!(found.out().contains("hookctl register --restore --profile userjourneys"), "{}", found.out());
    assert_eq!(user.vendor.url().unwrap(), NEW);
    doctor(&["--online"]);
    assert_eq!(user.vendor.url().unwrap(), OLD);
    assert!(!doctor(&[]).out().contains("--restore"));
}
