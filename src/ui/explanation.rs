//! Why a signature does not hold: one line beside the failure, or the table of
//! everything that was tried.

use super::delivery::INDENT;
use super::human;
use super::page::Page;
use super::record::VERSION;
use super::style::{Mark, Role};
use super::table::{Cell, facts, table};
use crate::hook::explain::{Diagnosis, Explanation, Tried, TriedOutcome};
use crate::hook::verdict::{Code, Verdict};
use crate::job::report::Diagnosed;
use serde::Serialize;

/// The mistake behind a failure, as records carry it.
#[derive(Clone, Debug, Serialize)]
pub struct DiagnosisRecord<'a> {
    code: &'static str,
    text: &'a str,
    mend: &'a str,
}

impl<'a> From<&'a Diagnosis> for DiagnosisRecord<'a> {
    fn from(diagnosis: &'a Diagnosis) -> Self {
        Self { code: diagnosis.mistake.as_str(), text: &diagnosis.sentence, mend: &diagnosis.mend }
    }
}

/// One thing that was tried; `outcome` is `holds`, `no` or `too_much`.
#[derive(Clone, Debug, Serialize)]
pub struct TriedRecord<'a> {
    code: &'static str,
    what: &'a str,
    outcome: &'static str,
}

impl<'a> From<&'a Tried> for TriedRecord<'a> {
    fn from(tried: &'a Tried) -> Self {
        Self { code: tried.mistake.as_str(), what: &tried.what, outcome: tried.outcome.as_str() }
    }
}

/// What was tried, in order.
pub fn tried_records(explanation: &Explanation) -> Vec<TriedRecord<'_>> {
    explanation.tried.iter().map(TriedRecord::from).collect()
}

/// What a listener found out about a delivery after it was answered.
#[derive(Clone, Debug, Serialize)]
pub struct DiagnosedRecord<'a> {
    v: u8,
    r#type: &'static str,
    seq: Option<u64>,
    provider: Option<&'a str>,
    diagnosis: DiagnosisRecord<'a>,
}

impl<'a> From<&'a Diagnosed> for DiagnosedRecord<'a> {
    fn from(diagnosed: &'a Diagnosed) -> Self {
        Self {
            v: VERSION,
            r#type: "diagnosis",
            seq: diagnosed.seq,
            provider: diagnosed.provider.as_deref(),
            diagnosis: (&diagnosed.diagnosis).into(),
        }
    }
}

/// The cause below a verdict, in the column of its facts, with what to change; that there is none, where one was looked for in vain.
pub fn cause(page: &mut Page, explanation: &Explanation, verdict: &Verdict) {
    match &explanation.found {
        Some(found) => {
            let text = format!("{} ({})", found.sentence, found.mistake);
            facts(page, &[("cause   ", vec![text]), ("change  ", vec![found.mend.to_string()])]);
        }
        // Of a signature that is not even well formed the reason says enough.
        None if explanation.tried.is_empty() || verdict.code != Code::Mismatch => {}
        None => {
            let left =
                explanation.tried.iter().filter(|tried| tried.outcome == TriedOutcome::TooMuch).count();
            let tried = explanation.tried.len() - left;
            let tried = human::counted(tried as u64, "usual mistake", "usual mistakes");
            let left = match left {
                0 => String::new(),
                left => format!(", {left} more would be too much work for this body"),
            };
            let cause = format!("none of {tried} that were tried{left}; `--explain` lists them");
            facts(page, &[("cause   ", vec![cause])]);
        }
    }
}

/// Everything that was tried, one a line.
pub fn tried(page: &mut Page, explanation: &Explanation) {
    let charset = page.look().charset;
    let row = |tried: &Tried| {
        let (role, mark) = match tried.outcome {
            TriedOutcome::Holds => (Role::Verified, Mark::Yes),
            TriedOutcome::No => (Role::Dim, Mark::No),
            TriedOutcome::TooMuch => (Role::Warning, Mark::Unsure),
        };
        let more = if tried.outcome == TriedOutcome::TooMuch { " (not tried: too much work)" } else { "" };
        vec![
            Cell::new(role, format!("  {}", mark.text(charset))),
            Cell::new(Role::Plain, tried.mistake.as_str()),
            Cell::new(Role::Dim, format!("{}{more}", tried.what)),
        ]
    };
    let rows: Vec<Vec<Cell>> = explanation.tried.iter().map(row).collect();
    if !rows.is_empty() {
        page.end_line();
        table(page, &rows);
    }
}

