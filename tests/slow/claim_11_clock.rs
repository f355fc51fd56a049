//! Claim 11, its clock: a wall clock that jumps changes no retry interval and
//! loses nothing. Signals and closed outputs are in `tests/it/claims`.

use crate::harness::target::Application;
use crate::harness::{Home, Listening, post, require};
use std::time::{Duration, Instant};

/// The library that lies to a program about the time, as the dynamic linker finds it.
fn library() -> String {
    require("faketime");
    let asked =
        std::process::Command::new("faketime").args(["now", "printenv", "LD_PRELOAD"]).output().unwrap();
    String::from_utf8(asked.stdout).unwrap().trim().replace("libfaketime.so", "libfaketimeMT.so")
}

/// A listener whose wall clock a file decides.
struct Lied {
    home: Home,
    target: Application,
}

impl Lied {
    fn new() -> Self {
        let lied = Self { home: Home::default(), target: Application::start() };
        lied.jump("+0");
        lied.target.answer(503);
        lied
    }

    fn jump(&self, by: &str) {
        // Renamed into place: half a file is no time.
        let new = self.home.write("clock.new", by);
        std::fs::rename(new, self.home.join("clock")).unwrap();
    }

    fn listen(&self) -> Listening {
        let mut command = self.home.command(["listen", "--port", "0", "--json", "--answer", "ack"]);
        command.args(["--forward", &self.target.url()]);
        command.env("LD_PRELOAD", library()).env("FAKETIME_TIMESTAMP_FILE", self.home.join("clock"));
        command.env("FAKETIME_NO_CACHE", "1").env("FAKETIME_DONT_FAKE_MONOTONIC", "1");
        Listening::start(command)
    }
}

/// Waits for the next attempt; how long that took, and when it began by the clock of the program.
fn attempt(listening: &Listening, number: u64, action: &str) -> (Duration, String) {
    let begun = Instant::now();
    let record = listening.next("attempt");
    assert_eq!((&record["number"], &record["next"]["action"]), (&number.into(), &action.into()), "{record}");
    (begun.elapsed(), record["started"].as_str().unwrap().to_owned())
}

#[test]
fn jumps_change_no_interval_and_hold_nothing_back() {
    let lied = Lied::new();
    let listening = lied.listen();
    assert_eq!(post(listening.address, "/a", &[], b"{\"n\":1}"), 200);
    let (_, first) = attempt(&listening, 1, "retry");
    // Received by a clock that is ahead of the one that it will be forwarded by.
    assert_eq!(post(listening.address, "/b", &[], b"{\"n\":2}"), 200);
    lied.jump("-1h");
    let (after_1s, second) = attempt(&listening, 2, "retry");
    assert!(second < first, "the clock did not jump: {first}, {second}");
    lied.jump("+4h");
    let (after_5s, third) = attempt(&listening, 3, "retry");
    assert!(third > first, "the clock did not jump: {first}, {third}");
    println!("-1h: next try after {after_1s:?} (1 s); +4h: next try after {after_5s:?} (5 s)");
    assert!(after_1s < Duration::from_secs(20) && after_5s < Duration::from_secs(20));
    assert!(after_5s > Duration::from_secs(2), "a jump ahead brought the try forward");
    lied.target.answer(200);
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
}

#[test]
fn what_came_before_the_clock_was_set_back_is_passed_on_at_once() {
    let lied = Lied::new();
    lied.jump("@2038-01-20 00:00:00");
    let listening = lied.listen();
    assert_eq!(post(listening.address, "/a", &[], b"{\"n\":1}"), 200);
    attempt(&listening, 1, "retry");
    assert_eq!(post(listening.address, "/b", &[], b"{\"n\":2}"), 200);
    lied.target.answer(200);
    attempt(&listening, 2, "delivered");
    attempt(&listening, 1, "delivered");
    lied.target.answer(503);
    assert_eq!(post(listening.address, "/c", &[], b"{\"n\":3}"), 200);
    attempt(&listening, 1, "retry");
    assert_eq!(post(listening.address, "/d", &[], b"{\"n\":4}"), 200);
    // Years back, while one waits for its second try and one for its first.
    lied.jump("@1990-01-01 00:00:00");
    lied.target.answer(200);
    let (waited, _) = attempt(&listening, 2, "delivered");
    let (passed_on, _) = attempt(&listening, 1, "delivered");
    println!("48 years back: second try after {waited:?}, the next delivery after {passed_on:?}");
    let targets: Vec<_> =
        lied.target.received().iter().map(super::harness::target::Received::target).collect();
    assert_eq!(targets.last().unwrap(), "/d");
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
}

#[test]
fn a_jump_over_the_whole_window_is_a_visible_dead_letter() {
    let lied = Lied::new();
    let listening = lied.listen();
    assert_eq!(post(listening.address, "/a", &[], b"{\"n\":1}"), 200);
    attempt(&listening, 1, "retry");
    lied.jump("@9998-01-01 00:00:00");
    attempt(&listening, 2, "dead");
    lied.target.answer(200);
    assert_eq!(post(listening.address, "/b", &[], b"{\"n\":2}"), 200, "received in any year");
    attempt(&listening, 1, "delivered");
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
    let dead = lied.home.run(["events", "list", "--dead", "--json"]).expect(0).records();
    assert_eq!(dead.len(), 1, "{dead:?}");
    let again = lied.home.run(["events", "replay", "--dead", "--to", &lied.target.url()]);
    again.expect(0);
    assert_eq!(lied.target.received().last().unwrap().target(), "/a");
}

#[test]
fn deliveries_of_any_year_are_kept_listed_and_passed_on() {
    let lied = Lied::new();
    lied.target.answer(200);
    let listening = lied.listen();
    let years = [
        "@1970-01-01 00:00:01",
        "@2038-01-20 00:00:00",
        "@2016-12-31 23:59:59",
        "@9998-12-31 23:59:59",
        "+0",
    ];
    for (number, year) in years.into_iter().enumerate() {
        lied.jump(year);
        assert_eq!(
            post(listening.address, "/any", &[], format!("{{\"n\":{number}}}").as_bytes()),
            200,
            "{year}"
        );
        attempt(&listening, 1, "delivered");
    }
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
    let listed = lied.home.run(["events", "list", "--json"]).expect(0).records();
    let received: Vec<_> =
        listed.iter().map(|record| record["received"].as_str().unwrap()[..4].to_owned()).collect();
    assert_eq!(received[1..], ["9998", "2016", "2038", "1970"]);
}
