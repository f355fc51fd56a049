//! What durability costs on this disk, without any server.
//!
//! Two probes in the folder of the journals: an append with `fdatasync`, and
//! a one-row SQLite commit with `synchronous=FULL`. Bounded in count and time.

use crate::{Failure, requests};
use rusqlite::Connection;
use std::io::Write;
use std::path::Path;
use std::time::{Duration, Instant};

const MOST: usize = 500;
const LONGEST: Duration = Duration::from_secs(1);
const PAGE: [u8; 4096] = [0x5A; 4096];

/// Median microseconds of appending 4 KiB and `fdatasync`.
pub(crate) fn fdatasync_us(folder: &Path) -> Result<f64, Failure> {
    let mut file = tempfile::tempfile_in(folder)?;
    median_us(|| {
        file.write_all(&PAGE)?;
        Ok(file.sync_data()?)
    })
}

/// Median microseconds of one durable SQLite commit of one 1 KB body.
pub(crate) fn commit_us(folder: &Path) -> Result<f64, Failure> {
    let folder = tempfile::tempdir_in(folder)?;
    let connection = Connection::open(folder.path().join("probe"))?;
    let _mode: String = connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.execute_batch("CREATE TABLE probe(seq INTEGER PRIMARY KEY, body BLOB NOT NULL)")?;
    let body = requests::body(0);
    let mut insert = connection.prepare("INSERT INTO probe(body) VALUES (?1)")?;
    median_us(|| {
        insert.execute([&body])?;
        Ok(())
    })
}

fn median_us(mut once: impl FnMut() -> Result<(), Failure>) -> Result<f64, Failure> {
    let end = Instant::now() + LONGEST;
    let mut took = Vec::new();
    while took.len() < MOST && Instant::now() < end {
        let began = Instant::now();
        once()?;
        took.push(began.elapsed().as_secs_f64() * 1e6);
    }
    Ok(crate::report::median(&took))
}
