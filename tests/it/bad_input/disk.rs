//! A disk that is full, a journal that becomes read-only or is taken away: the
//! sender gets a 5xx with a reason, never an acknowledgement; what was
//! acknowledged is kept; and all is well again without a restart.

#[cfg(unix)]
use super::run_as_another;
use crate::application::{Door, KOJI};
use crate::harness::{Home, Listening, Ran, body_of, not_here, raw_exchange, request, status_of};
use serde_json::Value;
use std::path::Path;
use std::process::Command;
use std::sync::atomic::{AtomicUsize, Ordering};

/// Sends 40 kB and gives the answer's status and body.
fn deliver(listening: &Listening) -> (u16, Value) {
    static NUMBER: AtomicUsize = AtomicUsize::new(0);
    let number = NUMBER.fetch_add(1, Ordering::Relaxed);
    let body = format!("{{\"data\":{{\"study_id\":\"{number}\"}},\"pad\":\"{}\"}}", "x".repeat(40_000));
    let signature = KOJI.signature(body.as_bytes());
    let request = request("POST", "/", &[("X-Koji-Signature", &signature)], body.as_bytes());
    let answer = raw_exchange(listening.address, &request);
    (status_of(&answer), serde_json::from_slice(body_of(&answer)).unwrap_or_default())
}

/// Sends until the disk refuses; gives how many were acknowledged before that.
#[track_caller]
fn until_refused(listening: &Listening, status: u16, codes: &[&str]) -> usize {
    let mut acknowledged = 0;
    let (told, reason) = loop {
        match deliver(listening) {
            (200, _) => acknowledged += 1,
            refused => break refused,
        }
        assert_eq!(listening.next("delivery")["answer"]["by"], "policy");
        assert!(acknowledged < 1_000, "the disk does fill up");
    };
    assert_eq!(told, status, "{reason}");
    let code = reason["error"].as_str().unwrap();
    assert!(codes.contains(&code) && !reason["message"].as_str().unwrap().is_empty(), "{reason}");
    assert_record_of_a_refusal(listening, status);
    acknowledged
}

/// A refusal leaves nothing behind that the next delivery trips over.
#[track_caller]
fn assert_refused_again(listening: &Listening, status: u16) {
    assert_eq!(deliver(listening).0, status);
    assert_record_of_a_refusal(listening, status);
}

#[track_caller]
fn assert_record_of_a_refusal(listening: &Listening, status: u16) {
    let record = listening.next("delivery");
    assert_eq!(record["seq"], Value::Null, "it has no number: it is not kept");
    assert_eq!((&record["answer"]["status"], &record["answer"]["by"]), (&status.into(), &"storage".into()));
    assert_eq!(record["not_forwarded"], "not kept");
}

/// The next delivery is kept, with the next number.
#[track_caller]
fn assert_recovered(listening: &Listening, kept_before: usize) {
    assert_eq!(deliver(listening).0, 200);
    let record = listening.next("delivery");
    assert_eq!(record["seq"], kept_before + 1, "no gap and no restart");
}

