//! `check` against hookctl's own listener for every row of the catalogue: whatever
//! scheme a vendor has, the whole suite says nothing against a handler that is right,
//! and finds one that believes everybody.

use crate::harness::{Home, Ran};
use hookctl::hook::provider::Catalogue;
use std::collections::BTreeSet;
use std::sync::Mutex;

/// Rows that `check` cannot drive, each with the reason that it gives itself.
const UNCHECKED: &[(&str, &str)] = &[];

/// Why a case may be passed over; any other reason is a fault of the case.
const REASONS: &[&str] = &[
    "nothing stands before the signature",
    "the signature is not written in hex",
    "the signature does not name its hash",
    "the signature is no JSON Web Token",
    "one value never holds several signatures",
    "the scheme has no signed time with a tolerance",
    "the target is not `https`",
    "hookctl has no samples of the provider",
    "the provider asks nothing beforehand",
    "there is no counter to read: give `--probe URL|CMD`",
    "the provider takes any 2xx",
    "the signature is not in a header",
    "the signature does not cover the whole body",
    "the scheme needs a body of its own form",
    "nothing says which event a delivery is",
    "the provider's samples have no structured answers",
    "the provider's samples have no two events about one object",
    "the provider does not send JSON",
    "the signature is not made with a shared secret",
    "nothing is computed over the body",
];

/// The fewest cases that must mean something for a row.
const FEWEST: usize = 40;

/// Does something with every row that can be checked, as many at a time as there are processors.
fn with_every_row(act: impl Fn(&str) -> Vec<String> + Sync) -> Vec<String> {
    let rows = Mutex::new(Catalogue::builtin().ids().into_iter().filter(|id| reason(id).is_none()));
    let wrong = Mutex::new(Vec::new());
    let workers = std::thread::available_parallelism().map_or(2, std::num::NonZero::get);
    std::thread::scope(|scope| {
        for _ in 0..workers {
            scope.spawn(|| {
                loop {
                    let row = rows.lock().unwrap().next();
                    let Some(row) = row else { return };
                    // In this order: the lock is not held while something is done.
                    let found = act(&row);
                    wrong.lock().unwrap().extend(found);
                }
            });
        }
    });
    wrong.into_inner().unwrap()
}

fn reason(id: &str) -> Option<&'static str> {
    UNCHECKED.iter().find(|(row, _)| *row == id).map(|(_, reason)| *reason)
}

fn check(home: &Home, row: &str, more: &[&str], fault: &str) -> Ran {
    let args = ["check", "--self", "--provider", row, "--json", "--seed", "102"];
    home.run_with([&args[..], more].concat(), b"", &[("HOOKCTL_FAULT", fault)])
}

#[test]
fn nothing_is_said_against_the_listener_whatever_the_scheme() {
    let home = Home::default();
    let costs = Mutex::new(Vec::new());
    let wrong = with_every_row(|row| {
        let ran = check(&home, row, &["--fail-on", "should"], "");
        let records = ran.records();
        let (Some(summary), 0) = (records.last(), ran.code()) else {
            return vec![format!("{row}: {}", ran.block())];
        };
        costs.lock().unwrap().push((summary["took_ms"].as_f64().unwrap(), row.to_owned()));
        let mut wrong = Vec::new();
        for record in &records {
            let why = record["reason"].as_str().unwrap_or_default();
            if record["outcome"] == "fail" || (record["outcome"] == "skip" && !REASONS.contains(&why)) {
                wrong.push(format!("{row}: {record}"));
            }
        }
        if records.iter().filter(|record| record["outcome"] == "pass").count() < FEWEST {
            wrong.push(format!("{row}: {}", ran.block()));
        }
        wrong
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
    let mut costs = costs.into_inner().unwrap();
    costs.sort_by(|one, other| other.0.total_cmp(&one.0));
    let sum: f64 = costs.iter().map(|(took, _)| took).sum();
    println!("{} rows, {:.0} ms each; the slowest:", costs.len(), sum / costs.len() as f64);
    costs.iter().take(5).for_each(|(took, row)| println!("{took:>6.0} ms  {row}"));
}

/// The control: a listener that does not look at signatures is found for every row.
#[test]
fn a_listener_that_believes_everybody_is_found_whatever_the_scheme() {
    let home = Home::default();
    let wrong = with_every_row(|row| {
        let ran = check(&home, row, &["--case", "no-signature,other-secret"], "self:believes");
        let records = ran.records();
        let found =
            |id: &str| records.iter().any(|record| record["id"] == id && record["code"] == "believed");
        let all = ran.code() == 1 && found("no-signature") && found("other-secret");
        if all { Vec::new() } else { vec![format!("{row}: {}", ran.block())] }
    });
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

/// A row stands in the list only as long as it cannot be checked.
#[test]
fn what_is_said_not_to_be_checked_cannot_be() {
    let home = Home::default();
    let ids: BTreeSet<String> = Catalogue::builtin().ids().into_iter().collect();
    for (row, reason) in UNCHECKED {
        assert!(ids.contains(*row), "there is no row `{row}`");
        let ran = check(&home, row, &["--case", "good-delivery"], "");
        assert!(ran.code() > 1 && ran.err().contains(reason), "{row}: {}", ran.block());
    }
    assert!(ids.len() - UNCHECKED.len() >= 102);
}
