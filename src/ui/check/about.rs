//! What every report says of a run, worked out once.

use super::baseline::{Baseline, Known};
use super::curl;
use crate::hook::check::{Finding, Language, Leaks, Outcome, Severity, Symptom, mend};
use crate::hook::provider::Provider;
use crate::hook::target::Target;
use crate::job::check::Report;
use std::borrow::Cow;

/// The most letters of an answer that a report shows.
const EXCERPT: usize = 200;

/// What is known about a run besides its findings.
#[derive(Clone, Copy, Debug)]
pub struct About<'a> {
    /// What was checked.
    pub target: &'a Target,
    /// Whose deliveries were sent.
    pub provider: &'a Provider,
    /// The command that checks the same target, without `--case`: `hookctl check 3000/webhooks --provider koji`.
    pub command: &'a str,
    /// A file of the handler's source, such as the first of `--source`: what findings point to that no line shows.
    pub source: Option<&'a str>,
    /// Findings from here on fail the run.
    pub fail_on: Severity,
    /// The findings that are known and accepted.
    pub baseline: Option<&'a Baseline>,
    /// Masks the secrets in what was sent and in what came back.
    pub leaks: &'a Leaks,
    /// Whether the report for a person tells every finding in full.
    pub verbose: bool,
}

/// One finding as reports show it. Text from outside is masked and cut, not yet
/// made safe for where it goes.
#[derive(Clone, Debug)]
pub struct Shown<'a> {
    /// The finding.
    pub finding: &'a Finding,
    /// How much it weighs.
    pub severity: Severity,
    /// The entry of the baseline that accepts it.
    pub known: Option<&'a Known>,
    /// What was seen, or why it was skipped.
    pub reason: Cow<'a, str>,
    /// What to do about it.
    pub mend: Cow<'static, str>,
    /// The request as a curl command in one line of ASCII; none where curl cannot break it as the case does.
    pub curl: Option<String>,
    /// The command that runs the case again; none for what was read in the source.
    pub again: Option<String>,
    /// The words of the answer that tell most; empty when there were none, or when what was seen quotes them.
    pub excerpt: String,
}

impl<'a> Shown<'a> {
    /// What is shown of a finding.
    pub fn new(finding: &'a Finding, about: &About<'a>, language: Option<Language>) -> Self {
        let request = finding.request.as_ref().filter(|_| curl::can_send(finding.case.script));
        let line = request.map(|request| curl::line(request, about.target, finding.case));
        Self {
            finding,
            severity: finding.severity(),
            known: about.baseline.filter(|_| finding.failed()).and_then(|baseline| baseline.accepts(finding)),
            reason: about.leaks.mask(&finding.reason),
            mend: mend(finding.case, finding.symptom, language),
            curl: line.map(|line| about.leaks.mask(&line).into_owned()),
            again: finding.place.is_none().then(|| format!("{} --case {}", about.command, finding.case.id)),
            excerpt: excerpt(finding, about.leaks),
        }
    }

    /// Every finding of a report, in its order.
    pub fn all(report: &'a Report, about: &About<'a>) -> Vec<Self> {
        report.findings.iter().map(|finding| Self::new(finding, about, report.language)).collect()
    }

    /// Whether it is a failure that no baseline accepts.
    pub fn counts(&self) -> bool {
        self.finding.failed() && self.known.is_none()
    }

    /// The stable name of what is wrong, such as `believed`; empty where nothing is.
    pub fn code(&self) -> &'static str {
        self.finding.symptom.map_or("", |symptom| symptom.as_str())
    }

    /// `src/hooks.js:12`, where a line of the source shows it.
    pub fn place(&self) -> Option<String> {
        self.finding.place.as_ref().map(|place| format!("{}:{}", place.file, place.line))
    }
}

/// How many findings there are of each kind.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Totals {
    /// Cases that hold.
    pub passed: u64,
    /// Cases that were not run, or mean nothing here.
    pub skipped: u64,
    /// Failures that the baseline accepts.
    pub known: u64,
    /// Other failures of severity `must`.
    pub must: u64,
    /// Other failures of severity `should`.
    pub should: u64,
    /// Other failures of severity `note`.
    pub note: u64,
}

