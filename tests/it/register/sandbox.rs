//! Against the sandbox, which is held to the vendor's own documentation.

use super::NEW;
use crate::harness::Home;
use hookctl::job::sandbox::{self, Options};

const OLD: &str = "https://production.example/hooks";

#[test]
fn the_life_of_a_registration_at_the_sandbox() {
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let running = runtime.block_on(sandbox::start(Options::default())).unwrap();
    let home = Home::default();
    let key = running.key("userjourneys").unwrap().to_owned();
    let variables =
        [("USERJOURNEYS_API_KEY", key.as_str()), ("USERJOURNEYS_BASE_URL", running.uj_base.as_str())];
    let record = |args: &[&str]| {
        let args = [&["register", "--json"], args].concat();
        home.run_with(args, b"", &variables).expect(0).records().remove(0)
    };
    let stored =
        || std::fs::read_to_string(home.join("settings/profiles/userjourneys/signing-secret")).unwrap();
    assert_eq!(record(&["--show"])["url"], serde_json::Value::Null);
    assert_eq!(record(&[OLD])["secret"], "stored");
    let first = stored();
    assert!(first.starts_with("whsec_"));
    assert_eq!(record(&[OLD])["result"], "unchanged");
    assert_eq!(home.run_with(["register", NEW], b"", &variables).expect(1).out(), "");
    assert_eq!(record(&[NEW, "--replace"])["secret"], "known");
    assert_eq!(record(&["--restore"])["url"], OLD);
    assert_eq!(stored(), first);
    let rotated = record(&["--rotate", "--yes", "--print-secret"]);
    assert_eq!(rotated["signing_secret"], stored().trim_end());
    assert_ne!(stored(), first);
    assert_eq!(record(&["--remove"])["result"], "removed");
    // A refusal of the vendor itself.
    let wrong =
        [("USERJOURNEYS_API_KEY", "uj_live_fake"), ("USERJOURNEYS_BASE_URL", running.uj_base.as_str())];
    home.run_with(["register", NEW], b"", &wrong).expect(4);
    runtime.block_on(running.stop()).unwrap();
}