/// The summary says what was refused, and the journal holds what was acknowledged.
#[track_caller]
fn assert_ends_well(listening: Listening, kept: usize, refused: usize) {
    let (code, rest, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
    assert!(errors.contains("a delivery was refused with 5"), "said to the user: {errors}");
    let summary = rest.last().unwrap();
    assert_eq!((&summary["received"], &summary["not_kept"]), (&kept.into(), &refused.into()));
}

fn kept(home: &Home, journal: &Path) -> Vec<u64> {
    let args = ["events", "list", "--limit", "2000", "--json", "--journal", journal.to_str().unwrap()];
    let ran = home.run(args).expect(0);
    let mut seqs: Vec<_> = ran.records().iter().map(|record| record["seq"].as_u64().unwrap()).collect();
    seqs.reverse();
    seqs
}

fn up_to(count: usize) -> Vec<u64> {
    (1..=count as u64).collect()
}

#[cfg(target_os = "linux")]
fn limit_file_size(listening: &Listening, bytes: Option<u64>) {
    use rustix::process::{Pid, Resource, Rlimit, prlimit};
    let pid = Pid::from_child(&listening.child);
    prlimit(Some(pid), Resource::Fsize, Rlimit { current: bytes, maximum: None }).unwrap();
}

#[cfg(target_os = "linux")]
#[test]
fn a_file_that_may_not_grow_refuses_with_503_and_recovers_without_a_restart() {
    let home = Home::default();
    let listening = home.listen_with(["--provider", "koji"], &[KOJI.known()]);
    assert_eq!(deliver(&listening).0, 200);
    listening.next("delivery");
    limit_file_size(&listening, Some(400_000));
    let acknowledged = 1 + until_refused(&listening, 503, &["io", "disk_full"]);
    // What is in the log may have made room in the file meanwhile.
    limit_file_size(&listening, Some(0));
    assert_refused_again(&listening, 503);
    assert_eq!(kept(&home, &home.join("data/journal.db")), up_to(acknowledged), "nothing of it is lost");
    limit_file_size(&listening, None);
    assert_recovered(&listening, acknowledged);
    assert_ends_well(listening, acknowledged + 1, 2);
    assert_eq!(kept(&home, &home.join("data/journal.db")), up_to(acknowledged + 1));
}

#[cfg(target_os = "linux")]
#[test]
fn what_could_not_be_kept_is_not_forwarded() {
    for answer in ["mirror", "ack"] {
        let (home, door) = (Home::default(), Door::taking());
        let args = ["--provider", "koji", "--answer", answer, "--forward", &door.url()];
        let listening = home.listen_with(args, &[KOJI.known()]);
        limit_file_size(&listening, Some(0));
        assert_eq!(deliver(&listening).0, 503);
        limit_file_size(&listening, None);
        assert_eq!(deliver(&listening).0, 200);
        door.wait_for(1);
        listening.stop();
        assert_eq!(door.taken().len(), 1, "{answer}");
    }
}

#[cfg(target_os = "linux")]
#[test]
fn a_limit_that_is_there_from_the_start_ends_with_6_and_not_by_a_signal() {
    let home = Home::default();
    let mut command = Command::new("/bin/sh");
    let direct = home.command(["listen", "--port", "0"]);
    command.args(["-c", "ulimit -f 1; exec \"$0\" \"$@\""]).arg(direct.get_program()).args(direct.get_args());
    command.env_clear().envs(direct.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let ran = Ran::of(command, b"").expect(6);
    assert!(ran.err().contains("hint: "), "{}", ran.err());
}

/// How to get a disk of one's own that goes away with the process: as root, or
/// as anybody where the system lets anybody have namespaces. `None` where neither.
#[cfg(target_os = "linux")]
fn namespace() -> Option<&'static [&'static str]> {
    [&["-m"][..], &["-U", "-r", "-m"]].into_iter().find(|flags| {
        let mut probe = Command::new("unshare");
        probe.args(*flags).args(["sh", "-c", "mount -t tmpfs -o size=64k none /mnt"]);
        probe.output().is_ok_and(|output| output.status.success())
    })
}

#[cfg(target_os = "linux")]
#[test]
fn a_disk_that_is_full_refuses_with_507_and_recovers_without_a_restart() {
    let Some(flags) = namespace() else {
        // The same promise is kept by `a_file_that_may_not_grow...`, which needs nothing.
        return not_here("this system gives nobody a disk of their own");
    };
    let home = Home::default();
    let disk = home.join("disk");
    std::fs::create_dir(&disk).unwrap();
    let journal = disk.join("journal.db");
    let args =
        ["listen", "--port", "0", "--json", "--provider", "koji", "--journal", journal.to_str().unwrap()];
    let direct = home.command(args);
    let script =
        "mount -t tmpfs -o size=3m none \"$0\" && head -c 2000000 /dev/zero > \"$0/filler\" && exec \"$@\"";
    let mut command = Command::new("unshare");
    command
        .args(flags)
        .args(["sh", "-c", script])
        .arg(&disk)
        .arg(direct.get_program())
        .args(direct.get_args());
    command.env_clear().envs(direct.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.env(KOJI.variable, KOJI.secret).stdin(std::process::Stdio::null());
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    let listening = Listening::start(command);
    // The disk as the program sees it.
    let inside = Path::new("/proc").join(listening.child.id().to_string()).join("root");
    let inside = inside.join(disk.strip_prefix("/").unwrap());
    let copy = |name: &str| {
        let folder = home.join(name);
        std::fs::create_dir(&folder).unwrap();
        for file in ["journal.db", "journal.db-wal"] {
            std::fs::copy(inside.join(file), folder.join(file)).unwrap();
        }
        folder.join("journal.db")
    };

    let acknowledged = until_refused(&listening, 507, &["disk_full"]);
    assert!(acknowledged > 0);
    assert_refused_again(&listening, 507);
    assert_eq!(kept(&home, &copy("full")), up_to(acknowledged), "nothing of it is lost");
    std::fs::remove_file(inside.join("filler")).unwrap();
    assert_recovered(&listening, acknowledged);
    assert_eq!(kept(&home, &copy("freed")), up_to(acknowledged + 1));
    assert_ends_well(listening, acknowledged + 1, 2);
}

#[test]
fn a_journal_that_is_taken_away_refuses_with_503_and_recovers_when_it_is_back() {
    let home = Home::default();
    let listening = home.listen_with(["--provider", "koji"], &[KOJI.known()]);
    assert_eq!(deliver(&listening).0, 200);
    listening.next("delivery");
    let (journal, away) = (home.join("data/journal.db"), home.join("data/away.db"));
    std::fs::rename(&journal, &away).unwrap();
    assert_eq!(until_refused(&listening, 503, &["gone"]), 0);
    assert_refused_again(&listening, 503);
    std::fs::rename(&away, &journal).unwrap();
    assert_recovered(&listening, 1);
    assert_ends_well(listening, 2, 2);
    assert_eq!(kept(&home, &journal), [1, 2]);
}

/// Makes files unwritable even for root, where the file system can do that.
#[cfg(target_os = "linux")]
fn freeze(files: &[&Path], flag: &str) -> bool {
    let ran = Command::new("chattr").arg(flag).args(files).output();
    ran.is_ok_and(|output| output.status.success())
}

#[cfg(target_os = "linux")]
#[test]
fn a_journal_that_becomes_read_only_refuses_with_503_and_recovers_without_a_restart() {
    let home = Home::default();
    let listening = home.listen_with(["--provider", "koji"], &[KOJI.known()]);
    assert_eq!(deliver(&listening).0, 200);
    listening.next("delivery");
    let (journal, log) = (home.join("data/journal.db"), home.join("data/journal.db-wal"));
    if !freeze(&[&journal, &log], "+i") {
        // Only root on some file systems can; without it the system gives an open
        // file no way to become read-only, and the two tests around this one stand for it.
        listening.stop();
        return not_here("nobody can make an open file read-only (`chattr +i`)");
    }
    let refused = std::panic::catch_unwind(std::panic::AssertUnwindSafe(|| {
        let acknowledged = until_refused(&listening, 503, &["read_only", "io"]);
        assert_refused_again(&listening, 503);
        acknowledged
    }));
    // Or the folder could not be cleaned up.
    assert!(freeze(&[&journal, &log], "-i"));
    assert_eq!(refused.unwrap(), 0);
    assert_recovered(&listening, 1);
    assert_ends_well(listening, 2, 2);
    assert_eq!(kept(&home, &journal), [1, 2]);
}

#[cfg(unix)]
#[test]
fn a_journal_that_is_read_only_from_the_start_ends_with_6_and_the_command_that_mends_it() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::default();
    let journal = home.join("data/journal.db");
    home.listen(Vec::<&str>::new()).stop();
    let mode =
        |path: &Path, mode| std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    mode(&journal, 0o444);
    mode(&home.join("data"), 0o555);
    let new = home.join("data/new.db");
    for path in [&journal, &new] {
        let args = ["listen", "--port", "0", "--journal", path.to_str().unwrap()];
        let ran = run_as_another(&home, &args).expect(6);
        assert_eq!(ran.out(), "");
        assert!(
            ran.err().contains("cannot be written") && ran.err().contains("hint: chmod u+rw"),
            "{}",
            ran.err()
        );
    }
    mode(&home.join("data"), 0o755);
}

#[cfg(unix)]
#[test]
fn a_journal_that_may_not_be_read_ends_with_6_and_the_command_that_mends_it() {
    use std::os::unix::fs::PermissionsExt;
    let home = Home::default();
    home.listen(Vec::<&str>::new()).stop();
    let mode = |path: &Path, mode| {
        std::fs::set_permissions(path, std::fs::Permissions::from_mode(mode)).unwrap();
    };
    let (folder, journal) = (home.join("data"), home.join("data/journal.db"));
    for (of_folder, of_journal) in [(0o755, 0o000), (0o000, 0o644)] {
        mode(&journal, of_journal);
        mode(&folder, of_folder);
        let ran = run_as_another(&home, &["events", "list"]).expect(6);
        let hint = format!("hint: chmod u+r `{}` and u+x its folder", journal.display());
        assert!(ran.err().contains("cannot be read") && ran.err().contains(&hint), "{}", ran.err());
        mode(&folder, 0o755);
    }
}

/// Runs the program, with a disk of its own that holds a copy of the home's journal and has
/// only so many bytes left.
#[cfg(target_os = "linux")]
fn on_a_full_disk(home: &Home, flags: &[&str], left: u32, args: &[&str]) -> Ran {
    const SCRIPT: &str = "mount -t tmpfs -o size=1m none \"$0\" && cp \"$1\" \"$0/journal.db\"
        cat /dev/zero > \"$0/filler\" 2> /dev/null; truncate -s \"-$2\" \"$0/filler\"; shift 2; exec \"$@\"";
    let direct = home.command(args);
    let mut command = Command::new("unshare");
    command.args(flags).args(["sh", "-c", SCRIPT]).arg(home.join("disk")).arg(home.join("data/journal.db"));
    command.arg(left.to_string()).arg(direct.get_program()).args(direct.get_args());
    command.env_clear().envs(direct.get_envs().filter_map(|(name, value)| Some((name, value?))));
    command.stdout(std::process::Stdio::piped()).stderr(std::process::Stdio::piped());
    Ran::of(command, b"")
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_full_disk_pruning_and_a_new_journal_say_what_can_be_done() {
    let Some(flags) = namespace() else {
        return not_here("this system gives nobody a disk of their own");
    };
    let home = Home::default();
    let listening = home.listen_with(["--provider", "koji"], &[KOJI.known()]);
    assert_eq!((deliver(&listening).0, deliver(&listening).0), (200, 200));
    listening.stop();
    let disk = home.join("disk");
    std::fs::create_dir(&disk).unwrap();
    let path = |name: &str| disk.join(name).to_str().unwrap().to_owned();
    let (old, new) = (path("journal.db"), path("new.db"));
    // Too little to open it; enough for that, and not for what pruning writes.
    for left in [0, 40 << 10] {
        let args = ["events", "prune", "--keep", "1", "--yes", "--journal", &old];
        let pruned = on_a_full_disk(&home, flags, left, &args).expect(6).err();
        assert!(pruned.contains("the disk is full"), "{left}: {pruned}");
        assert!(pruned.contains("hint: pruning needs a little room"), "{left}: {pruned}");
        let started = on_a_full_disk(&home, flags, left, &["listen", "--port", "0", "--journal", &new]);
        let started = started.expect(6).err();
        assert_eq!(started.matches("full").count(), 1, "{left}: {started}");
        assert!(started.contains("hint: make room on that disk"), "{left}: {started}");
    }
}
