//! A request that is signed again is signed as its target gets it.

use crate::harness::Home;

const SECRET: (&str, &str) = ("ACME_WEBHOOK_SECRET", "fake-acme-secret");

/// Two listeners with the same profile: what the first one kept is signed again for the second one.
#[track_caller]
fn arrives_verified(profile: &str, options: &[&str], base: &str) {
    let (home, other) = (Home::default(), Home::default());
    let file = home.write("acme.toml", profile);
    let args = ["--provider", "acme", "--provider-file", file.to_str().unwrap()];
    let first = home.listen_with(args, &[SECRET]);
    let to = format!("{}/in?x=1", first.url);
    let trigger = [&["trigger", "a", "--to", &to, "--data", "-"], &args[..]].concat();
    home.run_with(trigger, b"{\"type\":\"a\"}", &[SECRET]).expect(0);
    assert_eq!(first.next("delivery")["verdict"]["code"], "verified");
    first.stop();
    let second = other.listen_with(args, &[SECRET]);
    let to = format!("{}{base}", second.url);
    let replay = [&["events", "replay", "1", "--to", &to, "--resign"], options, &args[..]].concat();
    home.run_with(replay, b"", &[SECRET]).expect(0);
    let came = second.next("delivery");
    assert_eq!(came["verdict"]["code"], "verified", "{came}");
    second.stop();
}

#[test]
fn a_scheme_that_signs_the_path_signs_the_one_of_the_target() {
    let profile = "[acme]\nheader = \"X-Acme\"\nvalue = \"{sig}\"\ncontent = \"{target}{body}\"\n";
    arrives_verified(profile, &[], "/base");
    arrives_verified(profile, &["--path-mode", "fixed"], "/own?y=2");
}

#[test]
fn a_signature_in_the_query_stays_there_on_a_fixed_path() {
    let profile = "[acme]\nat = \"query:signature\"\nvalue = \"{sig}\"\ncontent = \"{body}\"\n";
    arrives_verified(profile, &[], "/base");
    arrives_verified(profile, &["--path-mode", "fixed"], "/own?y=2");
}
