//! What to do, in the report for a person: one piece of advice for all the findings that it mends.
//!
//! The first of them is told in full, the others by their names, and one command runs
//! them all again; `--verbose` tells each in full, with its request.

use super::about::{About, Shown};
use super::table::weight;
use crate::ui::page::Page;
use crate::ui::prose::prose;
use crate::ui::sanitize::Rules;
use crate::ui::style::Role;

/// Where the text of a piece of advice begins.
const TEXT: usize = 4;
/// Where the commands of a case in it begin.
const COMMANDS: usize = TEXT + 9;
/// The longest curl command that is shown; a longer one is in the other reports.
const LONGEST: usize = 2_000;

/// Every piece of advice.
pub(super) fn advice(page: &mut Page, failed: &[&Shown<'_>], about: &About<'_>) {
    page.end_line().put(Role::Strong, "What to do").end_line();
    let groups = groups(failed, about);
    for (at, group) in groups.iter().enumerate() {
        let Some(first) = group.first() else { continue };
        page.end_line().put(Role::Seq, format!("{:>2}.", at + 1));
        prose(page, &first.mend, TEXT);
        prose(page, &first.finding.case.why, TEXT);
        if about.verbose {
            group.iter().for_each(|one| in_full(page, one));
        } else {
            in_short(page, first, group, about);
        }
    }
    if !about.verbose && groups.len() < failed.len() {
        page.end_line().space(TEXT);
        prose(page, "`--verbose` shows what each of them was answered, with its request.", TEXT);
    }
}

/// The findings by what mends them; what explains the others of a group comes first in it.
fn groups<'s, 'a>(failed: &[&'s Shown<'a>], about: &About<'_>) -> Vec<Vec<&'s Shown<'a>>> {
    // With `--verbose` nothing is explained away.
    let root = |one| if about.verbose { one } else { root_of(one, failed) };
    let mut roots: Vec<&Shown<'_>> = Vec::new();
    for one in failed.iter().map(|one| root(one)) {
        if roots.iter().all(|other| other.mend != one.mend) {
            roots.push(one);
        }
    }
    let group = |first: &'s Shown<'a>| {
        let mut group: Vec<_> = failed.iter().copied().filter(|one| root(one).mend == first.mend).collect();
        group.sort_by_key(|one| !std::ptr::eq(*one, first));
        group
    };
    roots.into_iter().map(group).collect()
}

/// The finding that explains this one: what mends that mends both.
fn root_of<'s, 'a>(one: &'s Shown<'a>, failed: &[&'s Shown<'a>]) -> &'s Shown<'a> {
    let explains = |other: &&&Shown<'_>| other.finding.explains(one.finding);
    failed.iter().find(explains).copied().unwrap_or(one)
}

/// What a case asks, what was seen, and how to see it again.
fn in_full(page: &mut Page, one: &Shown<'_>) {
    seen(page, one);
    commands(page, one.again.as_deref(), one.curl.as_deref());
}

/// The first finding, the names of those that its mend mends as well, and one command for all.
fn in_short(page: &mut Page, first: &Shown<'_>, mended: &[&Shown<'_>], about: &About<'_>) {
    seen(page, first);
    let others: Vec<String> = mended.iter().skip(1).map(|one| named(one)).collect();
    if !others.is_empty() {
        prose(page, &format!("also: {}", others.join(", ")), TEXT + 2);
    }
    let cases = mended.iter().filter(|one| one.again.is_some()).map(|one| one.finding.case.id.as_str());
    let cases = cases.collect::<Vec<_>>().join(",");
    let again = (!cases.is_empty()).then(|| format!("{} --case {cases}", about.command));
    commands(page, again.as_deref(), first.curl.as_deref());
}

fn named(one: &Shown<'_>) -> String {
    match one.place() {
        Some(place) => format!("{} ({place})", one.finding.case.id),
        None => one.finding.case.id.clone(),
    }
}

fn seen(page: &mut Page, one: &Shown<'_>) {
    let (role, _) = weight(one.severity);
    let case = one.finding.case;
    page.space(TEXT).put(role, &case.id).put(Role::Plain, ":").space(1);
    let place = one.place().map(|place| format!(" ({place})")).unwrap_or_default();
    let mut text = format!("a good handler {}; this one {}{place}", case.title, one.reason);
    let answered = one.finding.seen.as_ref().is_some_and(|seen| seen.status.is_some());
    match (one.excerpt.as_str(), answered) {
        ("", _) => {}
        (said, true) => text.push_str(&format!("; it said: {said}")),
        (failure, false) => text.push_str(&format!(" ({failure})")),
    }
    prose(page, &text, TEXT + 2);
}

fn commands(page: &mut Page, again: Option<&str>, curl: Option<&str>) {
    for (name, command) in [("again", again), ("curl", curl)] {
        let Some(command) = command else { continue };
        page.space(TEXT + 2).put(Role::Dim, name).pad_to(COMMANDS);
        if command.len() > LONGEST {
            page.put(Role::Dim, "too long to show here; `--json` has it").end_line();
        } else {
            // Never broken: it is there to be copied.
            let rules = Rules::field(page.look().charset);
            page.put_by(Role::Plain, command.as_bytes(), rules).end_line();
        }
    }
}
