//! `events` as a person at a shell uses it: what is asked before a delivery is
//! edited, what is said when there is more, and what is never done unasked.

mod asking;
mod editing;
mod more;
mod settling;

use crate::harness::{Home, post};

const BODY: &[u8] = br#"{"type":"interview.completed","data":{"interview_id":"i1"}}"#;
const KNOWN: (&str, &str) = ("KOJI_WEBHOOK_SECRET", "an-invented-secret");

/// A home whose journal holds so many deliveries that look like Koji's; none verifies.
fn journal_of(count: usize) -> Home {
    let home = Home::default();
    let listening = home.listen(["--provider", "koji", "--no-inspect"]);
    let forged = "sha256=0000000000000000000000000000000000000000000000000000000000000000";
    for _ in 0..count {
        post(listening.address, "/hooks/koji?a=1", &[("X-Koji-Signature", forged)], BODY);
    }
    listening.stop();
    home
}
