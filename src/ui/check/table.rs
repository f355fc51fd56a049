//! What a person reads, from the top down: what failed, the worst first; what
//! to do about it; what was not looked at; what holds.

use super::about::{About, Shown, Totals};
use super::advice;
use crate::hook::check::{Group, Outcome, Severity};
use crate::job::check::Report;
use crate::ui::human;
use crate::ui::page::Page;
use crate::ui::prose::prose;
use crate::ui::sanitize::cut_to_columns;
use crate::ui::style::{Mark, Role};
use crate::ui::table::{Cell, table};

/// The case that everything else rests on.
const GOOD: &str = "good-delivery";
/// So many reasons for skips, unless all are asked for.
const MOST_REASONS: usize = 4;
/// Where facts of other kinds begin.
const FACTS: usize = 12;
/// The most columns of what was seen in the list of failures.
const SEEN: usize = 120;

/// Puts the whole report on a page.
pub fn report(page: &mut Page, report: &Report, about: &About<'_>) {
    let shown = Shown::all(report, about);
    let totals = Totals::of(&shown);
    headline(page, report, about, &totals);
    let mut failed: Vec<&Shown<'_>> = shown.iter().filter(|one| one.counts()).collect();
    // The order of the suite stays within a severity.
    failed.sort_by_key(|one| std::cmp::Reverse(one.severity));
    if !failed.is_empty() {
        page.end_line();
        failures(page, &failed);
        comparisons(page, &failed, about);
        advice::advice(page, &failed, about);
    }
    accepted(page, &shown, report, about);
    if !shown.is_empty() {
        page.end_line();
    }
    groups(page, &shown);
    skips(page, &shown, about.verbose);
    page.end_line();
    end(page, report, about, &totals);
}

/// The verdict.
fn headline(page: &mut Page, report: &Report, about: &About<'_>, totals: &Totals) {
    let fails = totals.fails(about.fail_on);
    let (role, mark) = match (fails, totals.failed(), totals.passed + totals.known) {
        (true, ..) => (Role::Failed, Mark::No),
        (false, 0, 0) => (Role::Warning, Mark::Unsure),
        (false, 0, _) => (Role::Verified, Mark::Yes),
        (false, ..) => (Role::Warning, Mark::Alert),
    };
    page.mark(role, mark).space(1).put(Role::Url, about.target.to_string());
    page.put(Role::Plain, format!(" ({})", about.provider.id()));
    page.put(role, format!(": {}", totals.verdict())).end_line();
    if report.died {
        page.space(2).put(Role::Failed, "The handler is not running any more.").end_line();
    }
}

