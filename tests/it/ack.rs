//! A target that is down for the middle half of 1,000 deliveries. In `ack`
//! every acknowledged delivery reaches it, in order, once it is back; in
//! `mirror` every sender is told; and a forwarder that acknowledges first and
//! tries once loses the half, in the same harness.

use crate::application::{Door, Taken, plain};
use crate::harness::{Home, post};
use crate::in_process::{Job, koji, number_of, options, reader};
use hookctl::hook::attempt::{FailureKind, Outcome};
use hookctl::hook::schedule::Schedule;
use hookctl::job::listen::Command;
use hookctl::job::report::{AnswerPolicy, Event, Next, Summary};
use hookctl::journal::{Filter, Order, Reader, TargetStats};
use std::io::{Read, Write};
use std::net::{SocketAddr, TcpListener, TcpStream};
use std::sync::mpsc::channel;
use std::time::Duration;

const ALL: usize = 1_000;
const DOWN: usize = 250;
const UP_AGAIN: usize = 750;

/// Own timetable, a thousand times as fast: a millisecond, 5 ms, 30 ms, ... up to 1.8 s.
fn fast() -> Schedule {
    Schedule::forward().scaled(1_000.0)
}

/// Sends delivery number n and gives the status; fails when there is no answer.
fn send(address: SocketAddr, number: usize) -> u16 {
    let (signature, body) = koji(number);
    let headers = [("Content-Type", "application/json"), ("X-Koji-Signature", signature.as_str())];
    let status = post(address, "/hooks", &headers, &body);
    assert_ne!(status, 0, "delivery {number} was answered");
    status
}

/// Sends 1,000 deliveries, one after the other, and shuts the door for the
/// middle half. `halfway` is called in the middle of that. Gives the statuses.
fn middle_half_down(
    door: &mut Door,
    mut address: impl FnMut() -> SocketAddr,
    mut halfway: impl FnMut(),
) -> Vec<u16> {
    let mut statuses = Vec::new();
    for number in 0..ALL {
        match number {
            DOWN => {
                door.wait_for(DOWN);
                door.close();
            }
            500 => halfway(),
            UP_AGAIN => door.open(),
            _ => {}
        }
        statuses.push(send(address(), number));
    }
    statuses
}

fn numbers(taken: &[Taken]) -> Vec<usize> {
    taken.iter().map(|taken| number_of(&taken.body)).collect()
}

fn in_order(count: usize) -> Vec<usize> {
    (0..count).collect()
}

fn owed(reader: &Reader) -> TargetStats {
    let stats = reader.stats().unwrap();
    assert_eq!(stats.deliveries, ALL as u64);
    stats.targets.first().cloned().unwrap_or(TargetStats {
        target: String::new(),
        pending: 0,
        dead: 0,
        missed: 0,
        oldest: 0,
    })
}

fn summary(events: &[Event]) -> Summary {
    let Some(Event::Summary(summary)) = events.last() else { panic!("the summary is the last event") };
    Summary::clone(summary)
}

#[test]
fn ack_with_the_target_down_for_the_middle_half_of_1000_all_reach_it_in_order_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.db");
    let mut door = Door::taking();
    let mut ack = options(AnswerPolicy::Ack, &[door.url()]);
    ack.schedule = fast();
    let job = Job::start(&journal, ack);
    let address = job.address;
    let statuses = middle_half_down(&mut door, || address, || ());
    assert_eq!(statuses, [200; ALL], "every sender was acknowledged");

    assert_eq!(job.settled(ALL as u64), Next::Delivered);
    let (_, events) = job.stop();
    assert_eq!(numbers(&door.taken()), in_order(ALL));
    let summary = summary(&events);
    assert_eq!((summary.received, summary.forwarded, summary.waiting), (1_000, 1_000, 0));
    assert!(summary.forward_failed > 0, "the target was down, and that was tried");
    let owed = owed(&reader(&journal));
    assert_eq!((owed.pending, owed.dead, owed.missed), (0, 0, 0));
}

