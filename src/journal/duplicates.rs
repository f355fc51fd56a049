//! Which verified deliveries came before.
//!
//! Remembers a hash of the composite key of the newest verified deliveries.
//! Unverified traffic neither enters nor is judged: a stranger could otherwise
//! have a genuine delivery called a repeat of a forged one.

use crate::hook::delivery::Checked;
use sha2::{Digest, Sha256};
use std::collections::{HashMap, VecDeque};
use std::hash::{BuildHasherDefault, Hasher};

/// How many keys are remembered.
pub(super) const REMEMBERED: usize = 100_000;

/// The keys of the newest verified deliveries, each with the number of its first one.
#[derive(Debug, Default)]
pub(super) struct Duplicates {
    first: HashMap<u64, u64, BuildHasherDefault<Hashed>>,
    order: VecDeque<u64>,
    unsettled: usize,
}

/// The keys are hashes already, of a kind that nobody can aim.
#[derive(Debug, Default)]
struct Hashed(u64);

impl Hasher for Hashed {
    fn write(&mut self, bytes: &[u8]) {
        self.0 = bytes.iter().fold(self.0, |hash, byte| hash.rotate_left(8) ^ u64::from(*byte));
    }

    fn write_u64(&mut self, hash: u64) {
        self.0 = hash;
    }

    fn finish(&self) -> u64 {
        self.0
    }
}

/// The key of a delivery, if it takes part: verified, and with a composite key.
fn key_of(checked: &Checked) -> Option<u64> {
    checked.facts.dedup_key.as_deref().filter(|_| checked.verdict.verified()).map(hash)
}

/// The first eight bytes of SHA-256: the same in every version of this program,
/// and two keys out of 100,000 collide once in four billion journals.
fn hash(key: &str) -> u64 {
    Sha256::digest(key.as_bytes()).iter().take(8).fold(0, |hash, byte| (hash << 8) | u64::from(*byte))
}

impl Duplicates {
    /// The number of the delivery that this one repeats; the first of its key is remembered as `seq`.
    pub(super) fn mark(&mut self, checked: &Checked, seq: u64) -> Option<u64> {
        let key = key_of(checked)?;
        if let Some(first) = self.first.get(&key) {
            return Some(*first);
        }
        self.insert(key, seq);
        self.unsettled += 1;
        None
    }

    /// Remembers the key of a delivery that was stored in an earlier run.
    pub(super) fn load(&mut self, key: &str, seq: u64) {
        let key = hash(key);
        if !self.first.contains_key(&key) {
            self.insert(key, seq);
            self.trim();
        }
    }

    fn insert(&mut self, key: u64, seq: u64) {
        self.first.insert(key, seq);
        self.order.push_back(key);
    }

    /// What was marked since the last call is stored.
    pub(super) fn settle(&mut self) {
        self.unsettled = 0;
        self.trim();
    }

    /// What was marked since the last `settle` was not stored.
    pub(super) fn roll_back(&mut self) {
        for _ in 0..std::mem::take(&mut self.unsettled) {
            if let Some(key) = self.order.pop_back() {
                self.first.remove(&key);
            }
        }
    }

    fn trim(&mut self) {
        while self.order.len() > REMEMBERED {
            if let Some(key) = self.order.pop_front() {
                self.first.remove(&key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::delivery::{Delivery, Facts};
    use crate::hook::headers::Head;
    use crate::hook::time::Timestamp;
    use crate::hook::verdict::{Code, Verdict};
    use std::sync::Arc;

    fn checked(key: Option<&str>, code: Code) -> Checked {
        Checked {
            delivery: Delivery {
                received: Timestamp::from_seconds(0),
                peer: "127.0.0.1:1".parse().unwrap(),
                head: Head::build("POST", "/", [("Host", "a")]).unwrap(),
                body: bytes::Bytes::new(),
            },
            verdict: Verdict::of(&Arc::from("koji"), code, "for a test"),
            facts: Facts { dedup_key: key.map(str::to_owned), ..Facts::default() },
            outbox: Arc::from([]),
        }
    }

    #[test]
    fn the_second_verified_arrival_is_a_duplicate_of_the_first() {
        let mut duplicates = Duplicates::default();
        let delivery = checked(Some("a"), Code::Verified);
        assert_eq!(duplicates.mark(&delivery, 1), None);
        assert_eq!(duplicates.mark(&delivery, 2), Some(1));
        assert_eq!(duplicates.mark(&delivery, 3), Some(1));
        assert_eq!(duplicates.mark(&checked(Some("b"), Code::Verified), 4), None);
        assert_eq!(duplicates.mark(&checked(None, Code::Verified), 5), None);
        assert_eq!(duplicates.mark(&checked(None, Code::Verified), 6), None);
    }

    #[test]
    fn unverified_traffic_neither_enters_nor_is_judged() {
        let mut duplicates = Duplicates::default();
        for code in Code::ALL.into_iter().filter(|code| *code != Code::Verified) {
            assert_eq!(duplicates.mark(&checked(Some("a"), code), 1), None, "{code}");
        }
        assert_eq!(duplicates.mark(&checked(Some("a"), Code::Verified), 2), None);
        assert_eq!(duplicates.mark(&checked(Some("a"), Code::Mismatch), 3), None);
    }

    #[test]
    fn what_was_not_stored_is_forgotten() {
        let mut duplicates = Duplicates::default();
        let (first, second) = (checked(Some("a"), Code::Verified), checked(Some("b"), Code::Verified));
        duplicates.mark(&first, 1);
        duplicates.settle();
        duplicates.mark(&second, 2);
        duplicates.roll_back();
        assert_eq!(duplicates.mark(&first, 2), Some(1));
        assert_eq!(duplicates.mark(&second, 3), None);
    }

    #[test]
    fn memory_is_bounded_and_the_oldest_go_first() {
        let mut duplicates = Duplicates::default();
        for seq in 0..REMEMBERED as u64 + 10 {
            duplicates.load(&seq.to_string(), seq);
        }
        assert_eq!((duplicates.first.len(), duplicates.order.len()), (REMEMBERED, REMEMBERED));
        assert_eq!(duplicates.mark(&checked(Some("10"), Code::Verified), 0), Some(10));
        assert_eq!(duplicates.mark(&checked(Some("9"), Code::Verified), 200_000), None);
    }
}
