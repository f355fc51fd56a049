//! Where a prepared head waits until a connection writes it.
//!
//! The HTTP client decides which connection carries a request, and may decide
//! again when a pooled one turns out to be closed. So the head cannot be handed
//! to a connection: the request carries only a number, the stream under it
//! finds the head by that number, and the head stays here until the request is
//! over.

use bytes::{Bytes, BytesMut};
use std::collections::HashMap;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

/// The field by which a stream finds the head. Never leaves this process.
pub(super) const FIELD: &str = "x-hookctl-head";

/// How much of an answer's head is kept as it came.
const MAX_RECORDED: usize = 64 * 1024;

/// One request on its way.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) head: Bytes,
    pub(super) body_length: u64,
    started: AtomicBool,
    refused: AtomicBool,
    answer: Mutex<Recorded>,
}

#[derive(Debug, Default)]
struct Recorded {
    bytes: BytesMut,
    /// Where the head being read began: an interim (1xx) head may come before the final one.
    complete: bool,
}

impl Slot {
    /// Notes that a byte of the head was taken by a connection.
    pub(super) fn start(&self) {
        self.started.store(true, Ordering::Release);
    }

    /// Whether a byte of the head was taken by a connection.
    pub(super) fn started(&self) -> bool {
        self.started.load(Ordering::Acquire)
    }

    /// Notes that a used connection proved closed before a byte was written.
    pub(super) fn refuse(&self) {
        self.refused.store(true, Ordering::Release);
    }

    /// Whether that was noted since the last time.
    pub(super) fn take_refused(&self) -> bool {
        self.refused.swap(false, Ordering::AcqRel)
    }

    /// Notes bytes of the answer; says whether its head is still incomplete.
    pub(super) fn record(&self, bytes: &[u8]) -> bool {
        let mut recorded = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        if recorded.complete {
            return false;
        }
        // An end may lie across two reads: look a little further back.
        let mut from = recorded.bytes.len().saturating_sub(3);
        recorded.bytes.extend_from_slice(bytes);
        while let Some(end) = end_of_head(&recorded.bytes, from) {
            if !is_interim(&recorded.bytes) {
                recorded.bytes.truncate(end);
                recorded.complete = true;
                return false;
            }
            let _ = recorded.bytes.split_to(end);
            from = 0;
        }
        if recorded.bytes.len() > MAX_RECORDED {
            recorded.bytes = BytesMut::new();
            recorded.complete = true;
            return false;
        }
        true
    }

    /// Forgets what was recorded: another connection carries the request now.
    pub(super) fn restart(&self) {
        *self.answer.lock().unwrap_or_else(PoisonError::into_inner) = Recorded::default();
    }

    /// The answer's final head as it came, when it was seen whole.
    pub(super) fn take_answer_head(&self) -> Option<Bytes> {
        let mut recorded = self.answer.lock().unwrap_or_else(PoisonError::into_inner);
        let whole = recorded.complete && !recorded.bytes.is_empty();
        whole.then(|| std::mem::take(&mut recorded.bytes).freeze())
    }
}

/// Where the first empty line at or after `from` ends.
pub(super) fn end_of_head(bytes: &[u8], from: usize) -> Option<usize> {
    let rest = bytes.get(from..)?;
    memchr::memmem::find(rest, b"\r\n\r\n").map(|at| from.saturating_add(at).saturating_add(4))
}

fn is_interim(head: &[u8]) -> bool {
    let status = head.split(|byte| *byte == b' ').nth(1);
    status.is_some_and(|status| status.starts_with(b"1") && status != b"101")
}

/// The requests on their way, by number.
#[derive(Debug, Default)]
pub(super) struct Slots {
    next: AtomicU64,
    waiting: Mutex<HashMap<u64, Arc<Slot>>>,
}

/// Keeps a slot findable for as long as its request lasts.
#[derive(Debug)]
pub(super) struct Ticket {
    slots: Arc<Slots>,
    number: u64,
    pub(super) slot: Arc<Slot>,
}

impl Slots {
    /// Puts a head where streams find it.
    pub(super) fn put(self: &Arc<Self>, head: Bytes, body_length: u64) -> Ticket {
        let number = self.next.fetch_add(1, Ordering::Relaxed);
        let slot = Arc::new(Slot {
            head,
            body_length,
            started: false.into(),
            refused: false.into(),
            answer: Mutex::default(),
        });
        self.lock().insert(number, Arc::clone(&slot));
        Ticket { slots: Arc::clone(self), number, slot }
    }

    /// The slot of this number, if its request still lasts.
    pub(super) fn find(&self, number: u64) -> Option<Arc<Slot>> {
        self.lock().get(&number).map(Arc::clone)
    }

    fn lock(&self) -> std::sync::MutexGuard<'_, HashMap<u64, Arc<Slot>>> {
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.lock().len()
    }
}

impl Ticket {
    /// The number that the request carries.
    pub(super) fn number(&self) -> u64 {
        self.number
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        self.slots.lock().remove(&self.number);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot() -> Ticket {
        Arc::new(Slots::default()).put(Bytes::new(), 0)
    }

    #[test]
    fn the_final_head_is_recorded_without_interim_heads_and_body_however_it_is_cut() {
        let stream = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nX-a: \xff\r\nx-A: 2\r\n\r\nbody\r\n\r\n";
        for size in 1..stream.len() {
            let ticket = slot();
            for piece in stream.chunks(size) {
                ticket.slot.record(piece);
            }
            let head = ticket.slot.take_answer_head().unwrap();
            assert_eq!(head, &b"HTTP/1.1 200 OK\r\nX-a: \xff\r\nx-A: 2\r\n\r\n"[..], "pieces of {size}");
        }
    }

    #[test]
    fn a_head_that_never_ends_is_not_kept() {
        let ticket = slot();
        let mut more = true;
        for _ in 0..100 {
            more = ticket.slot.record(&[b'a'; 1_000]);
        }
        assert!(!more);
        assert_eq!(ticket.slot.take_answer_head(), None);
    }

    #[test]
    fn a_slot_is_gone_when_its_request_is_over() {
        let slots = Arc::new(Slots::default());
        let ticket = slots.put(Bytes::from_static(b"x"), 1);
        assert!(slots.find(ticket.number()).is_some());
        drop(ticket);
        assert_eq!(slots.len(), 0);
    }
}
