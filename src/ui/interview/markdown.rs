//! Interviews as Markdown, to be pasted into a report or a ticket.
//!
//! What people said is text: nothing in it becomes a heading, a link, an image
//! or HTML. Does not write to a file.

use super::written::{self, clean};
use crate::vendor::Interview;
use crate::vendor::reading::Transcript;

/// The document's title.
pub fn head(study: &str) -> String {
    format!("# Interviews: {}\n", line(study))
}

/// An interview as a section.
pub fn section(interview: &Interview) -> String {
    let title = interview.headline.as_deref().unwrap_or(&interview.id);
    let mut text = format!("\n## {}\n\n", line(title));
    for (name, value) in facts(interview) {
        text.push_str(&format!("- {name}: {}\n", line(&value)));
    }
    if let Some(summary) = &interview.summary {
        text.push_str(&format!("\n{}\n", paragraphs(summary)));
    }
    let answers = interview.answers();
    if !answers.is_empty() {
        text.push_str("\n### Answers\n\n");
        for answered in &answers {
            let (question, answer) = (written::question(answered), written::answer(answered));
            text.push_str(&format!("- **{}** {}\n", line(&question), line(&answer)));
        }
    }
    if let Some(transcript) = interview.transcript() {
        text.push_str(&format!("\n### Transcript\n\n{}\n", said(&transcript)));
    }
    text
}

fn facts(interview: &Interview) -> Vec<(&'static str, String)> {
    let quality = interview.quality_score.clone();
    let length = written::length(interview).map(crate::ui::human::duration);
    [
        ("interview", Some(interview.id.clone())),
        ("study", interview.study_id.clone()),
        ("status", interview.status.clone()),
        ("reference", interview.reference_id.clone()),
        ("e-mail", interview.respondent_email.clone()),
        ("quality", quality),
        ("language", interview.language.clone()),
        ("length", length),
        ("completed", interview.completed_at.clone()),
    ]
    .into_iter()
    .filter_map(|(name, value)| Some((name, value?)))
    .collect()
}

fn said(transcript: &Transcript) -> String {
    match transcript {
        Transcript::Text(text) => paragraphs(text),
        Transcript::Turns(turns) => {
            let turn = |turn: &crate::vendor::reading::Turn| match &turn.speaker {
                Some(speaker) => format!("**{}**: {}", line(speaker), paragraphs(&turn.text)),
                None => paragraphs(&turn.text),
            };
            turns.iter().map(turn).collect::<Vec<_>>().join("\n\n")
        }
        Transcript::Other(value) => {
            let text = serde_json::to_string_pretty(value).unwrap_or_default();
            // Four more than any fence inside of it.
            let fence = "`".repeat(longest_run(&text) + 4);
            format!("{fence}json\n{}\n{fence}", clean(&text))
        }
    }
}

fn longest_run(text: &str) -> usize {
    text.split(|letter| letter != '`').map(str::len).max().unwrap_or(0)
}

/// Text of several lines; each break stays one.
fn paragraphs(text: &str) -> String {
    let text = clean(text);
    text.trim().split('\n').map(escaped).collect::<Vec<_>>().join("  \n")
}

/// Text in one line.
pub(in crate::ui) fn line(text: &str) -> String {
    escaped(&clean(text).split_whitespace().collect::<Vec<_>>().join(" "))
}

/// One line in which every sign of Markdown stands for itself.
fn escaped(text: &str) -> String {
    let text = text.trim_start();
    let mut safe = String::with_capacity(text.len());
    for (at, letter) in text.char_indices() {
        let begins = at == 0 && matches!(letter, '#' | '-' | '+' | '=' | '>');
        let numbers =
            matches!(letter, '.' | ')') && at > 0 && text.bytes().take(at).all(|b| b.is_ascii_digit());
        match letter {
            '<' => safe.push_str("&lt;"),
            '&' => safe.push_str("&amp;"),
            '\\' | '`' | '*' | '_' | '[' | ']' | '!' | '|' | '~' | '$' => safe.extend(['\\', letter]),
            _ if begins || numbers => safe.extend(['\\', letter]),
            _ => safe.push(letter),
        }
    }
    // A bare address becomes a link in most readers.
    safe.replace("://", ":\u{200b}//").replace("www.", "www\u{200b}.")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::Item as _;
    use serde_json::json;

    #[test]
    fn what_was_said_stays_text() {
        for (text, safe) in [
            ("# not a title", "\\# not a title"),
            ("<img src=x onerror=alert(1)>", "&lt;img src=x onerror=alert(1)>"),
            ("[click](javascript:x)", "\\[click\\](javascript:x)"),
            ("![x](y)", "\\!\\[x\\](y)"),
            ("1. one", "1\\. one"),
            ("in 2026. Then", "in 2026. Then"),
            ("- item", "\\- item"),
            ("a - b", "a - b"),
            ("&lt;", "&amp;lt;"),
            ("a\nb", "a b"),
        ] {
            assert_eq!(line(text), safe, "{text}");
        }
        assert!(!line("see https://example.com").contains("://"));
        assert_eq!(paragraphs("one\r\n# two\n\nthree\n"), "one  \n\\# two  \n  \nthree");
    }

    #[test]
    fn a_section_holds_facts_summary_answers_and_transcript() {
        let interview = Interview::read(json!({
            "id": "i1", "status": "completed", "headline": "Likes it", "summary": "All in all.",
            "quality_score": "insightful", "reference_id": "user_1", "duration_secs": 580,
            "answers": [{"question": "Why?", "answer": "Fast"}],
            "transcript": [{"role": "interviewer", "text": "Hi"}, {"role": "respondent", "text": "Hello"}],
        }))
        .unwrap();
        assert_eq!(
            section(&interview),
            "\n## Likes it\n\n- interview: i1\n- status: completed\n- reference: user\\_1\n\
             - quality: insightful\n- length: 9m 40s\n\nAll in all.\n\n### Answers\n\n- **Why?** Fast\n\n\
             ### Transcript\n\n**interviewer**: Hi\n\n**respondent**: Hello\n"
        );
    }
}
