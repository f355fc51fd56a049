//! Who outlives whoever sends rubbish.

use super::super::handler::Does::{Die, DieFor, Garble, Jam, Say, Status};
use super::super::handler::Fault::{HungUp, Impatient, Unframed, When};
use super::{PLAIN, Row};
use hookctl::hook::check::Symptom::{
    Died, LeakedPath, LeakedSecret, LeakedSignature, LeakedTrace, RefusedGood, ServerError, WrongAfterwards,
};
use std::time::Duration;

/// Longer than the runner leaves it time to end.
const AGAIN: Duration = Duration::from_millis(600);

pub(super) const ROWS: &[Row] = &[
    Row { case: "hang-up", faults: &[HungUp(DieFor(AGAIN))], symptom: Died, ..PLAIN },
    Row {
        case: "slow-client",
        faults: &[Impatient(Duration::from_millis(8))],
        symptom: RefusedGood,
        ..PLAIN
    },
    Row { case: "long-length", faults: &[HungUp(Jam), Unframed(Jam)], symptom: WrongAfterwards, ..PLAIN },
    Row { case: "bad-length", faults: &[Unframed(Status(500))], symptom: ServerError, ..PLAIN },
    Row {
        case: "two-lengths",
        faults: &[Unframed(Garble)],
        symptom: hookctl::hook::check::Symptom::Garbage,
        ..PLAIN
    },
    Row {
        case: "leaks-secret",
        faults: &[When(
            |seen| seen.signatures().is_empty(),
            Say("wrong signature: expected one made with {secret}"),
        )],
        symptom: LeakedSecret,
        with: &["no-signature"],
        ..PLAIN
    },
    Row {
        case: "leaks-signature",
        faults: &[When(
            |seen| !seen.verified(),
            Say("the signature should be sha256={right}, and is {given}"),
        )],
        symptom: LeakedSignature,
        with: &["long-signature", "no-signature", "other-secret"],
        // What came may be said again: whoever sent it knows it.
        good: &[When(|seen| !seen.verified(), Say("{given} is not the signature"))],
        ..PLAIN
    },
    Row {
        case: "leaks-trace",
        faults: &[When(
            |seen| seen.signatures().is_empty(),
            Say(
                "TypeError: Cannot read properties of undefined\n    at verify (server.js:14:21)\n    at Layer.handle (layer.js:95:5)\n",
            ),
        )],
        symptom: LeakedTrace,
        with: &["no-signature"],
        ..PLAIN
    },
    Row {
        case: "leaks-path",
        faults: &[When(|seen| seen.signatures().is_empty(), Say("ENOENT: /home/somebody/app/src/keys.json"))],
        symptom: LeakedPath,
        with: &["no-signature"],
        ..PLAIN
    },
    Row {
        case: "alive",
        faults: &[When(|seen| seen.method() == "POST" && seen.signatures().is_empty(), Die)],
        symptom: Died,
        with: &["no-signature"],
        ..PLAIN
    },
];
