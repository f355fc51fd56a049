//! Claim 1: a kill at any moment loses no acknowledged delivery.

use crate::harness::target::Application;
use crate::harness::{Home, Listening, require, under};
use crate::load::{Kept, Load, SECRET, number_of};
use std::collections::BTreeSet;
use std::process::Command;
use std::time::{Duration, Instant};

/// How a kill loop ended.
struct Looped {
    acknowledged: BTreeSet<u64>,
    lost: Vec<u64>,
    kept: usize,
    slowest_start: Duration,
}

pub(crate) fn listen(home: &Home, more: &[&str], fault: Option<&str>) -> Command {
    let mut command = home.command(["listen", "--port", "0", "--json", "--provider", "koji"]);
    command.args(more).env("KOJI_WEBHOOK_SECRET", SECRET);
    if let Some(fault) = fault {
        command.env("HOOKCTL_FAULT", fault);
    }
    command
}

/// Kills the listener so many times, each time after another count of acknowledgements.
fn kill_loop(home: &Home, kills: u64, fault: Option<&str>) -> Looped {
    let load = Load::start(8);
    let mut slowest_start = Duration::ZERO;
    for round in 0..kills {
        let begun = Instant::now();
        let listening = Listening::start(listen(home, &[], fault));
        slowest_start = slowest_start.max(begun.elapsed());
        load.send_to(listening.address);
        // Counts without a pattern: just started, within a burst, after many commits.
        load.wait_for(load.acknowledged() + 1 + (round * 7_919) % 401);
        listening.kill();
        load.nobody();
    }
    let acknowledged = load.stop();
    let kept = Kept::of(home);
    kept.assert_numbered();
    Looped { lost: kept.lacks(&acknowledged), acknowledged, kept: kept.seqs.len(), slowest_start }
}

#[test]
fn twenty_five_kills_under_load_lose_nothing_that_was_acknowledged() {
    let home = Home::default();
    let looped = kill_loop(&home, 25, None);
    println!(
        "25 kills: {} acknowledged, {} kept, {} lost; slowest start to ready {:?}",
        looped.acknowledged.len(),
        looped.kept,
        looped.lost.len(),
        looped.slowest_start
    );
    // The journal keeps 10,000: more load, and the oldest would be gone by right.
    assert!(looped.kept < 10_000 && looped.acknowledged.len() > 2_500, "the load is not as it should be");
    assert_eq!(looped.lost.len(), 0, "lost: {:?}", looped.lost.iter().take(10).collect::<Vec<_>>());
}

#[test]
fn the_same_loop_loses_some_when_the_answer_goes_before_the_write() {
    let home = Home::default();
    let looped = kill_loop(&home, 5, Some("ack-first"));
    println!("control: {} of {} acknowledged lost", looped.lost.len(), looped.acknowledged.len());
    assert!(!looped.lost.is_empty(), "the harness cannot see a loss");
}

/// Starts under strace, which kills the program as it enters its nth flush.
fn dying_at(nth: u32, command: &Command) -> Result<Listening, String> {
    let inject = format!("inject=fsync,fdatasync:signal=KILL:when={nth}");
    Listening::try_start(under(["strace", "-D", "-f", "-qq", "-o", "/dev/null", "-e", &inject], command))
}

/// Loads a listener until the injected kill has ended it.
fn load_until_dead(load: &Load, mut listening: Listening) {
    let before = load.acknowledged();
    load.send_to(listening.address);
    let status = listening.child.wait().unwrap();
    load.nobody();
    assert_eq!(std::os::unix::process::ExitStatusExt::signal(&status), Some(9), "{status}");
    assert!(load.acknowledged() - before < 20_000, "the kill came late");
}

#[test]
fn a_kill_at_each_of_the_first_flushes_loses_nothing_that_was_acknowledged() {
    require("strace");
    let home = Home::default();
    let load = Load::start(4);
    let mut before_ready = 0;
    for nth in 1..=20 {
        match dying_at(nth, &listen(&home, &[], None)) {
            Ok(listening) => load_until_dead(&load, listening),
            Err(_) => before_ready += 1,
        }
    }
    let acknowledged = load.stop();
    let kept = Kept::of(&home);
    kept.assert_numbered();
    println!("20 flushes: {before_ready} died before ready, {} acknowledged", acknowledged.len());
    assert_eq!(kept.lacks(&acknowledged), [0; 0]);
    assert!(before_ready < 20 && acknowledged.len() > 20, "{before_ready} {}", acknowledged.len());
}

#[test]
fn what_is_acknowledged_before_it_is_forwarded_reaches_the_target_after_every_kill() {
    require("strace");
    let (home, target) = (Home::default(), Application::start());
    let forward = ["--answer", "ack", "--forward", &target.url()];
    let load = Load::start(4);
    let mut died = 0;
    for nth in 1..=20 {
        if let Ok(listening) = dying_at(nth, &listen(&home, &forward, None)) {
            load_until_dead(&load, listening);
            died += 1;
        }
    }
    let acknowledged = load.stop();
    assert!(died > 0 && !acknowledged.is_empty(), "{died} {}", acknowledged.len());

    let listening = Listening::start(listen(&home, &forward, None));
    let numbers = || -> Vec<u64> { target.received().iter().map(|one| number_of(&one.body)).collect() };
    let all = |received: &[crate::harness::target::Received]| {
        // Parsing all again at each arrival would be quadratic; the count comes first.
        received.len() >= acknowledged.len()
            && acknowledged.is_subset(&received.iter().map(|one| number_of(&one.body)).collect())
    };
    target.wait_until(all);
    let (code, _, errors) = listening.stop();
    assert_eq!(code, 0, "{errors}");
    let (numbers, kept) = (numbers(), Kept::of(&home));
    assert_eq!(kept.lacks(&acknowledged), [0; 0]);
    let distinct: BTreeSet<u64> = numbers.iter().copied().collect();
    let again = numbers.len() - distinct.len();
    println!(
        "{} acknowledged, {} reached the target, {again} of them twice",
        acknowledged.len(),
        distinct.len()
    );
    assert!(again <= died, "more repeats than deliveries under way at a kill: {again} of {died} kills");
    assert!(distinct.is_subset(&kept.numbers), "the target got what is not kept");
}
