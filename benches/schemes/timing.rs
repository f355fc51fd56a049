//! Two ways of doing one thing, timed in turn so that both see the same machine.

use std::fmt;
use std::hint::black_box;
use std::time::Instant;

/// How long to measure.
#[derive(Clone, Copy)]
pub(crate) struct Effort {
    rounds: usize,
    /// Nanoseconds of one round of one side.
    round: f64,
}

impl Effort {
    /// `quick` only shows that everything runs.
    pub(crate) fn new(quick: bool) -> Self {
        if quick { Self { rounds: 3, round: 1e5 } } else { Self { rounds: 31, round: 1e6 } }
    }
}

/// Nanoseconds of one run of each side.
#[derive(Clone, Copy)]
pub(crate) struct Ratio {
    ours: f64,
    theirs: f64,
}

impl Ratio {
    pub(crate) fn value(&self) -> f64 {
        self.ours / self.theirs
    }
}

impl fmt::Display for Ratio {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:>8.0} :{:>7.0} {:>6.2}", self.ours, self.theirs, self.value())
    }
}

/// The medians of rounds that take turns.
pub(crate) fn ratio<A, B>(
    effort: Effort,
    mut ours: impl FnMut() -> A,
    mut theirs: impl FnMut() -> B,
) -> Ratio {
    let runs = (runs(effort, &mut ours), runs(effort, &mut theirs));
    let (mut our_times, mut their_times) = (Vec::new(), Vec::new());
    for _ in 0..effort.rounds {
        our_times.push(time(runs.0, &mut ours));
        their_times.push(time(runs.1, &mut theirs));
    }
    Ratio { ours: median(our_times), theirs: median(their_times) }
}

/// Nanoseconds of one run: the median of the rounds.
pub(crate) fn alone<A>(effort: Effort, mut run: impl FnMut() -> A) -> f64 {
    let runs = runs(effort, &mut run);
    median((0..effort.rounds).map(|_| time(runs, &mut run)).collect())
}

/// How many runs fill a round; also warms up.
fn runs<A>(effort: Effort, run: &mut impl FnMut() -> A) -> u32 {
    let once = time(20, run).max(1.0);
    // Between one and a million, so the cast is exact.
    (effort.round / once).clamp(1.0, 1e6) as u32
}

fn time<A>(runs: u32, run: &mut impl FnMut() -> A) -> f64 {
    let start = Instant::now();
    for _ in 0..runs {
        black_box(run());
    }
    start.elapsed().as_secs_f64() * 1e9 / f64::from(runs)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}
