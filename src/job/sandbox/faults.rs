//! What goes wrong on a delivery's way, on purpose: for tests of the receiver.
//!
//! Pure: the same seed, delivery and try meet the same fate, so that a test that
//! failed fails again. Rolls no dice of its own and sends nothing.

use std::time::Duration;

/// A share of all deliveries, from none to all.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Share(f64);

/// Why a text is not a share.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{text}` is not a share; write one such as `10%`, from `0%` to `100%`")]
pub struct ShareError {
    text: String,
}

impl Share {
    /// All of them.
    pub const ALL: Self = Self(1.0);

    /// Reads a share such as `10%` or `100%`.
    ///
    /// # Errors
    /// When it is none.
    pub fn parse(text: &str) -> Result<Self, ShareError> {
        let refuse = || ShareError { text: text.to_owned() };
        let number = text.trim().strip_suffix('%').ok_or_else(refuse)?;
        let plain = number.bytes().all(|byte| byte.is_ascii_digit() || byte == b'.');
        let percent = number.parse::<f64>().ok().filter(|percent| plain && *percent <= 100.0);
        percent.map(|percent| Self(percent / 100.0)).ok_or_else(refuse)
    }

    /// The share in percent.
    pub fn percent(self) -> f64 {
        self.0 * 100.0
    }

    fn holds(self, drawn: f64) -> bool {
        drawn < self.0
    }
}

/// What may happen to deliveries.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Faults {
    /// Never sent at all, and never tried again: the vendor lost it.
    pub drop: Share,
    /// Sent twice, with the same bytes.
    pub duplicate: Share,
    /// Held back until later ones have overtaken it.
    pub reorder: Share,
    /// One byte changed after signing.
    pub corrupt: Share,
    /// Every first try is that much later.
    pub delay: Duration,
    /// What is drawn from; the same seed gives the same faults.
    pub seed: u64,
}

/// What happens to one try of one delivery.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Fate {
    /// It is not sent, and never will be.
    pub dropped: bool,
    /// It is sent twice.
    pub twice: bool,
    /// It is sent that much later.
    pub held: Duration,
    /// It is sent with the byte that this number picks changed.
    pub corrupted: Option<u64>,
}

/// Longer than the events of one interview are apart, so that all of them overtake.
const HELD: std::ops::Range<u64> = 4_000..10_000;

impl Faults {
    /// Whether nothing goes wrong.
    pub fn none(&self) -> bool {
        let Self { drop, duplicate, reorder, corrupt, delay, seed: _ } = self;
        [drop, duplicate, reorder, corrupt].into_iter().all(|share| share.0 == 0.0) && delay.is_zero()
    }

    /// What happens to a try. Only the first of a delivery is lost, doubled or
    /// held back; each may be corrupted.
    pub fn fate(&self, delivery: u64, attempt: u32) -> Fate {
        let draw = |purpose| drawn(self.seed, delivery, attempt, purpose);
        let corrupted = self.corrupt.holds(fraction(draw(1))).then(|| draw(2));
        if attempt > 1 {
            return Fate { corrupted, ..Fate::default() };
        }
        let reordered = self.reorder.holds(fraction(draw(3)));
        let held = if reordered { HELD.start + draw(4) % (HELD.end - HELD.start) } else { 0 };
        Fate {
            dropped: self.drop.holds(fraction(draw(5))),
            twice: self.duplicate.holds(fraction(draw(6))),
            held: self.delay.saturating_add(Duration::from_millis(held)),
            corrupted,
        }
    }
}

/// The body with one bit changed: the same length, another signature.
pub fn corrupt(body: &[u8], pick: u64) -> Vec<u8> {
    let mut changed = body.to_vec();
    let at = usize::try_from(pick % (body.len().max(1) as u64)).unwrap_or(0);
    if let Some(byte) = changed.get_mut(at) {
        *byte ^= 1;
    }
    changed
}

