//! What is found by way of the index is what is found without it.

use super::*;
use crate::hook::verdict::Code;
use crate::journal::filter::StatusFilter;
use crate::journal::index::Indexer;
use crate::journal::{edit, insert, retention};
use proptest::prelude::*;
use rusqlite::StatementStatus;
use std::time::Duration;

/// The numbers of the deliveries are scattered over three segments.
const SPREAD: i64 = 3 * 4_096;

#[derive(Clone, Debug)]
struct Row {
    seq: i64,
    received: i64,
    event: Option<&'static str>,
    provider: Option<&'static str>,
    code: Code,
    status: Option<i64>,
    key: Option<&'static str>,
    head: Vec<u8>,
    body: Vec<u8>,
    owed: Option<&'static str>,
    marked: bool,
}

const EVENTS: [&str; 6] =
    ["interview.completed", "interview.started", "interview.", "study.closed", "é\0x", ""];

/// Few different bytes, so that needles are met by chance.
fn bytes(most: usize) -> impl Strategy<Value = Vec<u8>> {
    let alphabet = [b'a', b'b', b'c', b'"', 0, 0xc3, 0xa9, 0xff];
    proptest::collection::vec(proptest::sample::select(alphabet.to_vec()), 0..most)
}

fn row() -> impl Strategy<Value = Row> {
    let codes = vec![Code::Verified, Code::Mismatch, Code::NoSecret];
    let facts = (
        proptest::option::weighted(0.8, proptest::sample::select(EVENTS.to_vec())),
        proptest::option::of(proptest::sample::select(vec!["koji", "stripe"])),
        proptest::sample::select(codes),
        proptest::option::weighted(0.8, proptest::sample::select(vec![200, 204, 404, 500])),
        proptest::option::of(proptest::sample::select(vec!["k1", "k2"])),
    );
    let rest = (
        1..SPREAD,
        0_i64..1_000,
        bytes(12),
        bytes(40),
        proptest::option::weighted(0.2, proptest::sample::select(vec!["pending", "dead"])),
        proptest::bool::weighted(0.2),
    );
    (facts, rest).prop_map(
        |((event, provider, code, status, key), (seq, received, head, body, owed, marked))| Row {
            seq,
            received,
            event,
            provider,
            code,
            status,
            key,
            head,
            body,
            owed,
            marked,
        },
    )
}

fn filter() -> impl Strategy<Value = Filter> {
    let names = ["interview.*", "study.closed", "*", "é*", "interview.", "nothing", "i*", ""];
    let statuses =
        [StatusFilter::Exact(200), StatusFilter::Class(4), StatusFilter::Class(2), StatusFilter::Exact(503)];
    let what = (
        proptest::collection::vec(proptest::sample::select(names.to_vec()), 0..3),
        proptest::option::weighted(0.3, proptest::sample::select(vec!["koji", "stripe", "none"])),
        proptest::collection::vec(
            proptest::sample::select(vec![Code::Verified, Code::Mismatch, Code::TooOld]),
            0..2,
        ),
        proptest::option::weighted(0.3, proptest::sample::select(statuses.to_vec())),
        proptest::option::weighted(0.4, "[abc\"é]{0,5}"),
    );
    let when = (
        proptest::option::weighted(0.2, 0_i64..1_000),
        proptest::option::weighted(0.2, 0_i64..1_000),
        proptest::option::weighted(0.2, (0..SPREAD as u64, 0..SPREAD as u64)),
        proptest::option::weighted(0.2, 0..SPREAD as u64),
    );
    let rest = (
        any::<(bool, bool)>(),
        proptest::bool::weighted(0.15),
        proptest::bool::weighted(0.15),
        proptest::bool::weighted(0.15),
    );
    (what, when, rest, prop_oneof![1_usize..5, Just(1_000)]).prop_map(
        |(
            (events, provider, verdicts, status, text),
            (since, until, seqs, after),
            ((newest, _), undelivered, dead, marked),
            limit,
        )| Filter {
            events: events.into_iter().map(str::to_owned).collect(),
            provider: provider.map(str::to_owned),
            verdicts,
            status,
            since: since.map(Timestamp::from_micros),
            until: until.map(Timestamp::from_micros),
            text,
            undelivered,
            dead,
            marked,
            seqs: seqs.map(|(from, to)| from..=to),
            order: if newest { Order::NewestFirst } else { Order::OldestFirst },
            after,
            limit,
        },
    )
}

fn journal() -> Connection {
    let mut connection = Connection::open_in_memory().unwrap();
    schema::create_tables(&mut connection).unwrap();
    connection
}

