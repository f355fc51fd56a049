//! The index of a journal that only the inspector has open.

use super::{Page, options};
use hookctl::inspect::{self, Options};
use hookctl::journal::Reader;
use hookctl::serve;
use std::net::{IpAddr, Ipv4Addr};
use std::time::{Duration, Instant};

/// Up to which number the index goes, once that is so.
async fn reaches(reader: &Reader, up_to: u64) {
    let begun = Instant::now();
    while reader.reach().unwrap().1 != up_to {
        assert!(begun.elapsed() < Duration::from_secs(60), "it stays at {}", reader.reach().unwrap().1);
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_journal_that_nobody_owns_gets_its_index_from_the_inspector_beside_no_listener() {
    let mut page = Page::with(1).await;
    let path = page.journal.path().to_owned();
    page.running.take().unwrap().stop().await;
    page.journal.close().await.unwrap();
    // As if thousands had been there and were deleted.
    let connection = rusqlite::Connection::open(&path).unwrap();
    connection.execute_batch("UPDATE journal SET last_seq = 5000").unwrap();
    drop(connection);
    let reader = Reader::open(&path).unwrap();
    for (listening, up_to) in [(Some("http://127.0.0.1:9".to_owned()), 0), (None, 4_095)] {
        let socket = serve::bind(IpAddr::V4(Ipv4Addr::LOCALHOST), 0).unwrap();
        let running = inspect::start(socket, Options { listening, ..options(&path) }).unwrap();
        reaches(&reader, up_to).await;
        running.stop().await;
        assert_eq!(reader.reach().unwrap(), (1, up_to));
    }
}