#[test]
fn ack_across_a_restart_in_the_middle_all_1000_reach_the_target_in_order_and_once() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.db");
    let mut door = Door::taking();
    let url = door.url();
    let start = || {
        let mut ack = options(AnswerPolicy::Ack, std::slice::from_ref(&url));
        ack.schedule = fast();
        Job::start(&journal, ack)
    };
    let job = std::cell::RefCell::new(Some(start()));
    let restart = || {
        let (_, events) = job.take().unwrap().stop();
        assert_eq!(summary(&events).waiting, 250, "what is left behind is said");
        *job.borrow_mut() = Some(start());
    };
    let statuses = middle_half_down(&mut door, || job.borrow().as_ref().unwrap().address, restart);
    assert_eq!(statuses, [200; ALL]);
    let job = job.take().unwrap();
    assert_eq!(job.settled(ALL as u64), Next::Delivered);
    job.stop();
    assert_eq!(numbers(&door.taken()), in_order(ALL));
    let first_failed = reader(&journal).get(DOWN as u64 + 1).unwrap().unwrap();
    let tries: Vec<u32> = first_failed.attempts.iter().map(|kept| kept.attempt.number).collect();
    assert!(tries.len() > 2, "{tries:?}");
    assert!(tries.iter().copied().eq(1..=tries.len() as u32), "counted on across the restart: {tries:?}");
}

#[test]
fn mirror_with_the_target_down_for_the_middle_half_of_1000_every_sender_is_told() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.db");
    let mut door = Door::taking();
    let job = Job::start(&journal, options(AnswerPolicy::Mirror, &[door.url()]));
    let address = job.address;
    let statuses = middle_half_down(&mut door, || address, || ());
    for (number, status) in statuses.iter().enumerate() {
        let expected = if (DOWN..UP_AGAIN).contains(&number) { 502 } else { 200 };
        assert_eq!(*status, expected, "delivery {number}");
    }
    let (_, events) = job.stop();
    let arrived = in_order(ALL).into_iter().filter(|number| !(DOWN..UP_AGAIN).contains(number));
    assert_eq!(numbers(&door.taken()), arrived.collect::<Vec<_>>());
    let summary = summary(&events);
    assert_eq!((summary.received, summary.forwarded, summary.forward_failed), (1_000, 500, 500));

    let reader = reader(&journal);
    let owed = owed(&reader);
    assert_eq!((owed.pending, owed.dead, owed.missed), (0, 0, 500));
    let undelivered =
        Filter { undelivered: true, order: Order::OldestFirst, limit: ALL, ..Filter::default() };
    let seqs: Vec<u64> = reader.list(&undelivered).unwrap().items.iter().map(|listed| listed.seq).collect();
    assert!(seqs.iter().copied().eq(251..=750), "each of them can be replayed");
}

/// Acknowledges first, then forwards once: what the two tests above would see of such a tool.
fn naive_forwarder(target: SocketAddr) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    let (queue, work) = channel::<Vec<u8>>();
    std::thread::spawn(move || {
        for request in work {
            let Ok(mut stream) = TcpStream::connect(target) else { continue };
            drop(stream.write_all(&request));
            drop(stream.read_to_end(&mut Vec::new()));
        }
    });
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream.unwrap();
            let mut request = vec![0; 64 << 10];
            let mut length = 0;
            while !request[..length].ends_with(b"}}") {
                length += stream.read(&mut request[length..]).unwrap();
            }
            request.truncate(length);
            stream.write_all(&plain(200)).unwrap();
            queue.send(request).unwrap();
        }
    });
    address
}

#[test]
fn control_a_forwarder_that_acknowledges_first_and_tries_once_loses_the_half_here() {
    let mut door = Door::taking();
    let address = naive_forwarder(door.address);
    let statuses = middle_half_down(&mut door, || address, || ());
    assert_eq!(statuses, [200; ALL], "every sender was acknowledged");
    // The last one comes when all before it were tried.
    let mut taken = door.wait_for(500);
    while numbers(&taken).last() != Some(&(ALL - 1)) {
        taken = door.wait_for(taken.len() + 1);
    }
    let lost = ALL - taken.len();
    assert!((450..=500).contains(&lost), "{lost} of 1000 acknowledged deliveries are lost");
}

#[test]
fn a_stop_lets_the_attempt_under_way_end_so_that_nothing_is_sent_twice() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.db");
    let (release, released) = channel::<()>();
    let released = std::sync::Mutex::new(released);
    let door = Door::open_with(move |number, _| {
        if number == 0 {
            released.lock().unwrap().recv().unwrap();
        }
        plain(200)
    });
    let start = || Job::start(&journal, options(AnswerPolicy::Ack, &[door.url()]));
    let job = start();
    let address = job.address;
    assert_eq!((send(address, 0), send(address, 1)), (200, 200));
    door.wait_for(1);
    let stopping = job.ask_to_stop();
    // Long enough refused that the stop has reached everybody. Were it not, the test would only see less.
    let mut refused = 0;
    while refused < 2_000 {
        refused += usize::from(TcpStream::connect(address).is_err());
    }
    release.send(()).unwrap();
    let (_, events) = stopping.wait();
    // The other one was not begun any more, or was taken as well.
    if summary(&events).waiting > 0 {
        let job = start();
        assert_eq!(job.settled(2), Next::Delivered);
        job.stop();
    }
    assert_eq!(numbers(&door.taken()), [0, 1]);
}

