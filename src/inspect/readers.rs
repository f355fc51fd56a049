//! Readers of the journal for the routes: few, opened when needed, used on
//! threads that may wait for the disk.

use super::answer::Refused;
use crate::journal::{OpenError, Reader};
use std::path::{Path, PathBuf};
use std::sync::{Arc, Mutex, PoisonError};
use tokio::sync::Semaphore;

/// Routes that read at once; the others wait.
const AT_ONCE: usize = 4;

/// The journal, to be read.
pub(super) struct Readers {
    path: PathBuf,
    idle: Arc<Mutex<Vec<Reader>>>,
    room: Semaphore,
}

impl Readers {
    /// Opens the journal once, to see that it can be read.
    pub(super) fn open(path: PathBuf) -> Result<Self, OpenError> {
        let first = Reader::open(&path)?;
        Ok(Self { path, idle: Arc::new(Mutex::new(vec![first])), room: Semaphore::new(AT_ONCE) })
    }

    pub(super) fn path(&self) -> &Path {
        &self.path
    }

    /// What `read` makes of the journal.
    pub(super) async fn with<T: Send + 'static>(
        &self,
        read: impl FnOnce(&Reader) -> Result<T, Refused> + Send + 'static,
    ) -> Result<T, Refused> {
        let _room = self.room.acquire().await.map_err(|error| Refused::failed(&error))?;
        let (idle, path) = (Arc::clone(&self.idle), self.path.clone());
        let reading = tokio::task::spawn_blocking(move || {
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
}
