//! A prepared head on its way: handed to the connection that is to write it, and
//! what became of it noted for the one who waits for the answer.

use bytes::{Bytes, BytesMut};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How much of an answer's head is kept as it came.
const MAX_RECORDED: usize = 64 * 1024;

/// One request on its way.
#[derive(Debug)]
pub(super) struct Slot {
    pub(super) head: Bytes,
    pub(super) body_length: u64,
    started: AtomicBool,
    answer: Mutex<Recorded>,
}

#[derive(Debug, Default)]
struct Recorded {
    bytes: BytesMut,
    /// Where the head being read began: an interim (1xx) head may come before the final one.
    complete: bool,
}

impl Slot {
    pub(super) fn new(head: Bytes, body_length: u64) -> Arc<Self> {
        Arc::new(Self { head, body_length, started: false.into(), answer: Mutex::default() })
    }

    /// Notes that a byte of the head was taken by a connection.
    pub(super) fn start(&self) {
        self.started.store(true, Ordering::Release);
    }

    /// Whether a byte of the head was taken by a connection.
    pub(super) fn started(&self) -> bool {
        self.started.load(Ordering::Acquire)
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

/// The request that a connection writes next; shared by the connection and its user.
#[derive(Clone, Debug, Default)]
pub(super) struct Next(Arc<Mutex<Option<Arc<Slot>>>>);

impl Next {
    /// Hands a request to the connection.
    pub(super) fn put(&self, slot: Arc<Slot>) {
        *self.lock() = Some(slot);
    }

    /// The request that was handed over last, once.
    pub(super) fn take(&self) -> Option<Arc<Slot>> {
        self.lock().take()
    }

    fn lock(&self) -> MutexGuard<'_, Option<Arc<Slot>>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn slot() -> Arc<Slot> {
        Slot::new(Bytes::new(), 0)
    }

    #[test]
    fn the_final_head_is_recorded_without_interim_heads_and_body_however_it_is_cut() {
        let stream = b"HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 Early Hints\r\nLink: a\r\n\r\nHTTP/1.1 200 OK\r\nX-a: \xff\r\nx-A: 2\r\n\r\nbody\r\n\r\n";
        for size in 1..stream.len() {
            let slot = slot();
            for piece in stream.chunks(size) {
                slot.record(piece);
            }
            let head = slot.take_answer_head().unwrap();
            assert_eq!(head, &b"HTTP/1.1 200 OK\r\nX-a: \xff\r\nx-A: 2\r\n\r\n"[..], "pieces of {size}");
        }
    }

    #[test]
    fn a_head_that_never_ends_is_not_kept() {
        let slot = slot();
        let mut more = true;
        for _ in 0..100 {
            more = slot.record(&[b'a'; 1_000]);
        }
        assert!(!more);
        assert_eq!(slot.take_answer_head(), None);
    }
}
