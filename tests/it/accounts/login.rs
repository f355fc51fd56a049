//! `login`, `whoami` and `logout`.

use super::vendor::Vendor;
use super::{KOJI_KEY, UJ_KEY, files, logged_in, mode};
use crate::harness::Home;

#[test]
fn a_key_is_shown_to_its_vendor_before_it_is_stored() {
    let (home, vendor) = (Home::default(), Vendor::content());
    let base = vendor.base();
    let ran = home
        .run_with(["login", "--api-key-file", "-", "--base-url", &base, "--json"], UJ_KEY.as_bytes(), &[])
        .expect(0);
    let account = &ran.records()[0];
    assert_eq!(account["provider"], "userjourneys", "by the beginning of the key");
    assert_eq!(account["api_key"], "uj_live_…a1b2");
    assert!(account["checked"].as_str().unwrap().ends_with('Z'));
    let asked = vendor.asked();
    assert_eq!(asked.len(), 1);
    assert!(asked[0].starts_with("GET /api/v1/studies?limit=1 HTTP/1.1\n"), "{asked:?}");
    assert!(asked[0].to_lowercase().contains(&format!("authorization: bearer {UJ_KEY}\n")), "{asked:?}");
    let folder = home.join("settings/profiles/userjourneys");
    assert_eq!(std::fs::read(folder.join("api-key")).unwrap(), format!("{UJ_KEY}\n").as_bytes());
    for (path, wanted) in
        [("", 0o700), ("api-key", 0o600), ("profile.toml", 0o600), ("..", 0o700), ("../..", 0o700)]
    {
        assert_eq!(mode(folder.join(path)), wanted, "{path}");
    }
}

