//! What a replay settles: the dead and the waiting of the target that took it,
//! however that is called, and nothing of any other.

use super::BODY;
use crate::harness::target::Application;
use crate::harness::{Home, post};

/// A home whose journal holds one delivery that was given up for a target that refuses connections.
fn with_a_dead_letter(target: &str) -> Home {
    let home = Home::default();
    let args = ["--provider", "koji", "--answer", "ack", "--retry", "none", "--forward", target];
    let listening = home.listen(args);
    assert_eq!(post(listening.address, "/hooks", &[("X-Koji-Signature", "sha256=00")], BODY), 200);
    assert_eq!(listening.next("attempt")["next"]["action"], "dead");
    listening.stop();
    home
}

/// A port where nothing listens yet.
fn port_of_nobody() -> u16 {
    std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

fn undelivered(home: &Home) -> String {
    home.run(["events", "list", "--undelivered", "--jq", ".seq"]).expect(0).out()
}

#[test]
fn a_dead_letter_is_settled_by_its_target_under_another_name() {
    let application = Application::start();
    application.answer(410);
    let home = with_a_dead_letter(&format!("localhost:{}", application.address.port()));
    assert_eq!(undelivered(&home), "1\n");
    application.answer(200);
    let ran = home.run(["events", "replay", "1", "--to", &application.url()]).expect(0);
    assert_eq!((undelivered(&home).as_str(), ran.err().as_str()), ("", ""));
}

#[test]
fn a_replay_to_another_target_says_what_is_still_owed_and_keeps_the_reason() {
    let target = format!("127.0.0.1:{}", port_of_nobody());
    let (home, application) = (with_a_dead_letter(&target), Application::start());
    let ran = home.run(["events", "replay", "1", "--to", &application.url()]).expect(0);
    let said =
        format!("#1 still counts as undelivered for http://{target}, until that takes it or it is pruned\n");
    assert!(ran.err().contains(&said), "{}", ran.err());
    assert!(ran.err().contains(&format!("hookctl events replay 1 --to http://{target}")), "{}", ran.err());
    let list = home.run(["events", "list"]).expect(0).out();
    assert!(list.contains(&format!("{target} refused  dead letter")), "{list}");
}
