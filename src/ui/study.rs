//! Studies for a person: a line each, one whole, and whether it has room.
//!
//! Does not judge: `job::capacity` did.

use super::human;
use super::page::Page;
use super::style::{Mark, Role};
use super::table::{Cell, facts, table};
use crate::hook::time::Timestamp;
use crate::job::capacity::{Usage, Verdict, next_weekly_reset, until_weekly_reset};
use crate::vendor::{Limit, Study};

/// A list: a line a study, columns in line with each other.
pub fn list(page: &mut Page, items: &[Study]) {
    table(page, &items.iter().map(cells).collect::<Vec<_>>());
}

/// The name, or the id of a study without one.
pub fn name(study: &Study) -> &str {
    study.name.as_deref().unwrap_or(&study.id)
}

fn cells(study: &Study) -> Vec<Cell> {
    let takes = match study.accepting_responses {
        Some(true) => Cell::new(Role::Verified, "takes responses"),
        Some(false) => Cell::new(Role::Warning, "takes no responses"),
        None => Cell::new(Role::Dim, "does not say"),
    };
    vec![
        Cell::new(Role::Strong, name(study)),
        Cell::new(Role::Dim, &study.id),
        Cell::new(Role::Plain, study.status.as_deref().unwrap_or_default()),
        takes,
        Cell::new(Role::Plain, short("week", study.limits.weekly)),
        Cell::new(Role::Plain, short("month", study.limits.monthly)),
    ]
}

fn short(span: &str, limit: Option<Limit>) -> String {
    match limit.map(Usage::from) {
        Some(Usage { limit: Some(limit), used: Some(used) }) => format!("{used}/{limit} a {span}"),
        Some(Usage { limit: Some(limit), used: None }) => format!("{limit} a {span}"),
        Some(Usage { limit: None, .. }) | None => String::new(),
    }
}

/// One study whole.
pub fn whole(page: &mut Page, study: &Study, now: Timestamp) {
    page.put(Role::Strong, name(study)).end_line();
    let takes = study.accepting_responses.map(|takes| if takes { "yes" } else { "no" }.to_owned());
    let languages = Some(study.supported_languages.join(", ")).filter(|languages| !languages.is_empty());
    let told: Vec<(&str, Vec<String>)> = [
        ("id", Some(study.id.clone())),
        ("status", study.status.clone()),
        ("takes responses", takes),
        ("link", study.interview_link.clone()),
        ("languages", languages),
        ("weekly", Some(usage(study.limits.weekly.map(Usage::from), &weekly_reset(now)))),
        ("monthly", Some(usage(study.limits.monthly.map(Usage::from), MONTHLY_RESET))),
        ("interviews", study.interview_count.map(human::count)),
        ("created", study.created_at.clone()),
        ("goal", study.research_goal.clone()),
        ("product", study.product_name.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, vec![value?])))
    .chain((!study.questions.is_empty()).then(|| ("questions", study.questions.clone())))
    .collect();
    facts(page, &told);
}

/// When the monthly limits start anew.
pub const MONTHLY_RESET: &str = "starts anew on the day of the month on which the subscription began";

fn weekly_reset(now: Timestamp) -> String {
    let until = human::duration(until_weekly_reset(now));
    format!("starts anew on Monday, {}, in {until}", next_weekly_reset(now).rfc3339_seconds())
}

fn usage(usage: Option<Usage>, reset: &str) -> String {
    match usage {
        Some(Usage { limit: Some(limit), used: Some(used) }) => {
            let left = limit.saturating_sub(used);
            format!(
                "{} of {} used, {} left; {reset}",
                human::count(used),
                human::count(limit),
                human::count(left)
            )
        }
        Some(Usage { limit: Some(limit), used: None }) => format!("{}; {reset}", human::count(limit)),
        Some(Usage { limit: None, used: Some(used) }) => format!("no limit, {} used", human::count(used)),
        Some(Usage { limit: None, used: None }) | None => "no limit".to_owned(),
    }
}

/// What `capacity` found.
#[derive(Clone, Copy, Debug)]
pub struct Room<'a> {
    /// The study.
    pub study: &'a Study,
    /// What was made of it.
    pub verdict: &'a Verdict,
    /// When the vendor said so.
    pub fetched: Timestamp,
    /// Whether that was kept from an earlier time.
    pub cached: bool,
    /// Now.
    pub now: Timestamp,
}

/// Whether a study takes another response, and why.
pub fn room(page: &mut Page, room: &Room<'_>) {
    let Room { study, verdict, now, .. } = room;
    let (role, mark) = if verdict.accepting { (Role::Verified, Mark::Yes) } else { (Role::Failed, Mark::No) };
    page.mark(role, mark).space(1).put(Role::Strong, name(study)).space(1);
    page.put(role, if verdict.accepting { "takes responses" } else { "takes no responses" });
    for (at, reason) in verdict.reasons.iter().enumerate() {
        page.put(Role::Plain, if at == 0 { ": " } else { "; " }).put(Role::Plain, reason.words());
    }
    page.end_line();
    let fetched = human::ago(room.fetched, *now);
    let asked = if room.cached { format!("{fetched}, kept; `--no-cache` asks anew") } else { fetched };
    let mut told = vec![
        ("weekly", vec![usage(study.limits.weekly.map(Usage::from), &weekly_reset(*now))]),
        ("monthly", vec![usage(study.limits.monthly.map(Usage::from), MONTHLY_RESET)]),
        ("asked", vec![asked]),
    ];
    if !verdict.said_by_vendor {
        let said = "the vendor does not say whether it takes responses: judged by limits and status";
        told.push(("note", vec![said.to_owned()]));
    }
    facts(page, &told);
}
