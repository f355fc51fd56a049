//! Interviews for a person: a line each, one whole, its transcript, its summary.
//!
//! [`csv`] and [`markdown`] are the forms that are written into files. Does not
//! call the vendor: it is given what was fetched.

pub mod csv;
pub mod markdown;
mod written;

use super::human;
use super::page::Page;
use super::sanitize::{Rules, lines};
use super::style::{Mark, Role};
use super::table::{Cell, facts, table};
use crate::hook::time::Timestamp;
use crate::job::interviews::moment;
use crate::job::report::Interviewed;
use crate::vendor::Interview;
use crate::vendor::reading::Transcript;

/// Columns before what was said and answered.
const INDENT: usize = 2;

/// The most columns of a summary in a line.
const WIDEST: usize = 160;

/// A list: a line an interview, columns in line with each other.
pub fn list(page: &mut Page, items: &[Interview]) {
    table(page, &items.iter().map(cells).collect::<Vec<_>>());
}

fn cells(interview: &Interview) -> Vec<Cell> {
    let text = |role, value: &Option<String>| Cell::new(role, value.as_deref().unwrap_or_default());
    let when = moment(interview).map(Timestamp::local_date_and_time);
    vec![
        Cell::new(Role::Strong, &interview.id),
        Cell::new(Role::Dim, when.unwrap_or_default()),
        text(Role::Plain, &interview.status),
        text(Role::Event, &interview.quality_score),
        text(Role::Key, &interview.reference_id),
        text(Role::Plain, &interview.headline),
    ]
}

/// An interview whose webhook never arrived.
#[derive(Clone, Copy, Debug)]
pub struct Missing<'a> {
    /// The interview.
    pub interview: &'a Interview,
    /// A delivery of its id came whose signature does not hold.
    pub refused: bool,
    /// The number of the delivery that was made in its place.
    pub synthesized: Option<u64>,
}

/// A list of interviews without their webhooks.
pub fn missing(page: &mut Page, items: &[Missing<'_>]) {
    let row = |missing: &Missing<'_>| {
        let mut row = cells(missing.interview);
        let mut note = Cell::new(Role::Plain, "");
        if missing.refused {
            note = note.and(Role::Warning, "a delivery came, but its signature does not hold ");
        }
        if let Some(seq) = missing.synthesized {
            note = note.and(Role::Plain, "made ").and(Role::Seq, format!("#{seq}"));
        }
        row.insert(1, note);
        row
    };
    table(page, &items.iter().map(row).collect::<Vec<_>>());
}

/// A line below a delivery: its interview was fetched, or why not.
pub fn fetched(page: &mut Page, interviewed: &Interviewed) {
    page.space(INDENT).put(Role::Seq, format!("#{}", interviewed.seq)).space(1);
    page.put(Role::Dim, "interview").space(1);
    match &interviewed.outcome {
        Ok(interview) => {
            let said = interview.headline.as_deref().or(interview.summary.as_deref()).unwrap_or("fetched");
            page.put_within(Role::Plain, said, WIDEST);
        }
        Err(reason) => {
            page.mark(Role::Warning, Mark::Alert).space(1);
            page.put(Role::Warning, "not fetched").put(Role::Plain, format!(": {reason}"));
        }
    }
    page.end_line();
}

/// One interview whole: facts, summary, answers, transcript.
pub fn whole(page: &mut Page, interview: &Interview) {
    page.put(Role::Strong, &interview.id).end_line();
    facts(page, &told(interview));
    if interview.headline.is_some() || interview.summary.is_some() {
        page.end_line();
        summary(page, interview);
    }
    let answers = interview.answers();
    if !answers.is_empty() {
        page.end_line().put(Role::Strong, "answers").end_line();
    }
    for answered in &answers {
        text(page, Role::Key, &written::question(answered), INDENT);
        text(page, Role::Plain, &written::answer(answered), 2 * INDENT);
    }
    if interview.transcript().is_some() {
        page.end_line().put(Role::Strong, "transcript").end_line();
        transcript(page, interview, INDENT);
    }
}

