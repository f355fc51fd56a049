//! A request that is signed again is signed as its target gets it.

use crate::harness::Home;
use crate::harness::inspector::Inspector;
use serde_json::json;

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

/// With two secrets, of a rotation or of two vendors, signing again was refused
/// for a scheme that sends one signature.
#[test]
fn with_two_secrets_the_one_that_verified_the_delivery_signs_again() {
    let (home, other) = (Home::default(), Home::default());
    let files = ["one", "two"].map(|name| home.secret(name, &format!("fake-secret-{name}")));
    let [one, two] = files.each_ref().map(|path| path.to_str().unwrap());
    let both = ["--secret-file", one, "--secret-file", two];
    let first = home.listen([&["--provider", "koji"], &both[..]].concat());
    let to = format!("{}/in", first.url);
    let trigger = ["trigger", "interview.completed", "--provider", "koji", "--to", &to, "--secret-file", two];
    home.run(trigger).expect(0);
    assert_eq!(first.next("delivery")["verdict"]["code"], "verified");
    first.stop();
    // Who knows the second secret alone takes it.
    let second = other.listen(["--provider", "koji", "--secret-file", two]);
    let inspector = Inspector::start(&home, both, &[]);
    inspector.post("/api/deliveries/1/replay", &json!({ "to": second.url, "resign": true }));
    assert_eq!(second.next("delivery")["verdict"]["code"], "verified");
    let replay = ["events", "replay", "1", "--resign", "--to", &second.url];
    home.run([&replay[..], &both].concat()).expect(0);
    assert_eq!(second.any()["verdict"]["code"], "verified");
    // The control: with the first one alone it is refused.
    home.run([&replay[..], &["--secret-file", one]].concat()).expect(1);
    assert_eq!(second.any()["verdict"]["code"], "mismatch");
    second.stop();
}

#[test]
fn too_many_secrets_name_the_option_to_leave_out() {
    let home = Home::default();
    let files = ["one", "two"].map(|name| home.secret(name, &format!("fake-secret-{name}")));
    let [one, two] = files.each_ref().map(|path| path.to_str().unwrap());
    let both = ["--provider", "koji", "--secret-file", one, "--secret-file", two];
    for command in [&["sign", "--data", "{}"][..], &["trigger", "interview.completed", "--to", "9"]] {
        let ran = home.run([command, &both].concat()).expect(2);
        assert!(ran.err().contains("at most 1 signature(s)"), "{}", ran.err());
        assert!(ran.err().contains(&format!("leave out `--secret-file {two}`")), "{}", ran.err());
    }
}
