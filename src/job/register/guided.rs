//! Follows a webhook that a person registers by hand: watches the journal of a
//! running listener for the vendor's ping and for the first delivery whose
//! signature holds with the secret that the person gave.

use crate::hook::provider::Provider;
use crate::hook::signature::Keys;
use crate::journal::{Entry, Filter, OpenError, Order, ReadError, Reader};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

/// How often the journal is looked into.
const PACE: Duration = Duration::from_millis(100);

/// Deliveries that are read at once.
const PAGE: usize = 20;

/// Watches a journal from a moment on.
#[derive(Debug)]
pub struct Watch {
    path: PathBuf,
    provider: Arc<Provider>,
    after: u64,
    first: Option<u64>,
}

/// The journal cannot be watched.
#[derive(Debug, thiserror::Error)]
pub enum WatchError {
    /// It cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// It cannot be read.
    #[error(transparent)]
    Read(#[from] ReadError),
}

impl Watch {
    /// From now on, for what this provider sends.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub fn from_now(path: &Path, provider: Arc<Provider>) -> Result<Self, WatchError> {
        let after = match Reader::open(path) {
            Ok(reader) => reader.newest()?.unwrap_or(0),
            Err(OpenError::NotFound { .. }) => 0,
            Err(error) => return Err(error.into()),
        };
        Ok(Self { path: path.to_owned(), provider, after, first: None })
    }

    /// Resolves with the next delivery that may be the provider's.
    ///
    /// # Errors
    /// When the journal cannot be read.
    pub async fn next(&mut self) -> Result<Entry, WatchError> {
        loop {
            if let Some(entry) = self.look()? {
                self.after = entry.listed.seq;
                let id = entry.listed.verdict.provider.as_deref();
                if id.is_none_or(|id| id == &**self.provider.id()) {
                    self.first.get_or_insert(entry.listed.seq);
                    return Ok(entry);
                }
                continue;
            }
            tokio::time::sleep(PACE).await;
        }
    }

    /// The first delivery that came: the ping, which nobody promises to sign.
    pub fn first(&self) -> Option<u64> {
        self.first
    }

    /// Whether a delivery's signature holds with these keys, as of when it came.
    pub fn holds(&self, entry: &Entry, keys: &Keys) -> bool {
        let message = entry.delivery.message(None);
        self.provider.verify(keys, &message, entry.delivery.received, None).verified()
    }

    fn look(&self) -> Result<Option<Entry>, WatchError> {
        let reader = match Reader::open(&self.path) {
            Ok(reader) => reader,
            // The listener makes it in a moment.
            Err(OpenError::NotFound { .. } | OpenError::NotAJournal { .. }) => return Ok(None),
            Err(error) => return Err(error.into()),
        };
        let after = (self.after > 0).then_some(self.after);
        let filter = Filter { order: Order::OldestFirst, after, limit: PAGE, ..Filter::default() };
        Ok(reader.entries(&filter)?.items.into_iter().next())
    }
}
