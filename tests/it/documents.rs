//! Files that are made from the program and checked in: completion scripts,
//! manual pages, the table of schemes and the cases of `check`. `GENERATE=overwrite cargo test --test it documents` writes them.

use crate::harness::{Home, hmac_sha256_hex, post};
use hookctl::cli::{completions, man};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::process::Command;

fn folder(name: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

/// Lies among what the program makes, and is written by hand.
const WRITTEN: &str = "inspector-api.json";

/// The files of a folder that the program makes.
fn files(folder: &Path) -> Vec<String> {
    let entries = std::fs::read_dir(folder).unwrap_or_else(|_| panic!("`{}` is missing", folder.display()));
    let names = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap());
    names.filter(|name| name != WRITTEN).collect()
}

/// Holds a folder to what the program makes now, or writes it.
fn held(name: &str, made: &BTreeMap<String, Vec<u8>>) {
    let folder = folder(name);
    if std::env::var_os("GENERATE").is_some_and(|value| value == "overwrite") {
        std::fs::create_dir_all(&folder).unwrap();
        for old in files(&folder) {
            std::fs::remove_file(folder.join(old)).unwrap();
        }
        for (file, text) in made {
            std::fs::write(folder.join(file), text).unwrap();
        }
    }
    let kept: BTreeMap<String, Vec<u8>> = files(&folder)
        .into_iter()
        .map(|file| (file.clone(), std::fs::read(folder.join(file)).unwrap()))
        .collect();
    let changed: Vec<&String> =
        made.keys().chain(kept.keys()).filter(|file| made.get(*file) != kept.get(*file)).collect();
    assert!(
        changed.is_empty(),
        "`{name}` is not what the program makes: {changed:?}\n\
         `GENERATE=overwrite cargo test --test it documents` writes it anew"
    );
}

#[test]
fn completion_scripts_are_those_of_the_program() {
    let script = |(shell, _, file): (completions::Shell, &str, &str)| {
        (file.to_owned(), completions::script(shell).unwrap())
    };
    held("completions", &completions::Shell::ALL.into_iter().map(script).collect());
}

#[test]
fn manual_pages_are_those_of_the_program() {
    held("man", &man::pages().unwrap().into_iter().collect());
}

#[test]
fn the_pages_of_schemes_and_checks_are_those_of_the_catalogue_and_the_suite() {
    let page = hookctl::cli::providers::reference::page();
    let rows = page.lines().filter(|line| line.starts_with("| `")).count();
    assert_eq!(rows, hookctl::hook::provider::Catalogue::builtin().ids().len());
    // As many cells in every row: a bar inside of one would make another.
    let cells = |line: &str| line.replace("\\|", "").matches('|').count();
    assert!(page.lines().filter(|line| line.starts_with('|')).all(|line| cells(line) == 8), "{page}");
    let checks = hookctl::cli::check::reference::page();
    let headings = checks.lines().filter(|line| line.starts_with("### `")).count();
    assert_eq!(headings, hookctl::hook::check::Suite::builtin().cases().len());
    let pages = [("providers.md", page), ("checks.md", checks)];
    held("docs", &pages.map(|(name, page)| (name.to_owned(), page.into_bytes())).into());
}

#[test]
fn manual_pages_name_arguments_first_and_every_alias() {
    let pages: BTreeMap<String, Vec<u8>> = man::pages().unwrap().into_iter().collect();
    let page = |name: &str| String::from_utf8(pages[name].clone()).unwrap();
    let trigger = page("hookctl-trigger.1");
    let at = |text: &str| trigger.find(text).unwrap();
    assert!(at(".SH ARGUMENTS\n") < at("EVENT\\fR]") && at("EVENT\\fR]") < at(".SH OPTIONS\n"), "{trigger}");
    assert_eq!(trigger.matches("EVENT\\fR]").count(), 1);
    assert!(page("hookctl-listen.1").contains("[aliases: \\-\\-forward\\-to]"));
    assert!(trigger.contains("[aliases: \\-\\-skip\\-verify]"));
    assert!(!page("hookctl-whoami.1").contains(".SH ARGUMENTS"));
}