#[test]
fn a_key_that_the_vendor_refuses_is_not_stored() {
    for (status, code) in [(401, 4), (404, 4), (500, 5), (302, 5)] {
        let (home, vendor) = (Home::default(), Vendor::saying(status, r#"{"error":"no such key"}"#));
        let base = vendor.base();
        let args = ["login", "--provider", "userjourneys", "--api-key-env", "K", "--base-url", &base];
        let ran = home.run_with(args, b"", &[("K", UJ_KEY)]).expect(code);
        assert!(ran.err().contains("nothing was stored") && ran.err().contains("hint: "), "{}", ran.err());
        assert!(!ran.err().contains(UJ_KEY), "{}", ran.err());
        assert!(files(&home.join("settings")).is_empty(), "{status}");
        assert!(!vendor.asked().is_empty());
        // The control: the same without asking.
        home.run_with(args.iter().chain(&["--no-check"]), b"", &[("K", UJ_KEY)]).expect(0);
        assert_eq!(files(&home.join("settings")).len(), 2, "{status}");
    }
}

#[test]
fn koji_looks_for_an_interview_that_nobody_has() {
    for (status, code, warns) in [(404, 0, false), (403, 0, true), (401, 4, false)] {
        let (home, vendor) = (Home::default(), Vendor::saying(status, r#"{"error":"not found"}"#));
        let base = format!("http://{}", vendor.address);
        let variables = [("KOJI_API_KEY", KOJI_KEY), ("KOJI_BASE_URL", base.as_str())];
        let ran = home.run_with(["login"], b"", &variables).expect(code);
        let asked = vendor.asked();
        assert!(
            asked[0].starts_with("GET /api/v1/interviews/00000000-0000-0000-0000-000000000000 "),
            "{asked:?}"
        );
        assert_eq!(ran.err().contains("lacks the permission"), warns, "{}", ran.err());
    }
}

#[test]
fn keys_and_addresses_that_cannot_be_right_are_refused_before_anybody_is_asked() {
    let vendor = Vendor::content();
    let base = vendor.base();
    for (key, args, code, said) in [
        (KOJI_KEY, &["--provider", "userjourneys"][..], 3, "a key of Koji, not of userjourneys"),
        (UJ_KEY, &["--provider", "koji"], 3, "a key of userjourneys, not of Koji"),
        ("whsec_fake", &["--provider", "userjourneys"], 3, "signing secret, not an API key"),
        ("two words", &["--provider", "userjourneys"], 3, "white space"),
        ("", &["--provider", "userjourneys"], 3, "is empty"),
        (UJ_KEY, &["--provider", "github"], 2, "no REST API of `github`"),
        (UJ_KEY, &["--base-url", "http://example.com/api"], 2, "another machine"),
        (UJ_KEY, &["--base-url", "nonsense"], 2, "not a URL"),
        (UJ_KEY, &["--profile", "../x"], 2, "cannot be the name of a profile"),
        (UJ_KEY, &["--target", "/path"], 2, "--target"),
        (UJ_KEY, &["--secret-file", "a", "--secret-file", "b"], 2, "one signing secret"),
    ] {
        let home = Home::default();
        let variables =
            [("K", key), ("USERJOURNEYS_BASE_URL", base.as_str()), ("KOJI_BASE_URL", base.as_str())];
        let ran =
            home.run_with(["login", "--api-key-env", "K"].iter().chain(args), b"", &variables).expect(code);
        assert!(ran.err().contains(said) && ran.err().contains("\nhint: "), "{args:?}: {}", ran.err());
        assert!(files(&home.join("settings")).is_empty());
    }
    assert!(vendor.asked().is_empty());
    let home = Home::default();
    home.run_with(["login", "--api-key-env", "K"], b"", &[("K", "unusual")]).expect(2);
    let args = ["login", "--provider", "koji", "--api-key-env", "K", "--no-check"];
    let ran = home.run_with(args, b"", &[("K", "unusual")]).expect(0);
    assert!(ran.err().contains("begin with `pk_live_`, and this one does not"), "{}", ran.err());
}

#[test]
fn nobody_is_asked_where_nobody_can_answer() {
    let home = Home::default();
    let ran = home.run(["login"]).expect(2);
    assert!(ran.err().contains("--provider userjourneys|koji"), "{}", ran.err());
    let ran = home.run(["login", "--provider", "koji"]).expect(3);
    assert!(ran.err().contains("KOJI_API_KEY"), "{}", ran.err());
    let args = ["login", "--provider", "koji", "--api-key-file", "-", "--secret-file", "-"];
    assert!(home.run(args).expect(2).err().contains("standard input cannot be both"));
}

#[test]
fn whoami_says_where_each_fact_comes_from() {
    let home = Home::default();
    assert!(home.run(["whoami"]).expect(3).err().contains("hookctl login --provider userjourneys"));
    logged_in(&home, "shop", &["--target", "3000"]);
    let whoami = |args: &[&str], variables: &[(&str, &str)]| {
        home.run_with(["whoami", "--json"].iter().chain(args), b"", variables).expect(0).records().remove(0)
    };
    let account = whoami(&[], &[]);
    assert_eq!(account["profile"], "shop");
    assert_eq!(account["api_key_origin"], "profile shop");
    assert_eq!(account["base_url"], "https://app.userjourneys.ai/api/v1");
    assert_eq!(account["base_url_origin"], "default");
    assert_eq!(account["target"], "http://localhost:3000");
    assert!(account["checked"].is_null() && account["signing_secret"].is_null());
    let other = "uj_live_fake1111111111111111e5f6";
    let account =
        whoami(&[], &[("USERJOURNEYS_API_KEY", other), ("USERJOURNEYS_WEBHOOK_SECRET", "whsec_fake")]);
    assert_eq!(account["api_key"], "uj_live_…e5f6");
    assert_eq!(account["api_key_origin"], "USERJOURNEYS_API_KEY");
    assert_eq!(account["signing_secret"], "USERJOURNEYS_WEBHOOK_SECRET");
    let account = whoami(&["--provider", "koji"], &[("KOJI_API_KEY", KOJI_KEY)]);
    assert_eq!((account["profile"].as_str(), account["stored"].as_bool()), (Some("koji"), Some(false)));
    let file = home.secret("key", KOJI_KEY);
    let account = whoami(
        &["--provider", "koji", "--api-key-file", file.to_str().unwrap()],
        &[("KOJI_API_KEY", "pk_live_fake2222222222222222zzzz")],
    );
    assert_eq!(account["api_key"], "pk_live_…c3d4", "a flag comes before a variable");
    assert_eq!(home.run(["whoami", "--all", "--json"]).expect(0).records().len(), 1);
}

#[test]
fn a_stored_key_goes_to_no_other_host() {
    let (home, vendor) = (Home::default(), Vendor::content());
    logged_in(&home, "userjourneys", &[]);
    let base = vendor.base();
    let ran = home.run(["whoami", "--check", "--base-url", &base]).expect(3);
    assert!(ran.err().contains("and is not sent to"), "{}", ran.err());
    home.run_with(["whoami", "--check"], b"", &[("USERJOURNEYS_BASE_URL", &base)]).expect(3);
    assert!(vendor.asked().is_empty());
    // The control: a key that is given for it goes there.
    let variables = [("USERJOURNEYS_BASE_URL", base.as_str()), ("USERJOURNEYS_API_KEY", UJ_KEY)];
    home.run_with(["whoami", "--check"], b"", &variables).expect(0);
    assert_eq!(vendor.asked().len(), 1);
    // A profile that moves leaves its key behind.
    let set = ["config", "set", "profiles.userjourneys.base_url", base.as_str()];
    assert!(home.run(set).expect(0).err().contains("is forgotten"));
    assert!(home.run(["whoami", "--json"]).expect(0).records()[0]["api_key"].is_null());
}

#[test]
fn a_second_login_replaces_the_key_and_keeps_the_rest() {
    let home = Home::default();
    let secret = home.secret("secret", "whsec_fake");
    logged_in(&home, "userjourneys", &["--target", "3000", "--secret-file", secret.to_str().unwrap()]);
    let key = "uj_live_fake1111111111111111e5f6";
    let ran =
        home.run_with(["login", "--no-check", "--json"], b"", &[("USERJOURNEYS_API_KEY", key)]).expect(0);
    let account = &ran.records()[0];
    assert_eq!(account["api_key"], "uj_live_…e5f6");
    assert_eq!(account["target"], "http://localhost:3000");
    assert!(account["signing_secret"].as_str().unwrap().ends_with("/profiles/userjourneys/signing-secret"));
    let ran = home.run_with(
        ["login", "--no-check", "--profile", "userjourneys", "--provider", "koji"],
        b"",
        &[("KOJI_API_KEY", KOJI_KEY)],
    );
    assert!(ran.expect(2).err().contains("is of userjourneys, not of koji"));
}

#[test]
fn logout_keeps_the_signing_secret_until_told_otherwise() {
    let home = Home::default();
    let secret = home.secret("secret", "whsec_fake");
    logged_in(&home, "userjourneys", &["--secret-file", secret.to_str().unwrap()]);
    let held = |name: &str| home.join("settings/profiles/userjourneys").join(name).exists();
    assert!(held("api-key") && held("signing-secret"));
    let ran = home.run(["logout"]).expect(0);
    assert!(ran.err().contains("its signing secret stays"), "{}", ran.err());
    assert!(!held("api-key") && held("signing-secret"));
    assert!(home.run(["logout"]).expect(0).err().contains("nothing to forget"));
    let ran = home.run(["logout", "--everything"]).expect(2);
    assert!(ran.err().contains("`--yes` forgets it"), "{}", ran.err());
    assert!(held("signing-secret"));
    let ran = home.run(["logout", "--everything", "--yes", "--json"]).expect(0);
    assert_eq!(ran.records()[0]["forgotten"], true);
    assert!(files(&home.join("settings")).is_empty());
    home.run(["logout", "--profile", "nobody"]).expect(3);
}

#[test]
fn no_output_and_no_file_but_one_holds_the_key() {
    let (home, vendor) = (Home::default(), Vendor::content());
    let base = vendor.base();
    let variables = [("USERJOURNEYS_API_KEY", UJ_KEY), ("USERJOURNEYS_BASE_URL", base.as_str())];
    let mut said = String::new();
    for args in [
        &["login", "-v"][..],
        &["whoami", "-v", "--check"],
        &["whoami", "--all", "--json"],
        &["config", "list"],
        &["doctor", "--online"],
        &["logout", "-v"],
    ] {
        said.push_str(&home.run_with(args, b"", &variables).expect(0).block());
        let holding: Vec<_> = files(&home.join("settings"))
            .into_iter()
            .filter(|(_, content)| String::from_utf8_lossy(content).contains("fake0000"))
            .map(|(name, _)| name)
            .collect();
        assert!(holding.iter().all(|name| name.ends_with("/api-key")), "{holding:?}");
    }
    assert!(said.contains("uj_live_…a1b2") && !said.contains("fake0000"), "{said}");
}
