//! Claim 4: a disk that is full, broken or out of quota never makes a false
//! acknowledgement, ends nothing, and is used again once it takes bytes.

use crate::claim_01_kill::listen;
use crate::harness::{Home, Listening, require, under};
use crate::load::{Kept, Load};
use rlimit::{INFINITY, Resource};

/// Loads a listener whose system calls fail as `inject` says, until it refused with
/// `status` and then took deliveries again; ends it without warning, and looks for
/// what was acknowledged.
fn refuses_and_recovers(inject: &str, status: u16) -> (Home, std::path::PathBuf) {
    require("strace");
    let home = Home::default();
    let log = home.join("strace.log");
    let inject = format!("inject={inject}");
    let words =
        ["strace", "-f", "-qq", "-o", log.to_str().unwrap(), "-e", "trace=fsync,fdatasync,pwrite64,close"];
    let words = words.into_iter().chain(["-e", &inject]);
    let mut listening = Listening::start(under(words, &listen(&home, &[], None)));
    let load = Load::start(2);
    load.send_to(listening.address);
    load.wait_for_refusal(status);
    load.wait_for(load.acknowledged() + 50);
    // The owner's lock names the program itself, not strace above it.
    let owner = std::fs::read_to_string(home.join("data/journal.db.lock")).unwrap();
    let killed = std::process::Command::new("kill").args(["-s", "KILL", owner.trim()]).status().unwrap();
    assert!(killed.success(), "process {owner} was not alive");
    load.nobody();
    listening.child.wait().unwrap();
    let acknowledged = load.stop();
    let kept = Kept::of(&home);
    kept.assert_numbered();
    assert_eq!(kept.lacks(&acknowledged), [0; 0], "acknowledged and not kept");
    println!("{inject}: {} acknowledged, none lost", acknowledged.len());
    (home, log)
}

#[test]
fn a_full_disk_is_told_with_507_and_used_again_when_there_is_room() {
    let (_home, log) = refuses_and_recovers("pwrite64:error=ENOSPC:when=200..260", 507);
    let log = std::fs::read_to_string(log).unwrap();
    assert!(log.contains("ENOSPC") && log.contains("(INJECTED)"), "nothing was injected");
}

#[test]
fn quotas_and_read_only_file_systems_are_refusals_too() {
    refuses_and_recovers("pwrite64:error=EDQUOT:when=200..230", 503);
    refuses_and_recovers("pwrite64:error=EROFS:when=200..230", 503);
    refuses_and_recovers("pwrite64:error=EIO:when=200..230", 503);
}

#[test]
fn after_a_failed_flush_the_same_file_descriptor_is_never_flushed_again() {
    // Not only the fifth: also one in the middle of what the log's reuse flushes.
    for nth in [5, 6, 40] {
        let (_home, log) = refuses_and_recovers(&format!("fsync,fdatasync:error=EIO:when={nth}"), 503);
        let log = std::fs::read_to_string(log).unwrap();
        let failed: Vec<_> = log.lines().enumerate().filter(|(_, line)| line.contains("EIO")).collect();
        assert!(!failed.is_empty(), "nothing was injected");
        for (at, line) in failed {
            let call = line.split_once("sync(").unwrap().1;
            let descriptor = call.split(')').next().unwrap();
            let later = log.lines().skip(at + 1);
            let mut uses = later.filter(|line| {
                ["close(", "fsync(", "fdatasync("]
                    .iter()
                    .any(|call| line.contains(&format!("{call}{descriptor})")))
            });
            let next = uses.next().unwrap_or_default();
            assert!(next.is_empty() || next.contains("close("), "flushed again: {next}");
        }
    }
}

#[test]
fn a_file_size_limit_is_a_refusal_and_not_a_death() {
    let home = Home::default();
    let mut listening = Listening::start(listen(&home, &[], None));
    let load = Load::start(2);
    load.send_to(listening.address);
    load.wait_for(50);
    let process = i32::try_from(listening.child.id()).unwrap();
    let limit = |bytes| rlimit::prlimit(process, Resource::FSIZE, Some((bytes, INFINITY)), None).unwrap();
    limit(4_096);
    load.wait_for_refusal(503);
    assert!(listening.child.try_wait().unwrap().is_none(), "the limit's signal ended it");
    limit(INFINITY);
    load.wait_for(load.acknowledged() + 50);
    let acknowledged = load.stop();
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
    assert_eq!(Kept::of(&home).lacks(&acknowledged), [0; 0]);
    println!("file size limit: {} acknowledged, none lost", acknowledged.len());
}

#[test]
fn the_same_full_disk_loses_some_when_the_answer_goes_before_the_write() {
    require("strace");
    let home = Home::default();
    let full = "inject=pwrite64:error=ENOSPC:when=200+";
    let words = ["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", full];
    let listening = Listening::start(under(words, &listen(&home, &[], Some("ack-first"))));
    let load = Load::start(8);
    load.send_to(listening.address);
    load.wait_for(300);
    listening.kill();
    load.nobody();
    let acknowledged = load.stop();
    let lost = Kept::of(&home).lacks(&acknowledged).len();
    println!("control: {lost} of {} acknowledged lost", acknowledged.len());
    assert!(lost > 0, "the harness cannot see a loss");
}
