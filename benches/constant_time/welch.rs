//! Welch's t between two sets of times, with the long tail of interrupts cut off.

/// The shares of all times that are kept; the tail beyond them is noise of the
/// machine, which hides a leak.
const KEPT: [f64; 6] = [0.5, 0.75, 0.9, 0.95, 0.99, 1.0];

/// The largest |t| of any cut.
pub(crate) fn largest_t(one: &[f64], other: &[f64]) -> f64 {
    let mut all: Vec<f64> = one.iter().chain(other).copied().collect();
    all.sort_by(f64::total_cmp);
    let limit = |share: f64| {
        let last = all.len().saturating_sub(1);
        // A share of a few million is exact in an f64.
        all.get((last as f64 * share) as usize).copied().unwrap_or(f64::MAX)
    };
    KEPT.iter().map(|share| t(one, other, limit(*share)).abs()).fold(0.0, f64::max)
}

/// t over the times up to `limit`; zero where there is nothing to compare.
fn t(one: &[f64], other: &[f64], limit: f64) -> f64 {
    let (one, other) = (Moments::of(one, limit), Moments::of(other, limit));
    let error = (one.variance() / one.count + other.variance() / other.count).sqrt();
    if error > 0.0 { (one.mean - other.mean) / error } else { 0.0 }
}

/// Count, mean and sum of squared distances (Welford).
#[derive(Default)]
struct Moments {
    count: f64,
    mean: f64,
    squares: f64,
}

impl Moments {
    fn of(times: &[f64], limit: f64) -> Self {
        let mut moments = Self::default();
        for time in times.iter().filter(|time| **time <= limit) {
            moments.count += 1.0;
            let distance = time - moments.mean;
            moments.mean += distance / moments.count;
            moments.squares += distance * (time - moments.mean);
        }
        moments
    }

    fn variance(&self) -> f64 {
        if self.count > 1.0 { self.squares / (self.count - 1.0) } else { 0.0 }
    }
}
