//! Claim 34, its accounts: API keys and signing secrets of profiles are in no
//! output, record, error, journal, export, sandbox, child or command line, and
//! nowhere on the disk but in their own files.

use crate::harness::canary::{Canary, every_file};
use crate::harness::script::{Script, answer};
use crate::harness::{Home, Listening, PATIENCE, Ran};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

const KEY: &str = "uj_live_CANARYfake/key+34=Q7vZx2mK9pLr4tYw8bNd3sHg";
const KOJI_KEY: &str = "pk_live_CANARYfake/key+34=T5cXz8nB2qWe6rUy1iOp7aSd";
const SECRET: &str = "whsec_CANARYfake/secret+34=K3jHg6fDs9aPo2iUy5tRe8wQ";

fn canaries() -> Vec<Canary> {
    [KEY, KOJI_KEY, SECRET].map(Canary::new).to_vec()
}

#[track_caller]
fn assert_clean(what: &str, canaries: &[Canary], bytes: &[u8]) {
    canaries.iter().for_each(|canary| canary.assert_not_in(what, bytes));
}

/// Runs at its loudest; nothing of the canaries may come out.
#[track_caller]
fn hunt(home: &Home, args: &[&str], canaries: &[Canary], input: &str, variables: &[(&str, &str)]) -> Ran {
    let loud = [("RUST_LOG", "trace"), ("RUST_BACKTRACE", "full")];
    let args = [args, &["-vvv", "--no-input"]].concat();
    let ran = home.run_with(&args, input.as_bytes(), &[&loud, variables].concat());
    assert_clean(&format!("standard output of {args:?}"), canaries, &ran.stdout);
    assert_clean(&format!("standard error of {args:?}"), canaries, &ran.stderr);
    assert!(ran.code() != 70 && !ran.err().contains("panicked"), "{args:?}: {}", ran.block());
    ran
}

/// The files of a home that a canary is in.
fn files_with(home: &Path, canary: &Canary) -> Vec<String> {
    let mut found = Vec::new();
    every_file(home, &mut |path, bytes| {
        if !canary.spelled_in(bytes).is_empty() {
            found.push(path.strip_prefix(home).unwrap().display().to_string());
        }
    });
    found.sort();
    found
}

#[test]
fn the_hunt_sees_a_key_in_every_spelling() {
    for canary in canaries() {
        for spelling in canary.spellings() {
            assert!(!canary.spelled_in(&[b"before ", &spelling[..], b" after"].concat()).is_empty());
        }
    }
}

#[test]
fn an_account_is_stored_shown_and_forgotten_without_its_secrets_being_seen() {
    let (home, canaries) = (Home::default(), canaries());
    let dead = "http://127.0.0.1:9";
    let say = |args: &[&str], input: &str| hunt(&home, args, &canaries, input, &[]);
    let secret = home.secret("given", SECRET);
    let given = secret.to_str().unwrap();
    say(&["login", "--provider", "userjourneys", "--no-check", "--api-key-file", "-"], KEY).expect(0);
    let koji = ["login", "--provider", "koji", "--no-check", "--api-key-file", "-", "--secret-file", given];
    say(&koji, KOJI_KEY).expect(0);
    std::fs::remove_file(&secret).unwrap();
    for json in [&[][..], &["--json"]] {
        for args in [
            &["whoami"][..],
            &["whoami", "--all"],
            &["whoami", "--provider", "koji"],
            &["config", "list"],
            &["config", "path"],
            &["config", "set", "profiles.koji.target", "localhost:3000"],
            &["doctor"],
            &["register", "--show", "--base-url", dead],
            &["whoami", "--check", "--provider", "koji", "--base-url", dead],
            &["studies", "list", "--provider", "koji"],
            &["login", "--provider", "koji", "--profile", "userjourneys"],
            &["verify", "--data", "{}", "--provider", "koji", "-H", "X-Koji-Signature: sha256=00"],
            &["sign", "--data", "{}", "--provider", "koji"],
        ] {
            say(&[args, json].concat(), "");
        }
    }
    let shown = say(&["whoami", "--json", "--provider", "userjourneys"], "").records();
    assert_eq!(shown[0]["api_key"], "uj_live_…3sHg");
    // Each secret is in its own file, which is its owner's alone.
    for (canary, file) in canaries.iter().zip([
        "settings/profiles/userjourneys/api-key",
        "settings/profiles/koji/api-key",
        "settings/profiles/koji/signing-secret",
    ]) {
        assert_eq!(files_with(home.path(), canary), [file]);
        let mode = |path: &Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
        let path = home.join(file);
        assert_eq!((mode(&path), mode(path.parent().unwrap())), (0o600, 0o700), "{file}");
    }
    for name in ["userjourneys", "koji"] {
        say(&["logout", "--everything", "--yes", "--profile", name], "").expect(0);
    }
    assert!(canaries.iter().all(|canary| files_with(home.path(), canary).is_empty()), "forgotten is gone");
}

