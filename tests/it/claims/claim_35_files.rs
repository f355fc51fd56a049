//! Claim 35: what is kept is for its owner alone whatever the umask, a secret
//! that others can read is warned of, and nothing that was received runs. The
//! exported scripts under every shell are in `tests/slow`.

use crate::harness::{Home, Listening, Ran, post, under};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

fn mode(path: &Path) -> u32 {
    std::fs::metadata(path).unwrap().permissions().mode() & 0o777
}

#[test]
fn everything_that_is_kept_is_for_its_owner_alone_under_any_umask() {
    for umask in ["000", "022", "077"] {
        let home = Home::default();
        let shell = format!("umask {umask}; exec \"$0\" \"$@\"");
        let listening =
            Listening::start(under(["sh", "-c", &shell], &home.command(["listen", "--port", "0", "--json"])));
        assert_eq!(post(listening.address, "/", &[], b"{}"), 200);
        assert_eq!(mode(&home.join("data")), 0o700, "umask {umask}");
        let mut files = 0;
        for entry in std::fs::read_dir(home.join("data")).unwrap().map(Result::unwrap) {
            assert_eq!(mode(&entry.path()), 0o600, "umask {umask}: {}", entry.path().display());
            files += 1;
        }
        assert!(files >= 3, "the journal, its log and its lock");
        assert_eq!(listening.stop().0, 0);
        let scripts = home.join("scripts");
        let args = ["events", "export", "--format", "curl", "--dir", scripts.to_str().unwrap()];
        Ran::of(under(["sh", "-c", &shell], &home.command(args)), b"").expect(0);
        for entry in std::fs::read_dir(&scripts).unwrap().map(Result::unwrap) {
            assert_eq!(mode(&entry.path()) & 0o077, 0, "umask {umask}: {}", entry.path().display());
        }
    }
}

#[test]
fn a_journal_that_others_can_read_is_closed_to_them_and_said() {
    let home = Home::default();
    assert_eq!(home.listen(["--show", "none"]).stop().0, 0);
    let journal = home.join("data/journal.db");
    std::fs::set_permissions(&journal, std::fs::Permissions::from_mode(0o644)).unwrap();
    let listening = home.listen(["--show", "none"]);
    listening.says("was open to other users");
    assert_eq!(mode(&journal), 0o600);
    assert_eq!(listening.stop().0, 0);
}

#[test]
fn a_secret_that_others_can_read_is_warned_of_wherever_it_is() {
    let home = Home::default();
    let verify = |more: &[&str]| {
        let args = ["verify", "--data", "{}", "--provider", "koji", "-H", "X-Koji-Signature: sha256=00"];
        home.run(args.iter().chain(more)).expect(1).err()
    };
    let named = home.secret("named", "not-a-secret-of-the-files");
    let stored = home.secret("settings/secrets/koji", "not-a-secret-of-the-files");
    let with_file = ["--secret-file", named.to_str().unwrap()];
    assert!(!verify(&with_file).contains("chmod 600"));
    assert!(!verify(&[]).contains("chmod 600"));
    for loose in [0o640, 0o604, 0o620, 0o644, 0o666] {
        std::fs::set_permissions(&named, std::fs::Permissions::from_mode(loose)).unwrap();
        let said = verify(&with_file);
        assert!(said.contains(&format!("chmod 600 {}", named.display())), "{loose:o}: {said}");
        std::fs::set_permissions(&stored, std::fs::Permissions::from_mode(loose)).unwrap();
        let said = verify(&[]);
        assert!(said.contains(&format!("chmod 600 {}", stored.display())), "{loose:o}: {said}");
    }
}

#[test]
fn what_lies_in_the_working_directory_sends_nothing_elsewhere() {
    let home = Home::default();
    home.write(".env", "KOJI_WEBHOOK_SECRET=planted\nHOOKCTL_FORWARD=http://127.0.0.1:9\n");
    home.write("koji.toml", "[koji]\nheader = \"X-Planted\"\n");
    let args = ["verify", "--data", "{}", "--provider", "koji", "-H", "X-Koji-Signature: sha256=00"];
    home.run(args).expect(3);
    let listening = home.listen(["--show", "none"]);
    assert_eq!(post(listening.address, "/", &[], b"{}"), 200, "nothing is forwarded");
    assert_eq!(listening.stop().0, 0);
    // A project's file is read, but may only choose among what is on this machine.
    for planted in
        ["forward = \"https://elsewhere.example\"", "host = \"0.0.0.0\"", "journal = \"/tmp/planted\""]
    {
        home.write("hookctl.toml", format!("{planted}\n"));
        let said = home.run(["listen", "--port", "0", "--for", "0s"]).expect(3).err();
        assert!(said.contains("hookctl.toml"), "{planted}: {said}");
    }
}
