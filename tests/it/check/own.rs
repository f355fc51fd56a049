//! `hookctl check` against `hookctl listen`: what checks others holds itself.

use super::kit::Kit;
use crate::harness::{Home, Listening, Ran};
use hookctl::config::secrets::variable_of;

/// A provider whose deliveries are listened for.
struct Own {
    home: Home,
    kit: Kit,
    variable: String,
    secret: String,
}

impl Own {
    fn new(provider: &str) -> Self {
        let kit = Kit::new(provider);
        let secret = String::from_utf8(kit.secret.expose().to_vec()).unwrap();
        Self { home: Home::default(), kit, variable: variable_of(provider), secret }
    }

    fn id(&self) -> &str {
        self.kit.provider.id()
    }

    fn known(&self) -> [(&str, &str); 1] {
        [(&self.variable, &self.secret)]
    }

    fn listen(&self, more: &[&str]) -> Listening {
        self.home.listen_with([&["--provider", self.id()][..], more].concat(), &self.known())
    }

    /// The exit code is 1 when anything is found, be it a note.
    fn check(&self, listening: &Listening, more: &[&str]) -> Ran {
        let url = format!("{}/hooks", listening.url);
        let args = ["check", &url, "--provider", self.id(), "--json", "--fail-on", "note"];
        self.home.run_with([&args[..], more].concat(), b"", &self.known())
    }
}

/// The ids of the cases with this outcome.
fn ids(ran: &Ran, outcome: &str) -> Vec<String> {
    let records = ran.records();
    let found = records.iter().filter(|record| record["outcome"] == outcome);
    found.map(|record| record["id"].as_str().unwrap().to_owned()).collect()
}

/// What Koji's scheme does not have, and what needs TLS.
const NOT_KOJIS: [&str; 6] =
    ["alg-none", "future-timestamp", "http2", "one-right-value", "reused-timestamp", "stale-timestamp"];

/// `check --self`, with nothing that a user has.
fn of_itself(home: &Home, more: &[&str]) -> Ran {
    let folder = home.join("temporary");
    std::fs::create_dir_all(&folder).unwrap();
    let args = ["check", "--self", "--json", "--fail-on", "note"];
    let ran = home.run_with([&args[..], more].concat(), b"", &[("TMPDIR", folder.to_str().unwrap())]);
    let left: Vec<_> = std::fs::read_dir(folder).unwrap().collect();
    assert!(left.is_empty(), "{left:?}");
    assert!(!home.join("settings").exists() && !home.join("data").exists());
    ran
}

#[test]
fn listen_itself_passes_everything() {
    std::thread::scope(|scope| {
        for provider in ["koji", "userjourneys", "stripe", "standard-webhooks", "paypal", "braintree"] {
            scope.spawn(move || {
                let ran = of_itself(&Home::default(), &["--provider", provider]).expect(0);
                assert_eq!(ids(&ran, "fail"), [""; 0], "{provider}: {}", ran.block());
                assert!(ids(&ran, "pass").len() > 30, "{provider}: {}", ran.block());
            });
        }
    });
}

/// The control: what is found wrong with it is said.
#[test]
fn a_self_check_can_fail() {
    let home = Home::default();
    let ran = of_itself(&home, &["--case", "authenticity", "-H", "X-Koji-Signature: sha256=00"]).expect(1);
    assert_eq!(ids(&ran, "fail"), ["good-delivery"]);
    let records = ran.records();
    let again = records[0]["again"].as_str().unwrap();
    assert_eq!(again, "hookctl check --self -H 'X-Koji-Signature: ...' --case good-delivery");
}

#[test]
fn a_self_check_knows_the_providers_of_files_and_nothing_else_of_the_user() {
    let home = Home::default();
    home.write("acme.toml", "[acme]\nheader = \"X-Acme-Signature\"\nvalue = \"v0={sig}\"\n");
    home.write("hookctl.toml", "port = 1\n");
    let ran = of_itself(&home, &["--provider", "acme", "--provider-file", "acme.toml"]).expect(0);
    assert!(ids(&ran, "pass").len() > 30, "{}", ran.block());
}

