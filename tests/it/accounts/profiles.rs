//! What a profile gives to other commands: provider, signing secret, target.

use super::{UJ_KEY, logged_in, mode, set_mode};
use crate::harness::target::Application;
use crate::harness::{Home, hmac_sha256_hex, post};

/// A profile of Koji with a signing secret.
fn with_secret(home: &Home, profile: &str, secret: &str) {
    let file = home.secret("given", secret);
    home.run(["login", "--provider", "koji", "--profile", profile, "--secret-file", file.to_str().unwrap()])
        .expect(0);
}

fn signed_with(home: &Home, args: &[&str], variables: &[(&str, &str)]) -> String {
    let args = ["sign", "--data", "x"].iter().chain(args);
    home.run_with(args, b"", variables).expect(0).out()
}

#[test]
fn a_profile_gives_its_provider_and_its_signing_secret() {
    let home = Home::default();
    with_secret(&home, "koji", "one");
    with_secret(&home, "second", "two");
    let of = |secret: &str| format!("sha256={}", hmac_sha256_hex(secret, b"x"));
    assert!(signed_with(&home, &["--provider", "koji"], &[]).contains(&of("one")), "the profile of its name");
    assert!(signed_with(&home, &["--profile", "second"], &[]).contains(&of("two")));
    assert!(signed_with(&home, &[], &[("HOOKCTL_PROFILE", "second")]).contains(&of("two")));
    // What is given for this one command comes first.
    let given = [("KOJI_WEBHOOK_SECRET", "three")];
    assert!(signed_with(&home, &["--profile", "second"], &given).contains(&of("three")));
    assert!(signed_with(&home, &["--profile", "second", "--secret", "four"], &given).contains(&of("four")));
    // A named profile has its own secret or none.
    logged_in(&home, "third", &[]);
    home.run(["sign", "--data", "x", "--profile", "third"]).expect(3);
    home.run(["sign", "--data", "x", "--profile", "fourth"]).expect(3);
    let header = format!("X-Koji-Signature: {}", of("two"));
    home.run(["verify", "--data", "x", "-H", &header, "--profile", "second"]).expect(0);
    home.run(["verify", "--data", "x", "-H", &header, "--provider", "koji"]).expect(1);
}

#[test]
fn the_older_file_is_the_secret_of_the_profile_of_its_name() {
    let home = Home::default();
    home.secret("settings/secrets/koji", "older");
    let of = |secret: &str| format!("sha256={}", hmac_sha256_hex(secret, b"x"));
    assert!(signed_with(&home, &["--provider", "koji"], &[]).contains(&of("older")));
    with_secret(&home, "koji", "newer");
    assert!(signed_with(&home, &["--provider", "koji"], &[]).contains(&of("newer")));
    assert!(signed_with(&home, &["--profile", "koji"], &[]).contains(&of("newer")));
}

#[test]
fn listen_and_trigger_find_secret_and_target() {
    let (home, application) = (Home::default(), Application::start());
    with_secret(&home, "shop", "one");
    let target = application.address.to_string();
    home.run(["config", "set", "profiles.shop.target", &target]).expect(0);
    let listening = home.listen(["--provider", "koji", "--forward", "/hooks/koji", "--until", "1"]);
    let signature = format!("sha256={}", hmac_sha256_hex("one", b"{}"));
    assert_eq!(post(listening.address, "/", &[("X-Koji-Signature", "sha256=00")], b"{}"), 401);
    assert_eq!(post(listening.address, "/", &[("X-Koji-Signature", &signature)], b"{}"), 200);
    assert_eq!(listening.finish().0, 0);
    home.run(["trigger", "report.generated", "--to", "/again"]).expect(0);
    let targets: Vec<String> =
        application.received().iter().map(super::super::harness::target::Received::target).collect();
    assert_eq!(targets, ["/hooks/koji", "/again"]);
}

#[test]
fn a_path_without_a_default_target_says_how_to_set_one() {
    let home = Home::default();
    let ran = home.run(["trigger", "report.generated", "--to", "/hook", "--unsigned"]).expect(2);
    assert!(ran.err().contains("no default target"), "{}", ran.err());
    with_secret(&home, "koji", "one");
    let ran = home.run(["trigger", "report.generated", "--to", "/hook"]).expect(2);
    assert!(ran.err().contains("hookctl config set profiles.koji.target"), "{}", ran.err());
}

#[test]
fn several_profiles_of_one_vendor_must_be_told_apart() {
    let home = Home::default();
    logged_in(&home, "one", &[]);
    logged_in(&home, "two", &[]);
    let ran = home.run(["whoami"]).expect(2);
    assert!(ran.err().contains("several profiles are of userjourneys: one, two"), "{}", ran.err());
    let profile = |args: &[&str], variables: &[(&str, &str)]| {
        let ran =
            home.run_with(["whoami", "--jq", ".profile, .profile_origin"].iter().chain(args), b"", variables);
        ran.expect(0).out()
    };
    assert_eq!(profile(&["-p", "two"], &[]), "\"two\"\n\"--profile\"\n");
    assert_eq!(profile(&[], &[("HOOKCTL_PROFILE", "two")]), "\"two\"\n\"HOOKCTL_PROFILE\"\n");
    assert_eq!(profile(&["-p", "one"], &[("HOOKCTL_PROFILE", "two")]), "\"one\"\n\"--profile\"\n");
    home.run(["config", "set", "profile", "one"]).expect(0);
    let file = home.join("settings/config.toml");
    assert_eq!(profile(&[], &[]), format!("\"one\"\n\"{}\"\n", file.display()));
    home.write("hookctl.toml", "profile = \"two\"\n");
    assert!(profile(&[], &[]).starts_with("\"two\"\n"));
    let ran = home.run(["whoami", "-p", "twoo"]).expect(3);
    assert!(ran.err().contains("did you mean `--profile two`?"), "{}", ran.err());
    let ran = home.run(["whoami", "-p", "one", "--provider", "koji"]).expect(2);
    assert!(ran.err().contains("is of userjourneys"), "{}", ran.err());
}

#[test]
fn a_mode_that_somebody_widened_is_repaired_and_said() {
    let home = Home::default();
    logged_in(&home, "shop", &[]);
    let key = home.join("settings/profiles/shop/api-key");
    assert!(!home.run(["whoami"]).expect(0).err().contains("open to other users"));
    set_mode(&key, 0o644);
    let ran = home.run(["whoami"]).expect(0);
    assert!(ran.err().contains("was open to other users (mode 644); it is 600 now"), "{}", ran.err());
    assert_eq!(mode(&key), 0o600);
    assert!(!ran.block().contains(UJ_KEY));
    assert!(!home.run(["whoami"]).expect(0).err().contains("open to other users"));
}

#[test]
fn a_damaged_profile_is_said_and_not_passed_over() {
    let home = Home::default();
    logged_in(&home, "shop", &[]);
    home.secret("settings/profiles/shop/profile.toml", "provider = ");
    for args in [&["whoami"][..], &["sign", "--data", "x", "--provider", "koji"], &["listen", "--port", "0"]]
    {
        let ran = home.run(args).expect(3);
        assert!(
            ran.err().contains("profile.toml` is damaged") && ran.err().contains("hookctl doctor"),
            "{}",
            ran.err()
        );
    }
}
