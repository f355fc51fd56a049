//! What is never done unasked: deliveries deleted, an export written over
//! another, an option passed over.

use super::journal_of;
use crate::harness::target::Application;
use crate::harness::{Home, Ran, raw_exchange, request};

#[test]
fn prune_without_a_terminal_deletes_only_what_yes_names() {
    let home = journal_of(3);
    for flags in [&["events", "prune", "--keep", "1"][..], &["--no-input", "events", "prune", "--keep", "1"]]
    {
        let ran = home.run(flags).expect(2);
        assert!(ran.err().contains("could not ask whether to delete 2 deliveries for good"), "{}", ran.err());
        assert!(ran.err().contains("hint: say it with `--yes`"), "{}", ran.err());
    }
    home.run(["events", "prune", "--keep", "1", "--dry-run"]).expect(0);
    home.run(["events", "prune", "--keep", "3"]).expect(0);
    assert_eq!(home.run(["events", "list", "--jq", ".seq"]).expect(0).out(), "3\n2\n1\n");
    home.run(["events", "prune", "--keep", "1", "--yes"]).expect(0);
    assert_eq!(home.run(["events", "list", "--jq", ".seq"]).expect(0).out(), "3\n");
}

#[test]
fn an_export_is_not_mixed_with_an_earlier_one() {
    let home = journal_of(2);
    home.write("scripts/mine.sh", "mine");
    let export = |which: &str| {
        home.run(["events", "export", "--format", "curl", "--dir", "scripts", "--status", which])
    };
    export("2xx").expect(0);
    let ran = export("4xx").expect(2);
    assert!(ran.err().contains("`scripts` holds an export already"), "{}", ran.err());
}

#[test]
fn a_folder_for_a_format_that_needs_none_is_refused() {
    let home = journal_of(1);
    let ran = home.run(["events", "export", "--format", "har", "--dir", "x"]).expect(2);
    assert!(ran.err().contains("`--dir` is for curl scripts"), "{}", ran.err());
    assert!(!home.join("x").exists());
}

#[test]
fn exported_scripts_send_no_body_where_none_came() {
    let (home, application) = (Home::default(), Application::start());
    let listening = home.listen(["--no-inspect"]);
    for bytes in
        [&b"HEAD /a HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n"[..], &request("POST", "/b", &[], b"")]
    {
        raw_exchange(listening.address, bytes);
    }
    listening.stop();
    home.run(["events", "export", "--format", "curl", "--dir", "scripts"]).expect(0);
    for script in ["scripts/000001.sh", "scripts/000002.sh"] {
        let mut command = std::process::Command::new("sh");
        command.arg(home.join(script)).arg(application.url());
        command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
        Ran::of(command, b"").expect(0);
    }
    let came = application.received();
    assert!(came[0].head.starts_with(b"HEAD /a ") && came[0].values("content-length").is_empty(), "{came:?}");
    assert!(came[1].head.starts_with(b"POST /b ") && came[1].values("content-length") == [b"0"], "{came:?}");
    assert!(!home.join("scripts/000001.body").exists());
}
