//! What the catalogue costs when the program starts.

use crate::timing::{Effort, alone};
use hookctl::hook::detect::Detector;
use hookctl::hook::provider::Catalogue;

/// Microseconds: parsed and looked up.
const LIMIT: f64 = 1_000.0;

/// Whether looking any row up, and making ready to recognise all, is fast enough.
pub(crate) fn within_limits(effort: Effort) -> bool {
    let ids = Catalogue::builtin().ids();
    let look_up = |id: &str| alone(effort, || Catalogue::builtin().get(id).unwrap()) / 1e3;
    let times: Vec<(f64, &String)> = ids.iter().map(|id| (look_up(id), id)).collect();
    let (worst, id) = times.iter().max_by(|a, b| a.0.total_cmp(&b.0)).unwrap();
    let empty = alone(effort, Catalogue::builtin) / 1e3;
    let all = alone(effort, || Catalogue::builtin().all()) / 1e3;
    let detector = alone(effort, || Detector::new(Catalogue::builtin())) / 1e3;
    println!("catalogue cut into tables        {empty:>8.1} µs");
    println!("the slowest row looked up        {worst:>8.1} µs ({id})");
    println!("all {} rows read                 {all:>8.1} µs", ids.len());
    println!("ready to recognise any           {detector:>8.1} µs");
    let good = [*worst, all, detector].iter().all(|time| *time < LIMIT);
    println!("catalogue at start: limit {LIMIT} µs {}", if good { "ok" } else { "FAILED" });
    good
}
