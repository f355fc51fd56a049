//! Whether the time of a comparison says which byte was wrong, measured the way
//! of dudect (Reparaz, Balasch, Verbauwhede: "Dude, is my code constant time?").
//!
//! Signatures of three classes (first byte wrong, last byte wrong, right) come in
//! random order, each over a body of its own; Welch's t says whether two classes
//! take different times. |t| must stay under 4.5. The controls compare byte by
//! byte and stop at the first that differs: they must be found out, or the
//! measurement could see nothing.
//!
//! `cargo bench --bench constant_time [-- --samples 200000]`
//!
//! That a signature was right is no secret: whole verifications are compared
//! between the two wrong classes alone, the comparison itself between all three.
#![allow(
    missing_docs,
    clippy::unwrap_used,
    clippy::print_stdout,
    clippy::indexing_slicing,
    reason = "a benchmark speaks to a person, and says that it failed by panicking"
)]

mod random;
mod subject;
mod welch;

use random::Random;
use std::process::ExitCode;
use std::time::Instant;
use subject::{Class, SUBJECTS, Subject, Trial};
use welch::largest_t;

/// dudect's limit; a leak of a whole byte loop is far beyond it.
const LIMIT: f64 = 4.5;

/// Samples of a subject, all classes together.
const SAMPLES: usize = 1_000_000;

/// Made at once, measured at once: nothing is prepared between two measurements.
const BATCH: usize = 500;

/// Nanoseconds of each class.
type Times = [Vec<f64>; 3];

fn main() -> ExitCode {
    let samples = samples();
    let mut random = Random::new(0x9e37_79b9_7f4a_7c15);
    let mut held = true;
    println!("{samples} samples each; |t| must be under {LIMIT}, of a control over it\n");
    for subject in SUBJECTS {
        let times = measure(subject, samples, &mut random);
        for (one, other) in subject.pairs {
            let t = largest_t(&times[*one as usize], &times[*other as usize]);
            let good = (t < LIMIT) != subject.control;
            held &= good;
            let mark = if good { "ok" } else { "FAILED" };
            println!("{:<44} {:>11} : {:<11} |t| {t:>9.2}  {mark}", subject.name, one.title(), other.title());
        }
    }
    if held { ExitCode::SUCCESS } else { ExitCode::FAILURE }
}

/// `--samples N`; cargo's own arguments are passed over.
fn samples() -> usize {
    let mut arguments = std::env::args().skip_while(|argument| argument != "--samples").skip(1);
    arguments.next().map_or(SAMPLES, |number| number.parse().expect("--samples takes a number"))
}

fn measure(subject: &Subject, samples: usize, random: &mut Random) -> Times {
    let mut times = Times::default();
    // The first batch warms caches and predictors up and is not counted.
    for batch in 0..=samples.div_ceil(BATCH) {
        let trials: Vec<(Class, Trial)> = (0..BATCH)
            .map(|_| {
                let class = Class::ALL[random.below(3)];
                (class, Trial::new(class, random))
            })
            .collect();
        for (class, trial) in &trials {
            let start = Instant::now();
            (subject.run)(trial);
            let taken = start.elapsed();
            if batch > 0 {
                times[*class as usize].push(taken.as_secs_f64() * 1e9);
            }
        }
    }
    times
}