#[test]
fn mistakes_around_a_key_do_not_repeat_it() {
    let (home, canaries) = (Home::default(), canaries());
    let broken = home.secret("broken", &format!("{KEY}\n{SECRET}"));
    let foreign = home.secret("foreign", KOJI_KEY);
    let signing = home.secret("signing", SECRET);
    let long = home.secret("long", &KEY.repeat(2_000));
    for path in [&broken, &foreign, &signing, &long] {
        let path = path.to_str().unwrap();
        let login = ["login", "--provider", "userjourneys", "--no-check", "--api-key-file", path];
        hunt(&home, &login, &canaries, "", &[]).expect(3);
        hunt(&home, &["studies", "list", "--api-key-file", path], &canaries, "", &[]);
    }
    // A profile whose files are damaged by secrets in the wrong places.
    home.secret("settings/profiles/userjourneys/profile.toml", &format!("provider = {KEY}\n{SECRET} = 1\n"));
    home.secret("settings/profiles/userjourneys/registration.json", &format!("{{\"{SECRET}"));
    home.secret("settings/config.toml", &format!("api_key = \"{KEY}\"\n"));
    for args in
        [&["whoami"][..], &["config", "list"], &["doctor"], &["register", "--show"], &["studies", "list"]]
    {
        // A key in the place of a name may be repeated as the name that is unknown, a value may not.
        let ran = home.run([args, &["-vvv"]].concat());
        assert_clean(&format!("{args:?}"), &[Canary::new(KEY)], ran.block().as_bytes());
    }
}

#[test]
fn a_vendor_that_repeats_the_key_is_not_repeated() {
    let canaries = canaries();
    for status in [400, 401, 403, 404, 422, 501] {
        for body in [
            format!("{{\"error\":\"unknown key {KEY}\"}}"),
            format!("{{\"error\":{{\"message\":\"Bearer {KEY}\"}}}}"),
            format!("no such key: {KEY}"),
            format!("{{\"{KEY}\":1}}"),
        ] {
            for args in [
                &["studies", "list"][..],
                &["whoami", "--check"],
                &["capacity", "s"],
                &["interviews", "show", "i"],
                &["register", "--show"],
            ] {
                let fields = [("X-Request-Id", KEY), ("Content-Type", "application/json")];
                let vendor = Script::new([answer(status, &fields, &body)]);
                let home = Home::default();
                let variables = [("USERJOURNEYS_API_KEY", KEY), ("USERJOURNEYS_BASE_URL", &*vendor.base())];
                let ran = hunt(&home, args, &canaries, "", &variables);
                // A key that may do nothing is still a key.
                assert!([0, 4, 5].contains(&ran.code()), "{}", ran.block());
                assert!(vendor.only().contains(KEY), "the control: the key was sent");
            }
        }
    }
}

