//! A process that is not there, ends, is started again, or hangs.

use crate::harness::program::{Program, Supervised, clean};
use crate::harness::{Home, Ran, require};
use crate::programs::{SECRET, failures};
use serde_json::Value;
use std::net::{SocketAddr, TcpListener};
use std::path::{Path, PathBuf};
use std::process::Command;

/// What the handler that hookctl prints does with a delivery without a signature.
const REFUSES: &str = "if (!value) return false;";

/// That handler, doing something else with a POST. The HEAD that looks whether it
/// is there has no signature either.
fn printed_but(home: &Home, instead: &str) -> PathBuf {
    require("node");
    let file = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/handlers/koji.node.mjs");
    let source = std::fs::read_to_string(file).unwrap();
    assert!(source.contains(REFUSES));
    home.write(
        "handler.mjs",
        source.replace(
            REFUSES,
            &format!("if (!value) {{ if (request.method === 'POST') {instead} return false; }}"),
        ),
    )
}

fn command(file: &Path, port: u16) -> Command {
    let mut command = Command::new("node");
    command.arg(file);
    clean(&mut command, file.parent().unwrap(), port);
    command.env("KOJI_WEBHOOK_SECRET", SECRET);
    command
}

/// A check of these cases; a good delivery is sent before them in any case.
fn check(home: &Home, address: SocketAddr, cases: &[&str]) -> Ran {
    let url = format!("http://{address}/webhooks");
    let mut args = vec!["check", &url, "--provider", "koji", "--json", "--timeout", "1s"];
    cases.iter().for_each(|case| args.extend(["--case", case]));
    home.run_with(args, b"", &[("KOJI_WEBHOOK_SECRET", SECRET)])
}

fn case(ran: &Ran, id: &str) -> Value {
    let found = ran.records().into_iter().find(|record| record["id"] == id);
    found.unwrap_or_else(|| panic!("no {id}: {}", ran.block()))
}

#[test]
fn nobody_listens() {
    let home = Home::default();
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let ran = check(&home, address, &[]).expect(5);
    assert!(ran.err().contains(&address.to_string()), "{}", ran.block());
}

#[test]
fn a_handler_that_is_started_late_is_waited_for() {
    let home = Home::default();
    let file = printed_but(&home, "return false;");
    let port = Program::start(command(&file, 0)).address.port();
    let url = format!("http://127.0.0.1:{port}/webhooks");
    let mut check = home.command(["check", &url, "--provider", "koji", "--json", "--wait", "60s"]);
    check.args(["--case", "no-signature"]).env("KOJI_WEBHOOK_SECRET", SECRET);
    let checking = std::thread::spawn(move || Ran::of(check, b""));
    let _late = Program::start(command(&file, port));
    checking.join().unwrap().expect(0);
}

#[test]
fn a_handler_that_ends_and_is_started_again_is_found_and_the_check_goes_on() {
    let home = Home::default();
    let file = printed_but(&home, "process.exit(1);");
    let program = Supervised::start(move |port| command(&file, port));
    let ran = check(&home, program.address, &["no-signature", "other-secret"]).expect(1);
    let found = case(&ran, "no-signature");
    assert_eq!((&found["severity"], &found["code"]), (&"must".into(), &"died".into()), "{found}");
    assert!(found["reason"].as_str().unwrap().contains("started again"), "{found}");
    assert_eq!(case(&ran, "other-secret")["outcome"], "pass");
    assert_eq!(program.starts(), 2);
}

#[test]
fn a_handler_that_hangs_is_left_alone_after_three_silences() {
    let home = Home::default();
    let file = printed_but(&home, "for (;;);");
    let program = Program::start(command(&file, 0));
    let ran = check(&home, program.address, &["authenticity"]).expect(1);
    let found = failures(&ran);
    assert_eq!(found["no-signature"].1, "no_answer", "{found:?}");
    assert_eq!(case(&ran, "other-secret")["outcome"], "skip");
}

/// A run ended with exit code 5 where a HEAD was not answered.
#[test]
fn a_handler_that_leaves_a_head_without_an_answer_is_checked_all_the_same() {
    let home = Home::default();
    let file = printed_but(&home, "return false;");
    let source = std::fs::read_to_string(&file).unwrap();
    let begins = "async (request, response) => {";
    assert!(source.contains(begins));
    let deaf = format!("{begins} if (request.method !== 'POST') return;");
    let file = home.write("deaf.mjs", source.replace(begins, &deaf));
    let program = Program::start(command(&file, 0));
    let ran = check(&home, program.address, &["head", "duplicate"]).expect(0);
    assert_eq!(case(&ran, "head")["code"], "no_answer", "{}", ran.block());
    assert_eq!(failures(&ran).len(), 1, "{}", ran.block());
    assert_eq!(case(&ran, "duplicate")["outcome"], "pass");
}

#[test]
fn a_stopped_handler_answers_nothing_and_that_is_said() {
    let home = Home::default();
    let program = Program::start(command(&printed_but(&home, "return false;"), 0));
    program.freeze();
    let ran = check(&home, program.address, &[]).expect(5);
    assert!(ran.err().contains("did not answer in time"), "{}", ran.block());
}
