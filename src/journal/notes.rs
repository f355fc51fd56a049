//! Where notes lie until the writer takes them along.
//!
//! Nobody waits for a note, so putting one down wakes the writer only when it
//! sleeps for good; a writer that was busy a moment ago looks by itself. And a
//! writer that stays busy takes them by the heap: each page of the tables is
//! then written once for many of them.

use super::error::WriteError;
use super::queue::Note;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// So many notes are worth pages of their own, however busy the writer is.
const HEAP: usize = 64;

/// And so many bytes of them.
const HEAP_BYTES: usize = 256 << 10;

/// Notes that wait for a commit. Their number is bounded by their permits.
#[derive(Debug, Default)]
pub(super) struct Notes(Mutex<State>);

#[derive(Debug, Default)]
struct State {
    waiting: Vec<Note>,
    /// How much of the journal's budget they hold.
    bytes: usize,
    /// The writer will look again without being told.
    attended: bool,
    closed: bool,
}

impl State {
    fn take(&mut self) -> Vec<Note> {
        self.bytes = 0;
        std::mem::take(&mut self.waiting)
    }
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
        state.bytes = state.bytes.saturating_add(note.permit.bytes());
        state.waiting.push(note);
        Ok(!std::mem::replace(&mut state.attended, true))
    }
}

/// The writer's side. Dropped with the writer, after which no note is taken any more.
#[derive(Debug)]
pub(super) struct Attendant {
    notes: Arc<Notes>,
    heap: usize,
}

impl Attendant {
    /// Attends to notes on the deliveries of a journal that keeps so many: a
    /// small one must not let go of a delivery before what is noted of it.
    pub(super) fn new(notes: Arc<Notes>, max_deliveries: u64) -> Self {
        let share = usize::try_from(max_deliveries / 16).unwrap_or(usize::MAX);
        Self { notes, heap: share.clamp(1, HEAP) }
    }

    /// Everything that lies there.
    pub(super) fn take(&self) -> Vec<Note> {
        self.notes.lock().take()
    }

    /// Everything that lies there, once it is a heap.
    pub(super) fn take_heap(&self) -> Vec<Note> {
        let mut state = self.notes.lock();
        let heap = state.waiting.len() >= self.heap || state.bytes >= HEAP_BYTES;
        if heap { state.take() } else { Vec::new() }
    }

    pub(super) fn any(&self) -> bool {
        !self.notes.lock().waiting.is_empty()
    }

    /// From now on the writer looks by itself.
    pub(super) fn attend(&self) {
        self.notes.lock().attended = true;
    }

    /// From now on the writer must be told, unless something lies there already: then false.
    pub(super) fn leave(&self) -> bool {
        let mut state = self.notes.lock();
        state.attended = !state.waiting.is_empty();
        !state.attended
    }
}

impl Drop for Attendant {
    fn drop(&mut self) {
        let mut state = self.notes.lock();
        state.closed = true;
        drop(state.take());
    }
}

#[cfg(test)]
mod tests {
    use super::super::budget::Budget;
    use super::super::queue::NoteContent;
    use super::*;
    use std::time::Duration;

    fn note(seq: i64) -> Note {
        note_of(seq, 0)
    }

    fn note_of(seq: i64, bytes: usize) -> Note {
        let permit = Budget::new(10, 10).take(bytes).unwrap();
        let content = NoteContent::Answer { status: 200, answered_by: "policy", took: Duration::ZERO };
        Note { seq, content, permit }
    }

    #[test]
    fn a_writer_that_sleeps_is_told_once_and_one_that_looks_never() {
        let notes = Arc::new(Notes::default());
        let attendant = Attendant::new(Arc::clone(&notes), u64::MAX);
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

    #[test]
    fn a_busy_writer_takes_notes_by_the_heap() {
        let notes = Arc::new(Notes::default());
        let attendant = Attendant::new(Arc::clone(&notes), u64::MAX);
        for seq in 1..HEAP as i64 {
            notes.put(note(seq)).unwrap();
        }
        assert!(attendant.take_heap().is_empty());
        notes.put(note(HEAP as i64)).unwrap();
        assert_eq!(attendant.take_heap().len(), HEAP);
        notes.put(note_of(1, HEAP_BYTES)).unwrap();
        assert_eq!(attendant.take_heap().len(), 1, "a few large ones are a heap");
        notes.put(note(2)).unwrap();
        assert!(attendant.take_heap().is_empty(), "their bytes went with them");
    }

    #[test]
    fn a_small_journal_leaves_no_note_lying() {
        let notes = Arc::new(Notes::default());
        notes.put(note(1)).unwrap();
        assert_eq!(Attendant::new(Arc::clone(&notes), 10).take_heap().len(), 1);
    }
}
