//! The connections that wait for another request.

use super::line::Line;
use std::collections::HashMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::time::Duration;
use tokio::time::Instant;

/// How long an unused connection is kept. Shorter than the 2 s after which the
/// quickest of the common servers closes one, so that a request rarely meets a
/// connection that is just being closed.
const LONGEST: Duration = Duration::from_millis(1_500);

/// The most unused connections kept for one target.
const MOST: usize = 64;

/// See the module's documentation.
#[derive(Debug, Default)]
pub(super) struct Idle(Mutex<Waiting>);

#[derive(Debug, Default)]
struct Waiting {
    /// By origin; the one used last at the end.
    lines: HashMap<String, Vec<(Instant, Box<Line>)>>,
    /// A task waits for the oldest to grow too old.
    swept: bool,
}

impl Idle {
    /// The connection to `origin` that was used last.
    pub(super) fn take(&self, origin: &str) -> Option<Box<Line>> {
        let mut waiting = self.lock();
        let (since, line) = waiting.lines.get_mut(origin)?.pop()?;
        (since.elapsed() < LONGEST).then_some(line)
    }

    /// Keeps a connection for the next request, for a while.
    pub(super) fn put(self: &Arc<Self>, origin: &str, line: Box<Line>) {
        let mut waiting = self.lock();
        let now = Instant::now();
        match waiting.lines.get_mut(origin) {
            Some(lines) if lines.len() >= MOST => return,
            Some(lines) => lines.push((now, line)),
            None => drop(waiting.lines.insert(origin.to_owned(), vec![(now, line)])),
        }
        if !std::mem::replace(&mut waiting.swept, true) {
            tokio::spawn(sweep(Arc::downgrade(self)));
        }
    }

    /// Closes what has waited for too long; when the next will have, if any is left.
    fn close_old(&self) -> Option<Instant> {
        let mut waiting = self.lock();
        waiting.lines.retain(|_, lines| {
            lines.retain(|(since, _)| since.elapsed() < LONGEST);
            !lines.is_empty()
        });
        let oldest = waiting.lines.values().flatten().map(|(since, _)| *since).min();
        waiting.swept = oldest.is_some();
        oldest.map(|since| since + LONGEST)
    }

    fn lock(&self) -> MutexGuard<'_, Waiting> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Closes connections that nobody uses, until none is left or nobody is who could.
async fn sweep(idle: Weak<Idle>) {
    let mut due = Instant::now() + LONGEST;
    loop {
        tokio::time::sleep_until(due).await;
        match idle.upgrade().and_then(|idle| idle.close_old()) {
            Some(next) => due = next,
            None => return,
        }
    }
}
