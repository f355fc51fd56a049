//! What stands beside deliveries and changes long after they came: what is
//! owed to targets, and marks.

use super::Reader;
use crate::journal::error::ReadError;
use crate::journal::{signed, unsigned};
use std::collections::BTreeMap;

/// What stands beside the newest of the deliveries that have something there.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Beside {
    /// What is owed and written beside each delivery, to be compared, not to be read.
    pub words: BTreeMap<u64, String>,
    /// Nothing is said about deliveries before this number.
    pub from: u64,
    /// The oldest delivery; 0 where there is none.
    pub oldest: u64,
    /// Up to which number the index knows the deliveries.
    pub indexed: u64,
}

/// Both are walked backwards along their primary key.
const OWED: &str = "SELECT seq, state || ' ' || tries || ' ' || due_us || ' ' || target FROM outbox
                     ORDER BY seq DESC LIMIT ?1";
const MARKED: &str = "SELECT seq, text FROM marks ORDER BY seq DESC LIMIT ?1";

impl Reader {
    /// What stands beside deliveries: at most so many rows of each kind, the newest.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn beside(&self, most: usize) -> Result<Beside, ReadError> {
        let snapshot = self.connection.unchecked_transaction()?;
        let sql = "SELECT coalesce((SELECT min(seq) FROM deliveries), 0),
                          (SELECT coalesce(max(indexed_to), 0) FROM journal)";
        let (oldest, indexed) =
            snapshot.prepare_cached(sql)?.query_row([], |row| Ok((row.get(0)?, row.get(1)?)))?;
        let mut beside = Beside { oldest: unsigned(oldest), indexed: unsigned(indexed), ..Beside::default() };
        for sql in [OWED, MARKED] {
            let mut statement = snapshot.prepare_cached(sql)?;
            let mut rows = statement.query([signed(most as u64)])?;
            let (mut count, mut last) = (0, 0);
            while let Some(row) = rows.next()? {
                let (seq, text): (i64, String) = (row.get(0)?, row.get(1)?);
                (count, last) = (count + 1, unsigned(seq));
                let words = beside.words.entry(last).or_default();
                words.push('\n');
                words.push_str(&text);
            }
            // There may be more beside the last one.
            if count >= most {
                beside.from = beside.from.max(last.saturating_add(1));
            }
        }
        snapshot.finish()?;
        Ok(beside)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::journal::schema;
    use rusqlite::Connection;

    fn journal() -> Reader {
        let mut connection = Connection::open_in_memory().unwrap();
        schema::create_tables(&mut connection).unwrap();
        let fill = "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < 9)
            INSERT INTO deliveries(seq, received_us, peer, code, reason, body_bytes)
            SELECT i, i, '127.0.0.1:1', 'verified', '', 0 FROM n;
            INSERT INTO outbox SELECT seq, 'a', 'pending', 0, 5, NULL FROM deliveries WHERE seq < 7;
            INSERT INTO outbox VALUES (6, 'b', 'dead', 3, 5, NULL);
            INSERT INTO marks VALUES (2, ''), (9, 'look')";
        connection.execute_batch(fill).unwrap();
        Reader { connection }
    }

    #[test]
    fn each_change_beside_a_delivery_is_in_its_words() {
        let reader = journal();
        let words = |seq: u64| reader.beside(100).unwrap().words.get(&seq).cloned();
        assert_eq!((words(8), words(9).as_deref()), (None, Some("\nlook")));
        for change in [
            "UPDATE outbox SET tries = 1 WHERE seq = 2",
            "UPDATE outbox SET state = 'dead' WHERE seq = 2",
            "DELETE FROM outbox WHERE seq = 2",
            "UPDATE marks SET text = 'x' WHERE seq = 2",
            "DELETE FROM marks WHERE seq = 2",
        ] {
            let before = words(2);
            reader.connection.execute(change, []).unwrap();
            assert_ne!(words(2), before, "{change}");
        }
    }

    #[test]
    fn it_is_bounded_and_says_from_where_it_speaks() {
        let reader = journal();
        let all = reader.beside(100).unwrap();
        assert_eq!((all.from, all.oldest, all.words.len()), (0, 1, 7));
        let some = reader.beside(2).unwrap();
        assert_eq!((some.from, some.words.len()), (7, 3), "6 may have more than was read");
    }
}
