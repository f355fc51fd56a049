//! From what is wished, what is kept here and what the vendor has, to the steps.
//! Pure: what is planned can be shown without doing it.

use super::endpoint::{Endpoint, same_url};
use super::state::{Saved, SecretState};

/// What is asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Wish {
    /// Point the webhook at a URL.
    Point(Point),
    /// A new secret for what is registered.
    Rotate,
    /// Put back what was there before; `replace` also over what hookctl did not register.
    Restore {
        /// Whether a registration of somebody else may go.
        replace: bool,
    },
    /// Remove what is registered.
    Remove,
}

/// Where to point the webhook, and what may be given up for it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Point {
    /// Where.
    pub endpoint: Endpoint,
    /// Another URL may be replaced.
    pub replace: bool,
    /// Delete first, so that a new secret is made.
    pub rotate: bool,
    /// The secret is given by the user.
    pub given: bool,
}

/// What is known before anything is done.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// What is kept here.
    pub saved: &'a Saved,
    /// The fingerprint of the profile's signing secret.
    pub held: Option<&'a str>,
    /// What the vendor has.
    pub found: Option<&'a Endpoint>,
}

/// One step, in the order of the plan.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Step {
    /// Write down what is registered and what is about to change.
    Save {
        /// What `--restore` will put back.
        former: Option<Endpoint>,
    },
    /// `DELETE /webhooks`
    Delete(Endpoint),
    /// `PUT /webhooks`
    Put(Endpoint),
    /// Keep the new secret.
    Keep,
}

/// What comes of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Outcome {
    /// Nothing had to be done.
    Unchanged,
    /// Registered where there was nothing.
    Created,
    /// The URL or the events changed.
    Updated,
    /// Deleted and made anew, with a new secret.
    Rotated,
    /// What was there before is back.
    Restored,
    /// There is none any more.
    Removed,
}

impl Outcome {
    /// The word used in records.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Unchanged => "unchanged",
            Self::Created => "created",
            Self::Updated => "updated",
            Self::Rotated => "rotated",
            Self::Restored => "restored",
            Self::Removed => "removed",
        }
    }
}

/// What is going to be done.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Plan {
    /// What will have come of it.
    pub outcome: Outcome,
    /// What is registered in the end.
    pub target: Option<Endpoint>,
    /// The steps; none when nothing is to be done.
    pub steps: Vec<Step>,
    /// Whose deliveries end: a person must agree first.
    pub ends: Option<Endpoint>,
    /// Whether a new secret is expected.
    pub mints: bool,
    /// What is known about the secret before.
    pub secret: SecretState,
}

/// Why nothing is done.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Refusal {
    /// Somebody's URL would be taken away.
    #[error("another URL is registered: {}", .0.url)]
    Other(Endpoint),
    /// The secret was made and never kept.
    #[error("the signing secret of {} was made, but hookctl ended before it was kept", .0.url)]
    Lost(Endpoint),
    /// There is nothing to rotate.
    #[error("no webhook is registered")]
    Nothing,
    /// There is nothing to put back.
    #[error("no former registration is saved")]
    NoFormer,
}

/// Plans what is to be done.
///
/// # Errors
/// Says why nothing may be done.
pub fn plan(wish: &Wish, known: Known<'_>) -> Result<Plan, Refusal> {
    match wish {
        Wish::Point(point) => to_point(point, known),
        Wish::Rotate => {
            let found = known.found.ok_or(Refusal::Nothing)?;
            Ok(planned(Outcome::Rotated, Some(found), known))
        }
        Wish::Restore { replace } => restore(*replace, known),
        Wish::Remove => Ok(planned(Outcome::Removed, None, known)),
    }
}

fn to_point(point: &Point, known: Known<'_>) -> Result<Plan, Refusal> {
    let wanted = &point.endpoint;
    let Some(found) = known.found else { return Ok(planned(Outcome::Created, Some(wanted), known)) };
    let same_place = same_url(&found.url, &wanted.url);
    if !same_place && !point.replace {
        return Err(Refusal::Other(found.clone()));
    }
    if point.rotate {
        return Ok(planned(Outcome::Rotated, Some(wanted), known));
    }
    let lost = known.saved.secret(Some(found), known.held) == SecretState::Lost;
    if lost && !point.given {
        return Err(Refusal::Lost(found.clone()));
    }
    if found.same(wanted) {
        return Ok(planned(Outcome::Unchanged, Some(found), known));
    }
    Ok(planned(Outcome::Updated, Some(wanted), known))
}

fn restore(replace: bool, known: Known<'_>) -> Result<Plan, Refusal> {
    let saved = known.saved;
    let former = match (&saved.temporary, &saved.former) {
        (Some(temporary), _) => temporary.former.as_ref(),
        (None, Some(former)) => former.endpoint.as_ref(),
        (None, None) => return Err(Refusal::NoFormer),
    };
    let back = known.found.is_some_and(|found| former.is_some_and(|former| former.same(found)));
    if let Some(found) = known.found
        && !back
        && !replace
        && !saved.is_ours(found)
    {
        return Err(Refusal::Other(found.clone()));
    }
    let mut plan = planned(Outcome::Restored, former, known);
    if back || (known.found.is_none() && former.is_none()) {
        plan.steps.clear();
    }
    // It was agreed to when the URL was taken.
    plan.ends = None;
    Ok(plan)
}

/// The steps to a target.
fn planned(outcome: Outcome, target: Option<&Endpoint>, known: Known<'_>) -> Plan {
    let found = known.found;
    let mut steps = vec![Step::Save { former: former(known) }];
    let deletes = outcome == Outcome::Rotated || target.is_none();
    steps.extend(found.filter(|_| deletes).cloned().map(Step::Delete));
    steps.extend(target.cloned().map(Step::Put));
    let mints = target.is_some() && (found.is_none() || deletes);
    steps.extend(mints.then_some(Step::Keep));
    if outcome == Outcome::Unchanged || (target.is_none() && found.is_none()) {
        steps.clear();
    }
    let ours = found.is_some_and(|found| known.saved.is_ours(found));
    let ends = found.filter(|_| outcome == Outcome::Rotated || (outcome == Outcome::Removed && !ours));
    let secret = known.saved.secret(found, known.held);
    Plan { outcome, target: target.cloned(), steps, ends: ends.cloned(), mints, secret }
}

/// What `--restore` is to put back: what is there now, unless hookctl ended in
/// the middle of a change, and what is there now is half of that.
fn former(known: Known<'_>) -> Option<Endpoint> {
    let half_done = known.saved.intent.is_some()
        && known.found.is_none_or(|found| {
            known
                .saved
                .intent
                .as_ref()
                .and_then(|intent| intent.wanted.as_ref())
                .is_some_and(|w| w.same(found))
        });
    match &known.saved.former {
        Some(former) if half_done => former.endpoint.clone(),
        _ => known.found.cloned(),
    }
}
