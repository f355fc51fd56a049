//! What a person does to one delivery: marks it, or deletes it.

use super::retention;
use rusqlite::{Connection, params};

/// How many characters of a mark are kept.
pub const MAX_MARK: usize = 200;

/// What became of a wish to delete a delivery.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Deletion {
    /// It is gone, with all that belongs to it.
    Deleted,
    /// There is none of this number (any more).
    Missing,
    /// A target lacks it, and the wish was not forced: it stays.
    Undelivered,
}

/// Marks a delivery with words of which the first [`MAX_MARK`] characters are
/// kept, or takes its mark away; whether there is such a delivery.
pub(super) fn mark(connection: &Connection, seq: i64, text: Option<&str>) -> rusqlite::Result<bool> {
    let there = is_there(connection, seq)?;
    match text.filter(|_| there) {
        Some(text) => {
            let kept: String = text.chars().take(MAX_MARK).collect();
            connection
                .prepare_cached("INSERT OR REPLACE INTO marks(seq, text) VALUES (?1, ?2)")?
                .execute(params![seq, kept])?;
        }
        None => {
            connection.prepare_cached("DELETE FROM marks WHERE seq = ?1")?.execute([seq])?;
        }
    }
    Ok(there)
}

/// Deletes a delivery with all that belongs to it.
pub(super) fn delete(connection: &Connection, seq: i64, force: bool) -> rusqlite::Result<Deletion> {
    if !is_there(connection, seq)? {
        return Ok(Deletion::Missing);
    }
    let owed: bool = connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM outbox WHERE seq = ?1)")?
        .query_row([seq], |row| row.get(0))?;
    if owed && !force {
        return Ok(Deletion::Undelivered);
    }
    retention::keep_last_seq(connection)?;
    retention::delete_rows(connection, &[seq])?;
    Ok(Deletion::Deleted)
}

fn is_there(connection: &Connection, seq: i64) -> rusqlite::Result<bool> {
    connection
        .prepare_cached("SELECT EXISTS (SELECT 1 FROM deliveries WHERE seq = ?1)")?
        .query_row([seq], |row| row.get(0))
}
