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

#[test]
fn listen_itself_passes_everything() {
    std::thread::scope(|scope| {
        for provider in ["koji", "userjourneys", "stripe", "standard-webhooks"] {
            scope.spawn(move || {
                let own = Own::new(provider);
                let ran = own.check(&own.listen(&[]), &[]).expect(0);
                assert_eq!(ids(&ran, "fail"), [""; 0], "{provider}: {}", ran.block());
            });
        }
    });
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

#[test]
fn listen_that_believes_everybody_is_found() {
    let own = Own::new("koji");
    let ran = own.check(&own.listen(&["--no-verify-signature"]), &[]).expect(1);
    let failed = ids(&ran, "fail");
    for case in ["no-signature", "other-secret", "byte-changed"] {
        assert!(failed.iter().any(|id| id == case), "{case}: {}", ran.block());
    }
}
