//! Who may open a journal: one owner, and its files are the owner's alone.

use super::{Sample, folder, oldest_first, quick, seqs};
use hookctl::journal::{Guest, Journal, OpenError, Reader};
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const CHILD: &str = "HOOKCTL_TEST_CHILD_JOURNAL";

/// This test program again, running only `test` on `journal`.
fn child(shell_prefix: &str, test: &str, journal: &Path) -> Child {
    Command::new("/bin/sh")
        .args(["-c", &format!("{shell_prefix} exec \"$0\" \"$@\"")])
        .arg(std::env::current_exe().unwrap())
        .args(["--exact", test, "--nocapture", "--test-threads=1"])
        .env(CHILD, journal)
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .unwrap()
}

/// In a child: opens the journal and holds it until it is killed.
#[test]
fn child_that_holds_a_journal() {
    let Some(path) = std::env::var_os(CHILD) else { return };
    let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
    let journal = Journal::open(Path::new(&path), quick()).unwrap();
    let stored = runtime.block_on(journal.append(Sample::new("kept").checked())).unwrap();
    println!("\nchild holds it after delivery {}", stored.seq());
    let mut line = String::new();
    std::io::stdin().read_line(&mut line).unwrap();
}

#[test]
fn a_second_owner_is_refused_with_the_first_ones_pid_until_it_is_gone() {
    let (_folder, path) = folder();
    let first = Journal::open(&path, quick()).unwrap();
    let error = Journal::open(&path, quick()).unwrap_err();
    assert!(
        matches!(&error, OpenError::Locked { pid: Some(pid), .. } if *pid == std::process::id()),
        "{error:?}"
    );
    assert!(error.to_string().ends_with(&format!("in use by process {}", std::process::id())), "{error}");
    drop(first);
    drop(Journal::open(&path, quick()).unwrap());
}

#[test]
fn another_name_of_the_file_leads_to_the_same_lock() {
    let (folder, path) = folder();
    let _first = Journal::open(&path, quick()).unwrap();
    #[cfg(unix)]
    {
        let link = folder.path().join("link.db");
        std::os::unix::fs::symlink(&path, &link).unwrap();
        assert!(matches!(Journal::open(&link, quick()), Err(OpenError::Locked { .. })));
    }
    let roundabout = folder.path().join(".").join("journal.db");
    assert!(matches!(Journal::open(&roundabout, quick()), Err(OpenError::Locked { .. })));
}

#[test]
fn a_killed_owner_blocks_nobody_and_what_it_stored_is_there() {
    let (_folder, path) = folder();
    let mut owner = child("", "journal::owner::child_that_holds_a_journal", &path);
    let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
    assert!(lines.any(|line| line.unwrap() == "child holds it after delivery 1"));
    let error = Journal::open(&path, quick()).unwrap_err();
    assert!(matches!(error, OpenError::Locked { pid: Some(pid), .. } if pid == owner.id()), "{error:?}");
    owner.kill().unwrap();
    owner.wait().unwrap();
    let journal = Journal::open(&path, quick()).unwrap();
    let entry = journal.read(|reader| reader.get(1)).unwrap().unwrap();
    assert_eq!(&entry.delivery.body[..], b"kept");
}

#[tokio::test]
async fn a_closed_journal_is_free_and_says_so_to_late_callers() {
    let (_folder, path) = folder();
    let journal = Journal::open(&path, quick()).unwrap();
    let _ = journal.append(Sample::new("a").checked()).await.unwrap();
    journal.close().await.unwrap();
    let next = Journal::open(&path, quick()).unwrap();
    let closed = hookctl::journal::WriteError::Closed;
    assert_eq!(journal.append(Sample::new("b").checked()).await.unwrap_err(), closed);
    assert_eq!(journal.record_answer(1, 200, "policy", std::time::Duration::ZERO).unwrap_err(), closed);
    assert_eq!(journal.close().await.unwrap_err(), closed);
    assert_eq!(next.append(Sample::new("c").checked()).await.unwrap().seq(), 2);
}

#[cfg(unix)]
mod modes {
    use super::*;
    use std::fs;
    use std::os::unix::fs::{MetadataExt, PermissionsExt, chown};
    use std::os::unix::process::CommandExt;