/// A running sandbox with its state in a file, and the base URL of userjourneys there.
fn sandbox(home: &Home, variables: &[(&str, &str)]) -> (Listening, String) {
    let mut command = home.command(["sandbox", "--port", "0", "--json", "--state", "state.db"]);
    command.envs(variables.iter().copied());
    let running = Listening::start(command);
    let base = format!("{}/api/v1", running.url);
    (running, base)
}

#[test]
fn a_sandbox_keeps_and_says_nothing_of_the_users_own_keys() {
    let (home, canaries) = (Home::default(), canaries());
    let own = [("USERJOURNEYS_API_KEY", KEY), ("KOJI_API_KEY", KOJI_KEY), ("KOJI_WEBHOOK_SECRET", SECRET)];
    let (running, base) = sandbox(&home, &own);
    let variables = [&own[..], &[("USERJOURNEYS_BASE_URL", &*base)]].concat();
    for args in [&["studies", "list"][..], &["register", "--show"], &["api", "GET", "/interviews"]] {
        hunt(&home, &[args, &["--provider", "userjourneys"]].concat(), &canaries, "", &variables).expect(4);
    }
    hunt(&home, &["sandbox", "complete", "--url", &running.url], &canaries, "", &own).expect(0);
    let (_, records, errors) = running.stop();
    assert_clean("what a sandbox says", &canaries, format!("{records:?}{errors}").as_bytes());
    for canary in &canaries {
        assert_eq!(files_with(home.path(), canary), [""; 0]);
    }
    assert!(home.join("state.db").exists());
}

/// The key of userjourneys that a sandbox made, by its own control API.
fn key_of(running: &Listening) -> String {
    let request = "GET /_sandbox/state HTTP/1.1\r\nConnection: close\r\nHost: ";
    let request = format!("{request}{}\r\n\r\n", running.address);
    let told = crate::harness::raw_exchange(running.address, request.as_bytes());
    let told: serde_json::Value = serde_json::from_slice(crate::harness::body_of(&told)).unwrap();
    let keys = told["keys"].as_array().unwrap();
    let key = keys.iter().find(|key| key["provider"] == "userjourneys").unwrap();
    key["key"].as_str().unwrap().to_owned()
}

