//! Makes the journal's index while nobody owns the journal: an owner does it itself.
//!
//! Without an index everything is found as well, later; so whatever fails here is
//! nobody's trouble.

use crate::journal::Guest;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread::JoinHandle;
use std::time::Duration;

/// Between two bites, for whoever else wants the processor and the file.
const BREATH: Duration = Duration::from_millis(1);

/// A thread that ends when there is nothing left to do, or it is told.
#[derive(Debug, Default)]
pub(super) struct Indexing {
    over: Arc<AtomicBool>,
    thread: Mutex<Option<JoinHandle<()>>>,
}

impl Indexing {
    /// Begins, unless the system gives no thread.
    pub(super) fn start(journal: &Path) -> Self {
        let indexing = Self::default();
        let (path, over) = (journal.to_path_buf(), Arc::clone(&indexing.over));
        let thread = std::thread::Builder::new().name("index".to_owned()).spawn(move || run(&path, &over));
        *indexing.thread.lock().unwrap_or_else(PoisonError::into_inner) = thread.ok();
        indexing
    }

    /// Ends the thread; it waits for a bite.
    pub(super) fn end(&self) {
        self.over.store(true, Ordering::Release);
        let thread = self.thread.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some(thread) = thread {
            drop(thread.join());
        }
    }
}

impl Drop for Indexing {
    fn drop(&mut self) {
        self.over.store(true, Ordering::Release);
    }
}

fn run(journal: &Path, over: &AtomicBool) {
    let Ok(mut guest) = Guest::open(journal) else { return };
    while !over.load(Ordering::Acquire) && guest.index().unwrap_or(false) {
        std::thread::sleep(BREATH);
    }
}