    fn mode(path: &Path) -> u32 {
        fs::metadata(path).unwrap().permissions().mode() & 0o777
    }

    fn set(path: &Path, mode: u32) {
        fs::set_permissions(path, fs::Permissions::from_mode(mode)).unwrap();
    }

    #[test]
    fn files_and_folders_are_private_under_any_umask() {
        for umask in ["000", "022", "077", "277"] {
            let (folder, _) = folder();
            let (outer, inner) = (folder.path().join("a"), folder.path().join("a/b"));
            let path = inner.join("journal.db");
            let prefix = format!("umask {umask};");
            let mut owner = child(&prefix, "journal::owner::child_that_holds_a_journal", &path);
            let mut lines = BufReader::new(owner.stdout.take().unwrap()).lines();
            assert!(lines.any(|line| line.unwrap() == "child holds it after delivery 1"), "umask {umask}");
            let files = ["journal.db", "journal.db-wal", "journal.db-shm", "journal.db.lock"];
            let modes = files.map(|name| mode(&inner.join(name)));
            owner.kill().unwrap();
            owner.wait().unwrap();
            assert_eq!(modes, [0o600; 4], "umask {umask}: {modes:?}");
            assert_eq!((mode(&outer), mode(&inner)), (0o700, 0o700), "umask {umask}");
        }
    }

    #[test]
    fn looser_modes_are_repaired_and_told_and_a_folder_of_others_is_left_alone() {
        let (folder, path) = folder();
        drop(Journal::open(&path, quick()).unwrap());
        set(&path, 0o644);
        set(folder.path(), 0o755);
        let journal = Journal::open(&path, quick()).unwrap();
        let [warning] = journal.warnings() else { panic!("{:?}", journal.warnings()) };
        assert!(warning.contains("mode 644") && warning.contains("journal.db"), "{warning}");
        assert_eq!((mode(&path), mode(folder.path())), (0o600, 0o755));
        drop(journal);
        let journal = Journal::open(&path, quick()).unwrap();
        assert!(journal.warnings().is_empty(), "{:?}", journal.warnings());
    }

    /// In a child that may write neither the file nor its folder.
    #[test]
    fn child_without_permission_to_write() {
        let Some(path) = std::env::var_os(CHILD) else { return };
        let path = Path::new(&path);
        let error = Journal::open(path, quick()).unwrap_err();
        assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
        let error = Guest::open(path).unwrap_err();
        assert!(matches!(error, OpenError::ReadOnly { .. }), "{error:?}");
        let reader = Reader::open(path).unwrap();
        assert_eq!(seqs(&reader, &oldest_first()), [1, 2, 3]);
        println!("\nchild could only read");
    }

    #[tokio::test]
    async fn without_permission_to_write_there_is_no_owner_but_readers() {
        let (folder, _) = folder();
        let inner = folder.path().join("read-only ?#%");
        fs::create_dir(&inner).unwrap();
        let path = inner.join("journal.db");
        let journal = Journal::open(&path, quick()).unwrap();
        for _ in 0..3 {
            let _ = journal.append(Sample::new("a").checked()).await.unwrap();
        }
        journal.close().await.unwrap();
        fs::remove_file(inner.join("journal.db.lock")).unwrap();
        // The superuser may write everywhere, so the child is somebody else.
        let root = fs::metadata(&inner).unwrap().uid() == 0;
        let program = folder.path().join("program");
        fs::copy(std::env::current_exe().unwrap(), &program).unwrap();
        if root {
            chown(&inner, Some(65_534), Some(65_534)).unwrap();
            chown(&path, Some(65_534), Some(65_534)).unwrap();
        }
        set(folder.path(), 0o755);
        set(&program, 0o755);
        set(&path, 0o400);
        set(&inner, 0o500);
        let mut command = Command::new(&program);
        command
            .args(["--exact", "journal::owner::modes::child_without_permission_to_write"])
            .args(["--nocapture", "--test-threads=1"])
            .env(CHILD, &path)
            .current_dir("/");
        if root {
            command.uid(65_534).gid(65_534);
        }
        let output = command.output().unwrap();
        set(&inner, 0o700);
        let told = String::from_utf8_lossy(&output.stdout);
        assert!(told.contains("child could only read"), "{told}{}", String::from_utf8_lossy(&output.stderr));
    }
}
