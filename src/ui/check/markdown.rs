//! Markdown, for a pull request: what failed as a table, the rest folded.
//!
//! What a handler answered stands in a fence, where nobody is mentioned and
//! nothing becomes a link, an image or HTML.

use super::about::{About, Shown, Totals};
use crate::job::check::Report;
use crate::ui::human;
use crate::ui::interview::markdown::line as safe;
use crate::ui::sanitize::{Charset, Rules};

/// The most bytes of advice: GitHub takes comments of up to 65,536 letters.
const ROOM: usize = 40_000;

/// The longest command that is shown.
const LONGEST: usize = 2_000;

/// The whole document.
pub fn document(report: &Report, about: &About<'_>) -> String {
    let shown = Shown::all(report, about);
    let totals = Totals::of(&shown);
    let mut failed: Vec<&Shown<'_>> = shown.iter().filter(|one| one.counts()).collect();
    failed.sort_by_key(|one| std::cmp::Reverse(one.severity));
    let mut text = head(report, about, &totals);
    if !failed.is_empty() {
        text.push_str("\n| | case | a good handler | this one |\n|---|---|---|---|\n");
        failed.iter().for_each(|one| text.push_str(&row(one)));
        text.push_str(&advice(&failed));
    }
    text.push_str(&accepted(&shown, report, about));
    text
}

fn head(report: &Report, about: &About<'_>, totals: &Totals) -> String {
    let sign = match (totals.fails(about.fail_on), totals.passed + totals.known) {
        (true, _) => "❌",
        (false, 0) => "❔",
        (false, _) => "✅",
    };
    let mut text = format!("### {sign} hookctl check: {}\n\n", totals.verdict());
    text.push_str(&format!(
        "{} of {} for deliveries of {}; {} in {}, seed {}.\n",
        human::count(totals.passed),
        human::counted(totals.cases() - totals.skipped, "case holds", "cases hold"),
        safe(about.provider.id()),
        human::counted(report.requests, "request", "requests"),
        human::duration(report.took),
        report.seed,
    ));
    if totals.skipped > 0 {
        text.push_str(&format!(
            "{} not run, or mean nothing here.\n",
            human::counted(totals.skipped, "more case was", "more cases were")
        ));
    }
    if report.died {
        text.push_str("\n**The handler is not running any more.**\n");
    }
    text
}

fn row(one: &Shown<'_>) -> String {
    let place = one.place().map(|place| format!("{}: ", safe(&place))).unwrap_or_default();
    format!(
        "| **{}** | {} | {} | {place}{} |\n",
        one.severity.as_str(),
        code(&one.finding.case.id),
        prose(&one.finding.case.title),
        prose(&one.reason),
    )
}

/// What to do about each, as far as there is room.
fn advice(failed: &[&Shown<'_>]) -> String {
    let mut text = String::new();
    for (at, one) in failed.iter().enumerate() {
        let details = details(one);
        if text.len() + details.len() > ROOM {
            let left = human::counted((failed.len() - at) as u64, "more finding", "more findings");
            return text + &format!("\n{left}: `hookctl check` says what to do.\n");
        }
        text.push_str(&details);
    }
    text
}

fn details(one: &Shown<'_>) -> String {
    let case = one.finding.case;
    let mut text = format!(
        "\n<details><summary>{}: what to do</summary>\n\n{}\n\n{}\n",
        case.id,
        prose(&one.mend),
        prose(&case.why)
    );
    if !one.excerpt.is_empty() {
        text.push_str(&format!("\nIt said:\n\n{}\n", fenced("text", &one.excerpt)));
    }
    let commands = [one.again.as_deref(), one.curl.as_deref()].into_iter().flatten();
    let commands: Vec<&str> = commands.filter(|command| command.len() <= LONGEST).collect();
    if !commands.is_empty() {
        text.push_str(&format!("\nSee it again:\n\n{}\n", fenced("sh", &commands.join("\n"))));
    }
    text + "\n</details>\n"
}

fn accepted(shown: &[Shown<'_>], report: &Report, about: &About<'_>) -> String {
    let mut text = String::new();
    for one in shown {
        if let Some(known) = one.known {
            let comment = if known.comment().is_empty() { "no comment says why" } else { known.comment() };
            text.push_str(&format!("- {} is accepted: {}\n", code(&one.finding.case.id), safe(comment)));
        }
    }
    for known in about.baseline.map(|baseline| baseline.stale(report)).unwrap_or_default() {
        text.push_str(&format!(
            "- {} is in the baseline, and not found any more\n",
            code(known.fingerprint())
        ));
    }
    if text.is_empty() { text } else { format!("\n{text}") }
}

/// A sentence: what stands between backticks stays code, also in a table.
fn prose(text: &str) -> String {
    let piece = |(at, piece): (usize, &str)| if at % 2 == 1 { code(piece) } else { inline(piece) };
    text.split('`').enumerate().map(piece).collect()
}

/// Text between code: as [`safe`], and its spaces stay.
fn inline(text: &str) -> String {
    let begin = if text.starts_with(' ') { " " } else { "" };
    let end = if text.len() > 1 && text.ends_with(' ') { " " } else { "" };
    format!("{begin}{}{end}", safe(text))
}

fn code(text: &str) -> String {
    format!("`{}`", visible(text).replace('`', "'").replace('|', "\\|"))
}

/// Lines in a fence that nothing in them ends.
fn fenced(language: &str, text: &str) -> String {
    let longest = text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0);
    let fence = "`".repeat(longest.max(2) + 1);
    let text: Vec<String> = text.lines().map(visible).collect();
    format!("{fence}{language}\n{}\n{fence}", text.join("\n"))
}

/// A line without what acts on a terminal or cannot be seen.
fn visible(line: &str) -> String {
    Rules::body_line(Charset::Unicode).up_to(usize::MAX).apply(line.as_bytes()).into_owned()
}
