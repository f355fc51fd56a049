//! Gathers bytes that a stranger sends, so that they lie in memory once and
//! leave nothing behind. Counts what it costs; it does not decide who may pay.

use bytes::Bytes;

/// The room that bytes in pieces begin with, if they can need as much.
const FIRST_ROOM: usize = 16 << 10;

/// Up to here a buffer is doubled and moved; beyond, it is a mapping of its own.
const SMALL: usize = 64 << 10;

/// The room of a mapping. Memory that is not written to costs nothing, so it is
/// taken at once and never moved. glibc maps what is larger than 32 MiB always,
/// and gives it back to the system when it is freed; after it has freed a smaller
/// mapping it keeps pieces of that size, and twice as much, for itself for good.
const MAPPED: usize = 33 << 20;

/// Bytes that are being gathered.
#[derive(Debug, Default)]
pub struct Buffer {
    bytes: Vec<u8>,
}

/// Bytes, and what is to be given back when nobody holds them any more.
struct Kept<K> {
    bytes: Vec<u8>,
    _keep: K,
}

impl<K> AsRef<[u8]> for Kept<K> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl Buffer {
    /// How many bytes were gathered.
    pub fn len(&self) -> usize {
        self.bytes.len()
    }

    /// Whether nothing was gathered.
    pub fn is_empty(&self) -> bool {
        self.bytes.is_empty()
    }

    /// How much more memory it costs to take `more` bytes of at most `most`.
    pub fn growth(&self, more: usize, most: usize) -> usize {
        let now = if self.is_mapped() { self.bytes.len() } else { self.bytes.capacity() };
        let needed = self.bytes.len().saturating_add(more);
        let then = if needed > SMALL { needed } else { self.room_for(needed, most) };
        then.saturating_sub(now)
    }

    /// Takes `data`, of at most `most` bytes in all; false when the system has no room for them.
    pub fn push(&mut self, data: &[u8], most: usize) -> bool {
        let needed = self.bytes.len().saturating_add(data.len());
        let room = if needed > SMALL { MAPPED.max(most) } else { self.room_for(needed, most) };
        if needed > self.bytes.capacity() {
            let additional = room.max(needed).saturating_sub(self.bytes.len());
            if self.bytes.try_reserve_exact(additional).is_err() {
                return false;
            }
        }
        self.bytes.extend_from_slice(data);
        true
    }

    /// What was gathered so far.
    pub fn as_slice(&self) -> &[u8] {
        &self.bytes
    }

    /// The bytes.
    pub fn into_bytes(self) -> Bytes {
        self.bytes.into()
    }

    /// The bytes; `keep` is dropped together with the last that holds them.
    pub fn into_bytes_with(self, keep: impl Send + 'static) -> Bytes {
        Bytes::from_owner(Kept { bytes: self.bytes, _keep: keep })
    }

    fn is_mapped(&self) -> bool {
        self.bytes.capacity() > SMALL
    }

    /// The capacity for `needed` small bytes: twice what there is, so that they
    /// seldom move, but never more than they can need.
    fn room_for(&self, needed: usize, most: usize) -> usize {
        let capacity = self.bytes.capacity();
        if needed <= capacity {
            return capacity;
        }
        capacity.saturating_mul(2).clamp(FIRST_ROOM, SMALL).min(most).max(needed)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::Arc;

    #[test]
    fn what_it_costs_is_said_before_and_is_never_less_than_what_came() {
        for (piece, most) in [(1, 5), (5, 5), (1000, 200_000), (8191, 25 << 20), (70_000, 140_000)] {
            let (mut buffer, mut cost) = (Buffer::default(), 0);
            while buffer.len() + piece <= most.min(2 << 20) {
                cost += buffer.growth(piece, most);
                assert!(buffer.push(&vec![b'x'; piece], most));
                assert!(cost >= buffer.len(), "{cost} for {}", buffer.len());
                assert!(cost <= (2 * buffer.len()).max(FIRST_ROOM), "{cost} for {}", buffer.len());
            }
            let length = buffer.len();
            assert_eq!(buffer.into_bytes(), vec![b'x'; length]);
        }
    }

    #[test]
    fn a_whole_small_body_takes_one_allocation_of_its_size() {
        let mut buffer = Buffer::default();
        assert_eq!(buffer.growth(1000, 1000), 1000);
        assert!(buffer.push(&[b'x'; 1000], 1000));
        assert_eq!(buffer.bytes.capacity(), 1000);
    }

    #[test]
    fn large_bytes_never_move() {
        let mut buffer = Buffer::default();
        assert!(buffer.push(&[0; SMALL + 1], 1 << 20));
        let before = buffer.bytes.as_ptr();
        while buffer.len() < 1 << 20 {
            assert!(buffer.push(&[0; 1000], 1 << 20));
        }
        assert_eq!(buffer.bytes.as_ptr(), before);
    }

    #[test]
    fn what_is_kept_with_the_bytes_goes_with_the_last_of_them() {
        let count = Arc::new(());
        let mut buffer = Buffer::default();
        assert!(buffer.push(b"abc", 3));
        let bytes = buffer.into_bytes_with(Arc::clone(&count));
        let part = bytes.slice(1..);
        drop(bytes);
        assert_eq!((Arc::strong_count(&count), &part[..]), (2, &b"bc"[..]));
        drop(part);
        assert_eq!(Arc::strong_count(&count), 1);
    }
}
