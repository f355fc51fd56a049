//! Who gives way when the room for bodies is taken, and who is told to come again.

use crate::wire::{Answer, Rig, Wire, soon};
use hookctl::serve::Limits;
use std::time::Duration;

/// Half a body on a connection of its own.
async fn half_a_body(rig: &Rig) -> Wire {
    let mut wire = Wire::connect(rig.address).await;
    wire.send("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: 65536\r\nExpect: 100-continue\r\n\r\n").await;
    assert_eq!(wire.status().await, Some(100));
    wire.send("h".repeat(40 << 10)).await;
    wire
}

/// The answer to a body of 64 KiB.
async fn whole_body(rig: &Rig) -> Answer {
    let mut wire = Wire::connect(rig.address).await;
    let body = "b".repeat(64 << 10);
    wire.send(format!("POST / HTTP/1.1\r\nHost: a\r\nContent-Length: {}\r\n\r\n{body}", body.len())).await;
    wire.answer().await.unwrap()
}

#[tokio::test]
async fn while_memory_is_short_equals_stay_and_whoever_comes_is_told_to_come_again() {
    let limits = Limits {
        max_body: 64 << 10,
        max_bytes_in_flight: 320 << 10,
        pace_window: Duration::from_secs(3600),
        ..Limits::default()
    };
    let mut rig = Rig::new(limits);
    let mut hoarders = Vec::new();
    // Room for four; one more is refused, which says that the four are counted.
    for _ in 0..5 {
        hoarders.push(half_a_body(&rig).await);
    }
    let rejection = rig.rejection().await;
    assert_eq!((rejection.status, rejection.code), (Some(503), "overloaded"));
    let refused =
        hoarders.iter().position(|wire| wire.stream.local_addr().unwrap() == rejection.peer).unwrap();
    let answer = hoarders.remove(refused).answer().await.unwrap();
    assert_eq!(answer.status, 503);
    assert!(answer.head.to_lowercase().contains("retry-after: 1"), "{}", answer.head);
    rig.serves().await;
    for mut wire in hoarders {
        wire.send("h".repeat(24 << 10)).await;
        assert_eq!(wire.status().await, Some(200), "nobody was pushed out");
    }
    assert_eq!(whole_body(&rig).await.status, 200);
    assert!(rig.no_rejection());
}

#[tokio::test]
async fn while_memory_is_short_whoever_stopped_gives_way_to_whoever_comes() {
    let limits = Limits {
        max_body: 64 << 10,
        max_bytes_in_flight: 320 << 10,
        pace_window: Duration::from_millis(50),
        body_idle_timeout: Duration::from_secs(600),
        ..Limits::default()
    };
    let mut rig = Rig::new(limits);
    let mut hoarders = Vec::new();
    for _ in 0..8 {
        hoarders.push(half_a_body(&rig).await);
    }
    let came = soon(async {
        loop {
            let answer = whole_body(&rig).await;
            if answer.status != 503 {
                return answer;
            }
        }
    });
    assert_eq!(came.await.status, 200);
    let evicted = loop {
        let rejection = rig.rejection().await;
        if rejection.code != "overloaded" {
            break rejection;
        }
    };
    assert_eq!((evicted.status, evicted.code), (None, "evicted"));
    assert!(hoarders.iter().any(|wire| wire.stream.local_addr().unwrap() == evicted.peer));
    rig.serves().await;
}

#[tokio::test]
async fn a_large_body_waits_for_the_room_of_one_that_is_being_answered() {
    let limits = Limits { max_body: 64 << 10, max_bytes_in_flight: 96 << 10, ..Limits::default() };
    let mut rig = Rig::gated(limits);
    let mut first = Box::pin(whole_body(&rig));
    tokio::select! {
        _answer = &mut first => panic!("the gate is shut"),
        () = rig.entered(1) => {}
    }
    // The second finds too little room; it has it as soon as the first is answered.
    let second = whole_body(&rig);
    let open = async {
        rig.open_gate(2);
        first.await
    };
    let (first, second) = Box::pin(soon(async { tokio::join!(open, second) })).await;
    assert_eq!((first.status, second.status), (200, 200));
    assert!(rig.no_rejection());
}
