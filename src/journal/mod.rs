//! The journal: deliveries and the attempts made with them, in one SQLite file.
//!
//! One process owns a journal and appends ([`Journal`]); others read it while
//! that happens ([`Reader`]), and may add replays, mark, delete or prune ([`Guest`]), or keep what
//! a vendor answered for a while ([`Cache`]). Bytes
//! go in and come out unchanged. A [`Stored`] exists only for a delivery whose
//! commit is on the disk. Never reads the clock and never prints.

mod budget;
mod cache;
mod counter;
mod duplicates;
mod edit;
mod error;
mod file;
mod filter;
mod guest;
mod handle;
mod index;
mod insert;
mod lock;
mod log;
mod notes;
mod options;
mod outbox;
mod overview;
mod prune;
mod queue;
mod reader;
mod record;
mod retention;
mod schema;
mod stored;
mod writer;

pub use cache::Cache;
pub use counter::Counter;
pub use edit::{Deletion, MAX_MARK};
pub use error::{OpenError, ReadError, WriteError};
pub use filter::{Filter, Order, StatusFilter};
pub use guest::Guest;
pub use handle::Journal;
pub use insert::Occasion;
pub use lock::owner;
#[doc(hidden)]
pub use options::Faults;
pub use options::{Durability, Options, Retention};
pub use outbox::{OutboxRow, OutboxState, Pending, Settlement};
pub use overview::{Bucket, Counting, Overview, Took};
pub use prune::{PruneOptions, Pruned};
pub use queue::SettledAnswer;
pub use reader::{Beside, Page, Reader, Stats, TargetStats};
pub use record::{Answered, Entry, KeptAttempt, KeptInterview, LastAttempt, Listed, MAX_KEPT_ANSWER};
pub use stored::Stored;

/// Asks for the greatest number that was given out.
const LAST_SEQ: &str =
    "SELECT max((SELECT coalesce(max(seq), 0) FROM deliveries), (SELECT max(last_seq) FROM journal))";

/// A number of a delivery as SQLite keeps it; numbers no journal reaches become one that is never used.
fn signed(seq: u64) -> i64 {
    i64::try_from(seq).unwrap_or(i64::MAX)
}

/// A count or size that SQLite returned; negative ones exist only in damaged files.
fn unsigned(number: i64) -> u64 {
    u64::try_from(number).unwrap_or(0)
}
