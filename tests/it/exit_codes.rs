//! The exit codes are a contract: the table, the documents and real runs agree.

use crate::harness::{Home, hmac_sha256_hex, post};
use hookctl::cli::exit::Exit;

fn file(name: &str) -> String {
    std::fs::read_to_string(std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join(name)).unwrap()
}

#[test]
fn readme_manual_page_and_help_list_the_table() {
    let readme = file("README.md");
    let rows: Vec<String> = readme
        .lines()
        .skip_while(|line| !line.starts_with("## Exit codes"))
        .skip(1)
        .take_while(|line| !line.starts_with('#'))
        .filter(|line| line.starts_with("| ") && !line.starts_with("| code"))
        .map(str::to_owned)
        .collect();
    let table: Vec<String> =
        Exit::ALL.iter().map(|(_, code, meaning)| format!("| {code} | {meaning} |")).collect();
    assert_eq!(rows, table);

    let page = file("man/hookctl.1");
    let section = page.split_once(".SH EXIT STATUS\n").expect("the page has the section").1;
    let section = section.split("\n.SH").next().unwrap();
    let entries: Vec<(u8, String)> = section
        .split(".TP\n")
        .filter(|entry| !entry.is_empty())
        .map(|entry| entry.split_once('\n').unwrap())
        .map(|(code, meaning)| {
            let code = code.trim_start_matches("\\fB").trim_end_matches("\\fR");
            (code.parse().unwrap(), meaning.trim().replace("\\-", "-"))
        })
        .collect();
    let table: Vec<(u8, String)> =
        Exit::ALL.iter().map(|(_, code, meaning)| (*code, (*meaning).to_owned())).collect();
    assert_eq!(entries, table);

    let help = Home::default().run(["--help"]).expect(0).out();
    for (_, code, meaning) in Exit::ALL {
        assert!(help.lines().any(|line| line.trim() == format!("{code}  {meaning}")), "{code}:\n{help}");
    }
}

#[test]
fn runs_end_with_the_code_that_is_documented() {
    let home = Home::default();
    let secret = home.secret("secret.txt", "invented");
    let secret = secret.to_str().unwrap();
    let signature = format!("X-Koji-Signature: sha256={}", hmac_sha256_hex("invented", b"x"));
    let verify = |body: &'static str| {
        home.run(["verify", "--data", body, "--provider", "koji", "--secret-file", secret, "-H", &signature])
    };
    verify("x").expect(0);
    verify("y").expect(1);
    home.run(["verify", "--data", "x", "--provider", "nobody"]).expect(2);
    home.run(["sign", "--data", "x", "--provider", "koji"]).expect(3);
    home.run(["trigger", "report.generated", "--to", "127.0.0.1:1", "--unsigned"]).expect(5);
    home.run(["events", "list"]).expect(6);
    home.run(["listen", "--port", "0", "--for", "1ms"]).expect(124);
    assert_eq!(home.listen(["--until", "1"]).stop().0, 130, "a script that waits was interrupted");
    assert_eq!(home.listen(["--no-journal"]).stop().0, 0, "a person who stops a listener is done");
    let listening = home.listen(["--until", "1"]);
    assert_eq!(post(listening.address, "/", &[], b"x"), 200);
    assert_eq!(listening.finish().0, 0);
}

#[test]
fn a_reader_that_has_read_enough_ends_a_command_quietly() {
    use std::io::Read;
    let home = Home::default();
    for args in
        [&["providers", "list"][..], &["providers", "list", "--json"], &["trigger", "--list"], &["--help"]]
    {
        let mut child = home.command(args).spawn().unwrap();
        // A pipe that is closed before or while it is written to.
        let mut first = [0; 1];
        child.stdout.take().unwrap().read_exact(&mut first).unwrap();
        let ended = child.wait_with_output().unwrap();
        assert_eq!((ended.status.code(), ended.stderr.as_slice()), (Some(0), &b""[..]), "{args:?}");
    }
}

#[test]
fn options_of_every_command_hold_for_every_command() {
    let home = Home::default();
    let ran = home.run_with(["providers", "show", "koji", "--color", "always"], b"", &[]).expect(0);
    assert!(ran.out().contains('\x1b'));
    for variables in [&[("NO_COLOR", "1"), ("CLICOLOR_FORCE", "1")][..], &[("TERM", "dumb")], &[]] {
        let ran = home.run_with(["providers", "show", "koji"], b"", variables).expect(0);
        assert!(!ran.out().contains('\x1b'), "{variables:?}");
    }
    let ran = home.run_with(["providers", "show", "koji"], b"", &[("CLICOLOR_FORCE", "1")]).expect(0);
    assert!(ran.out().contains('\x1b'));
    // `--jq` asks for records, wherever records are.
    for args in [
        &["providers", "list", "--jq", ".v"][..],
        &["providers", "show", "koji", "--jq", ".v"],
        &["trigger", "--list", "--jq", ".v"],
        &["sign", "--data", "x", "--provider", "koji", "--secret", "s", "--jq", ".v"],
        &["demo", "--jq", ".v"],
    ] {
        let ran = home.run(args).expect(0);
        assert!(
            !ran.stdout.is_empty() && ran.out().lines().all(|line| line == "1"),
            "{args:?}: {}",
            ran.block()
        );
    }
    // Nothing waits for an answer where nobody can give one.
    home.run_with(["--no-input", "sign", "--data", "x", "--provider", "koji"], b"typed\n", &[]).expect(3);
    home.run(["demo", "--quiet"]).expect(0).quiet();
}

impl crate::harness::Ran {
    /// Nothing was narrated.
    fn quiet(&self) {
        assert_eq!(self.err(), "");
    }
}