fn told(interview: &Interview) -> Vec<(&'static str, Vec<String>)> {
    let length = written::length(interview).map(human::duration);
    [
        ("study", interview.study_id.clone()),
        ("status", interview.status.clone()),
        ("quality", interview.quality_score.clone()),
        ("reference", interview.reference_id.clone()),
        ("e-mail", interview.respondent_email.clone()),
        ("language", interview.language.clone()),
        ("length", length),
        ("started", interview.started_at.clone()),
        ("completed", interview.completed_at.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, vec![value?])))
    .collect()
}

/// Headline and summary; whether there is any.
pub fn summary(page: &mut Page, interview: &Interview) -> bool {
    if let Some(headline) = &interview.headline {
        text(page, Role::Strong, headline, 0);
    }
    if let Some(summary) = &interview.summary {
        text(page, Role::Plain, summary, 0);
    }
    interview.headline.is_some() || interview.summary.is_some()
}

/// Who said what; whether there is a transcript.
pub fn transcript(page: &mut Page, interview: &Interview, indent: usize) -> bool {
    match interview.transcript() {
        None => return false,
        Some(Transcript::Text(said)) => text(page, Role::Plain, &said, indent),
        Some(Transcript::Turns(turns)) => {
            for turn in &turns {
                let rules = Rules::body_line(page.look().charset).up_to(usize::MAX);
                let mut said = lines(turn.text.as_bytes());
                page.space(indent);
                if let Some(speaker) = &turn.speaker {
                    page.put(Role::Key, speaker).put(Role::Dim, ":").space(1);
                }
                page.put_by(Role::Plain, said.next().unwrap_or_default(), rules).end_line();
                for line in said {
                    page.space(indent + INDENT).put_by(Role::Plain, line, rules).end_line();
                }
            }
        }
        Some(Transcript::Other(value)) => {
            text(page, Role::Plain, &serde_json::to_string_pretty(&value).unwrap_or_default(), indent);
        }
    }
    true
}

/// Text of several lines, whole: it is what was asked for.
fn text(page: &mut Page, role: Role, text: &str, indent: usize) {
    let rules = Rules::body_line(page.look().charset).up_to(usize::MAX);
    for line in lines(text.as_bytes()) {
        page.space(indent).put_by(role, line, rules).end_line();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::ui::style::Look;
    use crate::vendor::Item as _;
    use serde_json::json;

    fn page(fill: impl FnOnce(&mut Page)) -> String {
        let mut page = Page::new(Look::PLAIN);
        fill(&mut page);
        page.as_str().to_owned()
    }

    #[test]
    fn nothing_that_was_said_reaches_the_terminal_raw_and_nothing_is_cut() {
        let long = "a".repeat(10_000);
        let interview = Interview::read(json!({
            "id": "i\u{1b}]0;x\u{7}", "headline": "h\u{9b}2J", "summary": format!("one\ntwo {long}"),
            "transcript": [{"role": "respondent\u{1b}[1m", "text": "hi\nthere \u{202e}"}, "bare"],
            "answers": {"q1": "\u{1b}c"},
        }))
        .unwrap();
        let text = page(|page| whole(page, &interview));
        assert!(!text.chars().any(|letter| letter != '\n' && letter.is_control()), "{text:?}");
        assert!(
            text.contains(&long) && text.contains("respondent\\x1b[1m: hi\n    there \\u{202e}\n"),
            "{text}"
        );
        assert!(text.contains("answers\n  q1\n    \\x1bc\n"), "{text}");
    }

    #[test]
    fn a_transcript_of_any_shape_is_shown() {
        let shown = |transcript: serde_json::Value| {
            let interview = Interview::read(json!({"id": "i", "transcript": transcript})).unwrap();
            page(|page| assert!(super::transcript(page, &interview, 0)))
        };
        assert_eq!(shown(json!("A: hi\nB: ho")), "A: hi\nB: ho\n");
        assert_eq!(shown(json!([{"speaker": "A", "content": "hi"}, "ho"])), "A: hi\nho\n");
        assert_eq!(shown(json!([{"odd": 1}])), "[\n  {\n    \"odd\": 1\n  }\n]\n");
        let none = Interview::read(json!({"id": "i", "transcript": null})).unwrap();
        assert_eq!(page(|page| assert!(!transcript(page, &none, 0))), "");
    }
}
