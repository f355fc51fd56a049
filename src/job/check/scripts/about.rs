//! Cases about the answers to all the others.

use super::super::alive::{self, After};
use super::super::runner::{Runner, Step};
use super::super::verdict::Verdict;
use crate::hook::check::Symptom;

/// Whether the handler was still there after everything.
pub(super) async fn alive(runner: &mut Runner<'_>, died: bool) -> Step<Verdict> {
    if died {
        return Ok(Verdict::fail(Symptom::Died, "the process ended and was not started again", None));
    }
    Ok(match alive::look(runner).await? {
        After::Right => Verdict::pass("still takes a good delivery after everything", None),
        After::Wrong(reason) => Verdict::fail(Symptom::WrongAfterwards, reason, None),
        After::Gone => Verdict::fail(Symptom::Died, "does not listen any more", None),
    })
}