fn fill(connection: &Connection, rows: &[Row]) {
    for row in rows {
        let sql =
            "INSERT OR IGNORE INTO deliveries(seq, received_us, peer, provider, code, reason, event, subject,
                dedup_key, body_bytes, status, answered_by, took_us)
            VALUES (?1, ?2, '127.0.0.1:1', ?3, ?4, '', ?5, 'caba', ?6, ?7, ?8, 'policy', 1)";
        let new = connection
            .execute(
                sql,
                params![
                    row.seq,
                    row.received,
                    row.provider,
                    row.code.as_str(),
                    row.event,
                    row.key,
                    signed(row.body.len() as u64),
                    row.status
                ],
            )
            .unwrap();
        if new == 1 {
            connection
                .execute("INSERT INTO contents VALUES (?1, 11, ?2, ?3)", params![row.seq, row.head, row.body])
                .unwrap();
            if let Some(state) = row.owed {
                connection
                    .execute(
                        "INSERT INTO outbox VALUES (?1, 'http://localhost:1', ?2, 0, 0, NULL)",
                        params![row.seq, state],
                    )
                    .unwrap();
            }
            if row.marked {
                edit::mark(connection, row.seq, Some("here")).unwrap();
            }
        }
    }
}

/// Takes every bite there is; how many there were.
fn index(indexer: &mut Indexer, connection: &mut Connection, last: i64) -> u32 {
    let mut bites = 0;
    while indexer.due(last) {
        indexer.bite(connection, last).unwrap();
        bites += 1;
        assert!(bites < 10_000, "it ends");
    }
    bites
}

fn scanned(reader: &Reader, filter: &Filter) -> Vec<u64> {
    let mut found = Vec::new();
    reader.each_row(filter, Tables::Lead, &mut |listed| found.push(listed)).unwrap();
    found.iter().map(|listed: &Listed| listed.seq).collect()
}

fn found(reader: &Reader, filter: &Filter) -> Vec<u64> {
    reader.rows(filter).unwrap().iter().map(|listed| listed.seq).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 48, ..ProptestConfig::default() })]

    #[test]
    fn the_index_finds_what_a_scan_finds(
        rows in proptest::collection::vec(row(), 0..120),
        filters in proptest::collection::vec(filter(), 1..24),
        reach in 0..SPREAD + 4_096,
        answered in proptest::collection::vec((0..200_usize, 200_u16..504), 0..12),
        deleted in proptest::collection::vec(0..200_usize, 0..12),
    ) {
        let mut connection = journal();
        fill(&connection, &rows);
        let mut indexer = Indexer::begun(&connection).unwrap();
        // Some answers come while the index is made, some when it is there.
        let (early, late) = answered.split_at(answered.len() / 2);
        for (row, status) in early {
            if let Some(row) = rows.get(*row) {
                if indexer.due(reach) {
                    indexer.bite(&mut connection, reach).unwrap();
                }
                insert::answer(&connection, row.seq, *status, "target", Duration::ZERO).unwrap();
                indexer.status_changed(&connection, row.seq).unwrap();
            }
        }
        index(&mut indexer, &mut connection, reach);
        for (row, status) in late {
            if let Some(row) = rows.get(*row) {
                insert::answer(&connection, row.seq, *status, "target", Duration::ZERO).unwrap();
                indexer.status_changed(&connection, row.seq).unwrap();
            }
        }
        for row in deleted.iter().filter_map(|row| rows.get(*row)) {
            retention::delete_rows(&connection, &[row.seq]).unwrap();
        }
        let reader = Reader { connection };
        for filter in &filters {
            prop_assert_eq!(found(&reader, filter), scanned(&reader, filter), "{:?}", filter);
        }
        for key in ["k1", "k2"] {
            // Only what verifies repeats and is repeated.
            let sql = "SELECT seq, code = 'verified' FROM deliveries WHERE dedup_key = ?1 ORDER BY seq";
            let all: Vec<(u64, bool)> = reader.connection.prepare(sql).unwrap()
                .query_map([key], |row| Ok((unsigned(row.get(0)?), row.get(1)?))).unwrap()
                .map(Result::unwrap).collect();
            for (seq, verified) in &all {
                let others = all.iter().filter(|(other, genuine)| *verified && *genuine && other != seq);
                let others: Vec<u64> = others.map(|(other, _)| *other).collect();
                prop_assert_eq!(reader.duplicates(*seq, 1_000).unwrap(), others);
            }
        }
    }
}

