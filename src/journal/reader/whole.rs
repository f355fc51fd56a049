//! Reads one delivery whole: its head and body, its attempts, its interview.

use super::Reader;
use crate::buffer::Buffer;
use crate::hook::time::Timestamp;
use crate::journal::error::ReadError;
use crate::journal::record::{self, Entry, KeptInterview, Listed};
use crate::journal::signed;
use bytes::Bytes;
use rusqlite::{MAIN_DB, OptionalExtension};
use std::io::Read;

/// A body of so many bytes is read at once, a larger one in pieces.
const READ_WHOLE: i64 = 256 << 10;
const PIECE: usize = 64 << 10;

impl Reader {
    /// Adds head, body and attempts.
    pub(super) fn complete(&self, mut listed: Listed) -> Result<Entry, ReadError> {
        self.fill_in(&mut listed)?;
        let seq = listed.seq;
        let (version, head, body) = self.content(seq)?;
        let delivery = record::delivery(&listed, version, head, body)?;
        listed.method = delivery.head.method().to_owned();
        listed.target = delivery.head.target().to_owned();
        let sql = format!("SELECT {} FROM attempts WHERE seq = ?1 ORDER BY ordinal", record::ATTEMPT_COLUMNS);
        let mut statement = self.connection.prepare_cached(&sql)?;
        let mut rows = statement.query([signed(seq)])?;
        let mut attempts = Vec::new();
        while let Some(row) = rows.next()? {
            attempts.push(record::kept_attempt(seq, row)?);
        }
        let interview = self.interview(seq)?;
        Ok(Entry { listed, delivery, attempts, interview })
    }

    fn interview(&self, seq: u64) -> rusqlite::Result<Option<KeptInterview>> {
        self.connection
            .prepare_cached("SELECT object, fetched_us FROM interviews WHERE seq = ?1")?
            .query_row([signed(seq)], |row| {
                let object: Vec<u8> = row.get(0)?;
                Ok(KeptInterview { object: object.into(), fetched: Timestamp::from_micros(row.get(1)?) })
            })
            .optional()
    }

    /// Version, head and body. SQLite gives a large body only as a copy beside
    /// ours, so it is read in pieces.
    fn content(&self, seq: u64) -> Result<(u8, Vec<u8>, Bytes), ReadError> {
        let (version, head, body): (_, _, Option<Vec<u8>>) = self
            .connection
            .prepare_cached(
                "SELECT version, head, CASE WHEN typeof(body) <> 'blob' OR length(body) <= ?2 THEN body END
                   FROM contents WHERE seq = ?1",
            )?
            .query_row((signed(seq), READ_WHOLE), |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)))
            .optional()?
            .ok_or(ReadError::Damaged { seq, part: "body" })?;
        let body = match body {
            Some(body) => body.into(),
            None => self.large_body(seq)?,
        };
        Ok((version, head, body))
    }

    fn large_body(&self, seq: u64) -> Result<Bytes, ReadError> {
        let damaged = |_| ReadError::Damaged { seq, part: "body" };
        let mut blob = self.connection.blob_open(MAIN_DB, "contents", "body", signed(seq), true)?;
        let mut whole = Buffer::default();
        let mut piece = vec![0; PIECE];
        loop {
            let count = blob.read(&mut piece).map_err(damaged)?;
            let read = piece.get(..count).unwrap_or_default();
            if read.is_empty() {
                return Ok(whole.into_bytes());
            }
            if !whole.push(read, blob.len()) {
                return Err(ReadError::Damaged { seq, part: "body" });
            }
        }
    }
}