/// The line of a listener about a delivery that was told before.
pub fn diagnosed(page: &mut Page, diagnosed: &Diagnosed) {
    page.space(INDENT).put(Role::Dim, "cause: ");
    if let Some(seq) = diagnosed.seq {
        page.put(Role::Seq, format!("#{seq}")).space(1);
    }
    page.put(Role::Plain, &diagnosed.diagnosis.sentence);
    page.put(Role::Dim, format!(" ({})", diagnosed.diagnosis.mistake)).end_line();
    page.space(INDENT).put(Role::Dim, "change: ").put(Role::Plain, &*diagnosed.diagnosis.mend).end_line();
}

/// What a listener says of a failure that it looked into in vain, with the command that lists what was tried.
pub fn unexplained(page: &mut Page, seq: u64, table: Option<&str>) {
    page.put(Role::Dim, format!("none of the usual mistakes explains #{seq}"));
    match table {
        Some(table) => page.put(Role::Dim, "; all that was tried: ").put(Role::Plain, table).end_line(),
        None => page.end_line(),
    };
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hook::explain::Mistake;
    use crate::ui::style::Look;
    use std::borrow::Cow;
    use std::sync::Arc;

    fn found(sentence: &str) -> Diagnosis {
        let mend = Cow::Borrowed("change it");
        Diagnosis { mistake: Mistake::UrlHost, sentence: sentence.to_owned(), mend }
    }

    #[test]
    fn a_listener_says_the_cause_below_the_delivery() {
        let mut page = Page::new(Look::PLAIN);
        let provider = Some(Arc::from("square"));
        diagnosed(
            &mut page,
            &Diagnosed { seq: Some(12), provider, diagnosis: found("it holds with \x1b[31m") },
        );
        let indent = " ".repeat(INDENT);
        let lines =
            format!("{indent}cause: #12 it holds with \\x1b[31m (url_host)\n{indent}change: change it\n");
        assert_eq!(page.as_str(), lines, "what came from outside is made safe");
    }

    #[test]
    fn what_was_not_tried_is_marked() {
        let tried_one = |outcome| Tried { mistake: Mistake::BodyCompact, what: "the body".into(), outcome };
        let all = [TriedOutcome::No, TriedOutcome::TooMuch, TriedOutcome::Holds].map(tried_one);
        let explanation = Explanation { found: None, tried: all.to_vec(), work: 0 };
        let mut page = Page::new(Look::PLAIN);
        tried(&mut page, &explanation);
        let lines = "\n  ✗  body_compact  the body\n  ?  body_compact  the body (not tried: too much work)\n  \
                     ✓  body_compact  the body\n";
        assert_eq!(page.as_str(), lines);
        let words: Vec<&str> = tried_records(&explanation).iter().map(|record| record.outcome).collect();
        assert_eq!(words, ["no", "too_much", "holds"]);
    }

    /// What was not tried was counted among what was.
    #[test]
    fn what_was_not_tried_is_counted_apart() {
        let tried_one = |outcome| Tried { mistake: Mistake::BodyCompact, what: "the body".into(), outcome };
        let tried = [TriedOutcome::No, TriedOutcome::No, TriedOutcome::TooMuch].map(tried_one).to_vec();
        let mut page = Page::new(Look::PLAIN);
        let verdict = Verdict::of(&Arc::from("koji"), Code::Mismatch, "it is not");
        cause(&mut page, &Explanation { found: None, tried, work: 0 }, &verdict);
        let words = "none of 2 usual mistakes that were tried, 1 more would be too much work for this body";
        assert!(page.as_str().contains(words), "{}", page.as_str());
    }
}
