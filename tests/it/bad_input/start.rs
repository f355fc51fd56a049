//! What cannot start: exit 6 or 3, the reason, and the command that mends it.

#[cfg(unix)]
use super::run_as_another;
use crate::harness::{Home, Ran};
use std::net::TcpListener;

/// Ends so, with nothing on standard output, and says why and what to type.
#[track_caller]
fn assert_ends(ran: Ran, code: i32, parts: &[&str]) {
    let ran = ran.expect(code);
    assert_eq!(ran.out(), "");
    let errors = ran.err();
    assert!(errors.contains("hookctl: could not") && errors.contains("hint: "), "{errors}");
    for part in parts {
        assert!(errors.contains(part), "{part}: {errors}");
    }
}

#[test]
fn a_port_that_is_taken_ends_with_6_and_a_free_one_is_offered() {
    let home = Home::default();
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let ran = home.run(["listen", "--port", &port]);
    assert_ends(ran, 6, &[&format!("127.0.0.1:{port} is in use"), "--port 0"]);
    // The journal is not left locked behind.
    home.listen(["--until", "1"]).stop();
}

#[test]
fn a_journal_that_is_locked_ends_with_6_and_names_the_owner() {
    let home = Home::default();
    let owner = home.listen(Vec::<&str>::new());
    let pid = owner.child.id().to_string();
    let ran = home.run(["listen", "--port", "0"]);
    assert_ends(ran, 6, &[&format!("kill {pid}"), "--journal FILE"]);
    // What the hint offers works, and reading needs no lock.
    let other = home.listen(["--journal", home.join("other.db").to_str().unwrap()]);
    home.run(["events", "list"]).expect(0);
    other.stop();
    owner.stop();
}

#[test]
fn a_secret_file_that_cannot_be_read_ends_with_3() {
    let home = Home::default();
    let missing = home.join("none");
    for command in [
        &["listen", "--port", "0"][..],
        &["sign", "--provider", "koji", "--data", "{}"],
        &["trigger", "interview.completed", "--provider", "koji", "--to", "1"],
    ] {
        let args = command.iter().copied().chain(["--secret-file", missing.to_str().unwrap()]);
        assert_ends(home.run(args), 3, &[missing.to_str().unwrap(), "--secret-file FILE"]);
    }
    // A folder, and a file with nothing in it.
    let folder = home.path().to_str().unwrap();
    assert_ends(home.run(["listen", "--port", "0", "--secret-file", folder]), 3, &[folder]);
    let empty = home.secret("empty", "\n");
    let ran = home.run(["listen", "--port", "0", "--secret-file", empty.to_str().unwrap()]);
    assert_ends(ran, 3, &["is empty"]);
    assert_ends(home.run(["listen", "--port", "0", "--secret-env", "NOT_SET"]), 3, &["export NOT_SET="]);
}

#[cfg(unix)]
#[test]
fn a_secret_file_of_somebody_else_ends_with_3_and_the_command_that_mends_it() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::default();
    let named = home.secret("koji.txt", "not-a-secret-of-the-owner");
    // Where it is looked for without being named.
    let stored = home.write("settings/secrets/koji", "not-a-secret-of-the-owner");
    for path in [&named, &stored] {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(0o000)).unwrap();
    }
    let sign = ["sign", "--provider", "koji", "--data", "{}"];
    let given = [&sign[..], &["--secret-file", named.to_str().unwrap()]].concat();
    for (args, path) in [(&given[..], &named), (&sign, &stored)] {
        let path = path.to_str().unwrap();
        assert_ends(
            run_as_another(&home, args),
            3,
            &[path, &format!("hint: chmod u+r `{path}`, or name a file")],
        );
    }
}

#[test]
fn an_address_of_another_machine_ends_with_6_and_the_address_is_named_as_the_cause() {
    let home = Home::default();
    for command in ["listen", "inspect"] {
        home.listen(Vec::<&str>::new()).stop();
        let ran = home.run([command, "--host", "192.0.2.1", "--port", "0"]).expect(6);
        let errors = ran.err();
        assert!(errors.contains("192.0.2.1:0 is not an address of this machine"), "{errors}");
        assert!(errors.contains("hint: drop `--host`") && !errors.contains("another port"), "{errors}");
    }
}

#[test]
fn a_journal_that_is_none_ends_with_6_and_is_left_alone() {
    let home = Home::default();
    let notes = home.write("notes.txt", "dear diary");
    let ran = home.run(["listen", "--port", "0", "--journal", notes.to_str().unwrap()]);
    assert_ends(ran, 6, &["notes.txt", "--journal FILE"]);
    assert_eq!(std::fs::read(notes).unwrap(), b"dear diary");
}
