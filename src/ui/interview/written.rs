//! An interview as plain values: who said what, what was answered, when.
//!
//! Everything that is written into a file passes [`clean`], because files are
//! looked at in terminals and opened in spreadsheets. Does not write.

use crate::vendor::Interview;
use crate::vendor::reading::{Answered, Given, Transcript};
use std::time::Duration;

/// Text without what acts on a terminal or reorders a line; line breaks are `\n`.
pub(super) fn clean(text: &str) -> String {
    let text = text.replace("\r\n", "\n");
    text.chars().map(|letter| if acts(letter) { '\u{fffd}' } else { letter }).collect()
}

fn acts(letter: char) -> bool {
    let directs =
        matches!(letter, '\u{202a}'..='\u{202e}' | '\u{2066}'..='\u{2069}' | '\u{2028}' | '\u{2029}');
    directs || (letter.is_control() && !matches!(letter, '\n' | '\t'))
}

/// The transcript as lines: `speaker: text`.
pub(super) fn transcript(interview: &Interview) -> Option<String> {
    Some(match interview.transcript()? {
        Transcript::Text(text) => text,
        Transcript::Turns(turns) => {
            let line = |turn: &crate::vendor::reading::Turn| match &turn.speaker {
                Some(speaker) => format!("{speaker}: {}", turn.text),
                None => turn.text.clone(),
            };
            turns.iter().map(line).collect::<Vec<_>>().join("\n")
        }
        Transcript::Other(value) => serde_json::to_string_pretty(&value).unwrap_or_default(),
    })
}

/// What was asked, else the id of the question.
pub(super) fn question(answered: &Answered) -> String {
    let named = answered.question.clone().or_else(|| answered.question_id.clone());
    named.unwrap_or_else(|| "question".to_owned())
}

/// What was answered, in one text.
pub(super) fn answer(answered: &Answered) -> String {
    match &answered.value {
        Given::Nothing => "(no answer)".to_owned(),
        Given::Number(number) => number.to_string(),
        Given::Text(text) => text.clone(),
        Given::YesNo(yes) => if *yes { "yes" } else { "no" }.to_owned(),
        Given::Choices(choices) => choices.join("; "),
        Given::Ranking(ranked) => {
            let place = |(at, text): (usize, &String)| format!("{}. {text}", at + 1);
            ranked.iter().enumerate().map(place).collect::<Vec<_>>().join("; ")
        }
        Given::Other(value) => value.to_string(),
    }
}

/// How long it took.
pub(super) fn length(interview: &Interview) -> Option<Duration> {
    // Negative and endless lengths are none.
    interview.duration_secs.and_then(|seconds| Duration::try_from_secs_f64(seconds).ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_acts_on_a_terminal_goes_and_what_people_write_stays() {
        assert_eq!(
            clean("a\u{1b}[2J\u{9b}b\r\nc\td\u{202e}e\0"),
            "a\u{fffd}[2J\u{fffd}b\nc\td\u{fffd}e\u{fffd}"
        );
        for kept in ["Zoë 👩\u{200d}💻", "می\u{200c}خواهم", "a\n\nb", ""] {
            assert_eq!(clean(kept), kept);
        }
    }
}
