//! Figures, their medians and goals, as a table and as JSON.
//!
//! A figure keeps the value of every round. A goal that is missed is said and
//! fails nothing: times belong to a machine. A fault (a scenario that could
//! not run, a delivery not answered 200) fails the benchmark.

use crate::Failure;
use crate::generator::Load;
use serde::Serialize;
use std::io::Write;

/// A generator this busy measures itself.
const SATURATED: f64 = 0.95;

/// The bound of a figure.
#[derive(Clone, Copy, Serialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Goal {
    AtMost(f64),
    AtLeast(f64),
}

/// One figure, with its value in each round.
#[derive(Serialize)]
struct Figure {
    scenario: &'static str,
    subject: String,
    figure: String,
    values: Vec<f64>,
    median: f64,
    min: f64,
    max: f64,
    goal: Option<Goal>,
    met: Option<bool>,
}

/// All that a run found.
#[derive(Default, Serialize)]
pub(crate) struct Report {
    figures: Vec<Figure>,
    notes: Vec<String>,
    faults: Vec<String>,
    #[serde(skip)]
    scenario: &'static str,
}

impl Report {
    /// Starts a scenario.
    pub(crate) fn begin(&mut self, scenario: &'static str, about: &str) -> Result<(), Failure> {
        self.scenario = scenario;
        let title = format!("{scenario}: {about}");
        writeln!(std::io::stdout(), "\n{title:<73}{:>12}  min..max", "median")?;
        Ok(())
    }

    /// Prints and keeps a figure.
    pub(crate) fn figure(
        &mut self,
        subject: &str,
        figure: &str,
        values: Vec<f64>,
        goal: Option<Goal>,
    ) -> Result<(), Failure> {
        let median = median(&values);
        let min = values.iter().copied().fold(f64::INFINITY, f64::min);
        let max = values.iter().copied().fold(f64::NEG_INFINITY, f64::max);
        let met = goal.map(|goal| match goal {
            Goal::AtMost(bound) => median <= bound,
            Goal::AtLeast(bound) => median >= bound,
        });
        let range = format!("{}..{}", digits(min), digits(max));
        let verdict = match (goal, met) {
            (Some(goal), Some(met)) => verdict(goal, met),
            _ => String::new(),
        };
        let line = format!("  {subject:<34} {figure:<36}{:>12}  {range:<24}{verdict}", digits(median));
        writeln!(std::io::stdout(), "{}", line.trim_end())?;
        let scenario = self.scenario;
        let (subject, figure) = (subject.to_owned(), figure.to_owned());
        self.figures.push(Figure { scenario, subject, figure, values, median, min, max, goal, met });
        Ok(())
    }

    /// Something a reader of the figures must know.
    pub(crate) fn note(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(std::io::stdout(), "  note: {text}")?;
        self.notes.push(format!("{}: {text}", self.scenario));
        Ok(())
    }

    /// Something that makes the figures worthless.
    pub(crate) fn fault(&mut self, text: &str) -> Result<(), Failure> {
        writeln!(std::io::stdout(), "  FAULT: {text}")?;
        self.faults.push(format!("{}: {text}", self.scenario));
        Ok(())
    }

    pub(crate) fn has_faults(&self) -> bool {
        !self.faults.is_empty()
    }
}

fn verdict(goal: Goal, met: bool) -> String {
    let (word, bound) = match goal {
        Goal::AtMost(bound) => ("at most", bound),
        Goal::AtLeast(bound) => ("at least", bound),
    };
    format!("{word} {}: {}", digits(bound), if met { "met" } else { "MISSED" })
}

/// Three figures that matter, with thousands separated.
fn digits(value: f64) -> String {
    let places = if value.abs() >= 100.0 {
        0
    } else if value.abs() >= 10.0 {
        1
    } else {
        2
    };
    let text = format!("{value:.places$}");
    let (whole, part) =
        text.split_once('.').map_or((text.as_str(), None), |(whole, part)| (whole, Some(part)));
    let mut grouped = String::new();
    let letters = whole.chars().count();
    for (place, letter) in whole.chars().enumerate() {
        if place > 0 && (letters - place).is_multiple_of(3) && !grouped.ends_with('-') {
            grouped.push(',');
        }
        grouped.push(letter);
    }
    part.map_or_else(|| grouped.clone(), |part| format!("{grouped}.{part}"))
}

/// The middle value; of an even number of values, the mean of the two in the middle.
pub(crate) fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    let upper = sorted.get(sorted.len() / 2).copied().unwrap_or(f64::NAN);
    let lower = sorted.get(sorted.len().saturating_sub(1) / 2).copied().unwrap_or(f64::NAN);
    f64::midpoint(lower, upper)
}

/// The loads of one server, one a round.
pub(crate) struct Series {
    pub(crate) subject: String,
    pub(crate) loads: Vec<Load>,
}

impl Series {
    pub(crate) fn new(subject: &str) -> Self {
        Self { subject: subject.to_owned(), loads: Vec::new() }
    }

    /// One value a round.
    pub(crate) fn each(&self, value: impl Fn(&Load) -> f64) -> Vec<f64> {
        self.loads.iter().map(value).collect()
    }

    /// Both values of each round, combined within the round.
    pub(crate) fn with(&self, other: &Self, combine: impl Fn(&Load, &Load) -> f64) -> Vec<f64> {
        self.loads.iter().zip(&other.loads).map(|(own, other)| combine(own, other)).collect()
    }

    /// The usual figures of a server under load.
    pub(crate) fn describe(&self, report: &mut Report) -> Result<(), Failure> {
        report.figure(&self.subject, "deliveries a second", self.each(Load::rate), None)?;
        report.figure(&self.subject, "p50 µs", self.each(|load| load.p50_us), None)?;
        report.figure(&self.subject, "p99 µs", self.each(|load| load.p99_us), None)?;
        report.figure(&self.subject, "CPU µs a delivery", self.each(Load::cpu), None)?;
        if self.loads.iter().any(|load| load.generator_busy > SATURATED) {
            report.note(&format!(
                "{}: the load generator had no CPU left, so the rate is its own; compare CPU a delivery",
                self.subject
            ))?;
        }
        for load in &self.loads {
            if let Some(fault) = load.fault() {
                report.fault(&format!("{}: {fault}", self.subject))?;
            }
        }
        Ok(())
    }
}

impl Load {
    /// Deliveries a second.
    pub(crate) fn rate(&self) -> f64 {
        self.delivered as f64 / self.seconds
    }

    /// Microseconds of the server's CPU a delivery.
    pub(crate) fn cpu(&self) -> f64 {
        self.server_cpu_us / self.delivered as f64
    }

    /// What makes the load worthless.
    fn fault(&self) -> Option<String> {
        let Self { delivered, refused, first_refusal, broken, unanswered, .. } = self;
        if *delivered > 0 && refused + broken + unanswered == 0 {
            return None;
        }
        let first = first_refusal.map(|status| format!(" (first: {status})")).unwrap_or_default();
        Some(format!(
            "{delivered} deliveries answered 200, {refused} otherwise{first}, {broken} connections broken, \
             {unanswered} requests unanswered"
        ))
    }
}
