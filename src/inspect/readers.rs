//! Readers of the journal for the routes: few, opened when needed, used on
//! threads that may wait for the disk.

use super::answer::Refused;
use crate::journal::{OpenError, Reader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;
use tokio::sync::Semaphore;
use tokio::time::timeout;

/// Routes that read at once; the others wait.
const AT_ONCE: usize = 4;

/// How long a read may go on after the end.
const PATIENCE: Duration = Duration::from_secs(2);

/// The journal, to be read.
pub(super) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Reader>>>,
    room: Arc<Semaphore>,
}

impl Readers {
    /// Opens the journal once, to see that it can be read.
    pub(super) fn open(path: PathBuf) -> Result<Self, OpenError> {
        let first = Reader::open(&path)?;
        let readers = Self::new(path);
        readers.idle.lock().unwrap_or_else(PoisonError::into_inner).push(first);
        Ok(readers)
    }

    /// Of a journal that is known to be there: opened when somebody reads it.
    pub(super) fn new(path: PathBuf) -> Self {
        Self { path, idle: Arc::default(), room: Arc::new(Semaphore::new(AT_ONCE)) }
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What `read` makes of the journal.
    pub(super) async fn with<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let room = Arc::clone(&self.room)
            .acquire_owned()
            .await
            .map_err(|_closed| Refused::new(503, "stopping", "the inspector stops"))?;
        let (idle, path) = (Arc::clone(&self.idle), self.path.clone());
        let reading = tokio::task::spawn_blocking(move || {
            // Held until the reader is put back, also when nobody waits for it any more.
            let _room = room;
            let kept = idle.lock().unwrap_or_else(PoisonError::into_inner).pop();
            let reader = kept.map_or_else(|| Reader::open(&path), Ok)?;
            let result = read(&reader);
            // One that failed may be the reader's fault: the next opens anew.
            if result.is_ok() {
                idle.lock().unwrap_or_else(PoisonError::into_inner).push(reader);
            }
            result
        });
        reading.await.unwrap_or_else(|error| Err(Refused::failed(&error)))
    }

    /// Closes the journal: nobody reads it any more once this returns, unless a
    /// read takes very long.
    pub(super) async fn close(&self) {
        let all = u32::try_from(AT_ONCE).unwrap_or(u32::MAX);
        let _all = timeout(PATIENCE, self.room.acquire_many(all)).await;
        self.room.close();
        self.idle.lock().unwrap_or_else(PoisonError::into_inner).clear();
    }
}
