//! Where in a large journal to look for what a filter wants.
//!
//! Deliveries are taken in segments of [`SEGMENT`] numbers. Of a segment it is
//! known when its deliveries came (`index_segments`), which of them have an event,
//! a provider, a verdict, a status (`index_facets`), and which may hold a text
//! (`index_slices`): a bit a delivery each. A search combines the bits, segment by
//! segment, and asks the tables of the deliveries again about those that are left,
//! so the index can send it to a delivery in vain and never past one.
//!
//! The index is written behind the deliveries: by an idle writer, in bites, a whole
//! segment at a time ([`Indexer`]). What it has not come to yet is gone through as
//! if there were none, so an append does nothing for it and waits for nothing but a
//! bite.
//!
//! A text is found by its trigrams of bytes: each has a place among the segment's
//! slices, which it shares with others. That takes 190 bytes and 18 µs for a delivery
//! of 1.4 KB. SQLite's full-text index of trigrams (FTS5, `detail=none`) took 580 bytes
//! and 1.4 ms for one of 1.2 KB, and held the writer for 1.5 s when it merged; it also
//! stops at a zero byte and knows characters only. A needle of one or two bytes has
//! no trigram: it is looked for in every delivery, until a page is full.

mod fill;
mod grams;
mod members;
mod search;

pub(super) use fill::{Indexer, trim};
pub(super) use search::{Needs, Walk};

/// How many numbers a segment has; a power of two.
const SEGMENT: i64 = 4_096;

/// Which fact of a delivery a row of `index_facets` is about. The numbers are in files.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
enum Facet {
    Event = 1,
    Provider = 2,
    Verdict = 3,
    /// The status in decimal; empty for those that had none, or whose status changed.
    Status = 4,
}

impl Facet {
    fn number(self) -> i64 {
        i64::from(self as u8)
    }
}

/// A value is cut to so many bytes: a name of an event may be of any length.
const MAX_VALUE: usize = 200;

/// What is kept of a value, and what is looked for.
fn cut(value: &str) -> &str {
    value.get(..value.floor_char_boundary(MAX_VALUE)).unwrap_or(value)
}

/// The segment of a number.
fn segment_of(seq: i64) -> i64 {
    seq.div_euclid(SEGMENT)
}

/// The first and the last number of a segment.
fn ends_of(segment: i64) -> (i64, i64) {
    let first = segment.saturating_mul(SEGMENT);
    (first, first.saturating_add(SEGMENT - 1))
}

/// The row of a slice, of so many: a power of two below 2^15, so that no two
/// numbers of slices share a row. Should two processes write a segment at once, each
/// with its own number, neither writes over what the other means.
fn slice_id(segment: i64, slice: u32, slices: u32) -> i64 {
    first_slice_id(segment).saturating_add(i64::from(slices)).saturating_add(i64::from(slice))
}

/// No row of a segment's slices is before it, and none of the segments before is after it.
fn first_slice_id(segment: i64) -> i64 {
    segment.saturating_mul(1 << 16)
}