#[test]
fn a_whole_life_with_a_vendor_leaves_its_secrets_in_their_files_alone() {
    let (outside, home) = (Home::default(), Home::default());
    let (running, base) = sandbox(&outside, &[]);
    let key = Canary::new(&key_of(&running));
    let known = std::slice::from_ref(&key);
    let login = ["login", "--provider", "userjourneys", "--base-url", &base, "--api-key-file", "-"];
    hunt(&home, &login, known, &key.0, &[]).expect(0);
    // The secret comes with the registration; the listener that has it gets the webhook afterwards.
    hunt(&home, &["register", "http://127.0.0.1:9/hooks"], known, "", &[]).expect(0);
    let stored = std::fs::read_to_string(home.join("settings/profiles/userjourneys/signing-secret")).unwrap();
    let both = [key.clone(), Canary::new(stored.trim())];
    let args = ["--provider", "userjourneys", "-vvv", "--enrich", "--show", "all"];
    let listening = home.listen_with(args, &[("RUST_LOG", "trace")]);
    hunt(&home, &["register", &listening.url, "--replace"], &both, "", &[]).expect(0);
    let process = listening.child.id();
    let complete = ["sandbox", "complete", "--url", &running.url, "--provider", "userjourneys"];
    hunt(&outside, &complete, &both, "", &[]).expect(0);
    let mut said = listening.next("delivery").to_string();
    assert_clean("the command line", &both, &std::fs::read(format!("/proc/{process}/cmdline")).unwrap());
    let (code, records, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
    said.push_str(&format!("{records:?}{errors}"));
    assert_clean("what a listener says", &both, said.as_bytes());
    let study = "Onboarding Feedback";
    for args in [
        &["studies", "list", "--json"][..],
        &["studies", "show", study],
        &["capacity", study],
        &["link", study, "--reference-id", "u", "--qr"],
        &["interviews", "list", "--study", study],
        &["interviews", "export", "--study", study, "--out", "interviews.jsonl"],
        &["interviews", "export", "--study", study, "--format", "csv"],
        &["interviews", "reconcile", "--study", study],
        &["api", "GET", "/webhooks"],
        &["register", "--show", "--json"],
        &["register", "--show"],
        &["register", "https://a.example/other"],
        &["register", "https://a.example/other", "--replace", "--dry-run"],
        &["register", "https://a.example/other", "--replace"],
        &["register", "--restore"],
        &["whoami", "--check", "--json"],
        &["config", "list"],
        &["doctor"],
        &["events", "list", "--json"],
        &["events", "show", "1", "--reveal"],
        &["events", "export", "--format", "har"],
        &["events", "export", "--format", "curl", "--dir", "scripts"],
        &["register", "--rotate", "--yes"],
        &["register", "--remove", "--yes"],
    ] {
        hunt(&home, args, &both, "", &[]);
    }
    assert_eq!(files_with(home.path(), &both[0]), ["settings/profiles/userjourneys/api-key"]);
    let kept = files_with(home.path(), &both[1]);
    assert!(
        kept.iter().all(|path| path.starts_with("settings/profiles/userjourneys/signing-secret")),
        "{kept:?}"
    );
    assert_eq!(running.stop().0, 0);
}

#[test]
fn a_browser_is_started_without_secrets_and_with_the_link_alone() {
    let home = Home::default();
    let script = "#!/bin/sh\nenv > seen-environment\nprintf '%s\\n' \"$@\" > seen-arguments\ncat /proc/$PPID/cmdline > seen-parent\nmv seen-arguments seen\n";
    let opener = home.write("bin/xdg-open", script);
    std::fs::set_permissions(&opener, std::fs::Permissions::from_mode(0o700)).unwrap();
    let study = "{\"id\":\"s\",\"name\":\"n\",\"accepting_responses\":true,\"interview_link\":\"https://v.example/i/x\"}";
    let list = format!("{{\"data\":[{study}],\"has_more\":false}}");
    let vendor = Script::new([answer(200, &[], &list), answer(200, &[], study)]);
    let path = format!("{}:/usr/bin:/bin", home.join("bin").display());
    let variables = [
        ("PATH", &*path),
        ("USERJOURNEYS_API_KEY", KEY),
        ("KOJI_API_KEY", KOJI_KEY),
        ("KOJI_WEBHOOK_SECRET", SECRET),
        ("UNHEARD_OF", KEY),
        ("DISPLAY", ":0"),
        ("USERJOURNEYS_BASE_URL", &*vendor.base()),
    ];
    let evil = "$(touch shell-ran)&a=b;`touch shell-ran` '\"";
    let args = ["link", "n", "--reference-id", evil, "--open", "--provider", "userjourneys"];
    hunt(&home, &args, &canaries(), "", &variables).expect(0);
    let begun = std::time::Instant::now();
    while !home.join("seen").exists() {
        assert!(begun.elapsed() < PATIENCE, "the browser was not started");
        std::thread::yield_now();
    }
    let seen = |name: &str| std::fs::read(home.join(name)).unwrap();
    assert_clean("the browser's environment", &canaries(), &seen("seen-environment"));
    assert_clean("the command line above the browser", &canaries(), &seen("seen-parent"));
    let environment = String::from_utf8(seen("seen-environment")).unwrap();
    assert!(environment.contains("DISPLAY=:0") && environment.contains("PATH="), "{environment}");
    let arguments = String::from_utf8(seen("seen")).unwrap();
    let [link] = &arguments.lines().collect::<Vec<_>>()[..] else { panic!("one word: {arguments}") };
    assert!(link.starts_with("https://v.example/i/x?reference_id=%24%28touch%20shell-ran"), "{link}");
    assert!(!home.join("shell-ran").exists());
}