/// A row in each of three segments, each with an event and a word of its own.
fn three() -> (Connection, Indexer) {
    let mut connection = journal();
    let rows: Vec<Row> = ["alpha", "beta", "gamma"]
        .into_iter()
        .zip([10, 5_000, 10_000])
        .map(|(event, seq)| Row {
            seq,
            received: seq,
            event: Some(event),
            provider: Some("koji"),
            code: Code::Verified,
            status: Some(200),
            key: Some("k"),
            head: Vec::new(),
            body: event.as_bytes().to_vec(),
            owed: None,
            marked: false,
        })
        .collect();
    fill(&connection, &rows);
    let mut indexer = Indexer::begun(&connection).unwrap();
    index(&mut indexer, &mut connection, SPREAD);
    (connection, indexer)
}

fn by_event(event: &str) -> Filter {
    Filter { events: vec![event.to_owned()], ..Filter::default() }
}

fn by_text(text: &str) -> Filter {
    Filter { text: Some(text.to_owned()), ..Filter::default() }
}

#[test]
fn the_comparison_can_fail() {
    let (connection, _) = three();
    connection.execute_batch("DELETE FROM index_facets; DELETE FROM index_slices").unwrap();
    let reader = Reader { connection };
    for filter in [by_event("beta"), by_text("beta")] {
        assert_eq!((found(&reader, &filter), scanned(&reader, &filter)), (vec![], vec![5_000]));
    }
    assert!(reader.duplicates(10, 9).unwrap().is_empty(), "and duplicates are found by it");
}

#[test]
fn a_forged_delivery_is_no_repeat_and_has_none() {
    let (connection, _) = three();
    connection.execute_batch("UPDATE deliveries SET code = 'mismatch' WHERE seq = 5000").unwrap();
    let reader = Reader { connection };
    assert_eq!(reader.duplicates(10, 9).unwrap(), [10_000]);
    assert!(reader.duplicates(5_000, 9).unwrap().is_empty());
    reader.connection.execute_batch("UPDATE deliveries SET code = 'verified'").unwrap();
    assert_eq!(reader.duplicates(10, 9).unwrap(), [5_000, 10_000], "the control");
}

#[test]
fn what_is_not_a_row_of_the_index_hides_nothing() {
    let (connection, _) = three();
    connection
        .execute_batch("UPDATE index_facets SET members = 'x'; UPDATE index_slices SET members = x'00'")
        .unwrap();
    let reader = Reader { connection };
    assert_eq!(found(&reader, &by_event("beta")), [5_000]);
    assert_eq!(found(&reader, &by_text("beta")), [5_000]);
}

#[test]
fn killed_after_any_bite_the_index_is_made_whole_by_the_next_run() {
    let bites = {
        let (mut connection, _) = three();
        connection.execute_batch("UPDATE journal SET indexed_to = 0").unwrap();
        index(&mut Indexer::begun(&connection).unwrap(), &mut connection, SPREAD)
    };
    for killed_after in 0..bites {
        let (mut connection, _) = three();
        connection
            .execute_batch(
                "UPDATE journal SET indexed_to = 0; DELETE FROM index_facets; DELETE FROM index_slices;
                 DELETE FROM index_segments",
            )
            .unwrap();
        let mut first = Indexer::begun(&connection).unwrap();
        for _ in 0..killed_after {
            first.bite(&mut connection, SPREAD).unwrap();
        }
        let reader = Reader { connection };
        for (event, seq) in [("alpha", 10), ("gamma", 10_000)] {
            assert_eq!(
                found(&reader, &by_event(event)),
                [seq],
                "half of an index, after {killed_after} bites"
            );
            assert_eq!(found(&reader, &by_text(event)), [seq]);
        }
        let mut connection = reader.connection;
        index(&mut Indexer::begun(&connection).unwrap(), &mut connection, SPREAD);
        let reader = Reader { connection };
        assert_eq!(reader.reach().unwrap(), (3, SPREAD as u64 - 1));
        assert_eq!(found(&reader, &by_event("beta")), [5_000]);
        assert_eq!(found(&reader, &by_text("gamma")), [10_000]);
    }
}

