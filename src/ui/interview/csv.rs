//! Interviews as CSV for spreadsheets: RFC 4180, one row an interview.
//!
//! A cell that a spreadsheet would run as a formula begins with an apostrophe,
//! which spreadsheets show as text. The columns are fixed, so that rows can be
//! written one by one, and by several runs. Does not write to a file.

use super::written::{self, clean};
use crate::vendor::Interview;

/// The columns.
const COLUMNS: [&str; 15] = [
    "id",
    "study_id",
    "status",
    "reference_id",
    "respondent_email",
    "language",
    "quality_score",
    "duration_secs",
    "started_at",
    "completed_at",
    "created_at",
    "headline",
    "summary",
    "answers",
    "transcript",
];

/// The first row.
pub fn head() -> Vec<u8> {
    row(COLUMNS)
}

/// The row of an interview.
pub fn line(interview: &Interview) -> Vec<u8> {
    let text = |value: &Option<String>| value.as_deref().map(safe).unwrap_or_default();
    let answers: Vec<String> = interview
        .answers()
        .iter()
        .map(|answered| format!("{}: {}", written::question(answered), written::answer(answered)))
        .collect();
    row([
        safe(&interview.id),
        text(&interview.study_id),
        text(&interview.status),
        text(&interview.reference_id),
        text(&interview.respondent_email),
        text(&interview.language),
        text(&interview.quality_score),
        interview.duration_secs.map(|seconds| seconds.to_string()).unwrap_or_default(),
        text(&interview.started_at),
        text(&interview.completed_at),
        text(&interview.created_at),
        text(&interview.headline),
        text(&interview.summary),
        safe(&answers.join("\n")),
        safe(&written::transcript(interview).unwrap_or_default()),
    ])
}

/// Text that no spreadsheet takes for a formula.
fn safe(text: &str) -> String {
    let text = clean(text);
    let first = text.trim_start_matches([' ', '\u{a0}', '\u{feff}', '\u{200b}']).chars().next();
    // Excel reads the full-width signs as the plain ones.
    let formula = first.is_some_and(|first| "=+-@\t\n|%＝＋－＠".contains(first));
    if formula { format!("'{text}") } else { text }
}

fn row<C: AsRef<[u8]>>(cells: impl IntoIterator<Item = C>) -> Vec<u8> {
    let mut writer = csv::WriterBuilder::new().terminator(csv::Terminator::CRLF).from_writer(Vec::new());
    // Writing into memory cannot fail.
    drop(writer.write_record(cells));
    writer.into_inner().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::vendor::Item as _;
    use serde_json::json;

    #[test]
    fn no_cell_is_a_formula_and_no_text_is_lost() {
        for (text, cell) in [
            ("=HYPERLINK(\"http://x\",\"y\")", "'=HYPERLINK(\"http://x\",\"y\")"),
            ("+1 555", "'+1 555"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("  =1", "'  =1"),
            ("\t=1", "'\t=1"),
            ("\n=1", "'\n=1"),
            ("\r=1", "\u{fffd}=1"),
            ("＝1", "'＝1"),
            ("|calc", "'|calc"),
            ("%0A=1", "'%0A=1"),
            ("\u{feff}=1", "'\u{feff}=1"),
            ("plain = text", "plain = text"),
            ("ann@example.com", "ann@example.com"),
            ("", ""),
        ] {
            assert_eq!(safe(text), cell, "{text:?}");
        }
    }

    #[test]
    fn a_row_reads_back_as_it_was_whatever_is_in_it() {
        let raw = json!({
            "id": "i1", "study_id": "s1", "status": "completed", "reference_id": "=cmd|' /C calc'!A0",
            "respondent_email": null, "duration_secs": -580, "quality_score": "insightful",
            "headline": "a \"quoted\", comma", "summary": "two\r\nlines",
            "answers": [{"question": "Why?", "answer": "=because"}, {"question": "-", "answer": null}],
            "transcript": [{"role": "interviewer", "text": "Hi"}, {"role": "respondent", "text": "=2+5"}],
        });
        let interview = Interview::read(raw).unwrap();
        let file = [head(), line(&interview)].concat();
        let mut reader = csv::Reader::from_reader(&file[..]);
        assert_eq!(reader.headers().unwrap().iter().collect::<Vec<_>>(), COLUMNS);
        let rows: Vec<csv::StringRecord> = reader.records().map(Result::unwrap).collect();
        assert_eq!(rows.len(), 1);
        let cell = |name: &str| {
            let at = COLUMNS.iter().position(|column| *column == name).unwrap();
            rows[0].get(at).unwrap().to_owned()
        };
        assert_eq!(cell("reference_id"), "'=cmd|' /C calc'!A0");
        assert_eq!(cell("headline"), "a \"quoted\", comma");
        assert_eq!(cell("summary"), "two\nlines");
        assert_eq!(cell("duration_secs"), "-580", "a number stays one");
        assert_eq!(cell("answers"), "Why?: =because\n-: (no answer)");
        assert_eq!(cell("transcript"), "interviewer: Hi\nrespondent: =2+5");
        assert_eq!(cell("respondent_email"), "");
    }
}