#[test]
fn who_cannot_start_its_listener_says_so() {
    let home = Home::default();
    let none = home.join("none");
    let ran = home.run_with(["check", "--self"], b"", &[("TMPDIR", none.to_str().unwrap())]).expect(6);
    assert!(ran.err().contains("could not make the listener's folder"), "{}", ran.err());
    assert!(ran.err().contains("TMPDIR") && ran.out().is_empty(), "{}", ran.block());
}

#[cfg(target_os = "linux")]
fn waits(what: &str, done: impl Fn() -> bool) {
    let began = std::time::Instant::now();
    while !done() {
        assert!(began.elapsed() < crate::harness::PATIENCE, "{what}");
        std::thread::yield_now();
    }
}

/// Killed, a check left its listener behind for an hour. Where nothing reads what it
/// says, only the kernel can tell it.
#[cfg(target_os = "linux")]
#[test]
fn a_listener_ends_with_the_process_that_started_it() {
    let home = Home::default();
    let listen = "\"$0\" listen --port 0 --json --no-input --no-inspect --for 1h > out & wait";
    let command = home.command([""; 0]);
    let program = command.get_program().to_owned();
    let mut parent = std::process::Command::new("sh");
    parent.args(["-c", &format!("HOOKCTL_PARENT=$$ {listen}")]).arg(program).current_dir(home.path());
    parent.env_clear().envs(command.get_envs().filter_map(|(name, value)| Some((name, value?))));
    let mut parent = parent.stderr(std::process::Stdio::null()).spawn().unwrap();
    let says = |what: &str| std::fs::read_to_string(home.join("out")).is_ok_and(|out| out.contains(what));
    waits("it does not listen", || says("\"ready\""));
    assert!(!says("\"summary\""));
    parent.kill().unwrap();
    parent.wait().unwrap();
    waits("it is still there", || says("\"summary\""));
}

#[cfg(target_os = "linux")]
#[test]
fn a_self_check_tells_its_listener_whose_child_it_is() {
    use std::fs;
    let home = Home::default();
    let mut check = home.command(["check", "--self"]).env("TMPDIR", home.path()).spawn().unwrap();
    let folders = || fs::read_dir(home.path()).unwrap().filter_map(Result::ok);
    waits("no journal", || folders().any(|folder| folder.path().join("data/journal.db").exists()));
    let children = format!("/proc/{0}/task/{0}/children", check.id());
    let listener: u32 = fs::read_to_string(children).unwrap().trim().parse().unwrap();
    let environment = fs::read(format!("/proc/{listener}/environ")).unwrap();
    let wanted = format!("HOOKCTL_PARENT={}", check.id());
    assert!(environment.split(|byte| *byte == 0).any(|variable| variable == wanted.as_bytes()));
    check.kill().unwrap();
    check.wait().unwrap();
}

#[test]
fn listen_before_an_application_passes_on_what_is_signed_and_nothing_else() {
    let own = Own::new("koji");
    let application = own.kit.handler(&[]);
    let target = format!("http://{}", application.address);
    let listening = own.listen(&["--forward", &target]);
    let ran = own.check(&listening, &["--probe", &application.counter()]).expect(0);
    assert_eq!(ids(&ran, "fail"), [""; 0], "{}", ran.block());
    let mut skipped = ids(&ran, "skip");
    skipped.sort();
    assert_eq!(skipped, NOT_KOJIS);
}

/// Braintree's signature begins with the public key that belongs to the private one.
#[test]
fn a_scheme_that_sends_a_public_key_is_checked_with_it() {
    let own = Own::new("braintree");
    let key = ["--public-key", "fake-public-key"];
    let ran = own.check(&own.listen(&key), &key).expect(0);
    assert!(ids(&ran, "pass").len() > 30, "{}", ran.block());
    assert!(own.check(&own.listen(&key), &[]).expect(2).err().contains("--public-key KEY"));
}

#[test]
fn listen_that_believes_everybody_is_found() {
    let own = Own::new("koji");
    let ran = own.check(&own.listen(&["--no-verify-signature"]), &[]).expect(1);
    let failed = ids(&ran, "fail");
    for case in ["no-signature", "other-secret", "byte-changed"] {
        assert!(failed.iter().any(|id| id == case), "{case}: {}", ran.block());
    }
}