#[test]
fn a_delivery_that_was_replayed_while_it_waited_is_not_sent_a_second_time() {
    let home = Home::default();
    let journal = home.join("journal.db");
    let (release, released) = channel::<()>();
    let released = std::sync::Mutex::new(released);
    let door = Door::open_with(move |number, _| {
        if number > 0 {
            return plain(200);
        }
        released.lock().unwrap().recv().unwrap();
        plain(500)
    });
    let mut ack = options(AnswerPolicy::Ack, &[door.url()]);
    ack.schedule = fast();
    let job = Job::start(&journal, ack);
    assert_eq!(send(job.address, 0), 200);
    door.wait_for(1);
    let journal = journal.display().to_string();
    home.run(["events", "replay", "1", "--to", &door.url(), "--journal", &journal]).expect(0);
    release.send(()).unwrap();
    assert_eq!(send(job.address, 1), 200);
    assert_eq!(job.settled(2), Next::Delivered);
    job.stop();
    assert_eq!(numbers(&door.taken()), [0, 0, 1], "the failed try, the replay, and the next delivery");
    let owed = home.run(["events", "list", "--undelivered", "--json", "--journal", &journal]).expect(0).out();
    assert_eq!(owed, "", "the target has it, though a try failed later");
}

#[test]
fn a_delivery_that_a_key_sends_again_is_not_sent_a_third_time() {
    let folder = tempfile::tempdir().unwrap();
    let journal = folder.path().join("journal.db");
    let door = Door::open_with(|number, _| plain(if number == 0 { 500 } else { 200 }));
    let mut ack = options(AnswerPolicy::Ack, &[door.url()]);
    ack.schedule = Schedule::forward();
    let job = Job::start(&journal, ack);
    assert_eq!(send(job.address, 0), 200);
    assert!(matches!(job.next_attempt().next, Next::RetryAt(_)));
    let undelivered = Filter { undelivered: true, ..Filter::default() };
    let owed = || reader(&journal).list(&undelivered).unwrap().items.len();
    assert_eq!(owed(), 1, "the control: it waits");
    job.press(Command::ReplayLast);
    assert!(job.next_attempt().attempt.outcome.delivered());
    let (_, events) = job.stop();
    assert_eq!((summary(&events).waiting, owed(), door.taken().len()), (0, 0, 2));
}

/// The target is up again and has what it missed; the next try would be in half an hour.
#[test]
fn what_was_replayed_no_longer_holds_up_what_comes_after() {
    let home = Home::default();
    let journal = home.join("journal.db");
    let later = b"HTTP/1.1 503 Later\r\nRetry-After: 1800\r\nContent-Length: 0\r\n\r\n";
    let door = Door::open_with(|number, _| if number == 0 { later.to_vec() } else { plain(200) });
    let mut ack = options(AnswerPolicy::Ack, &[door.url()]);
    ack.schedule = Schedule::forward();
    let job = Job::start(&journal, ack);
    assert_eq!(send(job.address, 0), 200);
    assert!(matches!(job.next_attempt().next, Next::RetryAt(_)));
    assert_eq!(send(job.address, 1), 200);
    let named = journal.display().to_string();
    home.run(["events", "replay", "1", "--to", &door.url(), "--journal", &named]).expect(0);
    assert_eq!(job.settled(2), Next::Delivered);
    job.stop();
    assert_eq!(numbers(&door.taken()), [0, 0, 1]);
}

#[test]
fn ack_keeps_to_the_deadline_that_the_user_named() {
    let folder = tempfile::tempdir().unwrap();
    let (release, released) = channel::<()>();
    let released = std::sync::Mutex::new(released);
    let door = Door::open_with(move |_, _| {
        // Until the test ends.
        assert!(released.lock().unwrap().recv().is_err());
        plain(200)
    });
    let mut ack = options(AnswerPolicy::Ack, &[door.url()]);
    ack.timeout = Some(Duration::from_millis(20));
    let job = Job::start(&folder.path().join("journal.db"), ack);
    assert_eq!(send(job.address, 0), 200);
    let attempted = job.next_attempt();
    let Outcome::Failed(failure) = &attempted.attempt.outcome else { panic!("{attempted:?}") };
    assert_eq!((failure.kind, attempted.next), (FailureKind::Timeout, Next::Dead));
    drop(release);
    job.stop();
}

