//! Which deliveries of a segment: a bit each.

use super::SEGMENT;
use std::ops::RangeInclusive;

/// So many words has a set.
pub(super) const WORDS: usize = SEGMENT as usize / 64;

/// Up to so many are written as numbers of two bytes: that is shorter than the bits.
const FEW: usize = 255;

/// A set of a segment's deliveries, by their offset from its first number.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Members([u64; WORDS]);

impl Members {
    pub(super) const NONE: Self = Self([0; WORDS]);
    pub(super) const ALL: Self = Self([u64::MAX; WORDS]);

    pub(super) fn of_words(words: [u64; WORDS]) -> Self {
        Self(words)
    }

    pub(super) fn insert(&mut self, offset: u16) {
        if let Some(word) = self.0.get_mut(usize::from(offset) / 64) {
            *word |= 1 << (offset % 64);
        }
    }

    pub(super) fn is_empty(&self) -> bool {
        self.0.iter().all(|word| *word == 0)
    }

    /// Keeps what is in both.
    pub(super) fn keep(&mut self, others: &Self) {
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            *word &= other;
        }
    }

    pub(super) fn add(&mut self, others: &Self) {
        for (word, other) in self.0.iter_mut().zip(&others.0) {
            *word |= other;
        }
    }

    /// The offsets, ascending.
    pub(super) fn offsets(&self) -> impl Iterator<Item = u16> + '_ {
        (0_u16..).step_by(64).zip(&self.0).flat_map(|(base, word)| {
            let mut left = *word;
            std::iter::from_fn(move || {
                let bit = u16::try_from(left.trailing_zeros()).ok().filter(|bit| *bit < 64)?;
                left &= left - 1;
                Some(base + bit)
            })
        })
    }

    /// The offsets as ranges, ascending; a gap of up to `gap` offsets makes no new range.
    pub(super) fn ranges(&self, gap: u16) -> Vec<RangeInclusive<u16>> {
        let mut ranges: Vec<RangeInclusive<u16>> = Vec::new();
        for offset in self.offsets() {
            match ranges.last_mut() {
                Some(last) if offset - *last.end() <= gap + 1 => *last = *last.start()..=offset,
                _ => ranges.push(offset..=offset),
            }
        }
        ranges
    }

    /// As a row keeps it.
    pub(super) fn to_bytes(&self) -> Vec<u8> {
        let count: u32 = self.0.iter().map(|word| word.count_ones()).sum();
        if count as usize <= FEW {
            return self.offsets().flat_map(u16::to_le_bytes).collect();
        }
        self.0.iter().flat_map(|word| word.to_le_bytes()).collect()
    }

    /// As a row has it. What cannot be read is taken for all: it leads nobody past anything.
    pub(super) fn from_bytes(bytes: &[u8]) -> Self {
        let mut members = Self::NONE;
        if bytes.len() == WORDS * 8 {
            let (words, _) = bytes.as_chunks::<8>();
            for (word, bytes) in members.0.iter_mut().zip(words) {
                *word = u64::from_le_bytes(*bytes);
            }
            return members;
        }
        match bytes.as_chunks::<2>() {
            (offsets, []) if offsets.len() <= FEW => {
                offsets.iter().for_each(|offset| members.insert(u16::from_le_bytes(*offset)));
                members
            }
            _ => Self::ALL,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(offsets: &[u16]) -> Members {
        let mut members = Members::NONE;
        offsets.iter().for_each(|offset| members.insert(*offset));
        members
    }

    #[test]
    fn few_and_many_come_back_and_few_are_short() {
        let sets: [Vec<u16>; 5] =
            [vec![], vec![0, 63, 64, 4_095], (0..255).collect(), (0..256).collect(), (0..4_096).collect()];
        for offsets in sets {
            let members = of(&offsets);
            assert!(members.offsets().eq(offsets.iter().copied()));
            let bytes = members.to_bytes();
            assert_eq!(bytes.len(), if offsets.len() <= 255 { offsets.len() * 2 } else { 512 });
            assert_eq!(Members::from_bytes(&bytes), members);
        }
        assert_eq!(of(&(0..4_096).collect::<Vec<_>>()), Members::ALL);
        for damaged in [&[0][..], &[0; 513], &[0; 514], &[0; 3]] {
            assert_eq!(Members::from_bytes(damaged), Members::ALL);
        }
        assert_eq!(Members::from_bytes(&[0xff, 0xff]), Members::NONE, "no such offset");
    }

    #[test]
    fn ranges_bridge_small_gaps_only() {
        let members = of(&[1, 2, 4, 9, 4_095]);
        assert_eq!(members.ranges(0), [1..=2, 4..=4, 9..=9, 4_095..=4_095]);
        assert_eq!(members.ranges(1), [1..=4, 9..=9, 4_095..=4_095]);
        assert_eq!(members.ranges(4_095), [1..=4_095]);
        assert!(Members::NONE.ranges(9).is_empty());
    }

    #[test]
    fn sets_are_met_and_joined() {
        let (mut left, right) = (of(&[1, 2, 100]), of(&[2, 100, 200]));
        left.keep(&right);
        assert_eq!(left, of(&[2, 100]));
        left.add(&of(&[7]));
        assert_eq!(left, of(&[2, 7, 100]));
        assert!(!left.is_empty() && Members::NONE.is_empty());
    }
}
