//! The guided registration with Koji, by a person at a terminal of its own.

use crate::harness::terminal::awaits_keys;
use crate::harness::{Home, Listening, PATIENCE, Ran, hmac_sha256_hex, post};
use rustix::pty::{OpenptFlags, grantpt, openpt, ptsname, unlockpt};
use std::fs::File;
use std::io::{Read, Write};
use std::net::SocketAddr;
use std::process::{Child, Stdio};
use std::sync::{Arc, Condvar, Mutex};

const URL: &str = "https://tunnel.example/hooks/koji";
const SECRET: &str = "fake-koji-signing-secret";
const PING: &[u8] =
    br#"{"type":"webhook.test","timestamp":"2026-04-16T10:23:00Z","data":{"message":"ping"}}"#;
const BODY: &[u8] =
    br#"{"type":"interview.completed","timestamp":"2026-04-16T10:23:00Z","data":{"interview_id":"i"}}"#;

type Said = Arc<(Mutex<String>, Condvar)>;

/// A person in front of the program: reads what it says, and types.
struct Person {
    child: Child,
    keyboard: File,
    said: Said,
    reading: std::thread::JoinHandle<()>,
}

impl Person {
    fn runs(home: &Home, args: &[&str]) -> Self {
        let terminal = openpt(OpenptFlags::RDWR | OpenptFlags::NOCTTY | OpenptFlags::CLOEXEC).unwrap();
        grantpt(&terminal).unwrap();
        unlockpt(&terminal).unwrap();
        let name = ptsname(&terminal, Vec::new()).unwrap();
        let side = || File::options().read(true).write(true).open(name.to_str().unwrap()).unwrap();
        let mut command = home.command(args);
        command.env("TERM", "xterm").env("NO_COLOR", "1");
        command.stdin(Stdio::from(side())).stdout(Stdio::from(side())).stderr(Stdio::from(side()));
        let child = command.spawn().unwrap();
        // The test's own ends of the terminal must close, or it never ends.
        drop(command);
        let mut screen = File::from(terminal);
        let keyboard = screen.try_clone().unwrap();
        let said = Said::default();
        let told = Arc::clone(&said);
        let reading = std::thread::spawn(move || {
            let mut some = [0; 4096];
            while let Ok(read) = screen.read(&mut some) {
                if read == 0 {
                    return;
                }
                told.0.lock().unwrap().push_str(&String::from_utf8_lossy(&some[..read]));
                told.1.notify_all();
            }
        });
        Self { child, keyboard, said, reading }
    }

    #[track_caller]
    fn reads(&self, text: &str) -> String {
        let said = self.said.0.lock().unwrap();
        let (said, waited) =
            self.said.1.wait_timeout_while(said, PATIENCE, |said| !said.contains(text)).unwrap();
        assert!(!waited.timed_out(), "it never said {text:?}: {said}");
        said.clone()
    }

    fn types(&mut self, line: &str) {
        awaits_keys(&self.keyboard);
        self.keyboard.write_all(format!("{line}\n").as_bytes()).unwrap();
    }

    fn ends(mut self) -> (Option<i32>, String) {
        let code = self.child.wait().unwrap().code();
        // Everything that was said has been read when the terminal is closed.
        self.reading.join().unwrap();
        (code, self.said.0.lock().unwrap().clone())
    }
}

fn send(address: SocketAddr, body: &[u8], secret: Option<&str>) -> u16 {
    let signature = secret.map(|secret| format!("sha256={}", hmac_sha256_hex(secret, body)));
    let headers: Vec<(&str, &str)> =
        signature.iter().map(|signature| ("X-Koji-Signature", signature.as_str())).collect();
    post(address, "/hooks/koji", &headers, body)
}

fn stored(home: &Home) -> String {
    std::fs::read_to_string(home.join("settings/profiles/koji/signing-secret")).unwrap().trim_end().to_owned()
}