#[test]
fn retry_after_makes_the_next_try_later() {
    let folder = tempfile::tempdir().unwrap();
    let door = Door::open_with(|_, _| {
        b"HTTP/1.1 503 Later\r\nRetry-After: 1800\r\nContent-Length: 0\r\n\r\n".to_vec()
    });
    let mut ack = options(AnswerPolicy::Ack, &[door.url()]);
    ack.schedule = Schedule::forward();
    let job = Job::start(&folder.path().join("journal.db"), ack);
    assert_eq!(send(job.address, 0), 200);
    let attempted = job.next_attempt();
    let Next::RetryAt(due) = attempted.next else { panic!("{attempted:?}") };
    let wait = due.since(attempted.attempt.started);
    // The timetable alone would have said a second.
    assert!(wait >= Duration::from_secs(1_800) && wait < Duration::from_secs(1_900), "{wait:?}");
    job.stop();
    assert_eq!(door.taken().len(), 1);
}

#[test]
fn answers_that_say_never_are_dead_letters_that_can_be_listed_and_replayed() {
    let home = Home::default();
    // 400, 410, then 200 for everything.
    let door = Door::open_with(|number, _| plain([400, 410].get(number).copied().unwrap_or(200)));
    let listening = home.listen(["--forward", &door.url(), "--answer", "ack"]);
    for number in 0..3 {
        assert_eq!(send(listening.address, number), 200);
    }
    for (seq, status, action) in [(1, 400, "dead"), (2, 410, "dead"), (3, 200, "delivered")] {
        let attempt = listening.next("attempt");
        assert_eq!((&attempt["seq"], &attempt["status"]), (&seq.into(), &status.into()));
        assert_eq!(attempt["next"]["action"], action, "{attempt}");
    }
    let list = |flag: &str| {
        let ran = home.run(["events", "list", flag, "--json"]).expect(0);
        ran.records().iter().map(|record| record["seq"].as_u64().unwrap()).collect::<Vec<_>>()
    };
    assert_eq!((list("--dead"), list("--undelivered")), (vec![2, 1], vec![2, 1]));
    let text = home.run(["events", "list", "--dead"]).expect(0).out();
    assert!(text.contains("dead"), "said in the text too: {text}");

    home.run(["events", "replay", "--dead", "--to", &door.url()]).expect(0);
    assert_eq!(numbers(&door.wait_for(5)), [0, 1, 2, 0, 1]);
    assert_eq!((list("--dead"), list("--undelivered")), (vec![], vec![]));
    listening.stop();
}

#[test]
fn with_retry_none_a_target_that_is_down_makes_a_dead_letter_at_once() {
    let home = Home::default();
    let mut door = Door::shut(|_, _| plain(200));
    let listening = home.listen(["--forward", &door.url(), "--answer", "ack", "--retry", "none"]);
    assert_eq!(send(listening.address, 0), 200);
    let attempt = listening.next("attempt");
    assert_eq!(
        (&attempt["failure"]["kind"], &attempt["next"]["action"]),
        (&"refused".into(), &"dead".into())
    );
    door.open();
    // What comes later is not held up by it.
    assert_eq!(send(listening.address, 1), 200);
    assert_eq!(listening.next("attempt")["next"]["action"], "delivered");
    let dead = home.run(["events", "list", "--dead", "--json", "--jq", ".seq"]).expect(0);
    assert_eq!(dead.out(), "1\n");
    listening.stop();
}

#[test]
fn with_the_default_timetable_a_target_that_is_down_is_tried_again_after_a_second() {
    let home = Home::default();
    let door = Door::shut(|_, _| plain(200));
    let listening = home.listen(["--forward", &door.url(), "--answer", "ack"]);
    assert_eq!(send(listening.address, 0), 200);
    let attempt = listening.next("attempt");
    assert_eq!(
        (&attempt["failure"]["kind"], &attempt["next"]["action"]),
        (&"refused".into(), &"retry".into())
    );
    let undelivered = home.run(["events", "list", "--undelivered", "--json", "--jq", ".seq"]).expect(0);
    assert_eq!(undelivered.out(), "1\n");
    let list = home.run(["events", "list"]).expect(0).out();
    let due = list.split_once("  waits after 1 try, next ").unwrap_or_else(|| panic!("{list}")).1;
    assert!(due.starts_with(|first: char| first.is_ascii_digit()), "{list}");
    assert_eq!(home.run(["events", "list", "--dead", "--json"]).expect(0).out(), "");
    let (code, rest, errors) = listening.stop();
    assert_eq!((code, &rest.last().unwrap()["waiting"]), (0, &1.into()), "{errors}");
}