#[test]
fn a_segment_goes_when_its_deliveries_are_gone_and_what_was_pruned_is_passed_over() {
    let (mut connection, _) = three();
    let rows = |connection: &Connection, table: &str| -> i64 {
        connection.query_row(&format!("SELECT count(*) FROM {table}"), [], |row| row.get(0)).unwrap()
    };
    assert_eq!(rows(&connection, "index_segments"), 3);
    retention::delete_rows(&connection, &[10, 5_000]).unwrap();
    index(&mut Indexer::begun(&connection).unwrap(), &mut connection, SPREAD);
    assert_eq!(rows(&connection, "index_segments"), 1);
    assert_eq!(rows(&connection, "index_facets"), 4);
    let least: i64 = connection.query_row("SELECT min(id) FROM index_slices", [], |row| row.get(0)).unwrap();
    assert!(least >= 2 << 16);
    // An older journal whose first deliveries went long ago.
    let mut connection = journal();
    fill(&connection, &[Row { seq: 5_000_000, ..sample() }, Row { seq: 5_004_100, ..sample() }]);
    let mut indexer = Indexer::begun(&connection).unwrap();
    assert!(index(&mut indexer, &mut connection, 5_004_100) < 40, "no bite for each million that is gone");
    let reader = Reader { connection };
    assert_eq!(reader.reach().unwrap(), (2, 5_001_215));
    assert_eq!(found(&reader, &by_event("alpha")), [5_004_100, 5_000_000]);
}

/// A guest may still be at it when an owner comes.
#[test]
fn two_that_write_one_segment_at_once_with_different_slices_hide_nothing() {
    for turns in [1, 3, 7, 12] {
        let mut connection = journal();
        let rows: Vec<Row> = (1..=9).map(|seq| Row { seq, body: vec![b'a'; 600], ..sample() }).collect();
        fill(&connection, &rows);
        let mut first = Indexer::begun(&connection).unwrap();
        while !first.writes() {
            first.bite(&mut connection, SPREAD).unwrap();
        }
        // Now the deliveries are shorter on the average.
        connection.execute_batch("UPDATE deliveries SET body_bytes = 1").unwrap();
        let mut second = Indexer::begun(&connection).unwrap();
        while !second.writes() {
            second.bite(&mut connection, SPREAD).unwrap();
        }
        let mut turn = 0;
        while first.due(4_095) || second.due(4_095) {
            turn += 1;
            let second_next = second.due(4_095) && (turn % turns == 0 || !first.due(4_095));
            let next = if second_next { &mut second } else { &mut first };
            next.bite(&mut connection, 4_095).unwrap();
            assert!(turn < 1_000);
        }
        let reader = Reader { connection };
        assert_eq!(found(&reader, &by_text("abcaba")), [] as [u64; 0]);
        assert_eq!(found(&reader, &by_text("caba")).len(), 9, "{turns}");
        assert_eq!(found(&reader, &by_text("aaaa")).len(), 9, "{turns}");
    }
}

fn sample() -> Row {
    Row {
        seq: 1,
        received: 1,
        event: Some("alpha"),
        provider: None,
        code: Code::Verified,
        status: None,
        key: None,
        head: b"abc".to_vec(),
        body: b"def".to_vec(),
        owed: None,
        marked: false,
    }
}

/// The steps SQLite takes to append do not depend on it: nothing hangs on the
/// tables of an append.
#[test]
fn an_append_has_nothing_to_do_for_the_index() {
    let steps = |connection: &Connection, seq: i64| {
        let sql = "INSERT INTO deliveries(seq, received_us, peer, code, reason, event, body_bytes)
            VALUES (?1, 1, '', 'verified', '', 'alpha', 3)";
        let mut row = connection.prepare(sql).unwrap();
        row.execute([seq]).unwrap();
        let mut content = connection.prepare("INSERT INTO contents VALUES (?1, 11, x'00', x'00')").unwrap();
        content.execute([seq]).unwrap();
        row.get_status(StatementStatus::VmStep) + content.get_status(StatementStatus::VmStep)
    };
    let (indexed, _) = three();
    let bare = journal();
    bare.execute_batch(
        "DROP TABLE index_facets; DROP TABLE index_slices; DROP TABLE index_segments; DROP TABLE marks",
    )
    .unwrap();
    let counted = steps(&indexed, SPREAD);
    assert_eq!(counted, steps(&bare, 1));
    // The count can tell: an index of SQLite's own would be filled by each append.
    bare.execute_batch("CREATE INDEX i ON deliveries(event)").unwrap();
    assert!(steps(&bare, 2) > counted);
    let on_them = "SELECT count(*) FROM sqlite_schema
        WHERE tbl_name IN ('deliveries', 'contents') AND type IN ('index', 'trigger')";
    assert_eq!(indexed.query_row(on_them, [], |row| row.get::<_, i64>(0)).unwrap(), 0);
}