/// A number from 0 up to, not including, 1.
fn fraction(drawn: u64) -> f64 {
    #[expect(clippy::cast_precision_loss, reason = "53 bits are exact in an f64")]
    let bits = (drawn >> 11) as f64;
    bits / (1_u64 << 53) as f64
}

/// SplitMix64 over everything that makes one draw differ from another.
fn drawn(seed: u64, delivery: u64, attempt: u32, purpose: u64) -> u64 {
    [delivery, u64::from(attempt), purpose].into_iter().fold(mixed(seed), |state, part| mixed(state ^ part))
}

fn mixed(state: u64) -> u64 {
    let state = state.wrapping_add(0x9e37_79b9_7f4a_7c15);
    let state = (state ^ (state >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let state = (state ^ (state >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    state ^ (state >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn share(text: &str) -> Share {
        Share::parse(text).unwrap()
    }

    #[test]
    fn shares_are_percentages_from_0_to_100() {
        assert_eq!(share("100%"), Share::ALL);
        assert_eq!(share("0%"), Share::default());
        assert!((share("12.5%").percent() - 12.5).abs() < 1e-9);
        for wrong in ["10", "101%", "-1%", "%", "NaN%", "inf%", "1e1%", "+5%", "", "ten%"] {
            assert!(Share::parse(wrong).is_err(), "{wrong}");
        }
    }

    #[test]
    fn the_same_seed_gives_the_same_fate_and_another_seed_another() {
        let half = Faults {
            drop: share("50%"),
            duplicate: share("50%"),
            reorder: share("50%"),
            corrupt: share("50%"),
            seed: 7,
            ..Faults::default()
        };
        let fates = |faults: &Faults| (1..50).map(|delivery| faults.fate(delivery, 1)).collect::<Vec<_>>();
        assert_eq!(fates(&half), fates(&half.clone()));
        assert_ne!(fates(&half), fates(&Faults { seed: 8, ..half }));
    }

    #[test]
    fn a_share_of_the_deliveries_is_hit_and_no_more() {
        let faults = Faults { drop: share("10%"), seed: 1, ..Faults::default() };
        let dropped = (0..10_000).filter(|delivery| faults.fate(*delivery, 1).dropped).count();
        assert!((900..1_100).contains(&dropped), "{dropped}");
        let none = Faults { seed: 1, ..Faults::default() };
        let all = Faults { drop: Share::ALL, duplicate: Share::ALL, ..none.clone() };
        assert!((0..1_000).all(|delivery| none.fate(delivery, 1) == Fate::default()));
        assert!((0..1_000).all(|delivery| all.fate(delivery, 1).dropped && all.fate(delivery, 1).twice));
        assert!(none.none() && !all.none());
    }

    #[test]
    fn only_the_first_try_is_lost_doubled_or_held_back() {
        let all = Faults {
            drop: Share::ALL,
            duplicate: Share::ALL,
            reorder: Share::ALL,
            corrupt: Share::ALL,
            delay: Duration::from_secs(5),
            seed: 3,
        };
        for delivery in 0..100 {
            let first = all.fate(delivery, 1);
            assert!(first.dropped && first.twice && first.corrupted.is_some());
            assert!(first.held >= Duration::from_secs(9) && first.held < Duration::from_secs(15));
            let second = all.fate(delivery, 2);
            assert!(!second.dropped && !second.twice && second.held.is_zero());
            assert!(second.corrupted.is_some());
        }
    }

    #[test]
    fn a_corrupted_body_differs_in_one_byte_and_keeps_its_length() {
        for pick in [0, 1, 99, u64::MAX] {
            let changed = corrupt(b"{\"a\":1}", pick);
            let differ = changed.iter().zip(b"{\"a\":1}").filter(|(left, right)| left != right).count();
            assert_eq!((changed.len(), differ), (7, 1));
        }
        assert_eq!(corrupt(b"", 5), b"");
    }
}