/// One line a finding.
fn failures(page: &mut Page, failed: &[&Shown<'_>]) {
    let rows: Vec<Vec<Cell>> = failed
        .iter()
        .map(|one| {
            let (role, mark) = weight(one.severity);
            let mark = mark.text(page.look().charset);
            vec![
                Cell::new(role, format!("{mark} {}", one.severity.as_str())),
                Cell::new(Role::Strong, &one.finding.case.id),
                Cell::new(Role::Plain, cut_to_columns(&seen(one), SEEN, page.look().charset)),
            ]
        })
        .collect();
    table(page, &rows);
}

pub(super) const fn weight(severity: Severity) -> (Role, Mark) {
    match severity {
        Severity::Must => (Role::Failed, Mark::No),
        Severity::Should => (Role::Warning, Mark::Alert),
        Severity::Note => (Role::Dim, Mark::Dot),
    }
}

/// What was seen, and where.
fn seen(one: &Shown<'_>) -> String {
    match one.place() {
        Some(place) => format!("{place}: {}", one.reason),
        None => one.reason.to_string(),
    }
}

/// What to compare when not even a good delivery is taken.
fn comparisons(page: &mut Page, failed: &[&Shown<'_>], about: &About<'_>) {
    if !failed.iter().any(|one| one.finding.case.id == GOOD) {
        return;
    }
    page.end_line().put(Role::Strong, "A good delivery is not accepted: compare first").end_line();
    let headers = about.provider.signature_headers();
    let header = match headers {
        [] => "the place where the handler looks for the signature".to_owned(),
        names => format!("the header that the handler reads, with `{}`", names.join("`, `")),
    };
    let facts = [
        ("secret", "the one that the handler has, with the one that this run was given".to_owned()),
        ("header", header),
        ("body", "what the handler computes over, with the raw bytes as they came".to_owned()),
    ];
    for (name, text) in facts {
        page.space(2).put(Role::Dim, name);
        prose(page, &text, FACTS);
    }
}

/// Findings of the baseline, and entries of it that nothing needs any more.
fn accepted(page: &mut Page, shown: &[Shown<'_>], report: &Report, about: &About<'_>) {
    let Some(baseline) = about.baseline else { return };
    let rows: Vec<Vec<Cell>> = shown
        .iter()
        .filter_map(|one| {
            let comment = one.known?.comment();
            let comment = if comment.is_empty() { "no comment says why" } else { comment };
            let dim = |text: &str| Cell::new(Role::Dim, text);
            Some(vec![dim(&format!("  {}", one.severity.as_str())), dim(&one.finding.case.id), dim(comment)])
        })
        .collect();
    if !rows.is_empty() {
        page.end_line().put(Role::Strong, "Accepted by the baseline").end_line();
        table(page, &rows);
    }
    let stale = baseline.stale(report);
    if !stale.is_empty() {
        page.end_line().put(Role::Strong, "In the baseline, and not found any more").end_line();
        for known in stale {
            page.space(2).put(Role::Warning, known.fingerprint()).end_line();
        }
        page.space(2).put(Role::Dim, "`--update-baseline` drops them").end_line();
    }
}

/// One line a group.
fn groups(page: &mut Page, shown: &[Shown<'_>]) {
    let mut rows = Vec::new();
    for group in Group::ALL {
        let of_group = || shown.iter().filter(move |one| one.finding.case.group == group);
        let totals = Totals::of(of_group());
        if totals.cases() == 0 {
            continue;
        }
        let (role, mark) = match (totals.failed(), totals.passed) {
            (1.., _) => of_group()
                .filter(|one| one.counts())
                .map(|one| one.severity)
                .max()
                .map_or((Role::Dim, Mark::Dot), weight),
            (0, 0) => (Role::Dim, Mark::Unsure),
            (0, _) => (Role::Verified, Mark::Yes),
        };
        let counts = [
            (totals.failed(), "failed"),
            (totals.passed, "passed"),
            (totals.known, "accepted"),
            (totals.skipped, "skipped"),
        ];
        let counts: Vec<String> = counts
            .iter()
            .filter(|(many, _)| *many > 0)
            .map(|(many, name)| format!("{many} {name}"))
            .collect();
        rows.push(vec![
            Cell::new(role, format!("{} {}", mark.text(page.look().charset), group.as_str())),
            Cell::new(Role::Plain, counts.join(", ")),
        ]);
    }
    table(page, &rows);
}

/// Why cases were skipped, the commonest reason first.
fn skips(page: &mut Page, shown: &[Shown<'_>], all: bool) {
    let mut reasons: Vec<(&str, u64)> = Vec::new();
    for one in shown.iter().filter(|one| one.finding.outcome == Outcome::Skip) {
        match reasons.iter_mut().find(|(reason, _)| *reason == one.reason) {
            Some((_, many)) => *many += 1,
            None => reasons.push((&one.reason, 1)),
        }
    }
    reasons.sort_by_key(|(_, many)| std::cmp::Reverse(*many));
    // A single reason more takes no more room than what stands for it.
    let shown = if all || reasons.len() == MOST_REASONS + 1 { reasons.len() } else { MOST_REASONS };
    for (reason, many) in reasons.iter().take(shown) {
        page.space(2).put(Role::Dim, format!("{many} skipped")).pad_to(FACTS + 2);
        prose(page, reason, FACTS + 2);
    }
    let rest: u64 = reasons.iter().skip(shown).map(|(_, many)| many).sum();
    if rest > 0 {
        page.space(2).put(Role::Dim, format!("{rest} skipped")).pad_to(FACTS + 2);
        let others =
            human::counted(reasons.len().saturating_sub(shown) as u64, "other reason", "other reasons");
        prose(page, &format!("for {others}: `--verbose` names them"), FACTS + 2);
    }
}

/// What the run was.
fn end(page: &mut Page, report: &Report, about: &About<'_>, totals: &Totals) {
    let cases = human::counted(totals.cases(), "case", "cases");
    let requests = human::counted(report.requests, "request", "requests");
    let mut text = format!("{cases}, {requests} in {}", human::duration(report.took));
    if report.waited.as_millis() > 0 {
        text.push_str(&format!(" ({} of it waiting)", human::duration(report.waited)));
    }
    text.push_str(&format!("; `--seed {}` makes the same run again", report.seed));
    prose(page, &text, 0);
    if totals.fails(about.fail_on) {
        return;
    }
    if totals.failed() > 0 {
        let text = format!(
            "nothing of severity {} or more: `--fail-on` decides what fails a run",
            about.fail_on.as_str()
        );
        prose(page, &text, 0);
    }
}