impl Totals {
    /// Counts findings.
    pub fn of<'a>(shown: impl IntoIterator<Item = &'a Shown<'a>>) -> Self {
        let mut totals = Self::default();
        for one in shown {
            let count = match (one.finding.outcome, one.severity) {
                (Outcome::Pass, _) => &mut totals.passed,
                (Outcome::Skip, _) => &mut totals.skipped,
                (Outcome::Fail, _) if one.known.is_some() => &mut totals.known,
                (Outcome::Fail, Severity::Must) => &mut totals.must,
                (Outcome::Fail, Severity::Should) => &mut totals.should,
                (Outcome::Fail, Severity::Note) => &mut totals.note,
            };
            *count += 1;
        }
        totals
    }

    /// Counts the findings of a report.
    pub fn of_report(report: &Report, about: &About<'_>) -> Self {
        Self::of(&Shown::all(report, about))
    }

    /// Failures that no baseline accepts.
    pub fn failed(&self) -> u64 {
        self.must + self.should + self.note
    }

    /// Whether a run fails that fails from this severity on.
    pub fn fails(&self, from: Severity) -> bool {
        let counted = match from {
            Severity::Must => self.must,
            Severity::Should => self.must + self.should,
            Severity::Note => self.failed(),
        };
        counted > 0
    }

    /// Every case.
    pub fn cases(&self) -> u64 {
        self.passed + self.skipped + self.known + self.failed()
    }

    /// The verdict in words: `3 must, 1 should`, or that there is nothing to mend.
    pub fn verdict(&self) -> String {
        match self {
            _ if self.failed() > 0 => self.weighed(),
            Self { passed: 0, known: 0, .. } => "nothing was checked".to_owned(),
            Self { known: 0, .. } => "nothing to mend".to_owned(),
            _ => "nothing new to mend".to_owned(),
        }
    }

    fn weighed(&self) -> String {
        let notes = if self.note == 1 { "note" } else { "notes" };
        [(self.must, "must"), (self.should, "should"), (self.note, notes)]
            .iter()
            .filter(|(many, _)| *many > 0)
            .map(|(many, name)| format!("{many} {name}"))
            .collect::<Vec<_>>()
            .join(", ")
    }
}

/// The words of an answer: the tags of a page of HTML say nothing here.
fn excerpt(finding: &Finding, leaks: &Leaks) -> String {
    let quoted = matches!(
        finding.symptom,
        Some(Symptom::LeakedSecret | Symptom::LeakedSignature | Symptom::LeakedTrace | Symptom::LeakedPath)
    );
    let Some(seen) = finding.seen.as_ref().filter(|_| !quoted) else { return String::new() };
    let text = leaks.mask(&seen.excerpt);
    let text = if text.trim_start().starts_with('<') { without_tags(&text) } else { text.into_owned() };
    let words = telling(&text).split_whitespace().collect::<Vec<_>>().join(" ");
    match words.char_indices().nth(EXCERPT) {
        Some((end, _)) => words.get(..end).unwrap_or_default().to_owned() + "…",
        None => words,
    }
}

/// The line that says what went wrong: Python puts it last.
fn telling(text: &str) -> &str {
    let last = || text.trim_end().lines().last().filter(|line| !line.starts_with([' ', '\t']));
    if text.contains("Traceback (most recent call last)") { last().unwrap_or(text) } else { text }
}

fn without_tags(text: &str) -> String {
    let mut words = String::with_capacity(text.len());
    let mut rest = text;
    while let Some((before, tag)) = rest.split_once('<') {
        words.push_str(before);
        words.push(' ');
        // A tag that does not end here was cut off with the rest of the page.
        rest = tag.split_once('>').map_or("", |(_, after)| after);
    }
    words.push_str(rest);
    [("&nbsp;", " "), ("&quot;", "\""), ("&#39;", "'"), ("&lt;", "<"), ("&gt;", ">"), ("&amp;", "&")]
        .iter()
        .fold(words, |words, (entity, letter)| words.replace(entity, letter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::check::{Seen, Suite};
    use std::time::Duration;

    fn said(excerpt: &str) -> String {
        let case = Suite::builtin().get("good-delivery").unwrap();
        let seen = Seen { status: Some(500), took: Duration::ZERO, excerpt: excerpt.to_owned() };
        let finding = Finding { seen: Some(seen), ..Finding::new(case, Outcome::Fail, "answered 500") };
        super::excerpt(&finding, &Leaks::new(Vec::new()))
    }

    #[test]
    fn an_excerpt_is_the_words_that_tell() {
        for (answer, words) in [
            ("", ""),
            ("bad\r\n  signature\n", "bad signature"),
            ("{\"a\": \"<b>\"}", "{\"a\": \"<b>\"}"),
            (
                "<!DOCTYPE html><title>Error</title>\n<pre>it&#39;s &lt;b&gt;<br>at x</pre>",
                "Error it's <b> at x",
            ),
            ("<p>cut off <a href=", "cut off"),
            ("<<<", ""),
            ("Traceback (most recent call last):\n  File \"a\", line 1\nTypeError: no\n", "TypeError: no"),
            ("Traceback (most recent call last):\n  File \"a", "Traceback (most recent call last): File \"a"),
        ] {
            assert_eq!(said(answer), words, "{answer}");
        }
        assert_eq!(said(&"ä".repeat(300)), "ä".repeat(200) + "…");
    }
}
