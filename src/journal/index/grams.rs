//! Where a text stands in the slices of a segment.
//!
//! Each trigram of bytes, and each key of duplicates, has a hash; how many slices
//! a segment has settles which of them the hash falls on. Whoever aims at a slice
//! only makes searches ask about deliveries in vain.

use super::members::{Members, WORDS};
use sha2::{Digest, Sha256};

/// What is shorter has no trigram.
pub(super) const SHORTEST: usize = 3;

/// How many slices a key falls on: so few other deliveries share all of them.
const KEY_SLICES: usize = 6;

/// A longer needle is looked for by so many of its trigrams.
const MOST_OF_A_NEEDLE: usize = 24;

/// The slice of a hash, of so many.
pub(super) fn slice_of(hash: u32, slices: u32) -> u32 {
    // Below `slices`, as the product is below `slices << 32`.
    ((u64::from(hash) * u64::from(slices)) >> 32) as u32
}

fn mixed(gram: u32) -> u32 {
    let gram = (gram ^ (gram >> 11)).wrapping_mul(0x9E37_79B1);
    (gram ^ (gram >> 15)).wrapping_mul(0x85EB_CA77)
}

/// The hashes of a text's trigrams.
pub(super) fn of_text(text: &[u8]) -> impl Iterator<Item = u32> + '_ {
    text.windows(SHORTEST).filter_map(|window| match window {
        [a, b, c] => Some(mixed(u32::from_le_bytes([*a, *b, *c, 0]))),
        _ => None,
    })
}

/// The hashes of a key of duplicates.
pub(super) fn of_key(key: &str) -> impl Iterator<Item = u32> {
    let digest = Sha256::digest(key.as_bytes());
    let (pieces, _) = digest.as_chunks::<4>();
    let hashes: Vec<u32> = pieces.iter().take(KEY_SLICES).map(|piece| u32::from_le_bytes(*piece)).collect();
    hashes.into_iter()
}

/// The hashes of a needle, at most some of them, from all of its length; none for one that is too short.
pub(super) fn of_needle(needle: &[u8]) -> Vec<u32> {
    let step = (needle.len() / MOST_OF_A_NEEDLE).max(1);
    let mut hashes: Vec<u32> = of_text(needle).step_by(step).take(MOST_OF_A_NEEDLE).collect();
    hashes.sort_unstable();
    hashes.dedup();
    hashes
}

/// Which deliveries of a segment may hold which trigrams: a bit for each slice and delivery.
#[derive(Debug)]
pub(super) struct Texts {
    slices: u32,
    bits: Vec<u64>,
}

impl Texts {
    /// Room for a segment whose deliveries are so long on the average, in bytes.
    /// With about as many slices as a delivery has trigrams, most of the bits that a
    /// needle needs are not there by chance.
    pub(super) fn new(average: u64) -> Self {
        let wanted = u32::try_from(average.saturating_add(512)).unwrap_or(u32::MAX);
        let slices = wanted.min(8_192).next_power_of_two().max(1_024);
        Self { slices, bits: vec![0; slices as usize * WORDS] }
    }

    pub(super) fn slices(&self) -> u32 {
        self.slices
    }

    /// Notes what a delivery holds.
    pub(super) fn insert(&mut self, offset: u16, hashes: impl Iterator<Item = u32>) {
        let (word, bit) = (usize::from(offset) / 64, 1 << (offset % 64));
        for hash in hashes {
            let place = slice_of(hash, self.slices) as usize * WORDS + word;
            if let Some(word) = self.bits.get_mut(place) {
                *word |= bit;
            }
        }
    }

    /// Notes a delivery that may hold anything.
    pub(super) fn insert_any(&mut self, offset: u16) {
        let (word, bit) = (usize::from(offset) / 64, 1 << (offset % 64));
        for slice in self.bits.chunks_exact_mut(WORDS) {
            if let Some(word) = slice.get_mut(word) {
                *word |= bit;
            }
        }
    }

    /// Which deliveries fall on a slice.
    pub(super) fn members(&self, slice: u32) -> Members {
        let words = self.bits.as_chunks::<WORDS>().0.get(slice as usize);
        words.map_or(Members::NONE, |words| Members::of_words(*words))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_grams_of_a_needle_are_among_those_of_every_text_that_holds_it() {
        let text =
            b"\0\xff\xfe caf\xc3\xa9 0123456789abcdef and a rather long tail of words, longer than that";
        let all: Vec<u32> = of_text(text).collect();
        for from in 0..text.len() {
            for to in from..text.len() {
                assert!(of_needle(&text[from..to]).iter().all(|hash| all.contains(hash)), "{from}..{to}");
            }
        }
        assert!(of_needle(b"ab").is_empty() && of_needle(text).len() <= MOST_OF_A_NEEDLE);
        assert!(of_needle(b"zzz").iter().all(|hash| !all.contains(hash)), "and not those of others");
    }

    #[test]
    fn grams_spread_over_the_slices() {
        let mut filled = vec![0_u32; 1_024];
        for first in 0x20_u8..0x7f {
            for second in 0x20_u8..0x7f {
                for hash in of_text(&[b'"', first, second]) {
                    filled[slice_of(hash, 1_024) as usize] += 1;
                }
            }
        }
        assert!(
            filled.iter().all(|count| (1..40).contains(count)),
            "9 on the average: {:?}",
            filled.iter().max()
        );
    }

    #[test]
    fn a_segment_has_as_many_slices_as_its_deliveries_need() {
        for (average, slices) in [(0, 1_024), (1_200, 2_048), (6_000, 8_192), (u64::MAX, 8_192)] {
            assert_eq!(Texts::new(average).slices(), slices);
        }
    }
}