#[test]
fn manual_pages_render_without_a_complaint() {
    for (name, text) in man::pages().unwrap() {
        let text = String::from_utf8(text).unwrap();
        assert!(text.contains(".SH EXIT STATUS"), "{name}");
        assert!(!text.contains("\\fB\\fR"), "{name} has an empty name");
        // Every line that begins with a dot is a request that was meant.
        for line in text.lines().filter(|line| line.starts_with(['.', '\''])) {
            let known = [
                ".TH", ".SH", ".TP", ".RS", ".RE", ".IP", ".br", ".sp", ".nf", ".fi", ".in", ".PP", ".ie",
                ".el",
            ];
            assert!(known.iter().any(|request| line.starts_with(request)), "{name}: {line}");
        }
    }
    let Ok(found) = Command::new("groff").arg("--version").output() else { return };
    assert!(found.status.success());
    let home = Home::default();
    for (name, text) in man::pages().unwrap() {
        let path = home.write(&name, text);
        let plain = ["-man", "-Tutf8", "-ww", "-rLL=78n", "-P-c", "-P-b", "-P-u"];
        let ran = Command::new("groff").args(plain).arg(&path).output().unwrap();
        assert!(ran.status.success() && ran.stderr.is_empty(), "{name}: {ran:?}");
        let shown = String::from_utf8(ran.stdout).unwrap();
        let wide: Vec<&str> = shown.lines().filter(|line| line.chars().count() > 80).collect();
        assert!(wide.is_empty(), "{name} is wider than 80 columns: {wide:#?}");
    }
}

/// What bash is offered for the last word, through the protocol of the script.
fn offered(home: &Home, words: &[&str]) -> Vec<String> {
    let mut command = home.command(["--", "hookctl"]);
    command.args(words).env("COMPLETE", "bash").env("_CLAP_COMPLETE_INDEX", words.len().to_string());
    command.env("_CLAP_IFS", "\n").env("_CLAP_COMPLETE_COMP_TYPE", "9").env("_CLAP_COMPLETE_SPACE", "true");
    let ran = crate::harness::Ran::of(command, b"").expect(0);
    assert_eq!(ran.err(), "");
    ran.out().lines().map(str::to_owned).collect()
}

#[test]
fn completion_offers_live_values() {
    const BODY: &[u8] = b"{\"type\":\"interview.completed\"}";
    let home = Home::default();
    home.write("settings/providers/mine.toml", "[koala]\nheader = \"X-Koala\"\n");
    let listening = home.listen_with(["--until", "1"], &[("KOJI_WEBHOOK_SECRET", "invented")]);
    let signature = format!("sha256={}", hmac_sha256_hex("invented", BODY));
    assert_eq!(post(listening.address, "/", &[("X-Koji-Signature", &signature)], BODY), 200);
    listening.finish();
    // A file with a mistake takes nothing from what the others offer.
    home.write("settings/providers/broken.toml", "[broken\n");
    assert_eq!(offered(&home, &["listen", "--provider", "ko"]), ["koji", "koala"]);
    assert_eq!(offered(&home, &["providers", "show", "userj"]), ["userjourneys"]);
    assert_eq!(
        offered(&home, &["trigger", "interview.c"]),
        ["interview.completed", "interview.completed:structured"]
    );
    assert_eq!(offered(&home, &["events", "show", ""]).first().map(String::as_str), Some("1"));
    assert_eq!(offered(&home, &["verify", "--event", ""]), ["1"]);
    assert_eq!(offered(&home, &["lis"]), ["listen"]);
    assert!(offered(&home, &["listen", "--answer", ""]).contains(&"mirror".to_owned()));
    assert_eq!(offered(&home, &["check", "--case", "no-sig"]), ["no-signature"]);
    assert_eq!(offered(&home, &["man", "tri"]), ["trigger"]);
    assert_eq!(offered(&home, &["man", "events", "rep"]), ["replay"]);
    let nothing = Home::default();
    assert!(!offered(&nothing, &["events", "show", ""]).contains(&"1".to_owned()), "no journal, no number");
}

#[test]
fn completion_offers_the_events_of_the_provider_that_the_line_names() {
    let home = Home::default();
    let stripes = [
        "checkout.session.completed",
        "payment_intent.succeeded",
        "invoice.paid",
        "customer.subscription.deleted",
    ];
    assert_eq!(offered(&home, &["trigger", "--provider", "stripe", ""])[..4], stripes);
    assert_eq!(offered(&home, &["trigger", "--provider=stripe", ""])[..4], stripes);
    assert_eq!(offered(&home, &["listen", "--provider", "stripe", "-e", ""]), stripes);
    assert_eq!(
        offered(&home, &["events", "list", "--events", "invoice.paid,ord"]),
        ["invoice.paid,orders/create", "invoice.paid,order_created"]
    );
    // A variant is a sample, and no event.
    assert_eq!(offered(&home, &["listen", "--events", "interview.c"]), ["interview.completed"]);
    assert_eq!(offered(&home, &["register", "--events", "inv"]), [""; 0], "no vendor with an API has it");
}
