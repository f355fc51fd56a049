//! The least that keeps a delivery before it is passed on: one thread that
//! inserts bodies into one SQLite table and commits them together.

use crate::Failure;
use rusqlite::Connection;
use std::path::Path;
use std::sync::mpsc::{Receiver, SyncSender, sync_channel};
use tokio::sync::oneshot;

/// Bodies on their way to the disk at once: more than any load has connections.
const QUEUE: usize = 256;

struct Waiting {
    body: bytes::Bytes,
    kept: oneshot::Sender<()>,
}

/// Where bodies are handed in.
#[derive(Clone)]
pub(crate) struct Keeper(SyncSender<Waiting>);

impl Keeper {
    /// Starts the thread on a new database in `folder`.
    pub(crate) fn start(folder: &Path) -> Result<Self, Failure> {
        let connection = Connection::open(folder.join("kept.db"))?;
        let _mode: String =
            connection.pragma_update_and_check(None, "journal_mode", "WAL", |row| row.get(0))?;
        connection.pragma_update(None, "synchronous", "FULL")?;
        connection.execute_batch("CREATE TABLE kept(seq INTEGER PRIMARY KEY, body BLOB NOT NULL)")?;
        let (sender, queue) = sync_channel(QUEUE);
        std::thread::spawn(move || keep_all(connection, &queue));
        Ok(Self(sender))
    }

    /// Waits until a body is on the disk.
    pub(crate) async fn keep(&self, body: bytes::Bytes) -> Result<(), Failure> {
        let (kept, told) = oneshot::channel();
        self.0.send(Waiting { body, kept })?;
        Ok(told.await?)
    }
}

/// Commits what has come since the last commit until nobody can send more, or the disk refuses.
fn keep_all(mut connection: Connection, queue: &Receiver<Waiting>) {
    while let Ok(first) = queue.recv() {
        let batch: Vec<_> = std::iter::once(first).chain(queue.try_iter()).collect();
        if commit(&mut connection, &batch).is_err() {
            return;
        }
        for waiting in batch {
            // A sender that is gone has its body kept all the same.
            let _gone = waiting.kept.send(());
        }
    }
}

fn commit(connection: &mut Connection, batch: &[Waiting]) -> rusqlite::Result<()> {
    let transaction = connection.transaction()?;
    {
        let mut insert = transaction.prepare_cached("INSERT INTO kept(body) VALUES (?1)")?;
        for waiting in batch {
            insert.execute([&waiting.body[..]])?;
        }
    }
    transaction.commit()
}