#[test]
fn a_person_is_led_from_the_menu_to_the_first_verified_delivery() {
    let home = Home::default();
    let port = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port().to_string();
    let mut person = Person::runs(&home, &["register", "--provider", "koji", URL, "--port", &port]);
    let said = person.reads("listening on http://");
    for text in
        ["Settings > Webhooks > Add Webhook", "Settings > Integrations > Webhooks", URL, "report.generated"]
    {
        assert!(said.contains(text), "{text}: {said}");
    }
    let address: SocketAddr = format!("127.0.0.1:{port}").parse().unwrap();
    assert_eq!(send(address, PING, None), 200);
    person.reads("Signing secret that Koji shows now");
    person.types(SECRET);
    person.reads("waiting for the first delivery whose signature holds");
    assert_eq!(stored(&home), SECRET);
    send(address, BODY, Some("another-fake-secret"));
    person.reads("does not hold with this secret");
    send(address, BODY, Some(SECRET));
    let (code, said) = person.ends();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("Koji's webhook works"), "{said}");
    assert!(!said.contains(SECRET), "the secret was echoed: {said}");
}

#[test]
fn a_listener_that_runs_already_is_watched_and_a_signed_ping_is_enough() {
    let home = Home::default();
    let mut command = home.command(["listen", "--port", "0", "--json", "--provider", "koji"]);
    command.env("LANG", "C.UTF-8");
    let listening = Listening::start(command);
    let mut person = Person::runs(&home, &["register", "--provider", "koji", URL]);
    person.reads("waiting for Koji's ping");
    assert_eq!(send(listening.address, PING, Some(SECRET)), 200);
    person.reads("Signing secret that Koji shows now");
    person.types(SECRET);
    let (code, said) = person.ends();
    assert_eq!(code, Some(0), "{said}");
    assert!(said.contains("a listener is running") && said.contains("Koji's webhook works"), "{said}");
    assert_eq!(stored(&home), SECRET);
    listening.stop();
}

#[test]
fn ctrl_c_on_the_way_leaves_nothing() {
    let home = Home::default();
    let person = Person::runs(&home, &["register", "--provider", "koji", URL, "--port", "0"]);
    person.reads("waiting for Koji's ping");
    super::interrupt(person.child.id());
    let (code, said) = person.ends();
    assert_eq!(code, Some(130), "{said}");
    assert!(!home.join("settings/profiles/koji/signing-secret").exists());
}

#[test]
fn who_waits_in_vain_is_told_after_the_time() {
    let home = Home::default();
    let args = ["register", "--provider", "koji", URL, "--port", "0", "--wait", "10ms"];
    let (code, said) = Person::runs(&home, &args).ends();
    assert_eq!(code, Some(124), "{said}");
    assert!(said.contains("no ping came within 10ms"), "{said}");
}

#[test]
fn without_a_terminal_the_secret_comes_from_a_file_and_the_guide_is_shown_without() {
    let home = Home::default();
    let run = |args: &[&str]| -> Ran { home.run([&["register", "--provider", "koji"], args].concat()) };
    let ran = run(&[URL]).expect(3);
    assert!(
        ran.out().contains("Add Webhook Endpoint") && ran.err().contains("--secret-file"),
        "{}",
        ran.block()
    );
    let file = home.secret("secret.txt", &format!("{SECRET}\n"));
    let file = file.to_str().unwrap();
    let record = run(&[URL, "--secret-file", file, "--json"]).expect(0).records().remove(0);
    assert_eq!((&record["secret"], &record["url"]), (&"stored".into(), &URL.into()));
    assert_eq!(stored(&home), SECRET);
    assert_eq!(run(&["--show", "--json"]).expect(0).records()[0]["secret"], "known");
    for flag in ["--rotate", "--remove", "--restore", "--replace"] {
        assert!(run(&[flag]).expect(2).err().contains("no API for webhooks"), "{flag}");
    }
    run(&[]).expect(2);
    run(&["http://app.example/"]).expect(2);
    let unknown = run(&[URL, "--events", "interview.started"]).expect(2);
    assert!(unknown.err().contains("study.published"), "{}", unknown.err());
    let guide = run(&[URL, "--dry-run", "--json"]).expect(0).records().remove(0);
    assert_eq!((&guide["type"], guide["menus"].as_array().unwrap().len()), (&"guide".into(), 2));
}
