//! Who believes whom.

use super::super::handler::Does::{Believe, Refuse, Status};
use super::super::handler::Fault::When;
use super::{PLAIN, Row};
use hookctl::hook::check::Symptom;
use hookctl::hook::verdict::Code;

pub(super) const ROWS: &[Row] = &[
    Row {
        case: "good-delivery",
        faults: &[When(|seen| seen.verified(), Refuse)],
        symptom: Symptom::RefusedGood,
        ..PLAIN
    },
    Row { case: "no-signature", faults: &[When(|seen| seen.signatures().is_empty(), Believe)], ..PLAIN },
];
