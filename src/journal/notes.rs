//! Where notes lie until the writer takes them along.
//!
//! Nobody waits for a note, so putting one down wakes the writer only when it
//! sleeps for good; a writer that was busy a moment ago looks by itself.

use super::error::WriteError;
use super::queue::Note;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// Notes that wait for the next commit. Their number is bounded by their permits.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Note>,
    /// The writer will look again without being told.
    attended: bool,
    closed: bool,
}

impl Notes {
    fn lock(&self) -> MutexGuard<'_, State> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Puts a note down; says whether the writer must be told.
    pub(super) fn put(&self, note: Note) -> Result<bool, WriteError> {
        let mut state = self.lock();
        if state.closed {
            return Err(WriteError::Closed);
        }
        state.waiting.push(note);
        Ok(!std::mem::replace(&mut state.attended, true))
    }
}

/// The writer's side. Dropped with the writer, after which no note is taken any more.
#[derive(Debug)]
pub(super) struct Attendant(pub(super) Arc<Notes>);

impl Attendant {
    /// Everything that lies there.
    pub(super) fn take(&self) -> Vec<Note> {
        std::mem::take(&mut self.0.lock().waiting)
    }

    pub(super) fn any(&self) -> bool {
        !self.0.lock().waiting.is_empty()
    }

    /// From now on the writer looks by itself.
    pub(super) fn attend(&self) {
        self.0.lock().attended = true;
    }

    /// From now on the writer must be told, unless something lies there already: then false.
    pub(super) fn leave(&self) -> bool {
        let mut state = self.0.lock();
        state.attended = !state.waiting.is_empty();
        !state.attended
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        let mut state = self.0.lock();
        state.closed = true;
        state.waiting.clear();
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::Budget;
    use super::super::queue::NoteContent;
    use super::*;
    use std::time::Duration;

    fn note(seq: i64) -> Note {
        let permit = Budget::new(10, 10).take(0).unwrap();
        let content = NoteContent::Answer { status: 200, answered_by: "policy", took: Duration::ZERO };
        Note { seq, content, _permit: permit }
    }

    #[test]
    fn a_writer_that_sleeps_is_told_once_and_one_that_looks_never() {
        let notes = Arc::new(Notes::default());
        let attendant = Attendant(Arc::clone(&notes));
        assert!(notes.put(note(1)).unwrap());
        assert!(!notes.put(note(2)).unwrap());
        assert!(!attendant.leave(), "it must not sleep over what lies there");
        assert_eq!(attendant.take().len(), 2);
        assert!(attendant.leave());
        attendant.attend();
        assert!(!notes.put(note(3)).unwrap());
        drop(attendant);
        assert_eq!(notes.put(note(4)), Err(WriteError::Closed));
    }
}
